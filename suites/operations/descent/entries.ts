/** Ways of going downhill: a step with each method (Rows G1, G4, G5, G8) and an epoch in batch and in pattern mode (Row G3). */
import fc from 'fast-check';
import type { LearningRate } from '../../../backends/signatures.ts';
import {
  adagradStep,
  adamStep,
  batchEpoch,
  conjugateGradientStep,
  gradientStep,
  momentumStep,
  patternEpoch,
  rmspropStep,
  weightDecayStep,
} from '../../../reference/descent.ts';
import { limitOf } from '../../judging/bounds/enclosure.ts';
import type { AnyOperation, CaseRecipe, Constraint, InputSpecification, Values } from '../../judging/operation.ts';
import { defineOperation } from '../define.ts';
import {
  encloseAdagradStep,
  encloseAdamStep,
  encloseBatchEpoch,
  encloseConjugateGradientStep,
  encloseGradientStep,
  encloseMomentumStep,
  enclosePatternEpoch,
  encloseRmspropStep,
  encloseWeightDecayStep,
} from './bound.ts';
import {
  adagradStepMistakes,
  adamStepMistakes,
  conjugateGradientStepMistakes,
  epochMistakes,
  gradientStepMistakes,
  momentumStepMistakes,
  rmspropStepMistakes,
  weightDecayStepMistakes,
} from './mistakes.ts';

const common = { topic: 'Gradient descent', source: 'reference/descent.ts' as const };
const shape = ['rows', 'columns'];
const reals: Values = { kind: 'uniform', low: -9, high: 9 };
/** Squares that earlier gradients have left: never 0, where a step with ε = 0 would divide by it. */
const positive: Values = { kind: 'uniform', low: 1, high: 9 };
/** Gradients from 2⁻¹² to 2⁴ of either sign: an ε of any size is felt by some and not by others. */
const manySizes: Values = {
  kind: 'computed',
  draw: (random, [rows, columns]) =>
    Float64Array.from({ length: rows * columns }, () => (random.next() < 0.5 ? -1 : 1) * 2 ** (16 * random.next() - 12)),
};
const zero: Values = { kind: 'computed', draw: (_, [rows, columns]) => new Float64Array(rows * columns) };

const slope: Record<'weights' | 'gradient', InputSpecification> = {
  weights: { dimensions: shape, values: reals },
  gradient: { dimensions: shape, values: reals, description: 'of the loss with respect to the weights' },
};
const output = { dimensions: shape };
const sizes = { rows: 3, columns: 5 };
const drawSizes = fc.record({ rows: fc.integer({ min: 1, max: 4 }), columns: fc.integer({ min: 1, max: 5 }) });
const benchmarkSizes = { rows: 256, columns: 128 };
const elements = ({ rows, columns }: { readonly [name: string]: number }) => rows * columns;
/** Rates that a format holds and a usual one that none does. */
const drawRate = fc.constantFrom(0.25, 0.5, 1, 0.1, 0.01);

/** The sizes that every step is asked at; `usual` has attributes that are powers of two in the exact tier and others elsewhere. */
function stepRecipes<Own>(exact: Own | undefined, usual: Own) {
  const of = (name: string, at: { rows: number; columns: number }) => ({ name, sizes: at, attributes: usual });
  return [
    { ...of('plain', sizes), tiers: ['random'] as const },
    ...(exact ? [{ name: 'integers', sizes, attributes: exact, tiers: ['exact'] as const }] : []),
    { ...of('one-row', { rows: 1, columns: 7 }), tiers: ['random'] as const },
    { ...of('one-column', { rows: 6, columns: 1 }), tiers: ['random'] as const },
    { ...of('many', { rows: 13, columns: 17 }), tiers: ['random'] as const },
  ];
}

