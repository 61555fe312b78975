/**
 * Bounds how far a sum of products may be from its exact value: matrix products, convolutions, pooling, plain sums and the gradients of
 * all of these.
 *
 * **Rounded sums.** A product of two numbers of a format is rounded once, and of n terms each passes through at most n − 1
 * additions whatever the order of summation, so that each term is multiplied by at most n factors 1 + δ with |δ| ≤ u. Hence
 * |fl(Σab) − Σab| ≤ γₙ·Σ|a||b| with γₙ = nu / (1 − nu) (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition,
 * section 3.1); a fused multiply-add rounds less. Half an ulp of the result is added for a sum that is held in a wider format
 * and rounded on its way out, and one smallest subnormal for each term that may underflow: where a backend declares that it flushes subnormal
 * numbers, two smallest normal numbers instead, for the product and for the partial sum that it makes. The expected value is itself a rounded
 * sum, in float64: its own γₙ (u = 2⁻⁵³) is part of the distance, which matters only to a backend that computes in float64.
 *
 * **Exact sums.** When every factor is a multiple of a power of two, every product and every partial sum is a multiple of
 * their product g, the grid. As long as Σ|a||b| < g/u all of these are numbers of the format: no operation rounds, in no order,
 * and the limit is 0. For integers in float32 this reads Σ|a||b| < 2²⁴.
 */
import { map, type Tensor, type TensorData } from '../../../reference/tensor.ts';
import { float64Array } from '../memory.ts';
import type { OutputBound } from '../operation.ts';
import { type Precision, precisions, roundsInputs, ulp } from '../precision.ts';

/** LaTeX of the limit, for the table. */
export const sumOfProductsFormula =
  '\\gamma_n \\sum |a||b| + \\tfrac12 \\mathrm{ulp}(y) + n\\eta, \\quad \\gamma_n = \\frac{nu}{1 - nu}; \\quad 0 \\text{ where } \\sum |a||b| < g/u';

/** The sentence that every line of this class begins its derivation with. */
export const sumOfProductsDerivation =
  'In any order of summation each of the n terms passes through at most n roundings, which gives γₙ·Σ|a||b|; half an ulp covers a wider accumulator rounded once, η (the smallest subnormal; two smallest normal numbers where the backend declares flushing) underflow. Where all factors are multiples of powers of two with product g and Σ|a||b| < g/u (integers with Σ|a||b| < 2²⁴ in float32), nothing rounds in any order and the limit is 0.';

/** What tells whether a sum rounds at all. */
export interface Exactness {
  /** A power of two that every term and therefore every partial sum is a multiple of, for all elements or each; 0 where none is known. */
  readonly grid: number | ArrayLike<number>;
  /** No |a||b| is larger, where that is known. */
  readonly largestTerm?: number;
}

export interface SumOfProducts {
  readonly expected: Tensor;
  /** The same operation on absolute values: Σ|a||b| for each element. Asked for only where an element may round. */
  readonly scale: () => Tensor;
  /** n: terms of the longest sum. */
  readonly terms: number;
  /** The same operation on squared values, for the statistics: only where every element is a sum of products of its own. */
  readonly squares?: () => Tensor;
  /** Roundings that one term passes through; by default one for its product and n − 1 additions. */
  readonly roundings?: number;
  readonly exactness: Exactness;
  readonly precision: Precision;
}

/** The limit of each element of a sum of products, with its scale and number of terms. */
export function sumOfProductsBound(sum: SumOfProducts): OutputBound {
  const { expected, terms, squares, roundings = terms, precision } = sum;
  const { grid, largestTerm = Infinity } = sum.exactness;
  const { unitRoundoff, epsilon, smallestSubnormal, smallestNormal, subnormals } = precision;
  const underflow = terms * (subnormals === undefined ? smallestSubnormal : 2 * smallestNormal);
  const passed = roundings + inputRoundings(precision);
  const growth = gamma(passed, precision) + gamma(roundings, precisions.float64);
  const limit = float64Array(expected.data.length);
  if (typeof grid === 'number' && isExactSum(terms * largestTerm, grid, precision)) return { limit, terms };
  const scale = sum.scale().data as Float64Array;
  const grids = typeof grid === 'number' ? undefined : grid;
  const common = typeof grid === 'number' ? grid : 0;
  const values = expected.data;
  for (let i = 0; i < limit.length; i++) {
    if (passed === 0 || isExactSum(scale[i], grids ? grids[i] : common, precision)) continue;
    limit[i] = growth * scale[i] + ulp(values[i], precision) * (unitRoundoff / epsilon) + underflow;
  }
  return { limit, scale, terms, squares: squares && (() => squares().data) };
}

/** Tells whether a sum of multiples of `grid` whose sizes add up to `scale` rounds nowhere, in any order, and nothing of it may be flushed. */
export function isExactSum(scale: number, grid: number, { epsilon, smallestNormal, subnormals }: Precision): boolean {
  return scale < grid * (2 / epsilon) && (subnormals === undefined || grid >= smallestNormal);
}

/**
 * γₖ = ku / (1 − ku). From ku = ½ on, where the formula grows without bound, ku itself: for inner products rounded to nearest it
 * holds for every length and order (Jeannerod and Rump, *Improved error bounds for inner products in floating-point arithmetic*, 2013).
 */
export function gamma(roundings: number, { unitRoundoff }: Precision): number {
  const ku = roundings * unitRoundoff;
  return ku < 0.5 ? ku / (1 - ku) : ku;
}

/**
 * Tensors are held in float32 at least; a narrower format rounds both factors of a product on their way in. Inputs are exact in
 * float32 and float64.
 */
function inputRoundings(precision: Precision): number {
  return roundsInputs(precision) ? 2 : 0;
}

/** |x|, element by element. */
export function absolute(x: Tensor): Tensor {
  return map(x, Math.abs);
}

/** x², element by element. */
export function squared(x: Tensor): Tensor {
  return map(x, (value) => value * value);
}

/** Finer than this no sum of a test stays on the grid: the search for one ends. */
const finestGrid = 2 ** -64;

/** The largest power of two, at most 1, that every element of every tensor is a multiple of; 0 where it is finer than 2⁻⁶⁴ or an element is not finite. */
export function gridOf(...tensors: readonly Tensor[]): number {
  return tensors.reduce((grid, { data }) => gridWithin(grid, data), 1);
}

/** The same of one tensor's numbers, at most `grid`. */
function gridWithin(grid: number, data: TensorData): number {
  for (let i = 0; i < data.length; i++) {
    // Of an infinity, of NaN and of any number once the grid is 0 no quotient is whole.
    while (!Number.isInteger(data[i] / grid)) {
      grid /= 2;
      if (grid < finestGrid) return 0;
    }
  }
  return grid;
}

/** What tells whether sums of products of these factors, with an addend or without, are exact. */
export function gridOfProducts(factors: readonly Tensor[], addend?: Tensor): Required<Exactness> & { readonly grid: number } {
  let [grid, largestTerm] = [1, 1];
  for (const factor of factors) {
    grid *= gridOf(factor);
    largestTerm *= largestOf(factor);
  }
  if (!addend) return { grid, largestTerm };
  return { grid: Math.min(grid, gridOf(addend)), largestTerm: Math.max(largestTerm, largestOf(addend)) };
}

/** The largest |x|; 0 of none, NaN of any. */
function largestOf({ data }: Tensor): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]));
  return largest;
}
