/** Times operations on backends. Only an answer that the judge accepts gets a number. */

import { fullSizes, materialize } from './cases.ts';
import { judge, prepareQuestion } from './comparison.ts';
import type { AnyOperation } from './operation.ts';
import { randomFrom } from './random.ts';
import type { BackendUnderTest, CheckOptions, RunListener } from './run.ts';
import { precisionOf } from './run.ts';
import type { Samples, Timing } from './runReport.ts';

export interface BenchmarkOptions extends CheckOptions {
  readonly warmup: number;
  readonly iterations: number;
}

/**
 * Times every operation that has a benchmark recipe. For each operation the backends go in an order drawn with the seed, so that
 * drift of the machine favours none of them; one at a time, so that they do not compete for the cores.
 */
export async function benchmark(
  backends: readonly BackendUnderTest[],
  operations: readonly AnyOperation[],
  listener: RunListener,
  options: BenchmarkOptions,
): Promise<void> {
  const timed = operations.filter((operation) => operation.benchmark !== undefined);
  let done = 0;
  for (const operation of timed) {
    const timings: Timing[] = [];
    for (const backend of shuffled(backends, options.seed, operation.name)) {
      if (options.signal?.aborted) return;
      listener.progress('timing', done, timed.length * backends.length);
      timings.push(await timeOne(operation, backend, options));
      done++;
    }
    for (const timing of withRatios(timings)) listener.timing(timing);
  }
  listener.progress('timing', done, timed.length * backends.length);
}

async function timeOne(operation: AnyOperation, backend: BackendUnderTest, options: BenchmarkOptions): Promise<Timing> {
  const recipe = operation.benchmark!;
  const tier = recipe.tiers?.[0] ?? operation.tiers[0];
  const asked = materialize(operation, recipe, tier, options.seed, backend.description.dtype);
  const timing = {
    operation: operation.name,
    backend: backend.name,
    caseId: asked.id,
    shapes: Object.fromEntries(Object.entries(asked.inputs).map(([name, { shape }]) => [name, shape])),
    flops: operation.flops?.(fullSizes(operation, recipe.sizes, recipe.attributes), recipe.attributes),
  };
  const { warmup, iterations, timeoutMs } = options;
  const result = await backend.supervisor.bench(operation.name, asked.attributes, asked.inputs, {
    warmup,
    iterations,
    timeoutMs,
  });
  if (result.kind !== 'timed') {
    return { ...timing, status: result.kind === 'unsupported' ? 'unsupported' : 'invalid', reason: result.message };
  }
  const judgement = judge(
    prepareQuestion(operation, asked, precisionOf(backend.description)),
    result.outputs,
    backend.description.dtype,
  );
  if (!judgement.passed) return { ...timing, status: 'invalid', reason: `wrong answer: ${judgement.reason}` };
  return {
    ...timing,
    status: 'valid',
    firstCallMs: result.firstCallMs,
    load: summarize(result.loadMs),
    execute: summarize(result.executeMs),
    read: summarize(result.readMs),
  };
}

/** Adds execute's median as a ratio to `js` and to the fastest backend of the same run. */
function withRatios(timings: readonly Timing[]): Timing[] {
  const median = (timing: Timing | undefined) => timing?.execute?.medianMs;
  const js = median(timings.find(({ backend }) => backend === 'js'));
  const fastest = Math.min(...timings.map((timing) => median(timing) ?? Infinity));
  return timings.map((timing) => {
    const own = median(timing);
    if (own === undefined) return timing;
    return { ...timing, ratioToJs: js && own / js, ratioToFastest: own / fastest };
  });
}

function summarize(samplesMs: readonly number[]): Samples {
  const medianMs = median(samplesMs);
  return { samplesMs, medianMs, madMs: median(samplesMs.map((sample) => Math.abs(sample - medianMs))) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Fisher and Yates. */
function shuffled<Item>(items: readonly Item[], seed: number, word: string): Item[] {
  const random = randomFrom(seed, 'benchmark order', word);
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
