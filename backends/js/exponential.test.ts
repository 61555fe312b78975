/** Against Math's own functions, which are right to the last bit of a double or the one before. */
import { describe, expect, it } from 'vitest';
import { exp, expm1, log1p } from './exponential.ts';

/** From −750 to 720 in uneven steps, and towards 0 from both sides. */
const arguments_ = [
  ...Array.from({ length: 200_000 }, (_, i) => -750 + i * 0.00735),
  ...Array.from({ length: 2000 }, (_, i) => 0.6 * 0.99 ** i),
  ...Array.from({ length: 2000 }, (_, i) => -0.6 * 0.99 ** i),
];

function largestRelativeError(f: (x: number) => number, exact: (x: number) => number, at: readonly number[]): number {
  return at.reduce((largest, x) => {
    const want = exact(x);
    // Between 0 and the normal numbers a double has steps of 2⁻¹⁰⁷⁴.
    const error = Math.max(0, Math.abs(f(x) - want) - 2 ** -1073);
    return Math.max(largest, error === 0 ? 0 : error / Math.abs(want));
  }, 0);
}

describe('the series', () => {
  it('give eˣ to 2·10⁻¹³', () => {
    expect(
      largestRelativeError(
        exp,
        Math.exp,
        arguments_.filter((x) => x < 709),
      ),
    ).toBeLessThan(2e-13);
  });
  it('give eˣ − 1 to 4·10⁻¹², near 0 as well', () => {
    expect(
      largestRelativeError(
        expm1,
        Math.expm1,
        arguments_.filter((x) => x < 709),
      ),
    ).toBeLessThan(4e-12);
  });
  it('give ln(1 + u) to 10⁻¹⁴, near 0 as well', () => {
    const between = arguments_.filter((x) => x <= 0).map(Math.exp);
    expect(largestRelativeError(log1p, Math.log1p, [...between, 0.9999, 1])).toBeLessThan(1e-14);
  });
});

it('are right where there is nothing to approximate', () => {
  expect([exp(0), exp(-0), exp(Infinity), exp(-Infinity), exp(Number.NaN)]).toEqual([1, 1, Infinity, 0, Number.NaN]);
  expect([exp(709.78), exp(710), exp(1e308), exp(-746), exp(-1e308)].map((y) => y > 1e308 || y === 0)).toEqual(
    new Array(5).fill(true),
  );
  expect([expm1(0), expm1(Infinity), expm1(-Infinity), expm1(Number.NaN)]).toEqual([0, Infinity, -1, Number.NaN]);
  expect([log1p(0), log1p(1), log1p(Number.NaN)]).toEqual([0, Math.LN2, Number.NaN]);
});
