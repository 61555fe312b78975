import { describe, expect, it } from 'vitest';
import { adapters } from './testing/adapters.ts';
import { closeTo, float32 } from './testing/kernels.ts';

const vector = (...values: number[]) => float32([values.length], values);
const close = (expected: number[]) => expect.toSatisfy((actual: number[]) => closeTo(actual, expected));

describe.each(adapters)('$adapter: penalized losses', ({ calculate }) => {
  it('least squares: p = wᵀx − b', async () => {
    // p = (3, −1), errors 1 and −3: 1 + 9 + ½·2·2; Σ2(p − y)x + 2w = 2·(1, 2) − 6·(1, −1) + (2, 2).
    const given = { x: float32([2, 2], [1, 3, 1, -1]), targets: vector(2, 2), weights: vector(1, 1), bias: float32([], [1]) };
    const { loss, dWeights, dBias } = await calculate('leastSquares', { penalty: 2 }, given);
    expect(loss).toEqual({ shape: [], values: [12] });
    expect(dWeights.values).toEqual([-2, 14]);
    expect(dBias).toEqual({ shape: [], values: [4] });
  });

  it('soft margin: only what is within the margin counts', async () => {
    // y·p = 3 − 1, −(1 − 1) and −(−2 − 1): slacks −1, 1 and −2.
    const given = {
      x: float32([3, 2], [2, 1, 1, 0, -1, -1]),
      labels: vector(1, -1, -1),
      weights: vector(1, 1),
      bias: float32([], [1]),
    };
    const { loss, dWeights, dBias } = await calculate('softMargin', { penalty: 4 }, given);
    expect(loss.values).toEqual([1 + 2 * 2]);
    expect(dWeights.values).toEqual([1 + 4, 4]);
    expect(dBias.values).toEqual([-1]);
  });

  it('cross entropy: p·Σy − y, and finite for nets of ±1e4', async () => {
    // Nets 0: p = ½; targets (1, 2) have the mass 3: slopes ½, −½.
    const even = {
      x: float32([1, 1], [2]),
      targets: float32([1, 2], [1, 2]),
      weights: float32([2, 1], [0, 0]),
      bias: vector(0, 0),
    };
    const { loss, dWeights, dBias } = await calculate('softmaxRegression', { penalty: 1 }, even);
    expect(loss.values).toEqual(close([3 * Math.LN2]));
    expect(dWeights).toEqual({ shape: [2, 1], values: close([1, -1]) });
    expect(dBias.values).toEqual(close([-0.5, 0.5]));
    const huge = { ...even, targets: float32([1, 2], [0, 1]), x: float32([1, 1], [1]), weights: float32([2, 1], [1e4, -1e4]) };
    expect((await calculate('softmaxRegression', { penalty: 0 }, huge)).loss.values).toEqual([2e4]);
  });
});
