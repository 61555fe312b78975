/** Max and average pooling and their gradients (Row C7). */
import fc from 'fast-check';
import type { AttributesOf, Pair, PoolingAttributes, PoolingGradientAttributes } from '../../../backends/signatures.ts';
import {
  averagePool2d,
  averagePool2dBackward,
  maxPool2d,
  maxPool2dBackward,
  type TieRule,
} from '../../../reference/pooling.ts';
import { map, type Tensor, tensor } from '../../../reference/tensor.ts';
import {
  absolute,
  gridOf,
  sumOfProductsBound,
  sumOfProductsDerivation,
  sumOfProductsFormula,
} from '../../judging/bounds/sumOfProducts.ts';
import type { AnyOperation, CaseRecipe, Constraint, Sizes, Values } from '../../judging/operation.ts';
import { unravel } from '../../judging/shapes.ts';
import { withoutLast } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { adjointOf, linearIn, withInputSize } from '../shared/linearity.ts';
import { shiftedWithItsInput } from '../shared/symmetries.ts';
import { every, ignoresNaN, notLargest } from '../shared/undefinedSpecialValues.ts';
import { imageFor, paddingWithin, windowPositions } from '../shared/windows.ts';
import { atLargest, averagedFromTheStart, placementMistakes, pooledWith, spreadWith, windowsOf } from './mistakes.ts';
import { chosenTies } from './ties.ts';
import { poolingVariants } from './variants.ts';

const topic = 'Pooling';
const source = 'reference/pooling.ts';

const small: Values = { kind: 'uniform', low: -8, high: 8 };
const negative: Values = { kind: 'uniform', low: -9, high: -1 };
/** Three integers in windows of four and more: equal largest elements nearly everywhere. */
const tied: Values = { kind: 'uniform', low: -1, high: 1 };
const equal: Values = { kind: 'uniform', low: -3, high: -3 };
/** Integers of seventeen significant bits; windows of up to 100 such elements sum below 2²⁴. */
const wide: Values = { kind: 'uniform', low: -100_000, high: 100_000 };

interface Geometry {
  readonly name: string;
  readonly sizes: Sizes;
  readonly attributes: PoolingAttributes;
  readonly tiers?: CaseRecipe['tiers'];
  readonly x?: Values;
}

function geometry(
  name: string,
  [batch, channels, height, width]: readonly [number, number, number, number],
  window: Pair,
  attributes: Partial<PoolingAttributes> = {},
  rest: Pick<Geometry, 'tiers' | 'x'> = {},
): Geometry {
  return {
    name,
    sizes: { batch, channels, height, width },
    attributes: { window, stride: window, padding: [0, 0, 0, 0], ...attributes },
    ...rest,
  };
}

const exact: Pick<Geometry, 'tiers'> = { tiers: ['exact'] };
const geometries: readonly Geometry[] = [
  geometry('plain', [2, 3, 8, 10], [2, 2]),
  geometry('window-2x4', [3, 2, 6, 20], [2, 4]),
  geometry('window-3x2', [2, 4, 9, 10], [3, 2]),
  geometry('rows-left-over', [2, 3, 7, 11], [2, 2]),
  geometry('overlapping', [2, 3, 7, 9], [4, 2], { stride: [1, 1] }),
  geometry('overlapping-stride-2x1', [2, 3, 8, 7], [3, 4], { stride: [2, 1] }),
  geometry('overlapping-stride-1x3', [3, 2, 6, 12], [2, 4], { stride: [1, 3] }),
  geometry('stride-skips-rows', [2, 3, 10, 9], [2, 1], { stride: [3, 4] }),
  geometry('padding', [2, 3, 6, 9], [4, 3], { stride: [2, 3], padding: [1, 2, 3, 0] }),
  geometry('padding-window-2x2', [2, 3, 5, 7], [2, 2], { stride: [2, 2], padding: [1, 0, 0, 1] }),
  geometry('padding-overlapping', [3, 2, 5, 6], [4, 2], { stride: [1, 1], padding: [2, 1, 0, 0] }),
  geometry('window-1x1', [2, 3, 4, 5], [1, 1]),
  geometry('image-1x1', [3, 2, 1, 1], [1, 1]),
  geometry('window-1x1-strided', [2, 3, 5, 7], [1, 1], { stride: [2, 3] }),
  geometry('window-covers-image', [2, 5, 4, 8], [4, 8]),
  geometry('batch-1-channels-1', [1, 1, 6, 8], [2, 4]),
  geometry('height-1', [2, 3, 1, 12], [1, 4], { stride: [1, 2] }),
  geometry('negative-padded', [2, 3, 6, 8], [4, 2], { stride: [2, 2], padding: [2, 1, 1, 0] }, { x: negative }),
  geometry('wide-integers', [2, 3, 8, 10], [4, 2], { stride: [2, 1] }, { ...exact, x: wide }),
];

