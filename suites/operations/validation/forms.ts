/** Folds and early stopping as libraries write them. */
import { scalar, tensor } from '../../../reference/tensor.ts';
import type { Forms } from '../../judging/forms.ts';
import { numbers, rowsOf, upTo, vector } from '../shared/formTensors.ts';

export const validationForms: Forms = {
  kFolds: {
    'the fold of each position': ({ inputs: { order }, attributes }) => {
      const [samples, folds] = [order.data.length, attributes.folds as number];
      const ends = upTo(folds).map((k) => (k + 1) * Math.floor(samples / folds) + Math.min(k + 1, samples % folds));
      const validation = tensor([folds, samples], new Float64Array(folds * samples));
      numbers(order).forEach((sample, position) => {
        validation.data[ends.findIndex((end) => position < end) * samples + sample] = 1;
      });
      return {
        validation,
        training: tensor(
          [folds, samples],
          numbers(validation).map((one) => 1 - one),
        ),
      };
    },
  },
  earlyStopping: {
    'the smallest so far': ({ inputs: { losses, weights }, attributes }) => {
      let [best, last] = [0, 0];
      for (let step = 1; step < losses.data.length && step - best <= (attributes.patience as number); step++) {
        last = step;
        if (losses.data[step] < losses.data[best]) best = step;
      }
      return { weights: vector(rowsOf(weights)[best]), bestStep: scalar(best), lastStep: scalar(last) };
    },
  },
};
