import { describe, expect, it } from 'vitest';
import { tensor } from '../../../reference/tensor.ts';
import { precisions } from '../precision.ts';
import { randomFrom } from '../random.ts';
import { gamma, gridOf, gridOfProducts, sumOfProductsBound } from './sumOfProducts.ts';

const { float32, tf32, bf16 } = precisions;

function boundOf(y: number, scale: number, terms: number, grid: number, precision = float32, roundings?: number): number {
  return sumOfProductsBound({
    expected: tensor([], [y]),
    scale: () => tensor([], [scale]),
    terms,
    roundings,
    exactness: { grid },
    precision,
  }).limit[0];
}

describe('sumOfProductsBound', () => {
  it("is γₙ·s, half an ulp, a subnormal a term and the reference's own γₙ·s", () => {
    const u = 2 ** -24;
    const n = 10;
    const own = (n * 2 ** -53) / (1 - n * 2 ** -53);
    const expected = ((n * u) / (1 - n * u) + own) * 7 + 2 ** -22 / 2 + n * 2 ** -149;
    expect(boundOf(3, 7, n, 0) / expected).toBeCloseTo(1, 14);
    expect(boundOf(3, 7, n, 0, precisions.float64)).toBeGreaterThan(2 * own * 7);
  });

  it('is 0 where nothing can round: integers below 2²⁴, and below 2¹¹ for TF32', () => {
    expect(boundOf(5, 2 ** 24 - 1, 10, 1)).toBe(0);
    expect(boundOf(5, 2 ** 24, 10, 1)).toBeGreaterThan(0);
    expect(boundOf(5, 2 ** 11 - 1, 10, 1, tf32)).toBe(0);
    expect(boundOf(5, 2 ** 11, 10, 1, tf32)).toBeGreaterThan(0);
  });

  it('scales the exact range with the grid', () => {
    expect(boundOf(5, 2 ** 22 - 1, 10, 0.25)).toBe(0);
    expect(boundOf(5, 2 ** 22, 10, 0.25)).toBeGreaterThan(0);
  });

  it('is 0 for a copy, unless the format rounds the inputs', () => {
    expect(boundOf(0.1, 0.1, 1, 0, float32, 0)).toBe(0);
    expect(boundOf(0.1, 0.1, 1, 0, tf32, 0)).toBeGreaterThan(0);
  });

  it('permits a product whose factors TF32 rounds', () => {
    const toTf32 = (value: number) => {
      const bits = new Int32Array(Float32Array.of(value).buffer);
      bits[0] = (bits[0] + 0x0fff + ((bits[0] >> 13) & 1)) & ~0x1fff;
      return new Float32Array(bits.buffer)[0];
    };
    const random = randomFrom(1, 'tf32');
    let largest = 0;
    for (let i = 0; i < 2000; i++) {
      const [a, b] = [Math.fround(random.next()), Math.fround(random.next())];
      const errorRatio = Math.abs(Math.fround(toTf32(a) * toTf32(b)) - a * b) / boundOf(a * b, a * b, 1, 0, tf32);
      largest = Math.max(largest, errorRatio);
    }
    expect(largest).toBeLessThanOrEqual(1);
    expect(largest).toBeGreaterThan(0.25);
  });

  it('stays finite where n·u reaches 1', () => {
    expect(gamma(255, bf16)).toBe(255 / 256);
    expect(gamma(256, bf16)).toBe(1);
    expect(gamma(1000, bf16)).toBeCloseTo(1000 / 256, 12);
  });

  it('returns scale and terms for the statistics', () => {
    const bound = sumOfProductsBound({
      expected: tensor([2], [1, 2]),
      scale: () => tensor([2], [3, 4]),
      terms: 6,
      exactness: { grid: 0 },
      precision: float32,
    });
    expect(Array.from(bound.scale!)).toEqual([3, 4]);
    expect(bound.terms).toBe(6);
  });
});

describe('gridOfProducts', () => {
  const factors = [tensor([2], [3, -0.5]), tensor([2], [0.25, 2])];
  it('is the grid of all products and addends, and the largest term', () => {
    expect(gridOfProducts(factors)).toEqual({ grid: 0.125, largestTerm: 6 });
    expect(gridOfProducts(factors, tensor([1], [-7.0625]))).toEqual({ grid: 0.0625, largestTerm: 7.0625 });
    expect(gridOfProducts([tensor([1], [Number.NaN])])).toEqual({ grid: 0, largestTerm: Number.NaN });
  });

  it('makes a sum exact without a look at its elements, and only below the end of the grid', () => {
    const never = () => {
      throw new Error('asked for');
    };
    const of = (largestTerm: number) =>
      sumOfProductsBound({
        expected: tensor([], [5]),
        scale: never,
        terms: 4,
        exactness: { grid: 1, largestTerm },
        precision: float32,
      });
    expect(Array.from(of(2 ** 22 - 1).limit)).toEqual([0]);
    expect(() => of(2 ** 22)).toThrow('asked for');
    expect(() => of(Number.NaN)).toThrow('asked for');
  });
});

describe('gridOf', () => {
  it('is the coarsest power of two, at most 1, that divides everything', () => {
    expect(gridOf(tensor([3], [4, -6, 0]))).toBe(1);
    expect(gridOf(tensor([2], [1.5, -0.25]), tensor([1], [3]))).toBe(0.25);
    expect(gridOf(tensor([1], [Math.fround(0.1)]))).toBe(2 ** -27);
  });

  it('is 0 where there is none', () => {
    expect(gridOf(tensor([1], [0.1 * 2 ** -40]))).toBe(0);
    expect(gridOf(tensor([1], [Number.NaN]))).toBe(0);
    expect(gridOf(tensor([1], [Infinity]))).toBe(0);
  });
});

describe('honest float32 sums', () => {
  const sums: Record<string, (terms: readonly number[]) => number> = {
    sequential: (terms) => terms.reduce((sum, term) => Math.fround(sum + term), 0),
    reversed: (terms) => terms.reduceRight((sum, term) => Math.fround(sum + term), 0),
    pairwise: function pairwise(terms): number {
      if (terms.length === 1) return terms[0];
      const middle = terms.length >> 1;
      return Math.fround(pairwise(terms.slice(0, middle)) + pairwise(terms.slice(middle)));
    },
  };

  it.each(Object.keys(sums))('%s stays within the limit', (name) => {
    const random = randomFrom(3, name);
    for (const length of [1, 2, 7, 64, 1000]) {
      for (let run = 0; run < 40; run++) {
        const a = Array.from({ length }, () => Math.fround(random.normal()));
        const b = Array.from({ length }, () => Math.fround(random.normal()));
        const exact = a.reduce((sum, value, i) => sum + value * b[i], 0);
        const scale = a.reduce((sum, value, i) => sum + Math.abs(value * b[i]), 0);
        const actual = sums[name](a.map((value, i) => Math.fround(value * b[i])));
        expect(Math.abs(actual - exact)).toBeLessThanOrEqual(boundOf(exact, scale, length, 0));
      }
    }
  });
});
