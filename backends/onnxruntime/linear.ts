/** The linear discriminant (Row L1) and the ways of training a perceptron beside the online rule (Rows P5, P6). */
import { createGraph, type Graph, type Value } from './model.ts';
import type { Builders } from './program.ts';

type Names =
  | 'linearDiscriminant'
  | 'perceptronCriterion'
  | 'batchPerceptronStep'
  | 'surrogatePerceptronStep'
  | 'stochasticPerceptronEpoch';

interface Samples {
  readonly x: Value;
  readonly labels: Value;
  readonly weights: Value;
}

/** yₙwᵀxₙ, and what is kept of a value where that is not positive. */
function misclassified(graph: Graph, { x, labels, weights }: Samples) {
  const agreements = graph.op('Mul', [labels, graph.op('MatMul', [x, weights])]);
  const mistaken = graph.op('LessOrEqual', [agreements, graph.number(0)]);
  return { agreements, ofMistakes: (value: Value) => graph.op('Where', [mistaken, value, graph.number(0)]) };
}

/** w + η·sum. */
const moved = (graph: Graph, weights: Value, sum: Value, learningRate: number): Value =>
  graph.op('Add', [weights, graph.op('Mul', [sum, graph.number(learningRate)])]);

/** label − sign(wᵀx). */
const errorsOf = (graph: Graph, x: Value, labels: Value, weights: Value): Value =>
  graph.op('Sub', [labels, graph.op('Sign', [graph.op('MatMul', [x, weights])])]);

export const linearBuilders: Builders<Names> = {
  linearDiscriminant: ({ graph, inputs: { x, weights, bias } }) => {
    const values = graph.op('Add', [graph.op('MatMul', [x, weights]), bias]);
    const length = graph.op('ReduceL2', [weights], { keepdims: 0 });
    return { values, classes: graph.op('Sign', [values]), distances: graph.op('Div', [values, length]) };
  },

  perceptronCriterion: ({ graph, inputs }) => {
    const { agreements, ofMistakes } = misclassified(graph, inputs);
    return {
      loss: graph.op('Neg', [graph.op('ReduceSum', [ofMistakes(agreements)], { keepdims: 0 })]),
      gradient: graph.op('Neg', [graph.op('MatMul', [ofMistakes(inputs.labels), inputs.x])]),
    };
  },

  batchPerceptronStep: ({ graph, attributes: { learningRate }, inputs }) => {
    const { ofMistakes } = misclassified(graph, inputs);
    const sum = graph.op('MatMul', [ofMistakes(inputs.labels), inputs.x]);
    return { weights: moved(graph, inputs.weights, sum, learningRate) };
  },

  surrogatePerceptronStep: ({ graph, attributes: { learningRate }, inputs: { x, labels, weights } }) => {
    const errors = errorsOf(graph, x, labels, weights);
    const squares = graph.op('ReduceSumSquare', [errors], { keepdims: 0 });
    return {
      loss: graph.op('Mul', [graph.number(0.5), squares]),
      weights: moved(graph, weights, graph.op('MatMul', [errors, x]), learningRate),
    };
  },

  /** Scan: the weights are its state, the samples in the order asked for and their labels what it goes through. */
  stochasticPerceptronEpoch: ({ graph, attributes: { learningRate, order }, shapes, inputs: { x, labels, weights } }) => {
    const body = createGraph('step');
    const before = body.input('step/weights', shapes.weights);
    const sample = body.input('step/sample', shapes.weights);
    const error = errorsOf(body, sample, body.input('step/label', []), before);
    body.returns([moved(body, before, body.op('Mul', [error, sample]), learningRate)]);
    const inOrder = (value: Value) => graph.op('Gather', [value, graph.integers(order)], { axis: 0 });
    return { weights: graph.op('Scan', [weights, inOrder(x), inOrder(labels)], { body, num_scan_inputs: 2 }) };
  },
};
