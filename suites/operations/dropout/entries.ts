/** Dropout and dropconnect with a given mask (Row V3). */
import fc from 'fast-check';
import type { DropoutAttributes, InputsOf, OutputsOf } from '../../../backends/signatures.ts';
import { dense, denseBiasGradient, denseInputGradient, denseWeightGradient } from '../../../reference/dense.ts';
import { dropconnect, dropout } from '../../../reference/generalization.ts';
import { combine, map, reshape, scalar, sum, type Tensor } from '../../../reference/tensor.ts';
import * as enclosed from '../../judging/bounds/enclosure.ts';
import type { AnyOperation, CaseRecipe, Constraint, InputSpecification, Sizes, Values } from '../../judging/operation.ts';
import type { Precision } from '../../judging/precision.ts';
import { onlyLast, readAs, scaled } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { adjointOf, linearIn } from '../shared/linearity.ts';
import { maskAndComplement } from './relations.ts';

const topic = 'Generalization';
const source = 'reference/generalization.ts';

const reals: Values = { kind: 'uniform', low: -8, high: 8 };
/** Zeros and ones as the caller of a network draws them, more ones than zeros, and both where there is room. */
const zerosAndOnes: Values = {
  kind: 'computed',
  draw: (random, shape) => {
    const mask = new Float64Array(shape.reduce((product, size) => product * size, 1)).map(() => (random.next() < 0.6 ? 1 : 0));
    if (mask.length > 1) {
      mask[0] = 1;
      mask[mask.length - 1] = 0;
    }
    return mask;
  },
};
const ones: Values = { kind: 'uniform', low: 1, high: 1 };
const none: Values = { kind: 'uniform', low: 0, high: 0 };

const attributes = { keep: 'probability of a 1 in the mask' };
const keepsSome: Constraint<DropoutAttributes> = {
  id: 'C1',
  text: 'keep is greater than 0 and at most 1',
  holds: (_, { keep }) => keep > 0 && keep <= 1,
};

/** Powers of two divide without rounding: only they are asked for in the exact tier. */
interface Question {
  readonly name: string;
  readonly keep: number;
  readonly mask?: Values;
}
const questions: readonly Question[] = [
  { name: 'half', keep: 0.5 },
  { name: 'a-quarter', keep: 0.25 },
  { name: 'four-fifths', keep: 0.8 },
  { name: 'a-tenth', keep: 0.1 },
  { name: 'keeps-all', keep: 1, mask: ones },
  { name: 'mask-of-ones', keep: 0.5, mask: ones },
  { name: 'mask-of-zeros', keep: 0.75, mask: none },
];

/** Every question at sizes of its own. */
function recipes(sizes: readonly Sizes[]): (Omit<CaseRecipe, 'attributes'> & { attributes: DropoutAttributes })[] {
  return questions.map(({ name, keep, mask }, i) => ({
    name,
    sizes: sizes[i % sizes.length],
    attributes: { keep },
    ...(!Number.isInteger(Math.log2(keep)) && { tiers: ['random'] }),
    ...(mask && { values: { mask } }),
  }));
}

const drawKeep = fc.constantFrom(0.5, 0.25, 1, 0.8, 0.1);
const size = fc.integer({ min: 1, max: 4 });

const plane = ['batch', 'features'];
const planeSizes: readonly Sizes[] = [
  { batch: 3, features: 5 },
  { batch: 2, features: 7 },
  { batch: 6, features: 4 },
  { batch: 1, features: 8 },
  { batch: 9, features: 1 },
];
const mask: InputSpecification = { dimensions: plane, values: zerosAndOnes, description: '1 where the unit takes part' };
const drawPlane = fc
  .tuple(fc.record({ batch: size, features: size }), drawKeep)
  .map(([sizes, keep]) => ({ sizes, attributes: { keep } }));

const layerSizes: readonly Sizes[] = [
  { batch: 3, inputs: 5, outputs: 4 },
  { batch: 2, inputs: 3, outputs: 7 },
  { batch: 4, inputs: 9, outputs: 2 },
  { batch: 1, inputs: 6, outputs: 3 },
  { batch: 5, inputs: 1, outputs: 4 },
];
const drawLayer = fc
  .tuple(fc.record({ batch: size, inputs: size, outputs: size }), drawKeep)
  .map(([sizes, keep]) => ({ sizes, attributes: { keep } }));
