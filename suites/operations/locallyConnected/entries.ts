/** The locally connected layer and its gradients (Row C3). */
import fc from 'fast-check';
import type { AttributesOf, InputsOf, LocallyConnectedAttributes, Pair } from '../../../backends/signatures.ts';
import {
  locallyConnected2d,
  locallyConnected2dBiasGradient,
  locallyConnected2dInputGradient,
  locallyConnected2dWeightGradient,
} from '../../../reference/locallyConnected.ts';
import { map, type Tensor } from '../../../reference/tensor.ts';
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
import { mirrored, onlyLast, readAs, rounded, scaled, withoutLast } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { adjointOf, linearIn, withInputSize } from '../shared/linearity.ts';
import { imageFor, paddingWithin, windowPositions } from '../shared/windows.ts';
import { forwardWith, inputGradientWith, localGeometryMistakes, weightGradientWith } from './mistakes.ts';

const topic = 'Convolution';
const source = 'reference/locallyConnected.ts';
const { tf32 } = precisions;

const small: Values = { kind: 'uniform', low: -8, high: 8 };
/** Integers of twelve significant bits, one more than TF32 and float16 have, and partners with which sums stay below 2²⁴. */
const wide: Values = { kind: 'uniform', low: -4000, high: 4000 };
const narrow: Values = { kind: 'uniform', low: -50, high: 50 };

interface Geometry {
  readonly name: string;
  readonly sizes: Sizes;
  readonly attributes: LocallyConnectedAttributes;
  readonly tiers?: CaseRecipe['tiers'];
  readonly first?: Values;
  readonly second?: Values;
}

function geometry(
  name: string,
  [batch, inputChannels, height, width]: readonly [number, number, number, number],
  [outputChannels, kernelHeight, kernelWidth]: readonly [number, number, number],
  attributes: Partial<LocallyConnectedAttributes> = {},
  rest: Pick<Geometry, 'tiers' | 'first' | 'second'> = {},
): Geometry {
  return {
    name,
    sizes: { batch, inputChannels, height, width, outputChannels, kernelHeight, kernelWidth },
    attributes: { stride: [1, 1], padding: [0, 0, 0, 0], ...attributes },
    ...rest,
  };
}

const geometries: readonly Geometry[] = [
  geometry('plain', [2, 3, 5, 7], [4, 3, 2]),
  geometry('stride-rows', [2, 3, 7, 5], [4, 3, 2], { stride: [2, 1] }),
  geometry('stride-columns', [3, 2, 4, 9], [4, 2, 3], { stride: [1, 2] }),
  geometry('stride-skips-rows', [2, 3, 9, 12], [4, 2, 3], { stride: [3, 4] }),
  geometry('padding', [2, 3, 4, 5], [4, 4, 3], { padding: [1, 2, 3, 0] }),
  geometry('kernel-1x1', [2, 4, 3, 5], [6, 1, 1]),
  geometry('kernel-covers-image', [3, 2, 4, 5], [6, 4, 5]),
  geometry('batch-1-channels-1', [1, 1, 5, 7], [1, 3, 2]),
  geometry('everything', [2, 5, 7, 8], [4, 3, 2], { stride: [2, 3], padding: [2, 1, 0, 0] }),
  geometry('wide-integers', [2, 3, 6, 5], [4, 3, 2], {}, { tiers: ['exact'], first: wide, second: narrow }),
  geometry('wide-integers-swapped', [2, 4, 5, 7], [3, 2, 3], {}, { tiers: ['exact'], first: narrow, second: wide }),
];

function recipesFor<Own extends object>([first, second]: readonly [string, string], own: (sizes: Sizes) => Own) {
  return geometries.map(({ name, sizes, attributes, tiers, first: a, second: b }) => ({
    name,
    sizes,
    attributes: { ...attributes, ...own(sizes) },
    ...(tiers && { tiers }),
    ...(a && b && { values: { [first]: a, [second]: b } }),
  }));
}

