/**
 * Bounds how far a convolution of 3×3 kernels by Winograd's minimal filtering may be from its exact value, where a backend declares it.
 *
 * **The algorithm.** F(m×m, 3×3) makes m×m outputs from a tile d of (m + 2)×(m + 2) elements of the image and a kernel g:
 * Y = Aᵀ[Σ_c (G g_c Gᵀ) ⊙ (Bᵀ d_c B)]A, c the input channels (Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks*,
 * 2016, section 4; points 0, ±1 and, for m = 4, ±2). Elements of the image meet elements of the kernel, and for m = 4 of the whole tile,
 * whose products cancel in exact arithmetic alone: where a large x meets a w of 0, its rounding error remains, and no multiple of
 * Σ|w||x| over the output's own window bounds it.
 *
 * **The limit.** Every stage is a sum of products, each term of which passes through a bounded number of roundings whatever the order: in
 * one dimension of a transform the additions of its longest row, one for the product where a constant is no power of two, and one for the
 * constant where the format does not hold it; twice that in two dimensions; one for the product of the transforms, C − 1 for the sum over
 * C channels and one for the bias. With N the sum of all of these, |ŷ − y| ≤ γ_N·S, where S = |Aᵀ|[Σ_c (|G||g_c||Gᵀ|) ⊙ (|Bᵀ||d_c||B|)]|A|
 * is the same algorithm on absolute values: the running error analysis of a sum of products carried through its three stages (Higham,
 * section 3.1; for this algorithm Barabasz et al., *Error Analysis and Improving the Accuracy of Winograd Convolution*, 2020, theorem 2).
 * N is C + 10 for m = 2 and C + 22 for m = 4, and one more with a bias. Rows scaled by powers of two change nothing.
 *
 * **Tiles.** Where the tiles begin is left to the backend, as the order of a sum is: S is the largest of the m² places that an output may
 * have in its tile. A backend that declares the algorithm may compute any convolution directly too: the limit is the larger of both.
 *
 * **Exact sums.** F(2×2, 3×3) has the constants 1 and ½: on factors that are multiples of powers of two with product g everything
 * is a multiple of g/4, and as long as S < g/4u nothing rounds and the limit is 0. F(4×4, 3×3) divides by 6 and is never exact.
 *
 * **Not covered**, and judged as direct sums: other kernels, strides and dilations, the gradient of the weights, and outputs whose tile may
 * hold a number that is not finite.
 */
import type { FastAlgorithm } from '../../../backends/contract.ts';
import type { ConvolutionAttributes, Padding } from '../../../backends/signatures.ts';
import { type Tensor, zeros } from '../../../reference/tensor.ts';
import { tiny } from '../../judging/bounds/elementary.ts';
import { absolute, gamma, gridOfProducts, isExactSum } from '../../judging/bounds/sumOfProducts.ts';
import type { OutputBound } from '../../judging/operation.ts';
import { type Precision, precisions, roundsInputs, ulp } from '../../judging/precision.ts';

type Matrix = readonly (readonly number[])[];

interface Transforms {
  /** m: rows and columns of outputs that a tile makes. */
  readonly tile: number;
  /** Bᵀ. */
  readonly image: Matrix;
  /** G. */
  readonly kernel: Matrix;
  /** Aᵀ. */
  readonly output: Matrix;
}

const transforms: Readonly<Record<FastAlgorithm, Transforms>> = {
  winograd2x2: {
    tile: 2,
    image: [
      [1, 0, -1, 0],
      [0, 1, 1, 0],
      [0, -1, 1, 0],
      [0, 1, 0, -1],
    ],
    kernel: [
      [1, 0, 0],
      [1 / 2, 1 / 2, 1 / 2],
      [1 / 2, -1 / 2, 1 / 2],
      [0, 0, 1],
    ],
    output: [
      [1, 1, 1, 0],
      [0, 1, -1, -1],
    ],
  },
  winograd4x4: {
    tile: 4,
    image: [
      [4, 0, -5, 0, 1, 0],
      [0, -4, -4, 1, 1, 0],
      [0, 4, -4, -1, 1, 0],
      [0, -2, -1, 2, 1, 0],
      [0, 2, -1, -2, 1, 0],
      [0, 4, 0, -5, 0, 1],
    ],
    kernel: [
      [1 / 4, 0, 0],
      [-1 / 6, -1 / 6, -1 / 6],
      [-1 / 6, 1 / 6, -1 / 6],
      [1 / 24, 1 / 12, 1 / 6],
      [1 / 24, -1 / 12, 1 / 6],
      [0, 0, 1],
    ],
    output: [
      [1, 1, 1, 1, 1, 0],
      [0, 1, -1, 2, -2, 0],
      [0, 1, 1, 4, 4, 0],
      [0, 1, -1, 8, -8, 1],
    ],
  },
};

