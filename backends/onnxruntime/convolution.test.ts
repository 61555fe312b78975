import { afterAll, describe, expect, it } from 'vitest';
import { sizeOf } from '../../reference/tensor.ts';
import type { ConvolutionAttributes } from '../signatures.ts';
import { calculate, float32, gradientOfLinearMap, innerProduct, integers, kernelFor } from './testing/kernels.ts';

const plain: ConvolutionAttributes = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };

describe('onnxruntime conv2d, by hand', () => {
  const x = float32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const weights = float32([1, 1, 2, 2], [1, 10, 100, 1000]);

  it('does not flip the kernel, and adds the bias', async () => {
    const { y } = await calculate('conv2d', plain, { x, weights, bias: float32([1], [0.5]) });
    expect(y).toEqual({ shape: [1, 1, 2, 2], values: [5421.5, 6532.5, 8754.5, 9865.5] });
  });

  it('pads each side on its own', async () => {
    const { y } = await calculate('conv2d', { ...plain, padding: [0, 1, 2, 0] }, { x, weights });
    const rows = [4010, 5421, 6532, 7040, 8754, 9865, 70, 87, 98, 0, 0, 0];
    expect(y).toEqual({ shape: [1, 1, 4, 3], values: rows });
  });

  it('spreads the kernel by the dilation and moves it by the stride', async () => {
    const dilated = await calculate('conv2d', { ...plain, dilation: [2, 1] }, { x, weights });
    expect(dilated.y).toEqual({ shape: [1, 1, 1, 2], values: [8721, 9832] });
    const strided = await calculate('conv2d', { ...plain, stride: [1, 2], padding: [0, 0, 0, 1] }, { x, weights });
    expect(strided.y).toEqual({ shape: [1, 1, 2, 2], values: [5421, 603, 8754, 906] });
  });

  it('keeps groups apart', async () => {
    const two = float32([1, 2, 1, 2], [1, 2, 30, 40]);
    const { y } = await calculate('conv2d', { ...plain, groups: 2 }, { x: two, weights: float32([2, 1, 1, 1], [3, 5]) });
    expect(y).toEqual({ shape: [1, 2, 1, 2], values: [3, 6, 150, 200] });
  });

  it('sums dy over batch and positions for the bias', async () => {
    const dy = float32([2, 2, 1, 2], [1, 2, 10, 20, 3, 4, 30, 40]);
    const { dBias } = await calculate('conv2d.biasGradient', {}, { dy });
    expect(dBias).toEqual({ shape: [2], values: [10, 100] });
  });

  it('gives rows that the stride skips a gradient of zero', async () => {
    // One window, two rows of four reached: dx is dy·weights there.
    const attributes = { ...plain, stride: [3, 3], inputSize: [4, 3] };
    const { dx } = await calculate('conv2d.inputGradient', attributes, { weights, dy: float32([1, 1, 1, 1], [2]) });
    expect(dx).toEqual({ shape: [1, 1, 4, 3], values: [2, 20, 0, 200, 2000, 0, 0, 0, 0, 0, 0, 0] });
  });
});

interface Variant extends Partial<ConvolutionAttributes> {
  readonly says: string;
  readonly kernel?: readonly [number, number];
  readonly outputChannels?: number;
}
const variants: Variant[] = [
  { says: 'plain' },
  { says: 'stride that skips rows', stride: [2, 3] },
  { says: 'stride longer than the kernel', stride: [4, 3], kernel: [2, 2] },
  { says: 'asymmetric padding', padding: [2, 0, 1, 3] },
  { says: 'padding as high as the kernel', padding: [3, 2, 0, 2] },
  { says: 'dilation', dilation: [2, 3] },
  { says: 'two groups', groups: 2, outputChannels: 6 },
  { says: 'stride, asymmetric padding and dilation', stride: [2, 3], padding: [0, 1, 2, 3], dilation: [2, 3] },
  { says: 'all of it in two groups', groups: 2, outputChannels: 6, stride: [3, 2], padding: [1, 0, 2, 3], dilation: [2, 1] },
  { says: 'all of it depthwise', groups: 4, outputChannels: 8, stride: [2, 1], padding: [2, 1, 0, 0], dilation: [1, 2] },
  { says: 'one by one kernel, stride 2', kernel: [1, 1], stride: [2, 2] },
];

