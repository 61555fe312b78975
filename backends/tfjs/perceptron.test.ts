import { describe, expect, it } from 'vitest';
import { calculate, closeTo, float32 } from './testing/kernels.ts';

describe('tfjs perceptron', () => {
  it('changes the weights on each mistake only, a tie included, and keeps the trace', async () => {
    // By hand: w = 0 errs on the first (a tie) → (2, 1); 2·1 − 1·3 = −1, label −1: right; −3 + 2 = −1 with label +1 errs → (−1, 3).
    // Second pass: −2 + 3 = 1 right; −1 − 9 = −10 right with label −1; 3 + 6 = 9 right.
    const x = float32([3, 2], [2, 1, 1, -3, -3, 2]);
    const labels = float32([3], [1, -1, 1]);
    const { weights, mistakes } = await calculate('perceptron.train', { passes: 2 }, { x, labels });
    expect(weights).toEqual({ shape: [2], values: [-1, 3] });
    expect(mistakes).toEqual({ shape: [2, 3], values: [1, 0, 1, 0, 0, 0] });
  });

  it('adds label · x, not x', async () => {
    const x = float32([1, 2], [2, 5]);
    const { weights } = await calculate('perceptron.train', { passes: 1 }, { x, labels: float32([1], [-1]) });
    expect(weights.values).toEqual([-2, -5]);
  });
});

describe('tfjs Novikoff bound', () => {
  it('is ‖u‖²·radius²/margin²', async () => {
    // ‖x‖ = 5, √2, 2; labels·uᵀx = 11, 3, 4; ‖u‖² = 5.
    const x = float32([3, 2], [3, 4, -1, -1, 0, 2]);
    const { radius, margin, bound } = await calculate(
      'novikoff.bound',
      {},
      { x, labels: float32([3], [1, -1, 1]), separator: float32([2], [1, 2]) },
    );
    expect([radius.shape, margin.shape, bound.shape]).toEqual([[], [], []]);
    expect(radius.values).toEqual([5]);
    expect(margin.values).toEqual([3]);
    expect(bound.values).toSatisfy((actual: number[]) => closeTo(actual, [125 / 9]));
  });
});