/** The sentence that a line of the table adds to its derivation. */
export const winogradDerivation =
  'Where a backend declares Winograd’s F(2×2, 3×3) or F(4×4, 3×3), a convolution of 3×3 kernels with stride and dilation 1 has the larger of this limit and $\\gamma_N\\, |A^T| \\bigl[\\sum_c (|G||g_c||G^T|) \\odot (|B^T||d_c||B|)\\bigr] |A|$, the same transforms on absolute values: N counts the roundings of one term in the transforms, their product and the sum over C channels, C + 10 and C + 22, and one for a bias; the largest over the places that an output may have in its tile. Its errors are not those of a direct sum, so that no statistical verdict is passed on them.';

/** A convolution of stride and dilation 1, with what its output is expected to be. */
export interface Convolution {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly bias?: Tensor;
  readonly padding: Padding;
  readonly groups: number;
  readonly expected: Tensor;
}

/** Tells whether Winograd's algorithms, as they are declared here, compute such a convolution. */
export function winogradApplies(weights: Tensor, { stride, dilation }: ConvolutionAttributes): boolean {
  return [...weights.shape.slice(2), ...stride, ...dilation].join() === '3,3,1,1,1,1';
}

/** The bound of a direct sum, or the larger one of the declared algorithms where they apply. */
export function orWinograd(direct: OutputBound, convolution: Convolution, precision: Precision): OutputBound {
  const declared = precision.algorithms ?? [];
  if (declared.length === 0 || direct.limit.length === 0) return direct;
  const limit = Float64Array.from(direct.limit);
  for (const algorithm of declared) {
    const own = winogradLimit(convolution, transforms[algorithm], precision);
    for (let i = 0; i < limit.length; i++) if (own[i] > limit[i] && own[i] < Infinity) limit[i] = own[i];
  }
  return { limit, algorithms: declared };
}

/**
 * The gradient of the input is a convolution too: of dy, padded to the size that gives back the image's, with the kernels flipped and
 * input and output channels exchanged within each group.
 */
export function asConvolution(
  weights: Tensor,
  dy: Tensor,
  { padding, groups }: ConvolutionAttributes,
): Pick<Convolution, 'x' | 'weights' | 'padding' | 'groups'> {
  const [outputChannels, channels, rows, columns] = weights.shape;
  const outputs = outputChannels / groups;
  const flipped = zeros([channels * groups, outputs, rows, columns]);
  const area = rows * columns;
  for (let o = 0; o < outputChannels; o++)
    for (let i = 0; i < channels; i++) {
      const to = ((Math.floor(o / outputs) * channels + i) * outputs + (o % outputs)) * area;
      for (let k = 0; k < area; k++) flipped.data[to + k] = weights.data[(o * channels + i) * area + area - 1 - k];
    }
  const [top, left, bottom, right] = padding;
  const around = [rows - 1 - top, columns - 1 - left, rows - 1 - bottom, columns - 1 - right] as const;
  return { x: dy, weights: flipped, padding: around, groups };
}

function winogradLimit(convolution: Convolution, own: Transforms, precision: Precision): Float64Array {
  const { x, weights, bias, expected } = convolution;
  const channels = weights.shape[1];
  const roundings = roundingsOf(own) + channels + (bias ? 1 : 0);
  const growth = gamma(roundings + (roundsInputs(precision) ? 2 : 0), precision) + gamma(9 * channels + 1, precisions.float64);
  const grid = own.tile === 2 ? gridOfProducts([x, weights], bias).grid / 4 : 0;
  const underflow = underflowOf(convolution, own, precision);
  const scale = winogradScale(convolution, own);
  const area = expected.shape[2] * expected.shape[3];
  return scale.map((s, i) => {
    const all = s + (bias ? Math.abs(bias.data[Math.floor(i / area) % bias.data.length]) : 0);
    return isExactSum(all, grid, precision) ? 0 : growth * all + ulp(expected.data[i], precision) / 2 + underflow;
  });
}

/** Roundings of one term without those of the sum over the channels and of the bias: the product's own takes the place of one addition. */
function roundingsOf({ image, kernel, output }: Transforms): number {
  const ofConstant = (value: number) =>
    Number.isInteger(Math.log2(Math.abs(value))) ? 0 : Math.fround(value) === value ? 1 : 2;
  const ofRow = (row: readonly number[]) => {
    const factors = row.filter((value) => value !== 0);
    return factors.length - 1 + Math.max(...factors.map(ofConstant));
  };
  const inOneDimension = [image, kernel, output].map((matrix) => Math.max(...matrix.map(ofRow)));
  return 2 * inOneDimension.reduce((sum, roundings) => sum + roundings, 0);
}

/**
 * What underflow may add, with room: each of the α² elements of both transforms, and each product, may be off by some units of the smallest
 * number, and meets at most the largest of the other factors.
 */
