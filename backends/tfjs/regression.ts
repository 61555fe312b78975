/** The penalized losses of linear models (Rows J1–J3); their gradients are the library's own, by tf.valueAndGrads. */
import type { Builders, DeviceTensor, Tf } from './program.ts';

type Names = 'leastSquares' | 'softMargin' | 'softmaxRegression';
type Loss = (x: DeviceTensor, targets: DeviceTensor, weights: DeviceTensor, bias: DeviceTensor) => DeviceTensor;

/** A loss with ½λ‖w‖² added, and its gradients with respect to the weights and the bias. */
function differentiated(tf: Tf, penalty: number, loss: Loss) {
  return (x: DeviceTensor, targets: DeviceTensor, weights: DeviceTensor, bias: DeviceTensor) => {
    const { value, grads } = tf.valueAndGrads((w, b) =>
      tf.add(loss(x, targets, w, b), tf.mul(tf.sum(tf.square(w)), penalty / 2)),
    )([weights, bias]);
    return { loss: value, dWeights: grads[0], dBias: grads[1] };
  };
}

export const regressionBuilders: Builders<Names> = {
  leastSquares: ({ tf, attributes: { penalty } }) => {
    const compute = differentiated(tf, penalty, (x, targets, weights, bias) =>
      tf.losses.meanSquaredError(targets, tf.sub(tf.dot(x, weights), bias), 1, tf.Reduction.SUM),
    );
    return { compute: ({ x, targets, weights, bias }) => compute(x, targets, weights, bias) };
  },

  /** The library's hinge loss takes labels 0 and 1; this is the same with −1 and 1. */
  softMargin: ({ tf, attributes: { penalty } }) => {
    const compute = differentiated(tf, penalty, (x, labels, weights, bias) =>
      tf.sum(tf.relu(tf.sub(1, tf.mul(labels, tf.sub(tf.dot(x, weights), bias))))),
    );
    return { compute: ({ x, labels, weights, bias }) => compute(x, labels, weights, bias) };
  },

  /** The library's softmaxCrossEntropy takes its gradient as p − y, which is right for targets that sum to 1 alone. */
  softmaxRegression: ({ tf, attributes: { penalty } }) => {
    const compute = differentiated(tf, penalty, (x, targets, weights, bias) =>
      tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(tf.sub(tf.matMul(x, weights, false, true), bias))))),
    );
    return { compute: ({ x, targets, weights, bias }) => compute(x, targets, weights, bias) };
  },
};
