/** A shields.io endpoint badge: passed of all that was asked. What is unsupported stays in the denominator: an opt-out is no pass. */
import type { RunReport } from '../suites/runReport.ts';
import { findingCount, judgements } from './summary.ts';

export function badge(report: RunReport): string {
  const all = judgements(report);
  const passed = all.filter(({ status }) => status === 'passed').length;
  const finished = report.finishedAt !== undefined && report.stopped === undefined;
  const message = `${passed}/${all.length}${finished ? '' : ' (unfinished)'}`;
  return `${JSON.stringify({ schemaVersion: 1, label: 'accuracy', message, color: color() }, null, 2)}\n`;

  function color(): string {
    if (findingCount(report) > 0) return 'red';
    if (!finished || all.length === 0) return 'lightgrey';
    return passed === all.length ? 'brightgreen' : 'green';
  }
}
