/** Times operations on backends. Only an answer that the judge accepts gets a number. */

import { diagnose } from '../judging/diagnosis/index.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation } from '../judging/operation.ts';
import { precisionOf } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { randomFrom } from '../judging/random.ts';
import { fullSizes } from '../judging/shapes.ts';
import type { Samples, Timing } from '../runReport.ts';
import { materialize } from './cases.ts';
import { expectedFailureOf } from './expectedFailures.ts';
import type { BackendUnderTest, CheckOptions, RunListener } from './run.ts';

export interface BenchmarkOptions extends CheckOptions {
  readonly warmup: number;
  readonly iterations: number;
}

/** Time for one operation on one backend; a slow one gets no warm-up and fewer iterations, never fewer than these. */
const budgetMs = 50;
const fewestIterations = 3;

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
    const questions = new Map<string, Question>();
    for (const backend of shuffled(backends, options.seed, operation.name)) {
      if (options.signal?.aborted) return;
      listener.progress('timing', done, timed.length * backends.length);
      timings.push(await timeOne(operation, backend, options, questions));
      done++;
    }
    for (const timing of withRatios(timings)) listener.timing(timing);
  }
  listener.progress('timing', done, timed.length * backends.length);
}

async function timeOne(
  operation: AnyOperation,
  backend: BackendUnderTest,
  options: BenchmarkOptions,
  questions: Map<string, Question>,
): Promise<Timing> {
  const { recipe, question } = benchmarkQuestion(operation, backend, options.seed, questions);
  const { case: asked } = question;
  const timing = {
    operation: operation.name,
    backend: backend.name,
    caseId: asked.id,
    shapes: Object.fromEntries(Object.entries(asked.inputs).map(([name, { shape }]) => [name, shape])),
    flops: operation.flops?.(fullSizes(operation, recipe.sizes, recipe.attributes), recipe.attributes),
  };
  const { timeoutMs } = options;
  const bench = (warmup: number, iterations: number) =>
    backend.supervisor.bench(operation.name, asked.attributes, asked.inputs, { warmup, iterations, timeoutMs });
  // One call judges the answer and tells how many more there is time for.
  const probe = await bench(0, 1);
  if (probe.kind !== 'timed') {
    return { ...timing, status: probe.kind === 'unsupported' ? 'unsupported' : 'invalid', reason: probe.message };
  }
  const once = probe.loadMs[0] + probe.executeMs[0] + probe.readMs[0];
  const affordable = Math.floor(budgetMs / once);
  const iterations = Math.max(fewestIterations, Math.min(options.iterations, affordable - options.warmup));
  const result = await bench(Math.max(0, Math.min(options.warmup, affordable - iterations)), iterations);
  if (result.kind !== 'timed') return { ...timing, status: 'invalid', reason: result.message };
  const judgement = judge(question, result.outputs, backend.description.dtype);
  if (!judgement.passed) {
    const listed = expectedFailureOf(backend, asked.id, 'failed');
    const says = diagnose(question, result.outputs, backend.description.dtype);
    return {
      ...timing,
      status: 'invalid',
      expected: listed.status !== undefined,
      reason: listed.reason ?? `wrong answer: ${judgement.reason}${says === undefined ? '' : `; diagnosis: ${says}`}`,
    };
  }
  return {
    ...timing,
    status: 'valid',
    firstCallMs: probe.firstCallMs,
    load: summarize(result.loadMs),
    execute: summarize(result.executeMs),
    read: summarize(result.readMs),
  };
}

/** The benchmark's case and its expected outputs, computed once for all backends of a precision. */
function benchmarkQuestion(
  operation: AnyOperation,
  { description }: BackendUnderTest,
  seed: number,
  questions: Map<string, Question>,
) {
  const recipe = operation.benchmark!;
  const precision = precisionOf(description);
  const key = `${description.dtype} ${precision.name}`;
  const known = questions.get(key);
  if (known) return { recipe, question: known };
  const tier = recipe.tiers?.[0] ?? operation.tiers[0];
  const asked = prepareQuestion(operation, materialize(operation, recipe, tier, seed, description.dtype), precision);
  // The cases have had their statistics; the benchmark's outputs are too many to wait for it.
  const question = { ...asked, statistics: false };
  questions.set(key, question);
  return { recipe, question };
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

/** The middle value, the mean of the two middle ones of an even count; NaN of none. */
export function median(values: readonly number[]): number {
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