/** A NaN in half of the 2×2 windows, at each of their four places in turn. */
const someNaN: Values = {
  kind: 'computed',
  draw: (random, [batch, channels, height, width]) => {
    const x = new Float64Array(batch * channels * height * width).map(() => 16 * random.next() - 8);
    let place = 0;
    for (let row = 0; row + 1 < batch * channels * height; row += 2)
      for (let column = 0; column + 1 < width; column += 2) {
        if (random.next() < 0.5) continue;
        x[(row + (place >> 1)) * width + column + (place & 1)] = Number.NaN;
        place = (place + 1) % 4;
      }
    return x;
  },
};

/** Infinities among ordinary numbers: a maximum is −∞ only where there is nothing else. */
const infinities: Values = {
  kind: 'computed',
  draw: (random, shape) =>
    Float64Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => {
      const kind = random.integer(0, 9);
      return kind === 0 ? Infinity : kind < 6 ? -Infinity : 8 * random.next() - 4;
    }),
};
const infiniteGeometries: readonly Geometry[] = [
  geometry('infinities', [2, 3, 6, 8], [2, 2], {}, { tiers: ['random'], x: infinities }),
  geometry('some-nan', [2, 3, 6, 8], [2, 2], {}, { tiers: ['random'], x: someNaN }),
];

/** What a maximum meets and an average does not: several largest elements in a window. */
const tiedGeometries: readonly Geometry[] = [
  geometry('ties', [2, 3, 6, 8], [2, 2], {}, { ...exact, x: tied }),
  geometry('ties-overlapping', [2, 3, 6, 7], [3, 2], { stride: [1, 1] }, { ...exact, x: tied }),
  geometry('ties-padded', [3, 2, 5, 7], [2, 4], { stride: [2, 3], padding: [1, 2, 0, 3] }, { ...exact, x: tied }),
  geometry('all-equal', [2, 3, 4, 6], [2, 3], {}, { ...exact, x: equal }),
];

/** Recipes of an operation; `own` adds attributes of its own, `input` names the input that the geometry's values are for. */
function recipesFor<Own extends object>(
  list: readonly Geometry[],
  input: string | undefined,
  own: (sizes: Sizes) => Own,
): {
  name: string;
  sizes: Sizes;
  attributes: PoolingAttributes & Own;
  tiers?: CaseRecipe['tiers'];
  values?: CaseRecipe['values'];
}[] {
  return list.map(({ name, sizes, attributes, tiers, x }) => ({
    name,
    sizes,
    attributes: { ...attributes, ...own(sizes) },
    ...(tiers && { tiers }),
    ...(x && input && { values: { [input]: x } }),
  }));
}
const nothing = () => ({});

/** A mean of integers is exact where every window's number of real elements is a power of two; elsewhere only reals are asked. */
const averaged: readonly Geometry[] = geometries.map((recipe) => {
  const windows = windowsOf([1, 1, recipe.sizes.height, recipe.sizes.width], recipe.attributes);
  return windows.every(({ elements }) => isPowerOfTwo(elements.length)) ? recipe : { ...recipe, tiers: ['random'] };
});

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}
const inputSizeOf = ({ height, width }: Sizes) => ({ inputSize: [height, width] as Pair });

