/** Numbers of a tensor in other places: transposed, shifted, written with another pitch, by an index that wraps around. */
import { type Tensor, zeros } from '../../../reference/tensor.ts';
import { unravel } from '../shapes.ts';

/** y[i₀, i₁, …] with its axes in the order `order`. */
export function transposed(x: Tensor, order: readonly number[]): Tensor {
  const shape = order.map((axis) => x.shape[axis]);
  const strides = x.shape.map((_, axis) => x.shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const y = zeros(shape);
  const index = shape.map(() => 0);
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = x.data[order.reduce((offset, axis, position) => offset + index[position] * strides[axis], 0)];
    for (let axis = index.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return y;
}

/** y of x's shape, each element taken from the index that `from` gives; 0 where that is outside. */
export function taken(x: Tensor, from: (index: number[]) => readonly number[]): Tensor {
  const y = zeros(x.shape);
  for (let i = 0; i < y.data.length; i++) {
    const source = from(unravel(i, x.shape));
    const inside = source.every((at, axis) => at >= 0 && at < x.shape[axis]);
    y.data[i] = inside ? x.data[source.reduce((offset, at, axis) => offset * x.shape[axis] + at, 0)] : 0;
  }
  return y;
}

/** Each element taken from the flat position that `from` gives; 0 where that is outside. */
export function takenFlat(x: Tensor, from: (at: number) => number): Tensor {
  const y = zeros(x.shape);
  for (let i = 0; i < y.data.length; i++) y.data[i] = x.data[from(i)] ?? 0;
  return y;
}

/** Another index along one axis. */
export function along(x: Tensor, axis: number, from: (at: number, size: number) => number): Tensor {
  return taken(x, (index) => index.with(axis, from(index[axis], x.shape[axis])));
}

/** Moved by `by` positions along an axis; what comes in is 0. */
export function shifted(x: Tensor, axis: number, by: number): Tensor {
  return along(x, axis, (at) => at - by);
}

const identity = (rank: number) => Array.from({ length: rank }, (_, axis) => axis);

/** Every order of the axes but the right one. */
export function orders(rank: number): number[][] {
  const all = (axes: readonly number[]): number[][] =>
    axes.length === 0
      ? [[]]
      : axes.flatMap((axis) => all(axes.filter((other) => other !== axis)).map((rest) => [axis, ...rest]));
  return rank > 4 ? [] : all(identity(rank)).slice(1);
}

/** One axis, or the last two. */
export function axisSubsets(rank: number): number[][] {
  return [...identity(rank).map((axis) => [axis]), ...(rank >= 2 ? [[rank - 2, rank - 1]] : [])];
}

/** Sizes that a row may be padded to. */
export const pitches = [4, 8, 16, 32] as const;

export function paddedTo(size: number, multiple: number): number {
  return Math.ceil(size / multiple) * multiple;
}

/** A buffer whose rows are padded to `pitch` numbers, read as if they were not: zeros come between, the end is lost. */
export function withoutPitch(x: Tensor, pitch: number): Tensor {
  const row = x.shape[x.shape.length - 1];
  return takenFlat(x, (at) => {
    const [line, column] = [Math.floor(at / pitch), at % pitch];
    return column < row ? line * row + column : -1;
  });
}

/** A buffer of rows without padding, read as if each began `pitch` numbers after the one before. */
export function withPitch(x: Tensor, pitch: number): Tensor {
  const row = x.shape[x.shape.length - 1];
  return takenFlat(x, (at) => Math.floor(at / row) * pitch + (at % row));
}
