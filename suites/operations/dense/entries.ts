/** Matrix product, dense layer and its gradients (Rows L1, M1, M4, M9). */
import fc from 'fast-check';
import { dense, denseBiasGradient, denseInputGradient, denseWeightGradient, matmul } from '../../../reference/dense.ts';
import { map, type Tensor, tensor } from '../../../reference/tensor.ts';
import {
  absolute,
  gridOfProducts,
  squared,
  sumOfProductsBound,
  sumOfProductsDerivation,
  sumOfProductsFormula,
} from '../../judging/bounds/sumOfProducts.ts';
import type { AnyOperation, CaseRecipe, Sizes, Values } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { onlyLast, onlyWhere, readAs, rounded, scaled, withoutLast } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { adjointOf, linearIn } from '../shared/linearity.ts';
import { sameBits } from '../shared/symmetries.ts';
import { noColumns } from '../shared/undefinedSpecialValues.ts';
import { denseVariants } from './variants.ts';

const topic = 'Dense layers';
const source = 'reference/dense.ts';
const { tf32, bf16 } = precisions;

/** Integers of three or four significant bits: every sum of a recipe below stays far from 2²⁴, and within 2¹¹ · n for float16. */
const small: Values = { kind: 'uniform', low: -8, high: 8 };
/** Integers of twelve significant bits: one more than TF32 and float16 have. */
const wide: Values = { kind: 'uniform', low: -4000, high: 4000 };
/** Their partners: 4000 · 50 · 60 terms < 2²⁴. */
const narrow: Values = { kind: 'uniform', low: -50, high: 50 };
const positive: Values = { kind: 'uniform', low: 0, high: 8 };
const tiny: Values = { kind: 'uniform', low: -1e-15, high: 1e-15 };
const huge: Values = { kind: 'uniform', low: -1e15, high: 1e15 };

/** Every fourth row is smaller by 2⁻¹⁸, where float16 is subnormal: it and TF32 round alike elsewhere. */
const mixed: Values = {
  kind: 'computed',
  draw: (random, [rows, columns]) =>
    Float64Array.from({ length: rows * columns }, (_, i) => {
      const value = 16 * random.next() - 8;
      return Math.floor(i / columns) % 4 === 0 ? value * 2 ** -18 : value;
    }),
};

/** Recipes of an operation on two matrices, with sizes by the names of its dimensions; the second input is the narrow one. */
function productRecipes(
  names: readonly [string, string, string],
  inputs: readonly [string, string],
): (CaseRecipe<'matmul'> & CaseRecipe<'dense'>)[] {
  const sizes = (...values: [number, number, number]): Sizes => Object.fromEntries(names.map((name, i) => [name, values[i]]));
  const both = (first: Values, second: Values) => ({ [inputs[0]]: first, [inputs[1]]: second });
  const recipe = (name: string, sizesOfRecipe: Sizes, rest: Partial<CaseRecipe<'matmul'>> = {}) => ({
    name,
    sizes: sizesOfRecipe,
    attributes: {},
    ...rest,
  });
  return [
    recipe('plain', sizes(3, 5, 4)),
    recipe('flat', sizes(2, 13, 7)),
    recipe('tall', sizes(17, 3, 6)),
    recipe(`${names[0]}-1`, sizes(1, 6, 5)),
    recipe(`${names[1]}-1`, sizes(4, 1, 7)),
    recipe(`${names[2]}-1`, sizes(5, 4, 1)),
    recipe('every-size-1', sizes(1, 1, 1)),
    recipe('long-sums', sizes(31, 512, 33), { tiers: ['random'] }),
    // A thousand outputs and more: judged by the statistics of their errors too. Additions cut off toward zero show best where all terms have one sign.
    recipe('many-outputs', sizes(37, 24, 41), { tiers: ['random'] }),
    recipe('mixed-magnitudes', sizes(28, 18, 14), { tiers: ['random'], values: both(mixed, small) }),
    recipe('positive-values', sizes(32, 57, 36), { tiers: ['random'], values: both(positive, positive) }),
    recipe('wide-integers', sizes(5, 19, 6), { tiers: ['exact'], values: both(wide, narrow) }),
    recipe('wide-integers-swapped', sizes(6, 23, 4), { tiers: ['exact'], values: both(narrow, wide) }),
    recipe('tiny-values', sizes(4, 9, 5), { tiers: ['random'], values: both(tiny, tiny) }),
    recipe('huge-values', sizes(5, 8, 3), { tiers: ['random'], values: both(huge, huge) }),
  ];
}