function derivedSizes({ height, width }: Sizes, attributes: PoolingAttributes): Sizes {
  const [outputHeight, outputWidth] = windowPositions([height, width], attributes.window, attributes);
  return { outputHeight, outputWidth };
}

const constraints: readonly Constraint<PoolingAttributes>[] = [
  {
    id: 'C1',
    text: 'window and stride are positive integers',
    holds: (_, a) => [...a.window, ...a.stride].every((value) => Number.isInteger(value) && value >= 1),
  },
  {
    id: 'C2',
    text: 'padding is at least 0 and less than the window, so that no window holds padding alone',
    holds: (_, a) => a.padding.every((value, side) => Number.isInteger(value) && value >= 0 && value < a.window[side % 2]),
  },
  {
    id: 'C3',
    text: 'the window fits into the padded image',
    holds: ({ height, width }, a) => {
      const { window, padding } = a;
      return window[0] <= height + padding[0] + padding[2] && window[1] <= width + padding[1] + padding[3];
    },
  },
];

const attributeTexts = {
  window: 'rows and columns of the window',
  stride: 'rows and columns from one window to the next',
  padding: 'rows and columns that do not count: top, left, bottom, right',
};

const drawGeometry: fc.Arbitrary<{ sizes: Sizes; attributes: PoolingAttributes }> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 3 }),
    window: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    padding: fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.nat({ max: 2 })),
    beyond: fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })),
  })
  .map(({ batch, channels, window, stride, padding: wanted, beyond }) => {
    const padding = paddingWithin(wanted, window);
    const [height, width] = imageFor(window, padding, beyond);
    return { sizes: { batch, channels, height, width }, attributes: { window, stride, padding } };
  });

const images = ['batch', 'channels', 'height', 'width'];
const pooled = ['batch', 'channels', 'outputHeight', 'outputWidth'];

const benchmarkSizes: Sizes = { batch: 2, channels: 32, height: 56, width: 56 };
const benchmarkAttributes: PoolingAttributes = { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] };
/** One comparison or addition for each element of each window. */
const flops = ({ batch, channels, outputHeight, outputWidth }: Sizes, { window }: PoolingAttributes) =>
  batch * channels * outputHeight * outputWidth * window[0] * window[1];

/** Windows that one element of the image can lie in. */
const overlaps = ({ window, stride }: PoolingAttributes) => Math.ceil(window[0] / stride[0]) * Math.ceil(window[1] / stride[1]);

/** The finest grid among the windows that an element lies in: each share is dy divided by `divisor`; 0 where that is no power of two. */
function shareGrid(
  shape: readonly number[],
  attributes: PoolingAttributes,
  dyGrid: number,
  divisor: (elements: readonly number[]) => number,
): Float64Array {
  const grid = new Float64Array(shape.reduce((product, size) => product * size, 1)).fill(dyGrid);
  for (const { elements } of windowsOf(shape, attributes)) {
    const parts = divisor(elements);
    for (const at of elements) grid[at] = Math.min(grid[at], isPowerOfTwo(parts) ? dyGrid / parts : 0);
  }
  return grid;
}

/** Counts the elements of a window that are its largest. */
function tieCount(x: Tensor, elements: readonly number[]): number {
  const values = elements.map((at) => x.data[at]);
  const largest = Math.max(...values);
  return values.filter((value) => value === largest).length;
}

/** The whole gradient to each of the largest elements: more than any rule for ties gives. */
function toEveryLargest(x: Tensor, dy: Tensor, attributes: PoolingAttributes): Tensor {
  return spreadWith(x.shape, dy, attributes, (elements) => {
    const largest = Math.max(...elements.map((at) => x.data[at]));
    return elements.map((at) => (x.data[at] === largest ? 1 : 0));
  });
}

const tieRules: readonly TieRule[] = ['first', 'last', 'even'];
const tieNames: Readonly<Record<TieRule, string>> = {
  first: 'the first of equal largest elements takes the gradient',
  last: 'the last of equal largest elements takes the gradient',
  even: 'equal largest elements share the gradient evenly',
};

