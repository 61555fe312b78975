/** Softmax over the last axis, its backward pass and its Jacobian. */
import fc from 'fast-check';
import { softmax, softmaxBackward, softmaxJacobian } from '../../../reference/softmax.ts';
import { reshape, type Tensor, tensor } from '../../../reference/tensor.ts';
import {
  divide,
  type Enclosed,
  exact,
  exp,
  input,
  limitOf,
  log,
  maximum,
  multiply,
  rearranged,
  subtract,
  sum,
  widest,
} from '../../judging/bounds/enclosure.ts';
import type { AnyOperation, Constraint, Values } from '../../judging/operation.ts';
import type { Precision } from '../../judging/precision.ts';
import { defineOperation } from '../define.ts';
import { linearIn } from '../shared/linearity.ts';
import { sameBits } from '../shared/symmetries.ts';
import { flushedResults } from '../shared/variants.ts';
import { jacobianMistakes, softmaxBackwardMistakes, softmaxMistakes } from './mistakes.ts';
import { jacobianRelation, unchangedByAConstant } from './relations.ts';
import { softmaxBackwardVariants, softmaxJacobianVariants, softmaxVariants } from './variants.ts';

/** e^z/Σe^z with z = x − max, or e^(z − ln Σe^z). */
function encloseSoftmax(x: Tensor, precision: Precision): Enclosed {
  const given = input(x, precision);
  const z = subtract(given, maximum(given, -1), precision);
  const exponentials = exp(z, precision);
  const total = sum(exponentials, -1, precision);
  return widest(divide(exponentials, total, precision), exp(subtract(z, log(total, precision), precision), precision));
}

/**
 * y(dy − m) with m = Σdy·y. Multiplied out, dy·y − y·m rounds two products more, by u·y(|dy| + |m|); that is within it, since softmax's
 * own error e is 14u·y at least and enters as e|dy − m| + y·Σ|dy|e.
 */
function encloseBackward(x: Tensor, dy: Tensor, precision: Precision): Enclosed {
  const y = encloseSoftmax(x, precision);
  const upstream = input(dy, precision);
  const mean = sum(multiply(upstream, y, precision), -1, precision);
  return multiply(y, subtract(upstream, mean, precision), precision);
}

/** yᵢ(δᵢⱼ − yⱼ). As δᵢⱼyᵢ − yᵢyⱼ it rounds the product, u·yᵢyⱼ, which is less than the yᵢeⱼ that is in it. */
function encloseJacobian(x: Tensor, precision: Precision): Enclosed {
  const [batch, classes] = x.shape;
  const y = encloseSoftmax(x, precision);
  const column = rearranged(y, (t) => reshape(t, [batch, classes, 1]));
  const row = rearranged(y, (t) => reshape(t, [batch, 1, classes]));
  const unit = exact(
    tensor(
      [classes, classes],
      Array.from({ length: classes ** 2 }, (_, at) => (at % (classes + 1) === 0 ? 1 : 0)),
    ),
  );
  return multiply(column, subtract(unit, row, precision), precision);
}

const shape = ['batch', 'classes'];
const x = { dimensions: shape, values: { kind: 'uniform' as const, low: -4, high: 4 } };
const dy = {
  dimensions: shape,
  values: { kind: 'uniform' as const, low: -2, high: 2 },
  description: 'gradient with respect to y',
};
const constraints: Constraint[] = [{ id: 'C1', text: 'classes is at least 1', holds: ({ classes }) => classes >= 1 }];

/** Each row 150 above the one before: a maximum taken over the whole batch leaves nothing of the first. */
const rowsApart: Values = {
  kind: 'computed',
  draw: (random, [batch, classes]) =>
    Float64Array.from(
      { length: batch * classes },
      (_, i) => 150 * (Math.floor(i / classes) - (batch >> 1)) + 4 * random.next(),
    ),
};
/** ±1e4 in turn with ordinary values: without the maximum subtracted, the exponential overflows or everything underflows. */
const huge: Values = {
  kind: 'computed',
  draw: (random, [batch, classes]) =>
    Float64Array.from({ length: batch * classes }, (_, i) => (i % 5 === 1 ? 1e4 : i % 5 === 3 ? -1e4 : 8 * random.next() - 4)),
};

