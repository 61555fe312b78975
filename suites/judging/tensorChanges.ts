/** Changes to a tensor that nobody should make: read in another layout, mirrored, cut, scaled, rounded. Known mistakes and the diagnosis use them. */
import { map, sizeOf, type Tensor, zeros } from '../../reference/tensor.ts';
import type { Precision } from './precision.ts';

/** y[i] = from(index): a tensor of the same shape, each element taken or made from its index. */
function rearranged(x: Tensor, source: (index: number[]) => number): Tensor {
  const y = zeros(x.shape);
  const index = x.shape.map(() => 0);
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = source(index);
    for (let axis = index.length - 1; axis >= 0 && ++index[axis] === x.shape[axis]; axis--) index[axis] = 0;
  }
  return y;
}

/**
 * The same buffer taken for that of another memory layout: axes in the order `order`, outermost first. readAs(w, [1, 0]) reads
 * a matrix as if it were stored column by column; readAs(x, [0, 2, 3, 1]) reads NCHW numbers as NHWC.
 */
export function readAs(x: Tensor, order: readonly number[]): Tensor {
  return rearranged(x, (index) => x.data[order.reduce((offset, axis) => offset * x.shape[axis] + index[axis], 0)]);
}

/** Mirrored along the axes. */
export function mirrored(x: Tensor, axes: readonly number[]): Tensor {
  return rearranged(
    x,
    (index) =>
      x.data[
        index.reduce((offset, at, axis) => offset * x.shape[axis] + (axes.includes(axis) ? x.shape[axis] - 1 - at : at), 0)
      ],
  );
}

/** With zeros wherever the index along the axis fails the test. */
export function onlyWhere(x: Tensor, axis: number, keep: (position: number, size: number) => boolean): Tensor {
  const inner = sizeOf(x.shape.slice(axis + 1));
  const size = x.shape[axis];
  return { ...x, data: Float64Array.from(x.data, (value, i) => (keep(Math.floor(i / inner) % size, size) ? value : 0)) };
}

/** With zeros in the last position along the axis: a loop that ends one short. */
export function withoutLast(x: Tensor, axis: number): Tensor {
  return onlyWhere(x, axis, (position, size) => position < size - 1);
}

/** With zeros everywhere but in the last position along the axis: a sum that overwrites instead of adding. */
export function onlyLast(x: Tensor, axis: number): Tensor {
  return onlyWhere(x, axis, (position, size) => position === size - 1);
}

/** factor · x. */
export function scaled(x: Tensor, factor: number): Tensor {
  return map(x, (value) => factor * value);
}

/** Every value rounded to nearest, ties to even, in the significant bits of a format; its range is not looked at. */
export function rounded(x: Tensor, { epsilon }: Precision): Tensor {
  return map(x, (value) => {
    if (value === 0 || !Number.isFinite(value)) return value;
    const spacing = epsilon * 2 ** Math.floor(Math.log2(Math.abs(value)));
    const quotient = value / spacing;
    const below = Math.floor(quotient);
    const excess = quotient - below;
    const up = excess > 0.5 || (excess === 0.5 && below % 2 !== 0);
    return (up ? below + 1 : below) * spacing;
  });
}

/** The rows along the first axis for which `keep` says so. */
export function onlyRows(x: Tensor, keep: (row: number) => boolean): Tensor {
  const [rows, ...rest] = x.shape;
  const size = sizeOf(rest);
  const kept = Array.from({ length: rows }, (_, row) => row).filter(keep);
  return {
    ...x,
    shape: [kept.length, ...rest],
    data: Float64Array.from(kept.flatMap((row) => [...x.data.subarray(row * size, (row + 1) * size)])),
  };
}
