/**
 * Online perceptron (Row P4), Novikoff's bound (Row N1), the separator with the largest margin (Row N4) and networks of threshold
 * units (Row X3).
 */
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';
import { scan } from './scan.ts';

/** A sample (times its label) is misclassified when wᵀ·sample ≤ 0; then w ← w + sample. The output is 1 or 0. */
function step(graph: Graph, weights: Value, [sample]: readonly Value[]): { state: Value; output: Value } {
  const erred = graph.op('LessOrEqual', [graph.op('MatMul', [weights, sample]), graph.number(0)]);
  return {
    state: graph.op('Where', [erred, graph.op('Add', [weights, sample]), weights]),
    output: graph.op('Where', [erred, graph.constant([1], [1]), graph.constant([0], [1])]),
  };
}

/** Steps towards the largest margin, and after how many of them momentum starts again. */
const ascent = { steps: 600, restart: 60 };

/**
 * Accelerated projected gradient ascent on the dual Σα − ½αᵀGα, α ≥ 0 (Beck and Teboulle 2009): α ← max(0, β + (1 − Gβ)/L) from a
 * point β beyond the last step. L = ‖G‖ (Frobenius) is at least the largest eigenvalue. The state is α above β; what the steps go
 * through are their shares of momentum.
 */
function ascended(graph: Graph, signed: Value, samples: number): Value {
  const gram = graph.op('MatMul', [signed, graph.op('Transpose', [signed], { perm: [1, 0] })]);
  const rate = graph.op('Reciprocal', [graph.op('ReduceL2', [gram], { keepdims: 0 })]);
  const shares = Array.from({ length: ascent.steps }, (_, step) => (step % ascent.restart) / ((step % ascent.restart) + 3));
  const { state } = scan(graph, {
    state: { value: graph.constant(Array<number>(2 * samples).fill(0), [2, samples]), shape: [2, samples] },
    sequences: [{ value: graph.constant(shares, [ascent.steps]), shape: [] }],
    length: ascent.steps,
    // G and 1/L are values of the graph around the step, which it may use.
    step: (body, before, [share]) => {
      const [multipliers, ahead] = body.ops('Split', [before], 2, { axis: 0, num_outputs: 2 });
      const slope = body.op('Sub', [body.number(1), body.op('MatMul', [ahead, gram])]);
      const moved = body.op('Relu', [body.op('Add', [ahead, body.op('Mul', [slope, rate])])]);
      const beyond = body.op('Add', [moved, body.op('Mul', [body.op('Sub', [moved, multipliers]), share])]);
      return { state: body.op('Concat', [moved, beyond], { axis: 0 }) };
    },
  });
  return graph.reshape(graph.ops('Split', [state], 2, { axis: 0, num_outputs: 2 })[0], [samples]);
}

/** 1 where a number is not negative, otherwise 0. */
const fires = (graph: Graph, net: Value): Value =>
  graph.op('Where', [graph.op('GreaterOrEqual', [net, graph.number(0)]), graph.number(1), graph.number(0)]);

export const perceptronBuilders: Builders<'perceptron.train' | 'novikoff.bound' | 'maximumMargin' | 'thresholdNetwork'> = {
  'perceptron.train': ({ graph, attributes: { passes }, shapes, inputs: { x, labels } }) => {
    const [samples, features] = shapes.x;
    const zeros = graph.constant(Array<number>(features).fill(0), [features]);
    const signed = graph.op('Mul', [x, graph.op('Unsqueeze', [labels, graph.integers([1])])]);
    const { state, outputs } = scan(graph, {
      state: { value: zeros, shape: [features] },
      sequences: [{ value: graph.op('Tile', [signed, graph.integers([passes, 1])]), shape: [features] }],
      length: passes * samples,
      step,
    });
    return { weights: state, mistakes: graph.reshape(outputs, [passes, samples]) };
  },

  'novikoff.bound': ({ graph, inputs: { x, labels, separator } }) => {
    const squaredNorms = graph.op('ReduceSumSquare', [x, graph.integers([1])], { keepdims: 0 });
    const squaredRadius = graph.op('ReduceMax', [squaredNorms], { keepdims: 0 });
    const margins = graph.op('Mul', [labels, graph.op('MatMul', [x, separator])]);
    const margin = graph.op('ReduceMin', [margins], { keepdims: 0 });
    const squaredNorm = graph.op('ReduceSumSquare', [separator], { keepdims: 0 });
    const bound = graph.op('Div', [graph.op('Mul', [squaredNorm, squaredRadius]), graph.op('Mul', [margin, margin])]);
    return { radius: graph.op('Sqrt', [squaredRadius]), margin, bound };
  },

  /** The separator is scaled until min yuᵀx is 1; the multipliers until their dual is largest: (Σα)²/(2‖Σαyx‖²). */
  maximumMargin: ({ graph, shapes, inputs: { x, labels } }) => {
    const signed = graph.op('Mul', [x, graph.op('Unsqueeze', [labels, graph.integers([1])])]);
    const multipliers = ascended(graph, signed, shapes.x[0]);
    const u = graph.op('MatMul', [multipliers, signed]);
    const smallest = graph.op('ReduceMin', [graph.op('MatMul', [signed, u])], { keepdims: 0 });
    const squared = graph.op('ReduceSumSquare', [u], { keepdims: 0 });
    const sum = graph.op('ReduceSum', [multipliers], { keepdims: 0 });
    const half = (value: Value) => graph.op('Mul', [graph.number(0.5), value]);
    return {
      separator: graph.op('Div', [u, smallest]),
      margin: graph.op('Div', [smallest, graph.op('Sqrt', [squared])]),
      primal: graph.op('Div', [half(squared), graph.op('Mul', [smallest, smallest])]),
      dual: graph.op('Div', [half(graph.op('Mul', [sum, sum])), squared]),
    };
  },

  thresholdNetwork: ({ graph, inputs: { x, hiddenWeights, hiddenBias, outputWeights, outputBias } }) => {
    const hidden = fires(graph, graph.op('Gemm', [x, hiddenWeights, hiddenBias], { transB: 1 }));
    return { hidden, y: fires(graph, graph.op('Add', [graph.op('MatMul', [hidden, outputWeights]), outputBias])) };
  },
};
