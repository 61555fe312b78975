/** The online perceptron (Rows P4, N2) and Novikoff's bound on its mistakes (Row N1). */
import fc from 'fast-check';
import type { InputsOf, PerceptronAttributes } from '../../../backends/signatures.ts';
import { novikoffBound, perceptronTrain } from '../../../reference/perceptron.ts';
import { map, scalar, type Tensor, zeros } from '../../../reference/tensor.ts';
import { absolute, gamma, gridOf, sumOfProductsBound } from '../../judging/bounds/sumOfProducts.ts';
import type { AnyOperation, BoundContext, OutputBound, Sizes, Values } from '../../judging/operation.ts';
import { type Precision, precisions, roundsInputs } from '../../judging/precision.ts';
import type { Random } from '../../judging/random.ts';
import { defineOperation } from '../define.ts';
import { every, noMargin, wholeNumbers } from '../shared/undefinedSpecialValues.ts';
import { novikoffsProof } from './relations.ts';
import { boundVariants, trainingVariants } from './variants.ts';

const topic = 'Perceptron';
const source = 'reference/perceptron.ts';

/**
 * Integers whose every sum is exact in float32 whatever the samples do: the last sample meets weights of at most
 * samples·passes − 1 updates, so that Σ|w||x| is at most features·(samples·passes − 1)·largest² < 2²⁴.
 */
function exactSamples({ passes }: PerceptronAttributes): Values {
  return {
    kind: 'computed',
    draw: (random, shape) => {
      const [samples, features] = shape;
      const updates = Math.max(1, samples * passes - 1);
      const largest = Math.max(1, Math.min(4000, Math.floor(Math.sqrt((2 ** 24 - 1) / (features * updates)))));
      const x = new Float64Array(samples * features).map(() => random.integer(-largest, largest));
      // A sample at the origin lies on every separator.
      for (let n = 0; n < samples; n++) {
        const sample = x.subarray(n * features, (n + 1) * features);
        if (sample.every((value) => value === 0)) sample[features - 1] = 1;
      }
      return x;
    },
  };
}

/** The class that a hidden integer separator gives each sample; none lies on it. */
const separableLabels: Values = {
  kind: 'computed',
  draw: (random, [samples], { x }) => {
    const features = x.shape[1];
    const sumsFor = (u: readonly number[]) => Array.from({ length: samples }, (_, n) => dot(x, n, u));
    for (let attempt = 0; attempt < 50; attempt++) {
      const sums = sumsFor(Array.from({ length: features }, () => random.integer(-9, 9)));
      if (sums.every((sum) => sum !== 0)) return Float64Array.from(sums, Math.sign);
    }
    // Powers of a base above twice the largest |x|: no sample but 0 has Σ xⱼ·baseʲ = 0, as no number but 0 has only digits 0.
    const base = 2 * Array.from(x.data, Math.abs).reduce((most, size) => Math.max(most, size), 0) + 1;
    return Float64Array.from(sumsFor(Array.from({ length: features }, (_, j) => base ** j)), Math.sign);
  },
};

/** Components of magnitude ½ to 2, so that the separator is never near 0. */
const separator: Values = {
  kind: 'computed',
  draw: (random, shape) => {
    const size = shape[0];
    return new Float64Array(size).map(() => Math.fround((random.next() < 0.5 ? -1 : 1) * between(random, 0.5, 2)));
  },
};

/** Uniform on [−4, 4], away from the separator: |uᵀx| ≥ ¼, so that no rounding changes a class or brings the margin near 0. */
const separatedSamples: Values = {
  kind: 'computed',
  draw: (random, [samples, features], { separator: u }) => {
    const x = new Float64Array(samples * features);
    for (let n = 0; n < samples; n++) {
      const sample = x.subarray(n * features, (n + 1) * features);
      const reach = () => Math.abs(sample.reduce((sum, value, j) => sum + value * u.data[j], 0));
      for (let attempt = 0; attempt < 50 && !(reach() >= 0.25); attempt++) {
        for (let j = 0; j < features; j++) sample[j] = Math.fround(between(random, -4, 4));
      }
      // u itself has uᵀu ≥ ¼.
      if (!(reach() >= 0.25)) sample.set(u.data);
    }
    return x;
  },
};

