import { describe, expect, it } from 'vitest';
import { calculate, float32 } from './testing/kernels.ts';

describe('tfjs dense layers', () => {
  // Two samples of three inputs, four outputs: no two dimensions are equal.
  const x = float32([2, 3], [1, 2, 3, -1, 0, 5]);
  const weights = float32([4, 3], [1, 0, 2, -3, 1, 0, 4, -1, 1, 0, 2, -2]);
  const dy = float32([2, 4], [1, 2, 0, -1, 3, 0, -2, 1]);

  it('multiplies matrices', async () => {
    const { y } = await calculate('matmul', {}, { a: float32([2, 3], [1, 2, 3, 4, 5, 6]), b: float32([3, 1], [1, 10, 100]) });
    expect(y).toEqual({ shape: [2, 1], values: [321, 654] });
  });

  it('computes x·weightsᵀ + bias', async () => {
    const { y } = await calculate('dense', {}, { x, weights, bias: float32([4], [10, 20, 30, 40]) });
    expect(y).toEqual({ shape: [2, 4], values: [17, 19, 35, 38, 19, 23, 31, 30] });
  });

  it('sends dy back to the input as dy·weights', async () => {
    const { dx } = await calculate('dense.inputGradient', {}, { weights, dy });
    expect(dx).toEqual({ shape: [2, 3], values: [-5, 0, 4, -5, 4, 2] });
  });

  it('sends dy back to the weights as dyᵀ·x', async () => {
    const { dWeights } = await calculate('dense.weightGradient', {}, { x, dy });
    expect(dWeights).toEqual({ shape: [4, 3], values: [-2, 2, 18, 2, 4, 6, 2, 0, -10, -2, -2, 2] });
  });

  it('sums dy over the batch for the bias', async () => {
    const { dBias } = await calculate('dense.biasGradient', {}, { dy });
    expect(dBias).toEqual({ shape: [4], values: [4, 2, -2, 0] });
  });
});
