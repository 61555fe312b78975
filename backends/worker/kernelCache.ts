/** Prepared kernels, so that repeated shapes are prepared once. */
import type { Backend, Kernel } from '../contract.ts';
import type { Attributes, NamedShapes, NamedTensors } from '../signatures.ts';

export interface KernelCache {
  /** Calls `use` with a kernel for these inputs. A kernel that threw is not used again: its state is anyone's guess. */
  use<Result>(
    backend: Backend,
    operation: string,
    attributes: Attributes,
    inputs: NamedTensors,
    use: (kernel: Kernel) => Promise<Result>,
  ): Promise<Result>;
  dispose(): Promise<void>;
}

export function shapesOf(inputs: NamedTensors): NamedShapes {
  return Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
}

/** Keeps the `capacity` kernels that were used last, by operation, attributes and shapes; the others are disposed. */
export function createKernelCache(capacity: number): KernelCache {
  const kernels = new Map<string, Kernel>();
  return {
    async use(backend, operation, attributes, inputs, use) {
      const shapes = shapesOf(inputs);
      const key = JSON.stringify([operation, attributes, shapes]);
      const kernel = kernels.get(key) ?? (await backend.prepare(operation, attributes, shapes));
      kernels.delete(key);
      const result = await use(kernel).catch(async (error: unknown) => {
        await kernel.dispose().catch(() => {});
        throw error;
      });
      // A Map remembers the order of insertion: the first key is the one that was used longest ago.
      kernels.set(key, kernel);
      if (kernels.size > capacity) {
        const [[oldest, evicted]] = kernels;
        kernels.delete(oldest);
        await evicted.dispose();
      }
      return result;
    },
    async dispose() {
      const all = [...kernels.values()];
      kernels.clear();
      for (const kernel of all) await kernel.dispose();
    },
  };
}