const labelsOfSeparator: Values = {
  kind: 'computed',
  draw: (_, [samples], { x, separator: u }) =>
    Float64Array.from({ length: samples }, (_unused, n) => Math.sign(dot(x, n, u.data)) || 1),
};

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.next();
}

/** Σⱼ x[n, j]·u[j]. */
function dot(x: Tensor, n: number, u: ArrayLike<number>): number {
  const features = x.shape[1];
  let sum = 0;
  for (let j = 0; j < features; j++) sum += x.data[n * features + j] * u[j];
  return sum;
}

/** Samples in 0/1 coding with a 1 appended for the bias: the four corners of the square. */
const corners = [0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1];
/** The same in ±1 coding. */
const signedCorners = [-1, -1, 1, -1, 1, 1, 1, -1, 1, 1, 1, 1];
const truthTables = { and: [-1, -1, -1, 1], or: [-1, 1, 1, 1], xor: [-1, 1, 1, -1] };

/** The online rule with a part of it changed. `decides` is given yᵢ·wᵀxᵢ, `step` what is added to w on a mistake. */
function trainedWith(
  { x, labels }: InputsOf<'perceptron.train'>,
  { passes }: PerceptronAttributes,
  change: {
    readonly errs?: (agreement: number) => boolean;
    readonly factor?: (label: number, agreement: number) => number;
    readonly batch?: boolean;
    readonly restart?: boolean;
    readonly samples?: number;
    /** Passes that are made. */
    readonly passes?: number;
  },
): { weights: Tensor; mistakes: Tensor } {
  const { errs = (agreement) => agreement <= 0, factor = (label) => label, batch = false, restart = false } = change;
  const [samples, features] = x.shape;
  const weights = zeros([features]);
  const mistakes = zeros([passes, samples]);
  for (let pass = 0; pass < (change.passes ?? passes); pass++) {
    if (restart) weights.data.fill(0);
    const before = weights.data.slice();
    for (let n = 0; n < (change.samples ?? samples); n++) {
      const agreement = labels.data[n] * dot(x, n, batch ? before : weights.data);
      if (!errs(agreement)) continue;
      mistakes.data[pass * samples + n] = 1;
      for (let j = 0; j < features; j++) {
        weights.data[j] += factor(labels.data[n], agreement) * x.data[n * features + j];
      }
    }
  }
  return { weights, mistakes };
}

const exactly = ({ data }: Tensor): OutputBound => ({ limit: new Float64Array(data.length) });

/**
 * Running error analysis of Novikoff's bound, in parts: R² and ‖u‖² are sums of squares with relative error γ_d (d features);
 * the margin has the absolute error of its own sum of products; a square root, squares, product and quotient round once each.
 */
