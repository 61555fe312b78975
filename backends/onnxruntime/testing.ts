/** What the tests of this folder share: tensors in one line, and one operation from inputs to outputs. */
import type { Shape, Tensor } from '../../reference/tensor.ts';
import type { Backend } from '../contract.ts';
import type { NamedTensors, OperationName } from '../signatures.ts';
import onnxRuntimeCpu from './cpu.ts';

/** A float32 tensor from numbers in row-major order. */
export function float32(shape: Shape, values: Iterable<number>): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

/** Shapes by name, as prepare wants them. */
export function shapesOf(inputs: NamedTensors): Record<string, Shape> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
}

let cpu: Promise<Backend> | undefined;

/** One kernel for inputs of these shapes; `run` gives the outputs as plain arrays. */
export async function kernelFor(operation: OperationName, attributes: object, inputs: NamedTensors) {
  cpu ??= onnxRuntimeCpu();
  const kernel = await (await cpu).prepare(operation, { ...attributes }, shapesOf(inputs));
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
export async function calculate(operation: OperationName, attributes: object, inputs: NamedTensors) {
  const kernel = await kernelFor(operation, attributes, inputs);
  const outputs = await kernel.run(inputs);
  await kernel.dispose();
  return outputs;
}

/** Numbers that float32 arithmetic in any order gets right to about six digits: a test of what is computed, not of how well. */
export function closeTo(actual: readonly number[], expected: readonly number[]): boolean {
  return (
    actual.length === expected.length &&
    expected.every((value, index) => Math.abs(actual[index] - value) <= 1e-6 * Math.max(1, Math.abs(value)))
  );
}

/** Integers from −5 to 5 in an order that repeats late: products and sums of them are exact in float32. */
export function integers(size: number, step: number): number[] {
  return Array.from({ length: size }, (_, index) => ((index * index * 3 + index * step + step) % 11) - 5);
}

/** ⟨a, b⟩ = Σ aᵢ·bᵢ. */
export function innerProduct(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}

/**
 * What the gradient of ⟨map(x), dy⟩ must be when the map is linear: element e is ⟨map(e-th unit vector), dy⟩. It contains the
 * adjoint identity ⟨map(x), dy⟩ = ⟨x, gradient⟩ for every x at once.
 */
export async function gradientOfLinearMap(
  map: (values: number[]) => Promise<readonly number[]>,
  size: number,
  dy: readonly number[],
): Promise<number[]> {
  const gradient: number[] = [];
  for (let e = 0; e < size; e++) {
    const unit = Array<number>(size).fill(0);
    unit[e] = 1;
    gradient.push(innerProduct(await map(unit), dy));
  }
  return gradient;
}
