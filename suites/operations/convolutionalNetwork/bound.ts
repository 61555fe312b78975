/**
 * Bounds how far a small convolutional network in floating point may be from the reference: running error analysis, stage by stage (see
 * `enclosure.ts`), with what the two decisions in it leave open.
 *
 * **Max pooling.** Where rounding may make another element of a window the largest, the gradient may go to either: every element that
 * may be the largest may get all of it or nothing. **Rectifier.** Where rounding may carry a net across 0, or the net is 0, either slope
 * is right.
 */
import type { ConvolutionalNetworkAttributes } from '../../../backends/signatures.ts';
import { conv2d, conv2dBiasGradient, conv2dWeightGradient } from '../../../reference/convolution.ts';
import { type ConvolutionalNetwork, flatten } from '../../../reference/convolutionalNetwork.ts';
import { denseInputGradient, denseWeightGradient } from '../../../reference/dense.ts';
import { maxPool2d, maxPool2dBackward } from '../../../reference/pooling.ts';
import { combine, map, reshape, type Tensor, withData, zeros } from '../../../reference/tensor.ts';
import * as enclosed from '../../judging/bounds/enclosure.ts';
import { gamma } from '../../judging/bounds/sumOfProducts.ts';
import type { Precision } from '../../judging/precision.ts';
import { orWinograd, winogradApplies } from '../convolution/winograd.ts';

type Enclosed = enclosed.Enclosed;

interface Forward {
  readonly x: Enclosed;
  readonly net: Enclosed;
  readonly active: Enclosed;
  /** [batch, features]. */
  readonly features: Enclosed;
  readonly weights: Enclosed;
  readonly probabilities: Enclosed;
  /** ln of the probabilities, as ln p or as z − ln Σe^z. */
  readonly logarithms: Enclosed;
}

const withShape = (a: Enclosed, shape: readonly number[]) => enclosed.rearranged(a, (t) => reshape(t, shape));

export function encloseForward(
  x: Tensor,
  network: ConvolutionalNetwork,
  { convolution, pooling }: ConvolutionalNetworkAttributes,
  precision: Precision,
): Forward {
  const given = enclosed.input(x, precision);
  const [, channels, kernelHeight, kernelWidth] = network.kernels.shape;
  const direct = enclosed.products(
    (a, w, b) => conv2d(a, w, b, convolution),
    [given, enclosed.input(network.kernels, precision), enclosed.input(network.kernelBias, precision)],
    channels * kernelHeight * kernelWidth + 1,
    precision,
  );
  const { kernels, kernelBias } = network;
  const fast = { x, weights: kernels, bias: kernelBias, ...convolution, expected: direct.value };
  const net = winogradApplies(kernels, convolution)
    ? { value: direct.value, error: orWinograd({ limit: direct.error }, fast, precision).limit }
    : direct;
  const active = enclosed.activation('relu', net, precision);
  // The largest of values that are each off by no more than the largest error of the window is itself off by no more.
  const pooled = maxPool2d(active.value, pooling);
  const errors = maxPool2d(withData(active.value, active.error), pooling);
  const features = { value: flatten(pooled), error: Float64Array.from(errors.data) };
  const weights = enclosed.input(network.weights, precision);
  const logits = enclosed.dense(features, weights, enclosed.input(network.bias, precision), precision);
  const { probabilities, logarithms } = encloseSoftmax(logits, precision);
  return { x: given, net, active, features, weights, probabilities, logarithms };
}

/** Softmax as e^z/Σe^z and as e^{z − ln Σe^z}, with the largest logit subtracted, and its logarithm either way. */
function encloseSoftmax(logits: Enclosed, precision: Precision): { probabilities: Enclosed; logarithms: Enclosed } {
  const shifted = enclosed.subtract(logits, enclosed.maximum(logits, -1), precision);
  const exponentials = enclosed.exp(shifted, precision);
  const sums = enclosed.sum(exponentials, -1, precision);
  const quotients = enclosed.divide(exponentials, sums, precision);
  const differences = enclosed.subtract(shifted, enclosed.log(sums, precision), precision);
  // Without the shift: z − (max + ln Σ).
  const unshifted = enclosed.subtract(
    logits,
    enclosed.add(enclosed.maximum(logits, -1), enclosed.log(sums, precision), precision),
    precision,
  );
  const logarithms = enclosed.widest(differences, unshifted);
  return {
    probabilities: enclosed.widest(quotients, enclosed.exp(logarithms, precision)),
    logarithms: widestFinite(logarithms, enclosed.log(quotients, precision)),
  };
}

/** The larger of two bounds; where the second formula is without one (a probability that may be 0), the first alone. */
function widestFinite(a: Enclosed, b: Enclosed): Enclosed {
  const both = enclosed.widest(a, b);
  return { value: a.value, error: both.error.map((e, i) => (Number.isFinite(e) ? e : a.error[i])) };
}

