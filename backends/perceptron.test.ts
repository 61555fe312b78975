import { describe, expect, it } from 'vitest';
import { adapters } from './testing/adapters.ts';
import { float32 } from './testing/kernels.ts';

describe.each(adapters)('$adapter: maximum margin', ({ calculate }) => {
  it('finds the shortest separator and encloses its length', async () => {
    // AND with the bias among the weights: u = (2, 2, −3), three corners at its margin; ½‖u‖² = 8.5.
    const inputs = { x: float32([4, 3], [0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1]), labels: float32([4], [-1, -1, -1, 1]) };
    const { separator, margin, primal, dual } = await calculate('maximumMargin', { tolerance: 1e-4 }, inputs);
    expect([separator.shape, margin.shape, primal.shape, dual.shape]).toEqual([[3], [], [], []]);
    for (const [j, want] of [2, 2, -3].entries()) expect(Math.abs(separator.values[j] - want)).toBeLessThan(0.02);
    expect(Math.abs(margin.values[0] - 1 / Math.sqrt(17))).toBeLessThan(1e-4);
    expect(primal.values[0] - dual.values[0]).toBeLessThan(1e-4 * 8.5);
    expect(Math.abs(primal.values[0] - 8.5)).toBeLessThan(1e-3);
  });
});

describe.each(adapters)('$adapter: threshold network', ({ calculate }) => {
  it('fires where a net is 0', async () => {
    // OR, NAND and their AND: XOR. The first row has nets of −1 and 1, the second of 0 in both layers.
    const inputs = {
      x: float32([4, 2], [0, 0, 0, 1, 1, 0, 1, 1]),
      hiddenWeights: float32([2, 2], [1, 1, -1, -1]),
      hiddenBias: float32([2], [-1, 1]),
      outputWeights: float32([2], [1, 1]),
      outputBias: float32([], [-2]),
    };
    const { hidden, y } = await calculate('thresholdNetwork', {}, inputs);
    expect(hidden).toEqual({ shape: [4, 2], values: [0, 1, 1, 1, 1, 1, 1, 0] });
    expect(y).toEqual({ shape: [4], values: [0, 1, 1, 0] });
  });
});
