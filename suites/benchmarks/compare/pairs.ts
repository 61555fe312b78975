/**
 * The paired design: the unit is a pair of fresh processes, spawned in a random order and warmed; then blocks ABBA or BAAB. What differs from
 * process to process is in the scatter of the pairs, and what drifts within a pair hits both of its processes alike.
 */
import type { BackendDescription } from '../../../backends/contract.ts';
import { descriptionOf } from '../../../backends/index.ts';
import type { BenchResult, WorkerSupervisor } from '../../../backends/worker/worker.ts';
import { precisionOf } from '../../judging/precision.ts';
import { type Random, randomFrom } from '../../judging/random.ts';
import { type BlockQuestion, blockQuestion } from '../questions.ts';
import type { BenchmarkSize } from '../sizes.ts';
import { medianOf } from '../statistics/samples.ts';
import { outputElementsOf } from '../work.ts';

/** One of the two versions. */
export interface Side {
  readonly name: string;
  fresh(): WorkerSupervisor;
}

export interface PairOptions {
  readonly seed: number;
  readonly pairs: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Hears of every pair that is done. */
  readonly progress?: (done: number, total: number, detail: string) => void;
}

/** Differences ln B − ln A of one case, a number a pair; or why there are none. */
export interface PairedCase {
  readonly line: BenchmarkSize;
  readonly differences: number[];
  /** A against another process of A, in the same pairs. */
  readonly canary: number[];
  reason?: string;
}

const blocks = 8;
/** Time for one letter of ABBA. */
const letterMs = 3;
const mostIterations = 200;

interface Process {
  readonly worker: WorkerSupervisor;
  readonly description: BackendDescription;
}

/** A process that cannot be asked ends the comparison. */
export class SideError extends Error {}

/** Measures pairs of processes; every pair measures every case. The canary runs along with the first case. */
export async function measurePairs(
  a: Side,
  b: Side,
  lines: readonly BenchmarkSize[],
  options: PairOptions,
): Promise<PairedCase[]> {
  const cases = lines.map((line): PairedCase => ({ line, differences: [], canary: [] }));
  for (let pair = 0; pair < options.pairs && !options.signal?.aborted; pair++) {
    const random = randomFrom(options.seed, 'pair', String(pair));
    const sides: Record<'a' | 'b' | 'canary', Side> = { a, b, canary: a };
    const running = {} as Record<keyof typeof sides, Process>;
    try {
      for (const name of shuffledNames(random)) running[name] = await start(sides[name], options.timeoutMs);
      for (const [at, one] of cases.entries()) {
        if (options.signal?.aborted) break;
        options.progress?.(pair, options.pairs, `${one.line.operation.name} ${one.line.name}`);
        if (one.reason === undefined) await measureCase(one, running, at === 0, pair, random, options);
      }
    } catch (error) {
      if (!options.signal?.aborted) throw error;
    } finally {
      await Promise.all(Object.values(running).map(({ worker }) => worker.close()));
    }
  }
  options.progress?.(options.pairs, options.pairs, '');
  return cases;
}

function shuffledNames(random: Random): ('a' | 'b' | 'canary')[] {
  const names: ('a' | 'b' | 'canary')[] = ['a', 'b', 'canary'];
  for (let i = names.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [names[i], names[j]] = [names[j], names[i]];
  }
  return names;
}

async function start(side: Side, timeoutMs: number): Promise<Process> {
  const worker = side.fresh();
  const started = await worker.start();
  if (started.kind === 'unavailable') {
    await worker.close();
    throw new SideError(`${side.name} does not start within ${timeoutMs / 1000} s: ${started.message}`);
  }
  return { worker, description: descriptionOf(started.hello) };
}

async function measureCase(
  one: PairedCase,
  { a, b, canary }: Record<'a' | 'b' | 'canary', Process>,
  withCanary: boolean,
  pair: number,
  random: Random,
  { seed, timeoutMs, signal }: PairOptions,
): Promise<void> {
  const block = blockQuestion(one.line, { seed, round: pair, dtype: a.description.dtype });
  const ask = async (process: Process, turn: number, iterations: number): Promise<number> => {
    const result = await bench(process, block, turn, iterations, timeoutMs);
    if (result.kind !== 'timed') throw new Refusal(result.message);
    const judgement = block.judge(turn, result.outputs, precisionOf(process.description));
    if (!judgement.passed) throw new Refusal(`wrong answer: ${judgement.reason}`);
    return medianOf(result.executeMs);
  };
  try {
    const all = [a, b, ...(withCanary ? [canary] : [])];
    const warm: number[] = [];
    for (const process of all) warm.push(await ask(process, 0, 5));
    // The same number of calls on both sides, by the slower: they differ in what is measured and in nothing else.
    const iterations = Math.max(1, Math.min(mostIterations, Math.round(letterMs / Math.max(...warm))));
    one.differences.push(await quartets(ask, a, b, iterations, random));
    if (withCanary) one.canary.push(await quartets(ask, a, canary, iterations, random));
  } catch (error) {
    if (signal?.aborted) return;
    if (!(error instanceof Refusal)) throw error;
    one.reason = error.message;
  }
}

class Refusal extends Error {}

/** Returns the median of the blocks' ½(ln B₁ + ln B₂ − ln A₁ − ln A₂). Inputs change from block to block. */
async function quartets(
  ask: (process: Process, turn: number, iterations: number) => Promise<number>,
  first: Process,
  second: Process,
  iterations: number,
  random: Random,
): Promise<number> {
  const differences: number[] = [];
  for (let block = 0; block < blocks; block++) {
    const outer = random.next() < 0.5 ? first : second;
    const inner = outer === first ? second : first;
    const logarithms: number[] = [];
    for (const process of [outer, inner, inner, outer]) logarithms.push(Math.log(await ask(process, block % 2, iterations)));
    const difference = (logarithms[1] + logarithms[2] - logarithms[0] - logarithms[3]) / 2;
    differences.push(outer === first ? difference : -difference);
  }
  return medianOf(differences);
}

function bench(
  process: Process,
  block: BlockQuestion,
  turn: number,
  iterations: number,
  timeoutMs: number,
): Promise<BenchResult> {
  const { operation, attributes } = block.case;
  const options = { timeoutMs, warmup: 1, iterations, outputElements: outputElementsOf(block) };
  return process.worker.bench(operation, attributes, block.inputs(turn), options);
}
