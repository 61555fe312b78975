import { expect, it } from 'vitest';
import { bennettThreshold, normalQuantile, normalTail } from './tails.ts';

it('tail of the standard normal, against values of standard tables', () => {
  expect(normalTail(0)).toBeCloseTo(0.5, 15);
  expect(normalTail(1)).toBeCloseTo(0.15865525393145707, 14);
  expect(normalTail(1.959963984540054)).toBeCloseTo(0.025, 14);
  expect(normalTail(6) / 9.865876450376981e-10).toBeCloseTo(1, 10);
  expect(normalTail(10) / 7.619853024160527e-24).toBeCloseTo(1, 10);
});

it('quantile, its inverse', () => {
  for (const z of [0, 0.3, 1.99, 2.01, 6, 12]) expect(normalQuantile(normalTail(z))).toBeCloseTo(z, 8);
});

it("Bennett's threshold solves exp(−(v/M²)·h(Ms/v)) = α, and never lies below a normal's", () => {
  for (const [alpha, v, largest] of [
    [1e-3, 10, 1],
    [1e-9, 3000, 16],
    [0.5, 1, 100],
  ]) {
    const s = bennettThreshold(alpha, v, largest);
    const x = (largest * s) / v;
    expect(Math.exp((-v / largest ** 2) * ((1 + x) * Math.log1p(x) - x)) / alpha).toBeCloseTo(1, 8);
  }
  expect(bennettThreshold(1e-9, 1, 1e-9)).toBeGreaterThan(normalQuantile(1e-9));
});
