/**
 * Matrix product of row-major float32 buffers. Sums are kept in double and rounded once.
 *
 * The inner loops go over 4 × 4 blocks of the result: each number that is read is used four times while it is in a register.
 */

/** How a matrix is read: as it stands, or with rows and columns exchanged. */
export interface Operand {
  readonly data: Float32Array;
  /** Distance between neighbours along the outer (kept) and the inner (summed) axis. */
  readonly outer: number;
  readonly inner: number;
}

/** y[i, j] = Σₖ a[i, k]·b[j, k] (+ bias[j]): a [rows, inner] and b [columns, inner] as their strides say, y [rows, columns]. */
export function product(
  a: Operand,
  b: Operand,
  y: Float32Array,
  rows: number,
  columns: number,
  inner: number,
  bias?: Float32Array,
): void {
  const { data: p, outer: ai, inner: ak } = a;
  const { data: q, outer: bj, inner: bk } = b;
  const wholeRows = rows - (rows % 4);
  const wholeColumns = columns - (columns % 4);
  for (let i = 0; i < wholeRows; i += 4) {
    for (let j = 0; j < wholeColumns; j += 4) {
      let s00 = 0,
        s01 = 0,
        s02 = 0,
        s03 = 0;
      let s10 = 0,
        s11 = 0,
        s12 = 0,
        s13 = 0;
      let s20 = 0,
        s21 = 0,
        s22 = 0,
        s23 = 0;
      let s30 = 0,
        s31 = 0,
        s32 = 0,
        s33 = 0;
      let at = i * ai;
      let bt = j * bj;
      for (let k = 0; k < inner; k++, at += ak, bt += bk) {
        const a0 = p[at],
          a1 = p[at + ai],
          a2 = p[at + 2 * ai],
          a3 = p[at + 3 * ai];
        const b0 = q[bt],
          b1 = q[bt + bj],
          b2 = q[bt + 2 * bj],
          b3 = q[bt + 3 * bj];
        s00 += a0 * b0;
        s01 += a0 * b1;
        s02 += a0 * b2;
        s03 += a0 * b3;
        s10 += a1 * b0;
        s11 += a1 * b1;
        s12 += a1 * b2;
        s13 += a1 * b3;
        s20 += a2 * b0;
        s21 += a2 * b1;
        s22 += a2 * b2;
        s23 += a2 * b3;
        s30 += a3 * b0;
        s31 += a3 * b1;
        s32 += a3 * b2;
        s33 += a3 * b3;
      }
      let t0 = 0,
        t1 = 0,
        t2 = 0,
        t3 = 0;
      if (bias) {
        t0 = bias[j];
        t1 = bias[j + 1];
        t2 = bias[j + 2];
        t3 = bias[j + 3];
      }
      let yt = i * columns + j;
      y[yt] = s00 + t0;
      y[yt + 1] = s01 + t1;
      y[yt + 2] = s02 + t2;
      y[yt + 3] = s03 + t3;
      yt += columns;
      y[yt] = s10 + t0;
      y[yt + 1] = s11 + t1;
      y[yt + 2] = s12 + t2;
      y[yt + 3] = s13 + t3;
      yt += columns;
      y[yt] = s20 + t0;
      y[yt + 1] = s21 + t1;
      y[yt + 2] = s22 + t2;
      y[yt + 3] = s23 + t3;
      yt += columns;
      y[yt] = s30 + t0;
      y[yt + 1] = s31 + t1;
      y[yt + 2] = s32 + t2;
      y[yt + 3] = s33 + t3;
    }
    if (wholeColumns < columns) edge(a, b, y, i, i + 4, wholeColumns, columns, columns, inner, bias);
  }
  if (wholeRows < rows) edge(a, b, y, wholeRows, rows, 0, columns, columns, inner, bias);
}

/** The rows and columns that fill no block, one element at a time. */
function edge(
  { data: p, outer: ai, inner: ak }: Operand,
  { data: q, outer: bj, inner: bk }: Operand,
  y: Float32Array,
  fromRow: number,
  toRow: number,
  fromColumn: number,
  toColumn: number,
  columns: number,
  inner: number,
  bias?: Float32Array,
): void {
  for (let i = fromRow; i < toRow; i++) {
    for (let j = fromColumn; j < toColumn; j++) {
      let sum = bias ? bias[j] : 0;
      for (let k = 0; k < inner; k++) sum += p[i * ai + k * ak] * q[j * bj + k * bk];
      y[i * columns + j] = sum;
    }
  }
}

/** A row-major [rows, columns] matrix summed along its columns. */
export function asRows(data: Float32Array, columns: number): Operand {
  return { data, outer: columns, inner: 1 };
}

/** The same summed along its rows: its transpose. */
export function asColumns(data: Float32Array, columns: number): Operand {
  return { data, outer: 1, inner: columns };
}
