/** What the terminal says of timings: a line for each number, the ones without a number with their reason, and what follows from all of them. */
import { brief, duration, plural } from '../reports/numbers.ts';
import { oneLine } from '../reports/text.ts';
import type { BenchmarksRecord, RunReport, Timing } from '../suites/runReport.ts';
import { formatTable, wrapped } from './table.ts';

const width = 80;

export function benchmarkTable({ timings, benchmarks }: RunReport): string {
  if (timings.length === 0) return '';
  return [numbers(timings), withoutNumber(timings), benchmarks ? together(benchmarks) : '']
    .filter((part) => part !== '')
    .join('\n');
}

function numbers(timings: readonly Timing[]): string {
  const timed = timings.filter(({ execute }) => execute !== undefined).toSorted(bySize);
  if (timed.length === 0) return '';
  let last = '';
  const rows = timed.map((timing) => {
    const title = `${timing.operation} ${timing.size ?? ''}`.trim();
    const shown = title === last ? '' : title;
    last = title;
    const { execute, limitShare, limitedBy, movesNoData, warnings = [] } = timing;
    const { medianMs, lowMs = medianMs, highMs = medianMs } = execute!;
    const share = movesNoData ? 'moves no data' : limitShare === undefined ? '' : `${percent(limitShare)} of ${limitedBy}`;
    return [
      ...[shown, oneLine(timing.backend, 24), duration(medianMs), `${duration(lowMs)} … ${duration(highMs)}`],
      ...[timing.ratioToFastest === undefined ? '' : `${brief(timing.ratioToFastest)} ×`, share],
      warnings.map(({ kind }) => kind).join(', '),
    ];
  });
  return formatTable(
    ['operation, size', 'backend', 'median', '95 % interval', 'to fastest', 'share of the limit', ''],
    rows,
    [2, 4],
  );
}

/** Sizes of an operation together, in the order in which they were recorded, the fastest backend first. */
function bySize(a: Timing, b: Timing): number {
  if (a.operation !== b.operation) return 0;
  if (a.caseId !== b.caseId) return (a.flops ?? a.bytes ?? 0) - (b.flops ?? b.bytes ?? 0);
  return (a.execute?.medianMs ?? 0) - (b.execute?.medianMs ?? 0);
}

const percent = (share: number) => `${brief(share * 100, 2)} %`;

/** Why there is no number, once for each backend and reason. */
function withoutNumber(timings: readonly Timing[]): string {
  const groups = new Map<string, { readonly first: Timing; readonly titles: string[] }>();
  for (const timing of timings) {
    if (timing.execute !== undefined) continue;
    const key = JSON.stringify([timing.backend, timing.status, timing.reason]);
    const group = groups.get(key) ?? { first: timing, titles: [] };
    group.titles.push(`${timing.operation} ${timing.size ?? ''}`.trim());
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ first: { backend, status, expected, reason = 'no reason given' }, titles }) => {
      const word = status === 'invalid' ? (expected ? 'known to be wrong' : 'INVALID') : status;
      const what = titles.length > 3 ? `${titles.slice(0, 3).join(', ')} and ${titles.length - 3} more` : titles.join(', ');
      return `${wrapped(oneLine(`${word}: ${what} on ${backend}: ${reason}`), width, '  ')}\n`;
    })
    .join('');
}

function together(record: BenchmarksRecord): string {
  const lines: string[] = [];
  for (const { operation, backend, of, exponent, low, high, theory } of record.growth) {
    lines.push(
      `growth: ${operation} on ${backend}: time grows with the power ${exponent.toFixed(2)} (${low.toFixed(2)} … ${high.toFixed(2)}) of ${of}; the count of operations says ${theory}`,
    );
  }
  for (const [device, { multiplyAddGflops, by, copy }] of Object.entries(record.limits)) {
    const rates = copy.map(
      ({ bytes, gigabytesPerSecond }) => `${brief(gigabytesPerSecond)} GB/s of ${brief(bytes / 1024)} KiB`,
    );
    lines.push(`limit: ${device}: ${brief(multiplyAddGflops)} GFLOP/s (${by}), copies ${rates.join(', ')}`);
  }
  for (const { backend, ratioToFastest, numbers: count } of record.means) {
    lines.push(`mean: ${backend}: ${brief(ratioToFastest)} × the fastest, geometric mean of ${plural(count, 'number')}`);
  }
  const brackets = Object.entries(record.bracketMs).map(([backend, ms]) => `${backend} ${brief(ms * 1000)} µs`);
  if (brackets.length > 0) lines.push(`the harness's own share of a call, subtracted nowhere: ${brackets.join(', ')}`);
  lines.push(
    `${plural(record.processes, 'process', 'processes')} a number, suite ${record.suite}; load average ${record.loadBefore.toFixed(2)} before, ${(record.loadAfter ?? record.loadBefore).toFixed(2)} after`,
  );
  for (const warning of record.warnings) lines.push(`warning: ${warning}`);
  return lines.map((line) => `${wrapped(oneLine(line), width, '  ')}\n`).join('');
}
