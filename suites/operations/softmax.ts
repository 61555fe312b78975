/** Softmax over the last axis, its backward pass and its Jacobian. */
import fc from 'fast-check';
import { softmax, softmaxBackward, softmaxJacobian } from '../../reference/softmax.ts';
import { map, type Tensor, zeros } from '../../reference/tensor.ts';
import { exponentialError } from '../bounds/elementary.ts';
import type { AnyOperation, Constraint, OutputBound, Values } from '../operation.ts';
import type { Precision } from '../precision.ts';
import { defineOperation } from './define.ts';

interface Enclosed {
  readonly value: Tensor;
  readonly error: Float64Array;
}

/**
 * oᵢ = e^zᵢ/S with z = x − max: the subtraction is off by u|zᵢ|, the exponential by 2u(3 + 2|zᵢ|) relative, the sum by the mean of
 * those weighted with o and one rounding for each term, the quotient by one.
 */
function encloseSoftmax(x: Tensor, precision: Precision): Enclosed {
  const classes = x.shape[x.shape.length - 1];
  const { unitRoundoff: u, smallestNormal } = precision;
  const value = softmax(x);
  const error = new Float64Array(x.data.length);
  for (let start = 0; start < x.data.length; start += classes) {
    const row = Array.from(x.data.subarray(start, start + classes));
    const largest = Math.max(...row);
    const own = row.map((v) => exponentialError(v - largest, precision) + u * (largest - v));
    let mean = 0;
    for (let j = 0; j < classes; j++) if (value.data[start + j] > 0) mean += value.data[start + j] * own[j];
    for (let i = 0; i < classes; i++) {
      const o = value.data[start + i];
      const relative = own[i] + mean + (classes + 2) * u;
      // Below the smallest normal number the exponential may be flushed.
      error[start + i] =
        o === 0
          ? smallestNormal
          : (o * relative) / (1 - Math.min(relative, 0.5)) + (o < 4 * smallestNormal ? smallestNormal : 0);
    }
  }
  return { value, error };
}

function backwardLimits(
  { value: o, error }: Enclosed,
  dy: Tensor,
  expected: Tensor,
  { unitRoundoff: u, smallestSubnormal }: Precision,
): Float64Array {
  const classes = o.shape[o.shape.length - 1];
  const limit = new Float64Array(o.data.length);
  for (let start = 0; start < limit.length; start += classes) {
    let mean = 0;
    let scale = 0;
    let carried = 0;
    for (let j = start; j < start + classes; j++) {
      mean += dy.data[j] * o.data[j];
      scale += Math.abs(dy.data[j]) * o.data[j];
      carried += Math.abs(dy.data[j]) * error[j];
    }
    const meanError = carried + (classes + 1) * u * scale;
    for (let i = start; i < start + classes; i++) {
      const difference = Math.abs(dy.data[i] - mean);
      const differenceError = meanError + 2 * u * (Math.abs(dy.data[i]) + Math.abs(mean));
      limit[i] =
        error[i] * (difference + differenceError) +
        o.data[i] * differenceError +
        2 * u * Math.abs(expected.data[i]) +
        2 * smallestSubnormal;
    }
  }
  return limit;
}

const shape = ['batch', 'classes'];
const x = { dimensions: shape, values: { kind: 'uniform' as const, low: -4, high: 4 } };
const dy = {
  dimensions: shape,
  values: { kind: 'uniform' as const, low: -2, high: 2 },
  description: 'gradient with respect to y',
};
const constraints: Constraint[] = [{ id: 'C1', text: 'classes is at least 1', holds: ({ classes }) => classes >= 1 }];

const wide: Values = { kind: 'uniform', low: -30, high: 30 };
/** ±1e4 in turn with ordinary values: without the maximum subtracted, the exponential overflows or everything underflows. */
const huge: Values = {
  kind: 'computed',
  draw: (random, ofShape) =>
    Float64Array.from({ length: ofShape.reduce((a, b) => a * b, 1) }, (_, i) =>
      i % 5 === 1 ? 1e4 : i % 5 === 3 ? -1e4 : 8 * random.next() - 4,
    ),
};
const constant: Values = { kind: 'uniform', low: 3, high: 3 };