/** Batch 2, 4 channels, 5×6 images: all sizes differ, and sums of products of these integers are exact in float32. */
describe.each(variants)('onnxruntime conv2d with $says', ({ says: _, kernel = [3, 2], outputChannels = 3, ...changes }) => {
  const attributes = { ...plain, ...changes };
  const { stride, padding, dilation, groups } = attributes;
  const size = [5, 6];
  const [height, width] = size.map(
    (input, axis) =>
      Math.floor((input + padding[axis] + padding[axis + 2] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1,
  );
  const shapes = {
    x: [2, 4, ...size],
    weights: [outputChannels, 4 / groups, ...kernel],
    y: [2, outputChannels, height, width],
  };
  const x = integers(sizeOf(shapes.x), 3);
  const weights = integers(sizeOf(shapes.weights), 7);
  const dy = integers(sizeOf(shapes.y), 5);
  const tensors = { x: float32(shapes.x, x), weights: float32(shapes.weights, weights), dy: float32(shapes.y, dy) };
  const kernelOnce = kernelFor('conv2d', attributes, { x: tensors.x, weights: tensors.weights });
  afterAll(async () => (await kernelOnce).dispose());
  const conv = async (xs: number[], ws: number[]) =>
    (await (await kernelOnce).run({ x: float32(shapes.x, xs), weights: float32(shapes.weights, ws) })).y.values;

  /** x at a place that may lie in the padding, where it is 0. */
  const pixel = (n: number, channel: number, row: number, column: number) =>
    row < 0 || row >= size[0] || column < 0 || column >= size[1]
      ? 0
      : x[((n * 4 + channel) * size[0] + row) * size[1] + column];
  /** y[n, o, r, c]: the kernel of output channel o on the patch under it. */
  function definition(n: number, o: number, r: number, c: number): number {
    const channels = 4 / groups;
    const firstChannel = Math.floor((o * groups) / outputChannels) * channels;
    const patch: number[] = [];
    for (let i = 0; i < channels; i++)
      for (let p = 0; p < kernel[0]; p++)
        for (let q = 0; q < kernel[1]; q++) {
          const row = r * stride[0] + p * dilation[0] - padding[0];
          patch.push(pixel(n, firstChannel + i, row, c * stride[1] + q * dilation[1] - padding[1]));
        }
    return innerProduct(patch, weights.slice(o * patch.length));
  }

  it('is its definition', async () => {
    const expected = dy.map((_, at) => {
      const [c, r] = [at % width, Math.floor(at / width) % height];
      const [o, n] = [Math.floor(at / width / height) % outputChannels, Math.floor(at / width / height / outputChannels)];
      return definition(n, o, r, c);
    });
    expect(await conv(x, weights)).toEqual(expected);
  });

  it('has as gradient of its input its adjoint', async () => {
    const { dx } = await calculate(
      'conv2d.inputGradient',
      { ...attributes, inputSize: size },
      { weights: tensors.weights, dy: tensors.dy },
    );
    expect(dx.shape).toEqual(shapes.x);
    expect(innerProduct(await conv(x, weights), dy)).toBe(innerProduct(x, dx.values));
    expect(dx.values).toEqual(await gradientOfLinearMap((unit) => conv(unit, weights), x.length, dy));
  });

  it('has as gradient of its weights the adjoint in the weights', async () => {
    const { dWeights } = await calculate(
      'conv2d.weightGradient',
      { ...attributes, kernelSize: kernel },
      { x: tensors.x, dy: tensors.dy },
    );
    expect(dWeights.shape).toEqual(shapes.weights);
    expect(innerProduct(await conv(x, weights), dy)).toBe(innerProduct(weights, dWeights.values));
    expect(dWeights.values).toEqual(await gradientOfLinearMap((unit) => conv(x, unit), weights.length, dy));
  });
});

describe('onnxruntime conv2d without a batch', () => {
  it('has a weight gradient of zero', async () => {
    const nothing = { x: float32([0, 2, 3, 3], []), dy: float32([0, 1, 2, 2], []) };
    const { dWeights } = await calculate('conv2d.weightGradient', { ...plain, kernelSize: [2, 2] }, nothing);
    expect(dWeights).toEqual({ shape: [1, 2, 2, 2], values: [0, 0, 0, 0, 0, 0, 0, 0] });
  });
});
