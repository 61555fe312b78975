/** Softmax over the last axis, its vector–Jacobian product and its Jacobian (Rows A9, A10). */
import type { Builders } from './program.ts';

export const softmaxBuilders: Builders<'softmax' | 'softmax.backward' | 'softmax.jacobian'> = {
  softmax: ({ tf }) => ({ compute: ({ x }) => ({ y: tf.softmax(x) }) }),

  'softmax.backward': ({ tf }) => {
    const gradient = tf.grad((x) => tf.softmax(x));
    return { compute: ({ x, dy }) => ({ dx: gradient(x, dy) }) };
  },

  /** Row i of a Jacobian is the vector–Jacobian product with the i-th unit vector: one gradient of `classes` copies of x. */
  'softmax.jacobian': ({ tf, shapes, keep }) => {
    const [batch, classes] = shapes.x;
    const unitVectors = keep(tf.tidy(() => tf.tile(tf.expandDims(tf.eye(classes), 0), [batch, 1, 1])));
    const gradient = tf.grad((x) => tf.softmax(x));
    return { compute: ({ x }) => ({ jacobian: gradient(tf.tile(tf.expandDims(x, 1), [1, classes, 1]), unitVectors) }) };
  },
};
