/** 2-D convolution and its gradients (Rows C1, C2). */
import fc from 'fast-check';
import { fastAlgorithms } from '../../../backends/contract.ts';
import type { AttributesOf, ConvolutionAttributes, Pair } from '../../../backends/signatures.ts';
import { conv2d, conv2dBiasGradient, conv2dInputGradient, conv2dWeightGradient } from '../../../reference/convolution.ts';
import { map, sizeOf, type Tensor, zeros } from '../../../reference/tensor.ts';
import {
  absolute,
  gridOfProducts,
  squared,
  sumOfProductsBound,
  sumOfProductsDerivation,
  sumOfProductsFormula,
} from '../../judging/bounds/sumOfProducts.ts';
import type { AnyOperation, CaseRecipe, Constraint, Sizes, Values } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { unravel } from '../../judging/shapes.ts';
import { mirrored, onlyLast, onlyWhere, readAs, rounded, scaled, withoutLast } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { adjointOf, linearIn, withInputSize, withKernelSize } from '../shared/linearity.ts';
import { sameBits, shiftedWithItsInput } from '../shared/symmetries.ts';
import { covered, imageFor, paddingWithin, windowPositions } from '../shared/windows.ts';
import { convolutionAlgorithmVariants } from './algorithmVariants.ts';
import { addAt, at, eachTap, forwardWith, geometryMistakes, inputGradientWith, weightGradientWith } from './mistakes.ts';
import { convolutionVariants } from './variants.ts';
import { asConvolution, orWinograd, winogradApplies, winogradDerivation } from './winograd.ts';
import { winogradVariants } from './winogradVariants.ts';

const topic = 'Convolution';
const source = 'reference/convolution.ts';
const { tf32, bf16 } = precisions;

const small: Values = { kind: 'uniform', low: -8, high: 8 };
/** Integers of twelve significant bits: one more than TF32 and float16 have. */
const wide: Values = { kind: 'uniform', low: -4000, high: 4000 };
/** Their partners: 4000 · 50 · 80 terms < 2²⁴. */
const narrow: Values = { kind: 'uniform', low: -50, high: 50 };
const positive: Values = { kind: 'uniform', low: 0, high: 8 };
const tiny: Values = { kind: 'uniform', low: -1e-15, high: 1e-15 };
const huge: Values = { kind: 'uniform', low: -1e15, high: 1e15 };

/** Small values and, among them, few that are a thousand million times as large. */
const withFewLarge: Values = {
  kind: 'computed',
  draw: (random, shape) =>
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => (16 * random.next() - 8) * (i % 61 === 30 ? 1e9 : 1)),
};
/** Kernels with holes: every fourth element is 0. */
const withHoles: Values = {
  kind: 'computed',
  draw: (random, shape) =>
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => (16 * random.next() - 8) * (i % 4 === 1 ? 0 : 1)),
};

/** Sizes and attributes that the convolution and its gradients are all asked for; `first` and `second` are the two factors. */
interface Geometry {
  readonly name: string;
  readonly sizes: Sizes;
  readonly attributes: ConvolutionAttributes;
  readonly tiers?: CaseRecipe['tiers'];
  readonly first?: Values;
  readonly second?: Values;
}

function geometry(
  name: string,
  [batch, inputChannels, height, width]: readonly [number, number, number, number],
  [outputChannels, kernelHeight, kernelWidth]: readonly [number, number, number],
  attributes: Partial<ConvolutionAttributes> = {},
  rest: Pick<Geometry, 'tiers' | 'first' | 'second'> = {},
): Geometry {
  return {
    name,
    sizes: { batch, inputChannels, height, width, outputChannels, kernelHeight, kernelWidth },
    attributes: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1, ...attributes },
    ...rest,
  };
}

