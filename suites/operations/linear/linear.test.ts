import { describe, expect, it } from 'vitest';
import { scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { AnyOperation, Case, NamedTensors } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { materialize } from '../../running/cases.ts';
import { drawnCases, refusedCases } from '../../testing/tableLine.ts';
import { honestSums, product, type Sum } from '../shared/honestSums.ts';
import { linearOperations } from './entries.ts';

const named = (name: string): AnyOperation => linearOperations.find((operation) => operation.name === name)!;
const { fround, sign } = Math;
const row = (x: Tensor, n: number) => Array.from(x.data.subarray(n * x.shape[1], (n + 1) * x.shape[1]));
const products = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a, (value, j) => product(value, b[j]));
const quotient = (a: number, b: number) => fround(a / b);

function accepts(name: string, outputs: (asked: Case) => NamedTensors): void {
  for (const seed of [1, 2]) expect(refusedCases(named(name), seed, outputs)).toEqual([]);
}

/** Everything in float32: errors of the samples, and w + ηΣ error·x with η after the sum or before it. */
function stepped(asked: Case, sum: Sum, error: (net: number, label: number) => number, rateFirst: boolean) {
  const { x, labels, weights } = asked.inputs;
  const rate = fround(asked.attributes.learningRate as number);
  const errors = Array.from(labels.data, (label, n) => error(sum(products(row(x, n), weights.data)), label));
  const next = Array.from(weights.data, (w, j) => {
    const terms = (factors: readonly number[]) => sum(factors.map((factor, n) => product(factor, row(x, n)[j])));
    const change = rateFirst ? terms(errors.map((e) => product(rate, e))) : product(rate, terms(errors));
    return fround(w + change);
  });
  return { errors, weights: tensor(weights.shape, next) };
}

describe.each(Object.keys(honestSums))('float32 sums, %s,', (order) => {
  const sum = honestSums[order];

  it.each(['plain', 'augmented', 'normalized'])('give the linear discriminant, %s, within the limit', (form) => {
    accepts('linearDiscriminant', ({ inputs: { x, weights, bias } }) => {
      const samples = Array.from({ length: x.shape[0] }, (_, n) => row(x, n));
      const [w, b] = [Array.from(weights.data), bias.data[0]];
      const length = fround(Math.sqrt(sum(products(w, w))));
      const discriminant = (sample: number[], u: number[], c: number) =>
        form === 'augmented' ? sum(products([...sample, 1], [...u, c])) : fround(sum(products(sample, u)) + c);
      const values = samples.map((sample) => discriminant(sample, w, b));
      const distances =
        form === 'normalized' && length > 0
          ? samples.map((sample) =>
              discriminant(
                sample,
                w.map((value) => quotient(value, length)),
                quotient(b, length),
              ),
            )
          : values.map((value) => quotient(value, length));
      const of = (list: number[]) => tensor([list.length], list);
      return { values: of(values), classes: of(values.map(sign)), distances: of(distances) };
    });
  });

  it('give the criterion within the limit', () => {
    accepts('perceptronCriterion', ({ inputs: { x, labels, weights } }) => {
      const agreements = Array.from(labels.data, (y, n) => product(y, sum(products(row(x, n), weights.data))));
      const chosen = agreements.flatMap((agreement, n) => (agreement <= 0 ? [n] : []));
      const gradient = Array.from(weights.data, (_, j) => sum(chosen.map((n) => product(-labels.data[n], row(x, n)[j]))));
      return { loss: scalar(sum(chosen.map((n) => -agreements[n]))), gradient: tensor(weights.shape, gradient) };
    });
  });

  it.each([true, false])('step within the limit, the rate before the sum: %s', (rateFirst) => {
    accepts('batchPerceptronStep', (asked) => ({
      weights: stepped(asked, sum, (net, label) => (label * net <= 0 ? label : 0), rateFirst).weights,
    }));
    accepts('surrogatePerceptronStep', (asked) => {
      const { errors, weights } = stepped(asked, sum, (net, label) => label - sign(net), rateFirst);
      return { loss: scalar(0.5 * sum(products(errors, errors))), weights };
    });
  });

  it('go through an epoch without an error', () => {
    accepts('stochasticPerceptronEpoch', ({ inputs: { x, labels, weights }, attributes }) => {
      let w = Array.from(weights.data);
      for (const n of attributes.order as number[]) {
        const step = product(attributes.learningRate as number, labels.data[n] - sign(sum(products(row(x, n), w))));
        w = w.map((value, j) => fround(value + product(step, row(x, n)[j])));
      }
      return { weights: tensor(weights.shape, w) };
    });
  });
});

describe('decisions', () => {
  const near = (net: number) => {
    // wᵀx = 1 − (1 − net): cancels down to `net`, which float32 products may miss by their rounding.
    const recipe = {
      name: 'near',
      sizes: { samples: 1, features: 2 },
      attributes: {},
      given: { x: [fround(1 / 3), fround(-1 / 3 + net)], labels: [1], weights: [3, 3] },
    };
    const operation = named('perceptronCriterion');
    return prepareQuestion(operation, materialize(operation, recipe, 'random', 1, 'float32'), precisions.float32);
  };

  it('may go either way where the interval of wᵀx holds 0, and only there', () => {
    // Either gradient: 0, or −yx of about ⅓.
    expect(near(2 ** -25).limits.gradient.limit[0]).toBeGreaterThan(0.3);
    expect(near(0.01).limits.gradient.limit[0]).toBe(0);
    expect(near(-0.01).limits.gradient.limit[0]).toBeLessThan(1e-6);
  });

  it('are met on the surface by the exact cases', () => {
    const operation = named('surrogatePerceptronStep');
    const asked = drawnCases(operation, 1).find(({ id }) => id.includes('on-the-surface'))!;
    const { x, weights } = asked.inputs;
    const onIt = Array.from({ length: x.shape[0] }, (_, n) =>
      row(x, n).reduce((total, value, j) => total + value * weights.data[j], 0),
    ).filter((net) => net === 0);
    expect(onIt.length).toBeGreaterThan(0);
  });
});

describe('linearDiscriminant', () => {
  it('is asked in the exact tier about weights whose length is a power of two', () => {
    for (const asked of drawnCases(named('linearDiscriminant'), 3).filter(({ tier }) => tier === 'exact'))
      expect(Math.hypot(...asked.inputs.weights.data)).toBe(4);
  });
});
