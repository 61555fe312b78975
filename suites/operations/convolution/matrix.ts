/** A convolution as a sparse matrix with repeated entries (Row C5). */
import type { AttributesOf, ConvolutionAttributes, InputsOf } from '../../../backends/signatures.ts';
import { convolutionMatrix } from '../../../reference/convolution.ts';
import { reshape, type Tensor, tensor, zeros } from '../../../reference/tensor.ts';
import type { AnyOperation, Sizes, Values } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { mirrored, readAs, rounded, withoutLast } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { linearIn } from '../shared/linearity.ts';
import { attributeTexts, convolutionConstraints, derivedSizes, drawWith, inputSizeOf } from './entries.ts';
import { forwardWith, geometryMistakes } from './mistakes.ts';

type Attributes = AttributesOf<'conv2d.matrix'>;
type Inputs = InputsOf<'conv2d.matrix'>;

const weights: Values = { kind: 'uniform', low: -4000, high: 4000 };

function recipe(
  name: string,
  [inputChannels, height, width]: readonly [number, number, number],
  [outputChannels, kernelHeight, kernelWidth]: readonly [number, number, number],
  attributes: Partial<ConvolutionAttributes> = {},
) {
  const sizes: Sizes = { inputChannels, height, width, outputChannels, kernelHeight, kernelWidth };
  const plain: ConvolutionAttributes = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };
  return { name, sizes, attributes: { ...plain, ...attributes, ...inputSizeOf(sizes) } };
}

const imageShape = ({ weights: { shape } }: Inputs, { groups, inputSize: [height, width] }: Attributes) =>
  [shape[1] * groups, height, width] as const;
const matrixOf = (inputs: Inputs, attributes: Attributes) =>
  convolutionMatrix(imageShape(inputs, attributes), inputs.weights, attributes);

/** The matrix from its columns: what the convolution, changed, makes of each image that has one 1 and otherwise 0. */
function columnsWith(inputs: Inputs, attributes: Attributes, change: Parameters<typeof forwardWith>[4]): Tensor {
  const shape = imageShape(inputs, attributes);
  const count = shape[0] * shape[1] * shape[2];
  const units = zeros([count, ...shape]);
  for (let j = 0; j < count; j++) units.data[j * count + j] = 1;
  const right = matrixOf(inputs, attributes).shape[0] / inputs.weights.shape[0];
  const { outputHeight } = derivedSizes(sizesOf(inputs, attributes), attributes);
  const y = forwardWith(units, inputs.weights, attributes, [outputHeight, right / outputHeight], change);
  return transposed(reshape(y, [count, y.data.length / count]));
}
function sizesOf({ weights: { shape } }: Inputs, { groups, inputSize: [height, width] }: Attributes): Sizes {
  return { inputChannels: shape[1] * groups, height, width, kernelHeight: shape[2], kernelWidth: shape[3] };
}

function transposed(matrix: Tensor): Tensor {
  const [rows, columns] = matrix.shape;
  return tensor(
    [columns, rows],
    Array.from({ length: rows * columns }, (_, i) => matrix.data[(i % rows) * columns + Math.floor(i / rows)]),
  );
}

/** Position of element i of [channels, positions] when the channels come last. */
const channelsLast = (i: number, channels: number, positions: number) => (i % channels) * positions + Math.floor(i / channels);

