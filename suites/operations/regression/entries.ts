/** The penalized losses of linear models and their gradients (Rows J1–J3). */
import fc from 'fast-check';
import type { InputsOf, OutputsOf, PenaltyAttributes } from '../../../backends/signatures.ts';
import { map } from '../../../reference/tensor.ts';
import { limitOf } from '../../judging/bounds/enclosure.ts';
import type { AnyOperation, CaseRecipe, Constraint, InputSpecification, Values } from '../../judging/operation.ts';
import { onlyRows } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { matrixTimesVector } from '../linear/bound.ts';
import { choice, every, everyIn, infinities, intermediate, saturates, withinMargin } from '../shared/undefinedSpecialValues.ts';
import { type EnclosedGradient, encloseLeastSquares, encloseSoftMargin, encloseSoftmaxRegression } from './bound.ts';
import { losses, regressionMistakes, slopeOneAtTheHinge } from './mistakes.ts';

type Outputs = OutputsOf<'leastSquares'>;

const reals: Values = { kind: 'uniform', low: -2, high: 2 };
const integers: Values = { kind: 'uniform', low: -9, high: 9 };
const small: Values = { kind: 'uniform', low: -2, high: 2 };
const x: InputSpecification = { dimensions: ['samples', 'features'], values: reals };
const model = { weights: { dimensions: ['features'], values: reals }, bias: { dimensions: [], values: reals } };
const running = 'Running error, second order included: ';

/** A little beside the prediction: p − y cancels. */
const nearPrediction: Values = {
  kind: 'computed',
  draw: (random, [samples], { x: { data }, weights, bias }) =>
    Float64Array.from({ length: samples }, (_, n) => {
      const net = Array.from(weights.data).reduce(
        (total, w, j) => total + w * data[n * weights.data.length + j],
        -bias.data[0],
      );
      return net + (random.next() - 0.5) / 64;
    }),
};

const sizes = (samples: number, features: number) => ({ samples, features });
/** The cases of both losses of one output; λ is even in the exact tier, so that ½λ is whole. */
const shared: readonly (Omit<CaseRecipe, 'attributes'> & { readonly attributes: { readonly penalty: number } })[] = [
  { name: 'plain', sizes: sizes(7, 3), attributes: { penalty: 0.3 }, tiers: ['random'] },
  {
    name: 'integers',
    sizes: sizes(6, 4),
    attributes: { penalty: 4 },
    tiers: ['exact'],
    values: { x: integers, targets: integers, weights: integers, bias: integers },
  },
  {
    name: 'small-integers',
    sizes: sizes(40, 3),
    attributes: { penalty: 2 },
    tiers: ['exact'],
    values: { x: small, targets: small, weights: small, bias: small },
  },
  { name: 'no-penalty', sizes: sizes(5, 2), attributes: { penalty: 0 }, tiers: ['random'] },
  { name: 'large-penalty', sizes: sizes(3, 5), attributes: { penalty: 100 }, tiers: ['random'] },
  { name: 'many-samples', sizes: sizes(90, 4), attributes: { penalty: 0.7 }, tiers: ['random'] },
  { name: 'many-features', sizes: sizes(5, 53), attributes: { penalty: 0.01 }, tiers: ['random'] },
  { name: 'samples-1', sizes: sizes(1, 4), attributes: { penalty: 0.3 }, tiers: ['random'] },
  { name: 'features-1', sizes: sizes(6, 1), attributes: { penalty: 0.3 }, tiers: ['random'] },
];
/** Only the values of inputs that the operation has. */
const withoutTargets = ({ values, ...recipe }: (typeof shared)[number]) => ({
  ...recipe,
  ...(values && { values: Object.fromEntries(Object.entries(values).filter(([name]) => name !== 'targets')) }),
});

const notNegative: Constraint<PenaltyAttributes> = {
  id: 'C1',
  text: 'penalty is not negative',
  holds: (_, { penalty }) => penalty >= 0,
};
const drawPenalty = fc.constantFrom(0.5, 0, 1, 0.1);
const drawSizes = fc.record({ samples: fc.integer({ min: 1, max: 5 }), features: fc.integer({ min: 1, max: 4 }) });

