/** Where windows and kernels meet the input, worked out once per kernel. */
import type { Shape } from '../../reference/tensor.ts';
import type { ConvolutionAttributes, PoolingAttributes } from '../signatures.ts';

/** Output positions [first, last) at which a tap lies on the input, and the input position of output 0 under it. */
export interface Reach {
  readonly first: number;
  readonly last: number;
  readonly shift: number;
}

export interface Geometry {
  readonly batch: number;
  readonly inputChannels: number;
  readonly width: number;
  readonly outputChannels: number;
  readonly channelsPerGroup: number;
  readonly outputsPerGroup: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly outputWidth: number;
  readonly inputPlane: number;
  readonly outputPlane: number;
  readonly strideRow: number;
  readonly strideColumn: number;
  readonly rowsOf: readonly Reach[];
  readonly columnsOf: readonly Reach[];
  readonly outputShape: readonly number[];
}

/** ⌊(size + before + after − dilation·(kernel − 1) − 1)/stride⌋ + 1. */
export function positions(size: number, kernel: number, stride: number, before: number, after: number, dilation = 1): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

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
  return {
    batch,
    inputChannels,
    width,
    outputChannels,
    channelsPerGroup,
    outputsPerGroup: outputChannels / groups,
    kernelHeight,
    kernelWidth,
    outputWidth,
    inputPlane: height * width,
    outputPlane: outputHeight * outputWidth,
    strideRow: stride[0],
    strideColumn: stride[1],
    rowsOf: Array.from({ length: kernelHeight }, (_, i) =>
      reach(i * dilation[0] - padding[0], height, stride[0], outputHeight),
    ),
    columnsOf: Array.from({ length: kernelWidth }, (_, j) =>
      reach(j * dilation[1] - padding[1], width, stride[1], outputWidth),
    ),
    outputShape: [batch, outputChannels, outputHeight, outputWidth],
  };
}

function reach(shift: number, size: number, stride: number, outputs: number): Reach {
  const first = Math.max(0, Math.ceil(-shift / stride));
  const last = Math.min(outputs, Math.floor((size - 1 - shift) / stride) + 1);
  return { first, last: Math.max(first, last), shift };
}

/** The real elements of one pooling window, as rows [top, bottom) and columns [left, right) of its plane. */
export interface Window {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** The windows of one plane, in the order of the outputs. */
export function poolingWindows(
  { window, stride, padding }: PoolingAttributes,
  height: number,
  width: number,
): { size: readonly [number, number]; windows: readonly Window[] } {
  const size = [
    positions(height, window[0], stride[0], padding[0], padding[2]),
    positions(width, window[1], stride[1], padding[1], padding[3]),
  ] as const;
  const windows = Array.from({ length: size[0] * size[1] }, (_, k) => {
    const top = Math.floor(k / size[1]) * stride[0] - padding[0];
    const left = (k % size[1]) * stride[1] - padding[1];
    return {
      top: Math.max(0, top),
      bottom: Math.min(height, top + window[0]),
      left: Math.max(0, left),
      right: Math.min(width, left + window[1]),
    };
  });
  return { size, windows };
}
