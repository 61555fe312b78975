/**
 * The bits that a backend really computes with, read from its errors, and what in its arithmetic explains them:
 * rounded inputs, a narrow accumulator, a wide one.
 */
import { float64Array } from '../memory.ts';
import type { Precision } from '../precision.ts';
import { precisions } from '../precision.ts';
import { roundingModel } from './roundingModel.ts';

/**
 * Mean of h²/(u²x²), h half an ulp of x, when significands are spread evenly in logarithm: ∫₁² dm/(m³ ln 2) = 3/(8 ln 2). The rounding
 * model takes its upper bound; an estimate takes the mean.
 */
const meanSquareOfHalfUlp = 3 / (8 * Math.LN2);
/** Median of χ² with one degree of freedom: outputs are summed up by their median, so that single wrong ones do not count. */
const medianOfSquare = 0.454936;
/** Median of |rounding error|/(u|x|): a fraction evenly spread on [0, 1] of half an ulp, significands as above. */
const medianOfRounding = 0.35;

export interface SumsOfProducts {
  /** Σ|a||b|. */
  readonly scales: ArrayLike<number>;
  readonly terms: number;
  /** Σ(ab)². Where unknown, 2·scale²/terms is taken: 1.8 is right for factors uniform on [−1, 1], 2.5 for normal ones, ¼ bit apart. */
  readonly squares?: ArrayLike<number>;
}

/** What errors say in bits, −log₂ of the unit roundoff, at most 53; each is read when it is asked for. */
export interface ObservedBits {
  /** If each product and each partial sum of a sequential sum had been rounded, from the median or another quantile. A tree reads higher. */
  readonly sums: (quantile?: number) => number;
  /** The same if the factors of each product had been rounded once and nothing else. */
  readonly inputs: () => number;
  /** How much higher than in sequence a sum may read, at most: rounded only once. */
  readonly treeBits: () => number;
}

/** Both readings of sums of products. Errors that are not finite are left out. */
export function observedBits(
  errors: ArrayLike<number>,
  expected: ArrayLike<number>,
  { scales, terms, squares }: SumsOfProducts,
): ObservedBits {
  const q = squares ?? evenlySpread(scales, terms);
  // With u = 1, to be compared with squared errors; the reference's own rounding is float64's.
  const { variance } = roundingModel({ expected, scale: scales, squares: q, terms, precision: unit });
  const counts = (i: number) => Number.isFinite(errors[i]) && q[i] > 0;
  const valueAt = (share: number, ratio: (i: number) => number) => quantileOf(errors.length, counts, ratio, share);
  const bits = (ratio: number) => Math.min(53, -Math.log2(ratio / (medianOfSquare * meanSquareOfHalfUlp)) / 2);
  return {
    sums: (quantile = 0.5) => bits(valueAt(quantile, (i) => (errors[i] * errors[i]) / variance[i])),
    inputs: () => bits(valueAt(0.5, (i) => (errors[i] * errors[i]) / ((2 / 3) * q[i]))),
    treeBits: () => {
      const growth = valueAt(0.5, (i) => variance[i] / Math.max((expected[i] * expected[i]) / 3, q[i] / 3));
      return Math.max(0, Math.log2(growth) / 2);
    },
  };
}

function evenlySpread(scales: ArrayLike<number>, terms: number): Float64Array {
  const squares = float64Array(scales.length);
  for (let i = 0; i < squares.length; i++) squares[i] = (2 * scales[i] * scales[i]) / terms;
  return squares;
}

const unit: Precision = { ...precisions.float64, unitRoundoff: 1, smallestSubnormal: 0 };

/** Reading of results that are rounded functions of their inputs: −log₂ of the unit roundoff from the median relative error. */
export function relativeBits(errors: ArrayLike<number>, expected: ArrayLike<number>, quantile = 0.5): number {
  const counts = (i: number) => Number.isFinite(errors[i]) && expected[i] !== 0;
  const ratio = quantileOf(errors.length, counts, (i) => Math.abs(errors[i] / expected[i]), quantile);
  return Math.min(53, -Math.log2(ratio / medianOfRounding));
}

/** The value below which that share lies, of the values of those that count among so many; NaN of none. */
function quantileOf(length: number, counts: (i: number) => boolean, value: (i: number) => number, share: number): number {
  const values = float64Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) if (counts(i)) values[count++] = value(i);
  if (count === 0) return Number.NaN;
  const sorted = values.subarray(0, count).sort();
  const at = share * (sorted.length - 1);
  return (sorted[Math.floor(at)] + sorted[Math.ceil(at)]) / 2;
}

const word = new DataView(new ArrayBuffer(8));

/** A number's significant bits: 24 or fewer for every normal float32. 0 has none. */
export function significantBits(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return 0;
  // A subnormal number has its leading bit among the stored ones; scaled up, its bits are those of a normal number.
  if (Math.abs(x) < 2 ** -1022) return significantBits(x * 2 ** 60);
  word.setFloat64(0, x);
  const [high, low] = [word.getUint32(0), word.getUint32(4)];
  return low !== 0 ? 53 - trailingZeros(low) : 21 - Math.min(trailingZeros(high), 20);
}

