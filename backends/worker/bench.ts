/** Times one kernel. tinybench makes the calls; the samples are ours, because it returns them sorted. */
import { Bench } from 'tinybench';
import type { Backend } from '../contract.ts';
import type { Attributes, NamedTensors } from '../signatures.ts';
import { shapesOf } from './kernelCache.ts';

export interface KernelTimes {
  /** The first call of all: prepare, load, execute and read. */
  readonly firstCallMs: number;
  readonly loadMs: number[];
  readonly executeMs: number[];
  readonly readMs: number[];
  /** What the last timed execution computed. */
  readonly outputs: NamedTensors;
}

/**
 * Times load, execute and read apart, `iterations` times after `warmup` untimed ones, on a kernel of its own. Each iteration goes
 * through all three, so that every read fetches a new result and none is served from a cache.
 */
export async function timeKernel(
  backend: Backend,
  operation: string,
  attributes: Attributes,
  inputs: NamedTensors,
  { warmup, iterations }: { readonly warmup: number; readonly iterations: number },
): Promise<KernelTimes> {
  const bench = new Bench({ time: 0, iterations, warmup: false, throws: true });
  const { now } = bench;
  const started = now();
  const kernel = await backend.prepare(operation, attributes, shapesOf(inputs));
  try {
    const loadMs: number[] = [];
    const executeMs: number[] = [];
    const readMs: number[] = [];
    let outputs: NamedTensors = {};
    const iteration = async () => {
      const beforeLoad = now();
      await kernel.load(inputs);
      const beforeExecute = now();
      await kernel.execute();
      const beforeRead = now();
      outputs = await kernel.read();
      const end = now();
      loadMs.push(beforeExecute - beforeLoad);
      executeMs.push(beforeRead - beforeExecute);
      readMs.push(end - beforeRead);
      return { overriddenDuration: beforeRead - beforeExecute };
    };
    await iteration();
    const firstCallMs = now() - started;
    for (let i = 0; i < warmup; i++) await iteration();
    for (const samples of [loadMs, executeMs, readMs]) samples.length = 0;
    bench.add(operation, iteration, { async: true });
    await bench.run();
    return { firstCallMs, loadMs, executeMs, readMs, outputs };
  } finally {
    await kernel.dispose();
  }
}
