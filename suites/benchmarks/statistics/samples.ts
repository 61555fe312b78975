/** Describes samples of one process: median with interval, spread, outliers, percentiles, drift. */
import { medianAbsoluteDeviation, medianSorted, quantileSorted } from 'simple-statistics';

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Probability with which intervals made this way hold the true value. */
  readonly level: number;
}

/** Counts of Tukey's outlier classes: mild beyond 1.5 interquartile ranges from the quartiles, severe beyond 3. */
export interface Outliers {
  readonly lowSevere: number;
  readonly lowMild: number;
  readonly highMild: number;
  readonly highSevere: number;
}

/** Returns a copy in ascending order. */
export function ascending(samples: readonly number[]): number[] {
  return samples.toSorted((a, b) => a - b);
}

/** Returns the median: the mean of the two middle values of an even count. */
export function medianOf(samples: readonly number[]): number {
  requireSamples('medianOf', samples);
  return medianSorted(ascending(samples));
}

/** Returns the median absolute deviation from the median, unscaled. */
export function spreadOf(samples: readonly number[]): number {
  requireSamples('spreadOf', samples);
  return medianAbsoluteDeviation([...samples]);
}

/** Returns the interquartile range divided by the median. */
export function relativeSpreadOf(samples: readonly number[]): number {
  requireSamples('relativeSpreadOf', samples);
  const sorted = ascending(samples);
  return (quantileSorted(sorted, 0.75) - quantileSorted(sorted, 0.25)) / medianSorted(sorted);
}

/**
 * Returns the k for which the k-th smallest and the k-th largest of `count` samples hold the median with at least `confidence`:
 * the largest k with 2·P(B ≤ k − 1) ≤ 1 − confidence, B binomial(count, ½). 0 where there are too few samples.
 */
export function medianRank(count: number, confidence = 0.95): number {
  let probability = 0.5 ** count;
  let below = probability;
  let k = 0;
  while (2 * below <= 1 - confidence + 1e-15) {
    k++;
    probability *= (count - k + 1) / k;
    below += probability;
  }
  return k;
}

/**
 * Returns the interval between two order statistics that holds the median of whatever the samples were drawn from, independently and
 * alike; no other assumption. Fewer than six samples reach no 95 %: then it is their range, and `level` says what that reaches.
 */
export function medianInterval(samples: readonly number[], confidence = 0.95): Interval {
  requireSamples('medianInterval', samples);
  const sorted = ascending(samples);
  const rank = Math.max(1, medianRank(sorted.length, confidence));
  return { low: sorted[rank - 1], high: sorted[sorted.length - rank], level: coverage(sorted.length, rank) };
}

/** 1 − 2·P(B ≤ rank − 1). */
function coverage(count: number, rank: number): number {
  let probability = 0.5 ** count;
  let below = probability;
  for (let k = 1; k < rank; k++) {
    probability *= (count - k + 1) / k;
    below += probability;
  }
  return Math.max(0, 1 - 2 * below);
}

const offeredPercentiles = [50, 90, 95, 99] as const;

/**
 * Returns the percentiles that a sample of this size supports: those with at least two samples above them with probability 0.99.
 * That is 64 samples for the 90th, 130 for the 95th, 662 for the 99th.
 */
export function supportedPercentiles(count: number): number[] {
  return offeredPercentiles.filter((percentile) => {
    const above = 1 - percentile / 100;
    const none = (1 - above) ** count;
    const one = count * above * (1 - above) ** (count - 1);
    return none + one <= 0.01;
  });
}

/** Returns the supported percentiles of the samples by name: { p50, p90, … }. */
export function percentilesOf(samples: readonly number[]): Record<string, number> {
  const sorted = ascending(samples);
  return Object.fromEntries(supportedPercentiles(sorted.length).map((p) => [`p${p}`, quantileSorted(sorted, p / 100)]));
}

/** Returns how many samples lie in each of Tukey's outlier classes. */
export function outliersOf(samples: readonly number[]): Outliers {
  requireSamples('outliersOf', samples);
  const sorted = ascending(samples);
  const [first, third] = [quantileSorted(sorted, 0.25), quantileSorted(sorted, 0.75)];
  const range = third - first;
  const counts = { lowSevere: 0, lowMild: 0, highMild: 0, highSevere: 0 };
  for (const sample of sorted) {
    if (sample < first - 3 * range) counts.lowSevere++;
    else if (sample < first - 1.5 * range) counts.lowMild++;
    else if (sample > third + 3 * range) counts.highSevere++;
    else if (sample > third + 1.5 * range) counts.highMild++;
  }
  return counts;
}

/** A sequence drifts when its order explains it: chance gives as clear a trend once in a thousand. */
const driftDeviations = 3.29;
const smallestDrift = 0.02;
const fewestForDrift = 10;

/**
 * Returns how much the last third of a sequence lies above its first third, relative to the median, where Kendall's test finds a trend
 * (p < 0.001) and the change is over 2 %; 0 otherwise.
 */
export function driftOf(samples: readonly number[]): number {
  const n = samples.length;
  if (n < fewestForDrift) return 0;
  let score = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) score += Math.sign(samples[j] - samples[i]);
  const deviations = Math.max(0, Math.abs(score) - 1) / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  if (deviations < driftDeviations) return 0;
  const third = Math.floor(n / 3);
  const change = (medianOf(samples.slice(-third)) - medianOf(samples.slice(0, third))) / medianOf(samples);
  return Math.abs(change) > smallestDrift ? change : 0;
}

function requireSamples(name: string, samples: readonly number[]): void {
  if (samples.length === 0) throw new RangeError(`${name}: at least one sample is needed`);
  const broken = samples.findIndex((sample) => !Number.isFinite(sample));
  if (broken >= 0) throw new RangeError(`${name}: sample ${broken} is ${samples[broken]}; finite numbers are needed`);
}
