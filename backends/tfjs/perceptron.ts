/**
 * Online perceptron (Row P4), Novikoff's bound (Row N1), the separator with the largest margin (Row N4) and networks of threshold
 * units (Row X3), composed of the library's operators.
 */
import type { Builders, DeviceTensor, Tf } from './program.ts';

/** Steps towards the largest margin, and after how many of them momentum starts again. */
const ascent = { steps: 600, restart: 60 };

/**
 * Accelerated projected gradient ascent on the dual Σα − ½αᵀGα, α ≥ 0 (Beck and Teboulle 2009): α ← max(0, β + (1 − Gβ)/L) from a
 * point β beyond the last step. L = ‖G‖ (Frobenius) is at least the largest eigenvalue. No decision leaves the device.
 */
function ascended(tf: Tf, signed: DeviceTensor): DeviceTensor {
  const gram = tf.matMul(signed, signed, false, true);
  const rate = tf.reciprocal(tf.norm(gram));
  let multipliers: DeviceTensor = tf.zeros([signed.shape[0]]);
  let ahead: DeviceTensor = multipliers.clone();
  for (let step = 0; step < ascent.steps; step++) {
    const since = step % ascent.restart;
    const [next, beyond] = tf.tidy(() => {
      const slope = tf.sub(1, tf.dot(gram, ahead));
      const moved = tf.relu(tf.add(ahead, tf.mul(slope, rate)));
      return [moved, tf.add(moved, tf.mul(tf.sub(moved, multipliers), since / (since + 3)))];
    });
    tf.dispose([multipliers, ahead]);
    [multipliers, ahead] = [next, beyond];
  }
  return multipliers;
}

/** 1 where a number is not negative, otherwise 0. */
const fires = (tf: Tf, net: DeviceTensor): DeviceTensor => tf.cast(tf.greaterEqual(net, 0), 'float32');

export const perceptronBuilders: Builders<'perceptron.train' | 'novikoff.bound' | 'maximumMargin' | 'thresholdNetwork'> = {
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

  /** The separator is scaled until min yuᵀx is 1; the multipliers until their dual is largest: (Σα)²/(2‖Σαyx‖²). */
  maximumMargin: ({ tf }) => ({
    compute: ({ x, labels }) => {
      const signed = tf.mul(x, tf.expandDims(labels, 1));
      const multipliers = ascended(tf, signed);
      const u = tf.dot(multipliers, signed);
      const smallest = tf.min(tf.dot(signed, u));
      const squared = tf.sum(tf.square(u));
      return {
        separator: tf.div(u, smallest),
        margin: tf.div(smallest, tf.sqrt(squared)),
        primal: tf.div(tf.mul(squared, 0.5), tf.square(smallest)),
        dual: tf.div(tf.mul(tf.square(tf.sum(multipliers)), 0.5), squared),
      };
    },
  }),

  thresholdNetwork: ({ tf }) => ({
    compute: ({ x, hiddenWeights, hiddenBias, outputWeights, outputBias }) => {
      const hidden = fires(tf, tf.add(tf.matMul(x, hiddenWeights, false, true), hiddenBias));
      return { hidden, y: fires(tf, tf.add(tf.dot(hidden, outputWeights), outputBias)) };
    },
  }),
};
