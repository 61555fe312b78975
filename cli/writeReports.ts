import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ReporterName, reporters } from '../reports/index.ts';
import type { RunReport } from '../suites/runReport.ts';
import { makeDirectory } from './journal.ts';

export const defaultFormats: readonly ReporterName[] = ['json', 'html', 'junit'];

/** Writes the report in each format and returns the files' paths. JSON comes first: should another reporter fail, nothing measured is lost. */
export async function writeReports(report: RunReport, directory: string, formats = defaultFormats): Promise<string[]> {
  makeDirectory(directory);
  const paths: string[] = [];
  for (const format of formats) {
    const { file, render } = reporters[format];
    const path = join(directory, file);
    writeFileSync(path, await render(report));
    paths.push(path);
  }
  return paths;
}
