/** Online perceptron (Row P4) and Novikoff's bound (Row N1). */
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

export const perceptronBuilders: Builders<'perceptron.train' | 'novikoff.bound'> = {
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
};
