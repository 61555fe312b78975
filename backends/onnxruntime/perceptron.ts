/** Online perceptron (Row P4) and Novikoff's bound (Row N1). */
import { createGraph, type Graph, type Value } from './model.ts';
import type { Builder, Builders } from './program.ts';

/**
 * Up to so many steps the graph holds each of them, which devices without control flow run too; beyond, a Scan runs one step
 * again and again, because preparing a session takes the longer the more operators it has.
 */
const mostUnrolled = 256;

/** A sample (times its label) is misclassified when wᵀ·sample ≤ 0; then w ← w + sample. `mistake` is 1 or 0. */
function step(graph: Graph, weights: Value, sample: Value): { next: Value; mistake: Value } {
  const erred = graph.op('LessOrEqual', [graph.op('MatMul', [weights, sample]), graph.number(0)]);
  return {
    next: graph.op('Where', [erred, graph.op('Add', [weights, sample]), weights]),
    mistake: graph.op('Where', [erred, graph.constant([1], [1]), graph.constant([0], [1])]),
  };
}

/** All steps, one after another; samples [samples, features]. */
function unrolled(graph: Graph, weights: Value, samples: Value, [count, features]: readonly number[], passes: number) {
  // Not one Split: WebGPU refuses one with more outputs than a shader may have buffers, which is a dozen.
  const inOrder = Array.from({ length: count }, (_, row) => {
    const limits = [[row], [row + 1], [0]].map((values) => graph.integers(values));
    return graph.reshape(graph.op('Slice', [samples, ...limits]), [features]);
  });
  const mistakes: Value[] = [];
  let learned = weights;
  for (let pass = 0; pass < passes; pass++) {
    for (const sample of inOrder) {
      const { next, mistake } = step(graph, learned, sample);
      learned = next;
      mistakes.push(mistake);
    }
  }
  return { learned, mistakes: graph.op('Concat', mistakes, { axis: 0 }) };
}

/** Scan: the weights are its state, the samples of all passes what it goes through. */
function scanned(graph: Graph, weights: Value, samples: Value, [, features]: readonly number[], passes: number) {
  const body = createGraph('step');
  const { next, mistake } = step(body, body.input('step/weights', [features]), body.input('step/sample', [features]));
  body.returns([next, mistake]);
  const inOrder = graph.op('Tile', [samples, graph.integers([passes, 1])]);
  const [learned, mistakes] = graph.ops('Scan', [weights, inOrder], 2, { body, num_scan_inputs: 1 });
  return { learned, mistakes };
}

/** Graphs of up to `mostUnrolled` steps hold each of them. */
export const perceptronTrain =
  (mostUnrolled: number): Builder<'perceptron.train'> =>
  ({ graph, attributes: { passes }, shapes, inputs: { x, labels } }) => {
    const [samples, features] = shapes.x;
    const zeros = graph.constant(Array<number>(features).fill(0), [features]);
    const signed = graph.op('Mul', [x, graph.op('Unsqueeze', [labels, graph.integers([1])])]);
    const train = samples * passes <= mostUnrolled ? unrolled : scanned;
    const { learned, mistakes } = train(graph, zeros, signed, shapes.x, passes);
    return { weights: learned, mistakes: graph.reshape(mistakes, [passes, samples]) };
  };

export const perceptronBuilders: Builders<'perceptron.train' | 'novikoff.bound'> = {
  'perceptron.train': perceptronTrain(mostUnrolled),

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
