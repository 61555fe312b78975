/**
 * The convolution's one loop, in which people's mistakes are made: every product of an input element, a weight and an output
 * position that belong together, with the row and column of the input at which it stands.
 */
import type { ConvolutionAttributes } from '../../../backends/signatures.ts';
import { type Tensor, zeros } from '../../../reference/tensor.ts';

/** One product x·w of the sum at one output position. */
export interface Tap {
  readonly sample: number;
  readonly outputChannel: number;
  readonly group: number;
  /** Channel of the input within its group, the weights' second axis. */
  readonly groupChannel: number;
  readonly inputChannel: number;
  readonly outputRow: number;
  readonly outputColumn: number;
  readonly kernelRow: number;
  readonly kernelColumn: number;
  /** Outside the image this is padding. */
  readonly row: number;
  readonly column: number;
}

export interface TapSizes {
  readonly batch: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly kernel: readonly [number, number];
  readonly output: readonly [number, number];
}

/** Visits every tap, in the order sample, output channel, position, input channel, kernel position. */
export function eachTap(sizes: TapSizes, attributes: ConvolutionAttributes, visit: (tap: Tap) => void): void {
  const { stride, padding, dilation, groups } = attributes;
  const inputChannelsPerGroup = sizes.inputChannels / groups;
  const outputChannelsPerGroup = sizes.outputChannels / groups;
  for (let sample = 0; sample < sizes.batch; sample++)
    for (let outputChannel = 0; outputChannel < sizes.outputChannels; outputChannel++)
      for (let outputRow = 0; outputRow < sizes.output[0]; outputRow++)
        for (let outputColumn = 0; outputColumn < sizes.output[1]; outputColumn++)
          for (let groupChannel = 0; groupChannel < inputChannelsPerGroup; groupChannel++)
            for (let kernelRow = 0; kernelRow < sizes.kernel[0]; kernelRow++)
              for (let kernelColumn = 0; kernelColumn < sizes.kernel[1]; kernelColumn++) {
                const group = Math.floor(outputChannel / outputChannelsPerGroup);
                visit({
                  sample,
                  outputChannel,
                  group,
                  groupChannel,
                  inputChannel: group * inputChannelsPerGroup + groupChannel,
                  outputRow,
                  outputColumn,
                  kernelRow,
                  kernelColumn,
                  row: outputRow * stride[0] + kernelRow * dilation[0] - padding[0],
                  column: outputColumn * stride[1] + kernelColumn * dilation[1] - padding[1],
                });
              }
}

/** An element of a tensor of four axes, 0 outside its last two. */
export function at(x: Tensor, a: number, b: number, row: number, column: number): number {
  const [, channels, height, width] = x.shape;
  return row < 0 || row >= height || column < 0 || column >= width
    ? 0
    : x.data[((a * channels + b) * height + row) * width + column];
}

/** Adds to an element of a tensor of four axes; nothing outside its last two. */
export function addAt(x: Tensor, a: number, b: number, row: number, column: number, value: number): void {
  const [, channels, height, width] = x.shape;
  if (row < 0 || row >= height || column < 0 || column >= width) return;
  x.data[((a * channels + b) * height + row) * width + column] += value;
}

/** dx by the loop above, with another row, column, input channel or weight where `change` says so. */
export function inputGradientWith(
  weights: Tensor,
  dy: Tensor,
  attributes: ConvolutionAttributes & { readonly inputSize: readonly [number, number] },
  change: (tap: Tap) => Partial<Tap>,
): Tensor {
  const inputChannels = weights.shape[1] * attributes.groups;
  const dx = zeros([dy.shape[0], inputChannels, ...attributes.inputSize]);
  eachTap(sizesOf(inputChannels, weights.shape, dy.shape), attributes, (right) => {
    const tap = { ...right, ...change(right) };
    const product =
      at(dy, tap.sample, tap.outputChannel, tap.outputRow, tap.outputColumn) *
      at(weights, tap.outputChannel, tap.groupChannel, tap.kernelRow, tap.kernelColumn);
    addAt(dx, tap.sample, tap.inputChannel, tap.row, tap.column, product);
  });
  return dx;
}

/** dWeights by the loop above, with another row, column or input channel where `change` says so. */
export function weightGradientWith(
  x: Tensor,
  dy: Tensor,
  attributes: ConvolutionAttributes & { readonly kernelSize: readonly [number, number] },
  change: (tap: Tap) => Partial<Tap>,
): Tensor {
  const dWeights = zeros([dy.shape[1], x.shape[1] / attributes.groups, ...attributes.kernelSize]);
  eachTap(sizesOf(x.shape[1], dWeights.shape, dy.shape), attributes, (right) => {
    const tap = { ...right, ...change(right) };
    const product =
      at(dy, tap.sample, tap.outputChannel, tap.outputRow, tap.outputColumn) *
      at(x, tap.sample, tap.inputChannel, tap.row, tap.column);
    addAt(dWeights, tap.outputChannel, tap.groupChannel, tap.kernelRow, tap.kernelColumn, product);
  });
  return dWeights;
}

