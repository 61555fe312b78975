/** The linear discriminant (Row L1) and the ways of training a perceptron beside the online rule (Rows P5, P6), composed of operators. */
import type { Builders, DeviceTensor, Tf } from './program.ts';

type Names =
  | 'linearDiscriminant'
  | 'perceptronCriterion'
  | 'batchPerceptronStep'
  | 'surrogatePerceptronStep'
  | 'stochasticPerceptronEpoch';

interface Samples {
  readonly x: DeviceTensor;
  readonly labels: DeviceTensor;
  readonly weights: DeviceTensor;
}

/** yₙwᵀxₙ, and 1 where it is not positive. */
function misclassified(tf: Tf, { x, labels, weights }: Samples) {
  const agreements = tf.mul(labels, tf.dot(x, weights));
  return { agreements, mistakes: tf.cast(tf.lessEqual(agreements, 0), 'float32') };
}

export const linearBuilders: Builders<Names> = {
  linearDiscriminant: ({ tf }) => ({
    compute: ({ x, weights, bias }) => {
      const values = tf.add(tf.dot(x, weights), bias);
      return { values, classes: tf.sign(values), distances: tf.div(values, tf.norm(weights)) };
    },
  }),

  perceptronCriterion: ({ tf }) => ({
    compute: (samples) => {
      const { agreements, mistakes } = misclassified(tf, samples);
      return {
        // max(0, −yₙwᵀxₙ), not a product with 0: the right side may be infinitely far away.
        loss: tf.sum(tf.relu(tf.neg(agreements))),
        gradient: tf.neg(tf.dot(tf.mul(mistakes, samples.labels), samples.x)),
      };
    },
  }),

  batchPerceptronStep: ({ tf, attributes: { learningRate } }) => ({
    compute: (samples) => {
      const { mistakes } = misclassified(tf, samples);
      const sum = tf.dot(tf.mul(mistakes, samples.labels), samples.x);
      return { weights: tf.add(samples.weights, tf.mul(sum, learningRate)) };
    },
  }),

  surrogatePerceptronStep: ({ tf, attributes: { learningRate } }) => ({
    compute: ({ x, labels, weights }) => {
      const errors = tf.sub(labels, tf.sign(tf.dot(x, weights)));
      return {
        loss: tf.mul(tf.sum(tf.square(errors)), 0.5),
        weights: tf.add(weights, tf.mul(tf.dot(errors, x), learningRate)),
      };
    },
  }),

  stochasticPerceptronEpoch: ({ tf, attributes: { learningRate, order } }) => ({
    compute: ({ x, labels, weights }) => {
      const samples = tf.unstack(x);
      const wanted = tf.unstack(labels);
      const learned = order.reduce((w: DeviceTensor, n) => {
        const error = tf.sub(wanted[n], tf.sign(tf.dot(samples[n], w)));
        return tf.add(w, tf.mul(tf.mul(error, learningRate), samples[n]));
      }, weights);
      return { weights: learned };
    },
  }),
};
