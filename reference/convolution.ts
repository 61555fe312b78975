/**
 * Two-dimensional convolution, as the field uses the word (cross-correlation: the kernel is not flipped), and its gradients.
 * Rows C1, C2 (pena, basics).
 *
 * Images are [batch, channels, height, width]; weights [outputChannels, inputChannels / groups, kernelHeight, kernelWidth]. The input
 * is extended with zeros by `padding` [top, left, bottom, right]; the taps of the kernel stand `dilation` apart; the kernel moves by
 * `stride`; with `groups` the channels are cut into that many convolutions that know nothing of each other.
 *
 * Each result is a sum of n products, added in a fixed order: its error is at most γₙ = nu/(1 − nu), u = 2⁻⁵³, times the same sum of
 * absolute values. A NaN or ∞ reaches every output whose window covers it; the padding's zeros are not multiplied, so a NaN weight
 * over padding alone does nothing.
 */
import { type Tensor, zeros } from './tensor.ts';

export interface ConvolutionOptions {
  readonly stride: readonly [vertical: number, horizontal: number];
  readonly padding: readonly [top: number, left: number, bottom: number, right: number];
  readonly dilation: readonly [vertical: number, horizontal: number];
  readonly groups: number;
}

/**
 * Number of positions of a kernel along one axis: ⌊(size + before + after − dilation·(kernel − 1) − 1)/stride⌋ + 1. Row C1.
 *
 * 0 or negative when the dilated kernel is larger than the padded input.
 */
export function convolutionOutputSize(
  size: number,
  kernel: number,
  stride: number,
  before: number,
  after: number,
  dilation: number,
): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/**
 * y[n, o, r, s] = bias[o] + Σ_{c, i, j} weights[o, c, i, j]·x[n, group(o) + c, r·stride + i·dilation − top, s·stride + j·dilation − left].
 *
 * x [batch, inputChannels, height, width], bias [outputChannels] or undefined → [batch, outputChannels, outputHeight, outputWidth],
 * whose sizes are `convolutionOutputSize`. Row C1 (pena, basics).
 *
 * @throws RangeError (C1) when the channels do not fit the groups, (C2) when the dilated kernel is larger than the padded input.
 */
export function conv2d(x: Tensor, weights: Tensor, bias: Tensor | undefined, options: ConvolutionOptions): Tensor {
  const [batch] = x.shape;
  const [outputChannels] = weights.shape;
  const [outputHeight, outputWidth] = outputSize('conv2d', x.shape, weights.shape, options);
  const y = zeros([batch, outputChannels, outputHeight, outputWidth]);
  const positions = outputHeight * outputWidth;
  if (bias) for (let i = 0; i < y.data.length; i++) y.data[i] = bias.data[Math.floor(i / positions) % outputChannels];
  const [xData, weightData, yData, step] = [x.data, weights.data, y.data, options.stride[1]];
  visitProducts('conv2d', x.shape, weights.shape, y.shape, options, (yAt, xAt, weightAt, count) => {
    for (let k = 0; k < count; k++) yData[yAt + k] += xData[xAt + k * step] * weightData[weightAt];
  });
  return y;
}

/**
 * dx[xAt] = Σ dy[yAt]·weights[weightAt] over all products of the convolution that take x[xAt]: every position hands its dy, times the weight,
 * back to the input it was multiplied with.
 *
 * dy as y → [batch, inputChannels, …inputSize]. The size of the input is stated because a stride may skip its last rows. Row C2 (pena).
 *
 * @throws RangeError (C1) as `conv2d`, (C3) when dy is not what a convolution of that input gives.
 */
export function conv2dInputGradient(
  weights: Tensor,
  dy: Tensor,
  options: ConvolutionOptions & { readonly inputSize: readonly [height: number, width: number] },
): Tensor {
  const dx = zeros([dy.shape[0], weights.shape[1] * options.groups, ...options.inputSize]);
  checkOutputGradient('conv2dInputGradient', dx.shape, weights.shape, dy.shape, options);
  const [dxData, weightData, dyData, step] = [dx.data, weights.data, dy.data, options.stride[1]];
  visitProducts('conv2dInputGradient', dx.shape, weights.shape, dy.shape, options, (yAt, xAt, weightAt, count) => {
    for (let k = 0; k < count; k++) dxData[xAt + k * step] += dyData[yAt + k] * weightData[weightAt];
  });
  return dx;
}

/**
 * dWeights[weightAt] = Σ dy[yAt]·x[xAt] over all products that take weights[weightAt]. The weights are shared: every position of every image adds
 * its own dy times the input that was under the weight there (R6).
 *
 * → [outputChannels, inputChannels / groups, …kernelSize]. The size of the kernel is stated because a stride may leave several possible.
 * Row C2 (pena).
 *
 * @throws RangeError (C1) as `conv2d`, (C3) when dy is not what a convolution of x with such a kernel gives.
 */
export function conv2dWeightGradient(
  x: Tensor,
  dy: Tensor,
  options: ConvolutionOptions & { readonly kernelSize: readonly [height: number, width: number] },
): Tensor {
  const dWeights = zeros([dy.shape[1], Math.floor(x.shape[1] / options.groups), ...options.kernelSize]);
  checkOutputGradient('conv2dWeightGradient', x.shape, dWeights.shape, dy.shape, options);
  const [xData, dWeightData, dyData, step] = [x.data, dWeights.data, dy.data, options.stride[1]];
  visitProducts('conv2dWeightGradient', x.shape, dWeights.shape, dy.shape, options, (yAt, xAt, weightAt, count) => {
    for (let k = 0; k < count; k++) dWeightData[weightAt] += dyData[yAt + k] * xData[xAt + k * step];
  });
  return dWeights;
}