const common = {
  topic: 'Linear models',
  source: 'reference/regression.ts' as const,
  attributes: { penalty: 'λ of the penalty ½λ‖w‖²; the bias is not penalized' },
  constraints: [notNegative],
};
const oneOutput = {
  ...common,
  outputs: () => ({ loss: { dimensions: [] }, dWeights: { dimensions: ['features'] }, dBias: { dimensions: [] } }),
  draw: fc.tuple(drawSizes, drawPenalty).map(([drawn, penalty]) => ({ sizes: drawn, attributes: { penalty } })),
};
const gradientBound =
  '\\Delta_j = \\gamma_{N+1}\\Bigl(\\sum_n|s_nx_{nj}| + \\lambda|w_j|\\Bigr) + \\sum_n|x_{nj}|\\,\\Delta s_n + \\tfrac12\\mathrm{ulp}';

function limits({ loss, dWeights, dBias }: EnclosedGradient, expected: Outputs) {
  return {
    loss: limitOf(loss, expected.loss),
    dWeights: limitOf(dWeights, expected.dWeights),
    dBias: limitOf(dBias, expected.dBias),
  };
}

/** Measures how far a result is from the values of a bound, in all. */
function distance(enclosed: EnclosedGradient, expected: Outputs): number {
  const apart = (name: 'dWeights' | 'dBias') =>
    Array.from(enclosed[name].value.data).reduce((total, value, i) => total + Math.abs(value - expected[name].data[i]), 0);
  return apart('dWeights') + apart('dBias');
}

/** Targets that sum to 1 exactly: sixteenths. */
const sixteenths: Values = {
  kind: 'computed',
  draw: (random, [samples, classes]) => {
    const y = new Float64Array(samples * classes);
    for (let n = 0; n < samples; n++) for (let k = 0; k < 16; k++) y[n * classes + random.integer(0, classes - 1)] += 1 / 16;
    return y;
  },
};
/** How often each class was met: whole numbers that sum to anything, 0 included. */
const counts: Values = {
  kind: 'computed',
  draw: (random, [samples, classes]) => Float64Array.from({ length: samples * classes }, () => random.integer(0, 3)),
};
const oneHot: Values = { kind: 'oneHot' };
const classSizes = (samples: number, classes: number, features: number) => ({ samples, classes, features });

/** The samples on the wrong side of the margin or on it. */
function samplesWithLoss({ x, labels, weights, bias }: InputsOf<'softMargin'>): InputsOf<'softMargin'> {
  const negated = map(bias, (value) => -value);
  const nets = matrixTimesVector(x, weights, negated).data;
  const keep = (n: number) => !(1 - labels.data[n] * nets[n] < 0);
  return { x: onlyRows(x, keep), labels: onlyRows(labels, keep), weights, bias };
}