/** Of a word of 32 bits; 32 of 0. */
function trailingZeros(bits: number): number {
  return bits === 0 ? 32 : 31 - Math.clz32(bits & -bits);
}

export const inputFormats = ['TF32', 'float16', 'bf16'] as const;
export type InputFormat = (typeof inputFormats)[number];

export interface PrecisionQuestion {
  readonly expected: ArrayLike<number>;
  /** Absent where the results are not sums of products. */
  readonly sums?: SumsOfProducts;
  /** The reference's answers to the inputs rounded to a format; asked for only where something must be explained. */
  readonly roundedInputs: (format: InputFormat) => ArrayLike<number>;
}

export interface IdentifiedPrecision {
  /** Bits of the arithmetic that is named; of the rounded inputs where these are. */
  readonly bits: number;
  /** What explains the errors; several where these inputs do not tell them apart, none where no known format does. */
  readonly consistentWith: readonly string[];
}

/** A reading is right within this, whatever the data: spread of the significands, of the median, of the order of summation. */
const readingUncertainty = 1.5;
/** A function may be many units of the last place off and still be honest: log₂(16/0.35), 16u the largest limit that is looked at. */
const functionUncertainty = 5.5;
/** Rounded inputs explain errors that are so many bits smaller once they are taken into account. */
const explainedBits = 3;

/**
 * Tells where precision was lost. Inputs: the reference's answers to inputs rounded to a format leave a far smaller error than its
 * answers to the inputs themselves. Accumulator or result: all results have 8 or 11 significant bits; otherwise the error that is
 * left is read in bits, of 24 or 53.
 */
export function identifyPrecision(question: PrecisionQuestion, actual: ArrayLike<number>): IdentifiedPrecision {
  const { expected, sums, roundedInputs } = question;
  const read = (right: ArrayLike<number>): ObservedBits => {
    const errors = float64Array(expected.length);
    for (let i = 0; i < errors.length; i++) errors[i] = actual[i] - right[i];
    if (sums) return observedBits(errors, expected, sums);
    const bits = (quantile = 0.5) => relativeBits(errors, right, quantile);
    return { sums: bits, inputs: bits, treeBits: () => 0 };
  };
  const uncertainty = sums ? readingUncertainty : functionUncertainty;
  const exact = read(expected);
  const exactBits = exact.sums();
  let held = 0;
  for (let i = 0; i < actual.length; i++) held = Math.max(held, significantBits(actual[i]));
  const what = sums ? 'accumulator' : 'results';
  const article = sums ? 'a ' : '';
  // Results on a coarse grid err so much by their own format that little can be said of the inputs, and no more than that.
  const errsBy = (format: number) => exactBits >= format - explainedBits;
  if (held <= 8 && errsBy(8)) return { bits: exactBits, consistentWith: [`${article}bf16 ${what}`] };
  if (held <= 11 && errsBy(11))
    return { bits: exactBits, consistentWith: elevenBitFormats(actual).map((name) => `${article}${name} ${what}`) };
  if (held > 24) {
    const wide = exactBits >= 53 - exact.treeBits() - uncertainty;
    return { bits: exactBits, consistentWith: wide ? ['float64'] : [] };
  }
  if (exactBits >= 24 - uncertainty) {
    return {
      bits: exactBits,
      consistentWith: [sums && isRoundedOnce(actual, expected) ? 'float64, rounded once' : 'float32'],
    };
  }
  const explained = inputFormats.map((format) => {
    const right = roundedInputs(format);
    const { sums: left } = read(right);
    return { format, left: left(), leftOfMost: left(0.95) };
  });
  const most = Math.max(...explained.map(({ left }) => left));
  if (!(most >= exactBits + explainedBits)) return { bits: exactBits, consistentWith: [] };
  // TF32 and float16 round alike but for small numbers and large ones: those show where nearly all outputs must be explained.
  const ofMost = Math.max(...explained.map(({ leftOfMost }) => leftOfMost));
  return {
    bits: exact.inputs(),
    consistentWith: explained
      .filter(({ left, leftOfMost }) => left > most - 1 && leftOfMost > ofMost - 1)
      .map(({ format }) => `${format} inputs`),
  };
}

/** TF32 and float16 differ in range: float16's numbers are multiples of 2⁻²⁴ and end at 65504. */
function elevenBitFormats(results: ArrayLike<number>): readonly string[] {
  let seesTheDifference = false;
  for (let i = 0; i < results.length; i++) {
    const size = Math.abs(results[i]);
    if (size > 65504 || size % 2 ** -24 !== 0) return ['TF32'];
    seesTheDifference ||= size > 0 && size < 2 ** -14;
  }
  return seesTheDifference ? ['float16'] : ['float16', 'TF32'];
}

function isRoundedOnce(actual: ArrayLike<number>, right: ArrayLike<number>): boolean {
  for (let i = 0; i < actual.length; i++) if (actual[i] !== Math.fround(right[i])) return false;
  return true;
}
