/**
 * Two-dimensional convolution, as the field uses the word (cross-correlation: the kernel is not flipped), and its gradients.
 *
 * Images are [batch, channels, height, width]; kernels [outputChannels, inputChannels / groups, kernelHeight, kernelWidth]. The
 * input is extended with zeros by `padding` [top, left, bottom, right]; the kernel's taps stand `dilation` apart; the kernel moves
 * by `stride`; with `groups` the channels are cut into that many independent convolutions. Rows C1, C2 (pena, basics).
 */
import { type Tensor, zeros } from './tensor.ts';

export interface ConvolutionOptions {
  readonly stride: readonly [vertical: number, horizontal: number];
  readonly padding: readonly [top: number, left: number, bottom: number, right: number];
  readonly dilation: readonly [vertical: number, horizontal: number];
  readonly groups: number;
}

/** floor((size + before + after − dilation·(kernel − 1) − 1)/stride) + 1: positions of a kernel along one axis. */
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

/** Names one product of a convolution: y[yAt] takes x[xAt]·weights[wAt], for output channel `outputChannel`. */
type Visit = (yAt: number, xAt: number, wAt: number) => void;

/**
 * Goes through every product of a convolution once. The forward pass and both gradients visit the same triples (y, x, weight):
 * y += x·w, dx += dy·w and dw += dy·x. Products with the zeros of the padding are left out.
 */
function visitProducts(
  xShape: readonly number[],
  wShape: readonly number[],
  yShape: readonly number[],
  { stride, padding, dilation, groups }: ConvolutionOptions,
  visit: Visit,
): void {
  const [batch, inputChannels, height, width] = xShape;
  const [outputChannels, channelsPerGroup, kernelHeight, kernelWidth] = wShape;
  const [, , outputHeight, outputWidth] = yShape;
  if (inputChannels !== channelsPerGroup * groups || outputChannels % groups !== 0) {
    throw new RangeError(
      `conv2d: (C1) ${inputChannels} input and ${outputChannels} output channels do not fit weights [${wShape.join(', ')}] in ${groups} groups`,
    );
  }
  const outputsPerGroup = outputChannels / groups;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputChannels; o++) {
      const group = Math.floor(o / outputsPerGroup);
      for (let row = 0; row < outputHeight; row++) {
        for (let column = 0; column < outputWidth; column++) {
          const yAt = ((n * outputChannels + o) * outputHeight + row) * outputWidth + column;
          for (let c = 0; c < channelsPerGroup; c++) {
            for (let kr = 0; kr < kernelHeight; kr++) {
              const xRow = row * stride[0] - padding[0] + kr * dilation[0];
              if (xRow < 0 || xRow >= height) continue;
              for (let kc = 0; kc < kernelWidth; kc++) {
                const xColumn = column * stride[1] - padding[1] + kc * dilation[1];
                if (xColumn < 0 || xColumn >= width) continue;
                const xAt = ((n * inputChannels + group * channelsPerGroup + c) * height + xRow) * width + xColumn;
                const wAt = ((o * channelsPerGroup + c) * kernelHeight + kr) * kernelWidth + kc;
                visit(yAt, xAt, wAt);
              }
            }
          }
        }
      }
    }
  }
}

/**
 * y[n, o, r, s] = bias[o] + Σ_{c, i, j} x[n, c, r·stride + i·dilation − padding, …]·weights[o, c, i, j].
 *
 * `bias` [outputChannels] may be undefined. Row C1.
 *
 * @throws RangeError (C1) when the channels do not fit the groups, (C2) when the dilated kernel is larger than the padded input.
 */
export function conv2d(x: Tensor, weights: Tensor, bias: Tensor | undefined, options: ConvolutionOptions): Tensor {
  const [batch, , height, width] = x.shape;
  const [outputChannels, , kernelHeight, kernelWidth] = weights.shape;
  const { stride, padding, dilation } = options;
  const outputHeight = convolutionOutputSize(height, kernelHeight, stride[0], padding[0], padding[2], dilation[0]);
  const outputWidth = convolutionOutputSize(width, kernelWidth, stride[1], padding[1], padding[3], dilation[1]);
  if (outputHeight < 1 || outputWidth < 1) {
    throw new RangeError(
      `conv2d: (C2) the dilated kernel [${kernelHeight}, ${kernelWidth}] is larger than the padded input [${height}, ${width}]`,
    );
  }
  const y = zeros([batch, outputChannels, outputHeight, outputWidth]);
  const positions = outputHeight * outputWidth;
  if (bias) for (let i = 0; i < y.data.length; i++) y.data[i] = bias.data[Math.floor(i / positions) % outputChannels];
  visitProducts(x.shape, weights.shape, y.shape, options, (yAt, xAt, wAt) => {
    y.data[yAt] += x.data[xAt] * weights.data[wAt];
  });
  return y;
}

/** ∂E/∂x: every position hands dy·weight back to the input it was multiplied with. dy as y → [batch, inputChannels, …inputSize]. Row C2. */
export function conv2dInputGradient(
  weights: Tensor,
  dy: Tensor,
  options: ConvolutionOptions & { readonly inputSize: readonly [number, number] },
): Tensor {
  const dx = zeros([dy.shape[0], weights.shape[1] * options.groups, ...options.inputSize]);
  visitProducts(dx.shape, weights.shape, dy.shape, options, (yAt, xAt, wAt) => {
    dx.data[xAt] += dy.data[yAt] * weights.data[wAt];
  });
  return dx;
}

/** ∂E/∂weights: weights are shared, so every position adds its dy·x. → [outputChannels, inputChannels / groups, …kernelSize]. Row C2. */
export function conv2dWeightGradient(
  x: Tensor,
  dy: Tensor,
  options: ConvolutionOptions & { readonly kernelSize: readonly [number, number] },
): Tensor {
  const dWeights = zeros([dy.shape[1], x.shape[1] / options.groups, ...options.kernelSize]);
  visitProducts(x.shape, dWeights.shape, dy.shape, options, (yAt, xAt, wAt) => {
    dWeights.data[wAt] += dy.data[yAt] * x.data[xAt];
  });
  return dWeights;
}

/** ∂E/∂bias[o] = Σ_{n, r, s} dy[n, o, r, s]. Row C2. */
export function conv2dBiasGradient(dy: Tensor): Tensor {
  const [, channels, height, width] = dy.shape;
  const dBias = zeros([channels]);
  for (let i = 0; i < dy.data.length; i++) dBias.data[Math.floor(i / (height * width)) % channels] += dy.data[i];
  return dBias;
}
