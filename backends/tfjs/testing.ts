/** What the tests of this folder share: tensors in one line, and one operation from inputs to outputs. */
import type { Shape, Tensor } from '../../reference/tensor.ts';
import type { Backend } from '../contract.ts';
import type { NamedTensors, OperationName } from '../signatures.ts';
import tfjsCpu from './cpu.ts';

/** A float32 tensor from numbers in row-major order. */
export function float32(shape: Shape, values: Iterable<number>): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

/** Shapes by name, as prepare wants them. */
export function shapesOf(inputs: NamedTensors): Record<string, Shape> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
}

let cpu: Promise<Backend> | undefined;

/** Prepares, loads, executes, reads and disposes; the outputs' numbers by name. */
export async function calculate(operation: OperationName, attributes: object, inputs: NamedTensors) {
  cpu ??= tfjsCpu();
  const kernel = await (await cpu).prepare(operation, { ...attributes }, shapesOf(inputs));
  await kernel.load(inputs);
  await kernel.execute();
  const outputs = await kernel.read();
  await kernel.dispose();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, data }]) => [name, { shape: [...shape], values: [...data] }]),
  );
}

/** Numbers that float32 arithmetic in any order gets right to about six digits: a test of what is computed, not of how well. */
export function closeTo(actual: readonly number[], expected: readonly number[]): boolean {
  return (
    actual.length === expected.length &&
    expected.every((value, index) => Math.abs(actual[index] - value) <= 1e-6 * Math.max(1, Math.abs(value)))
  );
}
