/** Examples of small integers in an operation's own shapes. */
import fc from 'fast-check';
import { type Shape, sizeOf, type Tensor } from '../../../reference/tensor.ts';
import type { AnyOperation } from '../../judging/operation.ts';
import type { Example } from '../../judging/relation.ts';
import { fullSizes, shapeFrom } from '../../judging/shapes.ts';

export const largest = 4;

/** A tensor of integers from −4 to 4, shrinking to zeros. */
export function integers(shape: Shape): fc.Arbitrary<Tensor> {
  const count = sizeOf(shape);
  return fc
    .array(fc.integer({ min: -largest, max: largest }), { minLength: count, maxLength: count })
    .map((values) => tensorOf(shape, values));
}

export function tensorOf(shape: Shape, values: ArrayLike<number>): Tensor {
  return { dtype: 'float64', shape, data: Float64Array.from(values) };
}

/**
 * Sizes and attributes as the entry draws them, with integers for each of its inputs, and for each further tensor that
 * `more` names after the input or output whose shape it has.
 */
export function exampleOf(entry: AnyOperation, more: Readonly<Record<string, string>> = {}): fc.Arbitrary<Example> {
  return entry.draw.chain(({ sizes: stated, attributes }) => {
    const sizes = fullSizes(entry, stated, attributes);
    const inputs = entry.inputs(attributes);
    const specifications = { ...entry.outputs(attributes), ...inputs };
    const shapeOf = (name: string) => shapeFrom(specifications[name].dimensions, sizes, `${entry.name}: ${name}`);
    const wanted = { ...Object.fromEntries(Object.keys(inputs).map((name) => [name, name])), ...more };
    const drawn = Object.entries(wanted).map(([name, like]) => [name, integers(shapeOf(like))] as const);
    return fc.record(Object.fromEntries(drawn)).map((tensors) => ({ sizes, attributes, tensors }));
  });
}

/** a·x + b·y, element by element. */
export function combination(a: number, x: Tensor, b: number, y: Tensor): Tensor {
  return tensorOf(
    x.shape,
    Array.from(x.data, (value, i) => a * value + b * y.data[i]),
  );
}

/** Rows of the first axis, in the order given. */
export function rows(x: Tensor, order: readonly number[]): Tensor {
  const step = sizeOf(x.shape.slice(1));
  return tensorOf(
    [order.length, ...x.shape.slice(1)],
    order.flatMap((row) => Array.from(x.data.subarray(row * step, (row + 1) * step))),
  );
}
