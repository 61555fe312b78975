/** The Bencher Metric Format: the latency of each benchmark in nanoseconds, with the median absolute deviation to either side. */
import type { RunReport } from '../suites/runReport.ts';
import { oneLine } from './text.ts';

export function bencher(report: RunReport): string {
  const benchmarks = report.timings.flatMap(({ backend, caseId, status, execute }) => {
    if (status !== 'valid' || execute === undefined) return [];
    const nanoseconds = (milliseconds: number) => Math.max(0, milliseconds * 1e6);
    const latency = {
      value: nanoseconds(execute.medianMs),
      lower_value: nanoseconds(execute.medianMs - execute.madMs),
      upper_value: nanoseconds(execute.medianMs + execute.madMs),
    };
    return [[oneLine(`${caseId} on ${backend}`, 300), { latency }] as const];
  });
  return `${JSON.stringify(Object.fromEntries(benchmarks), null, 2)}\n`;
}
