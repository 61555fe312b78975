/** Etalon's own verdict in the dot-product experiment. */
import { precisions } from '../../judging/precision.ts';
import { shareOfRun } from '../../judging/statistics/budget.ts';
import { judgeStatistics, type PreparedStatistics, prepareStatistics } from '../../judging/statistics/sumOfProducts.ts';
import type { DotProducts } from './data.ts';
import { inputShift } from './kernels.ts';
import { hardLimit, type Rule } from './rules.ts';

/** The experiment makes fewer verdicts than this (it counts them), each with an equal share of one false alarm in a million runs. */
export const verdictsAtMost = 1000;
export const verdictProbability = shareOfRun(verdictsAtMost);

export const inputSuspect = (digits: number) => `inputs rounded to ${digits} bits`;

/** Thresholds for one set of numbers, with every test that their products make possible. */
export function prepareVerdict(data: DotProducts, falseAlarmProbability = verdictProbability): PreparedStatistics {
  const suspects: Record<string, Float64Array> = {};
  for (let digits = 8; digits <= 23; digits++) suspects[inputSuspect(digits)] = inputShift(data, digits);
  const { expected, scale, squares, length: terms, products, partialSums } = data;
  const limit = hardLimit(data);
  return prepareStatistics(
    { expected, scale, squares, terms, precision: precisions.float32, limit, products, partialSums, suspects },
    falseAlarmProbability,
  );
}

const prepared = new WeakMap<DotProducts, PreparedStatistics>();

/** Thresholds of the experiment for one set of numbers, made once. */
export function preparedVerdict(data: DotProducts): PreparedStatistics {
  const thresholds = prepared.get(data) ?? prepareVerdict(data);
  prepared.set(data, thresholds);
  return thresholds;
}

/** The verdict as a rule beside the others. */
export const etalonRule: Rule = {
  name: 'Etalon',
  says: 'hard bound, largest element, mean square and projections, each against the rounding model of its own output',
  accepts: (data, actual) => judgeStatistics(preparedVerdict(data), actual).passed,
};
