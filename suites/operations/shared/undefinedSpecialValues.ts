/**
 * Reasons why no answer to a special value is the right one. An entry's field `undefinedSpecialValues` names the values by these:
 * `nan` in the first input, `nan-in-weights` in another.
 */
import { specialValues } from './specialValueNames.ts';

export const choice = 'a comparison with NaN is false, and which branch that takes is the implementation’s choice';
export const constant = 'the slope is 1 everywhere: whether NaN shows in it is the implementation’s choice';
export const ignoresNaN = 'ONNX leaves open whether a maximum propagates NaN or passes over it; libraries do either';
export const intermediate =
  'whether an intermediate result leaves the range of normal numbers depends on the order of the operations';
export const flat = 'the slope is 0 everywhere: whatever dy is, the product is 0, or NaN where it is multiplied';
export const notLargest =
  'among other numbers it is the largest of no window; windows of nothing else are asked as infinities and ties';
export const hiddenPixel = 'what one pixel changes may be hidden by the rectifier and the pooling';
export const withinMargin = 'a sample and its like with the other label, both within the margin, cancel';
export const tooSmall = 'what flushing a number that small changes is far below the rounding of every result';
export const saturates = 'Inf − Inf and 0·Inf arise inside, and the bound of the layers in between is not finite';

export const wholeNumbers = 'the operation is defined on whole numbers, of which alone no decision depends on rounding';
export const sampleNumbers = 'an order holds the numbers of the samples and nothing else';
export const noProbability = 'no probability: libraries refuse it, clamp it or compute with it';
export const beyondLogarithms = 'libraries clamp the logarithm or the divisor of a probability that small';
export const noMargin = 'the bound is of samples that a separator of finite numbers classifies rightly';
export const noColumns = 'a list of no rows has no columns in many languages; the dense layer is asked for no sample';
/** An operation without an axis of samples that do not know of each other. */
export const noSamples =
  'none of its axes is of samples that do not know of each other: of nothing there is nothing to compute';

export const every = (reason: string, values: readonly string[] = Object.keys(specialValues)) =>
  Object.fromEntries(values.map((value) => [value, reason]));
/** The name of a special value in another input than the first: `nan-in-kernel-bias`. */
export const inInput = (value: string, input: string) =>
  `${value}-in-${input.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
/** The same in each of these inputs that are not the first. */
export const everyIn = (inputs: readonly string[], reason: string, values: readonly string[]) =>
  every(
    reason,
    inputs.flatMap((input) => values.map((value) => inInput(value, input))),
  );
export const infinities = ['infinity', 'minus-infinity'];
export const notFinite = ['nan', ...infinities];
export const twoLayerNetwork = {
  ...every(saturates, infinities),
  ...everyIn(['weights1', 'bias1', 'weights2', 'bias2'], saturates, infinities),
};
export const hiddenLayer = ['weights1', 'bias1'];
export const convolutionalParameters = ['kernels', 'kernelBias', 'weights', 'bias'];
export const convolutional = {
  ...every(hiddenPixel, ['zero', 'minus-zero']),
  nan: ignoresNaN,
  ...everyIn(convolutionalParameters, ignoresNaN, ['nan']),
  ...every(saturates, infinities),
  ...everyIn(convolutionalParameters, saturates, infinities),
  largest: intermediate,
  ...everyIn(convolutionalParameters, intermediate, ['largest']),
};
export const noProbabilities = {
  ...every(noProbability, ['nan', 'infinity', 'minus-infinity', 'largest']),
  ...every(beyondLogarithms, ['zero', 'minus-zero']),
};
export const noBinaryProbabilities = {
  ...noProbabilities,
  ...every(beyondLogarithms, ['smallest-normal', 'subnormal']),
  ...everyIn(['target'], noProbability, [...notFinite, 'largest']),
};
