/** Tensors as lists of numbers and back, for forms that are written in loops of their own. */
import { type Tensor, tensor } from '../../../reference/tensor.ts';

export const upTo = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** The numbers of a tensor, row-major. */
export const numbers = ({ data }: Tensor): number[] => Array.from(data);

/** The rows of a matrix. */
export const rowsOf = ({ shape: [rows, columns], data }: Tensor): number[][] =>
  upTo(rows).map((n) => Array.from(data.subarray(n * columns, (n + 1) * columns)));

/** Column j of rows. */
export const column = (rows: readonly (readonly number[])[], j: number): number[] => rows.map((row) => row[j]);

export const vector = (values: readonly number[]): Tensor => tensor([values.length], values);

/** Rows as a matrix; `columns` where there may be no row. */
export const matrix = (rows: readonly (readonly number[])[], columns = rows[0].length): Tensor =>
  tensor([rows.length, columns], rows.flat());

/** f of the elements of tensors of one shape. */
export function elementwise(f: (...values: number[]) => number, first: Tensor, ...rest: Tensor[]): Tensor {
  return tensor(
    first.shape,
    upTo(first.data.length).map((i) => f(first.data[i], ...rest.map(({ data }) => data[i]))),
  );
}