const positiveRate: Constraint<LearningRate> = {
  id: 'C1',
  text: 'learningRate is positive',
  holds: (_, { learningRate }) => learningRate > 0,
};
const fraction = <Name extends string>(id: Constraint['id'], name: Name): Constraint<Readonly<Record<Name, number>>> => ({
  id,
  text: `${name} is at least 0 and less than 1`,
  holds: (_, attributes) => attributes[name] >= 0 && attributes[name] < 1,
});
const notNegative = <Name extends string>(id: Constraint['id'], name: Name): Constraint<Readonly<Record<Name, number>>> => ({
  id,
  text: `${name} is not negative`,
  holds: (_, attributes) => attributes[name] >= 0,
});

const rateText = 'η, the length of a step along the gradient';
const epsilonText =
  'ε, added to the root of the squares; with ε = 0 a weight whose gradients have all been 0 is left with 0/0, and NaN is due';
const running = 'Running error, second order included: ';
const attributesRound = ' An attribute that the format does not hold is rounded once.';

const adaptive = { squares: { dimensions: shape, values: positive, description: 'what the steps before have left' } };
/** ε of a size that shows where it stands, and the usual one that hardly does. */
const adagradRecipes: CaseRecipe<'adagradStep'>[] = [
  ...stepRecipes({ learningRate: 0.1, epsilon: 1e-8 }, { learningRate: 0.1, epsilon: 1e-8 }).map((recipe) => ({
    ...recipe,
    tiers: ['random'] as const,
  })),
  {
    name: 'first-step',
    sizes,
    attributes: { learningRate: 0.01, epsilon: 2 ** -10 },
    values: { squares: zero, gradient: manySizes },
  },
  { name: 'large-epsilon', sizes, attributes: { learningRate: 0.5, epsilon: 0.75 } },
  // By hand (Row G8): s = 9, 25 and 9; steps of 1, 4/5 and 0.
  {
    name: 'by-hand',
    sizes: { rows: 1, columns: 3 },
    attributes: { learningRate: 1, epsilon: 0 },
    given: { weights: [0, -1, 5], gradient: [3, 4, 0], squares: [0, 9, 9] },
  },
];
const rmspropRecipes: CaseRecipe<'rmspropStep'>[] = adagradRecipes.map((recipe) =>
  recipe.name === 'by-hand'
    ? {
        ...recipe,
        // ρ = ¾: s = 1, ¾·12 + ¼·64 = 25 and ¾·16/3 = 4; steps of 2, 8/5 and 0.
        attributes: { ...recipe.attributes, decay: 0.75 },
        given: { weights: [0, -1, 5], gradient: [2, 8, 0], squares: [0, 12, 16 / 3] },
      }
    : { ...recipe, attributes: { ...recipe.attributes, decay: recipe.name === 'many' ? 0.99 : 0.875 } },
);

const usualAdam = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
/** β of few bits: 1 − β is exact in every format, and nothing is magnified. */
const sharpAdam = { learningRate: 0.1, beta1: 0.875, beta2: 0.9375, epsilon: 1e-8 };
const adamRecipes: CaseRecipe<'adamStep'>[] = [
  { name: 'plain', sizes, attributes: { ...sharpAdam, step: 3 } },
  { name: 'one-row', sizes: { rows: 1, columns: 7 }, attributes: { ...sharpAdam, step: 2 } },
  { name: 'one-column', sizes: { rows: 6, columns: 1 }, attributes: { ...sharpAdam, step: 5 } },
  { name: 'many', sizes: { rows: 13, columns: 17 }, attributes: { ...sharpAdam, step: 7 } },
  {
    name: 'first-step',
    sizes,
    attributes: { ...sharpAdam, step: 1 },
    values: { means: zero, squares: zero, gradient: manySizes },
  },
  { name: 'large-epsilon', sizes, attributes: { ...sharpAdam, epsilon: 0.75, step: 2 } },
  { name: 'usual', sizes, attributes: { ...usualAdam, step: 4 } },
  {
    name: 'usual-first-step',
    sizes,
    attributes: { ...usualAdam, step: 1 },
    values: { means: zero, squares: zero, gradient: manySizes },
  },
  // The corrections are 1 to the last bit.
  { name: 'late', sizes, attributes: { ...sharpAdam, step: 1000 } },
  {
    // The first step is η·sign(g) without ε (Row G8).
    name: 'by-hand',
    sizes: { rows: 1, columns: 2 },
    attributes: { learningRate: 0.5, beta1: 0.875, beta2: 0.9375, epsilon: 0, step: 1 },
    given: { weights: [0, 0], gradient: [3, -7], means: [0, 0], squares: [0, 0] },
  },
];

