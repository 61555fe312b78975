/** Helpers that adapters' tests share: tensors in one line, and one operation from inputs to outputs. */
import type { Shape, Tensor } from '../../reference/tensor.ts';
import type { Backend } from '../contract.ts';
import type { NamedTensors, OperationName } from '../signatures.ts';

/** A float32 tensor from numbers in row-major order. */
export function float32(shape: Shape, values: Iterable<number>): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

/** Shapes by name, as prepare wants them. */
export function shapesOf(inputs: NamedTensors): Record<string, Shape> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
}

/** Kernels of a backend, which is loaded with the first. */
export function kernelsOf(load: () => Promise<Backend>) {
  let backend: Promise<Backend> | undefined;

  /** One kernel for inputs of these shapes; `run` gives the outputs as plain arrays. */
  async function kernelFor(operation: OperationName, attributes: object, inputs: NamedTensors) {
    backend ??= load();
    const kernel = await (await backend).prepare(operation, { ...attributes }, shapesOf(inputs));
    return {
      dispose: () => kernel.dispose(),
      async run(given: NamedTensors) {
        await kernel.load(given);
        await kernel.execute();
        const outputs = Object.entries(await kernel.read());
        return Object.fromEntries(outputs.map(([name, { shape, data }]) => [name, { shape: [...shape], values: [...data] }]));
      },
    };
  }

  /** Prepares, loads, executes, reads and disposes. */
  async function calculate(operation: OperationName, attributes: object, inputs: NamedTensors) {
    const kernel = await kernelFor(operation, attributes, inputs);
    const outputs = await kernel.run(inputs);
    await kernel.dispose();
    return outputs;
  }

  return { kernelFor, calculate };
}

/** Numbers that float32 arithmetic in any order gets right to about six digits: a test of what is computed, not of how well. */
export function closeTo(actual: readonly number[], expected: readonly number[]): boolean {
  return (
    actual.length === expected.length &&
    expected.every((value, index) => Math.abs(actual[index] - value) <= 1e-6 * Math.max(1, Math.abs(value)))
  );
}
