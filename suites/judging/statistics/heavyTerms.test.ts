import { expect, it } from 'vitest';
import { precisions } from '../precision.ts';
import { randomFrom } from '../random.ts';
import { arrivalCumulant, largestErrorOfTerms, orderCumulant } from './heavyTerms.ts';
import { largestHonestError, roundingModel } from './roundingModel.ts';

it('terms that arrive at random: one is there for a uniform time, two opposite ones between their arrivals', () => {
  expect(arrivalCumulant([])).toBe(0);
  for (const y of [1e-3, 0.5, 3, 40]) {
    // E exp(yU) and E exp(y|U − U′|) by integration.
    expect(arrivalCumulant([Math.sqrt(y)]) / Math.log(Math.expm1(y) / y)).toBeCloseTo(1, 9);
    const opposite = Math.log((2 * (Math.expm1(y) - y)) / (y * y));
    expect(arrivalCumulant([Math.sqrt(y), -Math.sqrt(y)]) / opposite).toBeCloseTo(1, 8);
    // A term of no size changes nothing.
    expect(arrivalCumulant([0, Math.sqrt(y), 0])).toBeCloseTo(arrivalCumulant([Math.sqrt(y)]), 9);
  }
  expect(arrivalCumulant([30])).toBe(Infinity);
});

it('the mean over all orders of three terms, counted by hand', () => {
  // Sets {0}, {1}, {0, 1}, {2}, …: six orders, each of which rounds one pair and all three.
  const roundings = Float64Array.of(0, 0, 0, 1, 0, 2, 3, 5);
  const byHand = Math.log(Math.exp(0.5 * 5) * ((Math.exp(0.5) + Math.exp(1) + Math.exp(1.5)) / 3));
  expect(orderCumulant(roundings, 0.5)).toBeCloseTo(byHand, 12);
});

it('of sixteen terms no order drawn says otherwise, and the bound is sharper than that of a bridge', () => {
  const random = randomFrom(3, 'sixteen terms');
  const half = Array.from({ length: 8 }, () => random.normal() * random.normal());
  const terms = Float64Array.from([...half, ...half.map((x) => -x * (1 + random.normal() / 8))]);
  const model = modelOf(terms);
  const limit = largestErrorOfTerms(model, 0, terms, 1e-12);
  expect(limit).toBeLessThan(0.8 * largestHonestError(model, 0, 1e-12));
  let mean = 0;
  for (let order = 0; order < 5000; order++) {
    const shuffled = Array.from(terms, (term) => ({ term, at: random.next() })).sort((x, y) => x.at - y.at);
    let [sum, variance] = [0, 0];
    for (const [at, { term }] of shuffled.entries()) {
      sum += term;
      if (at > 0) variance += (2 ** Math.floor(Math.log2(Math.abs(sum))) * 2 ** -24) ** 2 / 3;
    }
    mean += (2 * Math.exp((-limit * limit) / (2 * (variance + model.steady[0])))) / 5000;
  }
  expect(mean).toBeLessThan(1e-12);
});

function modelOf(terms: Float64Array) {
  const total = (of: (p: number) => number) => [terms.reduce((sum, p) => sum + of(p), 0)];
  return roundingModel({
    expected: total((p) => p),
    scale: total(Math.abs),
    squares: total((p) => p * p),
    terms: terms.length,
    precision: precisions.float32,
  });
}

it('bounds the largest error over all orders, below the bound of a bridge where a few terms are most of the sum', () => {
  const random = randomFrom(1, 'heavy terms');
  const terms = Float64Array.from({ length: 200 }, (_, k) => random.normal() * (k < 3 ? 1 : 1e-3));
  const model = modelOf(terms);
  const probability = 1e-12;
  const limit = largestErrorOfTerms(model, 0, terms, probability);
  expect(limit).toBeLessThan(0.9 * largestHonestError(model, 0, probability));
  // P(|e| > t) ≤ 2·E exp(−t²/2V) for orders as they come, V without its octaves.
  let mean = 0;
  const orders = 2000;
  for (let order = 0; order < orders; order++) {
    const left = terms.slice();
    let [sum, squares] = [0, 0];
    for (let at = 0; at < left.length; at++) {
      const k = random.integer(at, left.length - 1);
      sum += left[k];
      left[k] = left[at];
      squares += sum * sum;
    }
    mean += (2 * Math.exp((-limit * limit) / (2 * ((squares * 2 ** -48) / 3)))) / orders;
  }
  expect(mean).toBeLessThan(probability);
  expect(mean).toBeGreaterThan(0);
});

it('is a little above that of a bridge where no term is heavy, and nothing where nothing is rounded', () => {
  const random = randomFrom(2, 'light terms');
  const terms = Float64Array.from({ length: 400 }, () => random.normal());
  const model = modelOf(terms);
  const of = largestErrorOfTerms(model, 0, terms, 1e-12) / largestHonestError(model, 0, 1e-12);
  expect(of).toBeGreaterThan(0.95);
  expect(of).toBeLessThan(1.3);
  const zeros = new Float64Array(4);
  expect(largestErrorOfTerms(modelOf(zeros), 0, zeros, 1e-12)).toBe(Infinity);
});
