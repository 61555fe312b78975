/**
 * Tensors: a shape and its numbers in row-major order (the last axis varies fastest).
 *
 * The reference computes in float64 only; the other element types exist because backends speak them.
 */

/** The element types that cross the boundary between Etalon and a backend. */
export type Dtype = 'float32' | 'float64' | 'int32';

/** Sizes of the axes, outermost first. A scalar has shape []. */
export type Shape = readonly number[];

export type TensorData = Float32Array | Float64Array | Int32Array;

/** An n-dimensional array: `data[((i0 * shape[1] + i1) * shape[2] + i2) …]` is element (i0, i1, i2, …). */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: Shape;
  /** May be a part of a larger buffer. */
  readonly data: TensorData;
}

/** Number of elements of a tensor of this shape (1 for a scalar, 0 when any axis is empty). */
export function sizeOf(shape: Shape): number {
  let product = 1;
  for (const size of shape) product *= size;
  return product;
}

/**
 * A float64 tensor from numbers in row-major order.
 *
 * @throws RangeError when the number of values is not the product of the shape.
 */
export function tensor(shape: Shape, values: ArrayLike<number>): Tensor {
  if (values.length !== sizeOf(shape)) {
    throw new RangeError(`tensor: shape [${shape.join(', ')}] holds ${sizeOf(shape)} values, ${values.length} were given`);
  }
  const data = new Float64Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = values[i];
  return { dtype: 'float64', shape: [...shape], data };
}

/** A float64 tensor of zeros. */
export function zeros(shape: Shape): Tensor {
  return { dtype: 'float64', shape: [...shape], data: new Float64Array(sizeOf(shape)) };
}

/** A float64 tensor of shape []. */
export function scalar(value: number): Tensor {
  return tensor([], [value]);
}

/** The same numbers, not copied, in another shape of as many elements. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return { dtype: x.dtype, shape, data: x.data };
}

/** Other numbers in the shape of x. */
export function withData(x: Tensor, data: TensorData): Tensor {
  return { dtype: x.dtype, shape: x.shape, data };
}

/** Applies f to every element: y[i] = f(x[i]). */
export function map(x: Tensor, f: (value: number) => number): Tensor {
  const y = zeros(x.shape);
  const [from, to] = [x.data, y.data];
  for (let i = 0; i < from.length; i++) to[i] = f(from[i]);
  return y;
}

/**
 * Combines two tensors of one shape element by element: y[i] = f(a[i], b[i]).
 *
 * @throws RangeError when the shapes differ.
 */
export function combine(a: Tensor, b: Tensor, f: (a: number, b: number) => number): Tensor {
  if (a.shape.join() !== b.shape.join()) {
    throw new RangeError(`combine: shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}] differ`);
  }
  const y = zeros(a.shape);
  const [ofA, ofB, to] = [a.data, b.data, y.data];
  for (let i = 0; i < to.length; i++) to[i] = f(ofA[i], ofB[i]);
  return y;
}

/** Sum of all elements, in row-major order. */
export function sum(x: Tensor): number {
  let total = 0;
  for (let i = 0; i < x.data.length; i++) total += x.data[i];
  return total;
}
