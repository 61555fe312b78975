/** The linear discriminant (Row L1) and the ways of training a perceptron beside the online rule (Rows P5, P6). */
import { sign } from './activations.ts';
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';
import { scan } from './scan.ts';

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
  graph.op('Sub', [labels, sign(graph, graph.op('MatMul', [x, weights]))]);

export const linearBuilders: Builders<Names> = {
  linearDiscriminant: ({ graph, inputs: { x, weights, bias } }) => {
    const values = graph.op('Add', [graph.op('MatMul', [x, weights]), bias]);
    const length = graph.op('ReduceL2', [weights], { keepdims: 0 });
    return { values, classes: sign(graph, values), distances: graph.op('Div', [values, length]) };
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

  /** The weights are what a step changes, the samples in the order asked for and their labels what the steps go through. */
  stochasticPerceptronEpoch: ({ graph, attributes: { learningRate, order }, shapes, inputs: { x, labels, weights } }) => {
    const inOrder = (value: Value) => graph.op('Gather', [value, graph.integers(order)], { axis: 0 });
    const { state } = scan(graph, {
      state: { value: weights, shape: shapes.weights },
      sequences: [
        { value: inOrder(x), shape: shapes.weights },
        { value: inOrder(labels), shape: [] },
      ],
      length: order.length,
      step(inside, before, [sample, label]) {
        const error = errorsOf(inside, sample, label, before);
        return { state: moved(inside, before, inside.op('Mul', [error, sample]), learningRate) };
      },
    });
    return { weights: state };
  },
};
