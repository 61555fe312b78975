import { readFileSync } from 'node:fs';
import { type RunReport, schemaVersion } from '../suites/runReport.ts';
import { UsageError } from './errors.ts';
import { readJournal } from './journal.ts';

/** Reads version 1 as today's: its only difference is the word `headroom` for the error ratio. */
const fromVersion1 = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || !('headroom' in value)) return value;
  const { headroom: errorRatio, ...rest } = value;
  return { ...rest, errorRatio };
};

/** @throws UsageError when the file cannot be read or is not a report of this schema or of version 1. */
export function readReport(file: string): RunReport {
  let text: string;
  try {
    if (file.endsWith('.jsonl')) return readJournal(file);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not a run report: it is not JSON`);
  }
  const version = (content as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (version === undefined) throw new UsageError(`${file} is not a run report: it has no schemaVersion`);
  if (version === 1) return { ...(JSON.parse(text, fromVersion1) as RunReport), schemaVersion };
  if (version !== schemaVersion)
    throw new UsageError(`${file} has report schema ${version}; this version of etalon reads 1 to ${schemaVersion}`);
  return content as RunReport;
}
