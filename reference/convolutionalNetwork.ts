/**
 * A small convolutional network: convolution, rectifier, max pooling, then a fully connected layer with softmax, trained by the
 * cross entropy. Composed of the project's operations and nothing else. Row C8 (pena).
 */
import { activations } from './activations.ts';
import { type ConvolutionOptions, conv2d, conv2dBiasGradient, conv2dWeightGradient } from './convolution.ts';
import { dense, denseBiasGradient, denseInputGradient, denseWeightGradient } from './dense.ts';
import { crossEntropy } from './losses.ts';
import { maxPool2d, maxPool2dBackward, type PoolingOptions } from './pooling.ts';
import { softmax } from './softmax.ts';
import { combine, map, reshape, type Tensor } from './tensor.ts';

export interface ConvolutionalNetwork {
  /** [maps, channels, kernelHeight, kernelWidth]. */
  readonly kernels: Tensor;
  /** [maps]. */
  readonly kernelBias: Tensor;
  /** [classes, maps·height·width after pooling]. */
  readonly weights: Tensor;
  /** [classes]. */
  readonly bias: Tensor;
}

export interface NetworkGeometry {
  readonly convolution: ConvolutionOptions;
  readonly pooling: PoolingOptions;
}

export interface ConvolutionalForward {
  readonly net: Tensor;
  readonly active: Tensor;
  readonly pooled: Tensor;
  /** softmax outputs [batch, classes]. */
  readonly probabilities: Tensor;
}

/** x [batch, channels, height, width] → class probabilities and every stage on the way. */
export function convolutionalForward(
  x: Tensor,
  network: ConvolutionalNetwork,
  geometry: NetworkGeometry,
): ConvolutionalForward {
  const net = conv2d(x, network.kernels, network.kernelBias, geometry.convolution);
  const active = map(net, activations.relu.value);
  const pooled = maxPool2d(active, geometry.pooling);
  const probabilities = softmax(dense(flatten(pooled), network.weights, network.bias));
  return { net, active, pooled, probabilities };
}

export interface ConvolutionalGradients {
  /** −Σ target·ln(probability) over the batch. */
  readonly loss: number;
  readonly gradients: ConvolutionalNetwork;
  /** ∂E/∂net of the convolution, from which `conv2dInputGradient` makes ∂E/∂x for a layer below. */
  readonly dNet: Tensor;
}

/** All gradients of the cross entropy; of softmax and cross entropy together the gradient is probability − target. */
export function convolutionalBackward(
  x: Tensor,
  target: Tensor,
  network: ConvolutionalNetwork,
  geometry: NetworkGeometry,
): ConvolutionalGradients {
  const { net, active, pooled, probabilities } = convolutionalForward(x, network, geometry);
  const dLogits = combine(probabilities, target, (p, t) => p - t);
  const dPooled = reshape(denseInputGradient(network.weights, dLogits), pooled.shape);
  const dActive = maxPool2dBackward(active, dPooled, geometry.pooling);
  const dNet = combine(dActive, net, (d, v) => d * activations.relu.derivative(v));
  const { convolution } = geometry;
  const [kernelHeight, kernelWidth] = network.kernels.shape.slice(2);
  return {
    loss: crossEntropy(probabilities, target),
    gradients: {
      kernels: conv2dWeightGradient(x, dNet, { ...convolution, kernelSize: [kernelHeight, kernelWidth] }),
      kernelBias: conv2dBiasGradient(dNet),
      weights: denseWeightGradient(flatten(pooled), dLogits),
      bias: denseBiasGradient(dLogits),
    },
    dNet,
  };
}

/** One step of gradient descent on all weights at once; the loss is the one before the step. */
export function convolutionalTrainStep(
  x: Tensor,
  target: Tensor,
  network: ConvolutionalNetwork,
  geometry: NetworkGeometry,
  learningRate: number,
): { loss: number; network: ConvolutionalNetwork } {
  const { loss, gradients } = convolutionalBackward(x, target, network, geometry);
  const descend = (from: Tensor, gradient: Tensor) => combine(from, gradient, (w, g) => w - learningRate * g);
  return {
    loss,
    network: {
      kernels: descend(network.kernels, gradients.kernels),
      kernelBias: descend(network.kernelBias, gradients.kernelBias),
      weights: descend(network.weights, gradients.weights),
      bias: descend(network.bias, gradients.bias),
    },
  };
}

/** [batch, channels, height, width] → [batch, channels·height·width]; row-major order makes it a matter of the shape alone. */
export function flatten(x: Tensor): Tensor {
  const [batch, channels, height, width] = x.shape;
  return reshape(x, [batch, channels * height * width]);
}
