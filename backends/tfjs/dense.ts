/** Matrix product and dense layer y = x·weightsᵀ + bias (Row M1); gradients by tf.grad of the same expression. */
import type { Builders } from './program.ts';

type DenseOperations = 'matmul' | 'dense' | 'dense.inputGradient' | 'dense.weightGradient' | 'dense.biasGradient';

/**
 * tf.grad wants a point to differentiate at; where the gradient does not depend on it, and the operation therefore is not
 * given it, the point is zero. tf.grad computes the value first: its time is part of execute.
 */
export const denseBuilders: Builders<DenseOperations> = {
  matmul: ({ tf }) => ({ compute: ({ a, b }) => ({ y: tf.matMul(a, b) }) }),

  dense: ({ tf }) => ({ compute: ({ x, weights, bias }) => ({ y: tf.add(tf.matMul(x, weights, false, true), bias) }) }),

  'dense.inputGradient': ({ tf, shapes, keep }) => {
    const origin = keep(tf.zeros([shapes.dy[0], shapes.weights[1]]));
    return { compute: ({ weights, dy }) => ({ dx: tf.grad((x) => tf.matMul(x, weights, false, true))(origin, dy) }) };
  },

  'dense.weightGradient': ({ tf, shapes, keep }) => {
    const origin = keep(tf.zeros([shapes.dy[1], shapes.x[1]]));
    return { compute: ({ x, dy }) => ({ dWeights: tf.grad((weights) => tf.matMul(x, weights, false, true))(origin, dy) }) };
  },

  'dense.biasGradient': ({ tf, shapes, keep }) => {
    const product = keep(tf.zeros([...shapes.dy]));
    const origin = keep(tf.zeros([shapes.dy[1]]));
    return { compute: ({ dy }) => ({ dBias: tf.grad((bias) => tf.add(product, bias))(origin, dy) }) };
  },
};
