import { describe, expect, it } from 'vitest';
import { precisions } from '../../judging/precision.ts';
import { rounded } from '../../judging/tensorChanges.ts';
import { casesOf, materialize } from '../../running/cases.ts';
import { describeVariants, drawnCases } from '../../testing/tableLine.ts';
import { perceptronOperations } from './entries.ts';
import { row, upTo } from './variants.ts';

const [train, bound] = perceptronOperations;
for (const operation of perceptronOperations) describeVariants(operation);

describe('perceptron.train', () => {
  const drawn = (name: string, seed = 1) =>
    materialize(train, train.cases.find((recipe) => recipe.name === name)!, 'exact', seed, 'float32');
  const mistakesPerPass = (name: string, seed?: number) => {
    const { inputs, attributes, sizes } = drawn(name, seed);
    const { data } = train.reference(inputs, attributes).mistakes;
    return upTo(sizes.passes).map((pass) =>
      Array.from(data.subarray(pass * sizes.samples, (pass + 1) * sizes.samples)).reduce((total, value) => total + value, 0),
    );
  };

  it('converges on AND and OR and errs in every pass on XOR (Row P7)', () => {
    expect(mistakesPerPass('and').at(-1)).toBe(0);
    expect(mistakesPerPass('or').at(-1)).toBe(0);
    for (const name of ['xor', 'xor-signed']) expect(Math.min(...mistakesPerPass(name))).toBeGreaterThan(0);
  });

  it('is asked about integers whose every sum stays below 2²⁴', () => {
    for (const seed of [1, 2, 3])
      for (const { inputs, sizes } of drawnCases(train, seed)) {
        const [x, w] = [inputs.x, upTo(sizes.features).map(() => 0)];
        for (let step = 0; step < sizes.samples * sizes.passes; step++) {
          const sample = row(x, step % sizes.samples);
          const scale = sample.reduce((total, value, j) => total + Math.abs(value * w[j]), 0);
          expect(scale).toBeLessThan(2 ** 24);
          const erred =
            inputs.labels.data[step % sizes.samples] * sample.reduce((total, value, j) => total + value * w[j], 0) <= 0;
          if (erred) for (const [j, value] of sample.entries()) w[j] += inputs.labels.data[step % sizes.samples] * value;
        }
        for (const { data } of Object.values(inputs)) expect(data.every(Number.isInteger)).toBe(true);
      }
  });

  it('has a decision that turns on more bits than TF32 and float16 have', () => {
    const { inputs, attributes } = drawn('wide-integers');
    expect(Array.from(train.reference(inputs, attributes).mistakes.data)).toEqual([1, 0]);
    const narrowed = { x: rounded(inputs.x, precisions.tf32), labels: inputs.labels };
    expect(Array.from(train.reference(narrowed, attributes).mistakes.data)).toEqual([1, 1]);
  });

  it('has separable labels but where a recipe says otherwise: none lies on the separator, both classes occur', () => {
    for (const { recipe } of casesOf(train).filter(({ recipe: { given } }) => given === undefined)) {
      const { labels } = materialize(train, recipe, 'exact', 1, 'float32').inputs;
      expect(labels.data.every((label) => Math.abs(label) === 1)).toBe(true);
      if (labels.data.length > 5) expect(new Set(labels.data).size).toBe(2);
    }
    expect(mistakesPerPass('many-passes').at(-1)).toBe(0);
  });
});

describe('novikoff.bound', () => {
  it('is 51 for AND with u = (1, 1, −1.5)', () => {
    const { inputs, attributes } = materialize(bound, bound.cases.find(({ name }) => name === 'and')!, 'random', 1, 'float32');
    const { radius, margin, bound: largest } = bound.reference(inputs, attributes);
    expect([radius.data[0] ** 2, margin.data[0], largest.data[0]]).toEqual([
      expect.closeTo(3, 14),
      0.5,
      expect.closeTo(51, 12),
    ]);
  });

  it('is asked about samples at a distance from the separator', () => {
    for (const seed of [1, 2, 3])
      for (const { inputs, attributes, id } of drawnCases(bound, seed)) {
        expect(bound.reference(inputs, attributes).margin.data[0], id).toBeGreaterThanOrEqual(0.25);
      }
  });
});
