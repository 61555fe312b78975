/** Times one kernel. tinybench makes the calls of a block; the samples are ours, because it returns them sorted. */
import { Bench } from 'tinybench';
import type { Backend, Kernel } from '../contract.ts';
import type { Attributes, NamedTensors } from '../signatures.ts';
import { shapesOf } from './kernelCache.ts';
import type { Measure, Measured } from './protocol.ts';

export interface KernelTimes extends Measured {
  /** The first call of all: prepare, load, execute and read. */
  readonly firstCallMs: number;
  readonly loadMs: number[];
  readonly executeMs: number[];
  readonly readMs: number[];
  /** Computed from the inputs as they were sent: by the last timed execution, or by the chain where there is one. */
  readonly outputs: NamedTensors;
}

export interface TimingOptions {
  readonly warmup: number;
  readonly iterations: number;
  readonly measure?: Measure;
}

const { now } = new Bench();

/** Larger than the last cache of most processors; written through, it leaves nothing of a kernel's data in them. */
const sweptElements = 2 ** 24;
let swept: Float32Array | undefined;

/**
 * Times load, execute and read apart, `iterations` times after `warmup` untimed ones, on a kernel of its own. Each iteration goes
 * through all three, so that every read fetches a new result and none is served from a cache.
 *
 * With `measure` every iteration has other inputs, fewer iterations are made where the budget asks for it, and the executions are chained (see protocol.ts).
 */
export async function timeKernel(
  backend: Backend,
  operation: string,
  attributes: Attributes,
  inputs: NamedTensors,
  { warmup, iterations, measure }: TimingOptions,
): Promise<KernelTimes> {
  const rotated = rotation(inputs, measure?.shift ?? {});
  const started = now();
  const kernel = await backend.prepare(operation, attributes, shapesOf(inputs));
  try {
    // Turns 0 and 1 are kept for the outputs that are returned.
    let turn = 2;
    const first = await callOnce(kernel, rotated(turn++));
    const firstCallMs = now() - started;
    const count = measure
      ? await affordable(kernel, () => rotated(turn++), { ...measure, first, warmup, iterations })
      : iterations;
    if (!measure) for (let i = 0; i < warmup; i++) await callOnce(kernel, inputs);

    const sampled = measure ? Math.min(count - 1, Math.floor(measure.sample * count)) : -1;
    const [loadMs, executeMs, readMs]: number[][] = [[], [], []];
    let outputs: NamedTensors = {};
    let sampleOutputs: NamedTensors | undefined;
    let given = inputs;
    const bench = new Bench({ time: 0, iterations: count, warmup: false, throws: true });
    const prepareInputs = () => {
      given = rotated(loadMs.length === sampled ? 1 : turn++);
    };
    const iteration = async () => {
      const call = await callOnce(kernel, given);
      if (loadMs.length === sampled) sampleOutputs = call.outputs;
      outputs = call.outputs;
      loadMs.push(call.loadMs);
      executeMs.push(call.executeMs);
      readMs.push(call.readMs);
      return { overriddenDuration: call.executeMs };
    };
    bench.add(operation, iteration, { async: true, beforeEach: prepareInputs });
    await bench.run();
    if (!measure) return { firstCallMs, loadMs, executeMs, readMs, outputs };

    const coldMs = await timeCold(kernel, () => rotated(turn++), measure.cold);
    const chained = await timeChain(kernel, rotated(0), measure, Math.min(...readMs));
    return {
      ...{ firstCallMs, loadMs, executeMs, readMs, outputs: chained.outputs },
      ...{ sampled, sampleOutputs, chain: chained.chain, coldMs, bracketMs: await bracketMs(), clockMs: clockMs() },
    };
  } finally {
    await kernel.dispose();
  }
}

interface Call {
  readonly loadMs: number;
  readonly executeMs: number;
  readonly readMs: number;
  readonly outputs: NamedTensors;
}

async function callOnce(kernel: Kernel, inputs: NamedTensors): Promise<Call> {
  const beforeLoad = now();
  await kernel.load(inputs);
  const beforeExecute = now();
  await kernel.execute();
  const beforeRead = now();
  const outputs = await kernel.read();
  const end = now();
  return { loadMs: beforeExecute - beforeLoad, executeMs: beforeRead - beforeExecute, readMs: end - beforeRead, outputs };
}

