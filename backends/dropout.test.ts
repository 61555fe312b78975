import { describe, expect, it } from 'vitest';
import { adapters } from './testing/adapters.ts';
import { float32 } from './testing/kernels.ts';

const attributes = { keep: 0.5 };
// Two samples, three inputs, two outputs; what takes part is doubled: rows (2, 0, 6) and (0, −8, 2).
const layer = {
  x: float32([2, 3], [1, 2, 3, -1, 4, 0]),
  weights: float32([2, 3], [1, 2, 3, 5, -4, 1]),
  mask: float32([2, 3], [1, 0, 1, 0, 1, 1]),
};

describe.each(adapters)('$adapter: dropout', ({ calculate }) => {
  it('drops units: −2 becomes −0', async () => {
    const inputs = { x: float32([1, 4], [4, -2, 6, 8]), mask: float32([1, 4], [1, 0, 1, 1]) };
    expect((await calculate('dropout', attributes, inputs)).y).toEqual({ shape: [1, 4], values: [8, -0, 12, 16] });
    const dy = { mask: inputs.mask, dy: float32([1, 4], [1, 2, 3, 4]) };
    expect((await calculate('dropout.backward', attributes, dy)).dx).toEqual({ shape: [1, 4], values: [2, 0, 6, 8] });
  });

  it('drops connections, and sends gradients only through those that take part', async () => {
    const { y } = await calculate('dropconnect', attributes, { ...layer, bias: float32([2], [10, 20]) });
    expect(y).toEqual({ shape: [2, 2], values: [2 + 18 + 10, -16 + 6 + 20, -2 + 10, -32 + 20] });
    expect(await calculate('dropconnect.backward', attributes, { ...layer, dy: float32([2, 2], [1, 2, 3, -1]) })).toEqual({
      dx: { shape: [2, 3], values: [2, -16, 6 + 4, 6, 8, 18 - 2] },
      // dyᵀ·x = ((1 − 3, 2 + 12, 3), (2 + 1, 4 − 4, 6)), doubled where the mask is 1.
      dWeights: { shape: [2, 3], values: [-4, 0, 6, 0, 0, 12] },
      dBias: { shape: [2], values: [4, 1] },
    });
  });
});