const inputSizeOf = ({ height, width }: Sizes) => ({ inputSize: [height, width] as Pair });
const kernelSizeOf = ({ kernelHeight, kernelWidth }: Sizes) => ({ kernelSize: [kernelHeight, kernelWidth] as Pair });

function derivedSizes({ height, width, kernelHeight, kernelWidth }: Sizes, attributes: LocallyConnectedAttributes): Sizes {
  const [outputHeight, outputWidth] = windowPositions([height, width], [kernelHeight, kernelWidth], attributes);
  return { outputHeight, outputWidth };
}

const constraints: readonly Constraint<LocallyConnectedAttributes>[] = [
  {
    id: 'C1',
    text: 'stride is two positive integers',
    holds: (_, a) => a.stride.every((value) => Number.isInteger(value) && value >= 1),
  },
  {
    id: 'C2',
    text: 'padding is at least 0 and less than the kernel',
    holds: ({ kernelHeight, kernelWidth }, a) =>
      a.padding.every((value, side) => Number.isInteger(value) && value >= 0 && value < [kernelHeight, kernelWidth][side % 2]),
  },
  {
    id: 'C3',
    text: 'the kernel fits into the padded image',
    holds: ({ height, width, kernelHeight, kernelWidth }, a) => {
      const { padding } = a;
      return kernelHeight <= height + padding[0] + padding[2] && kernelWidth <= width + padding[1] + padding[3];
    },
  },
];
const statedSize = <Own extends LocallyConnectedAttributes>(
  text: string,
  holds: Constraint<Own>['holds'],
): readonly Constraint<Own>[] => [...constraints, { id: 'C4', text, holds }];

const attributeTexts = {
  stride: 'rows and columns from one patch to the next',
  padding: 'rows and columns of zeros: top, left, bottom, right',
};

const upTo = (max: number) => fc.integer({ min: 1, max });
const drawGeometry = fc
  .record({
    batch: upTo(2),
    inputChannels: upTo(3),
    outputChannels: upTo(3),
    kernel: fc.tuple(upTo(3), upTo(3)),
    stride: fc.tuple(upTo(3), upTo(3)),
    padding: fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.nat({ max: 2 })),
    beyond: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
  })
  .map(({ batch, inputChannels, outputChannels, kernel, stride, padding: wanted, beyond }) => {
    const padding = paddingWithin(wanted, kernel);
    const [height, width] = imageFor(kernel, padding, beyond);
    const sizes: Sizes = {
      batch,
      inputChannels,
      height,
      width,
      outputChannels,
      kernelHeight: kernel[0],
      kernelWidth: kernel[1],
    };
    const attributes: LocallyConnectedAttributes = { stride, padding };
    return { sizes, attributes };
  });
const drawWith = <Own extends object>(own: (sizes: Sizes) => Own) =>
  drawGeometry.map(({ sizes, attributes }) => ({ sizes, attributes: { ...attributes, ...own(sizes) } }));

const images = ['batch', 'inputChannels', 'height', 'width'];
const weightAxes = ['outputHeight', 'outputWidth', 'outputChannels', 'inputChannels', 'kernelHeight', 'kernelWidth'];
const featureMaps = ['batch', 'outputChannels', 'outputHeight', 'outputWidth'];
const biasAxes = featureMaps.slice(1);

const flops = ({ batch, outputChannels, outputHeight, outputWidth, inputChannels, kernelHeight, kernelWidth }: Sizes) =>
  2 * batch * outputChannels * outputHeight * outputWidth * inputChannels * kernelHeight * kernelWidth;
const benchmarkSizes: Sizes = {
  batch: 8,
  inputChannels: 4,
  height: 16,
  width: 16,
  outputChannels: 8,
  kernelHeight: 3,
  kernelWidth: 3,
};
const benchmarkAttributes: LocallyConnectedAttributes = { stride: [1, 1], padding: [0, 0, 0, 0] };

type Forward = InputsOf<'locallyConnected2d'>;
const forward = ({ x, weights, bias }: Forward, attributes: LocallyConnectedAttributes) => ({
  y: locallyConnected2d(x, weights, bias, attributes),
});
/** y with the bias of each position added. */
function withBias(y: Tensor, bias: Tensor | undefined): Tensor {
  return bias ? { ...y, data: y.data.map((value, i) => value + bias.data[i % bias.data.length]) } : y;
}

