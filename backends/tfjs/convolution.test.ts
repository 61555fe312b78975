import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../reference/tensor.ts';
import type { ConvolutionAttributes, Pair } from '../signatures.ts';
import { calculate, float32 } from './testing/kernels.ts';

const plain: ConvolutionAttributes = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };

describe('tfjs conv2d, by hand', () => {
  const x = float32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const weights = float32([1, 1, 2, 2], [1, 2, 3, 4]);

  it('does not flip the kernel, and adds the bias', async () => {
    const { y } = await calculate('conv2d', plain, { x, weights, bias: float32([1], [10]) });
    expect(y).toEqual({ shape: [1, 1, 2, 2], values: [47, 57, 77, 87] });
  });

  it('pads each side on its own', async () => {
    const { y } = await calculate('conv2d', { ...plain, padding: [1, 0, 0, 2] }, { x, weights });
    expect(y).toEqual({ shape: [1, 1, 3, 4], values: [11, 18, 9, 0, 37, 47, 21, 0, 67, 77, 33, 0] });
  });

  it('sums dy over batch and positions for the bias', async () => {
    const dy = float32([2, 2, 1, 3], [1, 2, 3, 10, 20, 30, 4, 5, 6, 40, 50, 60]);
    const { dBias } = await calculate('conv2d.biasGradient', {}, { dy });
    expect(dBias).toEqual({ shape: [2], values: [21, 210] });
  });
});

/** Batch 2, 4 channels, 6×7 images, 3×2 kernels: small integers, so that float32 sums are exact in any order. */
const sizes = { batch: 2, channels: 4, height: 6, width: 7, kernel: [3, 2] as Pair };
const integers = (size: number, step: number) => Array.from({ length: size }, (_, index) => ((index * step) % 11) - 5);

/** The definition, one product at a time: each product x·w goes to y, each dy·w to dx, each dy·x to dWeights. */
function byDefinition(attributes: ConvolutionAttributes, outputChannels: number) {
  const { batch, channels, height, width, kernel } = sizes;
  const { stride, padding, dilation, groups } = attributes;
  const perGroup = channels / groups;
  const outputHeight = Math.floor((height + padding[0] + padding[2] - dilation[0] * (kernel[0] - 1) - 1) / stride[0]) + 1;
  const outputWidth = Math.floor((width + padding[1] + padding[3] - dilation[1] * (kernel[1] - 1) - 1) / stride[1]) + 1;
  const shapes = {
    x: [batch, channels, height, width],
    weights: [outputChannels, perGroup, ...kernel],
    y: [batch, outputChannels, outputHeight, outputWidth],
  };
  const x = integers(sizeOf(shapes.x), 3);
  const weights = integers(sizeOf(shapes.weights), 7);
  const dy = integers(sizeOf(shapes.y), 5);
  const y = dy.map(() => 0);
  const dx = x.map(() => 0);
  const dWeights = weights.map(() => 0);
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outputChannels; o++)
      for (let i = 0; i < perGroup; i++)
        for (let r = 0; r < outputHeight; r++)
          for (let c = 0; c < outputWidth; c++)
            for (let p = 0; p < kernel[0]; p++)
              for (let q = 0; q < kernel[1]; q++) {
                const row = r * stride[0] + p * dilation[0] - padding[0];
                const column = c * stride[1] + q * dilation[1] - padding[1];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                const channel = Math.floor(o / (outputChannels / groups)) * perGroup + i;
                const atX = ((n * channels + channel) * height + row) * width + column;
                const atWeights = ((o * perGroup + i) * kernel[0] + p) * kernel[1] + q;
                const atY = ((n * outputChannels + o) * outputHeight + r) * outputWidth + c;
                y[atY] += x[atX] * weights[atWeights];
                dx[atX] += dy[atY] * weights[atWeights];
                dWeights[atWeights] += dy[atY] * x[atX];
              }
  return { shapes, x, weights, dy, y, dx, dWeights };
}

const variants: [string, Partial<ConvolutionAttributes>, outputChannels: number][] = [
  ['plain', {}, 3],
  ['stride that skips the last rows', { stride: [2, 3] }, 3],
  ['asymmetric padding', { padding: [2, 0, 1, 1] }, 3],
  ['dilation', { dilation: [2, 3] }, 3],
  ['stride, padding and dilation', { stride: [2, 3], padding: [0, 1, 2, 3], dilation: [2, 3] }, 3],
  ['two groups', { groups: 2, padding: [1, 0, 0, 1] }, 6],
  ['two groups, stride and dilation', { groups: 2, stride: [2, 1], dilation: [1, 2] }, 6],
  ['depthwise', { groups: 4, padding: [0, 1, 2, 0] }, 4],
  ['depthwise with two outputs a channel', { groups: 4, stride: [2, 1] }, 8],
  ['depthwise, stride and dilation', { groups: 4, stride: [1, 2], dilation: [2, 1], padding: [1, 1, 0, 0] }, 8],
];

describe.each(variants)('tfjs conv2d is its definition: %s', (_, changes, outputChannels) => {
  const attributes = { ...plain, ...changes };
  const expected = byDefinition(attributes, outputChannels);
  const x = float32(expected.shapes.x, expected.x);
  const weights = float32(expected.shapes.weights, expected.weights);
  const dy = float32(expected.shapes.y, expected.dy);

  it('forward', async () => {
    const { y } = await calculate('conv2d', attributes, { x, weights });
    expect(y).toEqual({ shape: expected.shapes.y, values: expected.y });
  });

  it('gradient of the input', async () => {
    const inputSize = [sizes.height, sizes.width];
    const { dx } = await calculate('conv2d.inputGradient', { ...attributes, inputSize }, { weights, dy });
    expect(dx).toEqual({ shape: expected.shapes.x, values: expected.dx });
  });

  it('gradient of the weights', async () => {
    const { dWeights } = await calculate('conv2d.weightGradient', { ...attributes, kernelSize: sizes.kernel }, { x, dy });
    expect(dWeights).toEqual({ shape: expected.shapes.weights, values: expected.dWeights });
  });
});
