/**
 * The run report while it grows. Each result is appended to `run.jsonl` in the turn of the event loop in which it comes, so that a killed run
 * loses nothing already measured; the reporters' files are written from the same data at the end, when the journal is no longer needed.
 */
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RunListener } from '../suites/running/run.ts';
import type {
  AccuracyRecord,
  AlgorithmOutcome,
  BackendRecord,
  BenchmarksRecord,
  Outcome,
  PropertyOutcome,
  RowRecord,
  RunReport,
  Timing,
} from '../suites/runReport.ts';
import { UsageError } from './errors.ts';

type Entry =
  | { readonly header: RunReport }
  | { readonly backend: BackendRecord }
  | { readonly outcome: Outcome }
  | { readonly caseSeconds: number }
  | { readonly property: PropertyOutcome }
  | { readonly timing: Timing }
  | { readonly benchmarks: BenchmarksRecord }
  | { readonly row: RowRecord }
  | { readonly accuracy: AccuracyRecord }
  | { readonly algorithm: AlgorithmOutcome };

export const journalName = 'run.jsonl';

/** A number takes the place of what was known of it before; all else is added. */
function putTiming(timings: Timing[], timing: Timing): void {
  const at = timings.findIndex(({ backend, caseId }) => backend === timing.backend && caseId === timing.caseId);
  if (at < 0) timings.push(timing);
  else timings[at] = timing;
}

/** A report with an entry added. Entries other than timings change nothing that stands already. */
function withEntry(report: RunReport, entry: Entry): RunReport {
  if ('header' in entry) return entry.header;
  if ('backend' in entry) (report.backends as BackendRecord[]).push(entry.backend);
  else if ('outcome' in entry) (report.outcomes as Outcome[]).push(entry.outcome);
  else if ('property' in entry) (report.properties as PropertyOutcome[]).push(entry.property);
  else if ('timing' in entry) putTiming(report.timings as Timing[], entry.timing);
  else if ('benchmarks' in entry) return { ...report, ...entry };
  else if ('row' in entry) (report.rows as RowRecord[]).push(entry.row);
  else if ('caseSeconds' in entry) return { ...report, ...entry };
  else if ('accuracy' in entry) return { ...report, accuracy: [...(report.accuracy ?? []), entry.accuracy] };
  else return { ...report, algorithms: [...(report.algorithms ?? []), entry.algorithm] };
  return report;
}

export interface Journal extends RunListener {
  accuracy(record: AccuracyRecord): void;
  /** How long the cases took. */
  caseSeconds(seconds: number): void;
  /** Everything recorded so far. */
  readonly report: RunReport;
  /** Marks the end (or what stopped the run) and removes the journal file; the caller has written the report's files by then. */
  finish(stopped?: string): RunReport;
  discard(): void;
}

/**
 * Starts a journal; with a directory it is also a file there.
 *
 * @throws UsageError when the directory cannot be made or written to.
 */
export function startJournal(header: RunReport, directory?: string): Journal {
  let report = structuredClone(header);
  const path = directory && join(directory, journalName);
  let descriptor: number | undefined;
  if (directory && path) {
    makeDirectory(directory);
    writeFileSync(path, `${JSON.stringify({ header })}\n`);
    descriptor = openSync(path, 'a');
  }
  let unwritten = '';
  const write = () => {
    if (descriptor !== undefined && unwritten !== '') writeSync(descriptor, unwritten);
    unwritten = '';
  };
  const record = (entry: Entry) => {
    report = withEntry(report, entry);
    if (descriptor === undefined) return;
    // What comes in one turn of the event loop is written together, at its end.
    if (unwritten === '') setImmediate(write);
    unwritten += `${JSON.stringify(entry)}\n`;
  };
  return {
    get report() {
      return report;
    },
    backend: (backend) => record({ backend }),
    outcome: (outcome) => record({ outcome }),
    property: (property) => record({ property }),
    timing: (timing) => record({ timing }),
    benchmarks: (benchmarks) => record({ benchmarks }),
    row: (row) => record({ row }),
    accuracy: (accuracy) => record({ accuracy }),
    caseSeconds: (caseSeconds) => record({ caseSeconds }),
    algorithm: (algorithm) => record({ algorithm }),
    progress: () => {},
    finish: (stopped) => {
      write();
      report = { ...report, outcomes: inOrder(report), finishedAt: new Date().toISOString(), stopped };
      return report;
    },
    discard: () => {
      unwritten = '';
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
      if (path) rmSync(path, { force: true });
    },
  };
}

/** The outcomes in the order of the operations' table, in which they were not asked. */
function inOrder({ operations, outcomes }: RunReport): Outcome[] {
  const places = new Map(operations.map(({ name }, place) => [name, place]));
  const placeOf = ({ operation }: Outcome) => places.get(operation) ?? places.size;
  return outcomes.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Reads a journal that a killed run left behind. A last line that was cut off is dropped. */
export function readJournal(path: string): RunReport {
  let report: RunReport | undefined;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    let entry: Entry;
    try {
      entry = JSON.parse(line) as Entry;
    } catch {
      break;
    }
    if (report === undefined && !('header' in entry)) throw new UsageError(`${path} is not the journal of a run`);
    report = withEntry(report as RunReport, entry);
  }
  if (report === undefined) throw new UsageError(`${path} is not the journal of a run`);
  return { ...report, outcomes: inOrder(report), stopped: report.stopped ?? 'killed before its end' };
}

/** @throws UsageError when the directory cannot be made or written to. */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
    const probe = join(directory, '.etalon-write-test');
    appendFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new UsageError(`cannot write to ${directory}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
