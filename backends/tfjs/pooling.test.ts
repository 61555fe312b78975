import { describe, expect, it } from 'vitest';
import { calculate, float32 } from './testing/kernels.ts';

const halves = { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] };
/** With one row above and one column to the left, the four windows of a 3×3 image hold 1, 2, 2 and 4 real elements. */
const corner = { ...halves, padding: [1, 1, 0, 0] };
const count = float32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);

describe('tfjs maxPool2d', () => {
  it('takes the largest of each window, channel by channel', async () => {
    const x = float32([1, 2, 2, 4], [1, 5, 2, 0, 3, 4, 8, 7, -1, -5, -2, -9, -3, -4, -8, -7]);
    const { y } = await calculate('maxPool2d', halves, { x });
    expect(y).toEqual({ shape: [1, 2, 1, 2], values: [5, 8, -1, -2] });
  });

  it('does not see the padding, even when all elements are negative', async () => {
    const { y } = await calculate('maxPool2d', corner, { x: float32([1, 1, 3, 3], [-9, -2, -3, -4, -5, -6, -7, -8, -1]) });
    expect(y).toEqual({ shape: [1, 1, 2, 2], values: [-9, -2, -4, -1] });
  });

  it('sends the gradient to the largest element, summed over windows that overlap', async () => {
    const attributes = { window: [2, 2], stride: [1, 1], padding: [0, 0, 0, 0] };
    const x = float32([1, 1, 3, 3], [1, 2, 3, 4, 9, 6, 7, 5, 8]);
    const { dx } = await calculate('maxPool2d.backward', attributes, { x, dy: float32([1, 1, 2, 2], [1, 10, 100, 1000]) });
    expect(dx.values).toEqual([0, 0, 0, 0, 1111, 0, 0, 0, 0]);
  });

  it('sends the gradient past the padding', async () => {
    const { dx } = await calculate('maxPool2d.backward', corner, { x: count, dy: float32([1, 1, 2, 2], [1, 2, 4, 8]) });
    expect(dx.values).toEqual([1, 0, 2, 0, 0, 0, 4, 0, 8]);
  });
});

describe('tfjs averagePool2d', () => {
  it('divides by the number of real elements', async () => {
    const { y } = await calculate('averagePool2d', corner, { x: count });
    expect(y).toEqual({ shape: [1, 1, 2, 2], values: [1, 2.5, 5.5, 7] });
  });

  it('spreads the gradient evenly, and none over rows that no window reaches', async () => {
    const attributes = { ...halves, inputSize: [3, 5] };
    const { dx } = await calculate('averagePool2d.backward', attributes, { dy: float32([1, 2, 1, 2], [4, 8, -4, 12]) });
    expect(dx.shape).toEqual([1, 2, 3, 5]);
    expect(dx.values.slice(0, 15)).toEqual([1, 1, 2, 2, 0, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0]);
    expect(dx.values.slice(15)).toEqual([-1, -1, 3, 3, 0, -1, -1, 3, 3, 0, 0, 0, 0, 0, 0]);
  });
});

describe('what the library does and the adapter does not mend', () => {
  it('divides the average’s gradient by the whole window at the border, where the average divides by less', async () => {
    const dy = float32([1, 1, 2, 2], [1, 2, 4, 8]);
    const { dx } = await calculate('averagePool2d.backward', { ...corner, inputSize: [3, 3] }, { dy });
    // Right is 1, 1, 1, 2, 2, 2, 2, 2, 2.
    expect(dx.values).toEqual([0.25, 0.5, 0.5, 1, 2, 2, 1, 2, 2]);
  });

  it('swallows a NaN in a maximum', async () => {
    const { y } = await calculate('maxPool2d', halves, { x: float32([1, 1, 2, 2], [1, Number.NaN, 3, 2]) });
    expect(y.values).toEqual([3]);
  });
});