export const regressionOperations: readonly AnyOperation[] = [
  defineOperation<'leastSquares'>({
    ...oneOutput,
    name: 'leastSquares',
    title: 'Penalized least squares with its gradients',
    formula:
      'J = \\sum_n(p_n - y_n)^2 + \\tfrac12\\lambda\\lVert w\\rVert^2, \\quad p_n = w^\\top x_n - b, \\quad \\frac{\\partial J}{\\partial w} = \\sum_n 2(p_n - y_n)x_n + \\lambda w, \\quad \\frac{\\partial J}{\\partial b} = -\\sum_n 2(p_n - y_n)',
    rows: ['J1', 'R15'],
    // Drawn in this order: targets may be near the predictions.
    inputs: () => ({ x, ...model, targets: { dimensions: ['samples'], values: reals } }),
    reference: (inputs, { penalty }) => losses.leastSquares(inputs, penalty),
    bound: {
      errorClass: 'composed',
      formula: `\\Delta s_n = 2\\gamma_{d+1}\\bigl(\\textstyle\\sum_j|w_jx_{nj}| + |b|\\bigr) + 2u|p_n - y_n|, \\quad ${gradientBound}; \\quad 0 \\text{ where nothing rounds}`,
      derivation: `${running}pₙ is a sum of d + 1 terms in any order, whose error is carried into its square and into the slope sₙ = 2(pₙ − yₙ); loss and gradients are sums of the samples' terms and the penalty's in any order.`,
      limits: ({ inputs, attributes: { penalty }, expected, precision }) =>
        limits(encloseLeastSquares(inputs, penalty, precision), expected),
    },
    tiers: ['random', 'exact'],
    cases: [
      ...shared,
      {
        name: 'near-target',
        sizes: sizes(6, 5),
        attributes: { penalty: 0.125 },
        tiers: ['random'],
        values: { targets: nearPrediction },
      },
      // By hand (Row J1): p = (4, 0), errors 1 and −2, J = 1 + 4 + 5.
      {
        name: 'by-hand',
        sizes: sizes(2, 2),
        attributes: { penalty: 2 },
        tiers: ['exact'],
        given: { x: [1, 2, 3, -1], targets: [3, 2], weights: [1, 2], bias: [1] },
      },
    ],
    variants: [],
    knownMistakes: regressionMistakes('leastSquares'),
    benchmark: { name: 'benchmark', sizes: sizes(500, 128), attributes: { penalty: 0.1 }, tiers: ['random'] },
    flops: ({ samples, features }) => 4 * samples * features,
  }),

  defineOperation<'softMargin'>({
    ...oneOutput,
    name: 'softMargin',
    undefinedSpecialValues: {
      ...every(choice, ['nan', 'nan-in-weights', 'nan-in-bias']),
      ...every(withinMargin, ['zero', 'minus-zero']),
    },
    selected: samplesWithLoss,
    title: 'Penalized soft margin with its gradients',
    formula:
      'J = \\sum_n\\max(0, 1 - y_np_n) + \\tfrac12\\lambda\\lVert w\\rVert^2, \\quad p_n = w^\\top x_n - b, \\quad \\frac{\\partial J}{\\partial w} = -\\sum_n y_n\\,u(1 - y_np_n)\\,x_n + \\lambda w, \\quad \\frac{\\partial J}{\\partial b} = \\sum_n y_n\\,u(1 - y_np_n)',
    rows: ['J2'],
    inputs: () => ({
      x,
      ...model,
      labels: { dimensions: ['samples'], values: { kind: 'labels' }, description: '−1 or +1' },
    }),
    reference: ({ labels, ...inputs }, { penalty }) => losses.softMargin({ ...inputs, targets: labels }, penalty),
    bound: {
      errorClass: 'set-valued',
      formula: `s_n = -y_nu(1 - y_np_n), \\; u(0) \\in \\{0, 1\\}, \\quad ${gradientBound}; \\quad 0 \\text{ where nothing rounds}`,
      derivation: `${running}the slack is a sum of d + 2 terms in any order. Where its interval holds the hinge without being it, either slope is right; where it is 0 exactly, u(0) = 0 for all samples or u(0) = 1 for all, and the report says which. Loss and gradients are sums of the samples' terms and the penalty's.`,
      limits: ({ inputs, attributes: { penalty }, expected, precision }) => {
        const [zero, one] = [0, 1].map((slope) => encloseSoftMargin(inputs, penalty, slope, precision));
        return limits(distance(one, expected) < distance(zero, expected) ? one : zero, expected);
      },
    },
    alternatives: [
      {
        name: 'u(0) = 0',
        outputs: ({ labels, ...inputs }, { penalty }) => losses.softMargin({ ...inputs, targets: labels }, penalty),
      },
      {
        name: 'u(0) = 1',
        outputs: ({ labels, ...inputs }, { penalty }) => slopeOneAtTheHinge({ ...inputs, targets: labels }, penalty),
      },
    ],
    tiers: ['random', 'exact'],
    cases: [
      ...shared.map(withoutTargets),
      // By hand (Row J2): y·p = 3, 1 (the hinge), −2.
      {
        name: 'by-hand',
        sizes: sizes(3, 2),
        attributes: { penalty: 2 },
        tiers: ['exact'],
        given: { x: [1, 2, 0, 1, 1, 1], labels: [1, 1, -1], weights: [1, 1], bias: [0] },
      },
    ],
    variants: [],
    knownMistakes: regressionMistakes('softMargin'),
  }),

  defineOperation<'softmaxRegression'>({
    ...common,
    name: 'softmaxRegression',
    undefinedSpecialValues: {
      ...every(intermediate, ['largest', 'largest-in-weights', 'largest-in-bias']),
      ...everyIn(['weights'], saturates, infinities),
      'infinity-in-bias': saturates,
    },
    title: 'Multi-class cross entropy with penalty and its gradients',
    formula:
      'J = -\\sum_n\\sum_c y_{nc}\\log p_{nc} + \\tfrac12\\lambda\\lVert W\\rVert^2, \\quad p_n = \\operatorname{softmax}(Wx_n - b), \\quad \\log p_c = z_c - \\log\\sum_k e^{z_k}, \\quad \\frac{\\partial J}{\\partial z_n} = p_n\\sum_c y_{nc} - y_n',
    rows: ['J3'],
    onnx: 'SoftmaxCrossEntropyLoss',
    inputs: () => ({
      x,
      weights: { dimensions: ['classes', 'features'], values: reals },
      bias: { dimensions: ['classes'], values: reals },
      targets: { dimensions: ['samples', 'classes'], values: oneHot },
    }),
    outputs: () => ({
      loss: { dimensions: [] },
      dWeights: { dimensions: ['classes', 'features'] },
      dBias: { dimensions: ['classes'] },
    }),
    reference: (inputs, { penalty }) => losses.softmaxRegression(inputs, penalty),
    bound: {
      errorClass: 'composed',
      formula: `\\Delta z = \\gamma_{d+1}(|W||x| + |b|), \\quad \\Delta\\log p \\le 2\\Delta z + u(\\dots), \\quad \\frac{\\Delta p}{p} \\le e^{2\\Delta z}\\bigl(1 + 2u(3 + 2|z - m|)\\bigr)^2 - 1, \\quad ${gradientBound}`,
      derivation: `${running}the nets are sums of d + 1 terms; differences from their maximum round once, exponentials by 2u(3 + 2|z − m|) relative, their sum and its logarithm as sums and logarithms do; log p is (z − m) − log Σ or z − (m + log Σ), and p the quotient or e^{log p}. Loss and gradients are sums of the samples' terms and the penalty's.`,
      limits: ({ inputs, attributes: { penalty }, expected, precision }) =>
        limits(encloseSoftmaxRegression(inputs, penalty, precision), expected),
    },
    tiers: ['random'],
    cases: [
      { name: 'plain', sizes: classSizes(7, 3, 5), attributes: { penalty: 0.3 } },
      // The same sizes again: what the first left in a buffer shows.
      { name: 'plain-again', sizes: classSizes(7, 3, 5), attributes: { penalty: 0.3 } },
      { name: 'no-penalty', sizes: classSizes(5, 4, 2), attributes: { penalty: 0 } },
      { name: 'distribution', sizes: classSizes(4, 5, 3), attributes: { penalty: 0.1 }, values: { targets: sixteenths } },
      { name: 'counts', sizes: classSizes(6, 3, 4), attributes: { penalty: 0.1 }, values: { targets: counts } },
      { name: 'many-samples', sizes: classSizes(60, 4, 3), attributes: { penalty: 1 } },
      { name: 'many-classes', sizes: classSizes(3, 47, 2), attributes: { penalty: 0.01 } },
      { name: 'many-features', sizes: classSizes(4, 3, 41), attributes: { penalty: 0.01 } },
      { name: 'samples-1', sizes: classSizes(1, 4, 3), attributes: { penalty: 0.3 } },
      { name: 'features-1', sizes: classSizes(5, 3, 1), attributes: { penalty: 0.3 } },
      { name: 'classes-1', sizes: classSizes(4, 1, 3), attributes: { penalty: 0.3 } },
      {
        // Nets of some hundreds: most probabilities are 0 in float32, their logarithms are not.
        name: 'confident',
        sizes: classSizes(6, 4, 3),
        attributes: { penalty: 0.01 },
        values: { weights: { kind: 'uniform', low: -90, high: 90 } },
      },
      {
        // Nets of ±1e4 (Row J3): log Σe^z stays finite, also where the class that is asked for is the least likely.
        name: 'huge',
        sizes: classSizes(2, 3, 2),
        attributes: { penalty: 0 },
        given: { x: [1, 0, 0, 1], weights: [1e4, -1e4, 0, 0, -1e4, 1e4], bias: [0, 1, 2], targets: [1, 0, 0, 1, 0, 0] },
      },
      {
        // The largest net comes last, after the smallest; and all of them far below 0.
        name: 'far-below',
        sizes: classSizes(2, 3, 2),
        attributes: { penalty: 0 },
        given: { x: [1, 0, 0, 1], weights: [0, -3000, -1e4, -3001, 1e4, -3002], bias: [0, 0, 0], targets: [0, 0, 1, 0, 1, 0] },
      },
      // By hand (Row J3): W = 0 and b = 0 give every class ⅓, J = 2 ln 3.
      {
        name: 'by-hand',
        sizes: classSizes(2, 3, 2),
        attributes: { penalty: 1 },
        given: { x: [3, 0, 0, 6], weights: [0, 0, 0, 0, 0, 0], bias: [0, 0, 0], targets: [1, 0, 0, 0, 0, 1] },
      },
    ],
    draw: fc.record({
      sizes: fc.record({
        samples: fc.integer({ min: 1, max: 4 }),
        classes: fc.integer({ min: 1, max: 4 }),
        features: fc.integer({ min: 1, max: 4 }),
      }),
      attributes: fc.record({ penalty: drawPenalty }),
    }),
    variants: [],
    knownMistakes: regressionMistakes('softmaxRegression'),
    benchmark: { name: 'benchmark', sizes: classSizes(128, 10, 64), attributes: { penalty: 0.1 } },
    flops: ({ samples, classes, features }) => 4 * samples * classes * features,
  }),
];
