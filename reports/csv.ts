/** A line for each case, property, algorithm and timing, for spreadsheets and data frames. No cell is a formula, whatever it begins with. */
import { stringify } from 'csv-stringify/sync';
import type { RunReport } from '../suites/runReport.ts';
import { numberOf } from './numbers.ts';
import { outcomeErrorRatio, worstOutput } from './summary.ts';
import { oneLine } from './text.ts';

const columns = [
  ...['kind', 'backend', 'operation', 'name', 'status', 'check', 'error_ratio', 'largest_ulps', 'compared', 'unconstrained'],
  ...['median_ms', 'call_ms', 'seed', 'reason', 'diagnosis', 'replay'],
] as const;

type Line = Partial<Record<(typeof columns)[number], string | number | undefined>>;

export function csv(report: RunReport): string {
  const lines: Line[] = [
    ...report.outcomes.map((outcome): Line => {
      const worst = worstOutput(outcome);
      const sum = (of: 'compared' | 'unconstrained') => outcome.outputs.reduce((total, output) => total + output[of], 0);
      return {
        ...{
          kind: 'case',
          backend: outcome.backend,
          operation: outcome.operation,
          name: outcome.caseId,
          status: outcome.status,
        },
        ...{ check: outcome.check, error_ratio: outcomeErrorRatio(outcome), compared: sum('compared') },
        largest_ulps: worst && numberOf(worst.largestUlps),
        ...{ unconstrained: sum('unconstrained'), call_ms: outcome.milliseconds, seed: outcome.seed, reason: outcome.reason },
        ...{ diagnosis: outcome.diagnosis, replay: outcome.replay },
      };
    }),
    ...report.properties.map(({ backend, operation, property, status, seed, reason, replay }): Line => {
      return { kind: 'property', backend, operation, name: property, status, seed, reason, replay };
    }),
    ...(report.algorithms ?? []).map(({ backend, algorithm, status, seed, reason, replay }): Line => {
      return { kind: 'algorithm', backend, name: algorithm, status, seed, reason, replay };
    }),
    ...report.timings.map(({ backend, operation, caseId, status, reason, execute }): Line => {
      return { kind: 'timing', backend, operation, name: caseId, status, median_ms: execute?.medianMs, reason };
    }),
  ];
  return stringify(
    lines.map((line) => columns.map((column) => cell(line[column]))),
    { header: true, columns: [...columns], escape_formulas: true },
  );
}

/** NaN and the infinities as data frames read them. */
function cell(value: string | number | undefined): string {
  if (typeof value === 'number')
    return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  return value === undefined ? '' : oneLine(value, 2000);
}
