/** The locally connected layer's one loop, in which people's mistakes are made: the taps of a convolution, each with weights of its position. */
import type { LocallyConnectedAttributes } from '../../../backends/signatures.ts';
import { type Tensor, zeros } from '../../../reference/tensor.ts';
import { addAt, at, eachTap, geometryMistakes, type Tap } from '../convolution/mistakes.ts';

/** A tap, and the position whose weights it is multiplied by. */
export interface LocalTap extends Tap {
  readonly weightRow: number;
  readonly weightColumn: number;
}
export type ChangeTap = (tap: LocalTap) => Partial<LocalTap>;

/** A convolution of these attributes. */
const convolving = ({ stride, padding }: LocallyConnectedAttributes) =>
  ({ stride, padding, dilation: [1, 1], groups: 1 }) as const;

/** Visits every tap of x [batch, channels, …] and weights [outputHeight, outputWidth, …], with what `change` makes of it. */
function eachLocalTap(
  [batch, inputChannels]: readonly number[],
  wShape: readonly number[],
  attributes: LocallyConnectedAttributes,
  change: ChangeTap,
  visit: (tap: LocalTap, wAt: number) => void,
): void {
  const [outputHeight, outputWidth, outputChannels, , kernelHeight, kernelWidth] = wShape;
  const sizes = {
    batch,
    inputChannels,
    outputChannels,
    kernel: [kernelHeight, kernelWidth],
    output: [outputHeight, outputWidth],
  } as const;
  eachTap(sizes, convolving(attributes), (right) => {
    const own = { ...right, weightRow: right.outputRow, weightColumn: right.outputColumn };
    const tap = { ...own, ...change(own) };
    const patch = (tap.weightRow * outputWidth + tap.weightColumn) * outputChannels + tap.outputChannel;
    visit(tap, ((patch * inputChannels + tap.inputChannel) * kernelHeight + tap.kernelRow) * kernelWidth + tap.kernelColumn);
  });
}

/** y by the loop above, without bias. */
export function forwardWith(x: Tensor, weights: Tensor, attributes: LocallyConnectedAttributes, change: ChangeTap): Tensor {
  const [outputHeight, outputWidth, outputChannels] = weights.shape;
  const y = zeros([x.shape[0], outputChannels, outputHeight, outputWidth]);
  eachLocalTap(x.shape, weights.shape, attributes, change, (tap, wAt) => {
    const product = at(x, tap.sample, tap.inputChannel, tap.row, tap.column) * weights.data[wAt];
    addAt(y, tap.sample, tap.outputChannel, tap.outputRow, tap.outputColumn, product);
  });
  return y;
}

/** dx by the loop above; `overwrites` leaves the last term of each sum alone. */
export function inputGradientWith(
  xShape: readonly number[],
  weights: Tensor,
  dy: Tensor,
  attributes: LocallyConnectedAttributes,
  change: ChangeTap,
  overwrites = false,
): Tensor {
  const dx = zeros(xShape);
  eachLocalTap(xShape, weights.shape, attributes, change, (tap, wAt) => {
    const product = at(dy, tap.sample, tap.outputChannel, tap.outputRow, tap.outputColumn) * weights.data[wAt];
    const before = overwrites ? at(dx, tap.sample, tap.inputChannel, tap.row, tap.column) : 0;
    addAt(dx, tap.sample, tap.inputChannel, tap.row, tap.column, product - before);
  });
  return dx;
}

/** dWeights by the loop above. */
export function weightGradientWith(
  x: Tensor,
  wShape: readonly number[],
  dy: Tensor,
  attributes: LocallyConnectedAttributes,
  change: ChangeTap,
): Tensor {
  const dWeights = zeros(wShape);
  eachLocalTap(x.shape, wShape, attributes, change, (tap, wAt) => {
    dWeights.data[wAt] +=
      at(dy, tap.sample, tap.outputChannel, tap.outputRow, tap.outputColumn) *
      at(x, tap.sample, tap.inputChannel, tap.row, tap.column);
  });
  return dWeights;
}

export interface LocalGeometryMistake {
  readonly name: string;
  readonly says: string;
  readonly change: (attributes: LocallyConnectedAttributes) => ChangeTap;
}

/** Where the patch stands, as in a convolution, and whose weights it meets: the same in all three directions. */
export const localGeometryMistakes: readonly LocalGeometryMistake[] = [
  ...geometryMistakes
    .filter(({ name }) => /^(stride-(transposed|ignored)|padding)/.test(name))
    .map(({ name, says, change }) => ({
      name,
      says,
      change: (attributes: LocallyConnectedAttributes) => change(convolving(attributes)),
    })),
  {
    name: 'weights-shared',
    says: "with the first position's weights at every position: a convolution",
    change: () => () => ({ weightRow: 0, weightColumn: 0 }),
  },
  {
    name: 'weights-shared-along-rows',
    says: 'with the weights of the first column in every column',
    change: () => () => ({ weightColumn: 0 }),
  },
];
