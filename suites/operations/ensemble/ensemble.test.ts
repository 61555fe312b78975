import { describe, expect, it } from 'vitest';
import { scalar, tensor } from '../../../reference/tensor.ts';
import { drawnCases, judgeAnswer, refusedCases } from '../../testing/tableLine.ts';
import { ensembleOperations } from './entries.ts';

const [ensemble, biasVariance] = ensembleOperations;
const { fround } = Math;

it('gives bias² 2.5 and variance 5 for the predictions by hand', () => {
  const [asked] = drawnCases(biasVariance, 1).filter(({ id }) => id === 'biasVariance/by-hand/random');
  const judged = (squaredBias: number, variance: number) =>
    judgeAnswer(biasVariance, asked, { squaredBias: scalar(squaredBias), variance: scalar(variance) }).passed;
  expect(judged(2.5, 5)).toBe(true);
  expect(judged(2.5, 10)).toBe(false);
});

it('has an ensemble whose error is the members’ mean error less their variance', () => {
  for (const { inputs } of drawnCases(ensemble, 3)) {
    const { prediction, squaredError, memberErrors } = ensemble.reference(inputs, {});
    const { variance } = biasVariance.reference({ predictions: inputs.predictions, truth: prediction }, {});
    const own = Array.from(memberErrors.data).reduce((a, b) => a + b, 0) / memberErrors.data.length;
    expect(squaredError.data[0] + variance.data[0]).toBeCloseTo(own, 10);
  }
});

/** Sums rounded to float32 after each addition; the mean as a quotient or as a product with 1/n. */
const sums: Record<string, (values: readonly number[]) => number> = {
  forward: (values) => values.reduce((total, value) => fround(total + value), 0),
  backward: (values) => values.reduceRight((total, value) => fround(total + value), 0),
};
const means: Record<string, (sum: number, count: number) => number> = {
  quotient: (sum, count) => fround(sum / count),
  reciprocal: (sum, count) => fround(sum * fround(1 / count)),
};
describe.each(Object.keys(sums))('honest float32 arithmetic, sums %s', (order) => {
  it.each(Object.keys(means))('mean as a %s', (form) => {
    const mean = (values: readonly number[]) => means[form](sums[order](values), values.length);
    const square = (value: number) => fround(value * value);
    const refused = [2, 3, 4].flatMap((seed) => [
      ...refusedCases(ensemble, seed, ({ inputs: { predictions, target } }) => {
        const [models, samples] = predictions.shape;
        const at = (m: number, n: number) => predictions.data[m * samples + n];
        const prediction = Array.from(target.data, (_, n) => mean(Array.from({ length: models }, (_u, m) => at(m, n))));
        const error = (f: (n: number) => number) => mean(Array.from(target.data, (t, n) => square(fround(f(n) - t))));
        return {
          prediction: tensor([samples], prediction),
          squaredError: scalar(error((n) => prediction[n])),
          memberErrors: tensor(
            [models],
            Array.from({ length: models }, (_, m) => error((n) => at(m, n))),
          ),
        };
      }),
      ...refusedCases(biasVariance, seed, ({ inputs: { predictions, truth } }) => {
        const [sets, points] = predictions.shape;
        const own = Array.from({ length: points }, (_, n) =>
          Array.from({ length: sets }, (_u, d) => predictions.data[d * points + n]),
        );
        const centres = own.map(mean);
        return {
          squaredBias: scalar(mean(centres.map((centre, n) => square(fround(centre - truth.data[n]))))),
          variance: scalar(mean(own.flatMap((values, n) => values.map((f) => square(fround(f - centres[n])))))),
        };
      }),
    ]);
    expect(refused).toEqual([]);
  });
});
