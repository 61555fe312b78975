/**
 * The run report while it grows. Each result is appended to `run.jsonl` in the turn of the event loop in which it comes, so that a killed run
 * loses nothing already measured; the reporters' files are written from the same data at the end, when the journal is no longer needed.
 */
import { closeSync, constants, fdatasync, fstatSync, ftruncateSync, lstatSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RunListener } from '../suites/running/run.ts';
import type {
  AccuracyRecord,
  AlgorithmOutcome,
  BackendRecord,
  BenchmarksRecord,
  Diagnosed,
  Outcome,
  PropertyOutcome,
  RowRecord,
  RunReport,
  Timing,
} from '../suites/runReport.ts';
import { inOrder } from '../suites/runs/order.ts';
import { UsageError } from './errors.ts';
import { journalName, makeFolder } from './outputFolder.ts';
import { problemOf } from './problemOf.ts';
import { entrySchemas } from './reportSchema.ts';

type Entry =
  | { readonly header: RunReport }
  | { readonly backend: BackendRecord }
  | { readonly outcome: Outcome }
  | { readonly diagnosis: Diagnosed }
  | { readonly caseSeconds: number }
  | { readonly property: PropertyOutcome }
  | { readonly timing: Timing }
  | { readonly benchmarks: BenchmarksRecord }
  | { readonly row: RowRecord }
  | { readonly accuracy: AccuracyRecord }
  | { readonly algorithm: AlgorithmOutcome }
  | { readonly stopped: { readonly name: string; readonly notAsked: string } };

/** A number takes the place of what was known of it before; all else is added. */
function putTiming(timings: Timing[], timing: Timing): void {
  const at = timings.findIndex(({ backend, caseId }) => backend === timing.backend && caseId === timing.caseId);
  if (at < 0) timings.push(timing);
  else timings[at] = timing;
}

/** The outcome stands among the last ones: its operation has just been asked whole. */
function putDiagnosis(outcomes: Outcome[], { backend, caseId, diagnosis }: Diagnosed): void {
  const at = outcomes.findLastIndex((outcome) => outcome.backend === backend && outcome.caseId === caseId);
  if (at >= 0) outcomes[at] = { ...outcomes[at], diagnosis };
}

/** A report with an entry added. Entries other than timings and diagnoses change nothing that stands already. */
function withEntry(report: RunReport, entry: Entry): RunReport {
  if ('header' in entry) return entry.header;
  if ('backend' in entry) (report.backends as BackendRecord[]).push(entry.backend);
  else if ('outcome' in entry) (report.outcomes as Outcome[]).push(entry.outcome);
  else if ('diagnosis' in entry) putDiagnosis(report.outcomes as Outcome[], entry.diagnosis);
  else if ('property' in entry) (report.properties as PropertyOutcome[]).push(entry.property);
  else if ('timing' in entry) putTiming(report.timings as Timing[], entry.timing);
  else if ('benchmarks' in entry) return { ...report, ...entry };
  else if ('row' in entry) (report.rows as RowRecord[]).push(entry.row);
  else if ('stopped' in entry) {
    const { name, notAsked } = entry.stopped;
    return { ...report, backends: report.backends.map((one) => (one.name === name ? { ...one, notAsked } : one)) };
  } else if ('caseSeconds' in entry) return { ...report, ...entry };
  else if ('accuracy' in entry) return { ...report, accuracy: [...(report.accuracy ?? []), entry.accuracy] };
  else return { ...report, algorithms: [...(report.algorithms ?? []), entry.algorithm] };
  return report;
}

export interface Journal extends RunListener {
  accuracy(record: AccuracyRecord): void;
  /** Everything recorded so far. */
  readonly report: RunReport;
  /** The journal's file, where there is one. */
  readonly path?: string;
  /** Marks the end (or what stopped the run); the file stays until the caller has written the report's files. */
  finish(stopped?: string): RunReport;
  /** Removes the file. */
  discard(): void;
}

const checkEveryMs = 500;
const syncEveryMs = 2000;

/**
 * Starts a journal; with a directory it is also a file there. `failed` hears once that the file cannot be written any more: its disk is
 * full, or its folder was removed. The file then ends with the last whole entry that could be written, made anew where it was removed.
 *
 * @throws UsageError when the file cannot be made.
 */
