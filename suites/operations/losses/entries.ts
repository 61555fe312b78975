/** Losses summed over all elements, and their gradients with respect to the prediction. */
import fc from 'fast-check';
import {
  binaryCrossEntropy,
  binaryCrossEntropyGradient,
  crossEntropy,
  crossEntropyGradient,
  squaredError,
  squaredErrorGradient,
} from '../../../reference/losses.ts';
import { combine, scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import {
  divide,
  type Enclosed,
  exact,
  input,
  limitOf,
  log,
  multiply,
  negate,
  scale,
  subtract,
  total,
  widest,
} from '../../judging/bounds/enclosure.ts';
import type { AnyOperation, InputSpecification, Values } from '../../judging/operation.ts';
import type { Precision } from '../../judging/precision.ts';
import { defineOperation } from '../define.ts';
import { beyondLogarithms, noBinaryProbabilities, noProbabilities } from '../shared/undefinedSpecialValues.ts';
import {
  binaryCrossEntropyGradientMistakes,
  binaryCrossEntropyMistakes,
  crossEntropyGradientMistakes,
  crossEntropyMistakes,
  squaredErrorGradientMistakes,
  squaredErrorMistakes,
} from './mistakes.ts';
import { lossGradientVariants, lossVariants } from './variants.ts';

const one = exact(scalar(1));

function encloseSquaredError(prediction: Tensor, target: Tensor, precision: Precision): Enclosed {
  const difference = subtract(input(target, precision), input(prediction, precision), precision);
  return scale(total(multiply(difference, difference, precision), precision), 0.5, precision);
}

/** t·ln p, where 0·ln 0 is 0 and so p is of no account. */
function encloseTerms(weight: Enclosed, probability: Enclosed, precision: Precision): Enclosed {
  const counted = combine(probability.value, weight.value, (p, t) => (t === 0 ? 1 : p));
  return multiply(weight, log({ value: counted, error: probability.error }, precision), precision);
}

function encloseCrossEntropy(prediction: Tensor, target: Tensor, precision: Precision): Enclosed {
  return negate(total(encloseTerms(input(target, precision), input(prediction, precision), precision), precision));
}

/** The two halves as one sum of 2n terms, in any order. */
function encloseBinaryCrossEntropy(prediction: Tensor, target: Tensor, precision: Precision): Enclosed {
  const [p, t] = [input(prediction, precision), input(target, precision)];
  const whenTrue = encloseTerms(t, p, precision);
  const whenFalse = encloseTerms(subtract(one, t, precision), subtract(one, p, precision), precision);
  const both: Enclosed = {
    value: tensor([2, whenTrue.error.length], [...whenTrue.value.data, ...whenFalse.value.data]),
    error: Float64Array.from([...whenTrue.error, ...whenFalse.error]),
  };
  return negate(total(both, precision));
}

/** −t/p, where a target of 0 makes it 0 whatever p is. */
function encloseCrossEntropyGradient(prediction: Tensor, target: Tensor, precision: Precision): Enclosed {
  const probability = combine(prediction, target, (p, t) => (t === 0 ? 1 : p));
  return negate(divide(input(target, precision), input(probability, precision), precision));
}

/** (1 − t)/(1 − p) − t/p, or (p − t)/(p(1 − p)). */
function encloseBinaryCrossEntropyGradient(prediction: Tensor, target: Tensor, precision: Precision): Enclosed {
  const [p, t] = [input(prediction, precision), input(target, precision)];
  const without = subtract(one, p, precision);
  const whenFalse = divide(subtract(one, t, precision), without, precision);
  return widest(
    subtract(whenFalse, divide(t, p, precision), precision),
    divide(subtract(p, t, precision), multiply(p, without, precision), precision),
  );
}

const shape = ['batch', 'outputs'];
const reals: Values = { kind: 'uniform', low: -9, high: 9 };
const probabilities: Values = { kind: 'uniform', low: 0.05, high: 0.95 };
/** Close to 0 and to 1, where the logarithms and quotients are large or cancel. */
const extreme: Values = {
  kind: 'computed',
  draw: (random, [batch, outputs]) =>
    Float64Array.from({ length: batch * outputs }, (_, i) => {
      const small = 2 ** -(4 + 12 * random.next());
      return i % 2 === 0 ? small : 1 - small;
    }),
};
/** Targets a little beside the prediction: where (1 − t)/(1 − p) and t/p cancel. */
const nearPrediction: Values = {
  kind: 'computed',
  draw: (random, _, { prediction }) =>
    Float64Array.from(prediction.data, (p) => Math.min(1, Math.max(0, p + (random.next() - 0.5) / 512))),
};
const zeroOrOne: Values = {
  kind: 'computed',
  draw: (random, [batch, outputs]) => Float64Array.from({ length: batch * outputs }, () => random.integer(0, 1)),
};

const inputsOf = (prediction: Values, target: Values) => (): Record<'prediction' | 'target', InputSpecification> => ({
  prediction: { dimensions: shape, values: prediction },
  target: { dimensions: shape, values: target },
});
const recipes = [
  { name: 'plain', sizes: { batch: 3, outputs: 5 }, attributes: {} },
  { name: 'one-sample', sizes: { batch: 1, outputs: 7 }, attributes: {} },
  { name: 'one-output', sizes: { batch: 6, outputs: 1 }, attributes: {} },
  { name: 'many', sizes: { batch: 32, outputs: 37 }, attributes: {} },
];
const near = { name: 'near-target', sizes: { batch: 4, outputs: 7 }, attributes: {}, values: { target: nearPrediction } };
const squaredErrorRecipes = [
  ...recipes,
  { ...near, tiers: ['random'] as const },
  {
    name: 'large-integers',
    sizes: { batch: 2, outputs: 3 },
    attributes: {},
    tiers: ['exact'] as const,
    values: {
      prediction: { kind: 'uniform', low: 2049, high: 4095 } as const,
      target: { kind: 'uniform', low: 2049, high: 4095 } as const,
    },
  },
];
const extremeRecipe = { name: 'extreme', sizes: { batch: 5, outputs: 4 }, attributes: {}, values: { prediction: extreme } };
const crossEntropyRecipes = [
  ...recipes,
  { name: 'one-hot', sizes: { batch: 4, outputs: 6 }, attributes: {}, values: { target: { kind: 'oneHot' } as const } },
  extremeRecipe,
  {
    name: 'infinite',
    sizes: { batch: 2, outputs: 3 },
    attributes: {},
    given: { prediction: [0.5, 0.25, 0.25, 0, 0.75, 0.25], target: [0, 1, 0, 1, 0, 0] },
  },
];
const binaryRecipes = [
  ...recipes,
  { name: 'zero-or-one', sizes: { batch: 4, outputs: 6 }, attributes: {}, values: { target: zeroOrOne } },
  extremeRecipe,
  near,
  {
    name: 'infinite',
    sizes: { batch: 2, outputs: 2 },
    attributes: {},
    given: { prediction: [0.5, 0.25, 0, 0.75], target: [0, 1, 1, 0] },
  },
];
/** Probabilities of 0 and 1 that are right: their terms are 0·ln 0 = 0. */
const certain = {
  name: 'certain',
  sizes: { batch: 2, outputs: 3 },
  attributes: {},
  given: { prediction: [0, 1, 0, 0.25, 0.5, 0.25], target: [0, 1, 0, 0, 0.75, 0.25] },
};

const common = {
  topic: 'Losses',
  source: 'reference/losses.ts' as const,
  attributes: {},
  constraints: [],
  rows: ['J4'],
  draw: fc.record({
    sizes: fc.record({ batch: fc.integer({ min: 1, max: 4 }), outputs: fc.integer({ min: 1, max: 5 }) }),
    attributes: fc.constant({}),
  }),
};
const lossOutput = () => ({ loss: { dimensions: [] } });
const gradientOutput = () => ({ dPrediction: { dimensions: shape } });
const benchmark = { name: 'benchmark', sizes: { batch: 64, outputs: 512 }, attributes: {}, tiers: ['random'] as const };

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
      formula: '(n+2)u\\,E + \\tfrac12\\mathrm{ulp}(E); \\quad 0 \\text{ for integers with } \\textstyle\\sum(t-p)^2 < 1/u',
      derivation:
        'Running error, second order included: the rounding of a difference counts twice in its square, the square rounds once, the sum of n terms n − 1 times in any order; all terms are positive, so the sum is its own scale. Integers are exact in any order.',
      limits: ({ inputs: { prediction, target }, expected, precision }) => ({
        loss: limitOf(encloseSquaredError(prediction, target, precision), expected.loss),
      }),
    },
    tiers: ['random', 'exact'],
    cases: squaredErrorRecipes,
    benchmark,
    flops: ({ batch, outputs }) => 3 * batch * outputs,
    variants: lossVariants('squaredError'),
    knownMistakes: squaredErrorMistakes,
  }),
  defineOperation<'squaredError.gradient'>({
    ...common,
    name: 'squaredError.gradient',
    title: 'Half the sum of squared errors, gradient',
    formula: '\\frac{\\partial E}{\\partial p_i} = p_i - t_i',
    inputs: inputsOf(reals, reals),
    outputs: gradientOutput,
    independent: ['batch', 'outputs'],
    reference: ({ prediction, target }) => ({ dPrediction: squaredErrorGradient(prediction, target) }),
    bound: {
      errorClass: 'elementary',
      formula: 'u\\,|p-t|; \\quad 0 \\text{ where the format holds } p-t',
      derivation: 'One subtraction, rounded once; exact where the difference is a number of the format, as for integers.',
      limits: ({ inputs: { prediction, target }, expected, precision }) => ({
        dPrediction: limitOf(subtract(input(prediction, precision), input(target, precision), precision), expected.dPrediction),
      }),
    },
    tiers: ['random', 'exact'],
    cases: squaredErrorRecipes,
    benchmark,
    flops: ({ batch, outputs }) => batch * outputs,
    variants: lossGradientVariants('squaredError.gradient'),
    knownMistakes: squaredErrorGradientMistakes,
  }),
  defineOperation<'crossEntropy'>({
    ...common,
    name: 'crossEntropy',
    undefinedSpecialValues: { ...noProbabilities, subnormal: beyondLogarithms },
    title: 'Cross entropy',
    formula: 'E = -\\sum_i t_i\\ln p_i, \\quad 0\\ln 0 = 0',
    rows: ['J3', 'J4'],
    inputs: inputsOf(probabilities, { kind: 'distribution' }),
    outputs: lossOutput,
    reference: ({ prediction, target }) => ({ loss: scalar(crossEntropy(prediction, target)) }),
    bound: {
      errorClass: 'composed',
      formula: '(n+4)u\\textstyle\\sum|t_i\\ln p_i| + \\tfrac12\\mathrm{ulp}(E)',
      derivation:
        'Running error, second order included: the logarithm is right to 4u relative, the product rounds once, the sum of n terms n − 1 times in any order.',
      limits: ({ inputs: { prediction, target }, expected, precision }) => ({
        loss: limitOf(encloseCrossEntropy(prediction, target, precision), expected.loss),
      }),
    },
    tiers: ['random'],
    cases: [...crossEntropyRecipes, certain],
    benchmark,
    flops: ({ batch, outputs }) => 3 * batch * outputs,
    variants: lossVariants('crossEntropy'),
    knownMistakes: crossEntropyMistakes,
  }),
  defineOperation<'crossEntropy.gradient'>({
    ...common,
    name: 'crossEntropy.gradient',
    undefinedSpecialValues: { ...noProbabilities, subnormal: beyondLogarithms },
    title: 'Cross entropy, gradient',
    formula: '\\frac{\\partial E}{\\partial p_i} = -\\frac{t_i}{p_i}',
    inputs: inputsOf(probabilities, { kind: 'distribution' }),
    outputs: gradientOutput,
    independent: ['batch', 'outputs'],
    reference: ({ prediction, target }) => ({ dPrediction: crossEntropyGradient(prediction, target) }),
    bound: {
      errorClass: 'elementary',
      formula: '2u\\,|t_i/p_i|',
      derivation: 'One quotient, which may be a reciprocal and a product: two roundings.',
      limits: ({ inputs: { prediction, target }, expected, precision }) => ({
        dPrediction: limitOf(encloseCrossEntropyGradient(prediction, target, precision), expected.dPrediction),
      }),
    },
    tiers: ['random'],
    cases: [...crossEntropyRecipes, certain],
    benchmark,
    flops: ({ batch, outputs }) => batch * outputs,
    variants: lossGradientVariants('crossEntropy.gradient'),
    knownMistakes: crossEntropyGradientMistakes,
  }),
  defineOperation<'binaryCrossEntropy'>({
    ...common,
    name: 'binaryCrossEntropy',
    undefinedSpecialValues: noBinaryProbabilities,
    title: 'Binary cross entropy',
    formula: 'E = -\\sum_i\\bigl[t_i\\ln p_i + (1-t_i)\\ln(1-p_i)\\bigr], \\quad 0\\ln 0 = 0',
    inputs: inputsOf(probabilities, { kind: 'uniform', low: 0, high: 1 }),
    outputs: lossOutput,
    reference: ({ prediction, target }) => ({ loss: scalar(binaryCrossEntropy(prediction, target)) }),
    bound: {
      errorClass: 'composed',
      formula:
        '(2n+5)u\\textstyle\\sum\\bigl(|t_i\\ln p_i| + |(1-t_i)\\ln(1-p_i)|\\bigr) + u\\sum|1-t_i| + \\tfrac12\\mathrm{ulp}(E)',
      derivation:
        'As for the cross entropy, with 2n terms in any order; 1 − t and 1 − p round once each, the latter moving its logarithm by u absolutely (nothing where 1 − p is exact, as from ½ on). With ln(1 − p) as log1p(−p) the error is smaller.',
      limits: ({ inputs: { prediction, target }, expected, precision }) => ({
        loss: limitOf(encloseBinaryCrossEntropy(prediction, target, precision), expected.loss),
      }),
    },
    tiers: ['random'],
    cases: [...binaryRecipes, certain],
    benchmark,
    flops: ({ batch, outputs }) => 7 * batch * outputs,
    variants: lossVariants('binaryCrossEntropy'),
    knownMistakes: binaryCrossEntropyMistakes,
  }),
  defineOperation<'binaryCrossEntropy.gradient'>({
    ...common,
    name: 'binaryCrossEntropy.gradient',
    undefinedSpecialValues: noBinaryProbabilities,
    title: 'Binary cross entropy, gradient',
    formula: '\\frac{\\partial E}{\\partial p_i} = \\frac{p_i-t_i}{p_i(1-p_i)} = -\\frac{t_i}{p_i} + \\frac{1-t_i}{1-p_i}',
    inputs: inputsOf(probabilities, { kind: 'uniform', low: 0, high: 1 }),
    outputs: gradientOutput,
    independent: ['batch', 'outputs'],
    reference: ({ prediction, target }) => ({ dPrediction: binaryCrossEntropyGradient(prediction, target) }),
    bound: {
      errorClass: 'composed',
      formula:
        '\\max\\Bigl\\{2u\\Bigl|\\frac{t_i}{p_i}\\Bigr| + 4u\\Bigl|\\frac{1-t_i}{1-p_i}\\Bigr| + u|g_i|,\\; 5u|g_i|\\Bigr\\}, \\quad g_i = \\frac{p_i-t_i}{p_i(1-p_i)}',
      derivation:
        'The larger of two bounds, so that either formula passes: the difference of two quotients, which cancels where p is near t (a quotient rounds twice, 1 − t and 1 − p once each); the single quotient, where difference, 1 − p and product round once each.',
      limits: ({ inputs: { prediction, target }, expected, precision }) => ({
        dPrediction: limitOf(encloseBinaryCrossEntropyGradient(prediction, target, precision), expected.dPrediction),
      }),
    },
    tiers: ['random'],
    cases: binaryRecipes,
    benchmark,
    flops: ({ batch, outputs }) => 4 * batch * outputs,
    variants: lossGradientVariants('binaryCrossEntropy.gradient'),
    knownMistakes: binaryCrossEntropyGradientMistakes,
  }),
];
