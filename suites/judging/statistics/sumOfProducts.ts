/**
 * The statistical part of the verdict on sums of products: is the error of many outputs together what
 * honest rounding of that length gives? Thresholds come from the rounding model and a false-alarm probability, and
 * depend on the inputs alone: they are prepared once and used for every answer to them.
 *
 * What it asks of the data: the outputs' roundings are independent (no output computed twice from the same numbers), the inputs are
 * exact in the declared format, and the order of summation does not depend on the values.
 */
import { float64Array } from '../memory.ts';
import type { Precision } from '../precision.ts';
import { largestErrorOfTerms } from './heavyTerms.ts';
import {
  boundedCumulant,
  bridgeCumulant,
  closeToCumulant,
  cumulant,
  largestHonestError,
  quartic,
  quarticUpTo,
  type RoundingModel,
  roundingModel,
  type SumOfProductsData,
  varianceOfVariance,
} from './roundingModel.ts';
import { bennettThreshold } from './tails.ts';

/** Fewer outputs than this get no statistical verdict. */
export const smallestSample = 1000;

export interface StatisticalTest {
  readonly statistic: number;
  /** The largest statistic that passes. */
  readonly threshold: number;
  /** Upper bound of the probability that an honest implementation fails this test. */
  readonly falseAlarmProbability: number;
  readonly passed: boolean;
}

export interface StatisticalVerdict {
  readonly passed: boolean;
  readonly outputs: number;
  /** Sum of the tests' probabilities. */
  readonly falseAlarmProbability: number;
  /**
   * hardBound: largest error ÷ limit. largestElement: largest error ÷ what honest rounding exceeds with the probability of one
   * element, or ÷ a lower bound of that where it is within it. meanSquare: mean of e²/variance, each capped at 16. All others are projections Σwe ÷ √(Σw²·variance), in standard deviations:
   * bias (the mean of e/√variance against zero), result (a wrong scale), sign (results cut off toward zero),
   * partialSums (additions cut off toward zero), positions (a dropped or doubled term: the most suspicious one), and suspects by name.
   */
  readonly tests: Readonly<Record<string, StatisticalTest>>;
  /** Of the positions test: the term that the errors resemble most. */
  readonly position?: number;
  /** Of the suspects test: the one that the errors resemble most. */
  readonly suspect?: string;
}

export interface StatisticalQuestion extends SumOfProductsData {
  /** Hard limit of each output: γₙ·Σ|a||b| + half an ulp. */
  readonly limit: ArrayLike<number>;
  /** The sum of the partial sums of each output, in the order of the data. */
  readonly partialSums?: ArrayLike<number>;
  /** Errors that a suspected cause would make (inputs rounded to 11 bits), by the cause's name. */
  readonly suspects?: Readonly<Record<string, ArrayLike<number>>>;
}

/** Of the sum of weighted errors. */
interface Projection {
  readonly weights: Float64Array;
  /** √(Σw²·variance). */
  readonly deviation: number;
  /** In deviations. */
  readonly threshold: number;
}

/** One projection a position; the weights as the products, outputs × terms. */
interface Positions {
  readonly weights: Float64Array;
  readonly deviations: Float64Array;
  readonly thresholds: Float64Array;
}

/** Everything about a question that does not depend on the answer. */
export interface PreparedStatistics {
  readonly question: StatisticalQuestion;
  readonly model: RoundingModel;
  /** Of each test; hardBound has none. */
  readonly probability: (test: TestName) => number;
  /** Each output's share of the test of the largest element. */
  readonly elementProbability: number;
  readonly meanSquareThreshold: number;
  readonly projections: Readonly<Record<string, Projection>>;
  readonly suspects: Readonly<Record<string, Projection>>;
  readonly positions?: Positions;
  /** Sharper limits of single elements, found when asked for. */
  readonly elementLimits: Map<number, number>;
}

/**
 * What each test has of the false-alarm probability. A normal statistic's threshold hardly moves with its share; that of one element, over
 * orders that are not known, moves with the logarithm itself.
 */
const shares = { largestElement: 4, meanSquare: 1, bias: 1, result: 1, sign: 1, partialSums: 1, positions: 2, suspects: 2 };
type TestName = keyof typeof shares;

