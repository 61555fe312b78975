import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../reference/tensor.ts';
import type { PoolingAttributes } from '../signatures.ts';
import { calculate, closeTo, float32, gradientOfLinearMap, integers, kernelFor } from './testing/kernels.ts';

const halves: PoolingAttributes = { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] };

describe('onnxruntime max pooling, by hand', () => {
  it('takes the largest of each window, channel by channel', async () => {
    const x = float32([1, 2, 2, 4], [1, 5, 3, 0, 2, 4, 9, 8, -1, -2, -7, -3, -4, -5, -6, -8]);
    expect((await calculate('maxPool2d', halves, { x })).y).toEqual({ shape: [1, 2, 1, 2], values: [5, 9, -1, -3] });
  });

  it('never takes the padding', async () => {
    const x = float32([1, 1, 2, 2], [-1, -2, -3, -4]);
    const { y } = await calculate('maxPool2d', { ...halves, stride: [1, 1], padding: [1, 0, 0, 1] }, { x });
    expect(y).toEqual({ shape: [1, 1, 2, 2], values: [-1, -2, -1, -2] });
  });

  it('adds up the gradient of an element that is the largest of several windows', async () => {
    // Windows of a 3×3 image, stride 1: the 9 in the middle wins all four; in the second image the last row wins twice.
    const x = float32([2, 1, 3, 3], [1, 2, 3, 4, 9, 5, 6, 7, 8, 0, 4, 1, 3, 2, 6, 9, 5, 7]);
    const dy = float32([2, 1, 2, 2], [1, 10, 100, 1000, 2, 20, 200, 2000]);
    const { dx } = await calculate('maxPool2d.backward', { ...halves, stride: [1, 1] }, { x, dy });
    expect(dx).toEqual({ shape: [2, 1, 3, 3], values: [0, 0, 0, 0, 1111, 0, 0, 0, 0, 0, 2, 0, 0, 0, 20, 200, 0, 2000] });
  });

  it('finds the right place in each channel and in padded images', async () => {
    // Padding above and to the left: the windows are {x₀}, {x₁, x₂}, {x₃, x₆}, {x₄, x₅, x₇, x₈}.
    const attributes: PoolingAttributes = { ...halves, padding: [1, 1, 0, 0] };
    const x = float32([1, 2, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const dy = float32([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
    const { dx } = await calculate('maxPool2d.backward', attributes, { x, dy });
    expect(dx.values).toEqual([1, 0, 2, 0, 0, 0, 3, 0, 4, 5, 6, 0, 7, 8, 0, 0, 0, 0]);
  });

  it('gives all of dy to one of tied elements, the first', async () => {
    const x = float32([1, 1, 2, 4], [0, 7, 3, 3, 7, 7, 3, 3]);
    const { dx } = await calculate('maxPool2d.backward', halves, { x, dy: float32([1, 1, 1, 2], [1, 2]) });
    expect(dx.values).toEqual([0, 1, 2, 0, 0, 0, 0, 0]);
  });
});

describe('onnxruntime average pooling', () => {
  it('divides by the number of real elements', async () => {
    const x = float32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const { y } = await calculate('averagePool2d', { ...halves, padding: [1, 1, 0, 0] }, { x });
    // {1}, {2, 3}, {4, 7}, {5, 6, 8, 9}
    expect(y).toEqual({ shape: [1, 1, 2, 2], values: [1, 2.5, 5.5, 7] });
  });

  it('spreads dy over the real elements', async () => {
    const dy = float32([1, 1, 2, 2], [1, 20, 200, 4000]);
    const { dx } = await calculate('averagePool2d.backward', { ...halves, padding: [1, 1, 0, 0], inputSize: [3, 3] }, { dy });
    expect(dx).toEqual({ shape: [1, 1, 3, 3], values: [1, 10, 10, 100, 1000, 1000, 100, 1000, 1000] });
  });

  const variants: [string, PoolingAttributes][] = [
    ['windows that overlap', { window: [3, 2], stride: [1, 1], padding: [0, 0, 0, 0] }],
    ['stride that skips rows', { window: [2, 2], stride: [3, 4], padding: [0, 0, 0, 0] }],
    ['asymmetric padding', { window: [3, 3], stride: [2, 1], padding: [2, 0, 1, 1] }],
  ];
  it.each(variants)('has its adjoint as gradient: %s', async (_, attributes) => {
    const { window, stride, padding } = attributes;
    const size = [5, 6];
    const output = size.map((input, i) => Math.floor((input + padding[i] + padding[i + 2] - window[i]) / stride[i]) + 1);
    const shapes = { x: [2, 3, ...size], y: [2, 3, ...output] };
    const dy = integers(sizeOf(shapes.y), 5);
    const pool = await kernelFor('averagePool2d', attributes, { x: float32(shapes.x, integers(sizeOf(shapes.x), 3)) });
    const expected = await gradientOfLinearMap(
      async (unit) => (await pool.run({ x: float32(shapes.x, unit) })).y.values,
      sizeOf(shapes.x),
      dy,
    );
    await pool.dispose();
    const { dx } = await calculate('averagePool2d.backward', { ...attributes, inputSize: size }, { dy: float32(shapes.y, dy) });
    expect(dx.shape).toEqual(shapes.x);
    expect(dx.values).toSatisfy((actual: number[]) => closeTo(actual, expected));
  });
});
