/** `etalon history`: runs over time, in a folder of plain files. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { brief, duration, plural } from '../../reports/numbers.ts';
import { oneLine } from '../../reports/text.ts';
import { entryOf, type HistoryEntry, type Trend, trendsOf } from '../../suites/benchmarks/history.ts';
import { UsageError } from '../errors.ts';
import { makeFolder } from '../outputFolder.ts';
import { readReport } from '../readReport.ts';
import { formatTable, wrapped } from '../table.ts';

interface HistoryOptions {
  readonly add?: string;
  readonly revision?: string;
  readonly backend?: readonly string[];
  readonly operation?: readonly string[];
  readonly json?: boolean;
}

const list = (value: string, before: string[] = []) => [...before, ...value.split(',')];

export function historyCommand(): Command {
  return new Command('history')
    .description('Keep timings of runs in a folder, show their trend, and tell a change of the machine from one of the code.')
    .argument('<folder>', 'folder of the history, a file a run; it may lie on a git branch of its own')
    .option('--add <file>', 'add the timings of this run.json')
    .option('--revision <text>', 'revision of the code that was timed (default: GITHUB_SHA, where it is set)')
    .option('--backend <names>', 'show only these backends', list)
    .option('--operation <names>', 'show only these operations', list)
    .option('--json', 'print the trends as JSON on standard output')
    .addHelpText(
      'after',
      `
Times are compared as multiples of a pinned kernel in plain JavaScript that every run times along: where both
step, the machine changed; where their ratio steps, the code did. Six runs are needed before a step can show.

Examples:
  etalon bench --quick && etalon history timings --add etalon-report/run.json
  etalon history timings --operation matmul`,
    )
    .action(run);
}

const schema = z.object({
  historyVersion: z.literal(1),
  at: z.string(),
  etalonVersion: z.string(),
  revision: z.string().optional(),
  machine: z.object({ cpu: z.string(), cores: z.number(), platform: z.string(), node: z.string() }),
  referenceKernelMs: z.number().positive(),
  versions: z.record(z.string(), z.string()),
  numbers: z.array(
    z.object({
      backend: z.string(),
      caseId: z.string(),
      medianMs: z.number().positive(),
      lowMs: z.number().optional(),
      highMs: z.number().optional(),
    }),
  ),
});

function run(folder: string, { add, revision = process.env.GITHUB_SHA, backend, operation, json }: HistoryOptions): void {
  if (add !== undefined) addRun(folder, add, revision);
  const entries = readEntries(folder);
  const trends = trendsOf(entries).filter(
    (trend) => (backend?.includes(trend.backend) ?? true) && (operation?.includes(trend.caseId.split('/')[0]) ?? true),
  );
  process.stdout.write(json ? `${JSON.stringify(trends, null, 2)}\n` : textOf(entries, trends));
}

/** Adds a run; the same run twice is one file. */
function addRun(folder: string, file: string, revision: string | undefined): void {
  const entry = entryOf(readReport(file), revision);
  if (entry === undefined)
    throw new UsageError(`${file} has no timings with the pinned kernel beside them; etalon bench makes such a run`);
  makeFolder(folder);
  const content = `${JSON.stringify(entry, null, 1)}\n`;
  const mark = createHash('sha256').update(content).digest('hex').slice(0, 8);
  writeFileSync(join(folder, `${entry.at.replace(/[:.]/g, '-')}-${mark}.json`), content);
}

/** @throws UsageError when there is no such folder, or a file in it is not of the history. */
function readEntries(folder: string): HistoryEntry[] {
  if (!existsSync(folder)) throw new UsageError(`${folder}: there is no such folder; --add makes it`);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      try {
        const parsed = schema.safeParse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
        if (parsed.success) return parsed.data;
        throw new Error(z.prettifyError(parsed.error));
      } catch (error) {
        throw new UsageError(
          `${join(folder, name)} is no file of a history: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    });
}

const bars = '▁▂▃▄▅▆▇█';

/** The latest points as a line of bars, low is fast. */
function spark(values: readonly number[]): string {
  const shown = values.slice(-24);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  // Less than five per cent is flat.
  const span = Math.max(high - low, 0.05 * high);
  return shown.map((value) => bars[Math.round(((value - low) / span) * (bars.length - 1))]).join('');
}

function textOf(entries: readonly HistoryEntry[], trends: readonly Trend[]): string {
  if (trends.length === 0) return `${plural(entries.length, 'run')}, no timings of that selection\n`;
  const rows = trends.map(({ backend, caseId, points, steps }) => {
    const last = points[points.length - 1];
    return [
      ...[caseId.replace(/\/benchmark-/, ' ').replace(/\/random$/, ''), oneLine(backend, 24), String(points.length)],
      ...[duration(last.medianMs), brief(last.kernels), spark(points.map(({ kernels }) => kernels))],
      steps.length > 0 ? plural(steps.length, 'step') : '',
    ];
  });
  const steps = trends.flatMap(({ backend, caseId, steps: own }) =>
    own.map(({ at, ratio, cause, changes }) => {
      const what = ratio > 1 ? `${((ratio - 1) * 100).toFixed(1)} % slower` : `${((1 - ratio) * 100).toFixed(1)} % faster`;
      const because = changes.length > 0 ? `: ${changes.join(', ')}` : '';
      return `${wrapped(oneLine(`step: ${caseId} on ${backend}: ${what} from ${at} on; the ${cause} changed${because}`), 80, '  ')}\n`;
    }),
  );
  const table = formatTable(['operation, size', 'backend', 'runs', 'last', '× pinned kernel', 'trend', ''], rows, [2, 3, 4]);
  return `${table}${steps.length > 0 ? '\n' : ''}${steps.join('')}\n${plural(entries.length, 'run')}\n`;
}