/** Sizes from 1 on, by name. */
/** Row i of a matrix, as a matrix of one row. */
function rowOf({ dtype, shape: [, columns], data }: Tensor, i: number): Tensor {
  return { dtype, shape: [1, columns], data: data.subarray(i * columns, (i + 1) * columns) };
}

/** The numbers of column j of a matrix. */
function columnOf({ shape: [rows, columns], data }: Tensor, j: number): Float64Array {
  const column = new Float64Array(rows);
  for (let row = 0; row < rows; row++) column[row] = data[row * columns + j];
  return column;
}

function drawSizes(...names: string[]): fc.Arbitrary<{ sizes: Sizes; attributes: Record<never, never> }> {
  return fc
    .tuple(...names.map(() => fc.integer({ min: 1, max: 6 })))
    .map((values) => ({ sizes: Object.fromEntries(names.map((name, i) => [name, values[i]])), attributes: {} }));
}

export const denseOperations: readonly AnyOperation[] = [
  defineOperation<'matmul'>({
    name: 'matmul',
    undefinedSpecialValues: { 'empty-batch': noColumns },
    title: 'Matrix product',
    topic,
    formula: 'y_{ij} = \\sum_k a_{ik} b_{kj}',
    rows: ['M1', 'M9'],
    source,
    onnx: 'MatMul',
    attributes: {},
    inputs: () => ({
      a: { dimensions: ['rows', 'inner'], values: small },
      b: { dimensions: ['inner', 'columns'], values: small },
    }),
    outputs: () => ({ y: { dimensions: ['rows', 'columns'] } }),
    constraints: [],
    independent: ['rows', 'columns'],
    reference: ({ a, b }) => ({ y: matmul(a, b) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula,
      derivation: `${sumOfProductsDerivation} Here n is the inner dimension.`,
      limits: ({ inputs: { a, b }, expected, precision }) => ({
        y: sumOfProductsBound({
          expected: expected.y,
          scale: () => matmul(absolute(a), absolute(b)),
          squares: () => matmul(squared(a), squared(b)),
          terms: a.shape[1],
          exactness: gridOfProducts([a, b]),
          precision,
        }),
      }),
    },
    tiers: ['random', 'exact'],
    cases: productRecipes(['rows', 'inner', 'columns'], ['a', 'b']),
    draw: drawSizes('rows', 'inner', 'columns'),
    relations: [linearIn('a'), linearIn('b'), sameBits],
    variants: denseVariants('matmul'),
    knownMistakes: [
      {
        name: 'second-matrix-read-transposed',
        says: 'a·b with the numbers of b read column by column',
        outputs: ({ a, b }) => ({ y: matmul(a, readAs(b, [1, 0])) }),
      },
      {
        name: 'first-matrix-read-transposed',
        says: 'a·b with the numbers of a read column by column',
        outputs: ({ a, b }) => ({ y: matmul(readAs(a, [1, 0]), b) }),
      },
      {
        name: 'result-written-transposed',
        says: 'a·b written column by column',
        outputs: ({ a, b }) => ({ y: readAs(matmul(a, b), [1, 0]) }),
      },
      {
        name: 'last-term-missing',
        says: 'the sum without its last term',
        outputs: ({ a, b }) => ({ y: matmul(withoutLast(a, 1), b) }),
      },
      {
        name: 'last-row-missing',
        says: 'a·b with zeros in its last row',
        outputs: ({ a, b }) => ({ y: withoutLast(matmul(a, b), 0) }),
      },
      {
        name: 'last-column-missing',
        says: 'a·b with zeros in its last column',
        outputs: ({ a, b }) => ({ y: withoutLast(matmul(a, b), 1) }),
      },
      {
        name: 'blocks-of-four-alone',
        says: 'a·b with zeros in the columns that fill no block of four',
        link: 'https://github.com/webonnx/wonnx/issues/94',
        outputs: ({ a, b }) => ({ y: onlyWhere(matmul(a, b), 1, (column, columns) => column < columns - (columns % 4)) }),
      },
      {
        name: 'overwritten',
        says: 'the last term of each sum alone',
        outputs: ({ a, b }) => ({ y: matmul(onlyLast(a, 1), b) }),
      },
      {
        name: 'tf32-inside',
        says: 'a·b with the inputs rounded to the 11 significant bits of TF32',
        outputs: ({ a, b }) => ({ y: matmul(rounded(a, tf32), rounded(b, tf32)) }),
      },
      {
        name: 'bf16-inside',
        says: 'a·b with the inputs rounded to the 8 significant bits of bf16',
        outputs: ({ a, b }) => ({ y: matmul(rounded(a, bf16), rounded(b, bf16)) }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: { rows: 256, inner: 256, columns: 256 }, attributes: {} },
    large: { name: 'large', sizes: { rows: 600, inner: 40, columns: 700 }, attributes: {}, tiers: ['random'] },
    element: ({ a, b }, attributes, position) => {
      const [inner, columns] = b.shape;
      const column = position % columns;
      return { inputs: { a: rowOf(a, (position - column) / columns), b: tensor([inner, 1], columnOf(b, column)) }, attributes };
    },
    flops: ({ rows, inner, columns }) => 2 * rows * inner * columns,
  }),

  defineOperation<'dense'>({
    name: 'dense',
    title: 'Dense layer',
    topic,
    formula: 'y_{nk} = b_k + \\sum_i w_{ki} x_{ni}',
    rows: ['L1', 'P1', 'P3', 'M1'],
    source,
    onnx: 'Gemm',
    attributes: {},
    inputs: () => ({
      x: { dimensions: ['batch', 'inputs'], values: small },
      weights: { dimensions: ['outputs', 'inputs'], values: small },
      bias: { dimensions: ['outputs'], values: { kind: 'uniform', low: -16, high: 16 } },
    }),
    outputs: () => ({ y: { dimensions: ['batch', 'outputs'] } }),
    constraints: [],
    independent: ['batch', 'outputs'],
    reference: ({ x, weights, bias }) => ({ y: dense(x, weights, bias) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula,
      derivation: `${sumOfProductsDerivation} Here n is the number of inputs and one for the bias.`,
      limits: ({ inputs: { x, weights, bias }, expected, precision }) => ({
        y: sumOfProductsBound({
          expected: expected.y,
          scale: () => dense(absolute(x), absolute(weights), absolute(bias)),
          squares: () => dense(squared(x), squared(weights), squared(bias)),
          terms: x.shape[1] + 1,
          exactness: gridOfProducts([x, weights], bias),
          precision,
        }),
      }),
    },
    tiers: ['random', 'exact'],
    cases: [
      ...productRecipes(['batch', 'inputs', 'outputs'], ['x', 'weights']),
      {
        // Kim's truth tables: unit 1 is AND (threshold 0.7), unit 2 is OR (threshold 0.2); the sign is the class.
        name: 'and-or-units',
        sizes: { batch: 4, inputs: 2, outputs: 2 },
        attributes: {},
        tiers: ['random'],
        given: { x: [0, 0, 0, 1, 1, 0, 1, 1], weights: [0.5, 0.5, 0.5, 0.5], bias: [-0.7, -0.2] },
      },
      {
        name: 'kim-unit',
        sizes: { batch: 1, inputs: 2, outputs: 1 },
        attributes: {},
        tiers: ['random'],
        given: { x: [12, 4], weights: [0.5, -1], bias: [0] },
      },
    ],
    draw: drawSizes('batch', 'inputs', 'outputs'),
    relations: [linearIn('x'), linearIn('weights')],
    variants: denseVariants('dense'),
    knownMistakes: [
      {
        name: 'weights-read-transposed',
        says: 'the layer with its weights read as [inputs, outputs]',
        outputs: ({ x, weights, bias }) => ({ y: dense(x, readAs(weights, [1, 0]), bias) }),
      },
      {
        name: 'bias-missing',
        says: 'w·x without the bias',
        link: 'https://github.com/microsoft/onnxruntime/issues/28459',
        outputs: ({ x, weights, bias }) => ({ y: dense(x, weights, scaled(bias, 0)) }),
      },
      {
        name: 'bias-along-the-batch',
        says: "w·x + b with the sample's entry of the bias in place of the output's",
        link: 'https://github.com/openxla/xla/issues/46897',
        outputs: ({ x, weights, bias }) => {
          const y = dense(x, weights, scaled(bias, 0));
          const outputs = bias.data.length;
          const data = y.data.map((value, i) => value + bias.data[Math.floor(i / outputs) % outputs]);
          return { y: { ...y, data } };
        },
      },
      {
        name: 'bias-subtracted',
        says: 'w·x − b: the bias taken for a threshold',
        erratum: 'R12',
        outputs: ({ x, weights, bias }) => ({ y: dense(x, weights, scaled(bias, -1)) }),
      },
      {
        name: 'bias-added-to-every-term',
        says: 'Σ(w·x + b): the bias added once per input',
        outputs: ({ x, weights, bias }) => ({ y: dense(x, weights, scaled(bias, x.shape[1])) }),
      },
      {
        name: 'first-bias-for-all',
        says: "the first unit's bias added to every unit",
        outputs: ({ x, weights, bias }) => ({
          y: dense(
            x,
            weights,
            map(bias, () => bias.data[0]),
          ),
        }),
      },
      {
        name: 'last-input-missing',
        says: 'the layer without its last input',
        outputs: ({ x, weights, bias }) => ({ y: dense(withoutLast(x, 1), weights, bias) }),
      },
      {
        name: 'last-sample-missing',
        says: 'the layer with zeros for the last sample',
        outputs: ({ x, weights, bias }) => ({ y: withoutLast(dense(x, weights, bias), 0) }),
      },
      {
        name: 'tf32-inside',
        says: 'the layer with x and weights rounded to the 11 significant bits of TF32',
        outputs: ({ x, weights, bias }) => ({ y: dense(rounded(x, tf32), rounded(weights, tf32), bias) }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: { batch: 64, inputs: 512, outputs: 256 }, attributes: {} },
    large: { name: 'large', sizes: { batch: 500, inputs: 48, outputs: 640 }, attributes: {}, tiers: ['random'] },
    element: ({ x, weights, bias }, attributes, position) => {
      const unit = position % bias.shape[0];
      const own = { x: rowOf(x, (position - unit) / bias.shape[0]), weights: rowOf(weights, unit) };
      return { inputs: { ...own, bias: tensor([1], [bias.data[unit]]) }, attributes };
    },
    flops: ({ batch, inputs, outputs }) => 2 * batch * inputs * outputs,
  }),

  defineOperation<'dense.inputGradient'>({
    name: 'dense.inputGradient',
    title: 'Dense layer, gradient of the input',
    topic,
    formula: '\\frac{\\partial L}{\\partial x_{ni}} = \\sum_k \\frac{\\partial L}{\\partial y_{nk}} w_{ki}',
    rows: ['M4'],
    source,
    attributes: {},
    inputs: () => ({
      weights: { dimensions: ['outputs', 'inputs'], values: small },
      dy: { dimensions: ['batch', 'outputs'], values: small },
    }),
    outputs: () => ({ dx: { dimensions: ['batch', 'inputs'] } }),
    constraints: [],
    independent: ['batch', 'inputs'],
    reference: ({ weights, dy }) => ({ dx: denseInputGradient(weights, dy) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula,
      derivation: `${sumOfProductsDerivation} Here n is the number of outputs.`,
      limits: ({ inputs: { weights, dy }, expected, precision }) => ({
        dx: sumOfProductsBound({
          expected: expected.dx,
          scale: () => denseInputGradient(absolute(weights), absolute(dy)),
          squares: () => denseInputGradient(squared(weights), squared(dy)),
          terms: dy.shape[1],
          exactness: gridOfProducts([weights, dy]),
          precision,
        }),
      }),
    },
    tiers: ['random', 'exact'],
    cases: productRecipes(['batch', 'outputs', 'inputs'], ['dy', 'weights']),
    draw: drawSizes('batch', 'inputs', 'outputs'),
    relations: [
      linearIn('weights'),
      linearIn('dy'),
      adjointOf({ map: 'dense', input: 'x', inputs: ['weights'], gradient: 'dx' }, ['M4']),
    ],
    variants: denseVariants('dense.inputGradient'),
    knownMistakes: [
      {
        name: 'weights-read-transposed',
        says: 'dy·w with the weights read as [inputs, outputs]',
        outputs: ({ weights, dy }) => ({ dx: denseInputGradient(readAs(weights, [1, 0]), dy) }),
      },
      {
        name: 'mean-over-the-batch',
        says: 'dy·w divided by the batch size',
        outputs: ({ weights, dy }) => ({ dx: scaled(denseInputGradient(weights, dy), 1 / dy.shape[0]) }),
      },
      {
        name: 'last-output-missing',
        says: "the sum without the last output's term",
        outputs: ({ weights, dy }) => ({ dx: denseInputGradient(weights, withoutLast(dy, 1)) }),
      },
      {
        name: 'overwritten',
        says: "the last output's term alone",
        outputs: ({ weights, dy }) => ({ dx: denseInputGradient(weights, onlyLast(dy, 1)) }),
      },
      {
        name: 'first-sample-for-all',
        says: "every sample given the first sample's gradient",
        outputs: ({ weights, dy }) => ({
          dx: denseInputGradient(weights, { ...dy, data: dy.data.map((_, i) => dy.data[i % dy.shape[1]]) }),
        }),
      },
      {
        name: 'dy-taken-for-ones',
        says: 'the sum of the weights: dy taken for ones',
        outputs: ({ weights, dy }) => ({
          dx: denseInputGradient(
            weights,
            map(dy, () => 1),
          ),
        }),
      },
      {
        name: 'tf32-inside',
        says: 'dy·w with the inputs rounded to the 11 significant bits of TF32',
        outputs: ({ weights, dy }) => ({ dx: denseInputGradient(rounded(weights, tf32), rounded(dy, tf32)) }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: { batch: 64, inputs: 512, outputs: 256 }, attributes: {} },
    flops: ({ batch, inputs, outputs }) => 2 * batch * inputs * outputs,
  }),

  defineOperation<'dense.weightGradient'>({
    name: 'dense.weightGradient',
    title: 'Dense layer, gradient of the weights',
    topic,
    formula: '\\frac{\\partial L}{\\partial w_{ki}} = \\sum_n \\frac{\\partial L}{\\partial y_{nk}} x_{ni}',
    rows: ['M4'],
    source,
    attributes: {},
    inputs: () => ({
      x: { dimensions: ['batch', 'inputs'], values: small },
      dy: { dimensions: ['batch', 'outputs'], values: small },
    }),
    outputs: () => ({ dWeights: { dimensions: ['outputs', 'inputs'] } }),
    constraints: [],
    independent: ['inputs', 'outputs'],
    reference: ({ x, dy }) => ({ dWeights: denseWeightGradient(x, dy) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula,
      derivation: `${sumOfProductsDerivation} Here n is the batch size.`,
      limits: ({ inputs: { x, dy }, expected, precision }) => ({
        dWeights: sumOfProductsBound({
          expected: expected.dWeights,
          scale: () => denseWeightGradient(absolute(x), absolute(dy)),
          squares: () => denseWeightGradient(squared(x), squared(dy)),
          terms: x.shape[0],
          exactness: gridOfProducts([x, dy]),
          precision,
        }),
      }),
    },
    tiers: ['random', 'exact'],
    cases: productRecipes(['outputs', 'batch', 'inputs'], ['x', 'dy']),
    draw: drawSizes('batch', 'inputs', 'outputs'),
    relations: [
      linearIn('x'),
      linearIn('dy'),
      adjointOf({ map: 'dense', input: 'weights', inputs: ['x'], gradient: 'dWeights' }, ['M4']),
      sameBits,
    ],
    variants: denseVariants('dense.weightGradient'),
    knownMistakes: [
      {
        name: 'written-transposed',
        says: 'the gradient written as [inputs, outputs]',
        outputs: ({ x, dy }) => ({ dWeights: readAs(denseWeightGradient(x, dy), [1, 0]) }),
      },
      {
        name: 'mean-over-the-batch',
        says: 'the mean over the batch for the sum',
        outputs: ({ x, dy }) => ({ dWeights: scaled(denseWeightGradient(x, dy), 1 / x.shape[0]) }),
      },
      {
        name: 'last-sample-missing',
        says: 'the sum without the last sample',
        outputs: ({ x, dy }) => ({ dWeights: denseWeightGradient(withoutLast(x, 0), dy) }),
      },
      {
        name: 'overwritten',
        says: "the last sample's gradient alone",
        outputs: ({ x, dy }) => ({ dWeights: denseWeightGradient(onlyLast(x, 0), dy) }),
      },
      {
        name: 'sum-squared',
        says: '(Σ dy)(Σ x): the sums taken before the product',
        outputs: ({ x, dy }) => {
          const [inputs, outputs] = [x.shape[1], dy.shape[1]];
          const [sumX, sumDy] = [denseBiasGradient(x), denseBiasGradient(dy)];
          return {
            dWeights: {
              dtype: 'float64',
              shape: [outputs, inputs],
              data: Float64Array.from(
                { length: outputs * inputs },
                (_, i) => sumDy.data[Math.floor(i / inputs)] * sumX.data[i % inputs],
              ),
            },
          };
        },
      },
      {
        name: 'tf32-inside',
        says: 'the gradient with the inputs rounded to the 11 significant bits of TF32',
        outputs: ({ x, dy }) => ({ dWeights: denseWeightGradient(rounded(x, tf32), rounded(dy, tf32)) }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: { batch: 64, inputs: 512, outputs: 256 }, attributes: {} },
    flops: ({ batch, inputs, outputs }) => 2 * batch * inputs * outputs,
  }),

  defineOperation<'dense.biasGradient'>({
    name: 'dense.biasGradient',
    title: 'Dense layer, gradient of the bias',
    topic,
    formula: '\\frac{\\partial L}{\\partial b_k} = \\sum_n \\frac{\\partial L}{\\partial y_{nk}}',
    rows: ['M4'],
    source,
    onnx: 'ReduceSum',
    attributes: {},
    inputs: () => ({ dy: { dimensions: ['batch', 'outputs'], values: wide } }),
    outputs: () => ({ dBias: { dimensions: ['outputs'] } }),
    constraints: [],
    independent: ['outputs'],
    reference: ({ dy }) => ({ dBias: denseBiasGradient(dy) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula.replaceAll('|a||b|', '|\\partial L / \\partial y|').replace('\\gamma_n ', '\\gamma_{n-1} '),
      derivation: `${sumOfProductsDerivation} Here n is the batch size; there is no product, so that n − 1 additions remain.`,
      limits: ({ inputs: { dy }, expected, precision }) => ({
        dBias: sumOfProductsBound({
          expected: expected.dBias,
          scale: () => denseBiasGradient(absolute(dy)),
          terms: dy.shape[0],
          roundings: dy.shape[0] - 1,
          exactness: gridOfProducts([dy]),
          precision,
        }),
      }),
    },
    tiers: ['random', 'exact'],
    cases: [
      { name: 'plain', sizes: { batch: 5, outputs: 3 }, attributes: {} },
      { name: 'flat', sizes: { batch: 2, outputs: 11 }, attributes: {} },
      { name: 'tall', sizes: { batch: 37, outputs: 4 }, attributes: {} },
      { name: 'batch-1', sizes: { batch: 1, outputs: 6 }, attributes: {} },
      { name: 'outputs-1', sizes: { batch: 7, outputs: 1 }, attributes: {} },
      { name: 'long-sums', sizes: { batch: 700, outputs: 5 }, attributes: {} },
    ],
    draw: drawSizes('batch', 'outputs'),
    relations: [
      linearIn('dy'),
      adjointOf({ map: 'dense', input: 'bias', inputs: [], attributes: () => ({}), without: 'weights', gradient: 'dBias' }, [
        'M4',
      ]),
    ],
    variants: denseVariants('dense.biasGradient'),
    knownMistakes: [
      {
        name: 'mean-over-the-batch',
        says: 'the mean over the batch for the sum',
        outputs: ({ dy }) => ({ dBias: scaled(denseBiasGradient(dy), 1 / dy.shape[0]) }),
      },
      {
        name: 'last-sample-missing',
        says: 'the sum without the last sample',
        outputs: ({ dy }) => ({ dBias: denseBiasGradient(withoutLast(dy, 0)) }),
      },
      {
        name: 'overwritten',
        says: 'the last sample alone: not summed over the batch',
        outputs: ({ dy }) => ({ dBias: denseBiasGradient(onlyLast(dy, 0)) }),
      },
      {
        name: 'read-transposed',
        says: 'the sum with dy read as [outputs, batch]',
        outputs: ({ dy }) => ({ dBias: denseBiasGradient(readAs(dy, [1, 0])) }),
      },
      {
        name: 'not-summed',
        says: 'dy as it came, of shape [batch, outputs]',
        outputs: ({ dy }) => ({ dBias: dy }),
      },
      {
        name: 'tf32-inside',
        says: 'the sum with dy rounded to the 11 significant bits of TF32',
        outputs: ({ dy }) => ({ dBias: denseBiasGradient(rounded(dy, tf32)) }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: { batch: 512, outputs: 256 }, attributes: {} },
    large: { name: 'large', sizes: { batch: 3, outputs: 150_000 }, attributes: {}, tiers: ['random'] },
    flops: ({ batch, outputs }) => batch * outputs,
  }),
];