export const convolutionMatrixOperations: readonly AnyOperation[] = [
  defineOperation<'conv2d.matrix'>({
    name: 'conv2d.matrix',
    title: '2-D convolution as a matrix',
    topic: 'Convolution',
    formula:
      '\\mathrm{vec}(y) = M\\, \\mathrm{vec}(x), \\quad M_{(o, r, s),\\, (i, u, v)} = w_{oipq} \\text{ where } u = r s_v + p d_v - t,\\; v = s s_h + q d_h - l, \\text{ else } 0',
    rows: ['C5'],
    source: 'reference/convolution.ts',
    attributes: { ...attributeTexts, inputSize: "the image's height and width" },
    inputs: () => ({
      weights: {
        dimensions: ['outputChannels', 'inputChannelsPerGroup', 'kernelHeight', 'kernelWidth'],
        values: weights,
      },
    }),
    outputs: () => ({
      matrix: { dimensions: ['rows', 'columns'], description: 'one row for each output, one column for each pixel' },
    }),
    derivedSizes: (sizes, attributes) => {
      const derived = derivedSizes(sizes, attributes);
      return {
        ...derived,
        rows: sizes.outputChannels * derived.outputHeight * derived.outputWidth,
        columns: sizes.inputChannels * sizes.height * sizes.width,
      };
    },
    constraints: [
      ...convolutionConstraints,
      {
        id: 'C6',
        text: 'inputSize is [height, width]',
        holds: ({ height, width }, { inputSize }) => inputSize[0] === height && inputSize[1] === width,
      },
    ],
    reference: (inputs, attributes) => ({ matrix: matrixOf(inputs, attributes) }),
    bound: {
      errorClass: 'exact',
      formula: '0',
      derivation:
        'Every element is one weight or 0: nothing is computed. As the convolution of an image with one 1, each sum has one term that is not 0.',
      limits: ({ expected: { matrix } }) => ({ matrix: { limit: new Float64Array(matrix.data.length) } }),
    },
    tiers: ['random', 'exact'],
    cases: [
      recipe('plain', [2, 4, 5], [3, 2, 3]),
      recipe('padding', [2, 3, 5], [3, 4, 3], { padding: [0, 2, 3, 1] }),
      recipe('stride', [2, 6, 7], [3, 3, 2], { stride: [2, 3] }),
      recipe('dilation', [1, 6, 7], [2, 2, 3], { dilation: [3, 2] }),
      recipe('groups', [4, 3, 5], [6, 2, 2], { groups: 2 }),
      recipe('everything', [4, 7, 6], [2, 3, 2], { stride: [2, 1], padding: [2, 1, 0, 1], dilation: [1, 2], groups: 2 }),
      recipe('kernel-1x1', [3, 2, 4], [5, 1, 1]),
      recipe('kernel-covers-image', [2, 3, 4], [5, 3, 4]),
    ],
    draw: drawWith(inputSizeOf),
    relations: [linearIn('weights')],
    variants: [],
    knownMistakes: [
      ...geometryMistakes.map(({ name, says, change }) => ({
        name,
        says: `the matrix of the convolution ${says}`,
        outputs: (inputs: Inputs, attributes: Attributes) => ({
          matrix: columnsWith(inputs, attributes, change(attributes)),
        }),
      })),
      {
        name: 'transposed',
        says: "the matrix of the gradient: the transpose's elements in the matrix's shape",
        outputs: (inputs, attributes) => ({ matrix: readAs(matrixOf(inputs, attributes), [1, 0]) }),
      },
      {
        name: 'kernel-flipped',
        says: "the matrix of the signal processor's convolution, each kernel flipped",
        outputs: (inputs, attributes) => ({ matrix: matrixOf({ weights: mirrored(inputs.weights, [2, 3]) }, attributes) }),
      },
      {
        name: 'rows-do-not-move',
        says: "each channel's first row for all of its positions: the window does not move",
        outputs: (inputs, attributes) => {
          const matrix = matrixOf(inputs, attributes);
          const [rows, columns] = matrix.shape;
          const positions = rows / inputs.weights.shape[0];
          const data = matrix.data.map((_, i) => {
            const row = Math.floor(i / columns);
            return matrix.data[(row - (row % positions)) * columns + (i % columns)];
          });
          return { matrix: { ...matrix, data } };
        },
      },
      {
        name: 'pixels-as-nhwc',
        says: 'the matrix for images whose channels come last: columns in the order rows, columns, channels',
        outputs: (inputs, attributes) => {
          const matrix = matrixOf(inputs, attributes);
          const [channels, height, width] = imageShape(inputs, attributes);
          const columns = matrix.shape[1];
          const data = matrix.data.map(
            (_, i) => matrix.data[i - (i % columns) + channelsLast(i % columns, channels, height * width)],
          );
          return { matrix: { ...matrix, data } };
        },
      },
      {
        name: 'outputs-as-nhwc',
        says: 'the matrix with its rows in the order rows, columns, channels',
        outputs: (inputs, attributes) => {
          const matrix = matrixOf(inputs, attributes);
          const [rows, columns] = matrix.shape;
          const channels = inputs.weights.shape[0];
          const data = matrix.data.map((_, i) => {
            const row = channelsLast(Math.floor(i / columns), channels, rows / channels);
            return matrix.data[row * columns + (i % columns)];
          });
          return { matrix: { ...matrix, data } };
        },
      },
      {
        name: 'last-kernel-column-missing',
        says: 'the matrix without the last column of each kernel',
        outputs: (inputs, attributes) => ({ matrix: matrixOf({ weights: withoutLast(inputs.weights, 3) }, attributes) }),
      },
      {
        name: 'tf32-inside',
        says: 'the matrix with weights rounded to the 11 significant bits of TF32',
        outputs: (inputs, attributes) => ({
          matrix: matrixOf({ weights: rounded(inputs.weights, precisions.tf32) }, attributes),
        }),
      },
    ],
  }),
];
