/** Reduces a run to what a published site keeps of it: a few kilobytes for each backend, whatever the run's size. */
import { createHash } from 'node:crypto';
import {
  type JsonNumber,
  jsonNumber,
  type Outcome,
  type PropertyOutcome,
  type RunReport,
  type Status,
} from '../../suites/runReport.ts';
import { speeds, timesFaster } from '../speed.ts';
import { findingCount, headline, incompleteness, isRed, observedBits, outcomeErrorRatio, statuses } from '../summary.ts';
import { oneLine } from '../text.ts';

/** The form of what a site keeps. A site of another version is refused, never misread. */
export const publishedVersion = 1;

/**
 * One operation on one backend: its worst status; the results that passed, that are known failures, that are red, and the others (unsupported,
 * not asked); the largest error / limit; and what is wrong, where something is.
 */
export type PublishedCell = readonly [
  status: Status,
  passed: number,
  known: number,
  red: number,
  others: number,
  errorRatio: JsonNumber | null,
  why?: string,
];

export interface PublishedBackend {
  /** As the run names it: "onnxruntime-cpu@1.24.3". */
  readonly name: string;
  /** "onnxruntime-cpu": what its versions have in common. */
  readonly line: string;
  readonly version: string;
  readonly ran: boolean;
  readonly reason?: string;
  readonly library?: string;
  readonly device?: string;
  readonly precision?: string;
  /** Median of the significant bits that were observed. */
  readonly bits?: number;
  /** Geometric mean of its times as multiples of those of js, and of the fastest backend's in this run. */
  readonly timesJs?: number;
  readonly timesFastest?: number;
  /** Operations in which it was the fastest, of those that were timed. */
  readonly wins?: number;
  readonly timed?: number;
  readonly operations: Readonly<Record<string, PublishedCell>>;
  /** Median milliseconds of one execution, by the timing's case. */
  readonly timings: Readonly<Record<string, number>>;
}

export interface PublishedRun {
  readonly publishedVersion: typeof publishedVersion;
  /** The same for the same run, however often it is published: "20261130T230512Z-1f0c9a3b". */
  readonly id: string;
  readonly startedAt: string;
  /** Why the report does not hold the whole run, where it does not. */
  readonly unfinished?: string;
  readonly etalonVersion: string;
  readonly seed: number;
  readonly command: string;
  readonly machine: string;
  readonly headline: string;
  /** Results that are not as expected. */
  readonly findings: number;
  /** The run's own report, where it lies in the site's folder. */
  readonly report?: string;
  readonly backends: readonly PublishedBackend[];
}

const longestText = 160;

export function publishedRun(report: RunReport, ownReport?: string): PublishedRun {
  const { startedAt, etalonVersion, seed, command, environment } = report;
  const speed = new Map(speeds(report).map((one) => [one.backend, one]));
  const cells = cellsByBackend(report);
  return {
    publishedVersion,
    id: idOf(report),
    ...{ startedAt, unfinished: incompleteness(report), etalonVersion, seed, command: oneLine(command, 2 * longestText) },
    machine: oneLine(
      `${environment.cores} cores, ${environment.cpu}, ${environment.platform}, Node ${environment.node}`,
      longestText,
    ),
    ...{ headline: headline(report), findings: findingCount(report), report: ownReport },
    backends: report.backends.map((backend) => {
      const { name, status, reason, library, device, precision, dtype } = backend;
      const own = speed.get(name);
      const line = lineOf(name);
      const text = (value: string | undefined) => (value === undefined ? undefined : oneLine(value, longestText));
      return {
        ...{ name: oneLine(name, longestText), line: oneLine(line, longestText), ran: status === 'ran', reason: text(reason) },
        version: oneLine(backend.version ?? (name.slice(line.length + 1) || 'unknown'), 40),
        ...{ library: text(library), device: text(device), precision: text(precision ?? dtype) },
        bits: rounded(observedBits(report, name)),
        timesJs: rounded(inverse(timesFaster(report, name, 'js'))),
        ...{ timesFastest: rounded(own?.timesFastest), wins: own?.wins, timed: own?.timed },
        operations: Object.fromEntries(cells.get(name) ?? []),
        timings: Object.fromEntries(
          report.timings.flatMap((timing) =>
            timing.backend === name && timing.status === 'valid' && timing.execute
              ? [[oneLine(timing.caseId, longestText), rounded(timing.execute.medianMs)!]]
              : [],
          ),
        ),
      };
    }),
  };
}