export const poolingOperations: readonly AnyOperation[] = [
  defineOperation<'maxPool2d'>({
    name: 'maxPool2d',
    undefinedSpecialValues: {
      nan: 'asked as some-nan, at every place of a window',
      ...every(notLargest, ['minus-infinity', 'zero', 'minus-zero']),
    },
    title: 'Max pooling',
    topic,
    formula: 'y_{ncrs} = \\max_{0 \\le p < w_v,\\, 0 \\le q < w_h} x_{n,\\,c,\\; r s_v + p - t,\\; s s_h + q - l}',
    rows: ['C7'],
    source,
    onnx: 'MaxPool',
    attributes: attributeTexts,
    inputs: () => ({ x: { dimensions: images, values: small } }),
    outputs: () => ({ y: { dimensions: pooled } }),
    derivedSizes,
    constraints,
    independent: ['batch', 'channels'],
    reference: ({ x }, attributes) => ({ y: maxPool2d(x, attributes) }),
    // ONNX leaves open whether a maximum propagates NaN or passes over it; which it does must not depend on where the NaN stands.
    alternatives: [
      { name: 'a window with a NaN gives NaN', outputs: ({ x }, attributes) => ({ y: maxPool2d(x, attributes) }) },
      {
        name: 'NaN is passed over',
        outputs: ({ x }, attributes) => ({
          y: pooledWith(x, attributes, (values) => Math.max(...values.filter((v) => !Number.isNaN(v)))),
        }),
      },
    ],
    bound: {
      errorClass: 'exact',
      formula: '0',
      derivation:
        'A maximum is one of its elements: nothing is rounded. (A declared format narrower than float32 rounds the input, by half an ulp.)',
      limits: ({ expected, precision }) => ({
        y: sumOfProductsBound({
          expected: expected.y,
          scale: () => absolute(expected.y),
          terms: 1,
          roundings: 0,
          exactness: { grid: 0 },
          precision,
        }),
      }),
    },
    tiers: ['random', 'exact'],
    cases: recipesFor([...geometries, ...tiedGeometries, ...infiniteGeometries], 'x', nothing),
    draw: drawGeometry,
    relations: [shiftedWithItsInput],
    variants: poolingVariants('maxPool2d'),
    knownMistakes: [
      ...placementMistakes.map(({ name, says, placed }) => ({
        name,
        says: `the maximum ${says}`,
        outputs: ({ x }: { x: Tensor }, attributes: PoolingAttributes) => ({
          y: pooledWith(x, attributes, (values) => Math.max(...values), placed(attributes)),
        }),
      })),
      {
        name: 'padding-counted',
        says: 'the maximum with the padding counted as zeros',
        outputs: ({ x }, attributes) => ({
          y: pooledWith(x, attributes, (values) =>
            values.length < attributes.window[0] * attributes.window[1] ? Math.max(0, ...values) : Math.max(...values),
          ),
        }),
      },
      {
        name: 'maximum-starts-at-zero',
        link: 'https://github.com/csarofeen/pytorch/pull/1141',
        says: 'the maximum of the window and 0',
        outputs: ({ x }, attributes) => ({ y: pooledWith(x, attributes, (values) => Math.max(0, ...values)) }),
      },
      {
        name: 'largest-magnitude',
        says: 'the largest absolute value',
        outputs: ({ x }, attributes) => ({ y: pooledWith(x, attributes, (values) => Math.max(...values.map(Math.abs))) }),
      },
      {
        name: 'minimum',
        says: 'the minimum',
        outputs: ({ x }, attributes) => ({ y: pooledWith(x, attributes, (values) => Math.min(...values)) }),
      },
      {
        name: 'mean',
        says: 'the mean',
        outputs: ({ x }, attributes) => ({ y: averagePool2d(x, attributes) }),
      },
      {
        name: 'last-row-missing',
        says: 'the maximum with zeros in the last row of each image',
        outputs: ({ x }, attributes) => ({ y: withoutLast(maxPool2d(x, attributes), 2) }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: benchmarkSizes, attributes: benchmarkAttributes },
    large: {
      name: 'large',
      sizes: { batch: 2, channels: 4, height: 252, width: 256 },
      attributes: benchmarkAttributes,
      tiers: ['random'],
    },
    // The part of the window that lies on the image, as an image with one window: padding is never the maximum.
    element: ({ x }, { window, stride, padding }, position) => {
      const [batch, channels, height, width] = x.shape;
      const sizes = derivedSizes({ height, width }, { window, stride, padding });
      const [n, c, row, column] = unravel(position, [batch, channels, sizes.outputHeight, sizes.outputWidth]);
      const [top, left] = [row * stride[0] - padding[0], column * stride[1] - padding[1]];
      const [first, end] = [Math.max(0, top), Math.min(height, top + window[0])];
      const [from, to] = [Math.max(0, left), Math.min(width, left + window[1])];
      const lines = Array.from({ length: end - first }, (_, i) => ((n * channels + c) * height + first + i) * width);
      const values = lines.flatMap((start) => [...x.data.subarray(start + from, start + to)]);
      const covered: Pair = [end - first, to - from];
      return {
        inputs: { x: tensor([1, 1, ...covered], values) },
        attributes: { window: covered, stride: [1, 1], padding: [0, 0, 0, 0] },
      };
    },
    flops,
  }),

  defineOperation<'maxPool2d.backward'>({
    name: 'maxPool2d.backward',
    undefinedSpecialValues: { nan: ignoresNaN, ...every(notLargest, ['minus-infinity', 'zero', 'minus-zero']) },
    title: 'Max pooling, gradient',
    topic,
    formula:
      '\\frac{\\partial L}{\\partial x_i} = \\sum_{j :\\, i \\text{ is the largest in window } j} \\frac{\\partial L}{\\partial y_j}',
    rows: ['C7'],
    source,
    attributes: attributeTexts,
    inputs: () => ({
      x: { dimensions: images, values: small },
      dy: { dimensions: pooled, values: small },
    }),
    outputs: () => ({ dx: { dimensions: images } }),
    derivedSizes,
    constraints,
    independent: ['batch', 'channels'],
    reference: ({ x, dy }, attributes) => ({ dx: maxPool2dBackward(x, dy, attributes) }),
    bound: {
      errorClass: 'set-valued',
      formula: '\\gamma_{n-1} \\sum |\\partial L / \\partial y|; \\quad 0 \\text{ where windows do not overlap}',
      derivation:
        'A sum of at most n = ⌈w/s⌉·⌈w/s⌉ gradients, as many as windows overlap, has n − 1 additions; without overlap nothing is rounded. Where equal largest elements share evenly, the division adds two roundings. The limit belongs to the rule for ties whose answer is expected.',
      limits: ({ inputs: { x, dy }, attributes, expected, precision }) => {
        const rule = tieRules.find((candidate) => sameData(maxPool2dBackward(x, dy, attributes, candidate), expected.dx));
        const windows = windowsOf(x.shape, attributes);
        const shared = rule === 'even' && windows.some(({ elements }) => tieCount(x, elements) > 1);
        const terms = overlaps(attributes);
        return {
          dx: sumOfProductsBound({
            expected: expected.dx,
            scale: () =>
              rule ? maxPool2dBackward(x, absolute(dy), attributes, rule) : toEveryLargest(x, absolute(dy), attributes),
            terms,
            roundings: terms - 1 + (shared ? 2 : 0),
            exactness: {
              grid: shared ? shareGrid(x.shape, attributes, gridOf(dy), (elements) => tieCount(x, elements)) : gridOf(dy),
            },
            precision,
          }),
        };
      },
    },
    alternatives: tieRules.map((rule) => ({
      name: tieNames[rule],
      outputs: ({ x, dy }, attributes) => ({ dx: maxPool2dBackward(x, dy, attributes, rule) }),
    })),
    choiceOf: {
      name: 'one of equal largest elements takes the gradient, in each window its own',
      outputs: ({ x, dy }, attributes, answer) => {
        const dx = chosenTies(x, dy, attributes, answer.dx);
        return dx && { dx };
      },
    },
    tiers: ['random', 'exact'],
    cases: recipesFor([...geometries, ...tiedGeometries], 'x', nothing),
    draw: drawGeometry,
    relations: [linearIn('dy'), adjointOf({ map: 'maxPool2d', input: 'x', inputs: ['x'], gradient: 'dx' }, ['C7'])],
    variants: poolingVariants('maxPool2d.backward'),
    knownMistakes: [
      ...placementMistakes.map(({ name, says, placed }) => ({
        name,
        says: `the gradient ${says}`,
        outputs: ({ x, dy }: { x: Tensor; dy: Tensor }, attributes: PoolingAttributes) => ({
          dx: spreadWith(x.shape, dy, attributes, atLargest(x), { placed: placed(attributes) }),
        }),
      })),
      {
        name: 'gradient-to-every-tie',
        says: 'the whole gradient given to each of several largest elements',
        outputs: ({ x, dy }, attributes) => ({ dx: toEveryLargest(x, dy, attributes) }),
      },
      {
        name: 'gradient-to-every-element',
        says: 'the whole gradient given to each element of the window',
        outputs: ({ x, dy }, attributes) => ({
          dx: spreadWith(x.shape, dy, attributes, (elements) => elements.map(() => 1)),
        }),
      },
      {
        name: 'gradient-shared-by-the-window',
        says: "average pooling's gradient",
        outputs: ({ x, dy }, attributes) => ({
          dx: averagePool2dBackward(dy, { ...attributes, inputSize: [x.shape[2], x.shape[3]] }),
        }),
      },
      {
        name: 'gradient-to-the-corner',
        says: "the gradient given to each window's first element",
        outputs: ({ x, dy }, attributes) => ({
          dx: spreadWith(x.shape, dy, attributes, (elements) => elements.map((_, i) => (i === 0 ? 1 : 0))),
        }),
      },
      {
        name: 'gradient-to-the-smallest',
        says: "the gradient given to each window's smallest element",
        outputs: ({ x, dy }, attributes) => ({
          dx: spreadWith(x.shape, dy, attributes, atLargest(map(x, (value) => -value))),
        }),
      },
      {
        name: 'overwritten',
        says: "the last window's gradient alone: windows that overlap overwrite each other",
        outputs: ({ x, dy }, attributes) => ({
          dx: spreadWith(x.shape, dy, attributes, atLargest(x), { overwrite: true }),
        }),
      },
      {
        name: 'dy-taken-for-ones',
        says: 'the mask of the largest elements: dy taken for ones',
        outputs: ({ x, dy }, attributes) => ({
          dx: maxPool2dBackward(
            x,
            map(dy, () => 1),
            attributes,
          ),
        }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: benchmarkSizes, attributes: benchmarkAttributes },
    flops,
  }),

  defineOperation<'averagePool2d'>({
    name: 'averagePool2d',
    title: 'Average pooling',
    topic,
    formula:
      'y_{ncrs} = \\frac{1}{|W_{rs}|} \\sum_{(u,v) \\in W_{rs}} x_{ncuv}, \\quad W_{rs} \\text{ the real elements of the window}',
    rows: ['C7'],
    source,
    onnx: 'AveragePool',
    attributes: attributeTexts,
    inputs: () => ({ x: { dimensions: images, values: small } }),
    outputs: () => ({ y: { dimensions: pooled } }),
    derivedSizes,
    constraints,
    independent: ['batch', 'channels'],
    reference: ({ x }, attributes) => ({ y: averagePool2d(x, attributes) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula.replaceAll('|a||b|', '|x| / |W|').replace('\\gamma_n ', '\\gamma_{n+1} '),
      derivation: `${sumOfProductsDerivation} Here n is the size of the window: n − 1 additions, and two roundings for a division by way of the reciprocal. It is exact only where the number of real elements is a power of two.`,
      limits: ({ inputs: { x }, attributes, expected, precision }) => {
        const terms = attributes.window[0] * attributes.window[1];
        const xGrid = gridOf(x);
        const windows = windowsOf(x.shape, attributes);
        return {
          y: sumOfProductsBound({
            expected: expected.y,
            scale: () => averagePool2d(absolute(x), attributes),
            terms,
            roundings: terms + 1,
            exactness: { grid: windows.map(({ elements }) => (isPowerOfTwo(elements.length) ? xGrid / elements.length : 0)) },
            precision,
          }),
        };
      },
    },
    tiers: ['random', 'exact'],
    cases: recipesFor(averaged, 'x', nothing),
    draw: drawGeometry,
    relations: [linearIn('x'), shiftedWithItsInput],
    variants: poolingVariants('averagePool2d'),
    knownMistakes: [
      ...placementMistakes.map(({ name, says, placed }) => ({
        name,
        says: `the mean ${says}`,
        outputs: ({ x }: { x: Tensor }, attributes: PoolingAttributes) => ({
          y: pooledWith(x, attributes, mean, placed(attributes)),
        }),
      })),
      {
        name: 'padding-counted',
        says: "the sum divided by the window's size, padding included",
        outputs: ({ x }, attributes) => ({
          y: pooledWith(x, attributes, (values) => sum(values) / (attributes.window[0] * attributes.window[1])),
        }),
      },
      {
        name: 'padding-at-the-start-counted',
        says: 'the sum divided by a window that counts the padding at the top and left alone',
        link: 'https://github.com/microsoft/onnxruntime/issues/24681',
        outputs: ({ x }, attributes) => ({ y: averagedFromTheStart(x, attributes) }),
      },
      {
        name: 'not-divided',
        says: 'the sum for the mean',
        outputs: ({ x }, attributes) => ({ y: pooledWith(x, attributes, sum) }),
      },
      {
        name: 'divided-by-rows',
        says: "the sum divided by the window's height alone",
        outputs: ({ x }, attributes) => ({ y: pooledWith(x, attributes, (values) => sum(values) / attributes.window[0]) }),
      },
      {
        name: 'integer-division',
        says: 'the mean without its fraction',
        outputs: ({ x }, attributes) => ({ y: pooledWith(x, attributes, (values) => Math.trunc(mean(values))) }),
      },
      {
        name: 'maximum',
        says: 'the maximum',
        outputs: ({ x }, attributes) => ({ y: maxPool2d(x, attributes) }),
      },
      {
        name: 'last-row-missing',
        says: 'the mean with zeros in the last row of each image',
        outputs: ({ x }, attributes) => ({ y: withoutLast(averagePool2d(x, attributes), 2) }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: benchmarkSizes, attributes: benchmarkAttributes },
    flops,
  }),

  defineOperation<'averagePool2d.backward'>({
    name: 'averagePool2d.backward',
    title: 'Average pooling, gradient',
    topic,
    formula:
      '\\frac{\\partial L}{\\partial x_i} = \\sum_{j :\\, i \\in W_j} \\frac{1}{|W_j|} \\frac{\\partial L}{\\partial y_j}',
    rows: ['C7'],
    source,
    attributes: { ...attributeTexts, inputSize: "the image's height and width" },
    inputs: () => ({ dy: { dimensions: pooled, values: small } }),
    outputs: () => ({ dx: { dimensions: images } }),
    derivedSizes,
    constraints: [
      ...constraints,
      {
        id: 'C4',
        text: 'inputSize is [height, width]',
        holds: ({ height, width }, a) => a.inputSize[0] === height && a.inputSize[1] === width,
      },
    ],
    independent: ['batch', 'channels'],
    reference: ({ dy }, attributes) => ({ dx: averagePool2dBackward(dy, attributes) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula
        .replaceAll('|a||b|', '|\\partial L / \\partial y| / |W|')
        .replace('\\gamma_n ', '\\gamma_{n+1} '),
      derivation: `${sumOfProductsDerivation} Here n is the number of windows that overlap: n − 1 additions, and two roundings for a division by way of the reciprocal. It is exact only where every window's number of real elements is a power of two.`,
      limits: ({ inputs: { dy }, attributes, expected, precision }) => {
        const terms = overlaps(attributes);
        return {
          dx: sumOfProductsBound({
            expected: expected.dx,
            scale: () => averagePool2dBackward(absolute(dy), attributes),
            terms,
            roundings: terms + 1,
            exactness: { grid: shareGrid(expected.dx.shape, attributes, gridOf(dy), (elements) => elements.length) },
            precision,
          }),
        };
      },
    },
    tiers: ['random', 'exact'],
    cases: recipesFor(
      averaged.filter(({ x }) => x !== negative),
      'dy',
      inputSizeOf,
    ),
    draw: drawGeometry.map(({ sizes, attributes }) => ({ sizes, attributes: { ...attributes, ...inputSizeOf(sizes) } })),
    relations: [
      linearIn('dy'),
      adjointOf({ map: 'averagePool2d', input: 'x', inputs: [], attributes: withInputSize, gradient: 'dx' }, ['C7']),
    ],
    variants: poolingVariants('averagePool2d.backward'),
    knownMistakes: [
      ...placementMistakes.map(({ name, says, placed }) => ({
        name,
        says: `the gradient ${says}`,
        outputs: ({ dy }: { dy: Tensor }, attributes: AttributesOf<'averagePool2d.backward'>) => ({
          dx: spreadWith(imageShape(dy, attributes), dy, attributes, evenly, { placed: placed(attributes) }),
        }),
      })),
      {
        name: 'padding-counted',
        says: "dy divided by the window's size, padding included",
        outputs: ({ dy }, attributes) => ({
          dx: spreadWith(imageShape(dy, attributes), dy, attributes, (elements) =>
            elements.map(() => 1 / (attributes.window[0] * attributes.window[1])),
          ),
        }),
      },
      {
        name: 'not-divided',
        says: 'the whole gradient given to each element of the window',
        outputs: ({ dy }, attributes) => ({
          dx: spreadWith(imageShape(dy, attributes), dy, attributes, (elements) => elements.map(() => 1)),
        }),
      },
      {
        name: 'divided-by-rows',
        says: "dy divided by the window's height alone",
        outputs: ({ dy }, attributes) => ({
          dx: spreadWith(imageShape(dy, attributes), dy, attributes, (elements) =>
            elements.map(() => 1 / attributes.window[0]),
          ),
        }),
      },
      {
        name: 'overwritten',
        says: "the last window's share alone: windows that overlap overwrite each other",
        outputs: ({ dy }, attributes) => ({
          dx: spreadWith(imageShape(dy, attributes), dy, attributes, evenly, { overwrite: true }),
        }),
      },
      {
        name: 'gradient-to-the-corner',
        says: "the whole gradient given to each window's first element",
        outputs: ({ dy }, attributes) => ({
          dx: spreadWith(imageShape(dy, attributes), dy, attributes, (elements) => elements.map((_, i) => (i === 0 ? 1 : 0))),
        }),
      },
      {
        name: 'last-row-missing',
        says: 'the gradient without the last row of dy',
        outputs: ({ dy }, attributes) => ({ dx: averagePool2dBackward(withoutLast(dy, 2), attributes) }),
      },
    ],
    benchmark: {
      name: 'benchmark',
      sizes: benchmarkSizes,
      attributes: { ...benchmarkAttributes, ...inputSizeOf(benchmarkSizes) },
    },
    flops,
  }),
];

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
function evenly(elements: readonly number[]): number[] {
  return elements.map(() => 1 / elements.length);
}
function imageShape(dy: Tensor, { inputSize }: PoolingGradientAttributes): number[] {
  return [dy.shape[0], dy.shape[1], ...inputSize];
}
function sameData(a: Tensor, b: Tensor): boolean {
  return a.data.every((value, i) => Object.is(value, b.data[i]));
}