const largestSquare = 16;

/**
 * Thresholds for one verdict that an honest implementation fails with at most the given probability, which the tests share.
 *
 * @throws RangeError when the declared format is narrower than float32: its inputs are rounded, and outputs that share one err together.
 */
export function prepareStatistics(question: StatisticalQuestion, falseAlarmProbability: number): PreparedStatistics {
  const { expected, products, partialSums, terms, precision } = question;
  refuseNarrow(precision);
  const model = roundingModel(question);
  const { variance } = model;
  const count = expected.length;
  const suspects = Object.entries(question.suspects ?? {});
  const asked: Readonly<Record<string, boolean>> = {
    partialSums: partialSums !== undefined,
    positions: products !== undefined,
    suspects: suspects.length > 0,
  };
  const total = Object.entries(shares).reduce((sum, [name, share]) => sum + ((asked[name] ?? true) ? share : 0), 0);
  const probability = (name: TestName) => (falseAlarmProbability * shares[name]) / total;

  const [deviations, signed] = [float64Array(count), float64Array(count)];
  for (let i = 0; i < count; i++) {
    deviations[i] = Math.sqrt(variance[i]);
    signed[i] = Math.sign(expected[i]) * deviations[i];
  }
  const shifts: Partial<Record<TestName, ArrayLike<number>>> = {
    bias: deviations,
    result: expected,
    sign: signed,
    ...(partialSums && { partialSums }),
  };
  let secondMoments = 0;
  for (let i = 0; i < count; i++) {
    if (variance[i] > 0) secondMoments += 3 * (1 + varianceOfVariance(model, i) / variance[i] ** 2);
  }
  return {
    question,
    model,
    probability,
    elementProbability: probability('largestElement') / count,
    // E e⁴ ≤ 3·(variance in one order)² for a sum of independent sub-Gaussian roundings; capping makes neither moment larger.
    meanSquareThreshold: 1 + bennettThreshold(probability('meanSquare'), secondMoments, largestSquare) / count,
    projections: Object.fromEntries(
      Object.entries(shifts).map(([name, shift]) => [name, prepareProjection(model, probability(name as TestName), shift)]),
    ),
    suspects: Object.fromEntries(
      suspects.map(([name, shift]) => [name, prepareProjection(model, probability('suspects') / suspects.length, shift)]),
    ),
    elementLimits: new Map(),
    positions: products && preparePositions(model, products, terms, probability('positions') / terms),
  };
}

function refuseNarrow(precision: Precision): void {
  if (precision.unitRoundoff > 2 ** -24) {
    throw new RangeError(
      `statistics: declared ${precision.name} rounds its inputs; only float32 and float64 have independent errors`,
    );
  }
}

/**
 * The projection that sees the smallest multiple of a shift m. By Chernoff's bound P(Σwe > t) ≤ α/2 for t = ln(2/α) + ΣK(w), K the
 * cumulant; a shift size·m moves the sum by size·Σwm. The smallest size seen has K′(w) = size·m: w = size·m/variance where that is
 * small against the spread of the orders, and `weightOf` where it is not.
 */
function prepareProjection(model: RoundingModel, probability: number, shift: ArrayLike<number>): Projection {
  const { variance } = model;
  const surprise = Math.log(2 / probability);
  const weights = float64Array(variance.length);
  let information = 0;
  for (let i = 0; i < weights.length; i++) if (variance[i] > 0) information += (shift[i] * shift[i]) / variance[i];
  if (information === 0) return { weights, deviation: 0, threshold: 0 };
  let size = Math.sqrt((2 * surprise) / information);
  let threshold = 0;
  for (let pass = 0; pass < passes; pass++) {
    threshold = surprise;
    let moved = 0;
    for (let i = 0; i < weights.length; i++) {
      if (variance[i] === 0) continue;
      const m = shift[i];
      weights[i] = weightOf(model, i, (size * m) / variance[i]);
      threshold += closeToCumulant(model, i, Math.abs(weights[i]));
      moved += weights[i] * m;
    }
    size = threshold / moved;
  }
  let second = 0;
  for (let i = 0; i < weights.length; i++) second += weights[i] * weights[i] * variance[i];
  const deviation = Math.sqrt(second);
  return { weights, deviation, threshold: threshold / deviation };
}

