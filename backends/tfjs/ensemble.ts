/** Ensemble mean and its errors (Row V6), bias and variance (Row V1), by the library's means. */
import type { Builders } from './program.ts';

export const ensembleBuilders: Builders<'ensemble' | 'biasVariance'> = {
  ensemble: ({ tf }) => ({
    compute: ({ predictions, target }) => {
      const prediction = tf.mean(predictions, 0);
      return {
        prediction,
        squaredError: tf.mean(tf.squaredDifference(prediction, target)),
        memberErrors: tf.mean(tf.squaredDifference(predictions, target), 1),
      };
    },
  }),

  biasVariance: ({ tf }) => ({
    compute: ({ predictions, truth }) => {
      const { mean, variance } = tf.moments(predictions, 0);
      return { squaredBias: tf.mean(tf.squaredDifference(mean, truth)), variance: tf.mean(variance) };
    },
  }),
};
