/** The convolution as libraries compute it: a matrix product of copied patches in tiles, or one tap of the kernel after the other. */
import { type Tensor, zeros } from '../../../reference/tensor.ts';
import type { Case, HonestVariant, OutputsOf } from '../../judging/operation.ts';

type Asked = Case<'conv2d'>;
type Result = OutputsOf<'conv2d'>;

const { fround } = Math;

/** x at a position of a channel; 0 in the padding. */
function pixel(x: Tensor, n: number, channel: number, row: number, column: number): number {
  const [, channels, height, width] = x.shape;
  if (row < 0 || row >= height || column < 0 || column >= width) return 0;
  return x.data[((n * channels + channel) * height + row) * width + column];
}

/** Adds the bias to y, rounded. */
function withBias(y: Tensor, bias: Tensor | undefined): Result {
  if (bias) {
    const area = y.shape[2] * y.shape[3];
    for (let i = 0; i < y.data.length; i++) y.data[i] = fround(y.data[i] + bias.data[Math.floor(i / area) % bias.data.length]);
  }
  return { y };
}

function outputOf({ sizes }: Asked): Tensor {
  return zeros([sizes.batch, sizes.outputChannels, sizes.outputHeight, sizes.outputWidth]);
}

/** im2col: every patch copied into a row, then rows times kernels in tiles of four terms, each tile summed on its own. */
function patchesInTiles(asked: Asked): Result {
  const { inputs, sizes } = asked;
  const { stride, padding, dilation } = asked.attributes;
  const y = outputOf(asked);
  const outputsPerGroup = sizes.outputChannels / (sizes.inputChannels / sizes.inputChannelsPerGroup);
  const patch = new Float64Array(sizes.inputChannelsPerGroup * sizes.kernelHeight * sizes.kernelWidth);
  let at = 0;
  for (let n = 0; n < sizes.batch; n++)
    for (let o = 0; o < sizes.outputChannels; o++)
      for (let r = 0; r < sizes.outputHeight; r++)
        for (let s = 0; s < sizes.outputWidth; s++) {
          let k = 0;
          for (let i = 0; i < sizes.inputChannelsPerGroup; i++)
            for (let p = 0; p < sizes.kernelHeight; p++)
              for (let q = 0; q < sizes.kernelWidth; q++) {
                const channel = Math.floor(o / outputsPerGroup) * sizes.inputChannelsPerGroup + i;
                const row = r * stride[0] + p * dilation[0] - padding[0];
                patch[k++] = pixel(inputs.x, n, channel, row, s * stride[1] + q * dilation[1] - padding[1]);
              }
          let sum = 0;
          for (let tile = 0; tile < patch.length; tile += 4) {
            let partial = 0;
            for (let k = tile; k < Math.min(tile + 4, patch.length); k++)
              partial = fround(partial + fround(patch[k] * inputs.weights.data[o * patch.length + k]));
            sum = fround(sum + partial);
          }
          y.data[at++] = sum;
        }
  return withBias(y, inputs.bias);
}

/** Every tap of the kernel adds its shifted image to the whole of y. */
function tapByTap(asked: Asked): Result {
  const { inputs, sizes } = asked;
  const { stride, padding, dilation } = asked.attributes;
  const y = outputOf(asked);
  const outputsPerGroup = sizes.outputChannels / (sizes.inputChannels / sizes.inputChannelsPerGroup);
  for (let p = 0; p < sizes.kernelHeight; p++)
    for (let q = 0; q < sizes.kernelWidth; q++)
      for (let i = 0; i < sizes.inputChannelsPerGroup; i++) {
        let at = 0;
        for (let n = 0; n < sizes.batch; n++)
          for (let o = 0; o < sizes.outputChannels; o++) {
            const channel = Math.floor(o / outputsPerGroup) * sizes.inputChannelsPerGroup + i;
            const weightAt = ((o * sizes.inputChannelsPerGroup + i) * sizes.kernelHeight + p) * sizes.kernelWidth + q;
            const weight = inputs.weights.data[weightAt];
            for (let r = 0; r < sizes.outputHeight; r++)
              for (let s = 0; s < sizes.outputWidth; s++, at++) {
                const row = r * stride[0] + p * dilation[0] - padding[0];
                const value = pixel(inputs.x, n, channel, row, s * stride[1] + q * dilation[1] - padding[1]);
                y.data[at] = fround(y.data[at] + fround(value * weight));
              }
          }
      }
  return withBias(y, inputs.bias);
}

export const convolutionAlgorithms: Readonly<Record<string, (asked: Asked) => Result>> = {
  'im2col and a matrix product in tiles': patchesInTiles,
  'tap by tap': tapByTap,
};

export const convolutionAlgorithmVariants: readonly HonestVariant<'conv2d'>[] = Object.entries(convolutionAlgorithms).map(
  ([algorithm, outputs]) => ({ name: `convolution: ${algorithm}`, outputs }),
);