const geometries: readonly Geometry[] = [
  geometry('plain', [2, 5, 8, 12], [7, 3, 4]),
  geometry('stride-rows', [2, 3, 8, 7], [4, 3, 2], { stride: [2, 1] }),
  geometry('stride-columns', [3, 2, 7, 10], [4, 2, 3], { stride: [1, 2] }),
  geometry('stride-skips-rows', [2, 3, 9, 12], [4, 2, 3], { stride: [3, 4] }),
  geometry('padding', [2, 3, 6, 7], [4, 4, 5], { padding: [1, 2, 3, 0] }),
  geometry('padding-wider-than-image', [2, 3, 2, 3], [4, 5, 6], { padding: [4, 3, 2, 5] }),
  geometry('dilation-rows', [2, 3, 9, 7], [4, 3, 2], { dilation: [2, 1] }),
  geometry('dilation-columns', [3, 2, 6, 11], [4, 2, 3], { dilation: [1, 2] }),
  geometry('stride-and-dilation', [2, 3, 12, 10], [4, 3, 2], { stride: [2, 3], dilation: [3, 2] }),
  geometry('groups', [3, 4, 7, 10], [6, 2, 5], { groups: 2 }),
  geometry('depthwise', [2, 5, 7, 8], [5, 3, 4], { groups: 5 }),
  geometry('depthwise-two-outputs', [2, 3, 8, 9], [6, 4, 2], { groups: 3, stride: [1, 2] }),
  geometry('kernel-1x1', [2, 4, 5, 6], [3, 1, 1]),
  geometry('kernel-1x1-strided', [2, 4, 7, 6], [3, 1, 1], { stride: [2, 3] }),
  geometry('kernel-row', [2, 3, 5, 9], [4, 1, 4], { padding: [0, 3, 0, 1] }),
  geometry('kernel-covers-image', [3, 2, 4, 5], [6, 4, 5]),
  geometry('batch-1-channels-1', [1, 1, 6, 8], [1, 3, 2]),
  geometry('everything', [2, 6, 11, 13], [4, 3, 2], { stride: [2, 3], padding: [2, 1, 3, 0], dilation: [2, 3], groups: 2 }),
  // Where a large value meets a 0, a fast algorithm lets it meet the kernel's other elements too, and what cancels leaves its rounding behind.
  geometry('kernel-3x3', [2, 3, 9, 12], [5, 3, 3], { padding: [1, 1, 1, 1] }),
  geometry(
    'kernel-3x3-large-values-meet-holes',
    [2, 3, 9, 12],
    [5, 3, 3],
    { padding: [1, 0, 1, 2] },
    { tiers: ['random'], first: withFewLarge, second: withHoles },
  ),
  geometry('many-terms', [2, 16, 12, 11], [8, 3, 3], { padding: [1, 1, 1, 1] }, { tiers: ['random'] }),
  // More than a thousand outputs and elements of each gradient, all terms of one sign: where additions cut off toward zero show.
  geometry('positive-values', [2, 12, 10, 11], [14, 3, 2], {}, { tiers: ['random'], first: positive, second: positive }),
  geometry(
    'wide-integers',
    [2, 3, 7, 6],
    [4, 3, 2],
    { padding: [0, 1, 0, 0] },
    { tiers: ['exact'], first: wide, second: narrow },
  ),
  geometry(
    'wide-integers-swapped',
    [2, 4, 9, 7],
    [6, 3, 2],
    { stride: [2, 1], groups: 2 },
    { tiers: ['exact'], first: narrow, second: wide },
  ),
  geometry('tiny-values', [2, 3, 5, 7], [4, 3, 2], {}, { tiers: ['random'], first: tiny, second: tiny }),
  geometry('huge-values', [3, 2, 6, 5], [4, 2, 3], {}, { tiers: ['random'], first: huge, second: huge }),
];

function recipesFor<Own extends object>(
  [first, second]: readonly [string, string],
  own: (sizes: Sizes) => Own,
): {
  name: string;
  sizes: Sizes;
  attributes: ConvolutionAttributes & Own;
  tiers?: CaseRecipe['tiers'];
  values?: CaseRecipe['values'];
}[] {
  return geometries.map(({ name, sizes, attributes, tiers, first: a, second: b }) => ({
    name,
    sizes,
    attributes: { ...attributes, ...own(sizes) },
    ...(tiers && { tiers }),
    ...(a && b && { values: { [first]: a, [second]: b } }),
  }));
}

export const inputSizeOf = ({ height, width }: Sizes) => ({ inputSize: [height, width] as Pair });
const kernelSizeOf = ({ kernelHeight, kernelWidth }: Sizes) => ({ kernelSize: [kernelHeight, kernelWidth] as Pair });

export function derivedSizes(sizes: Sizes, attributes: ConvolutionAttributes): Sizes {
  const { height, width, kernelHeight, kernelWidth, inputChannels } = sizes;
  const [outputHeight, outputWidth] = windowPositions([height, width], [kernelHeight, kernelWidth], attributes);
  return { inputChannelsPerGroup: inputChannels / attributes.groups, outputHeight, outputWidth };
}

export const convolutionConstraints: readonly Constraint<ConvolutionAttributes>[] = [
  { id: 'C1', text: 'groups divides inputChannels', holds: ({ inputChannels }, a) => inputChannels % a.groups === 0 },
  { id: 'C2', text: 'groups divides outputChannels', holds: ({ outputChannels }, a) => outputChannels % a.groups === 0 },
  {
    id: 'C3',
    text: 'stride and dilation are positive integers',
    holds: (_, a) => [...a.stride, ...a.dilation].every((value) => Number.isInteger(value) && value >= 1),
  },
  {
    id: 'C4',
    text: 'padding is at least 0 and less than what the dilated kernel covers',
    holds: ({ kernelHeight, kernelWidth }, a) => {
      const { padding, dilation } = a;
      const limits = [covered(kernelHeight, dilation[0]), covered(kernelWidth, dilation[1])];
      return padding.every((value, side) => Number.isInteger(value) && value >= 0 && value < limits[side % 2]);
    },
  },
  {
    id: 'C5',
    text: 'the dilated kernel fits into the padded image',
    holds: ({ height, width, kernelHeight, kernelWidth }, a) => {
      const { padding, dilation } = a;
      return (
        covered(kernelHeight, dilation[0]) <= height + padding[0] + padding[2] &&
        covered(kernelWidth, dilation[1]) <= width + padding[1] + padding[3]
      );
    },
  },
];

