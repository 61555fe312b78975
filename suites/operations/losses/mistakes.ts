/** How people get losses and their gradients wrong. */
import {
  binaryCrossEntropy,
  binaryCrossEntropyGradient,
  crossEntropy,
  crossEntropyGradient,
  squaredError,
  squaredErrorGradient,
} from '../../../reference/losses.ts';
import { combine, map, scalar, sum, type Tensor } from '../../../reference/tensor.ts';
import type { KnownMistake } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { rounded, withoutLast } from '../../judging/tensorChanges.ts';

interface Inputs {
  readonly prediction: Tensor;
  readonly target: Tensor;
}
type Loss = (prediction: Tensor, target: Tensor) => number;
type Gradient = (prediction: Tensor, target: Tensor) => Tensor;
interface Mistake<Outputs> {
  readonly name: string;
  readonly says: string;
  readonly erratum?: string;
  readonly link?: string;
  readonly outputs: (inputs: Inputs) => Outputs;
}

const elements = ({ prediction }: Inputs) => prediction.data.length;
const batch = ({ prediction }: Inputs) => prediction.shape[0];

const scaledLoss = (loss: Loss, factor: (inputs: Inputs) => number) => (inputs: Inputs) => ({
  loss: scalar(loss(inputs.prediction, inputs.target) * factor(inputs)),
});
const scaledGradient = (gradient: Gradient, factor: (inputs: Inputs) => number) => (inputs: Inputs) => ({
  dPrediction: map(gradient(inputs.prediction, inputs.target), (g) => g * factor(inputs)),
});
const termwise =
  (term: (p: number, t: number) => number) =>
  ({ prediction, target }: Inputs) => ({
    loss: scalar(sum(combine(prediction, target, term))),
  });
const elementwise =
  (slope: (p: number, t: number) => number) =>
  ({ prediction, target }: Inputs) => ({
    dPrediction: combine(prediction, target, slope),
  });

/** The mistakes that people make with any loss. */
function lossMistakes(loss: Loss): Mistake<{ loss: Tensor }>[] {
  return [
    { name: 'negated', says: 'the negative loss', outputs: scaledLoss(loss, () => -1) },
    {
      name: 'mean',
      says: 'the loss divided by the number of elements: a mean for the sum',
      erratum: 'R15',
      outputs: scaledLoss(loss, (inputs) => 1 / elements(inputs)),
    },
    {
      name: 'divided-by-batch',
      says: 'the loss divided by the batch size',
      outputs: scaledLoss(loss, (inputs) => 1 / batch(inputs)),
    },
    {
      name: 'half-precision',
      says: 'the loss of predictions rounded to 11 significant bits',
      outputs: ({ prediction, target }) => ({ loss: scalar(loss(rounded(prediction, precisions.tf32), target)) }),
    },
  ];
}

/** The mistakes that people make with any gradient. */
function gradientMistakes(gradient: Gradient): Mistake<{ dPrediction: Tensor }>[] {
  return [
    { name: 'negated', says: 'the negative gradient', outputs: scaledGradient(gradient, () => -1) },
    {
      name: 'divided-by-elements',
      says: 'the gradient divided by the number of elements',
      erratum: 'R15',
      outputs: scaledGradient(gradient, (inputs) => 1 / elements(inputs)),
    },
    {
      name: 'divided-by-batch',
      says: 'the gradient divided by the batch size',
      outputs: scaledGradient(gradient, (inputs) => 1 / batch(inputs)),
    },
    {
      name: 'last-sample-missing',
      says: 'the gradient with zeros for the last sample',
      outputs: ({ prediction, target }) => ({ dPrediction: withoutLast(gradient(prediction, target), 0) }),
    },
    {
      name: 'half-precision',
      says: 'the gradient rounded to 11 significant bits',
      outputs: ({ prediction, target }) => ({ dPrediction: rounded(gradient(prediction, target), precisions.tf32) }),
    },
  ];
}

export const squaredErrorMistakes: readonly KnownMistake<'squaredError'>[] = [
  ...lossMistakes(squaredError),
  { name: 'without-half', says: 'the sum of squares without ½', outputs: scaledLoss(squaredError, () => 2) },
  {
    name: 'of-rounded-predictions',
    says: 'the loss of predictions rounded to two decimals',
    erratum: 'R11',
    outputs: ({ prediction, target }) => ({
      loss: scalar(
        squaredError(
          map(prediction, (p) => Math.round(100 * p) / 100),
          target,
        ),
      ),
    }),
  },
  {
    name: 'mean-of-squares',
    says: 'the mean of the squares, without ½',
    erratum: 'R15',
    outputs: scaledLoss(squaredError, (inputs) => 2 / elements(inputs)),
  },
  { name: 'absolute', says: '½Σ|t − p|: absolute values for squares', outputs: termwise((p, t) => Math.abs(t - p) / 2) },
  {
    name: 'root',
    says: '‖t − p‖: the root of the sum of squares',
    outputs: ({ prediction, target }) => ({ loss: scalar(Math.sqrt(2 * squaredError(prediction, target))) }),
  },
];

