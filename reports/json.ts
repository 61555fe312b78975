/** The run report as JSON: one line per outcome, timing or row, so that two runs can be compared with ordinary tools. */
import { jsonNumber, type RunReport } from '../suites/runReport.ts';

export function json(report: RunReport): string {
  const members = Object.entries(report)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}: ${Array.isArray(value) ? lines(value) : compact(value)}`);
  return `{\n${members.join(',\n')}\n}\n`;
}

function lines(values: readonly unknown[]): string {
  return values.length === 0 ? '[]' : `[\n${values.map((value) => `  ${compact(value)}`).join(',\n')}\n]`;
}

/** JSON.stringify would turn NaN and the infinities into null, which says nothing. */
function compact(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'number' ? jsonNumber(inner) : inner));
}
