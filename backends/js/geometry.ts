/** Computes where kernels and windows meet the input, once per kernel. */
import type { Shape } from '../../reference/tensor.ts';
import type { ConvolutionAttributes, PoolingAttributes } from '../signatures.ts';

/**
 * The places at which a convolution finds its numbers. The input is extended with the padding's zeros, and so every position of the kernel sees it in
 * the same way: tap k lies taps[k] after the position's first pixel.
 */
export interface Geometry {
  readonly batch: number;
  readonly outputChannels: number;
  readonly channelsPerGroup: number;
  readonly outputsPerGroup: number;
  readonly outputShape: readonly number[];
  /** Positions of the kernel on one image. */
  readonly positions: number;
  /** The first pixel under each position on each image, in the padded input. */
  readonly pixels: Int32Array;
  /** The distance of each tap of a kernel (channel of the group, row, column) from the first pixel. */
  readonly taps: Int32Array;
  /** The place of each number of the input in the padded input. */
  readonly places: Int32Array;
  /** Numbers of the padded input, and of one group's channels in it. */
  readonly paddedSize: number;
  readonly paddedGroup: number;
}

/** ⌊(size + before + after − dilation·(kernel − 1) − 1)/stride⌋ + 1. */
export function positions(size: number, kernel: number, stride: number, before: number, after: number, dilation = 1): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/**
 * Lists where the points of a grid of [planes, rows, columns] lie when neighbours are `planeStep`, `rowStep` and `columnStep` apart and the
 * first lies at `first`.
 */
function grid(
  [planes, rows, columns]: readonly number[],
  [planeStep, rowStep, columnStep]: readonly number[],
  first = 0,
): Int32Array {
  return new Int32Array(planes * rows * columns).map((_, at) => {
    const [plane, row, column] = [Math.floor(at / (rows * columns)), Math.floor(at / columns) % rows, at % columns];
    return first + plane * planeStep + row * rowStep + column * columnStep;
  });
}

/** @throws RangeError when the channels do not fit the groups, or the kernel is larger than the padded input. */
export function convolutionGeometry(
  { stride, padding, dilation, groups }: ConvolutionAttributes,
  xShape: Shape,
  wShape: Shape,
): Geometry {
  const [batch, inputChannels, height, width] = xShape;
  const [outputChannels, channelsPerGroup, kernelHeight, kernelWidth] = wShape;
  const outputHeight = positions(height, kernelHeight, stride[0], padding[0], padding[2], dilation[0]);
  const outputWidth = positions(width, kernelWidth, stride[1], padding[1], padding[3], dilation[1]);
  if (inputChannels !== channelsPerGroup * groups || outputChannels % groups !== 0) {
    throw new RangeError(
      `conv2d: ${inputChannels} input and ${outputChannels} output channels do not fit weights [${wShape.join(', ')}] in ${groups} groups`,
    );
  }
  if (outputHeight < 1 || outputWidth < 1)
    throw new RangeError(`conv2d: the kernel [${wShape.join(', ')}] is larger than the padded input [${xShape.join(', ')}]`);
  const row = padding[1] + width + padding[3];
  const plane = (padding[0] + height + padding[2]) * row;
  return {
    batch,
    outputChannels,
    channelsPerGroup,
    outputsPerGroup: outputChannels / groups,
    outputShape: [batch, outputChannels, outputHeight, outputWidth],
    positions: outputHeight * outputWidth,
    pixels: grid([batch, outputHeight, outputWidth], [inputChannels * plane, stride[0] * row, stride[1]]),
    taps: grid([channelsPerGroup, kernelHeight, kernelWidth], [plane, dilation[0] * row, dilation[1]]),
    places: grid([batch * inputChannels, height, width], [plane, row, 1], padding[0] * row + padding[1]),
    paddedSize: batch * inputChannels * plane,
    paddedGroup: channelsPerGroup * plane,
  };
}

/** Returns the place in the input of each number of the padded input, or −1 where it is padding. */
export function inputsOf({ places, paddedSize }: Geometry): Int32Array {
  const inputs = new Int32Array(paddedSize).fill(-1);
  places.forEach((place, i) => {
    inputs[place] = i;
  });
  return inputs;
}

/** Windows along one axis, each cut to the elements that are there: [first, last). */
export interface Extents {
  readonly first: Int32Array;
  readonly last: Int32Array;
}

function extents(size: number, window: number, stride: number, before: number, after: number): Extents {
  const starts = Int32Array.from({ length: positions(size, window, stride, before, after) }, (_, i) => i * stride - before);
  return { first: starts.map((start) => Math.max(0, start)), last: starts.map((start) => Math.min(size, start + window)) };
}

/** The windows of one plane: every pair of rows and columns, in the order of the outputs. */
export function poolingWindows(
  { window, stride, padding }: PoolingAttributes,
  height: number,
  width: number,
): { size: readonly [number, number]; rows: Extents; columns: Extents } {
  const rows = extents(height, window[0], stride[0], padding[0], padding[2]);
  const columns = extents(width, window[1], stride[1], padding[1], padding[3]);
  return { size: [rows.first.length, columns.first.length], rows, columns };
}
