/** The linear discriminant (Rows L1, L2) and the ways of training a perceptron beside the online rule (Rows P5, P6). */
import fc from 'fast-check';
import type { LearningRate } from '../../../backends/signatures.ts';
import {
  batchPerceptronStep,
  linearDiscriminant,
  perceptronCriterion,
  squaredSignLoss,
  stochasticPerceptronEpoch,
  surrogatePerceptronStep,
} from '../../../reference/linear.ts';
import { scalar } from '../../../reference/tensor.ts';
import { limitOf } from '../../judging/bounds/enclosure.ts';
import type { AnyOperation, CaseRecipe, Constraint, InputSpecification, Values } from '../../judging/operation.ts';
import { defineOperation } from '../define.ts';
import { choice, every, wholeNumbers } from '../shared/undefinedSpecialValues.ts';
import {
  encloseBatchPerceptronStep,
  encloseCriterion,
  encloseDiscriminant,
  encloseSurrogateStep,
  mistakenSamples,
  samplesWhere,
} from './bound.ts';
import {
  batchPerceptronStepMistakes,
  linearDiscriminantMistakes,
  perceptronCriterionMistakes,
  stochasticPerceptronEpochMistakes,
  surrogatePerceptronStepMistakes,
} from './mistakes.ts';

const source = 'reference/linear.ts';
const reals: Values = { kind: 'uniform', low: -4, high: 4 };
const sampleSizes = fc.record({ samples: fc.integer({ min: 1, max: 6 }), features: fc.integer({ min: 1, max: 4 }) });
const running = 'Running error, second order included: ';

/** Of magnitude ½ to 4, whole in the exact tier: no square underflows, and ‖w‖ has its relative accuracy. */
const awayFromZero: Values = {
  kind: 'computed',
  draw: (random, [features], _, tier) =>
    Float64Array.from({ length: features }, () => {
      const magnitude = tier === 'exact' ? random.integer(1, 4) : 0.5 + 3.5 * random.next();
      return random.next() < 0.5 ? -magnitude : magnitude;
    }),
};
/** Integer weights whose length is a power of two, in any order and with any signs: 1 + 1 + 1 + 4 + 9 = 16. */
const lengthOf4 = [1, 1, 1, 2, 3];
const lengthPowerOfTwo: Values = {
  kind: 'computed',
  draw: (random, [features]) => {
    const w = Float64Array.from({ length: features }, (_, j) => (lengthOf4[j] ?? 0) * (random.next() < 0.5 ? -1 : 1));
    for (let j = features - 1; j > 0; j--) {
      const k = random.integer(0, j);
      [w[j], w[k]] = [w[k], w[j]];
    }
    return w;
  },
};
/** Integers of twelve bits: TF32 and float16 do not hold them. */
const wide: Values = { kind: 'uniform', low: 2049, high: 4095 };
const small: Values = { kind: 'uniform', low: -3, high: 3 };

const labelled: Record<'x' | 'labels' | 'weights', InputSpecification> = {
  x: { dimensions: ['samples', 'features'], values: reals },
  labels: { dimensions: ['samples'], values: { kind: 'labels' }, description: '−1 or +1' },
  weights: { dimensions: ['features'], values: reals },
};

