import { describe, expect, it } from 'vitest';
import { scalar, type Tensor, tensor } from '../../reference/tensor.ts';
import { casesOf, materialize } from '../cases.ts';
import type { NamedTensors } from '../operation.ts';
import { precisions } from '../precision.ts';
import { honestSums, product, type Sum } from '../testing/honestSums.ts';
import { describeLine, drawnCases, refusedCases } from '../testing/tableLine.ts';
import { rounded } from './mistakes.ts';
import { perceptronOperations } from './perceptron.ts';

const [train, bound] = perceptronOperations;
for (const operation of perceptronOperations) describeLine(operation, 7);

const upTo = (length: number) => Array.from({ length }, (_, i) => i);
const row = (x: Tensor, n: number) => Array.from(x.data.subarray(n * x.shape[1], (n + 1) * x.shape[1]));
const products = (a: readonly number[], b: readonly number[]) => a.map((value, j) => product(value, b[j]));

/** The rule in float32 from beginning to end. */
function trained({ x, labels }: NamedTensors, passes: number, sum: Sum): NamedTensors {
  const [samples, features] = x.shape;
  let weights = upTo(features).map(() => 0);
  const mistakes: number[] = [];
  for (let pass = 0; pass < passes; pass++)
    for (let n = 0; n < samples; n++) {
      const signed = row(x, n).map((value) => product(value, labels.data[n]));
      const erred = sum(products(weights, signed)) <= 0;
      mistakes.push(erred ? 1 : 0);
      if (erred) weights = weights.map((value, j) => Math.fround(value + signed[j]));
    }
  return { weights: tensor([features], weights), mistakes: tensor([passes, samples], mistakes) };
}

const squareRoot = (value: number) => Math.fround(Math.sqrt(value));
const quotient = (a: number, b: number) => Math.fround(a / b);
/** Ways to the bound; all of them in float32. */
const boundFormulas: Record<string, (squaredNorm: number, squaredRadius: number, margin: number) => number> = {
  '‖u‖²R²/γ²': (squaredNorm, squaredRadius, margin) => quotient(product(squaredNorm, squaredRadius), product(margin, margin)),
  '‖u‖²(√R²)²/γ²': (squaredNorm, squaredRadius, margin) =>
    quotient(product(squaredNorm, product(squareRoot(squaredRadius), squareRoot(squaredRadius))), product(margin, margin)),
  '(‖u‖R/γ)²': (squaredNorm, squaredRadius, margin) => {
    const ratio = quotient(product(squareRoot(squaredNorm), squareRoot(squaredRadius)), margin);
    return product(ratio, ratio);
  },
  '(R/γ)²‖u‖²': (squaredNorm, squaredRadius, margin) => {
    const ratio = quotient(squareRoot(squaredRadius), margin);
    return product(product(ratio, ratio), squaredNorm);
  },
};

describe.each(Object.keys(honestSums))('float32 sums, %s,', (order) => {
  const sum = honestSums[order];

  it('train the perceptron without an error', () => {
    for (const seed of [1, 2, 3, 4]) {
      const outputs = ({ inputs, attributes }: { inputs: NamedTensors; attributes: Readonly<Record<string, unknown>> }) =>
        trained(inputs, attributes.passes as number, sum);
      expect(refusedCases(train, seed, outputs)).toEqual([]);
    }
  });

  it.each(Object.keys(boundFormulas))("give Novikoff's bound as %s within the limit", (formula) => {
    for (const seed of upTo(10)) {
      expect(
        refusedCases(bound, seed, ({ inputs: { x, labels, separator } }) => {
          const u = Array.from(separator.data);
          const samples = upTo(x.shape[0]).map((n) => row(x, n));
          const squaredRadius = Math.max(...samples.map((sample) => sum(products(sample, sample))));
          const margin = Math.min(...samples.map((sample, n) => product(labels.data[n], sum(products(u, sample)))));
          return {
            radius: scalar(squareRoot(squaredRadius)),
            margin: scalar(margin),
            bound: scalar(boundFormulas[formula](sum(products(u, u)), squaredRadius, margin)),
          };
        }),
      ).toEqual([]);
    }
  });
});

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
