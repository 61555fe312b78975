/** Against published tables and samples with known answers. */
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../judging/random.ts';
import { fitGrowth } from './growth.ts';
import { holm } from './holm.ts';
import { acrossProcesses } from './processes.ts';
import {
  driftOf,
  medianInterval,
  medianOf,
  medianRank,
  outliersOf,
  percentilesOf,
  relativeSpreadOf,
  spreadOf,
  supportedPercentiles,
} from './samples.ts';
import { hodgesLehmann, signedRank } from './signedRank.ts';
import { studentQuantile } from './student.ts';

const counted = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('studentQuantile', () => {
  // Two-sided 95 % and one-sided 99 % points of the printed tables.
  it.each([
    [0.975, 1, 12.7062],
    [0.975, 2, 4.3027],
    [0.975, 5, 2.5706],
    [0.975, 10, 2.2281],
    [0.975, 30, 2.0423],
    [0.975, 120, 1.9799],
    [0.99, 4, 3.7469],
    [0.995, 8, 3.3554],
  ])('of %s with %s degrees of freedom is %s', (probability, degrees, expected) => {
    expect(studentQuantile(probability, degrees)).toBeCloseTo(expected, 4);
    expect(studentQuantile(1 - probability, degrees)).toBeCloseTo(-expected, 4);
  });

  it('refuses what is no probability', () => {
    expect(() => studentQuantile(1, 3)).toThrow('not inside (0, 1)');
    expect(() => studentQuantile(0.9, 0)).toThrow('1 or more');
  });
});

describe('the median', () => {
  // Rank of the lower limit in the printed tables of 95 % intervals for the median (the sign test's critical value plus one).
  it.each([
    [5, 0],
    [6, 1],
    [8, 1],
    [9, 2],
    [10, 2],
    [12, 3],
    [15, 4],
    [20, 6],
    [25, 8],
    [30, 10],
    [40, 14],
    [50, 18],
  ])('of %i samples lies between the order statistics of rank %i', (count, rank) => {
    expect(medianRank(count)).toBe(rank);
    if (rank > 0) expect(medianInterval(counted(count))).toMatchObject({ low: rank, high: count + 1 - rank });
  });

  it('says what the range of a few samples reaches', () => {
    expect(medianInterval([3, 1, 2])).toEqual({ low: 1, high: 3, level: 0.75 });
    expect(medianInterval(counted(6)).level).toBe(1 - 2 / 64);
    expect(medianInterval([7])).toEqual({ low: 7, high: 7, level: 0 });
  });

  it('is the middle value, or the mean of two', () => {
    expect(medianOf([9, 1, 5])).toBe(5);
    expect(medianOf([4, 1, 3, 2])).toBe(2.5);
    expect(() => medianOf([])).toThrow('at least one sample');
    expect(() => medianOf([1, Number.NaN])).toThrow('sample 1 is NaN');
  });

  it('is held by the stated share of intervals, whatever the distribution', () => {
    const random = randomFrom(1, 'median coverage');
    let held = 0;
    const runs = 2000;
    for (let run = 0; run < runs; run++) {
      // Exponential, whose median is ln 2.
      const { low, high } = medianInterval(Array.from({ length: 15 }, () => -Math.log(1 - random.next())));
      if (low <= Math.LN2 && Math.LN2 <= high) held++;
    }
    // 96.5 % by theory; four standard deviations of the count are 1.7 %.
    expect(held / runs).toBeGreaterThan(0.948);
    expect(held / runs).toBeLessThan(0.982);
  });
});

it('measures the spread', () => {
  expect(spreadOf([1, 1, 2, 2, 4, 6, 9])).toBe(1);
  expect(relativeSpreadOf([1, 2, 3, 4, 5, 6, 7, 8, 9])).toBeCloseTo(4 / 5, 12);
});

