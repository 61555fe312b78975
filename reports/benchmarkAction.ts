/** Writes the files that github-action-benchmark reads: times in a file of which smaller is better, rates in one of which bigger is. */
import type { RunReport, Timing } from '../suites/runReport.ts';
import { shapeText } from './numbers.ts';
import { oneLine } from './text.ts';

interface Entry {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly range?: string;
  readonly extra?: string;
}

export const smallerFile = 'benchmark-smaller.json';
const biggerFile = 'benchmark-bigger.json';

export function benchmarkAction(report: RunReport): Record<string, string> {
  const valid = report.timings.filter((timing) => timing.status === 'valid' && timing.execute !== undefined);
  const smaller = valid.map((timing): Entry => {
    const { medianMs, madMs } = timing.execute!;
    return { name: nameOf(timing), unit: 'ms', value: medianMs, range: `± ${madMs}`, extra: shapes(timing) };
  });
  const bigger = valid.flatMap((timing): Entry[] => {
    const { medianMs } = timing.execute!;
    if (timing.flops === undefined || !(medianMs > 0)) return [];
    return [{ name: nameOf(timing), unit: 'GFLOP/s', value: timing.flops / medianMs / 1e6, extra: shapes(timing) }];
  });
  return { [smallerFile]: text(smaller), [biggerFile]: text(bigger) };
}

/** "matmul/large/random on js" */
function nameOf({ caseId, backend }: Timing): string {
  return oneLine(`${caseId} on ${backend}`, 300);
}

function shapes(timing: Timing): string {
  return Object.entries(timing.shapes)
    .map(([name, shape]) => `${name} ${shapeText(shape)}`)
    .join(', ');
}

function text(entries: readonly Entry[]): string {
  return `${JSON.stringify(entries, null, 2)}\n`;
}