/** A = MᵀM + I, symmetric positive definite to the last bit: the entries are multiples of 2⁻⁸ that float32 holds. */
const positiveDefinite: Values = {
  kind: 'computed',
  draw: (random, [size]) => {
    // Of many columns a few rows of M are enough.
    const rank = Math.min(size, 33);
    const m = Float64Array.from({ length: rank * size }, () => random.integer(-16, 16) / 16);
    return Float64Array.from({ length: size * size }, (_, at) => {
      const [i, j] = [Math.floor(at / size), at % size];
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < rank; k++) sum += m[k * size + i] * m[k * size + j];
      return sum;
    });
  },
};
/** Of magnitude ½ to 2, so that neither rᵀr nor pᵀAp is near 0. */
const awayFromZero: Values = {
  kind: 'computed',
  draw: (random, [size]) =>
    Float64Array.from({ length: size }, () => (random.next() < 0.5 ? -1 : 1) * (0.5 + 1.5 * random.next())),
};
const likeResidual: Values = { kind: 'computed', draw: (_random, _shape, { residual }) => Float64Array.from(residual.data) };

const modelSizes = { samples: 5, features: 3 };
const unit: Values = { kind: 'uniform', low: -2, high: 2 };
/** Integers so small that five steps of ½ stay below 2²⁴. */
const digits: Values = { kind: 'uniform', low: -3, high: 3 };
const model: Record<'x' | 'targets' | 'weights', InputSpecification> = {
  x: { dimensions: ['samples', 'features'], values: unit },
  targets: { dimensions: ['samples'], values: unit },
  weights: { dimensions: ['features'], values: unit },
};
const epochRecipes: (Omit<CaseRecipe, 'attributes'> & { readonly attributes: LearningRate })[] = [
  { name: 'plain', sizes: modelSizes, attributes: { learningRate: 0.1 }, tiers: ['random'] },
  {
    name: 'integers',
    sizes: { samples: 4, features: 3 },
    attributes: { learningRate: 0.5 },
    tiers: ['exact'],
    values: { x: digits, targets: digits, weights: digits },
  },
  { name: 'many-features', sizes: { samples: 3, features: 29 }, attributes: { learningRate: 0.01 }, tiers: ['random'] },
  { name: 'many-samples', sizes: { samples: 40, features: 4 }, attributes: { learningRate: 0.02 }, tiers: ['random'] },
  { name: 'samples-1', sizes: { samples: 1, features: 4 }, attributes: { learningRate: 0.3 }, tiers: ['random'] },
  { name: 'features-1', sizes: { samples: 6, features: 1 }, attributes: { learningRate: 0.125 }, tiers: ['random'] },
  // By hand (Row G3): a batch epoch leads from 0 to 0.6, a pattern epoch to 0.2 and then to 0.52.
  {
    name: 'by-hand',
    sizes: { samples: 2, features: 1 },
    attributes: { learningRate: 0.1 },
    tiers: ['random'],
    given: { x: [1, 2], targets: [2, 2], weights: [0] },
  },
];
const epochCommon = {
  ...common,
  rows: ['G3'],
  attributes: { learningRate: rateText },
  inputs: () => model,
  outputs: () => ({ weights: { dimensions: ['features'] } }),
  constraints: [positiveRate],
  tiers: ['random', 'exact'] as const,
  cases: epochRecipes,
  draw: fc.record({
    sizes: fc.record({ samples: fc.integer({ min: 1, max: 5 }), features: fc.integer({ min: 1, max: 4 }) }),
    attributes: fc.record({ learningRate: drawRate }),
  }),
};

