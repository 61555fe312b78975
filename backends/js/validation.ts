/** Folds of cross-validation, and the weights of the smallest validation loss. */
import type { Builders } from './program.ts';

export const validationKernels: Builders<'kFolds' | 'earlyStopping'> = {
  kFolds: ({ folds }, { order: [samples] }) => {
    const larger = samples % folds;
    const size = Math.floor(samples / folds);
    return {
      outputs: { validation: [folds, samples], training: [folds, samples] },
      run: ({ order }, { validation, training }) => {
        validation.fill(0);
        training.fill(1);
        let at = 0;
        for (let k = 0; k < folds; k++) {
          for (const end = at + size + (k < larger ? 1 : 0); at < end; at++) {
            validation[k * samples + order[at]] = 1;
            training[k * samples + order[at]] = 0;
          }
        }
      },
    };
  },

  earlyStopping: ({ patience }, { weights: [steps, parameters] }) => ({
    outputs: { weights: [parameters], bestStep: [], lastStep: [] },
    run: ({ losses, weights: each }, { weights, bestStep, lastStep }) => {
      let best = 0;
      let last = 0;
      for (let step = 1; step < steps && step - best <= patience; step++) {
        last = step;
        if (losses[step] < losses[best]) best = step;
      }
      weights.set(each.subarray(best * parameters, (best + 1) * parameters));
      bestStep[0] = best;
      lastStep[0] = last;
    },
  }),
};
