/** The check 'statistics' of one output: made when every element is within its limit. */
import type { Tensor } from '../../../reference/tensor.ts';
import { jsonNumber, type StatisticsRecord } from '../../runReport.ts';
import type { OutputBound } from '../operation.ts';
import type { Precision } from '../precision.ts';
import { verdictProbability } from './budget.ts';
import { judgeStatistics, type PreparedStatistics, prepareStatistics, smallestSample } from './sumOfProducts.ts';

export interface OutputStatistics {
  readonly record: StatisticsRecord;
  /** The test that failed, in a sentence. */
  readonly reason?: string;
}

/** One preparation for all answers to a question. */
const prepared = new WeakMap<OutputBound, PreparedStatistics>();

/** Undefined where the output has no statistical verdict: too few elements, no rounding, or a format that rounds its inputs. */
export function outputStatistics(
  expected: Tensor,
  bound: OutputBound,
  precision: Precision,
  actual: ArrayLike<number>,
): OutputStatistics | undefined {
  const { squares, terms, scale } = bound;
  if (!squares || !terms || !scale || !isJudged(expected, bound, precision)) return undefined;
  const thresholds =
    prepared.get(bound) ??
    prepareStatistics(
      { expected: expected.data, scale, squares: squares(), terms, precision, limit: bound.limit },
      verdictProbability,
    );
  prepared.set(bound, thresholds);
  const { passed, falseAlarmProbability, tests } = judgeStatistics(thresholds, actual);
  const record: StatisticsRecord = {
    passed,
    falseAlarmProbability,
    tests: Object.fromEntries(
      Object.entries(tests).map(([name, test]) => [
        name,
        {
          statistic: jsonNumber(test.statistic),
          threshold: test.threshold,
          falseAlarmProbability: test.falseAlarmProbability,
        },
      ]),
    ),
  };
  const failed = Object.entries(tests).find(([, test]) => !test.passed);
  if (failed === undefined) return { record };
  const [name, { statistic, threshold, falseAlarmProbability: ofTest }] = failed;
  const figures = `${statistic.toPrecision(3)}, where honest rounding exceeds ${threshold.toPrecision(3)} with a probability of ${ofTest.toPrecision(1)} at most`;
  return {
    record,
    reason: `every element is within its limit, but ${says[name]} (${figures})`,
  };
}

const says: Readonly<Record<string, string>> = {
  hardBound: 'the largest error is over its limit',
  largestElement: 'the largest error is larger than honest rounding makes it',
  meanSquare: 'the mean square of the errors is larger than honest rounding of that length makes it',
  bias: 'the mean of the errors is not 0',
  result: 'the errors are in proportion to the result',
  sign: 'the errors point toward zero, or away from it',
};

function isJudged({ data }: Tensor, { limit }: OutputBound, { unitRoundoff, largest }: Precision): boolean {
  if (data.length < smallestSample || unitRoundoff > 2 ** -24) return false;
  let rounds = false;
  for (let i = 0; i < data.length; i++) {
    // An infinity may be right near the largest number, and NaN has no error.
    if (!(Math.abs(data[i]) + limit[i] <= largest)) return false;
    rounds ||= limit[i] > 0;
  }
  return rounds;
}