export function startJournal(header: RunReport, directory?: string, failed: (reason: string) => void = () => {}): Journal {
  let report = structuredClone(header);
  const path = directory && join(directory, journalName);
  let file: JournalFile | undefined;
  if (path) {
    try {
      file = openFile(path);
      file.append(entryLine({ header }));
    } catch (error) {
      throw new UsageError(`cannot write to ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  let unwritten = '';
  let hasFailed = false;
  let checkedAt = performance.now();

  function write(): void {
    const lines = unwritten;
    unwritten = '';
    if (file === undefined || lines === '' || hasFailed) return;
    try {
      file.append(lines);
      if (performance.now() - checkedAt < checkEveryMs) return;
      checkedAt = performance.now();
      if (!file.isThere()) throw new Error('it was removed');
    } catch (error) {
      hasFailed = true;
      if (path && !file.isThere()) rewrite(path);
      failed(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** What was measured is still in memory: where the folder can be made again, it is written there. */
  function rewrite(lost: string): void {
    try {
      file?.close();
      file = undefined;
      makeFolder(directory ?? '');
      file = openFile(lost);
      for (const entry of entriesOf(report)) file.append(entryLine(entry));
    } catch {
      // Then it is lost, and the caller hears that it is.
    }
  }

  const record = (entry: Entry) => {
    report = withEntry(report, entry);
    if (file === undefined) return;
    // What comes in one turn of the event loop is written together, at its end.
    if (unwritten === '') setImmediate(write);
    unwritten += entryLine(entry);
  };
  return {
    get report() {
      return report;
    },
    backend: (backend) => record({ backend }),
    outcome: (outcome) => record({ outcome }),
    diagnosis: (diagnosis) => record({ diagnosis }),
    property: (property) => record({ property }),
    timing: (timing) => record({ timing }),
    benchmarks: (benchmarks) => record({ benchmarks }),
    row: (row) => record({ row }),
    accuracy: (accuracy) => record({ accuracy }),
    caseSeconds: (caseSeconds) => record({ caseSeconds }),
    algorithm: (algorithm) => record({ algorithm }),
    stopped: (name, notAsked) => record({ stopped: { name, notAsked } }),
    path,
    progress: () => {},
    finish: (stopped) => {
      write();
      report = inOrder({ ...report, finishedAt: new Date().toISOString(), stopped });
      return report;
    },
    discard: () => {
      unwritten = '';
      const own = file?.isThere();
      file?.close();
      file = undefined;
      if (path && own) rmSync(path, { force: true });
    },
  };
}

interface JournalFile {
  append(lines: string): void;
  /** Whether the file is still the one of its name. */
  isThere(): boolean;
  close(): void;
}

/** A file that is new, or was empty. Whatever cannot be written whole is taken back. */
function openFile(path: string): JournalFile {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
  const own = fstatSync(descriptor, { bigint: true });
  let length = 0;
  let syncedAt = performance.now();
  return {
    append(lines) {
      const bytes = Buffer.from(lines);
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at, length + at);
      } catch (error) {
        ftruncateSync(descriptor, length);
        throw error;
      }
      length += bytes.length;
      if (performance.now() - syncedAt < syncEveryMs) return;
      syncedAt = performance.now();
      // A machine that loses its power loses two seconds.
      fdatasync(descriptor, () => {});
    },
    isThere() {
      const status = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return status !== undefined && status.ino === own.ino && status.dev === own.dev;
    },
    close: () => closeSync(descriptor),
  };
}

function entryLine(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** A report as the entries that make it. */
function entriesOf(report: RunReport): Entry[] {
  const { backends, outcomes, properties, timings, rows, accuracy = [], algorithms = [], caseSeconds, ...header } = report;
  return [
    { header: { ...header, backends: [], outcomes: [], properties: [], timings: [], rows: [] } },
    ...backends.map((backend): Entry => ({ backend })),
    ...outcomes.map((outcome): Entry => ({ outcome })),
    ...(caseSeconds === undefined ? [] : [{ caseSeconds }]),
    ...properties.map((property): Entry => ({ property })),
    ...timings.map((timing): Entry => ({ timing })),
    ...rows.map((row): Entry => ({ row })),
    ...accuracy.map((record): Entry => ({ accuracy: record })),
    ...algorithms.map((algorithm): Entry => ({ algorithm })),
  ];
}

/**
 * Reads a journal that a killed run left behind. A line that is none of ours is left out, and said with its number; what follows is kept. A
 * last line that was cut off is no surprise.
 *
 * @throws UsageError when it is not a journal, or one of another version.
 */
export function parseJournal(text: string, file: string, warn: (problem: string) => void): RunReport {
  const lines = text.split('\n');
  let report: RunReport | undefined;
  for (const [at, line] of lines.entries()) {
    if (line === '') continue;
    const entry = entryOf(line);
    if (report === undefined) {
      if (typeof entry === 'string' || !('header' in entry)) {
        throw new UsageError(
          `${file} is not the journal of a run: ${typeof entry === 'string' ? entry : 'it begins without a header'}`,
        );
      }
      report = entry.header;
      continue;
    }
    const problem = typeof entry === 'string' ? entry : 'header' in entry ? 'a second header' : undefined;
    if (problem === undefined) report = withEntry(report, entry as Entry);
    else if (at < lines.length - 1) warn(`${file}: line ${at + 1} is left out: ${problem}`);
  }
  if (report === undefined) throw new UsageError(`${file} is not the journal of a run: it is empty`);
  return inOrder({ ...report, stopped: report.stopped ?? 'killed before its end' });
}

/** A line's entry, or what is wrong with it. */
function entryOf(line: string): Entry | string {
  let content: unknown;
  try {
    content = JSON.parse(line);
  } catch {
    return 'it is not JSON';
  }
  if (typeof content !== 'object' || content === null) return 'it is not an entry';
  const [key, ...more] = Object.keys(content);
  if (more.length > 0 || !Object.hasOwn(entrySchemas, key)) {
    return `no entry is called ${JSON.stringify([key, ...more].join(', ').slice(0, 80))}; this version of etalon knows ${Object.keys(entrySchemas).join(', ')}`;
  }
  const problem = problemOf(entrySchemas[key as keyof typeof entrySchemas], (content as Record<string, unknown>)[key]);
  return problem === undefined ? (content as Entry) : `${key}: ${problem}`;
}