/** dBias[o] = Σ_{n, r, s} dy[n, o, r, s]: over positions and images alike. dy [batch, outputChannels, …] → [outputChannels]. Row C2. */
export function conv2dBiasGradient(dy: Tensor): Tensor {
  const [, channels, height, width] = dy.shape;
  const dBias = zeros([channels]);
  for (let i = 0; i < dy.data.length; i++) dBias.data[Math.floor(i / (height * width)) % channels] += dy.data[i];
  return dBias;
}

/**
 * Names the products that one weight has with one row of an image, in a row of the output: y[yAt + k] takes x[xAt + k·step]·weights[weightAt]
 * for k = 0 … count − 1, where step is the horizontal stride.
 */
type VisitRow = (yAt: number, xAt: number, weightAt: number, count: number) => void;

/**
 * Goes through every product of a convolution once. The forward pass and both gradients visit the same triples (y, x, weight):
 * y += x·w, dx += dy·w and dWeights += dy·x. That is why each gradient is the adjoint of the forward pass. Products with the zeros of
 * the padding are left out.
 */
function visitProducts(
  name: string,
  xShape: readonly number[],
  weightShape: readonly number[],
  yShape: readonly number[],
  { stride, padding, dilation, groups }: ConvolutionOptions,
  visitRow: VisitRow,
): void {
  const [batch, inputChannels, height, width] = xShape;
  const [outputChannels, inputChannelsPerGroup, kernelHeight, kernelWidth] = weightShape;
  const [, , outputHeight, outputWidth] = yShape;
  if (inputChannels !== inputChannelsPerGroup * groups || outputChannels % groups !== 0) {
    throw new RangeError(
      `${name}: (C1) ${inputChannels} input and ${outputChannels} output channels do not fit weights [${weightShape.join(', ')}] in ${groups} groups`,
    );
  }
  const outputChannelsPerGroup = outputChannels / groups;
  for (let image = 0; image < batch; image++) {
    for (let outputChannel = 0; outputChannel < outputChannels; outputChannel++) {
      const firstChannel = Math.floor(outputChannel / outputChannelsPerGroup) * inputChannelsPerGroup;
      for (let row = 0; row < outputHeight; row++) {
        const yRoweightAt = ((image * outputChannels + outputChannel) * outputHeight + row) * outputWidth;
        for (let channel = 0; channel < inputChannelsPerGroup; channel++) {
          for (let kernelRow = 0; kernelRow < kernelHeight; kernelRow++) {
            const xRow = row * stride[0] + kernelRow * dilation[0] - padding[0];
            if (xRow < 0 || xRow >= height) continue;
            const xRoweightAt = ((image * inputChannels + firstChannel + channel) * height + xRow) * width;
            for (let kernelColumn = 0; kernelColumn < kernelWidth; kernelColumn++) {
              // Output column s stands over column s·stride + shift of the image; the first and the last that are inside it:
              const shift = kernelColumn * dilation[1] - padding[1];
              const first = Math.max(0, Math.ceil(-shift / stride[1]));
              const last = Math.min(outputWidth - 1, Math.floor((width - 1 - shift) / stride[1]));
              const weightAt =
                ((outputChannel * inputChannelsPerGroup + channel) * kernelHeight + kernelRow) * kernelWidth + kernelColumn;
              visitRow(yRoweightAt + first, xRoweightAt + first * stride[1] + shift, weightAt, last - first + 1);
            }
          }
        }
      }
    }
  }
}

/** [outputHeight, outputWidth] of a convolution. */
function outputSize(
  name: string,
  [, , height, width]: readonly number[],
  [, , kernelHeight, kernelWidth]: readonly number[],
  { stride, padding, dilation }: ConvolutionOptions,
): [number, number] {
  const outputHeight = convolutionOutputSize(height, kernelHeight, stride[0], padding[0], padding[2], dilation[0]);
  const outputWidth = convolutionOutputSize(width, kernelWidth, stride[1], padding[1], padding[3], dilation[1]);
  if (outputHeight < 1 || outputWidth < 1) {
    throw new RangeError(
      `${name}: (C2) the dilated kernel [${kernelHeight}, ${kernelWidth}] is larger than the padded input [${height}, ${width}]`,
    );
  }
  return [outputHeight, outputWidth];
}

function checkOutputGradient(
  name: string,
  xShape: readonly number[],
  weightShape: readonly number[],
  dyShape: readonly number[],
  options: ConvolutionOptions,
): void {
  const expected = [xShape[0], weightShape[0], ...outputSize(name, xShape, weightShape, options)];
  if (dyShape.join() !== expected.join()) {
    throw new RangeError(`${name}: (C3) dy is [${dyShape.join(', ')}], the convolution's output is [${expected.join(', ')}]`);
  }
}

/**
 * The matrix M with vec(y) = M·vec(x) of one image: [outputChannels·outputHeight·outputWidth, inputChannels·height·width]. Sparse, and the
 * same weights stand in every row of a channel. Row C5 (basics).
 */
export function convolutionMatrix(
  inputShape: readonly [channels: number, height: number, width: number],
  weights: Tensor,
  options: ConvolutionOptions,
): Tensor {
  const y = conv2d(zeros([1, ...inputShape]), weights, undefined, options);
  const columns = inputShape[0] * inputShape[1] * inputShape[2];
  const matrix = zeros([y.data.length, columns]);
  const step = options.stride[1];
  visitProducts('convolutionMatrix', [1, ...inputShape], weights.shape, y.shape, options, (yAt, xAt, weightAt, count) => {
    for (let k = 0; k < count; k++) matrix.data[(yAt + k) * columns + xAt + k * step] += weights.data[weightAt];
  });
  return matrix;
}
