/** Products of row-major matrices. */
import { addProduct, type Offsets } from './blocks.ts';

/** 0, step, 2·step, …: `count` offsets. */
export function steps(count: number, step: number): Int32Array {
  return new Int32Array(count).map((_, i) => i * step);
}

/** The rows of a [rows, columns] matrix, summed along its columns. */
export function rowsOf(rows: number, columns: number): Offsets {
  return { outer: steps(rows, columns), inner: steps(columns, 1) };
}

/** The columns of a [rows, columns] matrix, summed along its rows. */
export function columnsOf(rows: number, columns: number): Offsets {
  return { outer: steps(columns, 1), inner: steps(rows, columns) };
}

/** y[i, j] = Σₖ a[i, k]·b[j, k] (+ bias[j]). */
export type Product = (a: Float32Array, b: Float32Array, y: Float32Array, bias?: Float32Array) => void;

/** Prepares the product of two matrices of which rows or columns meet, as their offsets say. */
export function productOf(a: Offsets, b: Offsets): Product {
  const [rows, columns] = [a.outer.length, b.outer.length];
  const ofY = rowsOf(rows, columns);
  return (p, q, y, bias) => {
    if (bias) for (let i = 0; i < rows; i++) y.set(bias, i * columns);
    else y.fill(0);
    addProduct({ data: p, at: 0, offsets: a }, { data: q, at: 0, offsets: b }, { data: y, at: 0, offsets: ofY });
  };
}