/** The size settles at once where no weight is tempered, and otherwise within a few passes; any number of them gives a valid test. */
const passes = 4;

/**
 * The λ with K′(λ) = slope·variance, of the cumulant that makes more of it: largest λ·slope·variance − K(λ). Up to this φ there is little
 * between them, and the bridge's takes one square root.
 */
const bridgeUpTo = 1.5;

function weightOf(model: RoundingModel, i: number, slope: number): number {
  const { variance, spread, largest } = model;
  const bridge = tempered(slope, spread[i]);
  if (Math.abs(bridge) * spread[i] <= bridgeUpTo) return bridge;
  // K′ = λ·variance·s(λ), where s grows from 1 to largest/variance.
  const share = variance[i] / largest[i];
  const size = Math.abs(slope);
  let [low, high] = [size * share, size];
  for (let step = 0; step < 12; step++) {
    const middle = (low + high) / 2;
    const decay = Math.exp((-middle * middle * largest[i]) / 2);
    if (middle < size * (decay + share * (1 - decay))) low = middle;
    else high = middle;
  }
  const gain = (of: typeof cumulant, weight: number) => size * variance[i] * weight - of(model, i, weight);
  return gain(boundedCumulant, low) > gain(bridgeCumulant, Math.abs(bridge)) ? Math.sign(slope) * low : bridge;
}

/** φ that no weight of a bridge reaches: from π on its cumulant is infinite. */
const largestPhi = 2.6;

/** λ that grows ever slower as φ = λ·spread comes near the largest: within 1 % of what K′(λ) = size·m gives, for one square root. */
function tempered(slope: number, spread: number): number {
  const phi = (slope * spread) / largestPhi;
  return slope / Math.sqrt(1 + phi * phi);
}

/**
 * The same for the shift by each term's products: written out because there may be thousands of them, and with the cumulant's upper bound where
 * that holds.
 */
function preparePositions(model: RoundingModel, products: Float64Array, terms: number, probability: number): Positions {
  const { variance, spread } = model;
  const surprise = Math.log(2 / probability);
  const weights = float64Array(products.length);
  const zeros = () => float64Array(terms);
  const [sizes, nextSizes, deviations, thresholds] = [zeros(), zeros(), zeros(), zeros()];
  for (let pass = 0; pass <= passes; pass++) {
    const [second, above, moved] = [zeros(), zeros(), zeros()];
    for (let i = 0, at = 0; i < variance.length; i++) {
      const v = variance[i];
      if (v === 0) {
        at += terms;
        continue;
      }
      const [rest, most] = [quartic(model, i), quarticUpTo / spread[i]];
      for (let k = 0; k < terms; k++, at++) {
        const m = products[at];
        // The first pass only adds up m²/variance.
        const w = pass === 0 ? m / v : weightOf(model, i, (sizes[k] * m) / v);
        weights[at] = w;
        const square = w * w;
        second[k] += square * v;
        if (pass > 0)
          above[k] += square <= most * most ? square * square * rest : cumulant(model, i, Math.abs(w)) - (square * v) / 2;
        moved[k] += w * m;
      }
    }
    for (let k = 0; k < terms; k++) {
      if (moved[k] === 0) continue;
      const threshold = surprise + second[k] / 2 + above[k];
      nextSizes[k] = pass === 0 ? Math.sqrt((2 * surprise) / moved[k]) : threshold / moved[k];
      deviations[k] = Math.sqrt(second[k]);
      thresholds[k] = threshold / deviations[k];
    }
    sizes.set(nextSizes);
  }
  return { weights, deviations, thresholds };
}

