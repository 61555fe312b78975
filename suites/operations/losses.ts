/** Losses summed over all elements, and their gradients with respect to the prediction. */
import fc from 'fast-check';
import {
  binaryCrossEntropy,
  binaryCrossEntropyGradient,
  crossEntropy,
  crossEntropyGradient,
  squaredError,
  squaredErrorGradient,
} from '../../reference/losses.ts';
import { combine, map, scalar, sum, type Tensor } from '../../reference/tensor.ts';
import { logarithmError } from '../bounds/elementary.ts';
import { gamma } from '../bounds/sumOfProducts.ts';
import type { AnyOperation, InputSpecification, Values } from '../operation.ts';
import type { Precision } from '../precision.ts';
import { defineOperation } from './define.ts';

const shape = ['batch', 'outputs'];
const reals: Values = { kind: 'uniform', low: -9, high: 9 };
const probabilities: Values = { kind: 'uniform', low: 0.05, high: 0.95 };
/** Close to 0 and to 1, where the logarithms and quotients are large. */
const extreme: Values = {
  kind: 'computed',
  draw: (random, ofShape) =>
    Float64Array.from({ length: ofShape.reduce((a, b) => a * b, 1) }, (_, i) =>
      i % 2 === 0 ? 2 ** -(4 + 12 * random.next()) : 1 - 2 ** -(4 + 12 * random.next()),
    ),
};
const zeroOrOne: Values = {
  kind: 'computed',
  draw: (random, ofShape) => Float64Array.from({ length: ofShape.reduce((a, b) => a * b, 1) }, () => random.integer(0, 1)),
};

const inputsOf = (prediction: Values, target: Values) => (): Record<'prediction' | 'target', InputSpecification> => ({
  prediction: { dimensions: shape, values: prediction },
  target: { dimensions: shape, values: target },
});
const draw = fc
  .record({ batch: fc.integer({ min: 1, max: 4 }), outputs: fc.integer({ min: 1, max: 5 }) })
  .map((sizes) => ({ sizes, attributes: {} }));
const recipes = [
  { name: 'plain', sizes: { batch: 3, outputs: 5 }, attributes: {} },
  { name: 'one-sample', sizes: { batch: 1, outputs: 7 }, attributes: {} },
  { name: 'one-output', sizes: { batch: 6, outputs: 1 }, attributes: {} },
  { name: 'many', sizes: { batch: 32, outputs: 37 }, attributes: {} },
];
const common = { topic: 'Losses', source: 'reference/losses.ts' as const, attributes: {}, constraints: [], rows: ['J4'], draw };
const lossOutput = () => ({ loss: { dimensions: [] } });
const gradientOutput = () => ({ dPrediction: { dimensions: shape } });
const benchmark = { name: 'benchmark', sizes: { batch: 128, outputs: 512 }, attributes: {}, tiers: ['random'] as const };

const elements = ({ data }: Tensor) => data.length;
const allIntegers = (...tensors: Tensor[]) => tensors.every(({ data }) => data.every(Number.isInteger));
const batchOf = ({ shape: [batch] }: Tensor) => batch;

/** The limit of a sum whose term k is off by local[k] and has magnitude scale[k]: Σ local + γₙΣ scale. */
function summed(local: Tensor, scale: Tensor, precision: Precision): { loss: { limit: Float64Array } } {
  return {
    loss: {
      limit: Float64Array.of(sum(local) + gamma(elements(scale) + 1, precision) * sum(scale) + precision.smallestSubnormal),
    },
  };
}

/** What people do to any loss or gradient. */
const scaledLoss =
  (loss: (p: Tensor, t: Tensor) => number, factor: (p: Tensor) => number) =>
  ({ prediction, target }: { prediction: Tensor; target: Tensor }) => ({
    loss: scalar(loss(prediction, target) * factor(prediction)),
  });
const scaledGradient =
  (gradient: (p: Tensor, t: Tensor) => Tensor, factor: (p: Tensor) => number) =>
  ({ prediction, target }: { prediction: Tensor; target: Tensor }) => ({
    dPrediction: map(gradient(prediction, target), (g) => g * factor(prediction)),
  });