/** −Σ t·ln p for targets of 0 and 1. */
export function encloseLoss({ logarithms }: Forward, target: Tensor, precision: Precision): Enclosed {
  const terms = enclosed.multiply(enclosed.input(target, precision), logarithms, precision);
  return enclosed.negate(enclosed.total(terms, precision));
}

export interface EnclosedGradients {
  readonly kernels: Enclosed;
  readonly kernelBias: Enclosed;
  readonly weights: Enclosed;
  readonly bias: Enclosed;
}

export function encloseGradients(
  forward: Forward,
  target: Tensor,
  network: ConvolutionalNetwork,
  { convolution, pooling }: ConvolutionalNetworkAttributes,
  precision: Precision,
): EnclosedGradients {
  const { x, net, active, features, weights, probabilities } = forward;
  const [batch, classes] = target.shape;
  const dLogits = encloseDifference(probabilities, enclosed.input(target, precision), precision);
  const dFeatures = enclosed.products(denseInputGradient, [weights, dLogits], classes, precision);
  const dPooled = withShape(dFeatures, maxPool2d(active.value, pooling).shape);
  const dActive = enclosePooling(active, dPooled, pooling, precision);
  const slopes = enclosed.activationDerivative('relu', net, precision);
  const slope: Enclosed = { value: slopes.value, error: slopes.error.map((e, i) => (net.value.data[i] === 0 ? 1 : e)) };
  const dNet = enclosed.multiply(dActive, slope, precision);
  const [, , height, width] = net.value.shape;
  const positions = batch * height * width;
  const [, , kernelHeight, kernelWidth] = network.kernels.shape;
  const ones = enclosed.exact(map(net.value, () => 1));
  return {
    kernels: enclosed.products(
      (a, d) => conv2dWeightGradient(a, d, { ...convolution, kernelSize: [kernelHeight, kernelWidth] }),
      [x, dNet],
      positions,
      precision,
    ),
    kernelBias: enclosed.products(
      (d, one) => conv2dBiasGradient(combine(d, one, (a, b) => a * b)),
      [dNet, ones],
      positions,
      precision,
    ),
    weights: enclosed.products(denseWeightGradient, [features, dLogits], batch, precision),
    bias: withShape(enclosed.sum(dLogits, 0, precision), [classes]),
  };

  /** Which elements of each window may be the largest, and so get its gradient; what comes from several windows is summed. */
  function enclosePooling(from: Enclosed, dy: Enclosed, options: typeof pooling, format: Precision): Enclosed {
    const { value } = from;
    const [, , rows, columns] = value.shape;
    const [, , outputRows, outputColumns] = dy.value.shape;
    const error = new Float64Array(value.data.length);
    const scale = zeros(value.shape);
    const windows = new Float64Array(value.data.length);
    for (let i = 0; i < dy.value.data.length; i++) {
      const plane = Math.floor(i / (outputRows * outputColumns)) * rows * columns;
      const top = (Math.floor(i / outputColumns) % outputRows) * options.stride[0] - options.padding[0];
      const left = (i % outputColumns) * options.stride[1] - options.padding[1];
      const elements: number[] = [];
      for (let r = Math.max(0, top); r < Math.min(rows, top + options.window[0]); r++)
        for (let c = Math.max(0, left); c < Math.min(columns, left + options.window[1]); c++)
          elements.push(plane + r * columns + c);
      const surely = Math.max(...elements.map((at) => value.data[at] - from.error[at]));
      const possible = elements.filter((at) => value.data[at] + from.error[at] >= surely);
      for (const at of possible) {
        error[at] += dy.error[i] + (possible.length > 1 ? Math.abs(dy.value.data[i]) : 0);
        scale.data[at] += Math.abs(dy.value.data[i]) + dy.error[i];
        windows[at]++;
      }
    }
    const dx = maxPool2dBackward(value, dy.value, options);
    return { value: dx, error: error.map((e, at) => e + gamma(Math.max(0, windows[at] - 1), format) * scale.data[at]) };
  }
}

/**
 * Softmax and cross entropy together: p − t. Apart, dp = −t/p and p(dp − Σdp·p): for a target whose rows are one 1 and otherwise 0 the
 * factor 1/p meets the same computed p again, so that besides p's own error each of t and p is off by no more than six roundings (a
 * reciprocal and product, two products, a difference, and the last product).
 */
function encloseDifference(probabilities: Enclosed, target: Enclosed, precision: Precision): Enclosed {
  const together = enclosed.subtract(probabilities, target, precision);
  const six = gamma(6, precision);
  const error = together.error.map((e, i) => {
    const apart = probabilities.error[i] + six * (probabilities.value.data[i] + probabilities.error[i] + target.value.data[i]);
    return Math.max(e, apart);
  });
  return { value: together.value, error };
}

/** weights − learningRate·gradient, each operation rounded. */
export function encloseStep(from: Tensor, gradient: Enclosed, learningRate: number, precision: Precision): Enclosed {
  const scaled = enclosed.scale(gradient, learningRate, precision);
  return enclosed.subtract(enclosed.input(from, precision), scaled, precision);
}