type InputGradientAttributes = AttributesOf<'locallyConnected2d.inputGradient'>;
const imageShape = (weights: Tensor, dy: Tensor, { inputSize }: InputGradientAttributes) => [
  dy.shape[0],
  weights.shape[3],
  ...inputSize,
];
const inputGradient = (weights: Tensor, dy: Tensor, attributes: InputGradientAttributes) =>
  locallyConnected2dInputGradient(imageShape(weights, dy, attributes), weights, dy, attributes);

type WeightGradientAttributes = AttributesOf<'locallyConnected2d.weightGradient'>;
const weightShape = (x: Tensor, dy: Tensor, { kernelSize }: WeightGradientAttributes) => [
  dy.shape[2],
  dy.shape[3],
  dy.shape[1],
  x.shape[1],
  ...kernelSize,
];
const weightGradient = (x: Tensor, dy: Tensor, attributes: WeightGradientAttributes) =>
  locallyConnected2dWeightGradient(x, weightShape(x, dy, attributes), dy, attributes);

/** The sum over all positions, written at each of them: the gradient of shared weights. */
function sharedOverPositions(dWeights: Tensor): Tensor {
  const [outputHeight, outputWidth, ...patch] = dWeights.shape;
  const size = patch.reduce((product, length) => product * length, 1);
  const sums = new Float64Array(size);
  dWeights.data.forEach((value, i) => {
    sums[i % size] += value;
  });
  return { ...dWeights, data: Float64Array.from({ length: outputHeight * outputWidth * size }, (_, i) => sums[i % size]) };
}

