/** One visit: one process is asked for one number. */
import { availableParallelism } from 'node:os';
import type { BenchResult, Timed, WorkerSupervisor } from '../../backends/worker/worker.ts';
import type { NamedTensors } from '../judging/operation.ts';
import { precisionOf } from '../judging/precision.ts';
import type { BackendUnderTest } from '../running/run.ts';
import type { BlockQuestion } from './questions.ts';
import type { BenchmarkSize } from './sizes.ts';
import { type Suspicion, suspicionOf } from './validity.ts';
import { bytesOf, flopsOf, outputElementsOf } from './work.ts';

/** A backend of which further processes can be started. */
export interface TimedBackend extends BackendUnderTest {
  fresh(): WorkerSupervisor;
}

export interface VisitOptions {
  readonly timeoutMs: number;
  readonly warmup: number;
  readonly iterations: number;
  readonly budgetMs: number;
  readonly cold: number;
  /** In [0, 1): which timed call's outputs are judged. */
  readonly sample: number;
  /** Whether the worker understands `measure`. */
  readonly measures: boolean;
}

/** What a process said and what was found: times in milliseconds in the order of measurement. */
export interface Measurement {
  readonly kind: 'measured';
  readonly executeMs: readonly number[];
  readonly loadMs: readonly number[];
  readonly readMs: readonly number[];
  readonly firstCallMs?: number;
  readonly throughputMs?: number;
  readonly coldMs: readonly number[];
  readonly bracketMs?: number;
  readonly clockMs?: number;
  /** Why an answer was refused; then the times count for nothing. */
  readonly wrong?: string;
  readonly suspicion?: Suspicion;
  readonly judged: { readonly compared: number; readonly of: number; readonly answers: number };
}

export type Visit = Measurement | { readonly kind: 'unsupported' | 'failed'; readonly reason: string };

const mostChained = 64;

/** Asks a process for a number, judges the outputs that were computed meanwhile, and looks whether the times can be those of computing them. */
export async function visit(
  line: BenchmarkSize,
  backend: TimedBackend,
  worker: WorkerSupervisor,
  block: BlockQuestion,
  options: VisitOptions,
): Promise<Visit> {
  return options.measures
    ? measureByWorker(line, backend, worker, block, options)
    : measureByCalls(line, backend, worker, block, options);
}

async function measureByWorker(
  { operation }: BenchmarkSize,
  backend: TimedBackend,
  worker: WorkerSupervisor,
  block: BlockQuestion,
  { timeoutMs, warmup, iterations, budgetMs, cold, sample }: VisitOptions,
): Promise<Visit> {
  const measure = { shift: block.shift, sample, budgetMs, chain: mostChained, cold };
  const options = { timeoutMs, warmup, iterations, measure, outputElements: outputElementsOf(block) };
  const result = await worker.bench(operation.name, block.case.attributes, block.inputs(0), options);
  if (result.kind !== 'timed') return refused(result);
  if (!result.sampleOutputs || !result.chain) {
    return { kind: 'failed', reason: 'the reply lacks sampleOutputs or chain, though the hello says that the worker measures' };
  }
  const answers = [
    { turn: 0, outputs: result.outputs, which: 'after the chained executions' },
    {
      turn: 1,
      outputs: result.sampleOutputs,
      which: `of timed call ${(result.sampled ?? 0) + 1} of ${result.executeMs.length}`,
    },
  ];
  return measurement(backend, block, result, answers);
}

/**
 * A worker that makes its calls its own way: a first call, a block with other inputs, and one call with inputs that it has not seen.
 * The answers to the block and to the last call are judged.
 */
async function measureByCalls(
  { operation }: BenchmarkSize,
  backend: TimedBackend,
  worker: WorkerSupervisor,
  block: BlockQuestion,
  { timeoutMs, warmup, iterations, budgetMs }: VisitOptions,
): Promise<Visit> {
  const ask = (turn: number, options: { warmup: number; iterations: number }) =>
    worker.bench(operation.name, block.case.attributes, block.inputs(turn), {
      ...{ timeoutMs, outputElements: outputElementsOf(block) },
      ...options,
    });
  const first = await ask(2, { warmup: 0, iterations: 1 });
  if (first.kind !== 'timed') return refused(first);
  const onceMs = first.loadMs[0] + first.executeMs[0] + first.readMs[0];
  const affordable = Math.max(onceMs > 4 * budgetMs ? 1 : 3, Math.min(iterations, Math.floor(budgetMs / onceMs)));
  const result = await ask(0, { warmup: onceMs > budgetMs / 4 ? 0 : warmup, iterations: affordable });
  if (result.kind !== 'timed') return refused(result);
  const last = await ask(1, { warmup: 0, iterations: 1 });
  if (last.kind !== 'timed') return refused(last);
  const answers = [
    { turn: 0, outputs: result.outputs, which: 'of the last timed call' },
    { turn: 1, outputs: last.outputs, which: 'of the call after the block' },
  ];
  const firstCallMs = first.firstCallMs ?? onceMs;
  return measurement(backend, block, { ...result, firstCallMs }, answers, last.executeMs[0]);
}

interface Answer {
  readonly turn: number;
  readonly outputs: NamedTensors;
  readonly which: string;
}

function measurement(
  backend: TimedBackend,
  block: BlockQuestion,
  timed: Timed,
  answers: readonly Answer[],
  freshMs?: number,
): Measurement {
  const { loadMs, executeMs, readMs, firstCallMs, chain, coldMs = [], bracketMs, clockMs } = timed;
  const { device } = backend.description;
  const precision = precisionOf(backend.description);
  const judged = answers.map(({ turn, outputs, which }) => ({ which, judgement: block.judge(turn, outputs, precision) }));
  const refusal = judged.find(({ judgement }) => !judgement.passed);
  const outputs = judged.flatMap(({ judgement }) => judgement.outputs);
  const work = { flops: flopsOf(block), bytes: bytesOf(block), device, cores: availableParallelism() };
  return {
    ...{ kind: 'measured', loadMs, executeMs, readMs, firstCallMs, coldMs, bracketMs, clockMs },
    throughputMs: chain && chain.executesMs / chain.calls,
    wrong: refusal && `wrong answer ${refusal.which}: ${refusal.judgement.reason}`,
    suspicion: suspicionOf({ executeMs, readMs, chain, freshMs, clockMs }, work),
    judged: {
      compared: outputs.reduce((sum, { compared }) => sum + compared, 0),
      of: outputs.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0),
      answers: answers.length,
    },
  };
}

function refused(result: Exclude<BenchResult, Timed>): Visit {
  return { kind: result.kind === 'unsupported' ? 'unsupported' : 'failed', reason: result.message };
}
