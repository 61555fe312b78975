/** The penalized losses of linear models and their gradients (Rows J1–J3), composed. */
import { weightGradient } from './dense.ts';
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';
import { logSoftmax } from './softmax.ts';

type Names = 'leastSquares' | 'softMargin' | 'softmaxRegression';

const total = (graph: Graph, x: Value): Value => graph.op('ReduceSum', [x], { keepdims: 0 });
/** loss + ½λ‖w‖² and gradient + λw. */
const penalized = (graph: Graph, loss: Value, gradient: Value, weights: Value, penalty: number) => {
  const squares = graph.op('ReduceSumSquare', [weights], { keepdims: 0 });
  return {
    loss: graph.op('Add', [loss, graph.op('Mul', [graph.number(penalty / 2), squares])]),
    dWeights: graph.op('Add', [gradient, graph.op('Mul', [graph.number(penalty), weights])]),
  };
};
/** p = wᵀx − b. */
const predictions = (graph: Graph, x: Value, weights: Value, bias: Value): Value =>
  graph.op('Sub', [graph.op('MatMul', [x, weights]), bias]);

export const regressionBuilders: Builders<Names> = {
  leastSquares: ({ graph, attributes: { penalty }, inputs: { x, targets, weights, bias } }) => {
    const errors = graph.op('Sub', [predictions(graph, x, weights, bias), targets]);
    const slopes = graph.op('Mul', [graph.number(2), errors]);
    const loss = graph.op('ReduceSumSquare', [errors], { keepdims: 0 });
    return {
      ...penalized(graph, loss, graph.op('MatMul', [slopes, x]), weights, penalty),
      dBias: graph.op('Neg', [total(graph, slopes)]),
    };
  },

  softMargin: ({ graph, attributes: { penalty }, inputs: { x, labels, weights, bias } }) => {
    const agreements = graph.op('Mul', [labels, predictions(graph, x, weights, bias)]);
    const slack = graph.op('Sub', [graph.number(1), agreements]);
    const within = graph.op('Greater', [slack, graph.number(0)]);
    const counted = graph.op('Where', [within, labels, graph.number(0)]);
    const gradient = graph.op('Neg', [graph.op('MatMul', [counted, x])]);
    return {
      ...penalized(graph, total(graph, graph.op('Relu', [slack])), gradient, weights, penalty),
      dBias: total(graph, counted),
    };
  },

  /** ∂/∂z = p·Σy − y. ONNX's SoftmaxCrossEntropyLoss takes the numbers of the classes, not targets. */
  softmaxRegression: ({ graph, attributes: { penalty }, inputs: { x, targets, weights, bias } }) => {
    const nets = graph.op('Sub', [graph.op('Gemm', [x, weights], { transB: 1 }), bias]);
    const logarithms = logSoftmax(graph, nets);
    const mass = graph.op('ReduceSum', [targets, graph.integers([-1])], { keepdims: 1 });
    const probabilities = graph.op('Softmax', [nets], { axis: -1 });
    const slopes = graph.op('Sub', [graph.op('Mul', [mass, probabilities]), targets]);
    const loss = graph.op('Neg', [total(graph, graph.op('Mul', [targets, logarithms]))]);
    return {
      ...penalized(graph, loss, weightGradient(graph, x, slopes), weights, penalty),
      dBias: graph.op('Neg', [graph.op('ReduceSum', [slopes, graph.integers([0])], { keepdims: 0 })]),
    };
  },
};
