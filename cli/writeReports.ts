import { join } from 'node:path';
import { type ReporterName, reporters } from '../reports/index.ts';
import type { RunReport } from '../suites/runReport.ts';
import { makeFolder, writeWhole } from './outputFolder.ts';

export const defaultFormats: readonly ReporterName[] = ['json', 'html', 'junit'];

/**
 * Writes the report in each format and returns the files' paths. JSON comes first: should another reporter fail, nothing measured is lost.
 * The page links to the ledger of the errata, which comes with it.
 */
export async function writeReports(report: RunReport, directory: string, formats = defaultFormats): Promise<string[]> {
  makeFolder(directory);
  const paths: string[] = [];
  const withErrata = formats.includes('html') && report.rows.length > 0;
  for (const format of new Set<ReporterName>([...formats, ...(withErrata ? (['errata'] as const) : [])])) {
    const { file, render } = reporters[format];
    const path = join(directory, file);
    writeWhole(path, await render(report));
    paths.push(path);
  }
  return paths;
}