it('puts outliers into the classes of Tukey', () => {
  // Quartiles 10 and 20: the fences stand at −5 and 35, −20 and 50.
  const samples = [-21, -6, 10, 10, 10, 15, 20, 20, 20, 36, 51];
  expect(outliersOf(samples)).toEqual({ lowSevere: 1, lowMild: 1, highMild: 1, highSevere: 1 });
  expect(outliersOf([1, 1, 1, 1])).toEqual({ lowSevere: 0, lowMild: 0, highMild: 0, highSevere: 0 });
});

it('names the percentiles that the sample supports and no others', () => {
  expect([63, 64, 129, 130, 661, 662].map((count) => supportedPercentiles(count).at(-1))).toEqual([50, 90, 90, 95, 95, 99]);
  expect(supportedPercentiles(5)).toEqual([]);
  expect(percentilesOf(counted(64))).toEqual({ p50: 32.5, p90: 57.7 });
});

describe('drift', () => {
  it('is found where the order explains the samples', () => {
    expect(driftOf(counted(30).map((i) => 100 + i))).toBeCloseTo(20 / 115.5, 10);
    expect(driftOf(counted(30).map((i) => 100 - i))).toBeLessThan(-0.2);
  });

  it('is not found in noise, in a trend that is too small to matter, or in few samples', () => {
    const random = randomFrom(1, 'no drift');
    const runs = 1000;
    let alarms = 0;
    for (let run = 0; run < runs; run++) if (driftOf(counted(30).map(() => 100 + 10 * random.normal())) !== 0) alarms++;
    expect(alarms).toBeLessThanOrEqual(5);
    expect(driftOf(counted(30).map((i) => 1e6 + i))).toBe(0);
    expect(driftOf([1, 2, 3, 4])).toBe(0);
  });
});

describe('the interval across processes', () => {
  it('holds the true median with three processes that differ', () => {
    const random = randomFrom(1, 'processes');
    let held = 0;
    const runs = 1000;
    for (let run = 0; run < runs; run++) {
      const processes = counted(3).map(() => {
        const own = 0.05 * random.normal();
        return counted(20).map(() => Math.exp(own + 0.01 * random.normal()));
      });
      const { low, high } = acrossProcesses(processes);
      if (low <= 1 && 1 <= high) held++;
    }
    expect(held / runs).toBeGreaterThan(0.93);
  });

  it('would be too narrow were the samples of all processes one heap: that is why it is not', () => {
    const pooled = medianInterval([...counted(20).map((i) => 100 + i / 100), ...counted(20).map((i) => 110 + i / 100)]);
    const { low, high } = acrossProcesses([counted(20).map((i) => 100 + i / 100), counted(20).map((i) => 110 + i / 100)]);
    expect(low).toBeLessThan(pooled.low - 10);
    expect(high).toBeGreaterThan(pooled.high + 10);
  });

  it('is that of order statistics from six processes on', () => {
    const estimate = acrossProcesses(counted(6).map((i) => [i]));
    expect(estimate).toEqual({ median: 3.5, low: 1, high: 6, level: 1 - 2 / 64, processes: 6 });
  });

  it('is known for processes that agree, by hand for two', () => {
    expect(acrossProcesses([[2], [2], [2]])).toMatchObject({
      median: 2,
      low: expect.closeTo(2, 12),
      high: expect.closeTo(2, 12),
    });
    // Mean of ln 1 and ln e² is 1, the standard error 1, Student's quantile with one degree of freedom 12.7062.
    const { low, high } = acrossProcesses([[1], [Math.exp(2)]]);
    expect(Math.log(low)).toBeCloseTo(1 - 12.7062, 4);
    expect(Math.log(high)).toBeCloseTo(1 + 12.7062, 4);
  });
});

