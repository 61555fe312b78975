import { dirname, join } from 'node:path';
import { type ReporterName, type ReporterOptions, reporters } from '../reports/index.ts';
import type { RunReport } from '../suites/runReport.ts';
import { makeFolder, writeWhole } from './outputFolder.ts';

export const defaultFormats: readonly ReporterName[] = ['json', 'html', 'junit'];

/**
 * Writes the report in each format and returns the path of each format's file that a reader opens. JSON comes first: should another reporter fail,
 * nothing measured is lost.
 */
export async function writeReports(
  report: RunReport,
  directory: string,
  formats: readonly ReporterName[] = defaultFormats,
  options: ReporterOptions = {},
): Promise<string[]> {
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