/** One class far above the others, all of them far below 0: whoever starts from 0, or looks at every other class, finds no maximum. */
const farBelow: Values = {
  kind: 'computed',
  draw: (random, [batch, classes]) => {
    const x = Float64Array.from({ length: batch * classes }, () => -4000 - 8 * random.next());
    for (let n = 0; n < batch; n++) x[n * classes + (n % classes)] += 2000;
    return x;
  },
};

const recipes = [
  { name: 'plain', sizes: { batch: 3, classes: 5 }, attributes: {} },
  { name: 'two-classes', sizes: { batch: 4, classes: 2 }, attributes: {} },
  { name: 'one-class', sizes: { batch: 3, classes: 1 }, attributes: {} },
  { name: 'one-sample', sizes: { batch: 1, classes: 7 }, attributes: {} },
  { name: 'wide', sizes: { batch: 6, classes: 11 }, attributes: {}, values: { x: { kind: 'uniform', low: -30, high: 30 } } },
  {
    name: 'underflow',
    sizes: { batch: 4, classes: 9 },
    attributes: {},
    values: { x: { kind: 'uniform', low: -60, high: 60 } },
  },
  { name: 'huge', sizes: { batch: 4, classes: 10 }, attributes: {}, values: { x: huge } },
  { name: 'far-below', sizes: { batch: 6, classes: 5 }, attributes: {}, values: { x: farBelow } },
  { name: 'rows-apart', sizes: { batch: 5, classes: 6 }, attributes: {}, values: { x: rowsApart } },
  {
    name: 'equal-inputs',
    sizes: { batch: 2, classes: 6 },
    attributes: {},
    values: { x: { kind: 'uniform', low: 3, high: 3 } },
  },
  {
    name: 'masked',
    sizes: { batch: 3, classes: 4 },
    attributes: {},
    given: { x: [-Infinity, 1, 2.5, -1, 0.25, -Infinity, -Infinity, -1.5, -Infinity, -Infinity, 7, -Infinity] },
  },
  // NaN stays in its row; ∞ − ∞ and 0/0 make NaN of theirs; the last row is as if it were alone.
  {
    name: 'special-values',
    sizes: { batch: 4, classes: 3 },
    attributes: {},
    given: { x: [NaN, 1, 2, Infinity, 0, 1, -Infinity, -Infinity, -Infinity, 0.5, -1, 2] },
  },
  { name: 'many-classes', sizes: { batch: 3, classes: 301 }, attributes: {} },
] as const;
const common = {
  topic: 'Softmax',
  source: 'reference/softmax.ts' as const,
  attributes: {},
  constraints,
  tiers: ['random'] as const,
  cases: recipes,
  draw: fc.record({
    sizes: fc.record({ batch: fc.integer({ min: 1, max: 4 }), classes: fc.integer({ min: 1, max: 6 }) }),
    attributes: fc.constant({}),
  }),
};