function underflowOf({ x, weights }: Convolution, { image, kernel, output }: Transforms, precision: Precision): number {
  const largest = ({ data }: Tensor) => {
    let most = 0;
    for (const value of data) if (Math.abs(value) < Infinity) most = Math.max(most, Math.abs(value));
    return most;
  };
  const norm = (matrix: Matrix) => Math.max(...matrix.map((row) => row.reduce((sum, value) => sum + Math.abs(value), 0))) ** 2;
  const units = 64 * weights.shape[1] * norm(output);
  const carried = 1 + norm(image) * (1 + largest(x)) + norm(kernel) * (1 + largest(weights));
  return units * carried * tiny(precision);
}

/** S of every output: the largest over the places that it may have in its tile. */
function winogradScale(convolution: Convolution, own: Transforms): Float64Array {
  const scale = new Float64Array(convolution.expected.data.length);
  const kernels = transformed(convolution.weights, own);
  for (let row = 0; row < own.tile; row++)
    for (let column = 0; column < own.tile; column++) addTiles(scale, convolution, kernels, own, [row, column]);
  return scale;
}

/** |G||g||Gᵀ| of every kernel, one after the other. */
function transformed({ data, shape }: Tensor, { kernel }: Transforms): Float64Array {
  const count = shape[0] * shape[1];
  const size = kernel.length ** 2;
  const all = new Float64Array(count * size);
  const absoluteKernel = kernel.map((row) => row.map(Math.abs));
  for (let at = 0; at < count; at++)
    all.set(onBothSides(absoluteKernel, data.subarray(at * 9, at * 9 + 9).map(Math.abs), 3), at * size);
  return all;
}

/** M X Mᵀ for a square X of the given size. */
function onBothSides(matrix: Matrix, x: ArrayLike<number>, size: number): Float64Array {
  const rows = matrix.length;
  const half = new Float64Array(rows * size);
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < size; k++) {
      const factor = matrix[r][k];
      if (factor !== 0) for (let c = 0; c < size; c++) half[r * size + c] += factor * x[k * size + c];
    }
  const whole = new Float64Array(rows * rows);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < rows; c++) {
      let sum = 0;
      for (let k = 0; k < size; k++) if (matrix[c][k] !== 0) sum += half[r * size + k] * matrix[c][k];
      whole[r * rows + c] = sum;
    }
  return whole;
}

/** Raises `scale` to S for tiles that begin `offset` rows and columns before the first output. */
function addTiles(
  scale: Float64Array,
  { x, weights, padding, groups, expected }: Convolution,
  kernels: Float64Array,
  { tile, image, output }: Transforms,
  [rowOffset, columnOffset]: readonly [number, number],
): void {
  const [batch, inputChannels, height, width] = x.shape;
  const [outputChannels, channels] = weights.shape;
  const [, , outputHeight, outputWidth] = expected.shape;
  const outputsPerGroup = outputChannels / groups;
  const size = image.length;
  const area = size * size;
  const magnitudes = absolute(x).data;
  const [absoluteImage, absoluteOutput] = [image, output].map((matrix) => matrix.map((row) => row.map(Math.abs)));
  const window = new Float64Array(area);
  for (let n = 0; n < batch; n++)
    for (let top = -rowOffset; top < outputHeight; top += tile)
      for (let left = -columnOffset; left < outputWidth; left += tile) {
        const images = Array.from({ length: inputChannels }, (_, c) => {
          for (let at = 0; at < area; at++) {
            const row = top - padding[0] + Math.floor(at / size);
            const column = left - padding[1] + (at % size);
            const inside = row >= 0 && row < height && column >= 0 && column < width;
            window[at] = inside ? magnitudes[((n * inputChannels + c) * height + row) * width + column] : 0;
          }
          return onBothSides(absoluteImage, window, size);
        });
        for (let o = 0; o < outputChannels; o++) {
          const sum = new Float64Array(area);
          const first = Math.floor(o / outputsPerGroup) * channels;
          for (let c = 0; c < channels; c++) {
            const kernel = (o * channels + c) * area;
            for (let at = 0; at < area; at++) sum[at] += kernels[kernel + at] * images[first + c][at];
          }
          const outputs = onBothSides(absoluteOutput, sum, size);
          for (let at = 0; at < outputs.length; at++) {
            const [row, column] = [top + Math.floor(at / tile), left + (at % tile)];
            if (row < 0 || row >= outputHeight || column < 0 || column >= outputWidth) continue;
            const to = ((n * outputChannels + o) * outputHeight + row) * outputWidth + column;
            // NaN is an infinity that met a 0.
            const own = Number.isNaN(outputs[at]) ? Infinity : outputs[at];
            if (own > scale[to]) scale[to] = own;
          }
        }
      }
}
