/**
 * The locally connected layer: the patches of a convolution, but every position has weights of its own. Row C3 (basics).
 *
 * x [batch, inputChannels, height, width]; weights [outputHeight, outputWidth, outputChannels, inputChannels, kernelHeight,
 * kernelWidth]; y and dy [batch, outputChannels, outputHeight, outputWidth].
 */
import { type Tensor, zeros } from './tensor.ts';

export interface LocalOptions {
  readonly stride: readonly [vertical: number, horizontal: number];
  readonly padding: readonly [top: number, left: number, bottom: number, right: number];
}

/** Visits every product once, as positions in y, x and weights. */
function visitProducts(
  xShape: readonly number[],
  wShape: readonly number[],
  { stride, padding }: LocalOptions,
  visit: (yAt: number, xAt: number, wAt: number) => void,
): void {
  const [batch, inputChannels, height, width] = xShape;
  const [outputHeight, outputWidth, outputChannels, , kernelHeight, kernelWidth] = wShape;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < outputHeight; row++) {
      for (let column = 0; column < outputWidth; column++) {
        for (let o = 0; o < outputChannels; o++) {
          const yAt = ((n * outputChannels + o) * outputHeight + row) * outputWidth + column;
          for (let c = 0; c < inputChannels; c++) {
            for (let i = 0; i < kernelHeight; i++) {
              for (let j = 0; j < kernelWidth; j++) {
                const [xRow, xColumn] = [row * stride[0] - padding[0] + i, column * stride[1] - padding[1] + j];
                if (xRow < 0 || xRow >= height || xColumn < 0 || xColumn >= width) continue;
                const xAt = ((n * inputChannels + c) * height + xRow) * width + xColumn;
                const patch = (row * outputWidth + column) * outputChannels + o;
                visit(yAt, xAt, ((patch * inputChannels + c) * kernelHeight + i) * kernelWidth + j);
              }
            }
          }
        }
      }
    }
  }
}

/** y[n, o, r, s] = bias[o, r, s] + Σ x[patch at (r, s)]·weights[r, s, o, …]; the bias is not shared either, and may be absent. */
export function locallyConnected2d(x: Tensor, weights: Tensor, bias: Tensor | undefined, options: LocalOptions): Tensor {
  const [outputHeight, outputWidth, outputChannels] = weights.shape;
  const y = zeros([x.shape[0], outputChannels, outputHeight, outputWidth]);
  if (bias) for (let i = 0; i < y.data.length; i++) y.data[i] = bias.data[i % bias.data.length];
  visitProducts(x.shape, weights.shape, options, (yAt, xAt, wAt) => {
    y.data[yAt] += x.data[xAt] * weights.data[wAt];
  });
  return y;
}

/** ∂E/∂x, in the shape of x. */
export function locallyConnected2dInputGradient(
  xShape: readonly number[],
  weights: Tensor,
  dy: Tensor,
  options: LocalOptions,
): Tensor {
  const dx = zeros(xShape);
  visitProducts(xShape, weights.shape, options, (yAt, xAt, wAt) => {
    dx.data[xAt] += dy.data[yAt] * weights.data[wAt];
  });
  return dx;
}

/** ∂E/∂weights, in the shape of the weights: nothing is shared, so only the batch is summed over. */
export function locallyConnected2dWeightGradient(
  x: Tensor,
  weightShape: readonly number[],
  dy: Tensor,
  options: LocalOptions,
): Tensor {
  const dWeights = zeros(weightShape);
  visitProducts(x.shape, weightShape, options, (yAt, xAt, wAt) => {
    dWeights.data[wAt] += dy.data[yAt] * x.data[xAt];
  });
  return dWeights;
}

/** ∂E/∂bias [outputChannels, outputHeight, outputWidth]: dy summed over the batch alone. */
export function locallyConnected2dBiasGradient(dy: Tensor): Tensor {
  const dBias = zeros(dy.shape.slice(1));
  for (let i = 0; i < dy.data.length; i++) dBias.data[i % dBias.data.length] += dy.data[i];
  return dBias;
}

/** Weights of three layers from an image to feature maps of one size: fully connected, locally connected, convolutional. Row C6 (basics, pena). */
export function weightCounts(
  image: readonly [channels: number, height: number, width: number],
  maps: number,
  kernel: readonly [number, number],
) {
  const [channels, height, width] = image;
  const positions = (height - kernel[0] + 1) * (width - kernel[1] + 1);
  const patch = channels * kernel[0] * kernel[1];
  return {
    fullyConnected: channels * height * width * maps * positions,
    locallyConnected: patch * maps * positions,
    convolutional: patch * maps,
  };
}
