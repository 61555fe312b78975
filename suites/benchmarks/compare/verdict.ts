/** What pairs of processes say of two versions: regression, improvement, equivalent, or inconclusive. */
import { holm } from '../statistics/holm.ts';
import { type HodgesLehmann, hodgesLehmann, signedRank } from '../statistics/signedRank.ts';

/** A change below this is none: ln 1.01. */
export const smallestChange = Math.log(1.01);
export const alpha = 0.01;

export type Verdict = 'regression' | 'improvement' | 'equivalent' | 'inconclusive';

export interface Comparison {
  readonly verdict: Verdict;
  /** B's time ÷ A's: the Hodges–Lehmann estimate, with its interval of 98 %. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** Of the exact one-sided signed-rank test against 1 %, adjusted by Holm for all cases of the comparison. */
  readonly pSlower: number;
  readonly pFaster: number;
  /** The smallest slowdown, as a ratio, that pairs which scatter like these would have shown. */
  readonly visible: number;
  readonly pairs: number;
}

/** Returns the p-value of "B takes over 1 % longer than A". */
export function pSlower(differences: readonly number[]): number {
  return signedRank(differences, smallestChange).greater;
}

function pFaster(differences: readonly number[]): number {
  return signedRank(differences, -smallestChange).less;
}

/** Compares cases, each by its pairs' differences ln B − ln A. */
export function compareCases(cases: readonly (readonly number[])[]): Comparison[] {
  const slower = holm(cases.map(pSlower));
  const faster = holm(cases.map(pFaster));
  return cases.map((differences, i) => {
    const estimate = hodgesLehmann(differences, 1 - 2 * alpha);
    return {
      verdict: verdictOf(slower[i], faster[i], estimate),
      ratio: Math.exp(estimate.estimate),
      low: Math.exp(estimate.low),
      high: Math.exp(estimate.high),
      pSlower: slower[i],
      pFaster: faster[i],
      visible: Math.exp(visibleChange(differences, estimate.estimate, cases.length)),
      pairs: differences.length,
    };
  });
}

function verdictOf(slower: number, faster: number, { low, high, level }: HodgesLehmann): Verdict {
  if (slower <= alpha) return 'regression';
  if (faster <= alpha) return 'improvement';
  const enough = level >= 1 - 2 * alpha - 1e-9;
  return enough && low > -smallestChange && high < smallestChange ? 'equivalent' : 'inconclusive';
}

/** The shift at which the scatter of these pairs becomes significant; infinite where so few pairs cannot show any. */
function visibleChange(differences: readonly number[], centre: number, cases: number): number {
  const rejects = (shift: number) => cases * pSlower(differences.map((value) => value - centre + shift)) <= alpha;
  let [low, high] = [0, 8];
  if (!rejects(high)) return Number.POSITIVE_INFINITY;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (rejects(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** How often a comparison of `pairs` pairs, drawn from many, says regression; `shift` is added to each difference. */
export function alarmRate(
  differences: readonly number[],
  {
    pairs,
    resamples,
    shift,
    next,
  }: { readonly pairs: number; readonly resamples: number; readonly shift: number; readonly next: () => number },
): number {
  let alarms = 0;
  for (let i = 0; i < resamples; i++) {
    const drawn = Array.from({ length: pairs }, () => differences[Math.floor(next() * differences.length)] + shift);
    if (pSlower(drawn) <= alpha) alarms++;
  }
  return alarms / resamples;
}
