/** What this machine reaches: probes in processes of their own, in the same run as the timings. */
import { fileURLToPath } from 'node:url';
import { backendCommand, createWorkerSupervisor, hostCommand, type WorkerSupervisor } from '../../../backends/index.ts';
import type { MachineLimits } from '../../runReport.ts';
import { medianOf } from '../statistics/samples.ts';

const timeoutMs = 60_000;

/** A process for the pinned kernel and for copies. */
export function machineWorker(): WorkerSupervisor {
  const file = `./adapter.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`;
  return createWorkerSupervisor({ ...hostCommand(fileURLToPath(new URL(file, import.meta.url))), timeoutMs });
}

/** Returns the time of one execution of a probe; undefined where the probe fails. */
async function probeMs(
  worker: WorkerSupervisor,
  operation: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  iterations: number,
): Promise<number | undefined> {
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.5);
      return [name, { dtype: 'float32' as const, shape, data }];
    }),
  );
  const result = await worker.bench(operation, {}, inputs, { timeoutMs, warmup: 3, iterations });
  return result.kind === 'timed' ? medianOf(result.executeMs) : undefined;
}

/** Returns the time of the pinned kernel. */
export function referenceKernelMs(worker: WorkerSupervisor): Promise<number | undefined> {
  return probeMs(worker, 'referenceKernel', { x: [1] }, 9);
}

/** Working sets of a copy that lie in the first cache, the second, the last, and in memory. */
const copiedElements = [2 ** 11, 2 ** 15, 2 ** 19, 2 ** 23];

/**
 * Measures the rates that the processor reaches: multiply-adds by a product of matrices in the fastest library that is always there,
 * copies by working set.
 */
export async function processorLimits(worker: WorkerSupervisor): Promise<MachineLimits | undefined> {
  const library = 'onnxruntime-cpu';
  const products = createWorkerSupervisor({ ...backendCommand(library), timeoutMs });
  const limits = await limitsOf(products, library, 768, (elements) => probeMs(worker, 'copy', { x: [elements] }, 15));
  await products.close();
  return limits;
}

/** Measures an accelerator through the library that is timed on it: a large product, and rectifiers in place of copies. */
export async function acceleratorLimits(worker: WorkerSupervisor, library: string): Promise<MachineLimits | undefined> {
  return limitsOf(worker, library, 4096, (elements) => probeMs(worker, 'relu', { x: [1, elements] }, 15));
}

async function limitsOf(
  products: WorkerSupervisor,
  library: string,
  side: number,
  copyMs: (elements: number) => Promise<number | undefined>,
): Promise<MachineLimits | undefined> {
  const productMs = await probeMs(products, 'matmul', { a: [side, side], b: [side, side] }, 7);
  const copy: MachineLimits['copy'][number][] = [];
  for (const elements of copiedElements) {
    const ms = await copyMs(elements);
    const bytes = 8 * elements;
    if (ms) copy.push({ bytes, gigabytesPerSecond: bytes / ms / 1e6 });
  }
  if (!productMs || copy.length === 0) return undefined;
  return { multiplyAddGflops: (2 * side ** 3) / productMs / 1e6, by: `matmul of ${side} through ${library}`, copy };
}

/** Returns the copy rate for a number that moves this many bytes: that of the smallest probed working set that holds them. */
export function copyRate({ copy }: MachineLimits, bytes: number): number {
  return (copy.find((line) => line.bytes >= bytes) ?? copy[copy.length - 1]).gigabytesPerSecond;
}
