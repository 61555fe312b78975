/** A number while it is being measured: a size on a backend, with what its processes have said so far. */
import { fullSizes, shapeFrom } from '../judging/shapes.ts';
import { expectedFailureOf } from '../running/expectedFailures.ts';
import type { MachineLimits, Timing } from '../runReport.ts';
import { amountOf } from './order.ts';
import type { BenchmarkSize } from './sizes.ts';
import { byProcess, type NumberedTiming, timingOf } from './timing.ts';
import type { Measurement, TimedBackend, Visit } from './visit.ts';
import { workOf } from './work.ts';

export interface TimedNumber {
  readonly line: BenchmarkSize;
  readonly backend: TimedBackend;
  readonly about: NumberedTiming;
  /** A measurement for each process, in the order of the rounds. */
  readonly visits: Measurement[];
  /** Whether the worker showed that its fence waits. */
  fenceProven: boolean;
  /** The backend's word that ends it: no such operation, or a failure. */
  refusal?: Exclude<Visit, Measurement>;
  /** Why it is not measured. */
  skipped?: string;
}

/** Begins a number, with what an earlier run that was stopped has measured of it. */
export function numberOf(line: BenchmarkSize, backend: TimedBackend, known: readonly Timing[] = []): TimedNumber {
  const { operation, name: size, recipe } = line;
  const sizes = fullSizes(operation, recipe.sizes, recipe.attributes);
  const { flops, bytes } = workOf(line);
  const inputs = Object.entries(operation.inputs(recipe.attributes)).filter(([name]) => !recipe.without?.includes(name));
  const about: NumberedTiming = {
    operation: operation.name,
    backend: backend.name,
    caseId: `${operation.name}/benchmark-${size}/random`,
    size,
    shapes: Object.fromEntries(inputs.map(([name, { dimensions }]) => [name, shapeFrom(dimensions, sizes, operation.name)])),
    flops,
    bytes,
  };
  const before = known.find(
    ({ caseId, backend: name, status }) => caseId === about.caseId && name === backend.name && status === 'valid',
  );
  return { line, backend, about, visits: before ? measurementsOf(before) : [], fenceProven: true };
}

/** Takes a timing apart again into what each process said. */
export function measurementsOf(timing: Timing): Measurement[] {
  const { execute, load, read, throughput, cold, firstCallMs, judged = { compared: 0, of: 0, answers: 0 } } = timing;
  if (!execute || !load || !read) return [];
  const [loads, reads, colds, whole] = [load, read, cold, throughput].map((samples) => (samples ? byProcess(samples) : []));
  return byProcess(execute).map((executeMs, i) => ({
    ...{ kind: 'measured', executeMs, loadMs: loads[i], readMs: reads[i], coldMs: colds[i] ?? [], firstCallMs },
    throughputMs: whole[i]?.[0],
    judged: i === 0 ? judged : { compared: 0, of: 0, answers: 0 },
  }));
}

/** Whether there is nothing more to ask, however many processes are still to come. */
export function isSettled({ refusal, skipped, visits }: TimedNumber): boolean {
  return refusal !== undefined || skipped !== undefined || visits.some(({ wrong }) => wrong !== undefined);
}

export function hasBegun({ refusal, skipped, visits }: TimedNumber): boolean {
  return refusal !== undefined || skipped !== undefined || visits.length > 0;
}

/** Returns the number as far as it is known. */
export function timingSoFar(number: TimedNumber, limits: MachineLimits | undefined): Timing {
  const { about, backend, refusal, skipped, visits, fenceProven } = number;
  if (skipped !== undefined) return { ...about, status: 'skipped', reason: skipped };
  if (refusal) return { ...about, status: refusal.kind === 'unsupported' ? 'unsupported' : 'invalid', reason: refusal.reason };
  const timing = timingOf(about, visits, { limits, fenceProven });
  if (timing.status !== 'invalid') return timing;
  const listed = expectedFailureOf(backend, about.caseId, 'failed');
  return listed.status === undefined
    ? timing
    : { ...timing, expected: true, reason: `${listed.reason}; found: ${timing.reason}` };
}

/** Returns how long one call will take, by its own processes or by the next smaller size of the operation; undefined where neither is known. */
export function predictedMs(number: TimedNumber, all: readonly TimedNumber[]): number | undefined {
  if (number.visits.length > 0) return callMs(number.visits[0]);
  const amount = amountOf(number.line);
  const smaller = all
    .filter(
      ({ line, backend, visits }) =>
        backend === number.backend && line.operation === number.line.operation && visits.length > 0,
    )
    .map(({ line, visits }) => ({ amount: amountOf(line), ms: callMs(visits[0]) }))
    .filter((other) => other.amount <= amount)
    .sort((a, b) => b.amount - a.amount);
  return smaller.length > 0 ? (smaller[0].ms * amount) / smaller[0].amount : undefined;
}

/** The shortest call: what the machine did beside it is not foreseen. */
function callMs({ loadMs, executeMs, readMs }: Measurement): number {
  return Math.min(...executeMs.map((execute, i) => loadMs[i] + execute + readMs[i]));
}