const recipes = [
  { name: 'plain', sizes: { batch: 3, classes: 5 }, attributes: {} },
  { name: 'two-classes', sizes: { batch: 4, classes: 2 }, attributes: {} },
  { name: 'one-class', sizes: { batch: 3, classes: 1 }, attributes: {} },
  { name: 'one-sample', sizes: { batch: 1, classes: 7 }, attributes: {} },
  { name: 'wide', sizes: { batch: 6, classes: 11 }, attributes: {}, values: { x: wide } },
  { name: 'huge', sizes: { batch: 4, classes: 10 }, attributes: {}, values: { x: huge } },
  { name: 'equal-inputs', sizes: { batch: 2, classes: 6 }, attributes: {}, values: { x: constant } },
  { name: 'many-classes', sizes: { batch: 3, classes: 301 }, attributes: {} },
];
const draw = fc
  .record({ batch: fc.integer({ min: 1, max: 4 }), classes: fc.integer({ min: 1, max: 6 }) })
  .map((sizes) => ({ sizes, attributes: {} }));
const common = {
  topic: 'Softmax',
  source: 'reference/softmax.ts' as const,
  attributes: {},
  constraints,
  tiers: ['random'] as const,
  cases: recipes,
  draw,
};

/** Softmax over the first axis, of the same buffer. */
function overFirstAxis(input: Tensor): Tensor {
  const [rows, columns] = input.shape;
  const y = zeros(input.shape);
  for (let c = 0; c < columns; c++) {
    const column = softmax({
      dtype: 'float64',
      shape: [1, rows],
      data: Float64Array.from({ length: rows }, (_, r) => input.data[r * columns + c]),
    });
    for (let r = 0; r < rows; r++) y.data[r * columns + c] = column.data[r];
  }
  return y;
}

const withoutMaximum = (input: Tensor): Tensor => {
  const classes = input.shape[1];
  const exponentials = map(input, (v) => Math.fround(Math.exp(v)));
  return {
    ...exponentials,
    data: exponentials.data.map(
      (e, i) =>
        e / Array.from(exponentials.data.subarray(i - (i % classes), i - (i % classes) + classes)).reduce((a, b) => a + b, 0),
    ),
  };
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
    reference: (inputs) => ({ y: softmax(inputs.x) }),
    bound: {
      errorClass: 'composed',
      formula:
        'y_i\\,\\bigl[A_i + \\textstyle\\sum_j y_jA_j + (n+2)u\\bigr], \\quad A_i = 2u(3+2|z_i|) + u|z_i|, \\; z = x - \\max x',
      derivation:
        'Subtracting the maximum rounds z by u|z|; the exponential adds 2u(3 + 2|z|); the sum carries the weighted mean of these and one rounding a term; the quotient rounds.',
      limits: ({ inputs, precision }) => ({ y: { limit: encloseSoftmax(inputs.x, precision).error } }),
    },
    benchmark: { name: 'benchmark', sizes: { batch: 256, classes: 1000 }, attributes: {} },
    flops: ({ batch, classes }) => 4 * batch * classes,
    knownMistakes: [
      { name: 'wrong-axis', says: 'softmax over the first axis', outputs: (inputs) => ({ y: overFirstAxis(inputs.x) }) },
      {
        name: 'maximum-not-subtracted',
        says: 'exponentials without the maximum subtracted, in float32',
        outputs: (inputs) => ({ y: withoutMaximum(inputs.x) }),
      },
      {
        name: 'not-normalized',
        says: 'e^(x − max): not divided by the sum',
        outputs: (inputs) => ({ y: map(inputs.x, (v) => Math.exp(v - Math.max(...inputs.x.data))) }),
      },
      {
        name: 'base-two',
        says: 'powers of 2 for those of e',
        outputs: (inputs) => ({ y: softmax(map(inputs.x, (v) => v * Math.LN2)) }),
      },
      {
        name: 'sigmoid',
        says: 'the sigmoid of each element',
        outputs: (inputs) => ({ y: map(inputs.x, (v) => 1 / (1 + Math.exp(-v))) }),
      },
    ],
  }),
  defineOperation<'softmax.backward'>({
    ...common,
    name: 'softmax.backward',
    title: 'Softmax, backward',
    formula: 'dx_i = y_i\\,\\bigl(dy_i - \\textstyle\\sum_j dy_j\\,y_j\\bigr)',
    rows: ['A10'],
    inputs: () => ({ x, dy }),
    outputs: () => ({ dx: { dimensions: shape } }),
    reference: (inputs) => ({ dx: softmaxBackward(inputs.x, inputs.dy) }),
    bound: {
      errorClass: 'composed',
      formula:
        'e_i(|d_i|+e_d) + y_ie_d + 2u|dx_i|, \\quad d_i = dy_i - m, \\; e_d = \\textstyle\\sum_j|dy_j|e_j + (n+1)u\\sum_j|dy_j|y_j + 2u(|dy_i|+|m|)',
      derivation:
        'Running error from softmax’s own limits e: the weighted mean m carries them and rounds once a term, the difference and the product round; multiplying out first is within it as well.',
      limits: ({ inputs, expected, precision }) => ({
        dx: { limit: backwardLimits(encloseSoftmax(inputs.x, precision), inputs.dy, expected.dx, precision) },
      }),
    },
    flops: ({ batch, classes }) => 8 * batch * classes,
    knownMistakes: [
      {
        name: 'diagonal-only',
        says: 'dy·y(1 − y): only the Jacobian’s diagonal',
        outputs: ({ x: v, dy: d }) => ({ dx: withSoftmax(v, (o, i) => d.data[i] * o.data[i] * (1 - o.data[i])) }),
      },
      {
        name: 'mean-not-subtracted',
        says: 'dy·y: the mean is not subtracted',
        outputs: ({ x: v, dy: d }) => ({ dx: withSoftmax(v, (o, i) => d.data[i] * o.data[i]) }),
      },
      {
        name: 'sign',
        says: 'the negative gradient',
        outputs: (inputs) => ({ dx: map(softmaxBackward(inputs.x, inputs.dy), (v) => -v) }),
      },
      {
        name: 'unweighted-mean',
        says: 'y(dy − mean of dy): the mean is not weighted with y',
        outputs: ({ x: v, dy: d }) => ({ dx: withSoftmax(v, (o, i) => o.data[i] * (d.data[i] - rowMean(d, i))) }),
      },
    ],
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
    reference: (inputs) => ({ jacobian: softmaxJacobian(inputs.x) }),
    bound: {
      errorClass: 'composed',
      formula: 'e_i(|\\delta_{ij}-y_j|+e_j) + y_i(e_j+\\delta_{ij}u) + 2u|J_{ij}|',
      derivation:
        'Running error from softmax’s own limits e: both factors carry theirs, 1 − y rounds absolutely by u, the product once.',
      limits: ({ inputs, expected, precision }) => ({
        jacobian: jacobianLimit(encloseSoftmax(inputs.x, precision), expected.jacobian, precision),
      }),
    },
    knownMistakes: [
      {
        name: 'diagonal-only',
        says: 'zeros off the diagonal',
        outputs: (inputs) => ({ jacobian: alongDiagonal(softmaxJacobian(inputs.x), (v, onDiagonal) => (onDiagonal ? v : 0)) }),
      },
      {
        name: 'sign-off-diagonal',
        says: '+yᵢyⱼ off the diagonal',
        outputs: (inputs) => ({ jacobian: alongDiagonal(softmaxJacobian(inputs.x), (v, onDiagonal) => (onDiagonal ? v : -v)) }),
      },
      {
        name: 'missing-square',
        says: 'y on the diagonal: −y² is missing',
        outputs: (inputs) => ({ jacobian: missingSquare(inputs.x) }),
      },
    ],
  }),
];

