/**
 * The bits that a backend really computes with, read from its errors (VERDICTS.md, rule 6). Two readings, because an error alone does
 * not say where it was made: as if every factor of every product had been rounded once, and as if every product and partial sum had
 * been. Where the answers to rounded inputs are known too, the place is told as well.
 */
import { type Precision, precisions } from '../precision.ts';
import { roundingModel } from './roundingModel.ts';

/**
 * Mean of h²/(u²x²), h half an ulp of x, when significands are spread evenly in logarithm: ∫₁² dm/(m³ ln 2) = 3/(8 ln 2). The rounding
 * model takes its upper bound; an estimate takes the mean.
 */
const meanSquareOfHalfUlp = 3 / (8 * Math.LN2);
/** Median of χ² with one degree of freedom: outputs are summed up by their median, so that single wrong ones do not count. */
const medianOfSquare = 0.454936;
/** A reading is right within this, whatever the data: spread of the significands and of the median. */
const readingUncertainty = 0.6;

export interface ObservedErrors {
  /** actual − expected. */
  readonly errors: ArrayLike<number>;
  /** Σ|a||b|. */
  readonly scales: ArrayLike<number>;
  readonly terms: number;
  readonly expected: ArrayLike<number>;
  /** Σ(ab)². Where unknown, 2·scale²/terms is taken: 1.8 is right for factors uniform on [−1, 1], 2.5 for normal ones, ¼ bit apart. */
  readonly squares?: ArrayLike<number>;
}

export interface ObservedBits {
  /** −log₂ of the unit roundoff, at most 53, if the factors of each product had been rounded once and nothing else. */
  readonly inputs: number;
  /** The same if each product and each partial sum of a sequential sum had been rounded. A tree of additions reads higher. */
  readonly sums: number;
  /** How much higher, at most: a sum rounded only once. */
  readonly treeBits: number;
}

/** Bits of both readings. Errors that are not finite are left out. */
export function observedBits({ errors, scales, terms, expected, squares }: ObservedErrors): ObservedBits {
  const q = squares ?? Float64Array.from({ length: scales.length }, (_, i) => (2 * scales[i] ** 2) / terms);
  // With u = 1, to be compared with squared errors; the reference's own rounding is float64's.
  const unit: Precision = { ...precisions.float64, unitRoundoff: 1, smallestSubnormal: 0 };
  const { variance } = roundingModel({ expected, scale: scales, squares: q, terms, precision: unit });
  const [asInputs, asSums, growth]: number[][] = [[], [], []];
  for (let i = 0; i < errors.length; i++) {
    if (!Number.isFinite(errors[i]) || !(q[i] > 0)) continue;
    const ofInputs = (2 / 3) * q[i];
    asInputs.push(errors[i] ** 2 / ofInputs);
    asSums.push(errors[i] ** 2 / variance[i]);
    growth.push(variance[i] / Math.max(expected[i] ** 2 / 3, q[i] / 3));
  }
  const bits = (ratios: number[]) => Math.min(53, -Math.log2(median(ratios) / (medianOfSquare * meanSquareOfHalfUlp)) / 2);
  return { inputs: bits(asInputs), sums: bits(asSums), treeBits: Math.max(0, Math.log2(median(growth)) / 2) };
}

