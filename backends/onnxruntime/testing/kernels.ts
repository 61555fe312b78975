/** What the tests of this adapter share: its kernels on the processor, whole numbers and the gradient of a linear map. */
import { kernelsOf } from '../../testing/kernels.ts';
import onnxRuntimeCpu from '../cpu.ts';

export { closeTo, float32, shapesOf } from '../../testing/kernels.ts';
export const { kernelFor, calculate } = kernelsOf(onnxRuntimeCpu);

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
