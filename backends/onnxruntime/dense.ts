/** Matrix product and dense layer y = x·weightsᵀ + bias (Row M1), and the gradients (Row M4): all of them MatMul, Gemm, ReduceSum. */
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';

type DenseOperations = 'matmul' | 'dense' | 'dense.inputGradient' | 'dense.weightGradient' | 'dense.biasGradient';

export const dense = (graph: Graph, x: Value, weights: Value, bias: Value): Value =>
  graph.op('Gemm', [x, weights, bias], { transB: 1 });
/** dx = dy·weights. */
export const inputGradient = (graph: Graph, weights: Value, dy: Value): Value => graph.op('MatMul', [dy, weights]);
/** dWeights = dyᵀ·x. */
export const weightGradient = (graph: Graph, x: Value, dy: Value): Value => graph.op('Gemm', [dy, x], { transA: 1 });
/** dBias: dy summed over the batch. */
export const biasGradient = (graph: Graph, dy: Value): Value =>
  graph.op('ReduceSum', [dy, graph.integers([0])], { keepdims: 0 });

export const denseBuilders: Builders<DenseOperations> = {
  matmul: ({ graph, inputs: { a, b } }) => ({ y: graph.op('MatMul', [a, b]) }),
  dense: ({ graph, inputs: { x, weights, bias } }) => ({ y: dense(graph, x, weights, bias) }),
  'dense.inputGradient': ({ graph, inputs: { weights, dy } }) => ({ dx: inputGradient(graph, weights, dy) }),
  'dense.weightGradient': ({ graph, inputs: { x, dy } }) => ({ dWeights: weightGradient(graph, x, dy) }),
  'dense.biasGradient': ({ graph, inputs: { dy } }) => ({ dBias: biasGradient(graph, dy) }),
};