export const softmaxOperations: readonly AnyOperation[] = [
  defineOperation<'softmax'>({
    ...common,
    name: 'softmax',
    title: 'Softmax',
    formula: 'y_i = \\frac{e^{x_i}}{\\sum_j e^{x_j}}',
    rows: ['A9', 'J3'],
    onnx: 'Softmax',
    inputs: () => ({ x }),
    outputs: () => ({ y: { dimensions: shape } }),
    independent: ['batch'],
    reference: (inputs) => ({ y: softmax(inputs.x) }),
    bound: {
      errorClass: 'composed',
      formula:
        'e_i = y_i\\bigl[u|z_i| + \\textstyle\\sum_j y_jA_j + (n-1)u + \\max\\{2u(4+2|z_i|),\\; 4u\\ell + u|z_i-\\ell| + 2u(3+2|z_i-\\ell|)\\}\\bigr], \\quad A_i = 2u(3+2|z_i|) + u|z_i|, \\; z = x - \\max x, \\; \\ell = \\ln\\textstyle\\sum_j e^{z_j}',
      derivation:
        'Running error, second order included: subtracting the maximum rounds z by u|z|, the exponential adds 2u(3 + 2|z|), the sum of n terms in any order carries their weighted mean and n − 1 roundings, the quotient, which may be a reciprocal and a product, rounds twice. Through the logarithm of the sum, ℓ, the logarithm is off by 4uℓ, the difference rounds and a second exponential takes the quotient’s place; the wider of the two counts. Below the smallest normal number a result may be flushed to zero where the backend declares it.',
      limits: ({ inputs, expected, precision }) => ({ y: limitOf(encloseSoftmax(inputs.x, precision), expected.y) }),
    },
    benchmark: { name: 'benchmark', sizes: { batch: 32, classes: 1000 }, attributes: {} },
    flops: ({ batch, classes }) => 4 * batch * classes,
    relations: [unchangedByAConstant, sameBits],
    variants: [...softmaxVariants, flushedResults<'softmax'>(({ x }) => ({ y: softmax(x) }))],
    knownMistakes: softmaxMistakes,
  }),
  defineOperation<'softmax.backward'>({
    ...common,
    name: 'softmax.backward',
    title: 'Softmax, backward',
    formula: 'dx_i = y_i\\,\\bigl(dy_i - \\textstyle\\sum_j dy_j\\,y_j\\bigr)',
    rows: ['A10'],
    inputs: () => ({ x, dy }),
    outputs: () => ({ dx: { dimensions: shape } }),
    independent: ['batch'],
    reference: (inputs) => ({ dx: softmaxBackward(inputs.x, inputs.dy) }),
    bound: {
      errorClass: 'composed',
      formula:
        'e_i(|d_i|+e_d) + y_ie_d + u|dx_i|, \\quad d_i = dy_i - m, \\; e_d = e_m + u|d_i|, \\; m = \\textstyle\\sum_jdy_jy_j, \\; e_m = \\sum_j|dy_j|e_j + nu\\sum_j|dy_j|y_j',
      derivation:
        'Running error from softmax’s own limits e, second order included: the weighted mean m carries them and rounds a product and a sum of n terms in any order; difference and product round. Multiplying out, dy·y − y·m, stays within it.',
      limits: ({ inputs, expected, precision }) => ({
        dx: limitOf(encloseBackward(inputs.x, inputs.dy, precision), expected.dx),
      }),
    },
    benchmark: { name: 'benchmark', sizes: { batch: 32, classes: 1000 }, attributes: {} },
    flops: ({ batch, classes }) => 8 * batch * classes,
    relations: [linearIn('dy')],
    variants: softmaxBackwardVariants,
    knownMistakes: softmaxBackwardMistakes,
  }),
  defineOperation<'softmax.jacobian'>({
    ...common,
    name: 'softmax.jacobian',
    title: 'Softmax, Jacobian',
    formula: '\\frac{\\partial y_i}{\\partial x_j} = y_i(\\delta_{ij} - y_j)',
    rows: ['A10'],
    cases: recipes.filter(({ name }) => name !== 'many-classes'),
    inputs: () => ({ x }),
    outputs: () => ({ jacobian: { dimensions: ['batch', 'classes', 'classes'] } }),
    independent: ['batch'],
    reference: (inputs) => ({ jacobian: softmaxJacobian(inputs.x) }),
    bound: {
      errorClass: 'composed',
      formula: 'e_i(|\\delta_{ij}-y_j|+e_j) + y_ie_j + 2u|J_{ij}|',
      derivation:
        'Running error from softmax’s own limits e, second order included: both factors carry theirs, difference and product round. δᵢⱼyᵢ − yᵢyⱼ stays within it. On the diagonal 1 − y keeps the absolute error of y where y is nearly 1.',
      limits: ({ inputs, expected, precision }) => ({
        jacobian: limitOf(encloseJacobian(inputs.x, precision), expected.jacobian),
      }),
    },
    benchmark: { name: 'benchmark', sizes: { batch: 16, classes: 64 }, attributes: {} },
    flops: ({ batch, classes }) => 2 * batch * classes ** 2 + 4 * batch * classes,
    relations: [jacobianRelation],
    variants: [...softmaxJacobianVariants, flushedResults<'softmax.jacobian'>(({ x }) => ({ jacobian: softmaxJacobian(x) }))],
    knownMistakes: jacobianMistakes,
  }),
];
