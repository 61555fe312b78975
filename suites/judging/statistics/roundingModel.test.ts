import { describe, expect, it } from 'vitest';
import { honestSums } from '../../operations/shared/honestSums.ts';
import { precisions } from '../precision.ts';
import { randomFrom } from '../random.ts';
import {
  boundedCumulant,
  bridgeCumulant,
  cumulant,
  largestHonestError,
  quartic,
  quarticUpTo,
  type RoundingModel,
  roundingModel,
} from './roundingModel.ts';

const { float32 } = precisions;
const u = 2 ** -24;
const { fround } = Math;

/** The largest Σ E P² over the additions of any tree with n leaves, in units of Q, for S² = drift·Q: by the best split of every size. */
function worstTree(n: number, drift: number): number {
  const ofNode = (m: number) => m / n + ((drift - 1) * m * (m - 1)) / (n * (n - 1));
  const worst = [0, 0];
  for (let m = 2; m <= n; m++) {
    let best = 0;
    for (let left = 1; left <= m / 2; left++) best = Math.max(best, worst[left] + worst[m - left]);
    worst[m] = best + ofNode(m);
  }
  return worst[n];
}

it('is at least the variance of every tree of additions, and that of a sequential sum up to Q/4', () => {
  for (const n of [2, 3, 5, 16, 100]) {
    // S² ≤ nQ by Cauchy and Schwarz.
    for (const drift of [0, 0.3, 1, n / 2, n]) {
      const { variance } = roundingModel({
        expected: [Math.sqrt(drift)],
        scale: [Math.sqrt(n)],
        squares: [1],
        terms: n,
        precision: float32,
      });
      const modelled = (3 * variance[0]) / u ** 2;
      // One rounding for the products, Q; the additions.
      expect(modelled).toBeGreaterThanOrEqual(1 + worstTree(n, drift));
      const sequential = 1 + (n + 1) * (1 / 6 + drift / 3) - 1 / n;
      expect(modelled - sequential).toBeLessThanOrEqual(0.25 + 1 / n + 1e-6 * sequential);
    }
  }
});

const models: RoundingModel[] = [0, 0.5, 3, 16].map((drift) =>
  roundingModel({ expected: [Math.sqrt(drift)], scale: [4], squares: [1], terms: 16, precision: float32 }),
);

it('the cumulant has the variance as its second derivative at 0 and stays below its parabola plus the quartic', () => {
  for (const model of models) {
    const small = 1e-2 / model.spread[0];
    expect((2 * cumulant(model, 0, small)) / (small ** 2 * model.variance[0])).toBeCloseTo(1, 3);
    for (let part = 0.05; part <= 1; part += 0.05) {
      const slope = (part * quarticUpTo) / model.spread[0];
      const above = (slope ** 2 * model.variance[0]) / 2 + slope ** 4 * quartic(model, 0);
      expect(cumulant(model, 0, slope)).toBeLessThanOrEqual(above * (1 + 1e-12));
    }
    expect(bridgeCumulant(model, 0, Math.PI / model.spread[0])).toBe(Infinity);
  }
});

it('the largest variance of known terms is reached by no order', () => {
  const random = randomFrom(8, 'worst order');
  for (const length of [2, 5, 16, 100]) {
    const terms = Float64Array.from({ length }, (_, k) => fround(random.normal() * (k % 5 ? 1 : 8)));
    const total = (term: (p: number) => number) => [terms.reduce((sum, p) => sum + term(p), 0)];
    const data = {
      expected: total((p) => p),
      scale: total(Math.abs),
      squares: total((p) => p * p),
      terms: length,
      precision: float32,
    };
    const known = roundingModel({ ...data, products: terms });
    const unknown = roundingModel(data);
    expect(known.largest[0]).toBeLessThanOrEqual(unknown.largest[0]);
    expect(known.largest[0]).toBeGreaterThanOrEqual(known.variance[0]);
    const orders = [terms.toSorted((x, y) => x - y), terms.toSorted((x, y) => y - x)];
    for (let draw = 0; draw < 200; draw++) orders.push(terms.toSorted(() => random.next() - 0.5));
    for (const order of orders) {
      let [sum, variance] = [0, 0];
      for (const [at, term] of order.entries()) {
        sum += term;
        if (at > 0) variance += (u * 2 ** Math.floor(Math.log2(Math.abs(sum)))) ** 2 / 3;
      }
      expect(variance).toBeLessThanOrEqual(known.largest[0] - known.steady[0] + 1e-30);
    }
  }
  expect(
    roundingModel({ expected: [0], scale: [0], squares: [0], terms: 4, products: new Float64Array(4), precision: float32 })
      .largest[0],
  ).toBeLessThan(1e-80);
});