interface Shared {
  readonly name: string;
  readonly sizes: { readonly samples: number; readonly features: number };
  readonly learningRate: number;
  readonly tiers?: CaseRecipe['tiers'];
  readonly values?: CaseRecipe['values'];
  readonly given?: CaseRecipe['given'];
}
/** The cases of every batch rule. */
const shared: readonly Shared[] = [
  { name: 'plain', sizes: { samples: 7, features: 3 }, learningRate: 0.1, tiers: ['random'] },
  { name: 'integers', sizes: { samples: 7, features: 3 }, learningRate: 0.25, tiers: ['exact'] },
  // Few and small integers: many samples lie on the surface.
  {
    name: 'on-the-surface',
    sizes: { samples: 40, features: 3 },
    learningRate: 0.5,
    tiers: ['exact'],
    values: { x: small, weights: small },
  },
  {
    // w = 0: every sample lies on the surface.
    name: 'zero-weights',
    sizes: { samples: 3, features: 2 },
    learningRate: 0.5,
    tiers: ['exact'],
    given: { x: [1, 2, -3, 1, 2, 2], labels: [1, -1, 1], weights: [0, 0] },
  },
  {
    // Half an error for each sample on the surface: 1025.5 has more bits than TF32 and float16.
    name: 'zero-weights-many',
    sizes: { samples: 2051, features: 1 },
    learningRate: 0.5,
    tiers: ['exact'],
    given: {
      x: Array.from({ length: 2051 }, (_, n) => (n % 7) - 3),
      labels: Array.from({ length: 2051 }, (_, n) => (n % 3 === 0 ? 1 : -1)),
      weights: [0],
    },
  },
  { name: 'wide-integers', sizes: { samples: 4, features: 1 }, learningRate: 0.5, tiers: ['exact'], values: { x: wide } },
  { name: 'many-samples', sizes: { samples: 90, features: 4 }, learningRate: 0.05, tiers: ['random'] },
  { name: 'many-features', sizes: { samples: 5, features: 37 }, learningRate: 0.3, tiers: ['random'] },
  { name: 'samples-1', sizes: { samples: 1, features: 4 }, learningRate: 1, tiers: ['random'] },
  { name: 'features-1', sizes: { samples: 6, features: 1 }, learningRate: 0.7, tiers: ['random'] },
];
const recipes = <Own>(own: (learningRate: number) => Own) =>
  shared.map(({ learningRate, ...recipe }) => ({ ...recipe, attributes: own(learningRate) }));

const positiveRate: Constraint<LearningRate> = {
  id: 'C1',
  text: 'learningRate is positive',
  holds: (_, { learningRate }) => learningRate > 0,
};
const rateText = 'η, the length of a step along the gradient';
const drawRate = fc.constantFrom(0.25, 0.5, 1, 0.1);

const trainingCommon = {
  topic: 'Perceptron',
  source: source as 'reference/linear.ts',
  inputs: () => labelled,
};
const weightsOutput = { weights: { dimensions: ['features'] } };
const nearTheSurface =
  'Where the interval of wᵀx holds 0 either decision is right, and the limit admits both; on integers every decision is exact.';

/** Integers always, in properties too: no sum of an epoch rounds. */
const digits: Values = {
  kind: 'computed',
  draw: (random, shape) => Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.integer(-9, 9)),
};

