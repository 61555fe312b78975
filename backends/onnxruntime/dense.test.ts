import { describe, expect, it } from 'vitest';
import { calculate, float32 } from './testing/kernels.ts';

const x = float32([2, 3], [1, 2, 3, 4, 5, 6]);
const weights = float32([2, 3], [1, 0, -1, 2, 1, 3]);
const dy = float32([2, 2], [1, 10, -2, 3]);

describe('onnxruntime dense layer, by hand', () => {
  it('multiplies matrices', async () => {
    const b = float32([3, 1], [1, -1, 10]);
    expect((await calculate('matmul', {}, { a: x, b })).y).toEqual({ shape: [2, 1], values: [29, 59] });
  });

  it('is x·weightsᵀ + bias', async () => {
    const { y } = await calculate('dense', {}, { x, weights, bias: float32([2], [100, 200]) });
    expect(y).toEqual({ shape: [2, 2], values: [98, 213, 98, 231] });
  });

  it('has dx = dy·weights', async () => {
    const { dx } = await calculate('dense.inputGradient', {}, { weights, dy });
    expect(dx).toEqual({ shape: [2, 3], values: [21, 10, 29, 4, 3, 11] });
  });

  it('has dWeights = dyᵀ·x', async () => {
    const { dWeights } = await calculate('dense.weightGradient', {}, { x, dy });
    expect(dWeights).toEqual({ shape: [2, 3], values: [-7, -8, -9, 22, 35, 48] });
  });

  it('sums dy over the batch for the bias', async () => {
    const { dBias } = await calculate('dense.biasGradient', {}, { dy });
    expect(dBias).toEqual({ shape: [2], values: [-1, 13] });
  });

  it('takes empty axes: a sum of nothing is zero', async () => {
    const nothing = { x: float32([2, 0], []), weights: float32([3, 0], []), bias: float32([3], [1, 2, 3]) };
    expect((await calculate('dense', {}, nothing)).y.values).toEqual([1, 2, 3, 1, 2, 3]);
    const noBatch = { x: float32([0, 2], []), dy: float32([0, 3], []) };
    expect((await calculate('dense.weightGradient', {}, noBatch)).dWeights).toEqual({
      shape: [3, 2],
      values: [0, 0, 0, 0, 0, 0],
    });
  });
});
