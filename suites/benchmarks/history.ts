/** Runs over time: what is kept of each, where a series steps, and whether the machine or the code changed. */
import type { RunReport } from '../runReport.ts';
import { medianOf } from './statistics/samples.ts';

/** What is kept of a run; a plain file each. */
export interface HistoryEntry {
  readonly historyVersion: 1;
  readonly at: string;
  readonly etalonVersion: string;
  /** Of the code that was timed, where the caller knows it. */
  readonly revision?: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly platform: string; readonly node: string };
  /** The pinned kernel's time on that machine in that run. */
  readonly referenceKernelMs: number;
  /** Version of each backend's library. */
  readonly versions: Readonly<Record<string, string>>;
  readonly numbers: readonly {
    readonly backend: string;
    readonly caseId: string;
    readonly medianMs: number;
    readonly lowMs?: number;
    readonly highMs?: number;
  }[];
}

/** Returns what history keeps of a run; undefined where it timed nothing or the pinned kernel did not run along. */
export function entryOf(report: RunReport, revision?: string): HistoryEntry | undefined {
  const kernels = report.benchmarks?.referenceKernelMs ?? [];
  const numbers = report.timings.flatMap(({ backend, caseId, execute, movesNoData }) =>
    execute === undefined || movesNoData
      ? []
      : [{ backend, caseId, medianMs: execute.medianMs, lowMs: execute.lowMs, highMs: execute.highMs }],
  );
  if (kernels.length === 0 || numbers.length === 0) return undefined;
  const { cpu, cores, platform, node } = report.environment;
  return {
    historyVersion: 1,
    at: report.startedAt,
    etalonVersion: report.etalonVersion,
    revision,
    machine: { cpu, cores, platform, node },
    referenceKernelMs: medianOf(kernels),
    versions: Object.fromEntries(report.backends.map(({ name, version = '' }) => [name, version])),
    numbers,
  };
}

export interface Step {
  /** Entry of the series with which the new level begins. */
  readonly at: string;
  /** New level ÷ old one. */
  readonly ratio: number;
  readonly cause: 'machine' | 'code';
  /** What is known to differ between the entries on both sides. */
  readonly changes: readonly string[];
}

export interface Trend {
  readonly backend: string;
  readonly caseId: string;
  readonly points: readonly { readonly at: string; readonly medianMs: number; readonly kernels: number }[];
  readonly steps: readonly Step[];
}

/** Returns each number's series in the order of time, with its steps. */
export function trendsOf(entries: readonly HistoryEntry[]): Trend[] {
  const inTime = entries.toSorted((a, b) => a.at.localeCompare(b.at));
  const keys = new Map(
    inTime.flatMap(({ numbers }) => numbers.map(({ backend, caseId }) => [`${backend} ${caseId}`, { backend, caseId }])),
  );
  return [...keys.values()].map(({ backend, caseId }) => {
    const own = inTime.flatMap((entry) => {
      const number = entry.numbers.find((one) => one.backend === backend && one.caseId === caseId);
      return number ? [{ entry, medianMs: number.medianMs, kernels: number.medianMs / entry.referenceKernelMs }] : [];
    });
    return {
      ...{ backend, caseId },
      points: own.map(({ entry, medianMs, kernels }) => ({ at: entry.at, medianMs, kernels })),
      steps: stepsOf(backend, own),
    };
  });
}

interface Point {
  readonly entry: HistoryEntry;
  readonly medianMs: number;
  /** The time in pinned kernels. */
  readonly kernels: number;
}

/** A step of the time that the pinned kernel makes too is the machine's; one of their ratio is the code's, unless the machine is another. */
function stepsOf(backend: string, points: readonly Point[]): Step[] {
  const times = findSteps(points.map(({ medianMs }) => Math.log(medianMs)));
  const ratios = findSteps(points.map(({ kernels }) => Math.log(kernels)));
  const code = ratios.map((step) => ({ ...step, isMachine: isOtherMachine(points, step.at) }));
  const machine = times
    .filter(({ at }) => !ratios.some((other) => Math.abs(other.at - at) <= 1))
    .map((step) => ({ ...step, isMachine: true }));
  return [...code, ...machine]
    .sort((a, b) => a.at - b.at)
    .map(({ at, change, isMachine }) => ({
      at: points[at].entry.at,
      ratio: Math.exp(change),
      cause: isMachine ? 'machine' : 'code',
      changes: changesBetween(backend, points[at - 1].entry, points[at].entry),
    }));
}

function isOtherMachine(points: readonly Point[], at: number): boolean {
  const [before, after] = [points[at - 1].entry.machine, points[at].entry.machine];
  return before.cpu !== after.cpu || before.cores !== after.cores || before.platform !== after.platform;
}

function changesBetween(backend: string, before: HistoryEntry, after: HistoryEntry): string[] {
  const compared: readonly (readonly [what: string, from: string | undefined, to: string | undefined])[] = [
    ['processor', before.machine.cpu, after.machine.cpu],
    ['cores', String(before.machine.cores), String(after.machine.cores)],
    ['platform', before.machine.platform, after.machine.platform],
    ['Node', before.machine.node, after.machine.node],
    [backend, before.versions[backend], after.versions[backend]],
    ['etalon', before.etalonVersion, after.etalonVersion],
    ['revision', before.revision, after.revision],
  ];
  return compared
    .filter(([, from, to]) => from !== to)
    .map(([what, from = 'unknown', to = 'unknown']) => `${what} ${from} → ${to}`);
}

const fewestOnASide = 3;
const smallestStep = Math.log(1.03);
/** Medians of that many pairs of noise differ by so many standard deviations once in thousands of series. */
const deviations = 5.5;
/** Runs repeat to a per cent at best. */
const leastNoise = 0.01;

/**
 * Returns where a series steps from one level to another, and by how much: the split whose two medians are nearest to all values,
 * then the same within both parts. The noise is that of neighbours, which a step hardly touches.
 */
export function findSteps(values: readonly number[], from = 0): { readonly at: number; readonly change: number }[] {
  if (values.length < 2 * fewestOnASide) return [];
  const neighbours = values.slice(1).map((value, i) => Math.abs(value - values[i]));
  const noise = Math.max(leastNoise, (1.4826 * medianOf(neighbours)) / Math.SQRT2);
  let best = { at: 0, cost: Number.POSITIVE_INFINITY };
  for (let at = fewestOnASide; at <= values.length - fewestOnASide; at++) {
    const cost = scatter(values.slice(0, at)) + scatter(values.slice(at));
    if (cost < best.cost) best = { at, cost };
  }
  const { at } = best;
  const change = medianOf(values.slice(at)) - medianOf(values.slice(0, at));
  const clear = Math.abs(change) / (noise * 1.25 * Math.sqrt(1 / at + 1 / (values.length - at)));
  if (clear < deviations || Math.abs(change) < smallestStep) return [];
  return [...findSteps(values.slice(0, at), from), { at: from + at, change }, ...findSteps(values.slice(at), from + at)];
}

/** Sum of the distances from the median. */
function scatter(values: readonly number[]): number {
  const centre = medianOf(values);
  return values.reduce((sum, value) => sum + Math.abs(value - centre), 0);
}
