/** Counts what a number asks of a machine: floating-point operations, bytes, memory. */
import { sizeOf } from '../../reference/tensor.ts';
import { fullSizes } from '../judging/shapes.ts';
import { operationNamed } from '../operations/index.ts';
import type { BlockQuestion } from './questions.ts';
import type { BenchmarkSize } from './sizes.ts';

const bytesPerElement = { float32: 4, float64: 8, int32: 4 } as const;

/** Returns the floating-point operations of one execution; undefined where the table does not count them. */
export function flopsOf({ case: asked }: BlockQuestion): number | undefined {
  return operationNamed(asked.operation).flops?.(asked.sizes, asked.attributes);
}

/** Returns the bytes of all inputs and outputs, each moved once, with elements of float32. */
export function bytesOf({ case: asked }: BlockQuestion): number {
  const { inputs, outputs } = elementsOf(asked.operation, asked.sizes, asked.attributes);
  return 4 * (inputs + outputs);
}

/** Returns the elements of all outputs. */
export function outputElementsOf({ case: asked }: BlockQuestion): number {
  return elementsOf(asked.operation, asked.sizes, asked.attributes).outputs;
}

/** Returns the floating-point operations and the bytes of a size, nothing drawn. */
export function workOf({ operation, recipe }: BenchmarkSize): { readonly flops?: number; readonly bytes: number } {
  const sizes = fullSizes(operation, recipe.sizes, recipe.attributes);
  const { inputs, outputs } = elementsOf(operation.name, sizes, recipe.attributes);
  return { flops: operation.flops?.(sizes, recipe.attributes), bytes: bytesPerElement.float32 * (inputs + outputs) };
}

/**
 * Returns the bytes that measuring a size takes at most: inputs and their turned copies as float64 here, and in each process the inputs as
 * they came, turned, and as the library holds them, the outputs as the library holds them and those that are returned.
 */
export function memoryNeed({ operation, recipe }: BenchmarkSize, backends: number): number {
  const sizes = fullSizes(operation, recipe.sizes, recipe.attributes);
  const { inputs, outputs } = elementsOf(operation.name, sizes, recipe.attributes);
  const here = 2 * bytesPerElement.float64 * inputs + bytesPerElement.float32 * (inputs + 2 * outputs);
  const there = bytesPerElement.float32 * (4 * inputs + 5 * outputs);
  return here + backends * there;
}

function elementsOf(name: string, sizes: Readonly<Record<string, number>>, attributes: Readonly<Record<string, unknown>>) {
  const operation = operationNamed(name);
  const count = (specifications: Readonly<Record<string, { readonly dimensions: readonly string[] }>>) =>
    Object.values(specifications).reduce((sum, { dimensions }) => sum + sizeOf(dimensions.map((axis) => sizes[axis])), 0);
  return { inputs: count(operation.inputs(attributes)), outputs: count(operation.outputs(attributes)) };
}
