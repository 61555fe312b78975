/** `etalon merge`: joins the reports of a run that several machines shared. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { RunReport } from '../../suites/runReport.ts';
import { MergeError, mergeReports, type Part } from '../../suites/runs/merge.ts';
import { exitCodes, UsageError } from '../errors.ts';
import { sourcesFrom } from '../header.ts';
import { openOutputFolder } from '../outputFolder.ts';
import { readReport, reportFile } from '../readReport.ts';
import { conclude } from '../session.ts';
import { reporterNames, withReportOptions, writeReports } from '../writeReports.ts';

interface MergeOptions {
  readonly output: string;
  readonly json?: boolean;
  readonly report?: string;
  readonly singleFile?: boolean;
}

export function mergeCommand(): Command {
  return withReportOptions(new Command('merge'))
    .description('Join the reports of the parts of a run (etalon check --shard) into the report of the whole.')
    .argument('<part...>', "the parts' folders, or their run.json")
    .option('--output <folder>', 'folder of the report', 'etalon-report')
    .option('--json', 'print the run report as JSON on standard output')
    .addHelpText(
      'after',
      `
The report is that of the same run on one machine, times aside. Parts of another version, seed or command, or the
same part twice, are refused (exit code 2). Where parts are missing or were stopped, the report holds the others and
says which are missing (exit code 1).

Examples:
  etalon check --shard 1/2 --output part-1; etalon check --shard 2/2 --output part-2
  etalon merge part-1 part-2 --output etalon-report
  etalon merge part-1 part-2 --report junit,markdown`,
    )
    .action(run);
}

async function run(paths: readonly string[], { output, json = false, report, singleFile }: MergeOptions): Promise<void> {
  const formats = report === undefined ? undefined : reporterNames(report);
  const merged = { ...merge(paths.map(partAt)), sources: sourcesFrom(output) };
  if (paths.some((path) => resolve(path) === resolve(output)))
    throw new UsageError(`${output} is one of the parts; name another folder with --output`);
  const folder = openOutputFolder(output);
  try {
    const written = await writeReports(merged, output, { formats, singleFile });
    conclude(merged, { json, reportPath: written.find((path) => path.endsWith('index.html')) ?? written[0] });
  } finally {
    folder.release();
  }
  // Nothing was interrupted here: what is missing is a failure found.
  if (merged.stopped !== undefined) process.exitCode = exitCodes.failureFound;
}

function partAt(path: string): Part {
  const file = reportFile(path);
  return { name: path, report: readReport(file, (remark) => process.stderr.write(`etalon: ${remark}\n`)) };
}

function merge(parts: readonly Part[]): RunReport {
  try {
    return mergeReports(parts);
  } catch (error) {
    if (error instanceof MergeError) throw new UsageError(error.message);
    throw error;
  }
}