function jacobianLimit(
  { value: o, error }: Enclosed,
  expected: Tensor,
  { unitRoundoff: u, smallestSubnormal }: Precision,
): OutputBound {
  const classes = o.shape[1];
  const limit = expected.data.map((entry, k) => {
    const j = k % classes;
    const row = Math.floor(k / classes);
    const i = row % classes;
    const start = row - i;
    const delta = i === j ? 1 : 0;
    const [yi, yj, ei, ej] = [o.data[start + i], o.data[start + j], error[start + i], error[start + j]];
    return ei * (Math.abs(delta - yj) + ej) + yi * (ej + delta * u) + 2 * u * Math.abs(entry) + 2 * smallestSubnormal;
  });
  return { limit: Float64Array.from(limit) };
}

function withSoftmax(input: Tensor, f: (o: Tensor, i: number) => number): Tensor {
  const o = softmax(input);
  return { ...o, data: Float64Array.from(o.data, (_, i) => f(o, i)) };
}

function rowMean(d: Tensor, i: number): number {
  const classes = d.shape[1];
  const start = i - (i % classes);
  return Array.from(d.data.subarray(start, start + classes)).reduce((a, b) => a + b, 0) / classes;
}

function alongDiagonal(jacobian: Tensor, f: (value: number, onDiagonal: boolean) => number): Tensor {
  const classes = jacobian.shape[2];
  return {
    ...jacobian,
    data: Float64Array.from(jacobian.data, (value, k) => f(value, k % classes === Math.floor(k / classes) % classes)),
  };
}

function missingSquare(input: Tensor): Tensor {
  const o = softmax(input);
  const classes = o.shape[1];
  const jacobian = softmaxJacobian(input);
  return {
    ...jacobian,
    data: Float64Array.from(jacobian.data, (value, k) =>
      k % classes === Math.floor(k / classes) % classes ? o.data[Math.floor(k / classes)] : value,
    ),
  };
}