export const lossOperations: readonly AnyOperation[] = [
  defineOperation<'squaredError'>({
    ...common,
    name: 'squaredError',
    title: 'Half the sum of squared errors',
    formula: 'E = \\tfrac12\\sum_i(t_i-p_i)^2',
    rows: ['J4', 'R15'],
    inputs: inputsOf(reals, reals),
    outputs: lossOutput,
    reference: ({ prediction, target }) => ({ loss: scalar(squaredError(prediction, target)) }),
    bound: {
      errorClass: 'sum of products',
      formula: '\\gamma_{n+4}\\,E; \\quad 0 \\text{ for integers with } \\textstyle\\sum(t-p)^2 < 1/u',
      derivation:
        'Difference, square and half round once each, the sum once a term; all terms are positive, so the sum is its own scale. Integers below 1/u are exact in any order.',
      limits: ({ inputs: { prediction, target }, expected, precision }) => {
        const loss = expected.loss.data[0];
        const exact = allIntegers(prediction, target) && 2 * loss < 1 / precision.unitRoundoff;
        return {
          loss: {
            limit: Float64Array.of(exact ? 0 : gamma(elements(prediction) + 4, precision) * loss + precision.smallestSubnormal),
          },
        };
      },
    },
    tiers: ['random', 'exact'],
    cases: recipes,
    benchmark,
    flops: ({ batch, outputs }) => 3 * batch * outputs,
    knownMistakes: [
      { name: 'without-half', says: 'the sum of squares without ½', outputs: scaledLoss(squaredError, () => 2) },
      {
        name: 'mean',
        says: 'the mean of the squares',
        erratum: 'R15',
        outputs: scaledLoss(squaredError, (p) => 2 / elements(p)),
      },
      {
        name: 'divided-by-batch',
        says: 'the loss divided by the batch size',
        outputs: scaledLoss(squaredError, (p) => 1 / (batchOf(p) + (batchOf(p) === 1 ? 1 : 0))),
      },
      {
        name: 'absolute',
        says: '½Σ|t − p|: absolute values for squares',
        outputs: ({ prediction, target }) => ({
          loss: scalar(sum(combine(prediction, target, (p, t) => Math.abs(t - p) / 2))),
        }),
      },
    ],
  }),
  defineOperation<'squaredError.gradient'>({
    ...common,
    name: 'squaredError.gradient',
    title: 'Half the sum of squared errors, gradient',
    formula: '\\frac{\\partial E}{\\partial p_i} = p_i - t_i',
    inputs: inputsOf(reals, reals),
    outputs: gradientOutput,
    reference: ({ prediction, target }) => ({ dPrediction: squaredErrorGradient(prediction, target) }),
    bound: {
      errorClass: 'elementary',
      formula: 'u\\,|p-t|; \\quad 0 \\text{ for integers}',
      derivation: 'One subtraction, rounded once.',
      limits: ({ inputs: { prediction, target }, expected, precision }) => ({
        dPrediction: {
          limit: Float64Array.from(expected.dPrediction.data, (g) =>
            allIntegers(prediction, target) ? 0 : precision.unitRoundoff * Math.abs(g) * (1 + precision.unitRoundoff),
          ),
        },
      }),
    },
    tiers: ['random', 'exact'],
    cases: recipes,
    knownMistakes: [
      { name: 'sign', says: 't − p: the sign is reversed', outputs: scaledGradient(squaredErrorGradient, () => -1) },
      {
        name: 'doubled',
        says: '2(p − t): the gradient of the sum without ½',
        outputs: scaledGradient(squaredErrorGradient, () => 2),
      },
      {
        name: 'divided-by-elements',
        says: 'the gradient divided by the number of elements',
        outputs: scaledGradient(squaredErrorGradient, (p) => 1 / elements(p)),
      },
    ],
  }),
  defineOperation<'crossEntropy'>({
    ...common,
    name: 'crossEntropy',
    title: 'Cross entropy',
    formula: 'E = -\\sum_i t_i\\ln p_i',
    rows: ['J3', 'J4'],
    inputs: inputsOf(probabilities, { kind: 'distribution' }),
    outputs: lossOutput,
    reference: ({ prediction, target }) => ({ loss: scalar(crossEntropy(prediction, target)) }),
    bound: {
      errorClass: 'composed',
      formula: '5u\\textstyle\\sum|t\\ln p| + \\gamma_{n+1}\\sum|t\\ln p|',
      derivation: 'The logarithm is right to 4u relative, the product rounds once, the sum once a term.',
      limits: ({ inputs: { prediction, target }, precision }) => {
        const terms = combine(prediction, target, (p, t) => (t === 0 ? 0 : Math.abs(t * Math.log(p))));
        return summed(
          map(terms, (term) => (logarithmError(precision) + precision.unitRoundoff) * term),
          terms,
          precision,
        );
      },
    },
    tiers: ['random'],
    cases: [
      ...recipes,
      { name: 'one-hot', sizes: { batch: 4, outputs: 6 }, attributes: {}, values: { target: { kind: 'oneHot' } } },
      { name: 'extreme', sizes: { batch: 5, outputs: 4 }, attributes: {}, values: { prediction: extreme } },
    ],
    benchmark,
    flops: ({ batch, outputs }) => 3 * batch * outputs,
    knownMistakes: [
      { name: 'sign', says: '+Σ t ln p: the minus is missing', outputs: scaledLoss(crossEntropy, () => -1) },
      { name: 'base-two', says: 'log₂ for ln', outputs: scaledLoss(crossEntropy, () => 1 / Math.LN2) },
      {
        name: 'mean',
        says: 'the loss divided by the number of elements',
        outputs: scaledLoss(crossEntropy, (p) => 1 / elements(p)),
      },
      {
        name: 'swapped',
        says: '−Σ p ln t: prediction and target swapped',
        outputs: ({ prediction, target }) => ({
          loss: scalar(
            crossEntropy(
              map(target, (t) => Math.max(t, 1e-7)),
              prediction,
            ),
          ),
        }),
      },
    ],
  }),
  defineOperation<'crossEntropy.gradient'>({
    ...common,
    name: 'crossEntropy.gradient',
    title: 'Cross entropy, gradient',
    formula: '\\frac{\\partial E}{\\partial p_i} = -\\frac{t_i}{p_i}',
    inputs: inputsOf(probabilities, { kind: 'distribution' }),
    outputs: gradientOutput,
    reference: ({ prediction, target }) => ({ dPrediction: crossEntropyGradient(prediction, target) }),
    bound: {
      errorClass: 'elementary',
      formula: '3u\\,|t/p|',
      derivation: 'One quotient, or a reciprocal and a product: three units cover both.',
      limits: ({ expected, precision }) => ({
        dPrediction: {
          limit: Float64Array.from(
            expected.dPrediction.data,
            (g) => 3 * precision.unitRoundoff * Math.abs(g) + precision.smallestSubnormal,
          ),
        },
      }),
    },
    tiers: ['random'],
    cases: [
      ...recipes,
      { name: 'one-hot', sizes: { batch: 4, outputs: 6 }, attributes: {}, values: { target: { kind: 'oneHot' } } },
      { name: 'extreme', sizes: { batch: 5, outputs: 4 }, attributes: {}, values: { prediction: extreme } },
    ],
    knownMistakes: [
      { name: 'sign', says: '+t/p: the minus is missing', outputs: scaledGradient(crossEntropyGradient, () => -1) },
      {
        name: 'with-softmax',
        says: 'p − t: the gradient through a softmax',
        outputs: ({ prediction, target }) => ({ dPrediction: combine(prediction, target, (p, t) => p - t) }),
      },
      {
        name: 'reciprocal-missing',
        says: '−t: not divided by p',
        outputs: ({ target }) => ({ dPrediction: map(target, (t) => -t) }),
      },
    ],
  }),
  defineOperation<'binaryCrossEntropy'>({
    ...common,
    name: 'binaryCrossEntropy',
    title: 'Binary cross entropy',
    formula: 'E = -\\sum_i\\bigl[t_i\\ln p_i + (1-t_i)\\ln(1-p_i)\\bigr]',
    inputs: inputsOf(probabilities, { kind: 'uniform', low: 0, high: 1 }),
    outputs: lossOutput,
    reference: ({ prediction, target }) => ({ loss: scalar(binaryCrossEntropy(prediction, target)) }),
    bound: {
      errorClass: 'composed',
      formula:
        '\\textstyle\\sum\\bigl[5u|t\\ln p| + |1-t|(2u + 6u|\\ln(1-p)|)\\bigr] + \\gamma_{2n+1}\\sum(|t\\ln p| + |1-t||\\ln(1-p)|)',
      derivation: 'As for the cross entropy; 1 − p and 1 − t round once each, the former moving its logarithm by u absolutely.',
      limits: ({ inputs: { prediction, target }, precision }) => {
        const { unitRoundoff: u } = precision;
        const first = combine(prediction, target, (p, t) => (t === 0 ? 0 : Math.abs(t * Math.log(p))));
        const second = combine(prediction, target, (p, t) => (t === 1 ? 0 : Math.abs((1 - t) * Math.log1p(-p))));
        const local = combine(
          combine(first, second, (a, b) => 5 * u * a + 6 * u * b),
          target,
          (e, t) => e + 2 * u * Math.abs(1 - t),
        );
        const scale = combine(first, second, (a, b) => 2 * (a + b));
        return summed(local, scale, precision);
      },
    },
    tiers: ['random'],
    cases: [
      ...recipes,
      { name: 'zero-or-one', sizes: { batch: 4, outputs: 6 }, attributes: {}, values: { target: zeroOrOne } },
      { name: 'extreme', sizes: { batch: 5, outputs: 4 }, attributes: {}, values: { prediction: extreme } },
    ],
    flops: ({ batch, outputs }) => 7 * batch * outputs,
    knownMistakes: [
      {
        name: 'first-half-only',
        says: '−Σ t ln p: the second half is missing',
        outputs: ({ prediction, target }) => ({ loss: scalar(crossEntropy(prediction, target)) }),
      },
      {
        name: 'plus-between',
        says: 't ln p − (1 − t) ln(1 − p): a sign inside',
        outputs: ({ prediction, target }) => ({
          loss: scalar(2 * crossEntropy(prediction, target) - binaryCrossEntropy(prediction, target)),
        }),
      },
      {
        name: 'mean',
        says: 'the loss divided by the number of elements',
        outputs: scaledLoss(binaryCrossEntropy, (p) => 1 / elements(p)),
      },
      { name: 'sign', says: 'the minus in front is missing', outputs: scaledLoss(binaryCrossEntropy, () => -1) },
    ],
  }),
  defineOperation<'binaryCrossEntropy.gradient'>({
    ...common,
    name: 'binaryCrossEntropy.gradient',
    title: 'Binary cross entropy, gradient',
    formula: '\\frac{\\partial E}{\\partial p_i} = \\frac{p_i-t_i}{p_i(1-p_i)} = -\\frac{t_i}{p_i} + \\frac{1-t_i}{1-p_i}',
    inputs: inputsOf(probabilities, { kind: 'uniform', low: 0, high: 1 }),
    outputs: gradientOutput,
    reference: ({ prediction, target }) => ({ dPrediction: binaryCrossEntropyGradient(prediction, target) }),
    bound: {
      errorClass: 'composed',
      formula: '5u\\,\\Bigl(\\Bigl|\\frac tp\\Bigr| + \\Bigl|\\frac{1-t}{1-p}\\Bigr|\\Bigr)',
      derivation:
        'The form with two quotients cancels where p is near t: each is off by at most four units, the sum rounds. The form with one quotient is within it.',
      limits: ({ inputs: { prediction, target }, precision }) => ({
        dPrediction: {
          limit: Float64Array.from(
            prediction.data,
            (p, i) => 5 * precision.unitRoundoff * (Math.abs(target.data[i] / p) + Math.abs((1 - target.data[i]) / (1 - p))),
          ),
        },
      }),
    },
    tiers: ['random'],
    cases: [
      ...recipes,
      { name: 'zero-or-one', sizes: { batch: 4, outputs: 6 }, attributes: {}, values: { target: zeroOrOne } },
      { name: 'extreme', sizes: { batch: 5, outputs: 4 }, attributes: {}, values: { prediction: extreme } },
    ],
    knownMistakes: [
      {
        name: 'with-sigmoid',
        says: 'p − t: the gradient through a sigmoid',
        outputs: ({ prediction, target }) => ({ dPrediction: combine(prediction, target, (p, t) => p - t) }),
      },
      { name: 'sign', says: 'the negative gradient', outputs: scaledGradient(binaryCrossEntropyGradient, () => -1) },
      {
        name: 'first-half-only',
        says: '−t/p: the second half is missing',
        outputs: ({ prediction, target }) => ({ dPrediction: crossEntropyGradient(prediction, target) }),
      },
    ],
  }),
];
