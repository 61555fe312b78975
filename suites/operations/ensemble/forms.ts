/** Means over models as libraries take them: the sum divided, the sum of what is divided, or a running mean. */
import { scalar } from '../../../reference/tensor.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';
import { column, numbers, rowsOf, upTo, vector } from '../shared/formTensors.ts';

type Mean = (values: readonly number[], m: Arithmetic) => number;
const means: Readonly<Record<string, Mean>> = {
  'Σ/n': (values, m) => m.divide(m.sum(values), values.length),
  'Σ·(1/n)': (values, m) => m.multiply(m.sum(values), m.divide(1, values.length)),
  'Σ(x/n)': (values, m) => m.sum(values.map((value) => m.divide(value, values.length))),
  'running, m + (x − m)/k': (values, m) =>
    values.reduce((mean, value, k) => (k === 0 ? value : m.add(mean, m.divide(m.subtract(value, mean), k + 1))), 0),
};
const each = (make: (mean: Mean) => Form): Record<string, Form> =>
  Object.fromEntries(Object.entries(means).map(([name, mean]) => [name, make(mean)]));
const squares = (values: readonly number[], from: readonly number[], m: Arithmetic) =>
  values.map((value, n) => m.multiply(m.subtract(value, from[n]), m.subtract(value, from[n])));

export const ensembleForms: Forms = {
  ensemble: each((mean) => ({ inputs: { predictions, target } }, m) => {
    const members = rowsOf(predictions);
    const prediction = upTo(target.data.length).map((n) => mean(column(members, n), m));
    return {
      prediction: vector(prediction),
      squaredError: scalar(mean(squares(prediction, numbers(target), m), m)),
      memberErrors: vector(members.map((own) => mean(squares(own, numbers(target), m), m))),
    };
  }),
  biasVariance: {
    ...each((mean) => ({ inputs: { predictions, truth } }, m) => {
      const sets = rowsOf(predictions);
      const middle = upTo(truth.data.length).map((n) => mean(column(sets, n), m));
      return {
        squaredBias: scalar(mean(squares(middle, numbers(truth), m), m)),
        variance: scalar(
          mean(
            sets.flatMap((own) => squares(own, middle, m)),
            m,
          ),
        ),
      };
    }),
    "variance by Welford's running sums": ({ inputs: { predictions, truth } }, m) => {
      const sets = rowsOf(predictions);
      const points = upTo(truth.data.length).map((n) => {
        let [mean, sum] = [0, 0];
        column(sets, n).forEach((value, k) => {
          const apart = m.subtract(value, mean);
          mean = m.add(mean, m.divide(apart, k + 1));
          sum = m.multiplyAdd(apart, m.subtract(value, mean), sum);
        });
        return { mean, variance: m.divide(sum, sets.length) };
      });
      const middle = points.map(({ mean }) => mean);
      return {
        squaredBias: scalar(means['Σ/n'](squares(middle, numbers(truth), m), m)),
        variance: scalar(
          means['Σ/n'](
            points.map(({ variance }) => variance),
            m,
          ),
        ),
      };
    },
  },
};