export const squaredErrorGradientMistakes: readonly KnownMistake<'squaredError.gradient'>[] = [
  ...gradientMistakes(squaredErrorGradient),
  { name: 'doubled', says: '2(p − t): the gradient without ½', outputs: scaledGradient(squaredErrorGradient, () => 2) },
  {
    name: 'sign-of-difference',
    says: 'sign(p − t): the gradient of |p − t|',
    outputs: elementwise((p, t) => Math.sign(p - t)),
  },
];

export const crossEntropyMistakes: readonly KnownMistake<'crossEntropy'>[] = [
  ...lossMistakes(crossEntropy),
  { name: 'base-two', says: 'log₂ for ln', outputs: scaledLoss(crossEntropy, () => 1 / Math.LN2) },
  { name: 'base-ten', says: 'log₁₀ for ln', outputs: scaledLoss(crossEntropy, () => 1 / Math.LN10) },
  {
    name: 'swapped',
    says: '−Σ p ln t: prediction and target swapped',
    outputs: termwise((p, t) => (t === 0 ? 0 : -p * Math.log(t))),
  },
  {
    name: 'epsilon-inside',
    says: '−Σ t ln(p + 10⁻⁷): an epsilon against ln 0',
    outputs: termwise((p, t) => -t * Math.log(p + 1e-7)),
  },
  { name: 'binary', says: 'the binary cross entropy', outputs: scaledLoss(binaryCrossEntropy, () => 1) },
  {
    name: 'zero-times-infinity',
    link: 'https://github.com/pytorch/pytorch/issues/24933',
    says: 'NaN where a target of 0 meets a prediction of 0',
    outputs: termwise((p, t) => -t * Math.log(p)),
  },
];

export const crossEntropyGradientMistakes: readonly KnownMistake<'crossEntropy.gradient'>[] = [
  ...gradientMistakes(crossEntropyGradient),
  { name: 'with-softmax', says: 'p − t: the gradient through a softmax', outputs: elementwise((p, t) => p - t) },
  { name: 'not-divided', says: '−t: not divided by p', outputs: elementwise((_, t) => -t) },
  { name: 'of-the-other-base', says: '−t/(p ln 2): the gradient of log₂', outputs: elementwise((p, t) => -t / (p * Math.LN2)) },
  { name: 'logarithm', says: '−ln p: the derivative by t', outputs: elementwise((p) => -Math.log(p)) },
];

/** PyTorch's: ln 0 becomes −100. */
const clampedLogarithm = (p: number) => Math.max(Math.log(p), -100);
const clampedLink = 'https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html';

export const binaryCrossEntropyMistakes: readonly KnownMistake<'binaryCrossEntropy'>[] = [
  ...lossMistakes(binaryCrossEntropy),
  { name: 'first-half-only', says: '−Σ t ln p: the second half is missing', outputs: scaledLoss(crossEntropy, () => 1) },
  {
    name: 'minus-between',
    says: '−Σ[t ln p − (1 − t) ln(1 − p)]: a wrong sign inside',
    outputs: termwise((p, t) => -t * Math.log(p) + (1 - t) * Math.log(1 - p)),
  },
  {
    name: 'halves-crossed',
    says: '−Σ[(1 − t) ln p + t ln(1 − p)]: the halves crossed over',
    outputs: termwise((p, t) => -(1 - t) * Math.log(p) - t * Math.log(1 - p)),
  },
  { name: 'base-two', says: 'log₂ for ln', outputs: scaledLoss(binaryCrossEntropy, () => 1 / Math.LN2) },
  {
    name: 'logarithms-clamped',
    says: 'the loss with both logarithms clamped at −100, which is never infinite',
    link: clampedLink,
    outputs: termwise((p, t) => -t * clampedLogarithm(p) - (1 - t) * clampedLogarithm(1 - p)),
  },
  {
    name: 'epsilon-inside',
    says: 'the loss with an epsilon of 10⁻⁷ in both logarithms',
    outputs: termwise((p, t) => -t * Math.log(p + 1e-7) - (1 - t) * Math.log(1 - p + 1e-7)),
  },
];

export const binaryCrossEntropyGradientMistakes: readonly KnownMistake<'binaryCrossEntropy.gradient'>[] = [
  ...gradientMistakes(binaryCrossEntropyGradient),
  { name: 'with-sigmoid', says: 'p − t: the gradient through a sigmoid', outputs: elementwise((p, t) => p - t) },
  { name: 'first-half-only', says: '−t/p: the second half is missing', outputs: elementwise((p, t) => -t / p) },
  {
    name: 'minus-between',
    says: '−t/p − (1 − t)/(1 − p): the inner derivative of 1 − p is missing',
    outputs: elementwise((p, t) => -t / p - (1 - t) / (1 - p)),
  },
  {
    name: 'epsilon-inside',
    says: '(p − t)/(p(1 − p) + 10⁻⁷): an epsilon against a division by 0',
    link: 'https://github.com/pytorch/pytorch/issues/103316',
    outputs: elementwise((p, t) => (p - t) / (p * (1 - p) + 1e-7)),
  },
  { name: 'not-squared-out', says: '(p − t)/p: divided by p alone', outputs: elementwise((p, t) => (p - t) / p) },
];