export const linearOperations: readonly AnyOperation[] = [
  defineOperation<'linearDiscriminant'>({
    name: 'linearDiscriminant',
    title: 'Linear discriminant',
    topic: 'Linear models',
    formula:
      'f(x) = w^\\top x + b = [w, b]^\\top [x, 1], \\quad \\operatorname{sign} f(x), \\quad r = \\frac{f(x)}{\\lVert w \\rVert}',
    rows: ['L1', 'L2', 'P1'],
    source,
    attributes: {},
    inputs: () => ({
      x: { dimensions: ['samples', 'features'], values: reals },
      weights: { dimensions: ['features'], values: awayFromZero },
      bias: { dimensions: [], values: reals },
    }),
    outputs: () => ({
      values: { dimensions: ['samples'] },
      classes: { dimensions: ['samples'], description: '+1, −1, and 0 on the surface' },
      distances: {
        dimensions: ['samples'],
        description: 'signed; NaN or infinite where w = 0; ‖w‖ from 10⁻¹⁵⁴ to 10¹⁵⁴, whose square float64 holds',
      },
    }),
    constraints: [],
    independent: ['samples'],
    reference: ({ x, weights, bias }) => linearDiscriminant(x, weights, bias.data[0]),
    bound: {
      errorClass: 'composed',
      formula:
        '\\Delta f = \\gamma_{d+1}\\bigl(\\textstyle\\sum_j|w_jx_j| + |b|\\bigr) + \\tfrac12\\mathrm{ulp}(f), \\quad \\Delta r = \\frac{\\Delta f}{\\lVert w\\rVert} + \\frac{d + 6}{2}\\,u\\,\\frac{\\sum_j|w_jx_j| + |b|}{\\lVert w\\rVert}; \\quad \\operatorname{sign} f \\text{ exact where } |f| > \\Delta f',
      derivation: `${running}f is a sum of d + 1 terms in any order, plain or augmented; ‖w‖ is a sum of squares whose root halves its relative error, and divides f or, before the sum, w and b. A class may only differ where the interval of f holds 0.`,
      limits: ({ inputs: { x, weights, bias }, expected, precision }) => {
        const { values, classes, distances } = encloseDiscriminant(x, weights, bias, precision);
        return {
          values: limitOf(values, expected.values),
          classes: limitOf(classes, expected.classes),
          distances: limitOf(distances, expected.distances),
        };
      },
    },
    tiers: ['random', 'exact'],
    cases: [
      { name: 'plain', sizes: { samples: 7, features: 3 }, attributes: {}, tiers: ['random'] },
      {
        name: 'integers',
        sizes: { samples: 9, features: 5 },
        attributes: {},
        tiers: ['exact'],
        values: { weights: lengthPowerOfTwo },
      },
      {
        name: 'wide-integers',
        sizes: { samples: 4, features: 6 },
        attributes: {},
        tiers: ['exact'],
        values: { x: wide, weights: lengthPowerOfTwo },
      },
      // By hand (Row L1): f = 0, −10, 0 and 5, ‖w‖ = 5.
      {
        name: 'by-hand',
        sizes: { samples: 4, features: 2 },
        attributes: {},
        tiers: ['random'],
        given: { x: [1, 2, -1, 3, 3, 3.5, 0, 0], weights: [3, -4], bias: [5] },
      },
      {
        // Nothing but a bias: the surface is nowhere, at an infinite distance.
        name: 'zero-weights',
        sizes: { samples: 2, features: 3 },
        attributes: {},
        tiers: ['random'],
        given: { x: [1, 2, 3, -4, 5, 6], weights: [0, 0, 0], bias: [-2] },
      },
      { name: 'many-samples', sizes: { samples: 90, features: 4 }, attributes: {}, tiers: ['random'] },
      { name: 'many-features', sizes: { samples: 5, features: 67 }, attributes: {}, tiers: ['random'] },
      { name: 'samples-1', sizes: { samples: 1, features: 4 }, attributes: {}, tiers: ['random'] },
      { name: 'features-1', sizes: { samples: 6, features: 1 }, attributes: {}, tiers: ['random'] },
    ],
    draw: sampleSizes.map((sizes) => ({ sizes, attributes: {} })),
    variants: [],
    knownMistakes: linearDiscriminantMistakes,
    benchmark: { name: 'benchmark', sizes: { samples: 500, features: 128 }, attributes: {}, tiers: ['random'] },
    flops: ({ samples, features }) => 2 * samples * features,
  }),

  defineOperation<'perceptronCriterion'>({
    ...trainingCommon,
    name: 'perceptronCriterion',
    undefinedSpecialValues: every(choice, ['nan', 'nan-in-weights']),
    selected: mistakenSamples,
    title: 'Perceptron criterion and its gradient',
    formula:
      'J(w) = -\\sum_{n \\in M} y_n w^\\top x_n, \\quad \\frac{\\partial J}{\\partial w} = -\\sum_{n \\in M} y_n x_n, \\quad M = \\{n : y_n w^\\top x_n \\le 0\\}',
    rows: ['P5'],
    attributes: {},
    outputs: () => ({ loss: { dimensions: [] }, gradient: { dimensions: ['features'] } }),
    constraints: [],
    reference: ({ x, labels, weights }) => {
      const { loss, gradient } = perceptronCriterion(x, labels, weights);
      return { loss: scalar(loss), gradient };
    },
    bound: {
      errorClass: 'composed',
      formula:
        '\\Delta J = \\sum_{n\\in M}\\gamma_d\\sum_j|w_jx_{nj}| + \\gamma_N J, \\quad \\gamma_N\\sum_{n\\in M}|x_{nj}|; \\quad 0 \\text{ where nothing rounds}',
      derivation: `${running}each yₙwᵀxₙ is a sum of d products and J and its gradient are sums of at most N terms, all in any order. ${nearTheSurface}`,
      limits: ({ inputs: { x, labels, weights }, expected, precision }) => {
        const { loss, gradient } = encloseCriterion(x, labels, weights, precision);
        return { loss: limitOf(loss, expected.loss), gradient: limitOf(gradient, expected.gradient) };
      },
    },
    tiers: ['random', 'exact'],
    cases: recipes(() => ({})),
    draw: sampleSizes.map((sizes) => ({ sizes, attributes: {} })),
    variants: [],
    knownMistakes: perceptronCriterionMistakes,
  }),

  defineOperation<'batchPerceptronStep'>({
    ...trainingCommon,
    name: 'batchPerceptronStep',
    undefinedSpecialValues: every(choice, ['nan', 'nan-in-weights']),
    selected: mistakenSamples,
    title: 'Batch perceptron, one step',
    formula: 'w \\leftarrow w + \\eta \\sum_{n \\in M} y_n x_n, \\quad M = \\{n : y_n w^\\top x_n \\le 0\\}',
    rows: ['P5'],
    attributes: { learningRate: rateText },
    outputs: () => weightsOutput,
    constraints: [positiveRate],
    reference: ({ x, labels, weights }, { learningRate }) => ({
      weights: batchPerceptronStep(x, labels, weights, learningRate),
    }),
    bound: {
      errorClass: 'composed',
      formula: '\\gamma_{N+2}\\,\\eta\\sum_{n\\in M}|x_{nj}| + u|w_j|; \\quad 0 \\text{ where nothing rounds}',
      derivation: `${running}a sum of at most N terms in any order, with η before it or after it, added to w. ${nearTheSurface}`,
      limits: ({ inputs: { x, labels, weights }, attributes: { learningRate }, expected, precision }) => ({
        weights: limitOf(encloseBatchPerceptronStep(x, labels, weights, learningRate, precision), expected.weights),
      }),
    },
    tiers: ['random', 'exact'],
    cases: recipes((learningRate) => ({ learningRate })),
    draw: fc.tuple(sampleSizes, drawRate).map(([sizes, learningRate]) => ({ sizes, attributes: { learningRate } })),
    variants: [],
    knownMistakes: batchPerceptronStepMistakes,
    benchmark: {
      name: 'benchmark',
      sizes: { samples: 500, features: 128 },
      attributes: { learningRate: 0.5 },
      tiers: ['random'],
    },
    flops: ({ samples, features }) => 4 * samples * features,
  }),

  defineOperation<'surrogatePerceptronStep'>({
    ...trainingCommon,
    name: 'surrogatePerceptronStep',
    selected: (inputs) => samplesWhere(inputs, (label, net) => Math.sign(net) !== label),
    title: 'Perceptron with a surrogate gradient, one batch step',
    formula:
      'W \\leftarrow W + \\eta\\sum_n (Y_n - y_n)\\,X_n, \\quad y_n = \\operatorname{sign}(W^\\top X_n), \\quad L = \\tfrac12\\sum_n(Y_n - y_n)^2',
    rows: ['P6'],
    attributes: { learningRate: rateText },
    outputs: () => ({ loss: { dimensions: [], description: 'before the step' }, ...weightsOutput }),
    constraints: [positiveRate],
    reference: ({ x, labels, weights }, { learningRate }) => ({
      loss: scalar(squaredSignLoss(x, labels, weights)),
      weights: surrogatePerceptronStep(x, labels, weights, learningRate),
    }),
    bound: {
      errorClass: 'composed',
      formula: '\\gamma_{N+2}\\,\\eta\\sum_n|(Y_n - y_n)X_{nj}| + u|W_j|; \\quad 0 \\text{ where nothing rounds, and for } L',
      derivation: `${running}errors are whole numbers from −2 to 2, so that L is exact; the step is a sum of N terms in any order, with η before it or after it, added to W. ${nearTheSurface}`,
      limits: ({ inputs: { x, labels, weights }, attributes: { learningRate }, expected, precision }) => {
        const enclosed = encloseSurrogateStep(x, labels, weights, learningRate, precision);
        return { loss: limitOf(enclosed.loss, expected.loss), weights: limitOf(enclosed.weights, expected.weights) };
      },
    },
    tiers: ['random', 'exact'],
    cases: recipes((learningRate) => ({ learningRate })),
    draw: fc.tuple(sampleSizes, drawRate).map(([sizes, learningRate]) => ({ sizes, attributes: { learningRate } })),
    variants: [],
    knownMistakes: surrogatePerceptronStepMistakes,
  }),

  defineOperation<'stochasticPerceptronEpoch'>({
    ...trainingCommon,
    name: 'stochasticPerceptronEpoch',
    undefinedSpecialValues: every(wholeNumbers),
    title: 'Perceptron by stochastic gradient descent, one epoch',
    formula:
      'W \\leftarrow W + \\eta\\,(Y_n - \\operatorname{sign}(W^\\top X_n))\\,X_n \\quad \\text{for each } n \\text{ of the order}',
    rows: ['P6'],
    attributes: {
      learningRate: `${rateText}: a power of two, so that no step rounds`,
      order: "the samples' numbers from 0, in the order in which they are gone through",
    },
    inputs: () => ({
      x: { ...labelled.x, values: digits, description: 'integers' },
      labels: labelled.labels,
      weights: { ...labelled.weights, values: digits, description: 'integers' },
    }),
    outputs: () => weightsOutput,
    constraints: [
      {
        id: 'C1',
        text: 'learningRate is ¼, ½, 1 or 2',
        holds: (_, { learningRate }) => [0.25, 0.5, 1, 2].includes(learningRate as number),
      },
      {
        id: 'C2',
        text: 'order holds each of 0 … samples − 1 once',
        holds: ({ samples }, { order }) =>
          [...(order as number[])].sort((a, b) => a - b).every((n, k) => n === k) && (order as number[]).length === samples,
      },
      {
        id: 'C3',
        text: 'features·(samples + 1) is less than 2¹³, so that float32 holds every sum of integers up to 9',
        holds: ({ samples, features }) => features * (samples + 1) < 2 ** 13,
      },
    ],
    reference: ({ x, labels, weights }, { learningRate, order }) => ({
      weights: stochasticPerceptronEpoch(x, labels, weights, learningRate, order),
    }),
    bound: {
      errorClass: 'exact',
      formula: '0',
      derivation:
        'Samples and weights are integers up to 9 and η a power of two from ¼ to 2: the weights stay multiples of ½ below 36·(samples + 1), every sum below 324·features·(samples + 1) < 2²², and no decision depends on rounding.',
      limits: ({ expected }) => ({ weights: { limit: new Float64Array(expected.weights.data.length) } }),
    },
    tiers: ['exact'],
    cases: [
      { name: 'plain', sizes: { samples: 7, features: 3 }, attributes: { learningRate: 0.5, order: [4, 0, 6, 2, 5, 1, 3] } },
      { name: 'in-order', sizes: { samples: 5, features: 4 }, attributes: { learningRate: 0.25, order: [0, 1, 2, 3, 4] } },
      { name: 'backwards', sizes: { samples: 4, features: 2 }, attributes: { learningRate: 2, order: [3, 2, 1, 0] } },
      {
        name: 'many-samples',
        sizes: { samples: 60, features: 3 },
        attributes: { learningRate: 0.5, order: Array.from({ length: 60 }, (_, k) => (k * 23 + 7) % 60) },
      },
      { name: 'many-features', sizes: { samples: 3, features: 41 }, attributes: { learningRate: 0.5, order: [1, 2, 0] } },
      { name: 'features-1', sizes: { samples: 6, features: 1 }, attributes: { learningRate: 1, order: [5, 3, 1, 0, 2, 4] } },
      { name: 'samples-1', sizes: { samples: 1, features: 4 }, attributes: { learningRate: 0.5, order: [0] } },
      {
        // Weights of 12 and 13 significant bits: more than TF32 and float16 hold.
        name: 'wide-integers',
        sizes: { samples: 2, features: 2 },
        attributes: { learningRate: 0.5, order: [1, 0] },
        given: { x: [2731, 517, -1035, 5463], labels: [1, -1], weights: [3, 2] },
      },
      {
        // Begins on the surface: sign(0) = 0, an error of 1 and not of 2.
        name: 'zero-weights',
        sizes: { samples: 3, features: 2 },
        attributes: { learningRate: 0.5, order: [2, 0, 1] },
        given: { x: [1, 2, -3, 1, 2, -2], labels: [1, -1, 1], weights: [0, 0] },
      },
    ],
    draw: sampleSizes.chain((sizes) => {
      const inOrder = Array.from({ length: sizes.samples }, (_, n) => n);
      return fc
        .tuple(
          fc.constantFrom(0.5, 0.25, 1, 2),
          fc.shuffledSubarray(inOrder, { minLength: sizes.samples, maxLength: sizes.samples }),
        )
        .map(([learningRate, order]) => ({ sizes, attributes: { learningRate, order } }));
    }),
    variants: [],
    knownMistakes: stochasticPerceptronEpochMistakes,
  }),
];
