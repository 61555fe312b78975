import type { BackendDescription, FastAlgorithm } from '../../backends/contract.ts';

/** The precisions that a backend can be judged by: floating-point formats, and published tables of accuracy. */
export interface Precision {
  readonly name: 'float64' | 'float32' | 'tf32' | 'float16' | 'bf16' | 'wgsl';
  /** u: one rounding moves a result by at most u·|result|. Half of epsilon where it is to nearest. */
  readonly unitRoundoff: number;
  /** Distance from 1 to the next number. */
  readonly epsilon: number;
  /** Smallest positive number, subnormal. */
  readonly smallestSubnormal: number;
  readonly smallestNormal: number;
  readonly largest: number;
  /** Of functions that are less accurate than the format would let them be. */
  readonly accuracy?: AccuracyTable;
  /** Fast algorithms that the backend declares: their own bounds hold where they apply. */
  readonly algorithms?: readonly FastAlgorithm[];
  /** Subnormal numbers may be taken for zero, and results below the normal range made zero. */
  readonly subnormals?: 'flushed';
}

/** The precision that a backend is judged by: the format it declares, or that of its tensors, with what it declares beside it. */
export function precisionOf({ dtype, precision, algorithms = [], subnormals }: BackendDescription): Precision {
  const format = precisions[precision ?? (dtype === 'float64' ? 'float64' : 'float32')];
  if (algorithms.length === 0 && subnormals === undefined) return format;
  return { ...format, ...(algorithms.length > 0 && { algorithms }), ...(subnormals && { subnormals }) };
}

/** Two backends of the same profile and dtype are judged alike. */
export function profileOf({ name, algorithms = [], subnormals }: Precision): string {
  return [name, ...algorithms.toSorted(), subnormals].join(' ').trim();
}

/** Errors that a published table allows functions, where that is more than a few roundings. */
export interface AccuracyTable {
  readonly source: string;
  /** Of a logarithm, absolute where its argument is in [½, 2] and relative elsewhere. */
  readonly logarithm: { readonly absolute: number; readonly relative: number };
  /** Of tanh, absolute, where that is more than what (e^x − e^−x)/(e^x + e^−x) loses. */
  readonly tanh: number;
  /** Roundings that a square root counts for. */
  readonly squareRootRoundings: number;
}

/** The algorithms' names for readers. */
export const algorithmNames: Readonly<Record<FastAlgorithm, string>> = {
  winograd2x2: "Winograd's F(2×2, 3×3)",
  winograd4x4: "Winograd's F(4×4, 3×3)",
};

export const precisions: Readonly<Record<Precision['name'], Precision>> = {
  float64: format('float64', 53, 11),
  float32: format('float32', 24, 8),
  tf32: format('tf32', 11, 8),
  float16: format('float16', 11, 5),
  bf16: format('bf16', 8, 8),
  /**
   * The accuracy of f32 in the WebGPU Shading Language. Sums and products are rounded to a neighbour, not the nearest one, and a
   * quotient is off by 2.5 ULP at most: two roundings of 1.25 ULP, as every quotient is counted here. Exponentials have the 3 + 2|x| ULP
   * of every other format. A square root is 1/inverseSqrt: 2 ULP and a quotient's 2.5. Any operation may flush subnormal numbers to zero.
   */
  wgsl: {
    ...format('wgsl', 24, 8),
    unitRoundoff: 1.25 * 2 ** -23,
    subnormals: 'flushed',
    accuracy: {
      source: 'https://www.w3.org/TR/WGSL/#floating-point-accuracy',
      logarithm: { absolute: 2 ** -21, relative: 3 * 2 ** -23 },
      tanh: 1e-5,
      squareRootRoundings: 4,
    },
  },
};

/** Tells whether a value that a float32 holds is rounded on its way into the format. */
export function roundsInputs({ epsilon }: Precision): boolean {
  return epsilon > 2 ** -23;
}

/** `digits` counts the significant bits with the implied one; `exponentBits` as IEEE 754 has them. */
function format(name: Precision['name'], digits: number, exponentBits: number): Precision {
  const largestExponent = 2 ** (exponentBits - 1) - 1;
  const smallestNormal = 2 ** (1 - largestExponent);
  return {
    name,
    unitRoundoff: 2 ** -digits,
    epsilon: 2 ** (1 - digits),
    smallestNormal,
    smallestSubnormal: smallestNormal * 2 ** (1 - digits),
    largest: (2 - 2 ** (1 - digits)) * 2 ** largestExponent,
  };
}

/** Distance between neighbouring numbers of the format at x. */
export function ulp(x: number, precision: Precision): number {
  const magnitude = Math.abs(x);
  if (!(magnitude > precision.smallestNormal)) return precision.smallestSubnormal;
  if (magnitude > precision.largest) return precision.epsilon * precision.largest;
  return precision.epsilon * powerBelow(magnitude);
}

const word = new DataView(new ArrayBuffer(8));

/** The largest power of two that is not above a normal positive number: its significand's bits cleared. */
function powerBelow(x: number): number {
  word.setFloat64(0, x);
  word.setUint32(0, word.getUint32(0) & 0x7ff00000);
  word.setUint32(4, 0);
  return word.getFloat64(0);
}
