/** Folds (Row V5) and early stopping (Row V4), composed of the library's operators: no decision leaves the device. */
import type { Builders, DeviceTensor } from './program.ts';

/** Row k has a 1 at every position of an order of the samples that lies in fold k. */
export function positionsOfFolds(samples: number, folds: number): number[][] {
  const [size, larger] = [Math.floor(samples / folds), samples % folds];
  const startOf = (fold: number) => fold * size + Math.min(fold, larger);
  return Array.from({ length: folds }, (_, k) =>
    Array.from({ length: samples }, (_unused, at) => (at >= startOf(k) && at < startOf(k + 1) ? 1 : 0)),
  );
}

export const validationBuilders: Builders<'kFolds' | 'earlyStopping'> = {
  /** Positions of folds times the permutation's matrix. */
  kFolds: ({ tf, attributes: { folds }, shapes, keep }) => {
    const [samples] = shapes.order;
    const positions = keep(tf.tensor2d(positionsOfFolds(samples, folds), [folds, samples]));
    return {
      compute: ({ order }) => {
        const permutation = tf.oneHot(tf.cast(order, 'int32'), samples, 1, 0, 'float32');
        const validation = tf.matMul(positions, permutation as DeviceTensor);
        return { validation, training: tf.sub(1, validation) };
      },
    };
  },

  /** For every step the best up to it; training goes on while none of the steps before has run out of patience. */
  earlyStopping: ({ tf, attributes: { patience }, shapes, keep }) => {
    const [steps] = shapes.losses;
    const numbers = keep(tf.range(0, steps, 1, 'float32'));
    const upToNow = keep(tf.tidy(() => tf.greaterEqual(tf.expandDims(numbers, 1), tf.expandDims(numbers, 0))));
    return {
      compute: ({ losses, weights }) => {
        const met = tf.where(upToNow, tf.tile(tf.expandDims(losses, 0), [steps, 1]), tf.fill([steps, steps], Infinity));
        const bestSoFar = tf.cast(tf.argMin(met, 1), 'float32');
        const goesOn = tf.lessEqual(tf.sub(tf.add(numbers, 1), bestSoFar), patience);
        const made = tf.cumprod(tf.cast(goesOn, 'float32'), 0, true);
        const lastStep = tf.sub(tf.sum(made), 1);
        const bestStep = tf.gather(bestSoFar, tf.cast(lastStep, 'int32'));
        return { weights: tf.gather(weights, tf.cast(bestStep, 'int32')), bestStep, lastStep };
      },
    };
  },
};