describe('the bounded cumulant', () => {
  // One term of 1 and fifteen of 2⁻³⁰: the partial sums are 1 from where it comes on, so V/spread² is uniform on 0 … 1.
  const terms = Float64Array.from({ length: 16 }, (_, k) => (k === 0 ? 1 : 2 ** -30));
  const total = (term: (p: number) => number) => [terms.reduce((sum, p) => sum + term(p), 0)];
  const model = roundingModel({
    expected: total((p) => p),
    scale: total(Math.abs),
    squares: total((p) => p * p),
    terms: 16,
    precision: float32,
  });
  const { spread, steady, largest, variance } = model;

  it('knows the largest variance of any order', () => {
    expect((largest[0] - steady[0]) / spread[0] ** 2).toBeCloseTo(1, 6);
    expect(variance[0] / largest[0]).toBeGreaterThan(0.5);
  });

  it('is at least the logarithm of the mean over those orders, and far below the bridge', () => {
    for (const phi of [0.5, 1, 2, 2.6, 4, 8, 40]) {
      // The product's own rounding and so many additions after it, in units of u²/3; spread² has 17 of them. First and second are one.
      const orders = [15, ...Array.from({ length: 15 }, (_, k) => 15 - k)].map((after) => (phi ** 2 * (1 + after)) / 34);
      const most = orders[0];
      const mean = most + Math.log(orders.reduce((sum, x) => sum + Math.exp(x - most), 0) / 16);
      const slope = phi / spread[0];
      expect(boundedCumulant(model, 0, slope)).toBeGreaterThan(mean);
      expect(boundedCumulant(model, 0, slope)).toBeLessThan(1.25 * mean + 2);
    }
    const deviation = Math.sqrt(variance[0]);
    expect(largestHonestError(model, 0, 1e-12) / deviation).toBeLessThan(Math.sqrt(2 * 2 * Math.log(2e12)));
    expect(cumulant(model, 0, 2.9 / spread[0])).toBeLessThan(0.7 * bridgeCumulant(model, 0, 2.9 / spread[0]));
  });
});

it('the largest honest error grows with the surprise, from two deviations and the price of an unknown order on', () => {
  for (const model of models) {
    const deviation = Math.sqrt(model.variance[0]);
    const at = (probability: number) => largestHonestError(model, 0, probability) / deviation;
    expect(at(0.05)).toBeGreaterThan(1.96);
    expect(at(0.05)).toBeLessThan(4.5);
    expect(at(1e-9)).toBeGreaterThan(6.1);
    expect(at(1e-12)).toBeGreaterThan(at(1e-9));
  }
});

it.each(Object.keys(honestSums))('covers the mean square of real errors: %s', (order) => {
  for (const length of [16, 200]) {
    const random = randomFrom(5, order, String(length));
    const runs = 400;
    let ratio = 0;
    for (let run = 0; run < runs; run++) {
      const a = Array.from({ length }, () => fround(random.normal()));
      const b = Array.from({ length }, () => fround(random.normal()));
      const products = a.map((x, k) => x * b[k]);
      const exact = products.reduce((sum, p) => sum + p, 0);
      const { variance } = roundingModel({
        expected: [exact],
        scale: [products.reduce((sum, p) => sum + Math.abs(p), 0)],
        squares: [products.reduce((sum, p) => sum + p * p, 0)],
        terms: length,
        precision: float32,
      });
      ratio += (honestSums[order](products.map(fround)) - exact) ** 2 / variance[0];
    }
    expect(ratio / runs).toBeLessThan(1);
    // A pairwise sum rounds far smaller numbers.
    expect(ratio / runs).toBeGreaterThan(0.02);
  }
});
