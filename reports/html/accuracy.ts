/** The reference's own error, as measured against certified values. */
import type { AccuracyByRegime, AccuracyRecord, RunReport } from '../../suites/runReport.ts';
import { brief, count, exact, numberOf, plural } from '../numbers.ts';
import { identifier } from './links.ts';
import { whole } from './markup.ts';
import { errorRatioMark } from './operationsTable.ts';

export function accuracy(report: RunReport) {
  const records = report.accuracy ?? [];
  if (records.length === 0) return undefined;
  const held = records.filter(({ passed }) => passed).length;
  return {
    summary: `${held} of ${plural(records.length, 'function')} ${held === 1 ? 'is' : 'are'} within the stated bound, over ${count(total(records.flatMap(({ regimes }) => regimes)))} certified values`,
    made: [...new Set(records.map(({ library, digits }) => `${library}, ${digits} digits`))].join('; '),
    functions: records.map(functionView),
  };
}

function functionView({ function: name, bound, regimes, worst, passed }: AccuracyRecord) {
  return {
    ...{ name, bound, passed, anchor: identifier('accuracy', name), values: count(total(regimes)) },
    largestUlps: ulps(Math.max(...regimes.map(({ largestUlps }) => numberOf(largestUlps)))),
    fewestDigits: digits(Math.min(...regimes.map(({ fewestDigits }) => numberOf(fewestDigits)))),
    errorRatio: errorRatioMark(Math.max(...regimes.map(({ errorRatio }) => numberOf(errorRatio)))),
    regimes: regimes.map((regime) => ({
      ...{ regime: regime.regime.replaceAll('-', ' '), values: count(regime.values) },
      ...{ largestUlps: ulps(numberOf(regime.largestUlps)), fewestDigits: digits(numberOf(regime.fewestDigits)) },
    })),
    worst: { input: worst.input, certifiedHtml: whole(worst.certified), actual: exact(worst.actual), ulps: brief(worst.ulps) },
  };
}

function total(regimes: readonly AccuracyByRegime[]): number {
  return regimes.reduce((sum, { values }) => sum + values, 0);
}

function ulps(value: number): string {
  return Number.isFinite(value) && value < 1000 ? value.toFixed(3) : brief(value);
}

function digits(value: number): string {
  return value === Infinity ? 'all' : value.toFixed(1);
}