function novikoffLimits({ inputs, expected, precision }: BoundContext<'novikoff.bound'>) {
  const { x, labels, separator: u } = inputs;
  const [samples, features] = x.shape;
  const [absoluteX, absoluteU] = [absolute(x), absolute(u)];
  const absoluteSums = Array.from({ length: samples }, (_, n) => dot(absoluteX, n, absoluteU.data));
  const margin = sumOfProductsBound({
    expected: expected.margin,
    // The smallest of values that are each off by no more than the largest limit is itself off by no more.
    scale: () => scalar(absoluteSums.reduce((most, sum) => Math.max(most, sum), 0)),
    terms: features,
    exactness: { grid: gridOf(x) * gridOf(u) * gridOf(labels) },
    precision,
  });
  // A declared narrower format rounds the inputs: as in a sum of products, two more roundings.
  const squares = gamma(features + (roundsInputs(precision) ? 2 : 0), precision) + gamma(features, precisions.float64);
  // Each of the three is given as d, of a relative error 1 + d: products of such become sums of ln(1 + d), without cancellation.
  const squared = Math.log1p(squares);
  const rounded = (k: number, { unitRoundoff: u }: Precision) => k * Math.log1p(u);
  // By way of R: √ halves the relative error and rounds once, as does the square after it. The reference's own root rounds too.
  const roots = precision.accuracy?.squareRootRoundings ?? 1;
  const radius = squared / 2 + rounded(roots, precision) + rounded(1, precisions.float64);
  const relativeMargin = margin.limit[0] / Math.abs(expected.margin.data[0]);
  // As (‖u‖R/γ)², the longest way: R squared, the root of ‖u‖², a product and a quotient, each counted twice by the square that
  // follows, and once more the reference's own five in float64.
  const last = rounded(6 + 2 * roots, precision) + rounded(5, precisions.float64);
  const above = Math.expm1(squared + 2 * radius + last - 2 * Math.log1p(-relativeMargin));
  return {
    radius: { limit: Float64Array.of(Math.expm1(radius) * expected.radius.data[0]) },
    margin: { limit: margin.limit },
    bound: { limit: Float64Array.of(relativeMargin < 1 ? above * expected.bound.data[0] : Infinity) },
  };
}

function boundWith(
  inputs: InputsOf<'novikoff.bound'>,
  change: (right: { radius: number; margin: number; bound: number; squaredNorm: number }) => Partial<{
    radius: number;
    margin: number;
    bound: number;
  }>,
): { radius: Tensor; margin: Tensor; bound: Tensor } {
  const right = novikoffBound(inputs.x, inputs.labels, inputs.separator);
  const squaredNorm = Array.from(inputs.separator.data).reduce((sum, value) => sum + value ** 2, 0);
  const { radius, margin, bound } = { ...right, ...change({ ...right, squaredNorm }) };
  return { radius: scalar(radius), margin: scalar(margin), bound: scalar(bound) };
}

/** Lengths of the samples. */
function lengths(x: Tensor): number[] {
  const [samples, features] = x.shape;
  return Array.from({ length: samples }, (_, n) => Math.hypot(...x.data.subarray(n * features, (n + 1) * features)));
}

const sampleSizes = fc.record({ samples: fc.integer({ min: 1, max: 8 }), features: fc.integer({ min: 1, max: 4 }) });

