/** Puts the runs of a site in order: each backend is a line of versions, each version has what its latest runs say. */
import semver from 'semver';
import type { PublishedBackend, PublishedCell, PublishedRun } from './run.ts';

/** A backend in a run. */
export interface Entry {
  readonly run: PublishedRun;
  readonly backend: PublishedBackend;
}

/** One version of a backend. A run may ask a part only: of each operation the latest run that asked it is the one that counts. */
export interface Version {
  readonly version: string;
  /** The latest run of it. */
  readonly latest: Entry;
  readonly operations: ReadonlyMap<string, PublishedCell>;
  /** The latest run that timed it. */
  readonly timed?: Entry;
  readonly bits?: number;
}

export interface Line {
  readonly name: string;
  /** Oldest first. */
  readonly entries: readonly Entry[];
  /** Newest first. */
  readonly versions: readonly Version[];
  /** Why it did not start in its latest run, where it never ran. */
  readonly reason?: string;
}

/** Returns the lines in the order in which they were last run, newest first. */
export function linesOf(runs: readonly PublishedRun[]): Line[] {
  const entries = new Map<string, Entry[]>();
  for (const run of inOrder(runs)) {
    for (const backend of run.backends) {
      const own = entries.get(backend.line);
      if (own) own.push({ run, backend });
      else entries.set(backend.line, [{ run, backend }]);
    }
  }
  const lines = [...entries].map(([name, all]): Line => {
    const own = all.filter(({ backend }) => backend.ran);
    const byVersion = new Map<string, Entry[]>();
    for (const entry of own) byVersion.set(entry.backend.version, [...(byVersion.get(entry.backend.version) ?? []), entry]);
    const versions = [...byVersion].map(([version, some]) => versionOf(version, some));
    return {
      ...{ name, entries: own, reason: own.length === 0 ? all.at(-1)!.backend.reason : undefined },
      versions: versions.toSorted((a, b) => compareVersions(b.version, a.version)),
    };
  });
  const last = ({ entries: own }: Line) => own.at(-1)?.run.startedAt ?? '';
  return lines.toSorted((a, b) => (last(a) === last(b) ? compareText(a.name, b.name) : compareText(last(b), last(a))));
}

/** Oldest first; runs of one moment by their name, so that the order of the files does not show. */
export function inOrder(runs: readonly PublishedRun[]): PublishedRun[] {
  return runs.toSorted((a, b) => compareText(a.startedAt, b.startedAt) || compareText(a.id, b.id));
}

function versionOf(version: string, entries: readonly Entry[]): Version {
  const operations = new Map<string, PublishedCell>();
  for (const { backend } of entries) for (const [name, cell] of Object.entries(backend.operations)) operations.set(name, cell);
  return {
    ...{ version, latest: entries.at(-1)!, operations },
    timed: entries.findLast(({ backend }) => backend.timed !== undefined),
    bits: entries.findLast(({ backend }) => backend.bits !== undefined)?.backend.bits,
  };
}

/** "1.9.0" before "1.10.0", "4.0.0-rc.1" before "4.0.0"; what is no version of that kind, by the numbers in it. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [a, b].map((version) => semver.parse(version, { loose: true }) ?? semver.coerce(version));
  const order = one && other ? semver.compare(one, other) : Number(one !== null) - Number(other !== null);
  return order || a.localeCompare(b, 'en', { numeric: true });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export interface Amounts {
  readonly passed: number;
  readonly known: number;
  readonly red: number;
  readonly others: number;
  readonly total: number;
}

export function amountsOf(cells: Iterable<PublishedCell>): Amounts {
  const sum = { passed: 0, known: 0, red: 0, others: 0, total: 0 };
  for (const [, passed, known, red, others] of cells) {
    sum.passed += passed;
    sum.known += known;
    sum.red += red;
    sum.others += others;
    sum.total += passed + known + red + others;
  }
  return sum;
}

/** Right, wrong (known or not), or no answer: what makes two verdicts differ. */
export type Verdict = 'right' | 'wrong' | 'none';

export function verdictOf([, passed, known, red]: PublishedCell): Verdict {
  if (known + red > 0) return 'wrong';
  return passed > 0 ? 'right' : 'none';
}

/** Operations whose verdict is not the same in all of these versions that were asked it. */
export function changedOperations(versions: readonly Version[], names: readonly string[]): string[] {
  return names.filter((name) => {
    const cells = versions.map(({ operations }) => operations.get(name)).filter((cell) => cell !== undefined);
    return new Set(cells.map(verdictOf)).size > 1;
  });
}

export interface Change {
  readonly operation: string;
  readonly before: PublishedCell;
  readonly after: PublishedCell;
}

/** Compares each run of a line with the runs before it, oldest first: each operation with the run that last asked it. */
export function changesOf({ entries }: Line): readonly (readonly Change[])[] {
  const last = new Map<string, PublishedCell>();
  return entries.map(({ backend }) => {
    const changes: Change[] = [];
    for (const [operation, after] of Object.entries(backend.operations)) {
      const before = last.get(operation);
      if (before !== undefined && verdictOf(before) !== verdictOf(after)) changes.push({ operation, before, after });
      last.set(operation, after);
    }
    return changes;
  });
}
