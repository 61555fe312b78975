/** Convolutions and locally connected layers as sums of products, every term found by matching indices. */
import type { ConvolutionAttributes, NamedTensors } from '../../../backends/signatures.ts';
import { sizeOf, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';

/** Positions in y, x and the weights of the three factors that belong to each other. */
type Triple = readonly [y: number, x: number, weight: number];

interface Geometry {
  readonly x: readonly number[];
  readonly weights: readonly number[];
  readonly y: readonly number[];
  readonly shared: boolean;
}

const at = (shape: readonly number[], ...index: number[]) => index.reduce((place, i, axis) => place * shape[axis] + i, 0);

function triples({ x, weights, y, shared }: Geometry, attributes: ConvolutionAttributes): Triple[] {
  const { stride, padding, dilation = [1, 1], groups = 1 } = attributes;
  const [batch, channels, height, width] = x;
  const [, maps, rows, columns] = y;
  const [kernelHeight, kernelWidth] = weights.slice(-2);
  const perGroup = channels / groups;
  const found: Triple[] = [];
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < maps; o++)
      for (let r = 0; r < rows; r++)
        for (let s = 0; s < columns; s++)
          for (let i = 0; i < perGroup; i++)
            for (let p = 0; p < kernelHeight; p++)
              for (let q = 0; q < kernelWidth; q++) {
                const [u, v] = [r * stride[0] + p * dilation[0] - padding[0], s * stride[1] + q * dilation[1] - padding[1]];
                if (u < 0 || u >= height || v < 0 || v >= width) continue;
                const channel = Math.floor(o / (maps / groups)) * perGroup + i;
                const weight = shared ? at(weights, o, i, p, q) : at(weights, r, s, o, i, p, q);
                found.push([at(y, n, o, r, s), at(x, n, channel, u, v), weight]);
              }
  return found;
}

/** Σ over the triples of the two factors that are given, for each element of the third. */
function gathered(
  shape: readonly number[],
  found: readonly Triple[],
  factors: readonly [Tensor, Tensor],
  places: readonly [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2],
  m: Arithmetic,
  bias?: (position: number) => number,
): Tensor {
  const [wanted, first, second] = places;
  const terms = Array.from({ length: sizeOf(shape) }, (): [number[], number[]] => [[], []]);
  for (const triple of found) {
    terms[triple[wanted]][0].push(factors[0].data[triple[first]]);
    terms[triple[wanted]][1].push(factors[1].data[triple[second]]);
  }
  return tensor(
    shape,
    terms.map(([a, b], i) => m.dot(a, b, bias?.(i))),
  );
}

const outputSize = (size: number, kernel: number, stride: number, before: number, after: number, dilation: number) =>
  Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;

const options = (attributes: Readonly<Record<string, unknown>>) => attributes as unknown as ConvolutionAttributes;

export function convolved({ x, weights, bias }: NamedTensors, attributes: ConvolutionAttributes, m: Arithmetic): Tensor {
  const { stride, padding, dilation } = attributes;
  const y = [
    x.shape[0],
    weights.shape[0],
    outputSize(x.shape[2], weights.shape[2], stride[0], padding[0], padding[2], dilation[0]),
    outputSize(x.shape[3], weights.shape[3], stride[1], padding[1], padding[3], dilation[1]),
  ];
  const found = triples({ x: x.shape, weights: weights.shape, y, shared: true }, attributes);
  const area = y[2] * y[3];
  const added = bias ? (i: number) => bias.data[Math.floor(i / area) % y[1]] : undefined;
  return gathered(y, found, [x, weights], [0, 1, 2], m, added);
}

export function kernelGradient(
  { x, dy }: NamedTensors,
  attributes: ConvolutionAttributes,
  kernel: readonly number[],
  m: Arithmetic,
): Tensor {
  const weights = [dy.shape[1], x.shape[1] / attributes.groups, ...kernel];
  return gathered(weights, triples({ x: x.shape, weights, y: dy.shape, shared: true }, attributes), [dy, x], [2, 0, 1], m);
}

/** The sum of dy over batch and positions, for each channel. */
export function channelSums(dy: Tensor, m: Arithmetic): Tensor {
  const [, channels, height, width] = dy.shape;
  const terms = Array.from({ length: channels }, (): number[] => []);
  dy.data.forEach((value, i) => {
    terms[Math.floor(i / (height * width)) % channels].push(value);
  });
  return tensor([channels], terms.map(m.sum));
}

