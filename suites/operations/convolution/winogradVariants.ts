/**
 * Convolutions by Winograd's minimal filtering, F(2×2, 3×3) and F(4×4, 3×3), every operation rounded to float32: right where a backend declares it, and
 * where it does not, refused for what it loses beside large values. The transforms are written out as libraries have them.
 */
import { type FastAlgorithm, fastAlgorithms } from '../../../backends/contract.ts';
import type { ConvolutionAttributes } from '../../../backends/signatures.ts';
import { type Tensor, zeros } from '../../../reference/tensor.ts';
import type { Case, HonestVariant, OutputsOf, Sizes } from '../../judging/operation.ts';
import { algorithmNames } from '../../judging/precision.ts';

const { fround } = Math;
const add = (a: number, b: number) => fround(a + b);
const subtract = (a: number, b: number) => fround(a - b);
const multiply = (a: number, b: number) => fround(a * b);

type Vector = readonly number[];
type Transform = (v: Vector) => number[];

/** The three transforms in one dimension: α = tile + 2 elements of the image, 3 of the kernel, α sums of products. */
interface Filtering {
  readonly tile: number;
  readonly ofImage: Transform;
  readonly ofKernel: Transform;
  readonly toOutput: Transform;
}

const tilesOf2: Filtering = {
  tile: 2,
  ofImage: ([a, b, c, d]) => [subtract(a, c), add(b, c), subtract(c, b), subtract(b, d)],
  ofKernel: ([a, b, c]) => {
    const outer = add(a, c);
    return [a, multiply(0.5, add(outer, b)), multiply(0.5, subtract(outer, b)), c];
  },
  toOutput: ([a, b, c, d]) => [add(add(a, b), c), subtract(subtract(b, c), d)],
};

const [sixth, twelfth, twentyFourth] = [1 / 6, 1 / 12, 1 / 24].map(fround);
const tilesOf4: Filtering = {
  tile: 4,
  ofImage: ([a, b, c, d, e, f]) => {
    const [even, odd] = [subtract(e, 4 * c), subtract(d, 4 * b)];
    const [difference, twice] = [subtract(e, c), 2 * subtract(d, b)];
    return [
      add(subtract(4 * a, multiply(5, c)), e),
      add(even, odd),
      subtract(even, odd),
      add(difference, twice),
      subtract(difference, twice),
      add(subtract(4 * b, multiply(5, d)), f),
    ];
  },
  ofKernel: ([a, b, c]) => {
    const outer = multiply(-sixth, add(a, c));
    const weighed = add(multiply(twentyFourth, a), multiply(sixth, c));
    const [inner, half] = [multiply(sixth, b), multiply(twelfth, b)];
    return [a / 4, subtract(outer, inner), add(outer, inner), add(weighed, half), subtract(weighed, half), c];
  },
  toOutput: ([a, b, c, d, e, f]) => {
    const [sum, difference, farSum, farDifference] = [add(b, c), subtract(b, c), add(d, e), subtract(d, e)];
    return [
      add(add(a, sum), farSum),
      add(difference, 2 * farDifference),
      add(sum, 4 * farSum),
      add(add(difference, 8 * farDifference), f),
    ];
  },
};

/** One transform along the rows and then along the columns. */
function alongBoth(transform: Transform, rows: readonly Vector[]): number[][] {
  const half = rows.map(transform);
  const columns = half[0].map((_, at) => transform(half.map((row) => row[at])));
  return columns[0].map((_, at) => columns.map((column) => column[at]));
}

interface Geometry {
  readonly padding: readonly number[];
  readonly groups: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
}

