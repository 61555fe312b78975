/** Shapes and the positions in them. */
import type { Shape } from '../../reference/tensor.ts';
import type { Sizes } from './operation.ts';

/**
 * Returns the sizes of the named dimensions, in order.
 *
 * @throws RangeError naming the dimension whose size is not stated.
 */
export function shapeFrom(dimensions: readonly string[], sizes: Sizes, where: string): Shape {
  const shape: number[] = [];
  for (const dimension of dimensions) {
    const size = sizes[dimension];
    if (size === undefined)
      throw new RangeError(`${where}: size of dimension ${dimension} is not stated (${JSON.stringify(sizes)})`);
    // A double that holds an integer and an integer are two types to V8: every function that meets both is compiled twice.
    shape.push(size | 0);
  }
  return shape;
}

/** Returns the indices of a flat position, row-major. */
export function unravel(position: number, shape: readonly number[]): number[] {
  const index = [...shape];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = position % shape[axis];
    position = Math.floor(position / shape[axis]);
  }
  return index;
}

/** Returns indices as they stand after a name: [2, 4]. */
export function place(index: readonly number[]): string {
  return `[${index.join(', ')}]`;
}
