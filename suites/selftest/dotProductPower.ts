/**
 * How small a fault may be and still be seen: per kind of fault and length, for each rule, beside the smallest that any test at all
 * could see with the same false-alarm probability (Neyman and Pearson).
 */
import { lengths as allLengths, type DataSet, type DotProducts, dataSets, drawDotProducts, outputs } from './dotProductData.ts';
import { accumulatorOf, inputShift, roundedInputs, sequential } from './dotProductKernels.ts';
import { elementLimit, power, shiftToNoise, smallestShift, wantedShift } from './dotProductLimit.ts';
import { anchorRules, type Rule } from './dotProductRules.ts';
import { etalonRule } from './dotProductVerdict.ts';

export interface PowerCurve {
  readonly fault: string;
  readonly dataSet: string;
  readonly lengths: readonly number[];
  /**
   * For each rule the smallest size that it catches at each length, in four of five draws; null where it misses even the largest
   * or refuses the honest answer, so that what it catches says nothing.
   */
  readonly rules: readonly { readonly name: string; readonly smallest: readonly (number | null)[] }[];
  /** The sizes that the best possible test sees with the same power, averaged over the draws. */
  readonly limit: readonly number[];
  /** Etalon's smallest size over the limit of the same numbers, in four of five draws at most. */
  readonly ratio: readonly (number | null)[];
}

interface Family {
  readonly fault: string;
  /** Ascending; the smallest is the smallest fault that exists. */
  readonly sizes: readonly number[];
  readonly answers: (data: DotProducts) => (size: number) => ArrayLike<number>;
  readonly limit: (data: DotProducts) => number;
}

/** Steps of a sixteenth of an octave from 2⁻³⁰ up to 1. */
const fineSizes = Array.from({ length: 16 * 30 + 1 }, (_, j) => 2 ** (j / 16 - 30));
/** An arithmetic of b bits has unit roundoff 2⁻ᵇ: those that exist between float32 and bf16. */
const wholeBits = Array.from({ length: 16 }, (_, j) => 2 ** (j - 23));
const bitsOf = (unitRoundoff: number) => -Math.log2(unitRoundoff);

/** Faults that shift every result by d times something known. */
function shiftFamily(fault: string, shift: (data: DotProducts, i: number) => number, limit: ShiftLimit = knownShift): Family {
  return {
    fault,
    sizes: fineSizes,
    answers: (data) => {
      const right = sequential(data, 0);
      const shifts = Float64Array.from({ length: outputs }, (_, i) => shift(data, i));
      // Not rounded again: the size of a fault would be lost in it where it is below an ulp.
      return (d) => Float64Array.from(right, (y, i) => y + d * shifts[i]);
    },
    limit: (data) => limit(data, (i) => shift(data, i)),
  };
}

type ShiftLimit = (data: DotProducts, shift: (i: number) => number) => number;
const knownShift: ShiftLimit = (data, shift) => wantedShift() / shiftToNoise(data, shift);
/** Which of the terms is wrong is not known beforehand: the best test asks at every place, with an equal share of the probability each. */
const unknownTerm: ShiftLimit = (data, shift) => smallestShift(data, shift, data.length);
/** The smallest of some sizes, ascending, at or above a limit: no smaller fault exists that could be seen. */
const existing = (sizes: readonly number[], limit: number) => sizes.find((size) => size >= limit) ?? Infinity;

