/**
 * Sums of products in blocks: y[i, j] += Σₖ a[i, k]·b[j, k], every operand read through tables of offsets. Matrix products, convolutions and
 * both gradients of a convolution differ only in their tables.
 *
 * A block of a and a block of b are copied first, in double and in the order in which they are used, into buffers that never change their
 * place: the compiler then knows address and length, and the innermost loop is left with little but multiplications and additions. Sums
 * are kept in double and rounded once.
 */

import { addThinProduct, fewRows } from './thin.ts';

/** Offsets of an array's elements: element (i, k) lies at outer[i] + inner[k]. */
export interface Offsets {
  readonly outer: Int32Array;
  readonly inner: Int32Array;
}

/** An array, and where in it element (0, 0) lies when both offsets are 0. */
export interface Operand {
  readonly data: Float32Array;
  readonly at: number;
  readonly offsets: Offsets;
}

/**
 * The innermost loop keeps 2 × 3 sums, which fit the 16 registers that a processor has for numbers together with their 5 factors and a
 * product; 4 × 4 sums do not, and are slower by a fifth.
 */
const tileRows = 2;
const tileColumns = 3;
/** A strip of 3 × 128 doubles (3 kB) stays in the first cache (32 kB or more) while the strips of 2 × 128 pass by. */
const blockDepth = 128;
/**
 * Two blocks of 240 × 128 doubles and 240 × 240 sums (0.9 MB) stay in the second cache. Each number that is copied is used 240 times, so
 * that copying takes less than a tenth of the time. Both are multiples of the tile.
 */
const blockRows = 240;
export const blockColumns = 240;

const left = new Float64Array(blockRows * blockDepth);
const right = new Float64Array(blockColumns * blockDepth);
/** The sums of the block at hand, `blockColumns` a row. */
export const sums = new Float64Array(blockRows * blockColumns);

/** Copies rows [first, last) and depths [from, to) of a, strip by strip. A strip that is not full repeats the last row. */
function packLeft(
  { data, at, offsets: { outer, inner } }: Operand,
  first: number,
  last: number,
  from: number,
  to: number,
): void {
  let into = 0;
  for (let i = first; i < last; i += tileRows) {
    const row0 = at + outer[i];
    const row1 = at + outer[Math.min(i + 1, last - 1)];
    for (let k = from; k < to; k++, into += tileRows) {
      const step = inner[k];
      left[into] = data[row0 + step];
      left[into + 1] = data[row1 + step];
    }
  }
}

/** The same for b. */
function packRight(
  { data, at, offsets: { outer, inner } }: Operand,
  first: number,
  last: number,
  from: number,
  to: number,
): void {
  let into = 0;
  for (let j = first; j < last; j += tileColumns) {
    const row0 = at + outer[j];
    const row1 = at + outer[Math.min(j + 1, last - 1)];
    const row2 = at + outer[Math.min(j + 2, last - 1)];
    for (let k = from; k < to; k++, into += tileColumns) {
      const step = inner[k];
      right[into] = data[row0 + step];
      right[into + 1] = data[row1 + step];
      right[into + 2] = data[row2 + step];
    }
  }
}

/** Adds the products of a strip of `left` and a strip of `right` to six sums. `| 0`: an index of 32 bits needs no check for overflow. */
function addTile(a: number, b: number, depth: number, to: number): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  for (const end = a + tileRows * depth; a < end; a = (a + tileRows) | 0, b = (b + tileColumns) | 0) {
    const a0 = left[a];
    const a1 = left[(a + 1) | 0];
    const b0 = right[b];
    const b1 = right[(b + 1) | 0];
    const b2 = right[(b + 2) | 0];
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
  }
  sums[to] += s00;
  sums[to + 1] += s01;
  sums[to + 2] += s02;
  const next = to + blockColumns;
  sums[next] += s10;
  sums[next + 1] += s11;
  sums[next + 2] += s12;
}

/** Adds the products of the two blocks: each strip of `right` meets every strip of `left`. */
function addBlock(rows: number, columns: number, depth: number): void {
  for (let j = 0; j < columns; j += tileColumns)
    for (let i = 0; i < rows; i += tileRows) addTile(i * depth, j * depth, depth, i * blockColumns + j);
}

/** Takes the sums of rows [firstRow, lastRow) and columns [firstColumn, lastColumn), of which sums[0] is the first. */
type Use = (firstRow: number, lastRow: number, firstColumn: number, lastColumn: number) => void;

/** Computes Σₖ a[i, k]·b[j, k] block by block; `use` takes the sums of each before the next block is begun. */
export function multiply(a: Operand, b: Operand, use: Use): void {
  const rows = a.offsets.outer.length;
  const columns = b.offsets.outer.length;
  const depth = a.offsets.inner.length;
  for (let i = 0; i < rows; i += blockRows) {
    const lastRow = Math.min(i + blockRows, rows);
    for (let j = 0; j < columns; j += blockColumns) {
      const lastColumn = Math.min(j + blockColumns, columns);
      sums.fill(0, 0, (lastRow - i) * blockColumns);
      for (let k = 0; k < depth; k += blockDepth) {
        const lastDepth = Math.min(k + blockDepth, depth);
        packLeft(a, i, lastRow, k, lastDepth);
        packRight(b, j, lastColumn, k, lastDepth);
        addBlock(lastRow - i, lastColumn - j, lastDepth - k);
      }
      use(i, lastRow, j, lastColumn);
    }
  }
}

/** y[i, j] += the sums of a block; the offsets of y are those of its rows and of its columns. */
function addSums(
  { data, at, offsets }: Operand,
  firstRow: number,
  lastRow: number,
  firstColumn: number,
  lastColumn: number,
): void {
  const { outer, inner } = offsets;
  for (let i = firstRow; i < lastRow; i++) {
    const row = at + outer[i];
    let from = (i - firstRow) * blockColumns;
    for (let j = firstColumn; j < lastColumn; j++) data[row + inner[j]] += sums[from++];
  }
}

/** y[i, j] += Σₖ a[i, k]·b[j, k]; the offsets of y are those of its rows and of its columns. */
export function addProduct(a: Operand, b: Operand, y: Operand): void {
  if (a.offsets.outer.length < fewRows) addThinProduct(a, b, y);
  else if (b.offsets.outer.length < fewRows) addThinProduct(b, a, transposed(y));
  else multiply(a, b, (...block) => addSums(y, ...block));
}

const transposed = ({ data, at, offsets: { outer, inner } }: Operand): Operand => ({
  data,
  at,
  offsets: { outer: inner, inner: outer },
});
