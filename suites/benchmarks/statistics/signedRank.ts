/** Wilcoxon's signed-rank test, exact, and the Hodges–Lehmann estimate that belongs to it. */
import { ascending, type Interval, medianOf } from './samples.ts';

export interface SignedRank {
  /** Sum of the ranks of the positive differences. */
  readonly positiveRanks: number;
  /** P(W ≥ positiveRanks) when the differences are symmetric about the shift. */
  readonly greater: number;
  /** P(W ≤ positiveRanks). */
  readonly less: number;
  /** Differences that are not equal to the shift. */
  readonly count: number;
}

/**
 * Tests whether differences are symmetric about `shift`, against larger or smaller ones. Exact: each of the 2ⁿ choices of signs is
 * counted. Tied differences share their mean rank, and the distribution is that of the shared ranks; differences equal to the shift are left out.
 */
export function signedRank(differences: readonly number[], shift = 0): SignedRank {
  const moved = differences.map((difference) => difference - shift).filter((difference) => difference !== 0);
  const doubled = doubledRanks(moved.map(Math.abs));
  const observed = doubled.reduce((sum, rank, i) => sum + (moved[i] > 0 ? rank : 0), 0);
  const probabilities = distribution(doubled);
  let greater = 0;
  let less = 0;
  probabilities.forEach((probability, sum) => {
    if (sum >= observed) greater += probability;
    if (sum <= observed) less += probability;
  });
  return { positiveRanks: observed / 2, greater: Math.min(1, greater), less: Math.min(1, less), count: moved.length };
}

/** Twice the rank of each size, so that shared ranks are whole numbers. */
function doubledRanks(sizes: readonly number[]): number[] {
  const sorted = ascending(sizes);
  return sizes.map((size) => sorted.indexOf(size) + 1 + sorted.lastIndexOf(size) + 1);
}

/** Probability of each sum of a subset of the ranks, every subset as likely as any other. */
function distribution(ranks: readonly number[]): Float64Array {
  const total = ranks.reduce((a, b) => a + b, 0);
  const probabilities = new Float64Array(total + 1);
  probabilities[0] = 1;
  for (const rank of ranks) {
    for (let sum = total; sum >= 0; sum--) {
      probabilities[sum] = (probabilities[sum] + (sum >= rank ? probabilities[sum - rank] : 0)) / 2;
    }
  }
  return probabilities;
}

export interface HodgesLehmann extends Interval {
  readonly estimate: number;
}

/**
 * Returns the Hodges–Lehmann estimate, the median of the means of all pairs (each value with itself included), with the interval of
 * the shifts that the exact two-sided signed-rank test does not reject. Too few values for the confidence: the range of the
 * means, and `level` says what it reaches.
 */
export function hodgesLehmann(values: readonly number[], confidence = 0.95): HodgesLehmann {
  const means: number[] = [];
  for (let i = 0; i < values.length; i++) for (let j = i; j < values.length; j++) means.push((values[i] + values[j]) / 2);
  const sorted = ascending(means);
  const probabilities = distribution(values.map((_, i) => i + 1));
  // The largest k with P(W ≤ k − 1) ≤ α/2: the k-th smallest and the k-th largest mean.
  let k = 0;
  let below = probabilities[0];
  let reached = 0;
  while (below <= (1 - confidence) / 2 + 1e-15 && k < sorted.length / 2) {
    k++;
    reached = below;
    below += probabilities[k];
  }
  const rank = Math.max(1, k);
  const tail = k === 0 ? probabilities[0] : reached;
  return {
    estimate: medianOf(means),
    low: sorted[rank - 1],
    high: sorted[sorted.length - rank],
    level: Math.max(0, 1 - 2 * tail),
  };
}
