/** How fast each backend is beside the others of the run, over all operations that were timed. */
import type { RunReport, Timing } from '../suites/runReport.ts';
import { brief } from './numbers.ts';

export interface BackendSpeed {
  readonly backend: string;
  /** Operations with a valid timing. */
  readonly timed: number;
  /** Geometric mean of the time of one execution, as a multiple of the fastest backend's of the same operation; 1 is always the fastest. */
  readonly timesFastest: number;
  /** Operations in which it is the fastest of at least two. */
  readonly wins: number;
}

/** Returns the backends that have a timing, in the run's order. Times compare only within one operation. */
export function speeds(report: RunReport): BackendSpeed[] {
  const shared = sharedTimings(report);
  return report.backends.flatMap(({ name }) => {
    const own = shared.flatMap((timings) => {
      const timing = timings.find(({ backend }) => backend === name);
      return timing ? [{ ratio: medianOf(timing) / fastestOf(timings), rivals: timings.length - 1 }] : [];
    });
    if (own.length === 0) return [];
    return [
      {
        ...{ backend: name, timed: own.length },
        timesFastest: geometricMean(own.map(({ ratio }) => ratio)),
        wins: own.filter(({ ratio, rivals }) => ratio === 1 && rivals > 0).length,
      },
    ];
  });
}

/**
 * Returns how many times faster `backend` is than `other`: the geometric mean over the operations that both were timed on, above 1 where it
 * is faster; undefined where there is none.
 */
export function timesFaster(report: RunReport, backend: string, other: string): number | undefined {
  const ratios = sharedTimings(report).flatMap((timings) => {
    const [own, theirs] = [backend, other].map((name) => timings.find((timing) => timing.backend === name));
    return own && theirs ? [medianOf(theirs) / medianOf(own)] : [];
  });
  return ratios.length > 0 ? geometricMean(ratios) : undefined;
}

/** Returns the fastest of at least two backends, by the mean over what it and each other one were both timed on. */
export function fastest(report: RunReport): { readonly backend: string; readonly comparison: string } | undefined {
  const names = speeds(report).map(({ backend }) => backend);
  const beats = (backend: string, other: string) => (timesFaster(report, backend, other) ?? 1) > 1;
  const backend = names.find((name) => names.every((other) => other === name || beats(name, other)));
  if (backend === undefined || names.length < 2) return undefined;
  // js is the pace that everything else is compared with; without it, the next.
  const others = names
    .filter((name) => name !== backend)
    .toSorted((a, b) => (timesFaster(report, backend, a) ?? Infinity) - (timesFaster(report, backend, b) ?? Infinity));
  const other = others.includes('js') ? 'js' : others[0];
  return { backend, comparison: `${brief(timesFaster(report, backend, other)!, 2)} × ${other}` };
}

/** The share of the fastest backend's speed that a timing reaches: 1 for the fastest itself. */
export function speedShare(timing: Timing, { timings }: RunReport): number {
  const rivals = timings.filter(({ operation, execute }) => operation === timing.operation && execute !== undefined);
  return rivals.length === 0 || timing.execute === undefined ? 0 : fastestOf(rivals) / medianOf(timing);
}

/** The valid timings of each operation. */
function sharedTimings({ timings }: RunReport): Timing[][] {
  const byOperation = new Map<string, Timing[]>();
  for (const timing of timings) {
    if (timing.status !== 'valid' || timing.execute === undefined || !(timing.execute.medianMs > 0)) continue;
    const own = byOperation.get(timing.operation);
    if (own) own.push(timing);
    else byOperation.set(timing.operation, [timing]);
  }
  return [...byOperation.values()];
}

function medianOf({ execute }: Timing): number {
  return execute!.medianMs;
}

function fastestOf(timings: readonly Timing[]): number {
  return Math.min(...timings.map(medianOf));
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