const layerInputs: Readonly<Record<'x' | 'weights' | 'mask' | 'bias' | 'dy', InputSpecification>> = {
  x: { dimensions: ['batch', 'inputs'], values: reals },
  weights: { dimensions: ['outputs', 'inputs'], values: reals },
  mask: { dimensions: ['outputs', 'inputs'], values: zerosAndOnes, description: '1 where the connection takes part' },
  bias: { dimensions: ['outputs'], values: reals },
  dy: { dimensions: ['batch', 'outputs'], values: reals },
};

/** value·mask/keep; the quotient may be a reciprocal and a product. */
function encloseMasked(value: Tensor, chosen: Tensor, keep: number, precision: Precision): enclosed.Enclosed {
  const masked = enclosed.multiply(enclosed.input(value, precision), enclosed.exact(chosen), precision);
  return enclosed.divide(masked, enclosed.input(scalar(keep), precision), precision);
}

/** The weights that the mask leaves out, as zeros: what a choice in place of the product is left with. */
const withoutDropped = <Inputs extends { weights: Tensor; mask: Tensor }>(inputs: Inputs): Inputs => ({
  ...inputs,
  weights: combine(inputs.weights, inputs.mask, (weight, taken) => (taken === 0 ? 0 : weight)),
});

const quotientDerivation =
  'A product with 0 or 1 is exact. The quotient by keep rounds at most twice, as a reciprocal and a product, and keep once where the format does not hold it; with a power of two nothing rounds.';
const quotientFormula = '\\left((1 + u)^3 - 1\\right)\\,|y|; \\quad 0 \\text{ where keep} = 2^{-k}';

/** Ways to get the factor wrong, for the map and for its gradient: mask and number of elements → factor of each element. */
const factorMistakes: readonly { name: string; says: string; factor: (m: number, keep: number, chosen: Tensor) => number }[] = [
  { name: 'not-scaled', says: 'the mask alone, without 1/keep', factor: (m) => m },
  { name: 'scaled-by-keep', says: 'the mask times keep, for divided by it', factor: (m, keep) => m * keep },
  {
    name: 'scaled-by-the-rate',
    says: 'the mask divided by 1 − keep: the probability of a 0 taken for that of a 1',
    factor: (m, keep) => (m === 0 ? 0 : 1 / (1 - keep)),
  },
  { name: 'mask-inverted', says: 'what the mask drops, kept, and what it keeps, dropped', factor: (m, keep) => (1 - m) / keep },
  { name: 'mask-ignored', says: 'everything divided by keep, the mask not looked at', factor: (_, keep) => 1 / keep },
  { name: 'as-when-not-training', says: 'the input itself, as after training', factor: () => 1 },
  {
    name: 'scaled-by-what-was-kept',
    says: 'the mask divided by the share of ones in it, for their probability',
    factor: (m, _, chosen) => (m === 0 ? 0 : chosen.data.length / sum(chosen)),
  },
];

/** value·factor, element by element. */
function times(value: Tensor, chosen: Tensor, factor: (m: number) => number): Tensor {
  return combine(value, chosen, (v, c) => v * factor(c));
}
/** A mask in which every row is the first one. */
function firstRowForAll(chosen: Tensor): Tensor {
  const width = chosen.shape[1];
  return { ...chosen, data: chosen.data.map((_, i) => chosen.data[i % width]) };
}

/** The layer with a matrix in place of the weights that take part. */
function layerGradients(x: Tensor, taking: Tensor, dy: Tensor, dTaking: (dWeights: Tensor) => Tensor) {
  return {
    dx: denseInputGradient(taking, dy),
    dWeights: dTaking(denseWeightGradient(x, dy)),
    dBias: denseBiasGradient(dy),
  };
}

type BackwardInputs = InputsOf<'dropconnect.backward'>;
function backward(
  { x, weights, mask: chosen, dy }: BackwardInputs,
  { keep }: DropoutAttributes,
): OutputsOf<'dropconnect.backward'> {
  return layerGradients(x, dropconnect(weights, chosen, keep), dy, (dWeights) => dropconnect(dWeights, chosen, keep));
}