export const attributeTexts = {
  stride: 'rows and columns from one window to the next',
  padding: 'rows and columns of zeros: top, left, bottom, right',
  dilation: 'rows and columns from one element of the kernel to the next',
  groups: 'number of groups of channels that do not meet',
};

/** What the kernel sees of an image at one position, its taps pushed together; zeros where it lies over the padding. */
function windowOf(
  x: Tensor,
  [n, firstChannel, row, column]: readonly number[],
  [channels, kernelHeight, kernelWidth]: readonly number[],
  { stride, padding, dilation }: ConvolutionAttributes,
): Tensor {
  const [, inputChannels, height, width] = x.shape;
  const window = zeros([1, channels, kernelHeight, kernelWidth]);
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < kernelHeight; i++) {
      const y = row * stride[0] + i * dilation[0] - padding[0];
      for (let j = 0; j < kernelWidth; j++, at++) {
        const z = column * stride[1] + j * dilation[1] - padding[1];
        const inside = y >= 0 && y < height && z >= 0 && z < width;
        if (inside) window.data[at] = x.data[((n * inputChannels + firstChannel + c) * height + y) * width + z];
      }
    }
  }
  return window;
}

const drawGeometry = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 3 }),
    inputChannelsPerGroup: fc.integer({ min: 1, max: 2 }),
    outputChannelsPerGroup: fc.integer({ min: 1, max: 2 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    padding: fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 }), fc.nat({ max: 4 }), fc.nat({ max: 4 })),
    beyond: fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })),
  })
  .map(
    ({ batch, groups, inputChannelsPerGroup, outputChannelsPerGroup, kernel, stride, dilation, padding: wanted, beyond }) => {
      const covers: Pair = [covered(kernel[0], dilation[0]), covered(kernel[1], dilation[1])];
      const padding = paddingWithin(wanted, covers);
      const [height, width] = imageFor(covers, padding, beyond);
      const sizes: Sizes = {
        batch,
        inputChannels: groups * inputChannelsPerGroup,
        height,
        width,
        outputChannels: groups * outputChannelsPerGroup,
        kernelHeight: kernel[0],
        kernelWidth: kernel[1],
      };
      const attributes: ConvolutionAttributes = { stride, padding, dilation, groups };
      return { sizes, attributes };
    },
  );

export function drawWith<Own extends object>(
  own: (sizes: Sizes) => Own,
): fc.Arbitrary<{ sizes: Sizes; attributes: ConvolutionAttributes & Own }> {
  return drawGeometry.map(({ sizes, attributes }) => ({ sizes, attributes: { ...attributes, ...own(sizes) } }));
}

/** Two operations, multiplication and addition, for each weight at each output position. */
const flops = ({ batch, outputChannels, outputHeight, outputWidth, inputChannelsPerGroup, kernelHeight, kernelWidth }: Sizes) =>
  2 * batch * outputChannels * outputHeight * outputWidth * inputChannelsPerGroup * kernelHeight * kernelWidth;

const benchmarkSizes: Sizes = {
  batch: 1,
  inputChannels: 16,
  height: 20,
  width: 20,
  outputChannels: 16,
  kernelHeight: 3,
  kernelWidth: 3,
};
const benchmarkAttributes: ConvolutionAttributes = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };

/** Of a kernel's positions along one axis, how many can stand on the same input row: those that the stride lets meet. */
function meeting(kernel: number, stride: number, dilation: number): number {
  const period = stride / greatestCommonDivisor(stride, dilation);
  return Math.ceil(kernel / period);
}
const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

function outputSizeOf(x: Tensor, weights: Tensor, attributes: ConvolutionAttributes): Pair {
  return windowPositions([x.shape[2], x.shape[3]], [weights.shape[2], weights.shape[3]], attributes);
}

/** y with the bias of each output channel added. */
function withBias(y: Tensor, bias: Tensor | undefined): Tensor {
  if (bias === undefined) return y;
  const area = y.shape[2] * y.shape[3];
  return { ...y, data: y.data.map((value, i) => value + bias.data[Math.floor(i / area) % bias.data.length]) };
}

const images = ['batch', 'inputChannels', 'height', 'width'];
const kernels = ['outputChannels', 'inputChannelsPerGroup', 'kernelHeight', 'kernelWidth'];
const featureMaps = ['batch', 'outputChannels', 'outputHeight', 'outputWidth'];