const total = ({ loadMs, executeMs, readMs }: Call) => loadMs + executeMs + readMs;

/** Warms up and returns how many iterations the budget allows: three or more, one where a call takes four budgets. */
async function affordable(
  kernel: Kernel,
  nextInputs: () => NamedTensors,
  { budgetMs, first, warmup, iterations }: Measure & { first: Call; warmup: number; iterations: number },
): Promise<number> {
  if (total(first) > 4 * budgetMs) return 1;
  const started = now();
  let last = total(await callOnce(kernel, nextInputs()));
  for (let i = 1; i < warmup && now() - started + last < budgetMs / 4; i++) last = total(await callOnce(kernel, nextInputs()));
  return Math.min(iterations, Math.max(3, Math.floor(budgetMs / 2 / last)));
}

/** Returns the inputs, those with a step turned by `turn` steps: element j becomes element j + turn·step. They share one set of buffers. */
function rotation(inputs: NamedTensors, shift: Readonly<Record<string, number>>): (turn: number) => NamedTensors {
  const moving = Object.entries(inputs).filter(([name, { data }]) => shift[name] > 0 && data.length > 0);
  if (moving.length === 0) return () => inputs;
  const buffers = new Map(moving.map(([name, { data }]) => [name, data.slice()]));
  return (turn) => {
    const turned = Object.entries(inputs).map(([name, tensor]) => {
      const buffer = buffers.get(name);
      if (!buffer) return [name, tensor] as const;
      const { data } = tensor;
      const by = (turn * shift[name]) % data.length;
      buffer.set(data.subarray(by));
      buffer.set(data.subarray(0, by), data.length - by);
      return [name, { ...tensor, data: buffer }] as const;
    });
    return Object.fromEntries(turned);
  };
}

/** Times executions whose data lies in no cache of the processor: a large array is written in between. */
async function timeCold(kernel: Kernel, nextInputs: () => NamedTensors, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < count; i++) {
    await kernel.load(nextInputs());
    swept ??= new Float32Array(sweptElements);
    swept.fill(i);
    const before = now();
    await kernel.execute();
    samples.push(now() - before);
  }
  return samples;
}

/** The machine can disturb one reading; it does not disturb so many alike. */
const mostReadings = 6;

/**
 * Executes once and reads, then executes N times and reads: what the fence does not wait for shows in the difference. Then it reads again:
 * what a read computes shows there. Both are repeated while they take longer than `shortestReadMs` lets expect, and the shortest counts.
 */
async function timeChain(kernel: Kernel, inputs: NamedTensors, { budgetMs, chain: most }: Measure, shortestReadMs: number) {
  const run = async (calls: number) => {
    const started = now();
    for (let i = 0; i < calls; i++) await kernel.execute();
    const executed = now();
    const outputs = await kernel.read();
    const end = now();
    return { outputs, executesMs: executed - started, totalMs: end - started, readMs: end - executed };
  };
  await kernel.load(inputs);
  const one = await run(1);
  const calls = Math.max(2, Math.min(most, Math.floor(budgetMs / 4 / Math.max(one.totalMs, 1e-3))));
  let all = await run(calls);
  for (let i = 1; i < mostReadings && all.readMs > 1.5 * shortestReadMs; i++) {
    const again = await run(calls);
    if (again.readMs < all.readMs) all = again;
  }
  let rereadMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < mostReadings && rereadMs > shortestReadMs / 4; i++) {
    const before = now();
    await kernel.read();
    rereadMs = Math.min(rereadMs, now() - before);
  }
  const chain = { calls, oneMs: one.totalMs, allMs: all.totalMs, executesMs: all.executesMs, readMs: one.readMs, rereadMs };
  return { outputs: all.outputs, chain };
}

/** Returns what one bracket costs: two readings of the clock around an asynchronous call of nothing, the median of many. */
async function bracketMs(): Promise<number> {
  const nothing = async () => {};
  const samples: number[] = [];
  for (let i = 0; i < 101; i++) {
    const before = now();
    await nothing();
    samples.push(now() - before);
  }
  return samples.toSorted((a, b) => a - b)[50];
}

/** Returns the smallest step that the clock was seen to make. */
function clockMs(): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 100; i++) {
    const before = now();
    let after = now();
    while (after === before) after = now();
    smallest = Math.min(smallest, after - before);
  }
  return smallest;
}