export const dropoutOperations: readonly AnyOperation[] = [
  defineOperation<'dropout'>({
    name: 'dropout',
    title: 'Dropout with a given mask',
    topic,
    formula: 'y = \\frac{x \\odot m}{\\mathrm{keep}}, \\quad m \\in \\{0, 1\\}',
    rows: ['V3'],
    source,
    attributes,
    inputs: () => ({ x: { dimensions: plane, values: reals }, mask }),
    outputs: () => ({ y: { dimensions: plane } }),
    constraints: [keepsSome],
    independent: ['batch', 'features'],
    reference: ({ x, mask: chosen }, { keep }) => ({ y: dropout(x, chosen, keep) }),
    bound: {
      errorClass: 'composed',
      formula: quotientFormula,
      derivation: quotientDerivation,
      limits: ({ inputs: { x, mask: chosen }, attributes: { keep }, expected, precision }) => ({
        y: enclosed.limitOf(encloseMasked(x, chosen, keep, precision), expected.y),
      }),
    },
    tiers: ['random', 'exact'],
    cases: [
      ...recipes(planeSizes),
      {
        // Row V3: what the mask keeps is doubled.
        name: 'four-units',
        sizes: { batch: 1, features: 4 },
        attributes: { keep: 0.5 },
        tiers: ['exact'],
        given: { x: [4, -2, 6, 8], mask: [1, 0, 1, 1] },
      },
    ],
    draw: drawPlane,
    relations: [linearIn('x'), maskAndComplement],
    variants: [],
    knownMistakes: [
      ...factorMistakes.map(({ name, says, factor }) => ({
        name,
        says,
        outputs: ({ x, mask: chosen }: InputsOf<'dropout'>, { keep }: DropoutAttributes) => ({
          y: times(x, chosen, (m) => factor(m, keep, chosen)),
        }),
      })),
      {
        name: 'one-mask-for-the-batch',
        says: "the first sample's mask for every sample",
        outputs: ({ x, mask: chosen }, { keep }) => ({ y: dropout(x, firstRowForAll(chosen), keep) }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: { batch: 128, features: 512 }, attributes: { keep: 0.8 } },
    flops: ({ batch, features }) => 2 * batch * features,
  }),

  defineOperation<'dropout.backward'>({
    name: 'dropout.backward',
    title: 'Dropout with a given mask, gradient',
    topic,
    formula: '\\frac{\\partial L}{\\partial x} = \\frac{1}{\\mathrm{keep}}\\, \\frac{\\partial L}{\\partial y} \\odot m',
    rows: ['V3'],
    source,
    attributes,
    inputs: () => ({ mask, dy: { dimensions: plane, values: reals } }),
    outputs: () => ({ dx: { dimensions: plane } }),
    constraints: [keepsSome],
    independent: ['batch', 'features'],
    reference: ({ mask: chosen, dy }, { keep }) => ({ dx: dropout(dy, chosen, keep) }),
    bound: {
      errorClass: 'composed',
      formula: quotientFormula,
      derivation: quotientDerivation,
      limits: ({ inputs: { mask: chosen, dy }, attributes: { keep }, expected, precision }) => ({
        dx: enclosed.limitOf(encloseMasked(dy, chosen, keep, precision), expected.dx),
      }),
    },
    tiers: ['random', 'exact'],
    cases: recipes(planeSizes),
    draw: drawPlane,
    relations: [linearIn('dy'), adjointOf({ map: 'dropout', input: 'x', inputs: ['mask'], gradient: 'dx' }, ['V3'])],
    variants: [],
    knownMistakes: [
      ...factorMistakes.map(({ name, says, factor }) => ({
        name,
        says: `dy times ${says}`,
        outputs: ({ mask: chosen, dy }: InputsOf<'dropout.backward'>, { keep }: DropoutAttributes) => ({
          dx: times(dy, chosen, (m) => factor(m, keep, chosen)),
        }),
      })),
      {
        name: 'one-mask-for-the-batch',
        says: "the gradient with the first sample's mask for every sample",
        outputs: ({ mask: chosen, dy }, { keep }) => ({ dx: dropout(dy, firstRowForAll(chosen), keep) }),
      },
    ],
  }),

  defineOperation<'dropconnect'>({
    name: 'dropconnect',
    selected: withoutDropped,
    title: 'Dropconnect with a given mask',
    topic,
    formula: 'y = x \\left(\\frac{W \\odot M}{\\mathrm{keep}}\\right)^{\\!\\top} + b, \\quad M \\in \\{0, 1\\}',
    rows: ['V3'],
    source,
    attributes,
    inputs: () => ({ x: layerInputs.x, weights: layerInputs.weights, mask: layerInputs.mask, bias: layerInputs.bias }),
    outputs: () => ({ y: { dimensions: ['batch', 'outputs'] } }),
    constraints: [keepsSome],
    independent: ['batch', 'outputs'],
    reference: ({ x, weights, mask: chosen, bias }, { keep }) => ({ y: dense(x, dropconnect(weights, chosen, keep), bias) }),
    bound: {
      errorClass: 'composed',
      formula:
        '\\left(\\gamma_{n+1} + (1 + u)^3 - 1\\right)\\left(\\sum |x||W \\odot M| / \\mathrm{keep} + |b|\\right) + \\dots',
      derivation:
        'Running error analysis: the weights that take part carry the roundings of the quotient by keep into a sum of n products and the bias. Dividing the sum instead rounds no more often.',
      limits: ({ inputs: { x, weights, mask: chosen, bias }, attributes: { keep }, expected, precision }) => ({
        y: enclosed.limitOf(
          enclosed.dense(
            enclosed.input(x, precision),
            encloseMasked(weights, chosen, keep, precision),
            enclosed.input(bias, precision),
            precision,
          ),
          expected.y,
        ),
      }),
    },
    tiers: ['random', 'exact'],
    cases: recipes(layerSizes),
    draw: drawLayer,
    relations: [linearIn('x'), linearIn('weights')],
    variants: [],
    knownMistakes: [
      ...factorMistakes.map(({ name, says, factor }) => ({
        name,
        says: `the layer with its weights times ${says}`,
        outputs: ({ x, weights, mask: chosen, bias }: InputsOf<'dropconnect'>, { keep }: DropoutAttributes) => ({
          y: dense(
            x,
            times(weights, chosen, (m) => factor(m, keep, chosen)),
            bias,
          ),
        }),
      })),
      {
        name: 'mask-read-transposed',
        says: 'the layer with the mask read as [inputs, outputs]',
        outputs: ({ x, weights, mask: chosen, bias }, { keep }) => ({
          y: dense(x, dropconnect(weights, readAs(chosen, [1, 0]), keep), bias),
        }),
      },
      {
        name: 'units-for-connections',
        says: "dropout: the first output's mask for the inputs of every output",
        outputs: ({ x, weights, mask: chosen, bias }, { keep }) => ({
          y: dense(x, dropconnect(weights, firstRowForAll(chosen), keep), bias),
        }),
      },
      {
        name: 'bias-scaled',
        says: 'the whole layer divided by keep, the bias with it',
        outputs: ({ x, weights, mask: chosen, bias }, { keep }) => ({
          y: dense(x, dropconnect(weights, chosen, keep), scaled(bias, 1 / keep)),
        }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: { batch: 64, inputs: 256, outputs: 128 }, attributes: { keep: 0.5 } },
    flops: ({ batch, inputs, outputs }) => 2 * (batch + 1) * inputs * outputs,
  }),

  defineOperation<'dropconnect.backward'>({
    name: 'dropconnect.backward',
    selected: withoutDropped,
    title: 'Dropconnect with a given mask, gradients',
    topic,
    formula:
      '\\frac{\\partial L}{\\partial x} = \\frac{\\partial L}{\\partial y} \\frac{W \\odot M}{\\mathrm{keep}}, \\quad \\frac{\\partial L}{\\partial W} = \\frac{M}{\\mathrm{keep}} \\odot \\left(\\frac{\\partial L}{\\partial y}\\right)^{\\!\\top} x, \\quad \\frac{\\partial L}{\\partial b} = \\sum_n \\frac{\\partial L}{\\partial y_n}',
    rows: ['V3'],
    source,
    attributes,
    inputs: () => ({ x: layerInputs.x, weights: layerInputs.weights, mask: layerInputs.mask, dy: layerInputs.dy }),
    outputs: () => ({
      dx: { dimensions: ['batch', 'inputs'] },
      dWeights: { dimensions: ['outputs', 'inputs'] },
      dBias: { dimensions: ['outputs'] },
    }),
    constraints: [keepsSome],
    reference: backward,
    bound: {
      errorClass: 'composed',
      formula: '\\left(\\gamma_n + (1 + u)^3 - 1\\right)\\sum |a||b| / \\mathrm{keep} + \\dots',
      derivation:
        "Running error analysis: ∂L/∂x is a sum of products with the weights that take part, which carry the quotient's roundings; ∂L/∂W is a sum over the batch and then a quotient; ∂L/∂b is a plain sum.",
      limits: ({ inputs: { x, weights, mask: chosen, dy }, attributes: { keep }, expected, precision }) => {
        const [upstream, given] = [enclosed.input(dy, precision), enclosed.input(x, precision)];
        const [batch, outputs] = dy.shape;
        const taking = encloseMasked(weights, chosen, keep, precision);
        const dFull = enclosed.products(denseWeightGradient, [given, upstream], batch, precision);
        const masked = enclosed.multiply(dFull, enclosed.exact(chosen), precision);
        return {
          dx: enclosed.limitOf(enclosed.products(denseInputGradient, [taking, upstream], outputs, precision), expected.dx),
          dWeights: enclosed.limitOf(
            enclosed.divide(masked, enclosed.input(scalar(keep), precision), precision),
            expected.dWeights,
          ),
          dBias: enclosed.limitOf(
            enclosed.rearranged(enclosed.sum(upstream, 0, precision), (t) => reshape(t, [outputs])),
            expected.dBias,
          ),
        };
      },
    },
    tiers: ['random', 'exact'],
    cases: recipes(layerSizes),
    draw: drawLayer,
    variants: [],
    knownMistakes: [
      {
        name: 'mask-missing-in-the-weight-gradient',
        says: 'the gradient of every weight, also of those that take no part',
        outputs: ({ x, weights, mask: chosen, dy }, { keep }) =>
          layerGradients(x, dropconnect(weights, chosen, keep), dy, (dWeights) => scaled(dWeights, 1 / keep)),
      },
      {
        name: 'factor-missing-in-the-weight-gradient',
        says: "the weights' gradient without 1/keep",
        outputs: ({ x, weights, mask: chosen, dy }, { keep }) =>
          layerGradients(x, dropconnect(weights, chosen, keep), dy, (dWeights) => dropconnect(dWeights, chosen, 1)),
      },
      {
        name: 'all-weights-going-back',
        says: 'dy sent back through all weights, also those that take no part',
        outputs: ({ x, weights, mask: chosen, dy }, { keep }) =>
          layerGradients(x, weights, dy, (dWeights) => dropconnect(dWeights, chosen, keep)),
      },
      {
        name: 'factor-squared',
        says: "1/keep twice in the weights' gradient",
        outputs: ({ x, weights, mask: chosen, dy }, { keep }) =>
          layerGradients(x, dropconnect(weights, chosen, keep), dy, (dWeights) => dropconnect(dWeights, chosen, keep ** 2)),
      },
      {
        name: 'mask-inverted',
        says: 'the gradients with ones for zeros in the mask',
        outputs: ({ mask: chosen, ...rest }, { keep }) =>
          backward(
            {
              ...rest,
              mask: map(chosen, (m) => 1 - m),
            },
            { keep },
          ),
      },
      {
        name: 'mask-read-transposed',
        says: 'the gradients with the mask read as [inputs, outputs]',
        outputs: ({ mask: chosen, ...rest }, { keep }) => backward({ ...rest, mask: readAs(chosen, [1, 0]) }, { keep }),
      },
      {
        name: 'not-summed-over-the-batch',
        says: "the last sample's gradients alone",
        outputs: ({ dy, ...rest }, { keep }) => ({
          ...backward({ ...rest, dy: onlyLast(dy, 0) }, { keep }),
          dx: backward({ ...rest, dy }, { keep }).dx,
        }),
      },
      {
        name: 'bias-gradient-scaled',
        says: "the bias's gradient divided by keep",
        outputs: (inputs, { keep }) => {
          const right = backward(inputs, { keep });
          return { ...right, dBias: scaled(right.dBias, 1 / keep) };
        },
      },
    ],
  }),
];
