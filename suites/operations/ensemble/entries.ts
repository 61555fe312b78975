/** Averages over several models: the ensemble (Row V6) and the bias–variance decomposition (Row V1). */
import fc from 'fast-check';
import type { InputsOf, OutputsOf } from '../../../backends/signatures.ts';
import { biasVariance, ensemble, meanSquaredError } from '../../../reference/generalization.ts';
import { reshape, scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import {
  divide,
  type Enclosed,
  exact,
  input,
  limitOf,
  maximum,
  multiply,
  rearranged,
  subtract,
  sum,
  total,
  widest,
} from '../../judging/bounds/enclosure.ts';
import { gamma } from '../../judging/bounds/sumOfProducts.ts';
import type { AnyOperation, CaseRecipe, Values } from '../../judging/operation.ts';
import { type Precision, precisions } from '../../judging/precision.ts';
import { defineOperation } from '../define.ts';

const topic = 'Generalization';
const source = 'reference/generalization.ts';

const reals: Values = { kind: 'uniform', low: -8, high: 8 };
/** Far from 0, with a small spread: E(f²) − (E f)² loses it in float32. */
const farFromZero: Values = { kind: 'uniform', low: 4000, high: 4006 };

const count = (n: number) => exact(scalar(n));
const withShape = (a: Enclosed, shape: readonly number[]) => rearranged(a, (t) => reshape(t, shape));
const squared = (a: Enclosed, precision: Precision) => multiply(a, a, precision);

/** Mean along an axis, which stays with size 1: the sum divided, the sum of what is divided, or a running mean. */
function mean(a: Enclosed, axis: number, precision: Precision): Enclosed {
  const terms = count(a.value.shape[axis]);
  const divided = divide(sum(a, axis, precision), terms, precision);
  return widest(
    widest(divided, sum(divide(a, terms, precision), axis, precision)),
    runningMean(divided.value, a, axis, precision),
  );
}

/**
 * A running mean, mₖ = mₖ₋₁ + (xₖ − mₖ₋₁)/k. What mₖ₋₁ is off by shrinks to (1 − 1/k) of itself, and the step adds u|mₖ| and three
 * roundings of |xₖ − mₖ₋₁|/k ≤ 2M/k for M = max|x|: what step k adds is k/n of itself in the end, so that mₙ is off by no more than
 * Σₖ(k/n)(uM + 6uM/k) = ((n + 1)/2 + 6)uM, beside the mean of what the x are off by.
 */
function runningMean(value: Tensor, a: Enclosed, axis: number, precision: Precision): Enclosed {
  const terms = a.value.shape[axis];
  const sizes = { ...a.value, data: a.value.data.map((x, i) => Math.abs(x) + a.error[i]) };
  const largest = maximum(exact(sizes), axis).value.data;
  const carried = sum(exact({ ...a.value, data: a.error }), axis, precisions.float64).value.data;
  const growth = terms > 1 ? gamma((terms + 1) / 2 + 6, precision) : 0;
  const underflows = terms > 1 ? 2 * terms * precision.smallestSubnormal : 0;
  return {
    value,
    error: Float64Array.from(value.data, (_, i) => growth * largest[i] + carried[i] / terms + underflows),
  };
}

/** Mean of all elements, at once or axis after axis. */
function meanOfAll(a: Enclosed, precision: Precision): Enclosed {
  const terms = count(a.value.data.length);
  const [rows, columns] = a.value.shape;
  const flat = rearranged(a, (t) => reshape(t, [t.data.length]));
  const atOnce = withShape(mean(flat, 0, precision), []);
  const byAxes = withShape(mean(mean(a, 0, precision), 1, precision), []);
  const columnsLast = withShape(mean(mean(a, 1, precision), 0, precision), []);
  const whole = divide(total(a, precision), terms, precision);
  return rows * columns === 0 ? whole : widest(widest(atOnce, whole), widest(byAxes, columnsLast));
}

const rowOf = ({ shape: [, width], data }: Tensor, n: number) => data.subarray(n * width, (n + 1) * width);
const rowsOf = (x: Tensor) => Array.from({ length: x.shape[0] }, (_, n) => rowOf(x, n));
const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** The sizes of both operations: models and samples, or training sets and points. */
function recipes(rows: string, columns: string): Omit<CaseRecipe<'ensemble'>, 'attributes'>[] {
  const sizes = (a: number, b: number) => ({ [rows]: a, [columns]: b });
  return [
    { name: 'plain', sizes: sizes(5, 7), tiers: ['random'] },
    { name: 'many', sizes: sizes(23, 40), tiers: ['random'] },
    { name: `three-${rows}`, sizes: sizes(3, 11), tiers: ['random'] },
    { name: 'powers-of-two', sizes: sizes(4, 8) },
    { name: `two-${rows}`, sizes: sizes(2, 16) },
    { name: `one-${columns.slice(0, -1)}`, sizes: sizes(8, 1) },
    { name: 'one-row', sizes: sizes(1, 4) },
  ];
}
const withAttributes = (list: Omit<CaseRecipe<'ensemble'>, 'attributes'>[]) =>
  list.map((recipe) => ({ ...recipe, attributes: {} }));
const far = { name: 'far-from-zero', sizes: { sets: 6, points: 9 }, attributes: {}, tiers: ['random'] as const };

const size = fc.integer({ min: 1, max: 5 });

type Members = InputsOf<'ensemble'>;
/** Mean and errors, with a part changed. */
function together(
  { predictions, target }: Members,
  change: { readonly mean?: (own: readonly number[]) => number; readonly error?: typeof meanSquaredError } = {},
): OutputsOf<'ensemble'> {
  const members = rowsOf(predictions);
  const error = change.error ?? meanSquaredError;
  const mean = change.mean;
  const prediction = mean ? Array.from(target.data, (_, n) => mean(members.map((own) => own[n]))) : ensemble(members);
  return {
    prediction: tensor(target.shape, prediction),
    squaredError: scalar(error(prediction, target.data)),
    memberErrors: tensor(
      [members.length],
      members.map((own) => error(own, target.data)),
    ),
  };
}
const median = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

type Learner = InputsOf<'biasVariance'>;
/** squaredBias and variance from each point's predictions, its mean and its truth, averaged over the points. */
function decomposed(
  { predictions, truth }: Learner,
  parts: {
    readonly bias?: (mean: number, truth: number, own: readonly number[]) => number;
    readonly variance?: (own: readonly number[], mean: number, truth: number) => number;
  } = {},
): OutputsOf<'biasVariance'> {
  const right = biasVariance(rowsOf(predictions), truth.data);
  const points = Array.from(truth.data, (t, n) => {
    const own = rowsOf(predictions).map((row) => row[n]);
    return { own, mean: average(own), truth: t };
  });
  const { bias, variance } = parts;
  return {
    squaredBias: scalar(bias ? average(points.map((p) => bias(p.mean, p.truth, p.own))) : right.squaredBias),
    variance: scalar(variance ? average(points.map((p) => variance(p.own, p.mean, p.truth))) : right.variance),
  };
}
const { fround } = Math;

export const ensembleOperations: readonly AnyOperation[] = [
  defineOperation<'ensemble'>({
    name: 'ensemble',
    title: 'Ensemble mean and its error',
    topic,
    formula:
      '\\bar f(x_n) = \\frac1M \\sum_m f_m(x_n), \\quad \\frac1N \\sum_n (\\bar f(x_n) - t_n)^2 \\le \\frac1M \\sum_m \\frac1N \\sum_n (f_m(x_n) - t_n)^2',
    rows: ['V6'],
    source,
    attributes: {},
    inputs: () => ({
      predictions: { dimensions: ['models', 'samples'], values: reals },
      target: { dimensions: ['samples'], values: reals },
    }),
    outputs: () => ({
      prediction: { dimensions: ['samples'], description: 'the mean of the models' },
      squaredError: { dimensions: [], description: "the ensemble's, mean over the samples" },
      memberErrors: { dimensions: ['models'], description: "each model's own" },
    }),
    constraints: [],
    reference: (inputs) => together(inputs),
    bound: {
      errorClass: 'composed',
      formula:
        '\\Delta \\bar f \\le \\gamma_{M + 1} \\frac1M \\sum_m |f_m|, \\quad \\Delta E \\le \\frac1N \\sum_n \\left(2|\\bar f - t| + \\Delta\\right)\\Delta + \\gamma_{N+2} E',
      derivation:
        'Running error analysis: a mean is a sum and a quotient, a sum of quotients, or a running mean m + (x − m)/k, whose step k is off by uM + 6uM/k for M = max|f| and weighs k/M in the end; differences and squares carry its error on. A running mean rounds integers too: there is no exact tier.',
      limits: ({ inputs: { predictions, target }, expected, precision }) => {
        const [members, right] = [input(predictions, precision), input(target, precision)];
        const prediction = mean(members, 0, precision);
        const error = squared(subtract(prediction, right, precision), precision);
        const own = squared(subtract(members, right, precision), precision);
        return {
          prediction: limitOf(withShape(prediction, target.shape), expected.prediction),
          squaredError: limitOf(withShape(mean(error, 1, precision), []), expected.squaredError),
          memberErrors: limitOf(withShape(mean(own, 1, precision), expected.memberErrors.shape), expected.memberErrors),
        };
      },
    },
    tiers: ['random'],
    cases: withAttributes(recipes('models', 'samples')),
    draw: fc.record({ models: size, samples: size }).map((sizes) => ({ sizes, attributes: {} })),
    variants: [],
    knownMistakes: [
      {
        name: 'sum-for-the-mean',
        says: "the sum of the models' predictions",
        outputs: (inputs) => together(inputs, { mean: (own) => average(own) * own.length }),
      },
      {
        name: 'median',
        says: 'the median of the models for their mean',
        outputs: (inputs) => together(inputs, { mean: median }),
      },
      {
        name: 'last-model-missing',
        says: 'the mean of all models but the last',
        outputs: (inputs) => together(inputs, { mean: (own) => average(own.length > 1 ? own.slice(0, -1) : own) }),
      },
      {
        name: 'mean-error-of-the-members',
        says: "the mean of the models' errors for the error of their mean",
        outputs: (inputs) => {
          const right = together(inputs);
          return { ...right, squaredError: scalar(average(Array.from(right.memberErrors.data))) };
        },
      },
      {
        name: 'errors-summed',
        says: 'the sum over the samples for the mean',
        outputs: (inputs) => together(inputs, { error: (f, t) => t.length * meanSquaredError(f, t) }),
      },
      {
        name: 'root-taken',
        says: 'the root of the mean squared error',
        outputs: (inputs) => together(inputs, { error: (f, t) => Math.sqrt(meanSquaredError(f, t)) }),
      },
      {
        name: 'absolute-errors',
        says: 'the mean absolute error',
        outputs: (inputs) =>
          together(inputs, { error: (f, t) => average(Array.from(t, (value, n) => Math.abs(f[n] - value))) }),
      },
      {
        name: 'members-against-the-ensemble',
        says: "the models' squared distances from their mean, not from the target",
        outputs: (inputs) => {
          const right = together(inputs);
          const errors = rowsOf(inputs.predictions).map((own) => meanSquaredError(own, right.prediction.data));
          return { ...right, memberErrors: tensor([errors.length], errors) };
        },
      },
    ],
    benchmark: { name: 'benchmark', sizes: { models: 16, samples: 4096 }, attributes: {} },
    flops: ({ models, samples }) => 4 * models * samples,
  }),

  defineOperation<'biasVariance'>({
    name: 'biasVariance',
    title: 'Bias and variance from the predictions of many training sets',
    topic,
    formula:
      '\\mathrm{bias}^2 = \\frac1N \\sum_n \\left(\\bar f(x_n) - E(y|x_n)\\right)^2, \\quad \\mathrm{variance} = \\frac1{DN} \\sum_{d,n} \\left(f_d(x_n) - \\bar f(x_n)\\right)^2, \\quad \\bar f = \\frac1D \\sum_d f_d',
    rows: ['V1'],
    source,
    attributes: {},
    inputs: () => ({
      predictions: {
        dimensions: ['sets', 'points'],
        values: reals,
        description: 'at each point, by the model of each training set',
      },
      truth: { dimensions: ['points'], values: reals, description: 'E(y|x) at each point' },
    }),
    outputs: () => ({ squaredBias: { dimensions: [] }, variance: { dimensions: [] } }),
    constraints: [],
    reference: (inputs) => decomposed(inputs),
    bound: {
      errorClass: 'composed',
      formula:
        '\\Delta \\bar f \\le \\gamma_{D + 1} \\frac1D \\sum_d |f_d|, \\quad \\Delta v \\le \\frac1{DN} \\sum_{d,n} \\left(2|f_d - \\bar f| + \\Delta\\right)\\Delta + \\gamma_{DN + 2}\\, v',
      derivation:
        'Running error analysis: the mean over the sets, its distance from the truth and from each prediction, squares, and a mean of these, at once or axis after axis. The form E f² − (E f)² cancels and is not allowed for.',
      limits: ({ inputs: { predictions, truth }, expected, precision }) => {
        const given = input(predictions, precision);
        const centre = mean(given, 0, precision);
        const distance = squared(subtract(centre, input(truth, precision), precision), precision);
        const spread = squared(subtract(given, centre, precision), precision);
        return {
          squaredBias: limitOf(meanOfAll(distance, precision), expected.squaredBias),
          variance: limitOf(meanOfAll(spread, precision), expected.variance),
        };
      },
    },
    tiers: ['random'],
    cases: [
      ...withAttributes(recipes('sets', 'points')),
      { ...far, values: { predictions: farFromZero, truth: farFromZero } },
      {
        // Points' means 2 and 5 against 3 and 3: bias² (1 + 4)/2; deviations ±1 and ±3: variance (1 + 9)/2.
        name: 'by-hand',
        sizes: { sets: 2, points: 2 },
        attributes: {},
        tiers: ['random'],
        given: { predictions: [1, 8, 3, 2], truth: [3, 3] },
      },
    ],
    draw: fc.record({ sets: size, points: size }).map((sizes) => ({ sizes, attributes: {} })),
    variants: [],
    knownMistakes: [
      {
        name: 'sample-variance',
        says: 'the variance with D − 1 in place of D',
        outputs: (inputs) =>
          decomposed(inputs, {
            variance: (own, mean) => own.reduce((sum, f) => sum + (f - mean) ** 2, 0) / Math.max(1, own.length - 1),
          }),
      },
      {
        name: 'bias-not-squared',
        says: 'the mean of the bias, not of its square',
        outputs: (inputs) => decomposed(inputs, { bias: (mean, truth) => mean - truth }),
      },
      {
        name: 'square-of-the-mean-bias',
        says: 'the square of the mean bias: over- and underestimates cancel',
        outputs: (inputs) => ({
          ...decomposed(inputs),
          squaredBias: scalar(decomposed(inputs, { bias: (mean, truth) => mean - truth }).squaredBias.data[0] ** 2),
        }),
      },
      {
        name: 'whole-error-for-the-bias',
        says: 'the mean squared error E(f − E(y|x))²: bias² and variance together',
        outputs: (inputs) => decomposed(inputs, { bias: (_, truth, own) => average(own.map((f) => (f - truth) ** 2)) }),
      },
      {
        name: 'variance-around-the-truth',
        says: 'the spread around E(y|x), not around the mean prediction',
        outputs: (inputs) => decomposed(inputs, { variance: (own, _, truth) => average(own.map((f) => (f - truth) ** 2)) }),
      },
      {
        name: 'standard-deviation',
        says: 'the standard deviation for the variance',
        outputs: (inputs) =>
          decomposed(inputs, { variance: (own, mean) => Math.sqrt(average(own.map((f) => (f - mean) ** 2))) }),
      },
      {
        name: 'spread-over-the-points',
        says: "each model's spread over the points, not each point's over the models",
        outputs: (inputs) => {
          const rows = rowsOf(inputs.predictions).map((row) => Array.from(row));
          const spread = rows.map((row) => average(row.map((f) => (f - average(row)) ** 2)));
          return { ...decomposed(inputs), variance: scalar(average(spread)) };
        },
      },
      {
        name: 'sums-for-means',
        says: 'the sums over the points',
        outputs: (inputs) => {
          const right = decomposed(inputs);
          const points = inputs.truth.data.length;
          return { squaredBias: scalar(points * right.squaredBias.data[0]), variance: scalar(points * right.variance.data[0]) };
        },
      },
      {
        name: 'mean-square-minus-squared-mean',
        says: 'E f² − (E f)² in float32, which cancels far from 0',
        outputs: (inputs) => {
          const mean32 = (values: readonly number[]) =>
            fround(values.reduce((sum, value) => fround(sum + value), 0) / values.length);
          return decomposed(inputs, {
            variance: (own) => fround(mean32(own.map((f) => fround(f * f))) - fround(mean32(own) ** 2)),
          });
        },
      },
    ],
    benchmark: { name: 'benchmark', sizes: { sets: 50, points: 1000 }, attributes: {} },
    flops: ({ sets, points }) => 4 * sets * points,
  }),
];
