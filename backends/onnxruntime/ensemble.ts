/** Ensemble mean and its errors (Row V6), bias and variance (Row V1): ReduceMean of differences and of their squares. */
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';

const meanOver = (graph: Graph, x: Value, axis: number): Value =>
  graph.op('ReduceMean', [x, graph.integers([axis])], { keepdims: 0 });
const meanOfAll = (graph: Graph, x: Value): Value => graph.op('ReduceMean', [x], { keepdims: 0 });
function squaredDifference(graph: Graph, a: Value, b: Value): Value {
  const difference = graph.op('Sub', [a, b]);
  return graph.op('Mul', [difference, difference]);
}

export const ensembleBuilders: Builders<'ensemble' | 'biasVariance'> = {
  ensemble: ({ graph, inputs: { predictions, target } }) => {
    const prediction = meanOver(graph, predictions, 0);
    return {
      prediction,
      squaredError: meanOfAll(graph, squaredDifference(graph, prediction, target)),
      memberErrors: meanOver(graph, squaredDifference(graph, predictions, target), 1),
    };
  },

  biasVariance: ({ graph, inputs: { predictions, truth } }) => {
    const mean = meanOver(graph, predictions, 0);
    return {
      squaredBias: meanOfAll(graph, squaredDifference(graph, mean, truth)),
      variance: meanOfAll(graph, squaredDifference(graph, predictions, mean)),
    };
  },
};
