import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { type ReporterName, type ReporterOptions, reporters } from '../reports/index.ts';
import type { RunReport } from '../suites/runReport.ts';
import { UsageError } from './errors.ts';
import { makeFolder, writeWhole } from './outputFolder.ts';
import { problemOf } from './problemOf.ts';
import { reportSchema } from './reportSchema.ts';

export const defaultFormats: readonly ReporterName[] = ['json', 'html', 'junit'];

export interface ReportSelection extends ReporterOptions {
  readonly formats?: readonly ReporterName[];
}

/**
 * Reads the value of --report: names separated by commas.
 *
 * @throws UsageError for a name that no reporter has.
 */
export function reporterNames(value: string): ReporterName[] {
  const known = Object.keys(reporters);
  return value.split(',').map((name) => {
    if (known.includes(name)) return name as ReporterName;
    throw new UsageError(`reporter ${JSON.stringify(name)} does not exist; known: ${known.join(', ')}`);
  });
}

/** Adds the options that say which reports are written. */
export function withReportOptions(command: Command): Command {
  return command
    .option('--report <names>', `reports, separated by commas: ${Object.keys(reporters).join(', ')}`)
    .option('--single-file', 'the page as one file instead of a folder');
}

/**
 * Writes the report in each format and returns the path of each format's file that a reader opens. JSON comes first: should another reporter fail,
 * nothing measured is lost.
 */
export async function writeReports(
  report: RunReport,
  directory: string,
  { formats = defaultFormats, ...options }: ReportSelection = {},
): Promise<string[]> {
  const problem = problemOf(reportSchema, report);
  if (problem !== undefined) throw new Error(`the run report does not fit its own schema: ${problem}`);
  makeFolder(directory);
  const paths: string[] = [];
  const ordered = [...new Set(formats)].toSorted((a, b) => Number(b === 'json') - Number(a === 'json'));
  for (const format of ordered) {
    const files = Object.entries(await reporters[format].files(report, options));
    for (const folder of new Set(files.map(([file]) => dirname(join(directory, file))))) makeFolder(folder);
    for (const [file, text] of files) writeWhole(join(directory, file), text);
    paths.push(join(directory, reporters[format].file));
  }
  return paths;
}
