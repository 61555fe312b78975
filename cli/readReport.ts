import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type RunReport, schemaVersion } from '../suites/runReport.ts';
import { UsageError } from './errors.ts';
import { parseJournal } from './journal.ts';
import { journalName } from './outputFolder.ts';
import { problemOf } from './problemOf.ts';
import { reportSchema } from './reportSchema.ts';

/** Reads version 1 as today's: its only difference is the word `headroom` for the error ratio. */
const fromVersion1 = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || !('headroom' in value)) return value;
  const { headroom: errorRatio, ...rest } = value;
  return { ...rest, errorRatio };
};

/** Lets a file of some gigabytes fail before memory is taken for it. */
const mostBytes = 2 ** 29;

/**
 * Reads a report, or the journal that a killed run left (`.jsonl`). `warn` hears of each line of a journal that had to
 * be left out, and of an older schema.
 *
 * @throws UsageError when the file cannot be read or is not a report of this schema or of version 1; it says what is wrong and where.
 */
export function readReport(file: string, warn: (problem: string) => void = () => {}): RunReport {
  let text: string;
  try {
    const status = statSync(file);
    if (!status.isFile()) throw new Error('it is not a file');
    if (status.size > mostBytes)
      throw new Error(
        `it has ${status.size.toLocaleString('en-US')} bytes, ${mostBytes.toLocaleString('en-US')} are read at most`,
      );
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return file.endsWith('.jsonl') ? parseJournal(text, file, warn) : parseReport(text, file, warn);
}

/** Returns the file of a report: the path itself, or in a folder the journal of a run that was killed there, else run.json. */
export function reportFile(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const journal = join(path, journalName);
  return existsSync(journal) ? journal : join(path, 'run.json');
}

/** @throws UsageError as `readReport`. */
export function parseReport(text: string, file: string, warn: (remark: string) => void = () => {}): RunReport {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not a run report: it is not JSON`);
  }
  const version =
    typeof content === 'object' && content !== null && 'schemaVersion' in content ? content.schemaVersion : undefined;
  if (version === undefined) throw new UsageError(`${file} is not a run report: it has no schemaVersion`);
  if (version !== 1 && version !== schemaVersion) {
    const shown = JSON.stringify(version).slice(0, 40);
    throw new UsageError(`${file} has report schema ${shown}; this version of etalon reads 1 to ${schemaVersion}`);
  }
  if (version === 1) warn(`${file} has report schema 1; it is read as schema ${schemaVersion}`);
  const current = version === 1 ? { ...JSON.parse(text, fromVersion1), schemaVersion } : content;
  const problem = problemOf(reportSchema, current);
  if (problem !== undefined) throw new UsageError(`${file} is not a run report: ${problem}`);
  return current as RunReport;
}
