/**
 * Times backends. Every number comes from several fresh processes; in each round the sizes go in an order drawn with the seed, and within a
 * size the backends do, one at a time, so that drift of the machine favours none of them. Only an answer that the judge accepts gets a number.
 */
import type { WorkerSupervisor } from '../../backends/worker/worker.ts';
import { randomFrom } from '../judging/random.ts';
import type { CheckOptions, RunListener } from '../running/run.ts';
import type { BenchmarksRecord, MachineLimits, Timing } from '../runReport.ts';
import { availableMemory, type EnvironmentReading, environmentWarnings, readEnvironment, stealShare } from './environment.ts';
import { growthOf, meansOf } from './findings.ts';
import { hasBegun, isSettled, numberOf, predictedMs, type TimedNumber, timingSoFar } from './number.ts';
import { roundOrder, shuffled } from './order.ts';
import { acceleratorLimits, machineWorker, processorLimits, referenceKernelMs } from './probe/machine.ts';
import { type BlockQuestion, blockQuestion } from './questions.ts';
import type { BenchmarkSize } from './sizes.ts';
import { medianOf } from './statistics/samples.ts';
import { withRatios } from './timing.ts';
import { type TimedBackend, visit } from './visit.ts';
import { memoryNeed } from './work.ts';

export interface BenchmarkOptions extends CheckOptions {
  /** Name of the selection, for the report. */
  readonly suite: string;
  readonly sizes: readonly BenchmarkSize[];
  /** Fresh processes for each number; each of them is a round. */
  readonly processes: number;
  /** Timed calls of a block, at most. */
  readonly iterations: number;
  /** Time for a block; slow calls take longer. */
  readonly budgetMs: number;
  /** A size of which one call would take longer is left out, with the reason. */
  readonly limitMs: number;
  /** Executions with a cold cache in every process. */
  readonly cold: number;
  /** Timings of a run that was stopped: only what they lack is measured. */
  readonly known?: readonly Timing[];
}

export type BenchmarkListener = Pick<RunListener, 'timing' | 'benchmarks' | 'progress'>;

/** What lies outside the run; a test puts something else there. */
export interface Machine {
  environment(): EnvironmentReading;
  availableBytes(): number;
  /** A process that measures the machine itself. */
  worker?(): WorkerSupervisor;
}

const thisMachine: Machine = { environment: readEnvironment, availableBytes: availableMemory, worker: machineWorker };

const warmup = 10;

interface Process {
  readonly worker: WorkerSupervisor;
  readonly measures: boolean;
}
type Running = ReadonlyMap<TimedBackend, Process>;

/** What a run learns beside its numbers. */
interface Findings {
  readonly limits: Record<string, MachineLimits>;
  readonly referenceKernelMs: number[];
  readonly bracketMs: Record<string, number>;
  clockMs: number;
}

/** Times every size on every backend and tells the listener what is known of a number after each process. */
export async function benchmark(
  backends: readonly TimedBackend[],
  listener: BenchmarkListener,
  options: BenchmarkOptions,
  machine: Machine = thisMachine,
): Promise<void> {
  const { sizes, processes, signal, seed } = options;
  const before = machine.environment();
  const found: Findings = { limits: {}, referenceKernelMs: [], bracketMs: {}, clockMs: 0 };
  const numbers = sizes.flatMap((line) => backends.map((backend) => numberOf(line, backend, options.known)));
  for (const number of numbers) {
    const need = memoryNeed(number.line, backends.length);
    if (need > machine.availableBytes()) number.skipped = tooLarge(need, machine.availableBytes());
  }
  const left = () =>
    numbers.reduce((sum, number) => sum + (isSettled(number) ? 0 : Math.max(0, processes - number.visits.length)), 0);
  const total = left();
  const progress = (detail?: string) => listener.progress('timing', total - left(), total, detail);
  const timing = (number: TimedNumber) => timingSoFar(number, found.limits[deviceOf(number.backend)]);

  for (let round = 0; round < processes && !signal?.aborted; round++) {
    const due = numbers.filter((number) => !isSettled(number) && number.visits.length <= round);
    if (due.length === 0) continue;
    const running = await startProcesses(due.map(({ backend }) => backend));
    const stop = () => {
      for (const { worker } of running.values()) worker.stop(String(signal?.reason));
    };
    signal?.addEventListener('abort', stop);
    await measureMachine(machine, running, found);
    for (const line of roundOrder(sizes, seed, round)) {
      const block = blocksOf(line, seed, round);
      const own = due.filter((number) => number.line === line);
      for (const number of shuffled(own, seed, `round ${round}`, line.operation.name, line.name)) {
        if (signal?.aborted) break;
        progress(`${line.operation.name} ${line.name} on ${number.backend.name}`);
        await measure(number, numbers, running.get(number.backend)!, block, round, options);
        if (!signal?.aborted) listener.timing(timing(number));
      }
    }
    signal?.removeEventListener('abort', stop);
    await closeAll(running);
  }

  for (const { visits, backend } of numbers) {
    found.clockMs = Math.max(found.clockMs, ...visits.map(({ clockMs = 0 }) => clockMs));
    const brackets = visits.flatMap(({ bracketMs }) => bracketMs ?? []);
    if (brackets.length > 0) found.bracketMs[backend.name] = medianOf(brackets);
  }
  const timings = withRatios(numbers.filter(hasBegun).map(timing));
  for (const complete of timings) listener.timing(complete);
  listener.benchmarks(recordOf(options, found, timings, before, machine.environment()));
  progress();
}

