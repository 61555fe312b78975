/**
 * How small a fault may be and still be seen: per kind of fault and length, for each rule, beside the smallest that any test at all
 * could see with the same false-alarm probability (Neyman and Pearson).
 */

import { normalQuantile } from '../../judging/statistics/tails.ts';
import { lengths as allLengths, type DataSet, type DotProducts, dataSets, drawDotProducts, outputs } from './data.ts';
import { accumulatorOf, moreHonest, sequential } from './kernels.ts';
import { power, type ShiftOf, smallestShift } from './limit.ts';
import { anchorRules, type Rule } from './rules.ts';
import { etalonRule, inputSuspect, preparedVerdict, verdictProbability } from './verdict.ts';

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
  /** Ascending. */
  readonly sizes: readonly number[];
  /** For each of some right answers, or for roundings of its own, the answers with faults by their size. */
  readonly faulty: (data: DotProducts, right: readonly ArrayLike<number>[]) => ((size: number) => ArrayLike<number>)[];
  readonly limit: (data: DotProducts) => number;
}

/** Sixteen sizes an octave, 4 % apart, up to 1. */
const sizesFrom = (octaves: number) => Array.from({ length: 16 * octaves + 1 }, (_, j) => 2 ** (j / 16 - octaves));

/**
 * Faults that shift every result by d times something known; the place, where it is one of so many, is not known to the judge of the limit
 * either.
 */
function shiftFamily(fault: string, shift: (data: DotProducts) => ShiftOf, places: (data: DotProducts) => number): Family {
  return {
    fault,
    sizes: sizesFrom(30),
    faulty: (data, right) => {
      const of = shift(data);
      const shifts = Float64Array.from(data.expected, (_, i) => of(i));
      // Not rounded again: the size of a fault would be lost in it where it is below an ulp.
      return right.map((answer) => (d) => shifts.map((m, i) => answer[i] + d * m));
    },
    limit: (data) => smallestShift(data, shift(data), places(data)),
  };
}

/**
 * The variance is multiplied by d²/u², and the best test is Σe²/variance, χ² with one degree an output (quantiles by Wilson and Hilferty).
 * The judge of this limit knows more than Etalon: the order of summation.
 */
function smallestRoundoff(): number {
  const part = 2 / (9 * outputs);
  const quantile = (z: number) => (1 - part + z * Math.sqrt(part)) ** 3;
  return 2 ** -24 * Math.sqrt(quantile(normalQuantile(verdictProbability)) / quantile(-normalQuantile(1 - power)));
}

const families: readonly Family[] = [
  shiftFamily(
    'result multiplied by 1 + d',
    ({ expected }) =>
      (i) =>
        expected[i],
    () => 1,
  ),
  shiftFamily(
    'middle term multiplied by 1 − d',
    ({ products, length }) =>
      (i) =>
        -products[i * length + length / 2],
    ({ length }) => length,
  ),
  shiftFamily(
    'one element in 1000 multiplied by 1 + d',
    ({ expected, median }) =>
      (i) =>
        i === median ? expected[i] : 0,
    () => outputs,
  ),
  shiftFamily(
    'inputs rounded to unit roundoff d',
    // So that a size need not be a whole bit: the shift that 12 bits make, in proportion.
    (data) => {
      const shift = preparedVerdict(data).question.suspects![inputSuspect(12)];
      return (i) => 2 ** 12 * shift[i];
    },
    () => 1,
  ),
  {
    fault: 'accumulator of unit roundoff d',
    // Where d is not a power of two the octaves of the sums begin elsewhere than at powers of two.
    sizes: sizesFrom(24),
    faulty: (data) => [(d) => accumulatorOf(-Math.log2(d))(data, 0)],
    limit: smallestRoundoff,
  },
];

/**
 * The smallest size that a rule refuses: a larger fault of a kind is caught where a smaller one is. Looked for in steps that double, from a
 * size that is near it or not, and then by bisection.
 */
function smallestCaught(
  accepts: (answer: ArrayLike<number>) => boolean,
  sizes: readonly number[],
  near: number,
  answer: (size: number) => ArrayLike<number>,
): number {
  const refused = (at: number) => !accepts(answer(sizes[at]));
  let [low, high] = [-1, sizes.length];
  let step = 4;
  for (let at = Math.max(0, Math.min(near, sizes.length - 1)); high - low > 1; step *= 2) {
    if (refused(at)) high = at;
    else low = at;
    if (low >= 0 && high < sizes.length) break;
    at = low >= 0 ? Math.min(at + step, sizes.length - 1) : Math.max(at - step, 0);
    if (at === low || at === high) break;
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (refused(middle)) high = middle;
    else low = middle;
  }
  return sizes[high] ?? Infinity;
}

export interface PowerOptions {
  readonly dataSets?: readonly DataSet[];
  readonly lengths?: readonly number[];
  /** Draws of numbers, each with four roundings; a size counts as caught when four of five are. */
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
        return measure(drawDotProducts(dataSet, length, seed * draws + draw + 1), rules);
      }),
    );
    return families.map(({ fault }, family) => {
      const most = (of: (one: Measured) => number[]) =>
        cells.map((measured) => {
          const value = inFourOfFive(measured.flatMap(of));
          return Number.isFinite(value) ? value : null;
        });
      const limit = cells.map((measured) => average(measured.map(({ limits }) => limits[family])));
      return {
        fault,
        dataSet,
        lengths,
        rules: rules.map(({ name }, rule) => ({ name, smallest: most(({ sizes }) => sizes[family][rule]) })),
        limit,
        ratio: most(({ sizes, limits }) => sizes[family][rules.length - 1].map((size) => size / limits[family])),
      };
    });
  });
}

/** Of one set of numbers: by kind of fault and rule the smallest size caught with each rounding, and by kind of fault the limit. */
interface Measured {
  readonly sizes: number[][][];
  readonly limits: number[];
}

/**
 * Right answers with roundings of their own: from first to last and from last to first, which no judge is told, and their mirror images,
 * for an error is as likely as its negative.
 */
function roundings(data: DotProducts, forward: ArrayLike<number>): ArrayLike<number>[] {
  const answers = [forward, moreHonest.reversed(data, 0)];
  const mirrored = (answer: ArrayLike<number>) => data.expected.map((y, i) => 2 * y - answer[i]);
  return [...answers, ...answers.map(mirrored)];
}

function measure(data: DotProducts, rules: readonly Rule[]): Measured {
  const right = sequential(data, 0);
  const usable = rules.map((rule) => rule.accepts(data, right));
  const rounded = roundings(data, right);
  const limits = families.map(({ limit }) => limit(data));
  const sizes = families.map(({ sizes, faulty }, family) => {
    const near = sizes.findIndex((size) => size > 1.5 * limits[family]);
    const perRounding = faulty(data, rounded).map((answers) => {
      const known = new Map<number, ArrayLike<number>>();
      return (size: number) => {
        const found = known.get(size) ?? answers(size);
        known.set(size, found);
        return found;
      };
    });
    return rules.map((rule, at) =>
      perRounding.map((answer) => (usable[at] ? smallestCaught((y) => rule.accepts(data, y), sizes, near, answer) : Infinity)),
    );
  });
  return { sizes, limits };
}

/** What the share of draws that the limit speaks of stays within: of twenty the sixteenth. */
function inFourOfFive(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[Math.ceil(power * values.length) - 1];
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
