import { describe, expect, it } from 'vitest';
import { adapters } from './testing/adapters.ts';
import { float32 } from './testing/kernels.ts';

// One image of one channel, 2 × 3, a row of zeros above; a kernel of 2 × 2 with other weights at each of the four positions.
const attributes = { stride: [1, 1], padding: [1, 0, 0, 0] };
const x = float32([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]);
const weights = float32([2, 2, 1, 1, 2, 2], [9, 9, 1, 0, 9, 9, 0, 1, 1, 2, 3, 4, 1, 0, 0, -1]);
const bias = float32([1, 2, 2], [10, 20, 30, 40]);
const dy = float32([1, 1, 2, 2], [1, 2, 3, -1]);

describe.each(adapters)('$adapter: locally connected layer', ({ calculate }) => {
  it('multiplies each patch by the weights of its position', async () => {
    const { y } = await calculate('locallyConnected2d', attributes, { x, weights, bias });
    expect(y).toEqual({ shape: [1, 1, 2, 2], values: [1 + 10, 3 + 20, 1 + 4 + 12 + 20 + 30, 2 - 6 + 40] });
  });

  it('gives each weight the input under it and each input the weights over it', async () => {
    const { dWeights } = await calculate('locallyConnected2d.weightGradient', { ...attributes, kernelSize: [2, 2] }, { x, dy });
    expect(dWeights).toEqual({
      shape: [2, 2, 1, 1, 2, 2],
      values: [0, 0, 1, 2, 0, 0, 4, 6, 3, 6, 12, 15, -2, -3, -5, -6],
    });
    const { dx } = await calculate('locallyConnected2d.inputGradient', { ...attributes, inputSize: [2, 3] }, { weights, dy });
    expect(dx).toEqual({ shape: [1, 1, 2, 3], values: [1 + 3, 6 - 1, 2, 9, 12, 1] });
  });

  it('sums the bias’s gradient over the batch alone', async () => {
    const { dBias } = await calculate('locallyConnected2d.biasGradient', {}, { dy: float32([2, 1, 1, 2], [1, 2, 10, 20]) });
    expect(dBias).toEqual({ shape: [1, 1, 2], values: [11, 22] });
  });
});
