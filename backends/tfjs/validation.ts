/** Folds (Row V5) and early stopping (Row V4), composed of the library's operators: no decision leaves the device. */
import type { Builders, DeviceTensor } from './program.ts';

/** The fold in which each position of an order of the samples lies. */
function foldOfPosition(samples: number, folds: number): number[] {
  const [size, larger] = [Math.floor(samples / folds), samples % folds];
  // The first folds have one sample more.
  const cut = larger * (size + 1);
  return Array.from({ length: samples }, (_, at) =>
    at < cut ? Math.floor(at / (size + 1)) : larger + Math.floor((at - cut) / size),
  );
}

export const validationBuilders: Builders<'kFolds' | 'earlyStopping'> = {
  /** Each position's fold is given to the sample that stands there. */
  kFolds: ({ tf, attributes: { folds }, shapes, keep }) => {
    const [samples] = shapes.order;
    const ofPosition = keep(tf.tensor1d(foldOfPosition(samples, folds), 'int32'));
    return {
      compute: ({ order }) => {
        const indices = tf.expandDims(tf.cast(order, 'int32'), 1);
        const ofSample = tf.scatterND(indices, ofPosition, [samples]) as DeviceTensor;
        const validation = tf.transpose(tf.oneHot(ofSample, folds, 1, 0, 'float32')) as DeviceTensor;
        return { validation, training: tf.sub(1, validation) };
      },
    };
  },

  /** For every step the best up to it; training goes on while none of the steps before has run out of patience. */
  earlyStopping: ({ tf, attributes: { patience }, shapes, keep }) => {
    const [steps] = shapes.losses;
    const numbers = keep(tf.range(0, steps, 1, 'float32'));
    // A loss that is no number is no improvement, and none is measured against the first.
    const whereNaN = keep(tf.tidy(() => tf.where(tf.equal(numbers, 0), -Infinity, tf.fill([steps], Infinity))));
    /** Each element's predecessor at this distance. */
    const before = (x: DeviceTensor, distance: number, first: number) =>
      tf.concat([tf.fill([distance], first), tf.slice(x, [0], [steps - distance])]);
    /** Combines each element with all before it: with 1, then 2, then 4 … of them. */
    const upToNow = (x: DeviceTensor, combine: (a: DeviceTensor, b: DeviceTensor) => DeviceTensor, first: number) => {
      let combined = x;
      for (let distance = 1; distance < steps; distance *= 2) combined = combine(combined, before(combined, distance, first));
      return combined;
    };
    return {
      compute: ({ losses, weights }) => {
        const measured = tf.where(tf.isNaN(losses), whereNaN, losses);
        const smallest = upToNow(measured, tf.minimum, Infinity);
        const improves = tf.cast(tf.less(measured, before(smallest, 1, Infinity)), 'float32');
        const bestSoFar = upToNow(tf.mul(improves, numbers), tf.maximum, 0);
        const goesOn = tf.lessEqual(tf.sub(tf.add(numbers, 1), bestSoFar), patience);
        const made = tf.cumprod(tf.cast(goesOn, 'float32'), 0, true);
        const lastStep = tf.sub(tf.sum(made), 1);
        const bestStep = tf.gather(bestSoFar, tf.cast(lastStep, 'int32'));
        return { weights: tf.gather(weights, tf.cast(bestStep, 'int32')), bestStep, lastStep };
      },
    };
  },
};