export const convolutionOperations: readonly AnyOperation[] = [
  defineOperation<'conv2d'>({
    name: 'conv2d',
    title: '2-D convolution',
    topic,
    formula: 'y_{nors} = b_o + \\sum_{i,p,q} w_{oipq}\\, x_{n,\\,i,\\; r s_v + p d_v - t,\\; s s_h + q d_h - l}',
    rows: ['C1'],
    source,
    onnx: 'Conv',
    attributes: attributeTexts,
    inputs: () => ({
      x: { dimensions: images, values: small },
      weights: { dimensions: kernels, values: small },
      bias: { dimensions: ['outputChannels'], values: { kind: 'uniform', low: -16, high: 16 }, optional: true },
    }),
    outputs: () => ({ y: { dimensions: featureMaps } }),
    derivedSizes,
    constraints: convolutionConstraints,
    independent: ({ groups }) => (groups === 1 ? ['batch', 'outputChannels'] : ['batch']),
    reference: ({ x, weights, bias }, attributes) => ({ y: conv2d(x, weights, bias, attributes) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula,
      derivation: `${sumOfProductsDerivation} Here n is the number of weights of one output channel, and one for the bias. ${winogradDerivation}`,
      algorithms: fastAlgorithms,
      limits: ({ inputs: { x, weights, bias }, attributes, expected, precision }) => {
        const direct = sumOfProductsBound({
          expected: expected.y,
          scale: () => conv2d(absolute(x), absolute(weights), bias && absolute(bias), attributes),
          squares: () => conv2d(squared(x), squared(weights), bias && squared(bias), attributes),
          terms: weights.shape[1] * weights.shape[2] * weights.shape[3] + (bias ? 1 : 0),
          exactness: gridOfProducts([x, weights], bias),
          precision,
        });
        if (!winogradApplies(weights, attributes)) return { y: direct };
        return { y: orWinograd(direct, { x, weights, bias, ...attributes, expected: expected.y }, precision) };
      },
    },
    tiers: ['random', 'exact'],
    cases: [
      ...recipesFor(['x', 'weights'], () => ({})),
      { ...geometry('no-bias', [2, 3, 6, 8], [4, 3, 2]), without: ['bias'] },
    ],
    draw: drawGeometry,
    relations: [linearIn('x'), linearIn('weights'), shiftedWithItsInput, sameBits],
    variants: [...convolutionVariants('conv2d'), ...convolutionAlgorithmVariants, ...winogradVariants('conv2d')],
    knownMistakes: [
      ...geometryMistakes.map(({ name, says, link, change }) => ({
        ...{ name, link },
        says: `the convolution ${says}`,
        outputs: ({ x, weights, bias }: { x: Tensor; weights: Tensor; bias?: Tensor }, attributes: ConvolutionAttributes) => ({
          y: withBias(forwardWith(x, weights, attributes, outputSizeOf(x, weights, attributes), change(attributes)), bias),
        }),
      })),
      {
        name: 'kernel-flipped',
        says: "the signal processor's convolution: the kernel flipped in rows and columns",
        outputs: ({ x, weights, bias }, attributes) => ({ y: conv2d(x, mirrored(weights, [2, 3]), bias, attributes) }),
      },
      {
        name: 'kernel-read-transposed',
        says: 'the convolution with each kernel read column by column',
        outputs: ({ x, weights, bias }, attributes) => ({ y: conv2d(x, readAs(weights, [0, 1, 3, 2]), bias, attributes) }),
      },
      {
        name: 'kernel-read-as-hwio',
        says: 'the convolution with the weights read as [kernelHeight, kernelWidth, inputChannels, outputChannels]',
        outputs: ({ x, weights, bias }, attributes) => ({ y: conv2d(x, readAs(weights, [2, 3, 1, 0]), bias, attributes) }),
      },
      {
        name: 'image-read-as-nhwc',
        says: 'the convolution with the image read as [batch, height, width, channels]',
        outputs: ({ x, weights, bias }, attributes) => ({ y: conv2d(readAs(x, [0, 2, 3, 1]), weights, bias, attributes) }),
      },
      {
        name: 'padded-with-the-border',
        says: "the convolution padded with copies of the image's border",
        outputs: ({ x, weights, bias }, attributes) => {
          const inside = (value: number, size: number) => Math.min(Math.max(value, 0), size - 1);
          const change = ({ row, column }: { row: number; column: number }) => ({
            row: inside(row, x.shape[2]),
            column: inside(column, x.shape[3]),
          });
          return { y: withBias(forwardWith(x, weights, attributes, outputSizeOf(x, weights, attributes), change), bias) };
        },
      },
      {
        name: 'bias-missing',
        says: 'the convolution without its bias',
        outputs: ({ x, weights }, attributes) => ({ y: conv2d(x, weights, undefined, attributes) }),
      },
      {
        name: 'first-bias-for-all',
        says: "the first output channel's bias added to every channel",
        outputs: ({ x, weights, bias }, attributes) => ({
          y: conv2d(x, weights, bias && map(bias, () => bias.data[0]), attributes),
        }),
      },
      {
        name: 'last-input-channel-missing',
        says: 'the convolution without the last input channel of each group',
        outputs: ({ x, weights, bias }, attributes) => ({ y: conv2d(x, withoutLast(weights, 1), bias, attributes) }),
      },
      {
        name: 'last-kernel-column-missing',
        says: 'the convolution without the last column of each kernel',
        outputs: ({ x, weights, bias }, attributes) => ({ y: conv2d(x, withoutLast(weights, 3), bias, attributes) }),
      },
      {
        name: 'last-row-missing',
        says: 'the convolution with zeros in the last row of each feature map',
        outputs: ({ x, weights, bias }, attributes) => ({ y: withoutLast(conv2d(x, weights, bias, attributes), 2) }),
      },
      {
        name: 'tf32-inside',
        says: 'the convolution with x and weights rounded to the 11 significant bits of TF32',
        outputs: ({ x, weights, bias }, attributes) => ({
          y: conv2d(rounded(x, tf32), rounded(weights, tf32), bias, attributes),
        }),
      },
      {
        name: 'bf16-inside',
        says: 'the convolution with x and weights rounded to the 8 significant bits of bf16',
        outputs: ({ x, weights, bias }, attributes) => ({
          y: conv2d(rounded(x, bf16), rounded(weights, bf16), bias, attributes),
        }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: benchmarkSizes, attributes: benchmarkAttributes },
    large: { ...geometry('large', [2, 3, 200, 220], [5, 3, 3], { padding: [1, 1, 1, 1] }), tiers: ['random'] },
    element: ({ x, weights, bias }, attributes, position) => {
      const [outputChannels, channels, kernelHeight, kernelWidth] = weights.shape;
      const [rows, columns] = windowPositions([x.shape[2], x.shape[3]], [kernelHeight, kernelWidth], attributes);
      const [n, o, row, column] = unravel(position, [x.shape[0], outputChannels, rows, columns]);
      const first = Math.floor(o / (outputChannels / attributes.groups)) * channels;
      const kernel = weights.data
        .subarray(o * channels * kernelHeight * kernelWidth)
        .subarray(0, channels * kernelHeight * kernelWidth);
      return {
        inputs: {
          x: windowOf(x, [n, first, row, column], [channels, kernelHeight, kernelWidth], attributes),
          weights: { dtype: 'float64', shape: [1, channels, kernelHeight, kernelWidth], data: kernel },
          ...(bias && { bias: { dtype: 'float64', shape: [1], data: bias.data.subarray(o, o + 1) } }),
        },
        attributes: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 },
      };
    },
    flops,
  }),

  defineOperation<'conv2d.inputGradient'>({
    name: 'conv2d.inputGradient',
    title: '2-D convolution, gradient of the input',
    topic,
    formula:
      '\\frac{\\partial L}{\\partial x_{niuv}} = \\sum_{o,p,q} w_{oipq} \\frac{\\partial L}{\\partial y_{nors}}, \\quad u = r s_v + p d_v - t,\\; v = s s_h + q d_h - l',
    rows: ['C2', 'C5'],
    source,
    onnx: 'ConvTranspose',
    attributes: { ...attributeTexts, inputSize: "the image's height and width" },
    inputs: () => ({
      weights: { dimensions: kernels, values: small },
      dy: { dimensions: featureMaps, values: small },
    }),
    outputs: () => ({ dx: { dimensions: images } }),
    derivedSizes,
    constraints: [
      ...convolutionConstraints,
      {
        id: 'C6',
        text: 'inputSize is [height, width]',
        holds: ({ height, width }, a) => a.inputSize[0] === height && a.inputSize[1] === width,
      },
    ],
    independent: ['batch'],
    reference: ({ weights, dy }, attributes) => ({ dx: conv2dInputGradient(weights, dy, attributes) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula,
      derivation: `${sumOfProductsDerivation} Here n is the number of output channels of a group times the kernel positions that the stride lets meet one element of the image. ${winogradDerivation} The convolution is that of dy with the flipped kernels.`,
      algorithms: fastAlgorithms,
      limits: ({ inputs: { weights, dy }, attributes, expected, precision }) => {
        const direct = sumOfProductsBound({
          expected: expected.dx,
          scale: () => conv2dInputGradient(absolute(weights), absolute(dy), attributes),
          squares: () => conv2dInputGradient(squared(weights), squared(dy), attributes),
          terms:
            (weights.shape[0] / attributes.groups) *
            meeting(weights.shape[2], attributes.stride[0], attributes.dilation[0]) *
            meeting(weights.shape[3], attributes.stride[1], attributes.dilation[1]),
          exactness: gridOfProducts([weights, dy]),
          precision,
        });
        if (!winogradApplies(weights, attributes)) return { dx: direct };
        const convolution = asConvolution(weights, dy, attributes);
        return { dx: orWinograd(direct, { ...convolution, expected: expected.dx }, precision) };
      },
    },
    tiers: ['random', 'exact'],
    cases: recipesFor(['dy', 'weights'], inputSizeOf),
    draw: drawWith(inputSizeOf),
    relations: [
      linearIn('weights'),
      linearIn('dy'),
      adjointOf({ map: 'conv2d', input: 'x', inputs: ['weights'], attributes: withInputSize, gradient: 'dx' }, ['C2', 'C5']),
    ],
    variants: [...convolutionVariants('conv2d.inputGradient'), ...winogradVariants('conv2d.inputGradient')],
    knownMistakes: [
      ...geometryMistakes.map(({ name, says, link, change }) => ({
        ...{ name, link },
        says: `the gradient ${says}`,
        outputs: ({ weights, dy }: { weights: Tensor; dy: Tensor }, attributes: AttributesOf<'conv2d.inputGradient'>) => ({
          dx: inputGradientWith(weights, dy, attributes, change(attributes)),
        }),
      })),
      {
        name: 'kernel-not-flipped',
        says: 'dy convolved with the kernel as it stands, where it must be flipped',
        outputs: ({ weights, dy }, attributes) => ({ dx: conv2dInputGradient(mirrored(weights, [2, 3]), dy, attributes) }),
      },
      {
        name: 'channels-read-transposed',
        says: 'the gradient with the weights read as [inputChannels, outputChannels, …]',
        outputs: ({ weights, dy }, attributes) => ({ dx: conv2dInputGradient(readAs(weights, [1, 0, 2, 3]), dy, attributes) }),
      },
      {
        name: 'overwritten',
        says: 'the last term of each sum alone: windows that overlap overwrite each other',
        outputs: ({ weights, dy }, attributes) => {
          const dx = zeros([dy.shape[0], weights.shape[1] * attributes.groups, ...attributes.inputSize]);
          const sizes = {
            batch: dy.shape[0],
            inputChannels: dx.shape[1],
            outputChannels: dy.shape[1],
            kernel: [weights.shape[2], weights.shape[3]] as const,
            output: [dy.shape[2], dy.shape[3]] as const,
          };
          eachTap(sizes, attributes, (tap) => {
            const term =
              at(dy, tap.sample, tap.outputChannel, tap.outputRow, tap.outputColumn) *
              at(weights, tap.outputChannel, tap.groupChannel, tap.kernelRow, tap.kernelColumn);
            const before = at(dx, tap.sample, tap.inputChannel, tap.row, tap.column);
            addAt(dx, tap.sample, tap.inputChannel, tap.row, tap.column, term - before);
          });
          return { dx };
        },
      },
      {
        name: 'last-output-channel-missing',
        says: 'the gradient without the last output channel',
        outputs: ({ weights, dy }, attributes) => ({ dx: conv2dInputGradient(weights, withoutLast(dy, 1), attributes) }),
      },
      {
        name: 'mean-over-the-batch',
        says: 'the gradient divided by the batch size',
        outputs: ({ weights, dy }, attributes) => ({
          dx: scaled(conv2dInputGradient(weights, dy, attributes), 1 / dy.shape[0]),
        }),
      },
      {
        name: 'dy-taken-for-ones',
        says: 'the sums of the weights: dy taken for ones',
        outputs: ({ weights, dy }, attributes) => ({
          dx: conv2dInputGradient(
            weights,
            map(dy, () => 1),
            attributes,
          ),
        }),
      },
      {
        name: 'tf32-inside',
        says: 'the gradient with the inputs rounded to the 11 significant bits of TF32',
        outputs: ({ weights, dy }, attributes) => ({
          dx: conv2dInputGradient(rounded(weights, tf32), rounded(dy, tf32), attributes),
        }),
      },
    ],
    benchmark: {
      name: 'benchmark',
      sizes: benchmarkSizes,
      attributes: { ...benchmarkAttributes, ...inputSizeOf(benchmarkSizes) },
    },
    flops,
  }),

  defineOperation<'conv2d.weightGradient'>({
    name: 'conv2d.weightGradient',
    title: '2-D convolution, gradient of the weights',
    topic,
    formula:
      '\\frac{\\partial L}{\\partial w_{oipq}} = \\sum_{n,r,s} \\frac{\\partial L}{\\partial y_{nors}}\\, x_{n,\\,i,\\; r s_v + p d_v - t,\\; s s_h + q d_h - l}',
    rows: ['C2', 'R6'],
    source,
    attributes: { ...attributeTexts, kernelSize: "the kernel's height and width" },
    inputs: () => ({
      x: { dimensions: images, values: small },
      dy: { dimensions: featureMaps, values: small },
    }),
    outputs: () => ({ dWeights: { dimensions: kernels } }),
    derivedSizes,
    constraints: [
      ...convolutionConstraints,
      {
        id: 'C6',
        text: 'kernelSize is [kernelHeight, kernelWidth]',
        holds: ({ kernelHeight, kernelWidth }, a) => a.kernelSize[0] === kernelHeight && a.kernelSize[1] === kernelWidth,
      },
    ],
    independent: ({ groups }) => (groups === 1 ? ['outputChannels'] : []),
    reference: ({ x, dy }, attributes) => ({ dWeights: conv2dWeightGradient(x, dy, attributes) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula,
      derivation: `${sumOfProductsDerivation} Here n is the number of output positions of the whole batch. No fast algorithm has a bound of its own here.`,
      limits: ({ inputs: { x, dy }, attributes, expected, precision }) => ({
        dWeights: sumOfProductsBound({
          expected: expected.dWeights,
          scale: () => conv2dWeightGradient(absolute(x), absolute(dy), attributes),
          squares: () => conv2dWeightGradient(squared(x), squared(dy), attributes),
          terms: dy.shape[0] * dy.shape[2] * dy.shape[3],
          exactness: gridOfProducts([x, dy]),
          precision,
        }),
      }),
    },
    tiers: ['random', 'exact'],
    cases: recipesFor(['x', 'dy'], kernelSizeOf),
    draw: drawWith(kernelSizeOf),
    relations: [
      linearIn('x'),
      linearIn('dy'),
      adjointOf({ map: 'conv2d', input: 'weights', inputs: ['x'], attributes: withKernelSize, gradient: 'dWeights' }, [
        'C2',
        'C5',
      ]),
      sameBits,
    ],
    variants: convolutionVariants('conv2d.weightGradient'),
    knownMistakes: [
      ...geometryMistakes.map(({ name, says, link, change }) => ({
        ...{ name, link },
        says: `the gradient ${says}`,
        outputs: ({ x, dy }: { x: Tensor; dy: Tensor }, attributes: AttributesOf<'conv2d.weightGradient'>) => ({
          dWeights: weightGradientWith(x, dy, attributes, change(attributes)),
        }),
      })),
      {
        name: 'input-does-not-move',
        says: 'Σⱼ δⱼ·zᵢ with zᵢ from the first window for every position j',
        erratum: 'R6',
        outputs: ({ x, dy }, attributes) => ({
          dWeights: weightGradientWith(x, dy, attributes, ({ kernelRow, kernelColumn }) => ({
            row: kernelRow * attributes.dilation[0] - attributes.padding[0],
            column: kernelColumn * attributes.dilation[1] - attributes.padding[1],
          })),
        }),
      },
      {
        name: 'last-row-taken-for-padding',
        says: "the gradient without what the kernel's last row meets at the last output row",
        link: 'https://github.com/pytorch/pytorch/issues/50042',
        outputs: ({ x, dy }, attributes) => ({
          dWeights: weightGradientWith(x, dy, attributes, ({ kernelRow, outputRow }) =>
            kernelRow === attributes.kernelSize[0] - 1 && outputRow === dy.shape[2] - 1 ? { row: -1 } : {},
          ),
        }),
      },
      {
        name: 'kernel-flipped',
        says: 'the gradient flipped in rows and columns',
        outputs: ({ x, dy }, attributes) => ({ dWeights: mirrored(conv2dWeightGradient(x, dy, attributes), [2, 3]) }),
      },
      {
        name: 'written-transposed',
        says: 'the gradient with each kernel written column by column',
        outputs: ({ x, dy }, attributes) => ({ dWeights: readAs(conv2dWeightGradient(x, dy, attributes), [0, 1, 3, 2]) }),
      },
      {
        name: 'overwritten',
        says: "the last sample's gradient alone: not summed over the batch",
        outputs: ({ x, dy }, attributes) => ({ dWeights: conv2dWeightGradient(x, onlyLast(dy, 0), attributes) }),
      },
      {
        name: 'mean-over-the-batch',
        says: 'the mean over the batch for the sum',
        outputs: ({ x, dy }, attributes) => ({
          dWeights: scaled(conv2dWeightGradient(x, dy, attributes), 1 / dy.shape[0]),
        }),
      },
      {
        name: 'mean-over-positions',
        says: 'the mean over the output positions for the sum',
        outputs: ({ x, dy }, attributes) => ({
          dWeights: scaled(conv2dWeightGradient(x, dy, attributes), 1 / (dy.shape[2] * dy.shape[3])),
        }),
      },
      {
        name: 'last-row-missing',
        says: 'the gradient without the last row of dy',
        outputs: ({ x, dy }, attributes) => ({ dWeights: conv2dWeightGradient(x, withoutLast(dy, 2), attributes) }),
      },
      {
        name: 'tf32-inside',
        says: 'the gradient with the inputs rounded to the 11 significant bits of TF32',
        outputs: ({ x, dy }, attributes) => ({
          dWeights: conv2dWeightGradient(rounded(x, tf32), rounded(dy, tf32), attributes),
        }),
      },
    ],
    benchmark: {
      name: 'benchmark',
      sizes: benchmarkSizes,
      attributes: { ...benchmarkAttributes, ...kernelSizeOf(benchmarkSizes) },
    },
    flops,
  }),

  defineOperation<'conv2d.biasGradient'>({
    name: 'conv2d.biasGradient',
    title: '2-D convolution, gradient of the bias',
    topic,
    formula: '\\frac{\\partial L}{\\partial b_o} = \\sum_{n,r,s} \\frac{\\partial L}{\\partial y_{nors}}',
    rows: ['C2'],
    source,
    onnx: 'ReduceSum',
    attributes: {},
    inputs: () => ({ dy: { dimensions: ['batch', 'outputChannels', 'height', 'width'], values: wide } }),
    outputs: () => ({ dBias: { dimensions: ['outputChannels'] } }),
    constraints: [],
    independent: ['outputChannels'],
    reference: ({ dy }) => ({ dBias: conv2dBiasGradient(dy) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula.replaceAll('|a||b|', '|\\partial L / \\partial y|').replace('\\gamma_n ', '\\gamma_{n-1} '),
      derivation: `${sumOfProductsDerivation} Here n is the number of output positions of the whole batch; there is no product, so that n − 1 additions remain.`,
      limits: ({ inputs: { dy }, expected, precision }) => {
        const terms = dy.shape[0] * dy.shape[2] * dy.shape[3];
        return {
          dBias: sumOfProductsBound({
            expected: expected.dBias,
            scale: () => conv2dBiasGradient(absolute(dy)),
            terms,
            roundings: terms - 1,
            exactness: gridOfProducts([dy]),
            precision,
          }),
        };
      },
    },
    tiers: ['random', 'exact'],
    cases: [
      { name: 'plain', sizes: { batch: 2, outputChannels: 3, height: 4, width: 5 }, attributes: {} },
      { name: 'many-channels', sizes: { batch: 3, outputChannels: 11, height: 5, width: 2 }, attributes: {} },
      { name: 'batch-1', sizes: { batch: 1, outputChannels: 4, height: 3, width: 6 }, attributes: {} },
      { name: 'one-position', sizes: { batch: 5, outputChannels: 3, height: 1, width: 1 }, attributes: {} },
      { name: 'channels-1', sizes: { batch: 4, outputChannels: 1, height: 2, width: 3 }, attributes: {} },
      { name: 'long-sums', sizes: { batch: 5, outputChannels: 3, height: 14, width: 17 }, attributes: {} },
    ],
    draw: fc
      .record({
        batch: fc.integer({ min: 1, max: 4 }),
        outputChannels: fc.integer({ min: 1, max: 4 }),
        height: fc.integer({ min: 1, max: 4 }),
        width: fc.integer({ min: 1, max: 4 }),
      })
      .map((sizes) => ({ sizes, attributes: {} })),
    relations: [
      linearIn('dy'),
      adjointOf({ map: 'conv2d', input: 'bias', inputs: [], attributes: () => ({}), without: 'weights', gradient: 'dBias' }, [
        'C5',
      ]),
    ],
    variants: convolutionVariants('conv2d.biasGradient'),
    knownMistakes: [
      {
        name: 'mean-over-everything',
        says: 'the mean over batch and positions for the sum',
        outputs: ({ dy }) => ({ dBias: scaled(conv2dBiasGradient(dy), 1 / (dy.shape[0] * dy.shape[2] * dy.shape[3])) }),
      },
      {
        name: 'mean-over-the-batch',
        says: 'the mean over the batch for the sum',
        outputs: ({ dy }) => ({ dBias: scaled(conv2dBiasGradient(dy), 1 / dy.shape[0]) }),
      },
      {
        name: 'overwritten',
        says: 'the last sample alone: not summed over the batch',
        outputs: ({ dy }) => ({ dBias: conv2dBiasGradient(onlyLast(dy, 0)) }),
      },
      {
        name: 'first-position-alone',
        says: 'the sum over the batch of the first position alone',
        outputs: ({ dy }) => {
          const corner = (x: Tensor, axis: number) => onlyWhere(x, axis, (position) => position === 0);
          return { dBias: conv2dBiasGradient(corner(corner(dy, 2), 3)) };
        },
      },
      {
        name: 'read-as-nhwc',
        says: 'the sum with dy read as [batch, height, width, channels]',
        outputs: ({ dy }) => ({ dBias: conv2dBiasGradient(readAs(dy, [0, 2, 3, 1])) }),
      },
      {
        name: 'last-row-missing',
        says: 'the sum without the last row',
        outputs: ({ dy }) => ({ dBias: conv2dBiasGradient(withoutLast(dy, 2)) }),
      },
      {
        name: 'tf32-inside',
        says: 'the sum with dy rounded to the 11 significant bits of TF32',
        outputs: ({ dy }) => ({ dBias: conv2dBiasGradient(rounded(dy, tf32)) }),
      },
    ],
    benchmark: { name: 'benchmark', sizes: { batch: 8, outputChannels: 32, height: 28, width: 28 }, attributes: {} },
    flops: ({ batch, outputChannels, height, width }) => batch * outputChannels * height * width,
  }),
];