export const locallyConnectedOperations: readonly AnyOperation[] = [
  defineOperation<'locallyConnected2d'>({
    name: 'locallyConnected2d',
    title: 'Locally connected layer',
    topic,
    formula: 'y_{nors} = b_{ors} + \\sum_{i,p,q} w_{rsoipq}\\, x_{n,\\,i,\\; r s_v + p - t,\\; s s_h + q - l}',
    rows: ['C3', 'C6'],
    source,
    attributes: attributeTexts,
    inputs: () => ({
      x: { dimensions: images, values: small },
      weights: { dimensions: weightAxes, values: small },
      bias: { dimensions: biasAxes, values: { kind: 'uniform', low: -16, high: 16 }, optional: true },
    }),
    outputs: () => ({ y: { dimensions: featureMaps } }),
    derivedSizes,
    constraints,
    independent: ['batch', 'outputChannels'],
    reference: forward,
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula,
      derivation: `${sumOfProductsDerivation} Here n is the number of weights of one output, and one for the bias.`,
      limits: ({ inputs: { x, weights, bias }, attributes, expected, precision }) => ({
        y: sumOfProductsBound({
          expected: expected.y,
          scale: () => locallyConnected2d(absolute(x), absolute(weights), bias && absolute(bias), attributes),
          squares: () => locallyConnected2d(squared(x), squared(weights), bias && squared(bias), attributes),
          terms: weights.shape[3] * weights.shape[4] * weights.shape[5] + (bias ? 1 : 0),
          exactness: gridOfProducts([x, weights], bias),
          precision,
        }),
      }),
    },
    tiers: ['random', 'exact'],
    cases: [
      ...recipesFor(['x', 'weights'], () => ({})),
      { ...geometry('no-bias', [2, 3, 5, 6], [4, 3, 2]), without: ['bias'] },
    ],
    draw: drawGeometry,
    relations: [linearIn('x'), linearIn('weights')],
    variants: [],
    knownMistakes: [
      ...localGeometryMistakes.map(({ name, says, change }) => ({
        name,
        says: `the layer ${says}`,
        outputs: ({ x, weights, bias }: Forward, attributes: LocallyConnectedAttributes) => ({
          y: withBias(forwardWith(x, weights, attributes, change(attributes)), bias),
        }),
      })),
      {
        name: 'positions-read-transposed',
        says: 'the layer with the weights read as [outputWidth, outputHeight, …]: those of the transposed position',
        outputs: ({ weights, ...rest }, attributes) =>
          forward({ ...rest, weights: readAs(weights, [1, 0, 2, 3, 4, 5]) }, attributes),
      },
      {
        name: 'channels-read-first',
        says: 'the layer with the weights read as [outputChannels, outputHeight, outputWidth, …]',
        outputs: ({ weights, ...rest }, attributes) =>
          forward({ ...rest, weights: readAs(weights, [2, 0, 1, 3, 4, 5]) }, attributes),
      },
      {
        name: 'kernel-flipped',
        says: 'the layer with each kernel flipped in rows and columns',
        outputs: ({ weights, ...rest }, attributes) => forward({ ...rest, weights: mirrored(weights, [4, 5]) }, attributes),
      },
      {
        name: 'kernel-read-transposed',
        says: 'the layer with each kernel read column by column',
        outputs: ({ weights, ...rest }, attributes) =>
          forward({ ...rest, weights: readAs(weights, [0, 1, 2, 3, 5, 4]) }, attributes),
      },
      {
        name: 'bias-missing',
        says: 'the layer without its bias',
        outputs: ({ x, weights }, attributes) => forward({ x, weights }, attributes),
      },
      {
        name: 'bias-shared',
        says: "a convolution's bias: each channel's first one at every position",
        outputs: ({ x, weights, bias }, attributes) => {
          const positions = weights.shape[0] * weights.shape[1];
          const shared = bias && { ...bias, data: bias.data.map((_, i) => bias.data[i - (i % positions)]) };
          return forward({ x, weights, bias: shared }, attributes);
        },
      },
      {
        name: 'last-input-channel-missing',
        says: 'the layer without the last input channel',
        outputs: ({ weights, ...rest }, attributes) => forward({ ...rest, weights: withoutLast(weights, 3) }, attributes),
      },
      {
        name: 'last-row-missing',
        says: 'the layer with zeros in the last row of each feature map',
        outputs: (inputs, attributes) => ({ y: withoutLast(forward(inputs, attributes).y, 2) }),
      },
      {
        name: 'tf32-inside',
        says: 'the layer with x and weights rounded to the 11 significant bits of TF32',
        outputs: ({ x, weights, bias }, attributes) =>
          forward({ x: rounded(x, tf32), weights: rounded(weights, tf32), bias }, attributes),
      },
    ],
    benchmark: { name: 'benchmark', sizes: benchmarkSizes, attributes: benchmarkAttributes },
    flops,
  }),

  defineOperation<'locallyConnected2d.inputGradient'>({
    name: 'locallyConnected2d.inputGradient',
    title: 'Locally connected layer, gradient of the input',
    topic,
    formula:
      '\\frac{\\partial L}{\\partial x_{niuv}} = \\sum_{o,p,q} w_{rsoipq} \\frac{\\partial L}{\\partial y_{nors}}, \\quad u = r s_v + p - t,\\; v = s s_h + q - l',
    rows: ['C3'],
    source,
    attributes: { ...attributeTexts, inputSize: "the image's height and width" },
    inputs: () => ({ weights: { dimensions: weightAxes, values: small }, dy: { dimensions: featureMaps, values: small } }),
    outputs: () => ({ dx: { dimensions: images } }),
    derivedSizes,
    constraints: statedSize(
      'inputSize is [height, width]',
      ({ height, width }, a) => a.inputSize[0] === height && a.inputSize[1] === width,
    ),
    independent: ['batch', 'inputChannels'],
    reference: ({ weights, dy }, attributes) => ({ dx: inputGradient(weights, dy, attributes) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula,
      derivation: `${sumOfProductsDerivation} Here n is the number of output channels times the kernel positions that the stride lets meet one element of the image.`,
      limits: ({ inputs: { weights, dy }, attributes, expected, precision }) => ({
        dx: sumOfProductsBound({
          expected: expected.dx,
          scale: () => inputGradient(absolute(weights), absolute(dy), attributes),
          squares: () => inputGradient(squared(weights), squared(dy), attributes),
          terms:
            weights.shape[2] *
            Math.ceil(weights.shape[4] / attributes.stride[0]) *
            Math.ceil(weights.shape[5] / attributes.stride[1]),
          exactness: gridOfProducts([weights, dy]),
          precision,
        }),
      }),
    },
    tiers: ['random', 'exact'],
    cases: recipesFor(['dy', 'weights'], inputSizeOf),
    draw: drawWith(inputSizeOf),
    relations: [
      linearIn('weights'),
      linearIn('dy'),
      adjointOf({ map: 'locallyConnected2d', input: 'x', inputs: ['weights'], attributes: withInputSize, gradient: 'dx' }, [
        'C5',
      ]),
    ],
    variants: [],
    knownMistakes: [
      ...localGeometryMistakes.map(({ name, says, change }) => ({
        name,
        says: `the gradient ${says}`,
        outputs: ({ weights, dy }: { weights: Tensor; dy: Tensor }, attributes: InputGradientAttributes) => ({
          dx: inputGradientWith(imageShape(weights, dy, attributes), weights, dy, attributes, change(attributes)),
        }),
      })),
      {
        name: 'positions-read-transposed',
        says: 'the gradient with the weights read as [outputWidth, outputHeight, …]: those of the transposed position',
        outputs: ({ weights, dy }, attributes) => ({
          dx: inputGradient(readAs(weights, [1, 0, 2, 3, 4, 5]), dy, attributes),
        }),
      },
      {
        name: 'kernel-not-flipped',
        says: "dy correlated with each position's kernel as it stands",
        outputs: ({ weights, dy }, attributes) => ({ dx: inputGradient(mirrored(weights, [4, 5]), dy, attributes) }),
      },
      {
        name: 'overwritten',
        says: 'the last term of each sum alone: patches that overlap overwrite each other',
        outputs: ({ weights, dy }, attributes) => ({
          dx: inputGradientWith(imageShape(weights, dy, attributes), weights, dy, attributes, () => ({}), true),
        }),
      },
      {
        name: 'last-output-channel-missing',
        says: 'the gradient without the last output channel',
        outputs: ({ weights, dy }, attributes) => ({ dx: inputGradient(weights, withoutLast(dy, 1), attributes) }),
      },
      {
        name: 'dy-taken-for-ones',
        says: 'the sums of the weights: dy taken for ones',
        outputs: ({ weights, dy }, attributes) => ({
          dx: inputGradient(
            weights,
            map(dy, () => 1),
            attributes,
          ),
        }),
      },
      {
        name: 'mean-over-the-batch',
        says: 'the gradient divided by the batch size',
        outputs: ({ weights, dy }, attributes) => ({
          dx: scaled(inputGradient(weights, dy, attributes), 1 / dy.shape[0]),
        }),
      },
      {
        name: 'tf32-inside',
        says: 'the gradient with the inputs rounded to the 11 significant bits of TF32',
        outputs: ({ weights, dy }, attributes) => ({
          dx: inputGradient(rounded(weights, tf32), rounded(dy, tf32), attributes),
        }),
      },
    ],
  }),

  defineOperation<'locallyConnected2d.weightGradient'>({
    name: 'locallyConnected2d.weightGradient',
    title: 'Locally connected layer, gradient of the weights',
    topic,
    formula:
      '\\frac{\\partial L}{\\partial w_{rsoipq}} = \\sum_n \\frac{\\partial L}{\\partial y_{nors}}\\, x_{n,\\,i,\\; r s_v + p - t,\\; s s_h + q - l}',
    rows: ['C3'],
    source,
    attributes: { ...attributeTexts, kernelSize: "the kernel's height and width" },
    inputs: () => ({ x: { dimensions: images, values: small }, dy: { dimensions: featureMaps, values: small } }),
    outputs: () => ({ dWeights: { dimensions: weightAxes } }),
    derivedSizes,
    constraints: statedSize(
      'kernelSize is [kernelHeight, kernelWidth]',
      ({ kernelHeight, kernelWidth }, a) => a.kernelSize[0] === kernelHeight && a.kernelSize[1] === kernelWidth,
    ),
    independent: ['inputChannels', 'outputChannels'],
    reference: ({ x, dy }, attributes) => ({ dWeights: weightGradient(x, dy, attributes) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula,
      derivation: `${sumOfProductsDerivation} Here n is the batch: nothing is shared, so nothing else is summed over.`,
      limits: ({ inputs: { x, dy }, attributes, expected, precision }) => ({
        dWeights: sumOfProductsBound({
          expected: expected.dWeights,
          scale: () => weightGradient(absolute(x), absolute(dy), attributes),
          squares: () => weightGradient(squared(x), squared(dy), attributes),
          terms: dy.shape[0],
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
      adjointOf(
        {
          map: 'locallyConnected2d',
          input: 'weights',
          inputs: ['x'],
          attributes: ({ attributes, tensors }) => ({ ...attributes, kernelSize: tensors.weights.shape.slice(4) }),
          gradient: 'dWeights',
        },
        ['C5'],
      ),
    ],
    variants: [],
    knownMistakes: [
      ...localGeometryMistakes
        .filter(({ name }) => !name.startsWith('weights-shared'))
        .map(({ name, says, change }) => ({
          name,
          says: `the gradient ${says}`,
          outputs: ({ x, dy }: { x: Tensor; dy: Tensor }, attributes: WeightGradientAttributes) => ({
            dWeights: weightGradientWith(x, weightShape(x, dy, attributes), dy, attributes, change(attributes)),
          }),
        })),
      {
        name: 'summed-over-positions',
        says: "a convolution's gradient at every position: summed over positions as if the weights were shared",
        outputs: ({ x, dy }, attributes) => ({ dWeights: sharedOverPositions(weightGradient(x, dy, attributes)) }),
      },
      {
        name: 'input-does-not-move',
        says: 'the gradient with the first patch at every position',
        outputs: ({ x, dy }, attributes) => ({
          dWeights: weightGradientWith(x, weightShape(x, dy, attributes), dy, attributes, ({ kernelRow, kernelColumn }) => ({
            row: kernelRow - attributes.padding[0],
            column: kernelColumn - attributes.padding[1],
          })),
        }),
      },
      {
        name: 'positions-written-transposed',
        says: 'the gradient written as [outputWidth, outputHeight, …]',
        outputs: ({ x, dy }, attributes) => ({
          dWeights: readAs(weightGradient(x, dy, attributes), [1, 0, 2, 3, 4, 5]),
        }),
      },
      {
        name: 'kernel-flipped',
        says: 'the gradient with each kernel flipped in rows and columns',
        outputs: ({ x, dy }, attributes) => ({ dWeights: mirrored(weightGradient(x, dy, attributes), [4, 5]) }),
      },
      {
        name: 'overwritten',
        says: "the last sample's gradient alone: not summed over the batch",
        outputs: ({ x, dy }, attributes) => ({ dWeights: weightGradient(x, onlyLast(dy, 0), attributes) }),
      },
      {
        name: 'mean-over-the-batch',
        says: 'the mean over the batch for the sum',
        outputs: ({ x, dy }, attributes) => ({ dWeights: scaled(weightGradient(x, dy, attributes), 1 / dy.shape[0]) }),
      },
      {
        name: 'tf32-inside',
        says: 'the gradient with the inputs rounded to the 11 significant bits of TF32',
        outputs: ({ x, dy }, attributes) => ({
          dWeights: weightGradient(rounded(x, tf32), rounded(dy, tf32), attributes),
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

  defineOperation<'locallyConnected2d.biasGradient'>({
    name: 'locallyConnected2d.biasGradient',
    title: 'Locally connected layer, gradient of the bias',
    topic,
    formula: '\\frac{\\partial L}{\\partial b_{ors}} = \\sum_n \\frac{\\partial L}{\\partial y_{nors}}',
    rows: ['C3'],
    source,
    onnx: 'ReduceSum',
    attributes: {},
    inputs: () => ({ dy: { dimensions: featureMaps, values: wide } }),
    outputs: () => ({ dBias: { dimensions: biasAxes } }),
    constraints: [],
    independent: ['outputChannels', 'outputHeight', 'outputWidth'],
    reference: ({ dy }) => ({ dBias: locallyConnected2dBiasGradient(dy) }),
    bound: {
      errorClass: 'sum of products',
      formula: sumOfProductsFormula.replaceAll('|a||b|', '|\\partial L / \\partial y|').replace('\\gamma_n ', '\\gamma_{n-1} '),
      derivation: `${sumOfProductsDerivation} Here n is the batch; there is no product, so that n − 1 additions remain.`,
      limits: ({ inputs: { dy }, expected, precision }) => ({
        dBias: sumOfProductsBound({
          expected: expected.dBias,
          scale: () => locallyConnected2dBiasGradient(absolute(dy)),
          terms: dy.shape[0],
          roundings: dy.shape[0] - 1,
          exactness: gridOfProducts([dy]),
          precision,
        }),
      }),
    },
    tiers: ['random', 'exact'],
    cases: [
      { name: 'plain', sizes: { batch: 3, outputChannels: 2, outputHeight: 4, outputWidth: 5 }, attributes: {} },
      { name: 'batch-1', sizes: { batch: 1, outputChannels: 4, outputHeight: 3, outputWidth: 2 }, attributes: {} },
      { name: 'one-position', sizes: { batch: 5, outputChannels: 3, outputHeight: 1, outputWidth: 1 }, attributes: {} },
      { name: 'long-sums', sizes: { batch: 70, outputChannels: 2, outputHeight: 3, outputWidth: 4 }, attributes: {} },
    ],
    draw: fc
      .record({ batch: upTo(4), outputChannels: upTo(3), outputHeight: upTo(3), outputWidth: upTo(3) })
      .map((sizes) => ({ sizes, attributes: {} })),
    relations: [
      linearIn('dy'),
      adjointOf(
        { map: 'locallyConnected2d', input: 'bias', inputs: [], attributes: () => ({}), without: 'weights', gradient: 'dBias' },
        ['C5'],
      ),
    ],
    variants: [],
    knownMistakes: [
      {
        name: 'summed-over-positions',
        says: "a convolution's gradient at every position: summed over positions as if the bias were shared",
        outputs: ({ dy }) => {
          const dBias = locallyConnected2dBiasGradient(dy);
          const positions = dy.shape[2] * dy.shape[3];
          const sums = Float64Array.from({ length: dy.shape[1] }, (_, o) =>
            Array.from(dBias.data.subarray(o * positions, (o + 1) * positions)).reduce((a, b) => a + b, 0),
          );
          return { dBias: { ...dBias, data: dBias.data.map((_, i) => sums[Math.floor(i / positions)]) } };
        },
      },
      {
        name: 'overwritten',
        says: 'the last sample alone: not summed over the batch',
        outputs: ({ dy }) => ({ dBias: locallyConnected2dBiasGradient(onlyLast(dy, 0)) }),
      },
      {
        name: 'mean-over-the-batch',
        says: 'the mean over the batch for the sum',
        outputs: ({ dy }) => ({ dBias: scaled(locallyConnected2dBiasGradient(dy), 1 / dy.shape[0]) }),
      },
      {
        name: 'read-as-nhwc',
        says: 'the sum with dy read as [batch, height, width, channels]',
        outputs: ({ dy }) => ({ dBias: locallyConnected2dBiasGradient(readAs(dy, [0, 2, 3, 1])) }),
      },
      {
        name: 'written-transposed',
        says: 'the sum with rows and columns exchanged',
        outputs: ({ dy }) => ({ dBias: readAs(locallyConnected2dBiasGradient(dy), [0, 2, 1]) }),
      },
      {
        name: 'tf32-inside',
        says: 'the sum with dy rounded to the 11 significant bits of TF32',
        outputs: ({ dy }) => ({ dBias: locallyConnected2dBiasGradient(rounded(dy, tf32)) }),
      },
    ],
  }),
];