/** Judges one answer to a prepared question. Every comparison is written so that NaN fails. */
export function judgeStatistics(prepared: PreparedStatistics, actual: ArrayLike<number>): StatisticalVerdict {
  const { question, model, probability, elementProbability, meanSquareThreshold, projections, suspects } = prepared;
  const { expected, limit, products, terms } = question;
  const count = expected.length;
  const errors = float64Array(count);
  let [overLimit, overElement, squares] = [0, 0, 0];
  // The output that errs most for its variance, where the terms tell more than the bound that all outputs have.
  let [farthest, deviations] = [-1, 0];
  // No order of summation makes the limit of an element smaller than that of a normal error; the limit itself takes longer to find.
  const leastDeviations = Math.sqrt(2 * Math.log(2 / elementProbability));
  for (let i = 0; i < count; i++) {
    const error = actual[i] - expected[i];
    errors[i] = error;
    if (error === 0) continue;
    overLimit = larger(overLimit, Math.abs(error) / limit[i]);
    const least = leastDeviations * Math.sqrt(model.variance[i]);
    const elementLimit = Math.abs(error) <= least ? least : largestHonestError(model, i, elementProbability);
    overElement = larger(overElement, Math.abs(error) / elementLimit);
    if (Math.abs(error) > Math.max(least, deviations * Math.sqrt(model.variance[i]))) {
      [farthest, deviations] = [i, Math.abs(error) / Math.sqrt(model.variance[i])];
    }
    squares += Math.min((error * error) / model.variance[i], largestSquare);
  }
  if (farthest >= 0 && overElement <= 1 && products) {
    const ofTerms = products.subarray(farthest * terms, (farthest + 1) * terms);
    const known = prepared.elementLimits;
    const elementLimit = known.get(farthest) ?? largestErrorOfTerms(model, farthest, ofTerms, elementProbability);
    known.set(farthest, elementLimit);
    overElement = larger(overElement, Math.abs(errors[farthest]) / elementLimit);
  }
  const test = (statistic: number, threshold: number, falseAlarmProbability: number): StatisticalTest => ({
    statistic,
    threshold,
    falseAlarmProbability,
    passed: statistic <= threshold,
  });
  const tests: Record<string, StatisticalTest> = {
    hardBound: test(overLimit, 1, 0),
    largestElement: test(overElement, 1, probability('largestElement')),
    meanSquare: test(squares / count, meanSquareThreshold, probability('meanSquare')),
  };
  for (const [name, projection] of Object.entries(projections)) {
    tests[name] = test(Math.abs(project(errors, projection)), projection.threshold, probability(name as TestName));
  }
  const position = prepared.positions && worstPosition(prepared.positions, errors);
  if (position) tests.positions = test(position.statistic, position.threshold, probability('positions'));
  const suspect = worstOf(
    Object.entries(suspects).map(([name, projection]) => ({
      name,
      statistic: Math.abs(project(errors, projection)),
      threshold: projection.threshold,
    })),
  );
  if (suspect) tests.suspects = test(suspect.statistic, suspect.threshold, probability('suspects'));
  return {
    passed: Object.values(tests).every(({ passed }) => passed),
    outputs: count,
    falseAlarmProbability: Object.values(tests).reduce((sum, { falseAlarmProbability: p }) => sum + p, 0),
    tests,
    ...(position && { position: position.index }),
    ...(suspect && { suspect: suspect.name }),
  };
}

/** The larger of two, NaN if either is. */
const larger = (a: number, b: number): number => Math.max(a, b);

function project(errors: Float64Array, { weights, deviation }: Projection): number {
  if (deviation === 0) return 0;
  let sum = 0;
  for (let i = 0; i < errors.length; i++) sum += weights[i] * errors[i];
  return sum / deviation;
}

/** The one that stands out most, relative to its own threshold. */
function worstOf<Candidate extends { statistic: number; threshold: number }>(
  candidates: readonly Candidate[],
): Candidate | undefined {
  return candidates.reduce<Candidate | undefined>(
    (worst, one) => (worst && one.statistic * worst.threshold <= worst.statistic * one.threshold ? worst : one),
    undefined,
  );
}

function worstPosition({ weights, deviations, thresholds }: Positions, errors: Float64Array) {
  const terms = deviations.length;
  const sums = float64Array(terms);
  for (let i = 0, at = 0; i < errors.length; i++, at += terms) {
    if (errors[i] === 0) continue;
    for (let k = 0; k < terms; k++) sums[k] += errors[i] * weights[at + k];
  }
  return worstOf(
    Array.from(sums, (sum, index) => ({
      index,
      statistic: deviations[index] === 0 ? 0 : Math.abs(sum) / deviations[index],
      threshold: thresholds[index],
    })),
  );
}