const families: readonly Family[] = [
  shiftFamily('result multiplied by 1 + d', ({ expected }, i) => expected[i]),
  shiftFamily('middle term multiplied by 1 − d', ({ products, length }, i) => -products[i * length + length / 2], unknownTerm),
  shiftFamily(
    'one element in 1000 multiplied by 1 + d',
    ({ expected, median }, i) => (i === median ? expected[i] : 0),
    elementLimit,
  ),
  {
    fault: 'inputs rounded to unit roundoff d',
    sizes: wholeBits,
    answers: (data) => (d) => roundedInputs(bitsOf(d))(data, 0),
    // The shift is known and in proportion to d: read off where it is far from float32's own rounding.
    limit: (data) => {
      const shift = inputShift(data, 12);
      return existing(wholeBits, (2 ** -12 * wantedShift()) / shiftToNoise(data, (i) => shift[i]));
    },
  },
  {
    fault: 'accumulator of unit roundoff d',
    sizes: wholeBits,
    answers: (data) => (d) => accumulatorOf(bitsOf(d))(data, 0),
    // Only the variance changes: the best test is Σe²/variance, χ² with one degree an output (quantile by Wilson and Hilferty).
    limit: () => {
      const part = 2 / (9 * outputs);
      return existing(wholeBits, 2 ** -24 * Math.sqrt((1 - part + wantedShift() * Math.sqrt(part)) ** 3));
    },
  },
];

/** Index of the smallest size that a rule refuses, by bisection: a larger fault of a kind is caught where a smaller one is. */
function smallestCaught(
  rule: Rule,
  data: DotProducts,
  sizes: readonly number[],
  answer: (size: number) => ArrayLike<number>,
): number {
  if (rule.accepts(data, answer(sizes[sizes.length - 1]))) return Infinity;
  let [low, high] = [-1, sizes.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (rule.accepts(data, answer(sizes[middle]))) low = middle;
    else high = middle;
  }
  return sizes[high];
}

export interface PowerOptions {
  readonly dataSets?: readonly DataSet[];
  readonly lengths?: readonly number[];
  /** Draws of numbers and roundings; a size counts as caught when four of five are. */
  readonly draws?: number;
  readonly progress?: (done: number, total: number) => void;
}

export function powerCurves(
  seed: number,
  { dataSets: chosen = dataSets, lengths = allLengths, draws = 5, progress }: PowerOptions = {},
): PowerCurve[] {
  const rules = [...anchorRules, etalonRule];
  let done = 0;
  return chosen.flatMap((dataSet) => {
    // One set of numbers at a time: the longest take 50 MB.
    const cells = lengths.map((length) =>
      Array.from({ length: draws }, (_, draw) => {
        progress?.(done++, chosen.length * lengths.length * draws);
        return measure(drawDotProducts(dataSet, length, seed + 1 + draw), rules);
      }),
    );
    return families.map(({ fault }, family) => {
      const most = (of: (one: Measured) => number) =>
        cells.map((measured) => {
          const value = inFourOfFive(measured.map(of));
          return Number.isFinite(value) ? value : null;
        });
      const limit = cells.map((measured) => average(measured.map(({ limits }) => limits[family])));
      return {
        fault,
        dataSet,
        lengths,
        rules: rules.map(({ name }, rule) => ({ name, smallest: most(({ sizes }) => sizes[family][rule]) })),
        limit,
        ratio: most(({ sizes, limits }) => sizes[family][rules.length - 1] / limits[family]),
      };
    });
  });
}

/** Of one set of numbers: by kind of fault the smallest size that each rule catches, and the limit. */
interface Measured {
  readonly sizes: number[][];
  readonly limits: number[];
}

function measure(data: DotProducts, rules: readonly Rule[]): Measured {
  const right = sequential(data, 0);
  const usable = rules.map((rule) => rule.accepts(data, right));
  const sizes = families.map((family) => {
    const answers = family.answers(data);
    const known = new Map<number, ArrayLike<number>>();
    const answer = (size: number) => {
      const found = known.get(size) ?? answers(size);
      known.set(size, found);
      return found;
    };
    return rules.map((rule, at) => (usable[at] ? smallestCaught(rule, data, family.sizes, answer) : Infinity));
  });
  return { sizes, limits: families.map(({ limit }) => limit(data)) };
}

/** What the share of draws that the limit speaks of stays within: of five draws the fourth. */
function inFourOfFive(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[Math.ceil(power * values.length) - 1];
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