export const perceptronOperations: readonly AnyOperation[] = [
  defineOperation<'perceptron.train'>({
    name: 'perceptron.train',
    undefinedSpecialValues: every(wholeNumbers),
    title: 'Online perceptron',
    topic,
    formula: 'w \\leftarrow w + y_i x_i \\text{ whenever } y_i w^\\top x_i \\le 0, \\quad w_1 = 0',
    rows: ['P4', 'P7', 'N2'],
    source,
    attributes: { passes: 'how often the samples are gone through, in order' },
    inputs: (attributes) => ({
      x: { dimensions: ['samples', 'features'], values: exactSamples(attributes), description: 'integers' },
      labels: { dimensions: ['samples'], values: separableLabels, description: '−1 or +1' },
    }),
    outputs: () => ({
      weights: { dimensions: ['features'] },
      mistakes: { dimensions: ['passes', 'samples'], description: '1 where the sample was misclassified in that pass' },
    }),
    derivedSizes: (_, { passes }) => ({ passes }),
    constraints: [
      {
        id: 'C1',
        text: 'passes is a positive integer',
        holds: (_, { passes }) => Number.isInteger(passes) && (passes as number) >= 1,
      },
      {
        id: 'C2',
        text: 'features · samples · passes is less than 2²⁴, so that there are integers whose every sum float32 holds',
        holds: ({ samples, features }, { passes }) => features * samples * (passes as number) < 2 ** 24,
      },
    ],
    reference: ({ x, labels }, { passes }) => {
      const { weights, mistakes } = perceptronTrain(x, labels, passes);
      return { weights, mistakes };
    },
    bound: {
      errorClass: 'exact',
      formula: '0',
      derivation:
        'Samples are integers with features·(samples·passes − 1)·max|x|² < 2²⁴: every weight and every partial sum is an integer that float32 holds, no decision depends on rounding, and the outputs have one right value.',
      limits: ({ expected }) => ({ weights: exactly(expected.weights), mistakes: exactly(expected.mistakes) }),
    },
    tiers: ['exact'],
    cases: [
      { name: 'plain', sizes: { samples: 7, features: 3 }, attributes: { passes: 4 } },
      // The same sizes again: what the first left in a buffer shows.
      { name: 'plain-again', sizes: { samples: 7, features: 3 }, attributes: { passes: 4 } },
      { name: 'one-pass', sizes: { samples: 11, features: 4 }, attributes: { passes: 1 } },
      { name: 'many-passes', sizes: { samples: 6, features: 2 }, attributes: { passes: 40 } },
      { name: 'many-samples', sizes: { samples: 60, features: 3 }, attributes: { passes: 5 } },
      { name: 'many-features', sizes: { samples: 5, features: 23 }, attributes: { passes: 3 } },
      {
        // Twelve and thirteen significant bits: wᵀx₂ is 517, in TF32 and float16 (11 bits) 0, and the second sample a mistake.
        name: 'wide-integers',
        sizes: { samples: 2, features: 2 },
        attributes: { passes: 1 },
        given: { x: [2731, 517, -1034, 5463], labels: [1, 1] },
      },
      { name: 'samples-1', sizes: { samples: 1, features: 4 }, attributes: { passes: 3 } },
      { name: 'features-1', sizes: { samples: 6, features: 1 }, attributes: { passes: 2 } },
      {
        name: 'random-labels',
        sizes: { samples: 12, features: 3 },
        attributes: { passes: 5 },
        values: { labels: { kind: 'labels' } },
      },
      {
        name: 'and',
        sizes: { samples: 4, features: 3 },
        attributes: { passes: 12 },
        given: { x: corners, labels: truthTables.and },
      },
      {
        name: 'or',
        sizes: { samples: 4, features: 3 },
        attributes: { passes: 8 },
        given: { x: corners, labels: truthTables.or },
      },
      {
        // Never converges: a mistake in every pass.
        name: 'xor',
        sizes: { samples: 4, features: 3 },
        attributes: { passes: 20 },
        given: { x: corners, labels: truthTables.xor },
      },
      {
        // The same sizes, without a mistake in the later passes: those that the case before it left in a buffer show.
        name: 'and-after-xor',
        sizes: { samples: 4, features: 3 },
        attributes: { passes: 20 },
        given: { x: corners, labels: truthTables.and },
      },
      {
        name: 'xor-signed',
        sizes: { samples: 4, features: 3 },
        attributes: { passes: 15 },
        given: { x: signedCorners, labels: truthTables.xor },
      },
    ],
    draw: fc.tuple(sampleSizes, fc.integer({ min: 1, max: 4 })).map(([sizes, passes]) => ({ sizes, attributes: { passes } })),
    relations: [novikoffsProof],
    variants: trainingVariants,
    knownMistakes: [
      {
        name: 'strict-inequality',
        says: 'the rule with < for ≤: a sample on the surface counts as right, and from w = 0 nothing is learnt',
        outputs: (inputs, attributes) => trainedWith(inputs, attributes, { errs: (agreement) => agreement < 0 }),
      },
      {
        name: 'update-without-label',
        says: 'w + x on every mistake, whatever the label',
        outputs: (inputs, attributes) => trainedWith(inputs, attributes, { factor: () => 1 }),
      },
      {
        name: 'update-with-the-wrong-sign',
        says: 'w − y·x on every mistake',
        outputs: (inputs, attributes) => trainedWith(inputs, attributes, { factor: (label) => -label }),
      },
      {
        name: 'batch-update',
        says: 'the batch rule: every sample of a pass judged by the weights at its beginning',
        outputs: (inputs, attributes) => trainedWith(inputs, attributes, { batch: true }),
      },
      {
        name: 'update-of-every-sample',
        says: 'the Hebb rule: w + y·x for every sample, mistaken or not',
        outputs: (inputs, attributes) => trainedWith(inputs, attributes, { errs: () => true }),
      },
      {
        name: 'update-by-the-error-twice',
        says: 'w + (y − ŷ)·x with ŷ = ±1: a step of 2',
        outputs: (inputs, attributes) => trainedWith(inputs, attributes, { factor: (label) => 2 * label }),
      },
      {
        name: 'starts-again-every-pass',
        says: 'the weights set to 0 at the beginning of each pass',
        outputs: (inputs, attributes) => trainedWith(inputs, attributes, { restart: true }),
      },
      {
        name: 'stops-while-it-errs',
        says: 'the rule stopped after the first pass, though it still errs: another pass only where the loss is small already',
        erratum: 'R16',
        // From w = 0 the first sample is always a mistake: the loss of the first pass is above 0.
        outputs: (inputs, attributes) => trainedWith(inputs, attributes, { passes: 1 }),
      },
      {
        name: 'last-sample-missing',
        says: 'the rule without the last sample',
        outputs: (inputs, attributes) => trainedWith(inputs, attributes, { samples: inputs.x.shape[0] - 1 }),
      },
      {
        name: 'hits-for-mistakes',
        says: '1 where the sample was right',
        outputs: (inputs, attributes) => {
          const { weights, mistakes } = trainedWith(inputs, attributes, {});
          return { weights, mistakes: map(mistakes, (mistake) => 1 - mistake) };
        },
      },
    ],
    benchmark: { name: 'benchmark', sizes: { samples: 500, features: 64 }, attributes: { passes: 4 } },
    flops: ({ samples, features, passes }) => 2 * samples * features * passes,
  }),

  defineOperation<'novikoff.bound'>({
    name: 'novikoff.bound',
    undefinedSpecialValues: every(noMargin),
    title: "Novikoff's bound on the perceptron's mistakes",
    topic,
    formula:
      'R = \\max_i \\lVert x_i \\rVert, \\quad \\gamma = \\min_i y_i u^\\top x_i, \\quad \\frac{\\lVert u \\rVert^2 R^2}{\\gamma^2}',
    rows: ['N1'],
    source,
    attributes: {},
    // Drawn in this order: the samples keep away from the separator, the labels follow it.
    inputs: () => ({
      separator: { dimensions: ['features'], values: separator },
      x: { dimensions: ['samples', 'features'], values: separatedSamples },
      labels: { dimensions: ['samples'], values: labelsOfSeparator, description: '−1 or +1' },
    }),
    outputs: () => ({ radius: { dimensions: [] }, margin: { dimensions: [] }, bound: { dimensions: [] } }),
    constraints: [],
    reference: ({ x, labels, separator: u }) => {
      const { radius, margin, bound } = novikoffBound(x, labels, u);
      return { radius: scalar(radius), margin: scalar(margin), bound: scalar(bound) };
    },
    bound: {
      errorClass: 'composed',
      formula:
        '\\Delta R = R\\left(\\sqrt{1 + \\gamma_d}\\,(1 + u) - 1\\right), \\quad \\Delta\\gamma = \\gamma_d \\max_i \\sum_j |u_j||x_{ij}| + \\dots, \\quad \\frac{(1 + \\gamma_d)^2 (1 + u)^{10}}{(1 - \\Delta\\gamma / \\gamma)^2} - 1',
      derivation:
        'Running error analysis: sums of d squares have relative error γ_d, the margin the absolute error of its sum of products; square root, squares, products and quotient round once each, whether as ‖u‖²R²/γ² or as (‖u‖R/γ)². The factors multiply.',
      limits: novikoffLimits,
    },
    tiers: ['random'],
    cases: [
      { name: 'plain', sizes: { samples: 7, features: 3 }, attributes: {} },
      { name: 'many-samples', sizes: { samples: 90, features: 4 }, attributes: {} },
      { name: 'many-features', sizes: { samples: 5, features: 37 }, attributes: {} },
      { name: 'samples-1', sizes: { samples: 1, features: 5 }, attributes: {} },
      { name: 'features-1', sizes: { samples: 6, features: 1 }, attributes: {} },
      {
        // R = √3, γ = ½, ‖u‖² = 4.25: the bound is 51.
        name: 'and',
        sizes: { samples: 4, features: 3 },
        attributes: {},
        given: { separator: [1, 1, -1.5], x: corners, labels: truthTables.and },
      },
    ],
    draw: sampleSizes.map((sizes) => ({ sizes, attributes: {} })),
    variants: boundVariants,
    knownMistakes: [
      {
        name: 'squares-missing',
        says: 'R/γ·‖u‖ without the squares',
        outputs: (inputs) =>
          boundWith(inputs, ({ radius, margin, squaredNorm }) => ({ bound: (Math.sqrt(squaredNorm) * radius) / margin })),
      },
      {
        name: 'separator-taken-for-a-unit-vector',
        says: 'R²/γ² without ‖u‖²',
        outputs: (inputs) => boundWith(inputs, ({ radius, margin }) => ({ bound: (radius / margin) ** 2 })),
      },
      {
        name: 'norm-not-squared',
        says: '‖u‖R²/γ²',
        outputs: (inputs) =>
          boundWith(inputs, ({ radius, margin, squaredNorm }) => ({
            bound: (Math.sqrt(squaredNorm) * radius ** 2) / margin ** 2,
          })),
      },
      {
        name: 'labels-ignored',
        says: 'the margin min uᵀxᵢ without the labels',
        outputs: (inputs) => {
          const margin = Math.min(...lengths(inputs.x).map((_, n) => dot(inputs.x, n, inputs.separator.data)));
          return boundWith(inputs, ({ radius, squaredNorm }) => ({ margin, bound: squaredNorm * (radius / margin) ** 2 }));
        },
      },
      {
        name: 'smallest-length-for-the-radius',
        says: 'min ‖xᵢ‖ for R',
        outputs: (inputs) => {
          const radius = Math.min(...lengths(inputs.x));
          return boundWith(inputs, ({ margin, squaredNorm }) => ({ radius, bound: squaredNorm * (radius / margin) ** 2 }));
        },
      },
      {
        name: 'mean-for-the-margin',
        says: 'the mean of yᵢuᵀxᵢ for its minimum',
        outputs: (inputs) => {
          const [samples] = inputs.x.shape;
          const agreements = lengths(inputs.x).map((_, n) => inputs.labels.data[n] * dot(inputs.x, n, inputs.separator.data));
          const margin = agreements.reduce((sum, value) => sum + value, 0) / samples;
          return boundWith(inputs, ({ radius, squaredNorm }) => ({ margin, bound: squaredNorm * (radius / margin) ** 2 }));
        },
      },
      {
        name: 'squared-radius-returned',
        says: 'R² for R',
        outputs: (inputs) => boundWith(inputs, ({ radius }) => ({ radius: radius ** 2 })),
      },
    ],
    benchmark: { name: 'benchmark', sizes: { samples: 1000, features: 128 }, attributes: {} },
    flops: ({ samples, features }: Sizes) => 4 * samples * features,
  }),
];