/** Asks one process for one number, unless one call would take longer than the suite has time for. */
async function measure(
  number: TimedNumber,
  all: readonly TimedNumber[],
  { worker, measures }: Process,
  blockFor: (backend: TimedBackend) => BlockQuestion,
  round: number,
  options: BenchmarkOptions,
): Promise<void> {
  const { seed, iterations, budgetMs, limitMs, cold, signal } = options;
  const { line, backend, about } = number;
  const expectedMs = predictedMs(number, all);
  // Predicted from smaller sizes, whose overhead counts for more: too long is what is far too long.
  if (expectedMs !== undefined && expectedMs > 4 * limitMs) {
    number.skipped = `one call takes about ${seconds(expectedMs)}; ${options.suite} leaves out what takes over ${seconds(4 * limitMs)}`;
    return;
  }
  const sample = randomFrom(seed, 'sampled call', about.caseId, backend.name, String(round)).next();
  const timeoutMs = options.timeoutMs + 10 * limitMs;
  const asked = { timeoutMs, warmup, iterations, budgetMs, cold, sample, measures };
  const visited = await visit(line, backend, worker, blockFor(backend), asked).catch((error: unknown) => {
    if (!signal?.aborted) throw error;
  });
  // What was cut off says nothing of the backend.
  if (signal?.aborted || !visited) return;
  number.fenceProven = measures;
  if (visited.kind === 'measured') number.visits.push(visited);
  else number.refusal = visited;
}

/** The round's inputs of a size: the same for all backends of a dtype. */
function blocksOf(line: BenchmarkSize, seed: number, round: number): (backend: TimedBackend) => BlockQuestion {
  const blocks = new Map<string, BlockQuestion>();
  return ({ description: { dtype } }) => {
    const block = blocks.get(dtype) ?? blockQuestion(line, { seed, round, dtype });
    blocks.set(dtype, block);
    return block;
  };
}

async function startProcesses(backends: readonly TimedBackend[]): Promise<Running> {
  const started = [...new Set(backends)].map(async (backend) => {
    const worker = backend.fresh();
    const start = await worker.start();
    return [backend, { worker, measures: start.kind === 'started' && start.hello.measures === true }] as const;
  });
  return new Map(await Promise.all(started));
}

async function closeAll(running: Running): Promise<void> {
  await Promise.all(Array.from(running.values(), ({ worker }) => worker.close()));
}

/** The pinned kernel in every round; once in a run what each device reaches. */
async function measureMachine(machine: Machine, running: Running, found: Findings): Promise<void> {
  const worker = machine.worker?.();
  if (!worker) return;
  const kernelMs = await referenceKernelMs(worker);
  if (kernelMs !== undefined) found.referenceKernelMs.push(kernelMs);
  for (const [backend, { worker: own }] of running) {
    const device = deviceOf(backend);
    if (found.limits[device]) continue;
    const limits = device === 'cpu' ? await processorLimits(worker) : await acceleratorLimits(own, backend.name);
    if (limits) found.limits[device] = limits;
  }
  await worker.close();
}

/** WebAssembly runs on the processor. */
function deviceOf({ description: { device } }: TimedBackend): string {
  return device === 'wasm' ? 'cpu' : device;
}

const seconds = (ms: number) => `${Number((ms / 1000).toPrecision(2))} s`;
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

/** Says that a size does not fit. */
export function tooLarge(need: number, available: number): string {
  return `needs ${mebibytes(need)} of memory, ${mebibytes(available)} are available`;
}

function recordOf(
  { suite, processes, sizes }: BenchmarkOptions,
  found: Findings,
  timings: readonly Timing[],
  before: EnvironmentReading,
  after: EnvironmentReading,
): BenchmarksRecord {
  const steal = stealShare(before, after);
  const warnings = environmentWarnings(before);
  if (steal !== undefined && steal > 0.01) {
    warnings.push(`the host gave ${(steal * 100).toFixed(1)} % of the processor time to other machines`);
  }
  const kernels = found.referenceKernelMs;
  if (kernels.length > 1 && Math.max(...kernels) > 1.1 * Math.min(...kernels)) {
    warnings.push(
      `the pinned kernel took between ${Math.min(...kernels).toPrecision(3)} and ${Math.max(...kernels).toPrecision(3)} ms: the machine changed its pace between rounds`,
    );
  }
  return {
    ...{ suite, processes, loadBefore: before.load, loadAfter: after.load, stealShare: steal, governor: before.governor },
    ...{ bracketMs: found.bracketMs, clockMs: found.clockMs || undefined, referenceKernelMs: kernels, limits: found.limits },
    growth: growthOf(sizes, timings),
    means: meansOf(timings),
    warnings,
  };
}
