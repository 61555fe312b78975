import { describe, expect, it } from 'vitest';
import { calculate, closeTo, float32 } from './testing/kernels.ts';

// Sample 1: softmax(ln 1, ln 2, ln 5) = (1, 2, 5)/8. Sample 2: (1, 1, 2)/4, shifted by 100.
const x = float32([2, 3], [0, Math.log(2), Math.log(5), 100, 100, 100 + Math.log(2)]);
const o = [
  [1 / 8, 2 / 8, 5 / 8],
  [1 / 4, 1 / 4, 2 / 4],
];
// float32 has no more than 1e-5 of 100 + ln 2.
const near = (actual: readonly number[], expected: readonly number[]) =>
  actual.length === expected.length && expected.every((value, index) => Math.abs(actual[index] - value) < 1e-5);

describe('tfjs softmax', () => {
  it('is exp(x) over its sum, along the last axis', async () => {
    const { y } = await calculate('softmax', {}, { x });
    expect(y.shape).toEqual([2, 3]);
    expect(y.values).toSatisfy((actual: number[]) => near(actual, o.flat()));
  });

  it('does not overflow at ±10⁴', async () => {
    const { y } = await calculate('softmax', {}, { x: float32([1, 3], [1e4, -1e4, 1e4]) });
    expect(y.values).toEqual([0.5, 0, 0.5]);
  });

  it('has the Jacobian oᵢ(1 − oᵢ), −oᵢoⱼ of each sample', async () => {
    const { jacobian } = await calculate('softmax.jacobian', {}, { x });
    const expected = o.flatMap((row) => row.flatMap((oi, i) => row.map((oj, j) => (i === j ? oi * (1 - oi) : -oi * oj))));
    expect(jacobian.shape).toEqual([2, 3, 3]);
    expect(jacobian.values).toSatisfy((actual: number[]) => near(actual, expected));
  });

  it('has the vector–Jacobian product oⱼ(dyⱼ − Σ dyᵢoᵢ)', async () => {
    const { dx } = await calculate(
      'softmax.backward',
      {},
      { x: float32([1, 3], [0, Math.log(2), Math.log(5)]), dy: float32([1, 3], [8, 4, -16]) },
    );
    // Σ dyᵢoᵢ = 1 + 1 − 10 = −8, so dx = (16/8, 12·2/8, −8·5/8).
    expect(dx.values).toSatisfy((actual: number[]) => closeTo(actual, [2, 3, -5]));
  });
});