/** "onnxruntime-cpu" of "onnxruntime-cpu@1.24.3". */
export function lineOf(name: string): string {
  const at = name.indexOf('@', 1);
  return at < 0 ? name : name.slice(0, at);
}

/** Depends on when and how the run was made and on what answered, so that a report that is made again keeps its address. */
function idOf({ startedAt, finishedAt, seed, command, environment, backends, outcomes }: RunReport): string {
  const asked = [
    startedAt,
    finishedAt,
    seed,
    command,
    environment,
    backends.map(({ name, version }) => [name, version]),
    outcomes.length,
  ];
  const mark = createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 8);
  const time = startedAt
    .replace(/\.\d+/, '')
    .replace(/[^\dTZ]/g, '')
    .slice(0, 16);
  return `${time || 'undated'}-${mark}`;
}

interface Tally {
  readonly counts: Map<Status, number>;
  errorRatio?: number;
  why: Map<Status, string>;
}

/** One pass over all results: a run has tens of thousands of them. */
function cellsByBackend(report: RunReport): Map<string, Map<string, PublishedCell>> {
  const tallies = new Map<string, Map<string, Tally>>();
  const tallyOf = ({ backend, operation }: Pick<Outcome, 'backend' | 'operation'>): Tally => {
    const own = tallies.get(backend) ?? new Map<string, Tally>();
    tallies.set(backend, own);
    const tally = own.get(operation) ?? { counts: new Map(), why: new Map() };
    own.set(operation, tally);
    return tally;
  };
  const add = (item: Outcome | PropertyOutcome): Tally => {
    const tally = tallyOf(item);
    tally.counts.set(item.status, (tally.counts.get(item.status) ?? 0) + 1);
    const why = item.diagnosis ?? item.reason;
    if (item.status !== 'passed' && why !== undefined && !tally.why.has(item.status)) tally.why.set(item.status, why);
    return tally;
  };
  for (const outcome of report.outcomes) {
    const tally = add(outcome);
    const ratio = outcomeErrorRatio(outcome);
    if (ratio !== undefined) tally.errorRatio = Math.max(tally.errorRatio ?? 0, ratio);
  }
  for (const property of report.properties) add(property);
  for (const { name, holes } of report.backends) {
    for (const { operation, reason } of holes) {
      const tally = tallyOf({ backend: name, operation });
      if (tally.counts.size > 0) continue;
      tally.counts.set('unsupported', 1);
      tally.why.set('unsupported', reason);
    }
  }
  return new Map(
    [...tallies].map(([backend, own]) => [
      backend,
      new Map([...own].map(([name, tally]) => [oneLine(name, longestText), cell(tally)])),
    ]),
  );
}

/** Some attributes unsupported and the rest passed is a pass with a remark, as in the run's own report. */
function cell({ counts, errorRatio, why }: Tally): PublishedCell {
  const found = statuses.filter((status) => counts.has(status));
  const status = found.find((one) => one !== 'unsupported') ?? 'unsupported';
  const [passed, known] = [counts.get('passed') ?? 0, counts.get('expectedFailure') ?? 0];
  const red = found.filter(isRed).reduce((sum, one) => sum + counts.get(one)!, 0);
  const all = [...counts.values()].reduce((sum, amount) => sum + amount, 0);
  const ratio = errorRatio === undefined ? null : jsonNumber(rounded(errorRatio)!);
  const text = why.get(status);
  const begin = [status, passed, known, red, all - passed - known - red, ratio] as const;
  return text === undefined ? begin : [...begin, oneLine(text, longestText)];
}

/** Four digits are more than a reader compares. Never rounded across the limit. */
function rounded(value: number): number;
function rounded(value: number | undefined): number | undefined;
function rounded(value: number | undefined): number | undefined {
  if (value === undefined || !Number.isFinite(value)) return value;
  const short = Number(value.toPrecision(4));
  return value > 1 && short <= 1 ? 1.001 : short;
}

function inverse(value: number | undefined): number | undefined {
  return value === undefined ? undefined : 1 / value;
}