describe('signedRank', () => {
  // Critical values of the printed tables: the largest sum of ranks on one side that is significant at α, one-sided.
  it.each([
    [6, 0.025, 0],
    [7, 0.025, 2],
    [10, 0.05, 10],
    [10, 0.025, 8],
    [10, 0.01, 5],
    [15, 0.05, 30],
    [15, 0.025, 25],
    [15, 0.01, 19],
    [20, 0.05, 60],
    [20, 0.025, 52],
    [20, 0.01, 43],
    [20, 0.005, 37],
    [25, 0.05, 100],
    [25, 0.01, 76],
  ])('with %i pairs rejects at %s up to a rank sum of %i', (count, alpha, critical) => {
    expect(signedRank(withPositiveRanks(count, critical)).less).toBeLessThanOrEqual(alpha);
    expect(signedRank(withPositiveRanks(count, critical + 1)).less).toBeGreaterThan(alpha);
  });

  /** Differences of sizes 1 … count of which those positive have this sum. */
  function withPositiveRanks(count: number, sum: number): number[] {
    let left = sum;
    return counted(count)
      .toReversed()
      .map((rank) => {
        if (rank > left) return -rank;
        left -= rank;
        return rank;
      });
  }

  it('repeats the depression scale of Hollander and Wolfe', () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const differences = before.map((value, i) => value - after[i]);
    const result = signedRank(differences);
    expect(result.positiveRanks).toBe(40);
    expect(result.greater).toBeCloseTo(0.01953, 5);
    // Their estimate is 0.46; the interval of 96 % reaches from 0.010 to 0.786.
    const estimate = hodgesLehmann(differences);
    expect(estimate.estimate).toBeCloseTo(0.46, 10);
    expect(estimate.low).toBeCloseTo(0.01, 10);
    expect(estimate.high).toBeCloseTo(0.786, 10);
    expect(estimate.level).toBeCloseTo(0.961, 3);
  });

  it('is exact for ties: every choice of signs is counted', () => {
    // Sizes 1, 1, 2: ranks 1.5, 1.5, 3. Of the eight choices of signs the sum is at least 4.5 in three.
    expect(signedRank([1, -1, 2])).toEqual({ positiveRanks: 4.5, greater: 3 / 8, less: 7 / 8, count: 3 });
  });

  it('tests against a shift and leaves out what equals it', () => {
    expect(signedRank([0.02, 0.01, 0.03], 0.01)).toEqual({ positiveRanks: 3, greater: 0.25, less: 1, count: 2 });
    expect(signedRank([]).greater).toBe(1);
  });

  it('rejects a true null no more often than it says', () => {
    const random = randomFrom(1, 'null');
    const runs = 5000;
    let rejected = 0;
    for (let run = 0; run < runs; run++) if (signedRank(counted(20).map(() => random.normal())).greater <= 0.01) rejected++;
    expect(rejected / runs).toBeLessThan(0.0156);
    expect(rejected).toBeGreaterThan(20);
  });
});

it('Holm adjusts as in his example', () => {
  expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
  expect(holm([0.6, 0.7])).toEqual([1, 1]);
});

describe('fitGrowth', () => {
  it('finds the exponent of an exact power law', () => {
    const fit = fitGrowth([2, 4, 8, 16].map((n) => [n, 3 * n ** 2.5]))!;
    expect(fit.exponent).toBeCloseTo(2.5, 10);
    expect(fit.factor).toBeCloseTo(3, 10);
    expect(fit.high - fit.low).toBeLessThan(1e-6);
  });

  it('has the interval of the textbook', () => {
    // y = 1, 2, 4, 4 over x = 0, 1, 2, 3: slope 1.1, residual squares 0.7, standard error √(0.35 / 5), t = 4.3027.
    const fit = fitGrowth([1, 2, 4, 4].map((y, x) => [Math.exp(x), Math.exp(y)]))!;
    expect(fit.exponent).toBeCloseTo(1.1, 10);
    expect(fit.high - fit.exponent).toBeCloseTo(4.3027 * Math.sqrt(0.35 / 5), 3);
  });

  it('gives nothing for sizes that leave no interval', () => {
    expect(
      fitGrowth([
        [1, 1],
        [2, 2],
        [2, 3],
      ]),
    ).toBeUndefined();
    expect(
      fitGrowth([
        [1, 1],
        [2, 2],
        [0, 3],
      ]),
    ).toBeUndefined();
  });
});
