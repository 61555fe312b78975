/**
 * Steps downhill (Rows G1, G3–G5, G8), composed: ONNX has Adagrad, Adam and Momentum (ai.onnx.preview.training), but ONNX Runtime's
 * inference build registers none of them.
 */
import type { AdagradAttributes } from '../signatures.ts';
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';
import { scan } from './scan.ts';

type Names =
  | 'gradientStep'
  | 'momentumStep'
  | 'weightDecayStep'
  | 'adagradStep'
  | 'rmspropStep'
  | 'adamStep'
  | 'conjugateGradientStep'
  | 'batchEpoch'
  | 'patternEpoch';

const scaled = (graph: Graph, x: Value, factor: number): Value => graph.op('Mul', [x, graph.number(factor)]);
const squaresOf = (graph: Graph, x: Value): Value => graph.op('Mul', [x, x]);

/** w − η·slope. */
const descended = (graph: Graph, weights: Value, slope: Value, learningRate: number): Value =>
  graph.op('Sub', [weights, scaled(graph, slope, learningRate)]);

/** decay·a + (1 − decay)·b. */
const average = (graph: Graph, a: Value, b: Value, decay: number): Value =>
  graph.op('Add', [scaled(graph, a, decay), scaled(graph, b, 1 - decay)]);

/** w − η·slope/(√s + ε). */
function adapted(
  graph: Graph,
  weights: Value,
  slope: Value,
  squares: Value,
  { learningRate, epsilon }: AdagradAttributes,
): Value {
  const divisor = graph.op('Add', [graph.op('Sqrt', [squares]), graph.number(epsilon)]);
  return graph.op('Sub', [weights, graph.op('Div', [scaled(graph, slope, learningRate), divisor])]);
}

/** (y − wᵀx)·η·x added to w. */
function patternStep(graph: Graph, weights: Value, sample: Value, target: Value, learningRate: number): Value {
  const error = graph.op('Sub', [target, graph.op('MatMul', [weights, sample])]);
  return graph.op('Add', [weights, graph.op('Mul', [scaled(graph, error, learningRate), sample])]);
}

export const descentBuilders: Builders<Names> = {
  gradientStep: ({ graph, attributes: { learningRate }, inputs: { weights, gradient } }) => ({
    weights: descended(graph, weights, gradient, learningRate),
  }),

  momentumStep: ({ graph, attributes: { learningRate, momentum }, inputs: { weights, gradient, change } }) => {
    const next = descended(graph, scaled(graph, change, momentum), gradient, learningRate);
    return { weights: graph.op('Add', [weights, next]), change: next };
  },

  weightDecayStep: ({ graph, attributes: { learningRate, penalty }, inputs: { weights, gradient } }) => {
    const slope = graph.op('Add', [gradient, scaled(graph, weights, penalty)]);
    return { weights: descended(graph, weights, slope, learningRate) };
  },

  adagradStep: ({ graph, attributes, inputs: { weights, gradient, squares } }) => {
    const next = graph.op('Add', [squares, squaresOf(graph, gradient)]);
    return { weights: adapted(graph, weights, gradient, next, attributes), squares: next };
  },

  rmspropStep: ({ graph, attributes, inputs: { weights, gradient, squares } }) => {
    const next = average(graph, squares, squaresOf(graph, gradient), attributes.decay);
    return { weights: adapted(graph, weights, gradient, next, attributes), squares: next };
  },

  adamStep: ({ graph, attributes, inputs: { weights, gradient, means, squares } }) => {
    const { beta1, beta2, step } = attributes;
    const first = average(graph, means, gradient, beta1);
    const second = average(graph, squares, squaresOf(graph, gradient), beta2);
    const corrected = (moment: Value, beta: number) => graph.op('Div', [moment, graph.number(1 - beta ** step)]);
    return {
      weights: adapted(graph, weights, corrected(first, beta1), corrected(second, beta2), attributes),
      means: first,
      squares: second,
    };
  },

  /** Where the residual is 0 the system is solved, and nothing moves. */
  conjugateGradientStep: ({ graph, inputs: { a, x, residual, direction } }) => {
    const squareOf = (value: Value) => graph.op('ReduceSumSquare', [value], { keepdims: 0 });
    const product = graph.op('MatMul', [a, direction]);
    const squared = squareOf(residual);
    const solved = graph.op('Equal', [squared, graph.number(0)]);
    const unlessSolved = (value: Value, otherwise: number) => graph.op('Where', [solved, graph.number(otherwise), value]);
    const length = unlessSolved(graph.op('Div', [squared, graph.op('MatMul', [direction, product])]), 0);
    const next = graph.op('Sub', [residual, graph.op('Mul', [length, product])]);
    const ratio = unlessSolved(graph.op('Div', [squareOf(next), squared]), 1);
    return {
      x: graph.op('Add', [x, graph.op('Mul', [length, direction])]),
      residual: next,
      direction: graph.op('Add', [next, graph.op('Mul', [ratio, direction])]),
    };
  },

  batchEpoch: ({ graph, attributes: { learningRate }, inputs: { x, targets, weights } }) => {
    const errors = graph.op('Sub', [targets, graph.op('MatMul', [x, weights])]);
    return { weights: graph.op('Add', [weights, scaled(graph, graph.op('MatMul', [errors, x]), learningRate)]) };
  },

  /** The weights are what a step changes, the samples and their targets what the steps go through. */
  patternEpoch: ({ graph, attributes: { learningRate }, shapes, inputs: { x, targets, weights } }) => {
    const { state } = scan(graph, {
      state: { value: weights, shape: shapes.weights },
      sequences: [
        { value: x, shape: shapes.weights },
        { value: targets, shape: [] },
      ],
      length: shapes.targets[0],
      step: (inside, before, [sample, target]) => ({ state: patternStep(inside, before, sample, target, learningRate) }),
    });
    return { weights: state };
  },
};
