/** Losses (Row J4), summed over all elements, and their gradients with respect to the prediction. */
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';

type LossName = 'squaredError' | 'crossEntropy' | 'binaryCrossEntropy';

const sum = (graph: Graph, x: Value): Value => graph.op('ReduceSum', [x], { keepdims: 0 });
const oneMinus = (graph: Graph, x: Value): Value => graph.op('Sub', [graph.number(1), x]);

/** `value` where the weight is not 0, and 0 where it is. */
const unlessZero = (graph: Graph, weight: Value, value: Value): Value =>
  graph.op('Where', [graph.op('Equal', [weight, graph.number(0)]), graph.number(0), value]);
/** weight·ln(probability), with 0·ln 0 = 0. */
const weightedLog = (graph: Graph, weight: Value, probability: Value): Value =>
  unlessZero(graph, weight, graph.op('Mul', [weight, graph.op('Log', [probability])]));

/** ½Σ(target − prediction)². */
export function squaredError(graph: Graph, prediction: Value, target: Value): Value {
  const error = graph.op('Sub', [target, prediction]);
  return graph.op('Mul', [graph.number(0.5), graph.op('ReduceSumSquare', [error], { keepdims: 0 })]);
}
/** prediction − target. */
export const squaredErrorGradient = (graph: Graph, prediction: Value, target: Value): Value =>
  graph.op('Sub', [prediction, target]);

export const lossBuilders: Builders<LossName | `${LossName}.gradient`> = {
  squaredError: ({ graph, inputs: { prediction, target } }) => ({ loss: squaredError(graph, prediction, target) }),
  'squaredError.gradient': ({ graph, inputs: { prediction, target } }) => ({
    dPrediction: squaredErrorGradient(graph, prediction, target),
  }),

  /** −Σ target·ln(prediction). ONNX's SoftmaxCrossEntropyLoss takes logits and class numbers, not probabilities. */
  crossEntropy: ({ graph, inputs: { prediction, target } }) => ({
    loss: graph.op('Neg', [sum(graph, weightedLog(graph, target, prediction))]),
  }),
  /** −target / prediction, and 0 where the target is. */
  'crossEntropy.gradient': ({ graph, inputs: { prediction, target } }) => ({
    dPrediction: graph.op('Neg', [unlessZero(graph, target, graph.op('Div', [target, prediction]))]),
  }),

  /** −Σ [target·ln(prediction) + (1 − target)·ln(1 − prediction)]. */
  binaryCrossEntropy: ({ graph, inputs: { prediction, target } }) => {
    const whenTrue = weightedLog(graph, target, prediction);
    const whenFalse = weightedLog(graph, oneMinus(graph, target), oneMinus(graph, prediction));
    return { loss: graph.op('Neg', [sum(graph, graph.op('Add', [whenTrue, whenFalse]))]) };
  },
  /** (prediction − target) / (prediction·(1 − prediction)): one subtraction of given numbers, no cancelling sum of quotients. */
  'binaryCrossEntropy.gradient': ({ graph, inputs: { prediction, target } }) => {
    const variance = graph.op('Mul', [prediction, oneMinus(graph, prediction)]);
    return { dPrediction: graph.op('Div', [graph.op('Sub', [prediction, target]), variance]) };
  },
};
