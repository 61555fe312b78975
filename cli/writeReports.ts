import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ReporterName, type ReporterOptions, reporters } from '../reports/index.ts';
import type { RunReport } from '../suites/runReport.ts';
import { makeDirectory } from './journal.ts';

export const defaultFormats: readonly ReporterName[] = ['json', 'html', 'junit'];

/**
 * Writes the report in each format and returns the path of each format's first file. JSON comes first: should another reporter fail,
 * nothing measured is lost.
 */
export async function writeReports(
  report: RunReport,
  directory: string,
  formats: readonly ReporterName[] = defaultFormats,
  options: ReporterOptions = {},
): Promise<string[]> {
  makeDirectory(directory);
  const paths: string[] = [];
  const ordered = [...new Set(formats)].toSorted((a, b) => Number(b === 'json') - Number(a === 'json'));
  for (const format of ordered) {
    const files = Object.entries(await reporters[format].files(report, options));
    for (const [file, text] of files) {
      const path = join(directory, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    const names = files.map(([file]) => file);
    paths.push(join(directory, names.includes('index.html') ? 'index.html' : names[0]));
  }
  return paths;
}