/** A convolution of stride and dilation 1; tiles begin at the first output. */
function convolve(
  x: Tensor,
  weights: Tensor,
  bias: Tensor | undefined,
  { padding, groups, outputHeight, outputWidth }: Geometry,
  { tile, ofImage, ofKernel, toOutput }: Filtering,
): Tensor {
  const places = Array.from({ length: tile + 2 }, (_, at) => at);
  const [batch, inputChannels, height, width] = x.shape;
  const [outputChannels, channels] = weights.shape;
  const y = zeros([batch, outputChannels, outputHeight, outputWidth]);
  const pixel = (n: number, c: number, row: number, column: number) => {
    if (row < 0 || row >= height || column < 0 || column >= width) return 0;
    return x.data[((n * inputChannels + c) * height + row) * width + column];
  };
  const kernels = Array.from({ length: outputChannels * channels }, (_, at) => {
    const w = weights.data.subarray(at * 9, at * 9 + 9);
    return alongBoth(
      ofKernel,
      [0, 3, 6].map((row) => [w[row], w[row + 1], w[row + 2]]),
    );
  });
  for (let n = 0; n < batch; n++)
    for (let top = 0; top < outputHeight; top += tile)
      for (let left = 0; left < outputWidth; left += tile) {
        const images = Array.from({ length: inputChannels }, (_, c) =>
          alongBoth(
            ofImage,
            places.map((i) => places.map((j) => pixel(n, c, top + i - padding[0], left + j - padding[1]))),
          ),
        );
        for (let o = 0; o < outputChannels; o++) {
          const first = Math.floor(o / (outputChannels / groups)) * channels;
          const sums = places.map((i) =>
            places.map((j) => {
              let sum = 0;
              for (let c = 0; c < channels; c++)
                sum = add(sum, multiply(kernels[o * channels + c][i][j], images[first + c][i][j]));
              return sum;
            }),
          );
          alongBoth(toOutput, sums).forEach((values, i) => {
            values.forEach((value, j) => {
              if (top + i >= outputHeight || left + j >= outputWidth) return;
              const to = ((n * outputChannels + o) * outputHeight + top + i) * outputWidth + left + j;
              y.data[to] = bias ? add(value, bias.data[o]) : value;
            });
          });
        }
      }
  return y;
}

/** Kernels with input and output channels exchanged within each group, flipped in rows and columns. */
export function transposed(weights: Tensor, groups: number): Tensor {
  const [outputChannels, channels] = weights.shape;
  const outputs = outputChannels / groups;
  const flipped = zeros([channels * groups, outputs, 3, 3]);
  for (let at = 0; at < flipped.data.length; at++) {
    const [row, o, i] = [at % 9, Math.floor(at / 9) % outputs, Math.floor(at / 9 / outputs)];
    const group = Math.floor(i / channels);
    flipped.data[at] = weights.data[((group * outputs + o) * channels + (i % channels)) * 9 + 8 - row];
  }
  return flipped;
}

/** Tells whether the algorithm is there for such a case. */
export function isForWinograd({
  sizes,
  attributes: { stride, dilation },
}: {
  readonly sizes: Sizes;
  readonly attributes: ConvolutionAttributes;
}): boolean {
  return [sizes.kernelHeight, sizes.kernelWidth, ...stride, ...dilation].join() === '3,3,1,1,1,1';
}

type WinogradName = 'conv2d' | 'conv2d.inputGradient';
type Answers = {
  readonly [Name in WinogradName]: (asked: Case<Name>) => OutputsOf<Name>;
};

/** By operation: the convolution and the gradient of its input, which is one of dy. */
const answersBy = (filtering: Filtering): Answers => ({
  conv2d: ({ inputs: { x, weights, bias }, sizes, attributes }) => {
    const { padding, groups } = attributes;
    const { outputHeight, outputWidth } = sizes;
    return { y: convolve(x, weights, bias, { padding, groups, outputHeight, outputWidth }, filtering) };
  },
  'conv2d.inputGradient': ({ inputs: { weights, dy }, sizes, attributes }) => {
    const { padding, groups } = attributes;
    const around = padding.map((side) => 2 - side);
    const { height, width } = sizes;
    const geometry = { padding: around, groups, outputHeight: height, outputWidth: width };
    return { dx: convolve(dy, transposed(weights, groups), undefined, geometry, filtering) };
  },
});

/** By the name under which a backend declares it, then by operation. */
export const winograd: Readonly<Record<FastAlgorithm, Answers>> = {
  winograd2x2: answersBy(tilesOf2),
  winograd4x4: answersBy(tilesOf4),
};

/** Makes the variants by Winograd's algorithms, each to be declared. */
export const winogradVariants = <Name extends WinogradName>(name: Name): readonly HonestVariant<Name>[] =>
  fastAlgorithms.map((algorithm) => ({
    name: `convolution: ${algorithmNames[algorithm]} where declared`,
    outputs: winograd[algorithm][name],
    declared: { algorithms: [algorithm] },
    answers: isForWinograd,
  }));
