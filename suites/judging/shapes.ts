/** Shapes and the positions in them. */

import type { Attributes } from '../../backends/signatures.ts';
import type { Shape } from '../../reference/tensor.ts';
import type { AnyOperation, Sizes } from './operation.ts';

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

/**
 * Returns the sizes a recipe states with those that follow from them.
 *
 * @throws RangeError naming the first constraint that does not hold.
 */
export function fullSizes(operation: AnyOperation, stated: Sizes, attributes: Attributes): Sizes {
  const sizes = { ...stated, ...operation.derivedSizes?.(stated, attributes) };
  for (const constraint of operation.constraints) {
    if (!constraint.holds(sizes, attributes)) {
      throw new RangeError(
        `${operation.name}: (${constraint.id}) ${constraint.text}; got sizes ${JSON.stringify(sizes)}, attributes ${JSON.stringify(attributes)}`,
      );
    }
  }
  return sizes;
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
