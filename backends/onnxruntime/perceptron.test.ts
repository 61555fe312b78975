import { describe, expect, it } from 'vitest';
import { calculate, closeTo, float32 } from './testing/kernels.ts';

describe('onnxruntime perceptron', () => {
  it('changes the weights on each mistake only, a tie included, and keeps the trace', async () => {
    // w = 0 errs on the first (a tie) → (1, 2); wᵀx = 3 − 2 with label −1 errs → (−2, 3); −4 + 3 with label +1 errs → (0, 4).
    // Second pass: 8 right; −4 with label −1 right; 4 right. The third is like it.
    const x = float32([3, 2], [1, 2, 3, -1, 2, 1]);
    const labels = float32([3], [1, -1, 1]);
    const { weights, mistakes } = await calculate('perceptron.train', { passes: 3 }, { x, labels });
    expect(weights).toEqual({ shape: [2], values: [0, 4] });
    expect(mistakes).toEqual({ shape: [3, 3], values: [1, 1, 1, 0, 0, 0, 0, 0, 0] });
  });

  it('adds label · x, not x', async () => {
    const { weights } = await calculate(
      'perceptron.train',
      { passes: 1 },
      { x: float32([1, 2], [2, 5]), labels: float32([1], [-1]) },
    );
    expect(weights.values).toEqual([-2, -5]);
  });

  it('errs for ever on what no line separates', async () => {
    // Both labels on one point: w goes to x and back to 0; the first meets a tie each time.
    const contradiction = { x: float32([2, 1], [3, 3]), labels: float32([2], [1, -1]) };
    const { weights, mistakes } = await calculate('perceptron.train', { passes: 500 }, contradiction);
    expect(weights.values).toEqual([0]);
    expect(mistakes.shape).toEqual([500, 2]);
    expect(mistakes.values.every((mistake) => mistake === 1)).toBe(true);
  });
});

describe('onnxruntime Novikoff bound', () => {
  it('is ‖u‖²·radius²/margin²', async () => {
    // ‖x‖ = 13, 5, 1; labels·uᵀx = 22, 10, 2; ‖u‖² = 5.
    const inputs = {
      x: float32([3, 2], [5, 12, -3, -4, 1, 0]),
      labels: float32([3], [1, -1, 1]),
      separator: float32([2], [2, 1]),
    };
    const { radius, margin, bound } = await calculate('novikoff.bound', {}, inputs);
    expect([radius.shape, margin.shape, bound.shape]).toEqual([[], [], []]);
    expect(radius.values).toEqual([13]);
    expect(margin.values).toEqual([2]);
    expect(bound.values).toSatisfy((actual: number[]) => closeTo(actual, [(5 * 169) / 4]));
  });
});