const matrixByCopies: Form = ({ inputs: { weights }, attributes }) => {
  const { x, y } = matrixGeometry(weights, attributes);
  const matrix = tensor([sizeOf(y), sizeOf(x)], new Float64Array(sizeOf(y) * sizeOf(x)));
  for (const [row, column, weight] of triples({ x, weights: weights.shape, y, shared: true }, options(attributes)))
    matrix.data[row * sizeOf(x) + column] = weights.data[weight];
  return { matrix };
};
/** Its columns are the convolutions of the images that have one 1. */
const matrixByUnitImages: Form = ({ inputs: { weights }, attributes }, m) => {
  const { x } = matrixGeometry(weights, attributes);
  const count = sizeOf(x);
  const images = tensor([count, ...x.slice(1)], new Float64Array(count * count));
  for (let i = 0; i < count; i++) images.data[i * count + i] = 1;
  const y = convolved({ x: images, weights }, options(attributes), m);
  const rows = y.data.length / count;
  return {
    matrix: tensor(
      [rows, count],
      Array.from({ length: rows * count }, (_, i) => y.data[(i % count) * rows + Math.floor(i / count)]),
    ),
  };
};
function matrixGeometry(weights: Tensor, attributes: Readonly<Record<string, unknown>>) {
  const { stride, padding, dilation, groups } = options(attributes);
  const [height, width] = attributes.inputSize as number[];
  const [maps, perGroup, kernelHeight, kernelWidth] = weights.shape;
  return {
    x: [1, perGroup * groups, height, width],
    y: [
      1,
      maps,
      outputSize(height, kernelHeight, stride[0], padding[0], padding[2], dilation[0]),
      outputSize(width, kernelWidth, stride[1], padding[1], padding[3], dilation[1]),
    ],
  };
}

export const convolutionForms: Forms = {
  conv2d: { 'Σwx + b': ({ inputs, attributes }, m) => ({ y: convolved(inputs, options(attributes), m) }) },
  'conv2d.inputGradient': {
    Σw·dy: ({ inputs: { weights, dy }, attributes }, m) => {
      const x = [dy.shape[0], weights.shape[1] * options(attributes).groups, ...(attributes.inputSize as number[])];
      const found = triples({ x, weights: weights.shape, y: dy.shape, shared: true }, options(attributes));
      return { dx: gathered(x, found, [dy, weights], [1, 0, 2], m) };
    },
  },
  'conv2d.weightGradient': {
    Σx·dy: ({ inputs, attributes }, m) => ({
      dWeights: kernelGradient(inputs, options(attributes), attributes.kernelSize as number[], m),
    }),
  },
  'conv2d.biasGradient': { Σdy: ({ inputs: { dy } }, m) => ({ dBias: channelSums(dy, m) }) },
  'conv2d.matrix': { 'copies of the weights': matrixByCopies, 'convolutions of unit images': matrixByUnitImages },
  locallyConnected2d: {
    'Σwx + b': ({ inputs: { x, weights, bias }, attributes }, m) => {
      const y = [x.shape[0], weights.shape[2], weights.shape[0], weights.shape[1]];
      const found = triples({ x: x.shape, weights: weights.shape, y, shared: false }, options(attributes));
      const added = bias ? (i: number) => bias.data[i % bias.data.length] : undefined;
      return { y: gathered(y, found, [x, weights], [0, 1, 2], m, added) };
    },
  },
  'locallyConnected2d.inputGradient': {
    Σw·dy: ({ inputs: { weights, dy }, attributes }, m) => {
      const x = [dy.shape[0], weights.shape[3], ...(attributes.inputSize as number[])];
      const found = triples({ x, weights: weights.shape, y: dy.shape, shared: false }, options(attributes));
      return { dx: gathered(x, found, [dy, weights], [1, 0, 2], m) };
    },
  },
  'locallyConnected2d.weightGradient': {
    Σx·dy: ({ inputs: { x, dy }, attributes }, m) => {
      const weights = [dy.shape[2], dy.shape[3], dy.shape[1], x.shape[1], ...(attributes.kernelSize as number[])];
      const found = triples({ x: x.shape, weights, y: dy.shape, shared: false }, options(attributes));
      return { dWeights: gathered(weights, found, [dy, x], [2, 0, 1], m) };
    },
  },
  'locallyConnected2d.biasGradient': {
    Σdy: ({ inputs: { dy } }, m) => {
      const [batch, ...rest] = dy.shape;
      const size = sizeOf(rest);
      const terms = Array.from({ length: size }, (_, i) =>
        Array.from({ length: batch }, (_unused, n) => dy.data[n * size + i]),
      );
      return { dBias: tensor(rest, terms.map(m.sum)) };
    },
  },
};