function sizesOf(inputChannels: number, weights: readonly number[], dy: readonly number[]): TapSizes {
  return {
    batch: dy[0],
    inputChannels,
    outputChannels: dy[1],
    kernel: [weights[2], weights[3]],
    output: [dy[2], dy[3]],
  };
}

/** y by the loop above, with another row, column or input channel where `change` says so. */
export function forwardWith(
  x: Tensor,
  weights: Tensor,
  attributes: ConvolutionAttributes,
  output: readonly [number, number],
  change: (tap: Tap) => Partial<Tap>,
): Tensor {
  const y = zeros([x.shape[0], weights.shape[0], ...output]);
  eachTap(sizesOf(x.shape[1], weights.shape, y.shape), attributes, (right) => {
    const tap = { ...right, ...change(right) };
    const product =
      at(x, tap.sample, tap.inputChannel, tap.row, tap.column) *
      at(weights, tap.outputChannel, tap.groupChannel, tap.kernelRow, tap.kernelColumn);
    addAt(y, tap.sample, tap.outputChannel, tap.outputRow, tap.outputColumn, product);
  });
  return y;
}

/** Where a tap stands when the attributes are others. */
function moved(tap: Tap, { stride, dilation, padding }: ConvolutionAttributes): Pick<Tap, 'row' | 'column'> {
  return {
    row: tap.outputRow * stride[0] + tap.kernelRow * dilation[0] - padding[0],
    column: tap.outputColumn * stride[1] + tap.kernelColumn * dilation[1] - padding[1],
  };
}

/** A mistake in where the kernel stands on the image, or in which channels it meets: the same in all three directions. */
export interface GeometryMistake {
  readonly name: string;
  /** "… with the stride's axes swapped" */
  readonly says: string;
  readonly link?: string;
  readonly change: (attributes: ConvolutionAttributes) => (tap: Tap) => Partial<Tap>;
}

const otherAttributes =
  (other: (attributes: ConvolutionAttributes) => Partial<ConvolutionAttributes>): GeometryMistake['change'] =>
  (attributes) => {
    const changed = { ...attributes, ...other(attributes) };
    return (tap) => moved(tap, changed);
  };

export const geometryMistakes: readonly GeometryMistake[] = [
  {
    name: 'stride-transposed',
    says: "with the stride's axes swapped",
    change: otherAttributes(({ stride: [vertical, horizontal] }) => ({ stride: [horizontal, vertical] })),
  },
  { name: 'stride-ignored', says: 'with a stride of 1', change: otherAttributes(() => ({ stride: [1, 1] })) },
  {
    name: 'dilation-transposed',
    says: "with the dilation's axes swapped",
    change: otherAttributes(({ dilation: [vertical, horizontal] }) => ({ dilation: [horizontal, vertical] })),
  },
  { name: 'dilation-ignored', says: 'with a dilation of 1', change: otherAttributes(() => ({ dilation: [1, 1] })) },
  {
    // Four numbers, of which a format with the channels last has the two in the middle: taken one too early.
    name: 'dilation-one-entry-early',
    says: 'with a dilation of 1 along the rows and that of the rows along the columns',
    link: 'https://github.com/tensorflow/tfjs/issues/1587',
    change: otherAttributes(({ dilation: [vertical] }) => ({ dilation: [1, vertical] })),
  },
  {
    name: 'stride-and-dilation-swapped',
    says: 'with stride and dilation swapped',
    change: otherAttributes(({ stride, dilation }) => ({ stride: dilation, dilation: stride })),
  },
  {
    name: 'padding-bottom-right-first',
    says: 'with the bottom and right padding at the top and left',
    change: otherAttributes(({ padding: [top, left, bottom, right] }) => ({ padding: [bottom, right, top, left] })),
  },
  {
    name: 'padding-transposed',
    says: "with the padding's axes swapped",
    change: otherAttributes(({ padding: [top, left, bottom, right] }) => ({ padding: [left, top, right, bottom] })),
  },
  {
    name: 'padding-ignored',
    says: 'with the first window at the corner of the image',
    change: otherAttributes(() => ({ padding: [0, 0, 0, 0] })),
  },
  {
    name: 'padding-shared-out',
    says: 'with the padding shared out evenly to both sides',
    link: 'https://github.com/microsoft/onnxruntime/issues/26734',
    change: otherAttributes(({ padding: [top, left, bottom, right] }) => {
      const [vertical, horizontal] = [(top + bottom) >> 1, (left + right) >> 1];
      return { padding: [vertical, horizontal, top + bottom - vertical, left + right - horizontal] };
    }),
  },
  {
    name: 'padding-off-by-one',
    says: 'with one row of padding too few at the top',
    change: otherAttributes(({ padding: [top, left, bottom, right] }) => ({ padding: [top - 1, left, bottom, right] })),
  },
  {
    name: 'groups-interleaved',
    says: 'with the channels dealt out to the groups in turn',
    change:
      ({ groups }) =>
      ({ group, groupChannel }) => ({ inputChannel: groupChannel * groups + group }),
  },
  {
    name: 'first-group-for-all',
    says: "with the first group's input channels for every group",
    link: 'https://github.com/pytorch/pytorch/issues/51430',
    change:
      () =>
      ({ groupChannel }) => ({ inputChannel: groupChannel }),
  },
];