export const descentOperations: readonly AnyOperation[] = [
  defineOperation<'gradientStep'>({
    ...common,
    name: 'gradientStep',
    title: 'Gradient descent, one step',
    formula: 'w \\leftarrow w - \\eta\\,\\frac{\\partial L}{\\partial w}',
    rows: ['G1', 'R17'],
    attributes: { learningRate: rateText },
    inputs: () => slope,
    outputs: () => ({ weights: output }),
    constraints: [positiveRate],
    independent: shape,
    reference: ({ weights, gradient }, { learningRate }) => ({ weights: gradientStep(weights, gradient, learningRate) }),
    bound: {
      errorClass: 'composed',
      formula: '2u\\,|\\eta g| + u\\,|w - \\eta g|; \\quad 0 \\text{ where nothing rounds}',
      derivation: `${running}the product and the difference round once each.${attributesRound}`,
      limits: ({ inputs: { weights, gradient }, attributes, expected, precision }) => ({
        weights: limitOf(encloseGradientStep(weights, gradient, attributes, precision), expected.weights),
      }),
    },
    tiers: ['random', 'exact'],
    cases: stepRecipes({ learningRate: 0.25 }, { learningRate: 0.1 }),
    draw: fc.record({ sizes: drawSizes, attributes: fc.record({ learningRate: drawRate }) }),
    variants: [],
    knownMistakes: gradientStepMistakes,
    benchmark: { name: 'benchmark', sizes: benchmarkSizes, attributes: { learningRate: 0.1 }, tiers: ['random'] },
    large: { name: 'large', sizes: { rows: 300, columns: 400 }, attributes: { learningRate: 0.1 }, tiers: ['random'] },
    flops: (at) => 2 * elements(at),
  }),
  defineOperation<'momentumStep'>({
    ...common,
    name: 'momentumStep',
    title: 'Gradient descent with momentum, one step',
    formula: '\\Delta \\leftarrow -\\eta\\,\\frac{\\partial L}{\\partial w} + \\alpha\\Delta, \\quad w \\leftarrow w + \\Delta',
    rows: ['G4', 'R17'],
    attributes: { learningRate: rateText, momentum: 'α, the share of the change before that a change keeps' },
    inputs: () => ({ ...slope, change: { dimensions: shape, values: reals, description: 'the change of the step before' } }),
    outputs: () => ({ weights: output, change: output }),
    constraints: [positiveRate, fraction('C2', 'momentum')],
    independent: shape,
    reference: ({ weights, gradient, change }, attributes) => momentumStep(weights, gradient, change, attributes),
    bound: {
      errorClass: 'composed',
      formula:
        '|\\Delta - \\hat\\Delta| \\le 2u(|\\eta g| + |\\alpha\\Delta|) + u|\\hat\\Delta|, \\quad |w - \\hat w| \\le |\\Delta - \\hat\\Delta| + u(|w| + |\\eta g| + |\\alpha\\Delta| + |w + \\hat\\Delta|); \\quad 0 \\text{ where nothing rounds}',
      derivation: `${running}two products and their sum round once each, and so does the sum with w; or the two are added to w one after the other.${attributesRound}`,
      limits: ({ inputs: { weights, gradient, change }, attributes, expected, precision }) => {
        const enclosed = encloseMomentumStep(weights, gradient, change, attributes, precision);
        return {
          weights: limitOf(enclosed.weights, expected.weights),
          change: limitOf(enclosed.change, expected.change),
        };
      },
    },
    tiers: ['random', 'exact'],
    cases: [
      ...stepRecipes({ learningRate: 0.25, momentum: 0.5 }, { learningRate: 0.1, momentum: 0.9 }),
      // By hand (Row G4): a slope of 1 and η = 1, α = ½ change by −1, −1.5, −1.75.
      {
        name: 'by-hand',
        sizes: { rows: 1, columns: 3 },
        attributes: { learningRate: 1, momentum: 0.5 },
        tiers: ['random'],
        given: { weights: [0, -1, -2.5], gradient: [1, 1, 1], change: [0, -1, -1.5] },
      },
    ],
    draw: fc.record({
      sizes: drawSizes,
      attributes: fc.record({ learningRate: drawRate, momentum: fc.constantFrom(0.5, 0, 0.9) }),
    }),
    variants: [],
    knownMistakes: momentumStepMistakes,
  }),
  defineOperation<'weightDecayStep'>({
    ...common,
    name: 'weightDecayStep',
    title: 'Gradient descent with weight decay, one step',
    formula: 'w \\leftarrow w - \\eta\\,\\frac{\\partial L}{\\partial w} - \\eta\\lambda w',
    rows: ['G5', 'R17', 'R19'],
    attributes: { learningRate: rateText, penalty: 'λ of the penalty ½λ‖w‖²' },
    inputs: () => slope,
    outputs: () => ({ weights: output }),
    constraints: [positiveRate, notNegative('C2', 'penalty')],
    independent: shape,
    reference: ({ weights, gradient }, attributes) => ({ weights: weightDecayStep(weights, gradient, attributes) }),
    bound: {
      errorClass: 'composed',
      formula: '5u\\bigl(|w| + |\\eta g| + |\\eta\\lambda w|\\bigr); \\quad 0 \\text{ where nothing rounds}',
      derivation: `${running}the widest of three ways to write the step, (w − ηg) − ηλw, w − η(g + λw) and (1 − ηλ)w − ηg, of at most five roundings.${attributesRound}`,
      limits: ({ inputs: { weights, gradient }, attributes, expected, precision }) => ({
        weights: limitOf(encloseWeightDecayStep(weights, gradient, attributes, precision), expected.weights),
      }),
    },
    tiers: ['random', 'exact'],
    cases: [
      ...stepRecipes({ learningRate: 0.25, penalty: 0.5 }, { learningRate: 0.1, penalty: 0.03 }),
      // By hand (Row G5).
      {
        name: 'by-hand',
        sizes: { rows: 1, columns: 2 },
        attributes: { learningRate: 0.5, penalty: 0.25 },
        tiers: ['random'],
        given: { weights: [4, -2], gradient: [1, 2] },
      },
    ],
    draw: fc.record({
      sizes: drawSizes,
      attributes: fc.record({ learningRate: drawRate, penalty: fc.constantFrom(0.5, 0, 0.01) }),
    }),
    variants: [],
    knownMistakes: weightDecayStepMistakes,
  }),
  defineOperation<'adagradStep'>({
    ...common,
    name: 'adagradStep',
    title: 'AdaGrad, one step',
    formula: 's \\leftarrow s + g^2, \\quad w \\leftarrow w - \\frac{\\eta\\,g}{\\sqrt{s} + \\epsilon}',
    rows: ['G8'],
    attributes: { learningRate: rateText, epsilon: epsilonText },
    inputs: () => ({ ...slope, ...adaptive }),
    outputs: () => ({ weights: output, squares: output }),
    constraints: [positiveRate, notNegative('C2', 'epsilon')],
    independent: shape,
    reference: ({ weights, gradient, squares }, attributes) => adagradStep(weights, gradient, squares, attributes),
    bound: {
      errorClass: 'composed',
      formula: '2u\\,s, \\quad 8u\\,\\frac{|\\eta g|}{\\sqrt{s} + \\epsilon} + u\\,|w|',
      derivation: `${running}square and sum round once each, which the root halves; root, sum, product and difference round once, the quotient twice at most, before the product or after it.${attributesRound}`,
      limits: ({ inputs: { weights, gradient, squares }, attributes, expected, precision }) => {
        const enclosed = encloseAdagradStep(weights, gradient, squares, attributes, precision);
        return {
          weights: limitOf(enclosed.weights, expected.weights),
          squares: limitOf(enclosed.squares, expected.squares),
        };
      },
    },
    tiers: ['random'],
    cases: adagradRecipes,
    draw: fc.record({
      sizes: drawSizes,
      attributes: fc.record({ learningRate: drawRate, epsilon: fc.constantFrom(0.5, 0, 1e-8) }),
    }),
    variants: [],
    knownMistakes: adagradStepMistakes,
  }),
  defineOperation<'rmspropStep'>({
    ...common,
    name: 'rmspropStep',
    title: 'RMSProp, one step',
    formula: 's \\leftarrow \\rho s + (1 - \\rho) g^2, \\quad w \\leftarrow w - \\frac{\\eta\\,g}{\\sqrt{s} + \\epsilon}',
    rows: ['G8'],
    attributes: { learningRate: rateText, decay: 'ρ, the share of the squares before that is kept', epsilon: epsilonText },
    inputs: () => ({ ...slope, ...adaptive }),
    outputs: () => ({ weights: output, squares: output }),
    constraints: [positiveRate, notNegative('C2', 'epsilon'), fraction('C3', 'decay')],
    independent: shape,
    reference: ({ weights, gradient, squares }, attributes) => rmspropStep(weights, gradient, squares, attributes),
    bound: {
      errorClass: 'composed',
      formula: '3u\\,s + u\\rho\\,g^2, \\quad 9u\\,\\frac{|\\eta g|}{\\sqrt{s} + \\epsilon} + u\\,|w|',
      derivation: `${running}as for AdaGrad, with one product more in the squares, which may also be written as s + (1 − ρ)(g² − s). A ρ that the format does not hold is rounded, by u at most, and 1 − ρ with it.`,
      limits: ({ inputs: { weights, gradient, squares }, attributes, expected, precision }) => {
        const enclosed = encloseRmspropStep(weights, gradient, squares, attributes, precision);
        return {
          weights: limitOf(enclosed.weights, expected.weights),
          squares: limitOf(enclosed.squares, expected.squares),
        };
      },
    },
    tiers: ['random'],
    cases: rmspropRecipes,
    draw: fc.record({
      sizes: drawSizes,
      attributes: fc.record({
        learningRate: drawRate,
        epsilon: fc.constantFrom(0.5, 1e-8),
        decay: fc.constantFrom(0.5, 0.875, 0.9),
      }),
    }),
    variants: [],
    knownMistakes: rmspropStepMistakes,
  }),
  defineOperation<'adamStep'>({
    ...common,
    name: 'adamStep',
    title: 'Adam, one step',
    formula:
      'm \\leftarrow \\beta_1 m + (1 - \\beta_1)g, \\quad v \\leftarrow \\beta_2 v + (1 - \\beta_2)g^2, \\quad w \\leftarrow w - \\eta\\,\\frac{m/(1 - \\beta_1^t)}{\\sqrt{v/(1 - \\beta_2^t)} + \\epsilon}',
    rows: ['G8'],
    attributes: {
      learningRate: rateText,
      beta1: 'β₁, the share of the means before that is kept',
      beta2: 'β₂, the share of the squares before that is kept',
      epsilon: `${epsilonText}, after the correction`,
      step: 't, 1 for the first step',
    },
    inputs: () => ({
      ...slope,
      means: { dimensions: shape, values: unit, description: 'running means of the gradients, uncorrected' },
      squares: { dimensions: shape, values: positive, description: 'running means of their squares, uncorrected' },
    }),
    outputs: () => ({ weights: output, means: output, squares: output }),
    constraints: [
      positiveRate,
      notNegative('C2', 'epsilon'),
      fraction('C3', 'beta1'),
      fraction('C4', 'beta2'),
      { id: 'C5', text: 'step is a positive integer', holds: (_, { step }) => Number.isInteger(step) && (step as number) >= 1 },
    ],
    independent: shape,
    reference: ({ weights, gradient, means, squares }, attributes) => adamStep(weights, gradient, means, squares, attributes),
    bound: {
      errorClass: 'composed',
      formula:
        '\\Bigl(\\frac{\\Delta m}{|m|} + \\frac{\\Delta v}{2v} + \\delta_1 + \\tfrac12\\delta_2 + 16u\\Bigr)\\,|\\Delta w| + u\\,|w|, \\quad \\delta_i = \\frac{\\beta_i^t}{1 - \\beta_i^t}12\\bigl(1 + t|\\ln\\beta_i|\\bigr)u \\;\\text{ for } t > 1',
      derivation: `${running}both averages as for RMSProp; powers by products or as an exponential; m̂ and v̂ formed first, or their corrections drawn out of the quotient and the root. δᵢ is what 1 − βᵢᵗ makes of the error of a power. A β that the format does not hold is rounded, which 1 − β and 1 − βᵗ magnify by β/(1 − β), 1000 for β = 0.999: that much is added to each; most cases have a β of few bits, for which it is 0.`,
      limits: ({ inputs: { weights, gradient, means, squares }, attributes, expected, precision }) => {
        const enclosed = encloseAdamStep(weights, gradient, means, squares, attributes, precision);
        return {
          weights: limitOf(enclosed.weights, expected.weights),
          means: limitOf(enclosed.means, expected.means),
          squares: limitOf(enclosed.squares, expected.squares),
        };
      },
    },
    tiers: ['random'],
    cases: adamRecipes,
    draw: fc.record({
      sizes: drawSizes,
      attributes: fc.record({
        learningRate: drawRate,
        beta1: fc.constantFrom(0.5, 0.875, 0.9),
        beta2: fc.constantFrom(0.75, 0.9375, 0.999),
        epsilon: fc.constantFrom(0.5, 1e-8),
        step: fc.integer({ min: 1, max: 5 }),
      }),
    }),
    variants: [],
    knownMistakes: adamStepMistakes,
    benchmark: { name: 'benchmark', sizes: benchmarkSizes, attributes: { ...usualAdam, step: 10 } },
    flops: (at) => 14 * elements(at),
  }),
  defineOperation<'conjugateGradientStep'>({
    ...common,
    name: 'conjugateGradientStep',
    title: 'Linear conjugate gradient, one step',
    formula:
      "\\alpha = \\frac{r^\\top r}{p^\\top A p}, \\quad x \\leftarrow x + \\alpha p, \\quad r' = r - \\alpha A p, \\quad p \\leftarrow r' + \\frac{r'^\\top r'}{r^\\top r}\\,p",
    rows: ['G8'],
    attributes: {},
    inputs: () => ({
      a: { dimensions: ['size', 'size'], values: positiveDefinite, description: 'symmetric positive definite' },
      x: { dimensions: ['size'], values: unit },
      residual: { dimensions: ['size'], values: awayFromZero, description: 'b − Ax' },
      direction: { dimensions: ['size'], values: awayFromZero },
    }),
    outputs: () => ({ x: { dimensions: ['size'] }, residual: { dimensions: ['size'] }, direction: { dimensions: ['size'] } }),
    constraints: [{ id: 'C1', text: 'size is at least 1', holds: ({ size }) => size >= 1 }],
    reference: ({ a, ...state }) => {
      const { x, residual, direction } = conjugateGradientStep(a, state);
      return { x, residual, direction };
    },
    bound: {
      errorClass: 'composed',
      formula:
        "\\Delta r' = \\Delta(\\alpha Ap) + u|r'|, \\quad \\Delta\\beta \\le \\frac{2\\sum|r'_i|\\Delta r'_i + \\dots}{r^\\top r}, \\quad \\Delta p = \\Delta r' + |p|\\Delta\\beta + 3u|\\beta p|",
      derivation: `${running}the inner products and Ap have the errors of sums of n products in any order, which the quotients α and β carry relatively and the updates absolutely. Where r is 0 the system is solved and nothing moves.`,
      limits: ({ inputs: { a, x, residual, direction }, expected, precision }) => {
        const enclosed = encloseConjugateGradientStep(a, x, residual, direction, precision);
        return {
          x: limitOf(enclosed.x, expected.x),
          residual: limitOf(enclosed.residual, expected.residual),
          direction: limitOf(enclosed.direction, expected.direction),
        };
      },
    },
    tiers: ['random'],
    cases: [
      { name: 'plain', sizes: { size: 5 }, attributes: {} },
      { name: 'first-step', sizes: { size: 4 }, attributes: {}, values: { direction: likeResidual } },
      { name: 'size-1', sizes: { size: 1 }, attributes: {} },
      { name: 'many', sizes: { size: 33 }, attributes: {} },
      // α = 4/16 and β = 1/4, by hand: nothing rounds.
      {
        name: 'by-hand',
        sizes: { size: 2 },
        attributes: {},
        given: { a: [4, 2, 2, 5], x: [1, 1], residual: [2, 0], direction: [2, 0] },
      },
      {
        name: 'solved',
        sizes: { size: 3 },
        attributes: {},
        given: { a: [2, 1, 0, 1, 3, 1, 0, 1, 4], x: [1, -2, 3], residual: [0, 0, 0], direction: [0.5, 0, 0.25] },
      },
      {
        // Nothing left to do and nowhere to go: neither quotient may be made.
        name: 'at-rest',
        sizes: { size: 3 },
        attributes: {},
        given: { a: [2, 1, 0, 1, 3, 1, 0, 1, 4], x: [1, -2, 3], residual: [0, 0, 0], direction: [0, 0, 0] },
      },
    ],
    draw: fc.record({ sizes: fc.record({ size: fc.integer({ min: 1, max: 5 }) }), attributes: fc.constant({}) }),
    variants: [],
    knownMistakes: conjugateGradientStepMistakes,
    benchmark: { name: 'benchmark', sizes: { size: 256 }, attributes: {} },
    flops: ({ size }) => 2 * size * size + 10 * size,
  }),
  defineOperation<'batchEpoch'>({
    ...epochCommon,
    name: 'batchEpoch',
    title: 'One epoch in batch mode, linear model',
    formula: 'w \\leftarrow w + \\eta\\sum_n (y_n - w^\\top x_n)\\,x_n',
    reference: ({ x, targets, weights }, { learningRate }) => ({ weights: batchEpoch(x, targets, weights, learningRate) }),
    bound: {
      errorClass: 'composed',
      formula:
        '|\\eta|\\sum_n |x_n|\\,\\Delta e_n + (N + 3)u\\,|\\eta|\\sum_n|e_n x_n| + u|w|, \\quad \\Delta e_n = \\gamma_d\\sum_j|w_j x_{nj}| + u|e_n|; \\quad 0 \\text{ where nothing rounds}',
      derivation: `${running}the error of each sample has that of its sum of d products, the sum of N terms is taken in any order, with η before it or after it.${attributesRound}`,
      limits: ({ inputs: { x, targets, weights }, attributes: { learningRate }, expected, precision }) => ({
        weights: limitOf(encloseBatchEpoch(x, targets, weights, learningRate, precision), expected.weights),
      }),
    },
    variants: [],
    knownMistakes: epochMistakes('batchEpoch'),
  }),
  defineOperation<'patternEpoch'>({
    ...epochCommon,
    name: 'patternEpoch',
    title: 'One epoch in pattern mode, linear model',
    formula: 'w \\leftarrow w + \\eta\\,(y_n - w^\\top x_n)\\,x_n \\quad \\text{for } n = 1, 2, \\dots \\text{ in turn}',
    reference: ({ x, targets, weights }, { learningRate }) => ({ weights: patternEpoch(x, targets, weights, learningRate) }),
    bound: {
      errorClass: 'trajectory',
      formula:
        '\\Delta_{n+1} = \\Delta_n + |\\eta x_n|\\bigl(|x_n|^\\top\\Delta_n + \\gamma_d|w|^\\top|x_n|\\bigr) + 3u|\\eta e_n x_n| + u|w|; \\quad 0 \\text{ where nothing rounds}',
      derivation: `${running}carried from sample to sample: what the weights are off by moves the next error and is moved by it.${attributesRound}`,
      limits: ({ inputs: { x, targets, weights }, attributes: { learningRate }, expected, precision }) => ({
        weights: limitOf(enclosePatternEpoch(x, targets, weights, learningRate, precision), expected.weights),
      }),
    },
    variants: [],
    knownMistakes: epochMistakes('patternEpoch'),
  }),
];
