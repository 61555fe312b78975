/** Online perceptron (Row P4) and Novikoff's bound (Row N1), composed of the library's operators. */
import type { Builders, DeviceTensor } from './program.ts';

export const perceptronBuilders: Builders<'perceptron.train' | 'novikoff.bound'> = {
  /** A sample is misclassified when labelᵢ·wᵀxᵢ ≤ 0; then w ← w + labelᵢ·xᵢ. No decision leaves the device. */
  'perceptron.train': ({ tf, attributes: { passes }, shapes }) => {
    const [samples, features] = shapes.x;
    return {
      compute: ({ x, labels }) => {
        const signed = tf.unstack(tf.mul(x, tf.expandDims(labels, 1)));
        const mistakes: DeviceTensor[] = [];
        let weights: DeviceTensor = tf.zeros([features]);
        for (let pass = 0; pass < passes; pass++) {
          for (const sample of signed) {
            const [next, mistake] = tf.tidy(() => {
              const erred = tf.lessEqual(tf.dot(weights, sample), 0);
              return [tf.where(erred, tf.add(weights, sample), weights), tf.cast(erred, 'float32')];
            });
            weights.dispose();
            weights = next;
            mistakes.push(mistake);
          }
        }
        return { weights, mistakes: tf.reshape(tf.stack(mistakes), [passes, samples]) };
      },
    };
  },

  'novikoff.bound': ({ tf }) => ({
    compute: ({ x, labels, separator }) => {
      const squaredRadius = tf.max(tf.sum(tf.square(x), 1));
      const margin = tf.min(tf.mul(labels, tf.dot(x, separator)));
      const squaredNorm = tf.sum(tf.square(separator));
      return {
        radius: tf.sqrt(squaredRadius),
        margin,
        bound: tf.div(tf.mul(squaredNorm, squaredRadius), tf.square(margin)),
      };
    },
  }),
};