function median(values: number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** Formats by significant bits, as a report names them. */
const formats = [
  { bits: 53, name: 'float64' },
  { bits: 24, name: 'float32' },
  { bits: 11, name: 'TF32 or float16' },
  { bits: 8, name: 'bf16' },
] as const;

/** 'declared float32, observed 10.9 bits: consistent with TF32 or float16 inputs': what the errors alone allow to say. */
export function observedVerdict(declared: Precision, observed: ObservedBits): string {
  const declaredBits = -Math.log2(declared.unitRoundoff);
  const says = (bits: number, what: string) => `declared ${declared.name}, observed ${bits.toFixed(1)} bits: ${what}`;
  if (Number.isNaN(observed.sums)) return `declared ${declared.name}, observed nothing: no finite result`;
  if (observed.sums >= declaredBits - readingUncertainty) {
    const wider = observed.sums > declaredBits + observed.treeBits + readingUncertainty;
    return says(observed.sums, `consistent with ${declared.name}${wider ? ' or wider' : ''}`);
  }
  const inputs = formats.filter(({ bits }) => Math.abs(observed.inputs - bits) <= readingUncertainty);
  const sums = formats.filter(
    ({ bits }) => observed.sums >= bits - readingUncertainty && observed.sums <= bits + observed.treeBits + readingUncertainty,
  );
  const candidates = [...inputs.map(({ name }) => `${name} inputs`), ...sums.map(({ name }) => `a ${name} accumulator`)];
  const shown = inputs.length > 0 ? observed.inputs : observed.sums;
  return says(shown, candidates.length > 0 ? `consistent with ${candidates.join(' or ')}` : 'consistent with no known format');
}

/** A number's significant bits: 24 or fewer for every normal float32. 0 has none. */
export function significantBits(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return 0;
  let significand = Math.abs(x) * 2 ** -Math.floor(Math.log2(Math.abs(x)));
  let bits = 1;
  while (significand % 1 !== 0) {
    significand *= 2;
    bits++;
  }
  return bits;
}

export const inputFormats = ['TF32', 'float16', 'bf16'] as const;
export type InputFormat = (typeof inputFormats)[number];

export interface PrecisionQuestion {
  readonly expected: ArrayLike<number>;
  readonly scales: ArrayLike<number>;
  readonly squares?: ArrayLike<number>;
  readonly terms: number;
  readonly declared: Precision;
  /** The reference's answers to the inputs rounded to each format. */
  readonly roundedInputs: Readonly<Record<InputFormat, ArrayLike<number>>>;
}

export interface IdentifiedPrecision {
  readonly inputs: 'exact' | InputFormat;
  /** 'float64, rounded once': every result is the exact one rounded to float32. */
  readonly accumulator: 'float64' | 'float64, rounded once' | 'float32' | 'float16' | 'bf16' | 'unknown';
  readonly bits: number;
  readonly verdict: string;
}

/**
 * Tells where precision was lost. Inputs: the reference's answers to inputs rounded to a format leave a smaller error than its answers
 * to the inputs themselves. Accumulator: results that all have 8 or 11 significant bits were held in bf16 or float16 (TF32's 11 bits look
 * the same); otherwise the error that is left is read as rounded sums.
 */
export function identifyPrecision(question: PrecisionQuestion, actual: ArrayLike<number>): IdentifiedPrecision {
  const { expected, scales, squares, terms, declared, roundedInputs } = question;
  const count = expected.length;
  const errorsFrom = (right: ArrayLike<number>) => Float64Array.from({ length: count }, (_, i) => actual[i] - right[i]);
  const read = (right: ArrayLike<number>) => observedBits({ errors: errorsFrom(right), scales, squares, terms, expected });
  let held = 0;
  for (let i = 0; i < count; i++) held = Math.max(held, significantBits(actual[i]));

  // Results on a coarse grid err so much by their own format that little can be said of the inputs.
  const coarse = held <= 8 ? 'bf16' : held <= 11 ? 'float16' : undefined;
  const exact = read(expected);
  let best: { inputs: 'exact' | InputFormat; observed: ObservedBits } = { inputs: 'exact', observed: exact };
  if (coarse === undefined && exact.sums < declaredBitsOf(declared) - readingUncertainty) {
    for (const format of inputFormats) {
      const observed = read(roundedInputs[format]);
      if (observed.sums > best.observed.sums) best = { inputs: format, observed };
    }
  }
  const { inputs, observed } = best;
  const right = inputs === 'exact' ? expected : roundedInputs[inputs];
  const accumulator = coarse ?? readAccumulator(actual, right, observed, held);
  const bits = inputs === 'exact' ? exact.sums : exact.inputs;
  const name = { 'float64, rounded once': 'a float64 accumulator, rounded once', unknown: 'no known accumulator' };
  const place =
    inputs !== 'exact'
      ? `${inputs} inputs`
      : accumulator in name
        ? name[accumulator as keyof typeof name]
        : accumulatorName(accumulator);
  return {
    inputs,
    accumulator,
    bits,
    verdict: `declared ${declared.name}, observed ${bits.toFixed(1)} bits: consistent with ${place}`,
  };
}

const declaredBitsOf = ({ unitRoundoff }: Precision): number => -Math.log2(unitRoundoff);

function accumulatorName(accumulator: string): string {
  return accumulator.startsWith('float32') || accumulator === 'float64' ? accumulator : `a ${accumulator} accumulator`;
}

function readAccumulator(
  actual: ArrayLike<number>,
  right: ArrayLike<number>,
  observed: ObservedBits,
  held: number,
): IdentifiedPrecision['accumulator'] {
  if (held > 24) return observed.sums >= 53 - observed.treeBits - readingUncertainty ? 'float64' : 'unknown';
  let roundedOnce = true;
  for (let i = 0; i < actual.length && roundedOnce; i++) roundedOnce = actual[i] === Math.fround(right[i]);
  if (roundedOnce) return 'float64, rounded once';
  return observed.sums >= 24 - readingUncertainty ? 'float32' : 'unknown';
}
