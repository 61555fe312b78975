/**
 * Dropout and dropconnect with a given mask (Row V3), gradients by tf.grad. tf.dropout draws its own mask, which nobody outside can
 * know; what is left of it then is this product and quotient.
 */
import type { Builders, DeviceTensor, Tf } from './program.ts';

type DropoutOperations = 'dropout' | 'dropout.backward' | 'dropconnect' | 'dropconnect.backward';

/** value·mask/keep. */
const masked = (tf: Tf, value: DeviceTensor, mask: DeviceTensor, keep: DeviceTensor): DeviceTensor =>
  tf.div(tf.mul(value, mask), keep);

export const dropoutBuilders: Builders<DropoutOperations> = {
  dropout: ({ tf, attributes, keep }) => {
    const probability = keep(tf.scalar(attributes.keep));
    return { compute: ({ x, mask }) => ({ y: masked(tf, x, mask, probability) }) };
  },

  /** The gradient does not depend on x: it is taken at zero. */
  'dropout.backward': ({ tf, attributes, shapes, keep }) => {
    const probability = keep(tf.scalar(attributes.keep));
    const origin = keep(tf.zeros([...shapes.dy]));
    return { compute: ({ mask, dy }) => ({ dx: tf.grad((x) => masked(tf, x, mask, probability))(origin, dy) }) };
  },

  dropconnect: ({ tf, attributes, keep }) => {
    const probability = keep(tf.scalar(attributes.keep));
    return {
      compute: ({ x, weights, mask, bias }) => ({
        y: tf.add(tf.matMul(x, masked(tf, weights, mask, probability), false, true), bias),
      }),
    };
  },

  'dropconnect.backward': ({ tf, attributes, shapes, keep }) => {
    const probability = keep(tf.scalar(attributes.keep));
    const origin = keep(tf.zeros([shapes.weights[0]]));
    return {
      compute: ({ x, weights, mask, dy }) => {
        const [dx, dWeights, dBias] = tf.grads((given: DeviceTensor, connections: DeviceTensor, bias: DeviceTensor) =>
          tf.add(tf.matMul(given, masked(tf, connections, mask, probability), false, true), bias),
        )([x, weights, origin], dy);
        return { dx, dWeights, dBias };
      },
    };
  },
};
