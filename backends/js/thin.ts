/**
 * Products of which one operand has so few rows that copying the other into blocks would take longer than the sums themselves: it is read
 * where it lies and in the order in which it lies, once for each row. Sums are kept in double and rounded once.
 */
import type { Operand } from './blocks.ts';

/** From so many rows on copying is worth its while: with 1 or 2 this way was faster or as fast on the sizes tried, with more it was not. */
export const fewRows = 3;

/** A piece of the row (16 kB) and as many sums stay in the first cache, while numbers of the other operand are read once and not again. */
const piece = 2048;
const row = new Float64Array(piece);
const sums = new Float64Array(piece);

/** y[i, j] += Σₖ a[i, k]·b[j, k], where a has few rows. */
export function addThinProduct(a: Operand, b: Operand, y: Operand): void {
  const { outer, inner } = b.offsets;
  // The innermost loop goes along memory.
  const add = areConsecutive(outer) && !areConsecutive(inner) ? addColumns : addRows;
  for (let i = 0; i < a.offsets.outer.length; i++) {
    const start = a.at + a.offsets.outer[i];
    const to = y.at + y.offsets.outer[i];
    for (let j = 0; j < outer.length; j += piece) {
      const last = Math.min(j + piece, outer.length);
      sums.fill(0);
      for (let k = 0; k < inner.length; k += piece) {
        const end = Math.min(k + piece, inner.length);
        for (let t = k; t < end; t++) row[t - k] = a.data[start + a.offsets.inner[t]];
        add(b, j, last, k, end);
      }
      for (let t = j; t < last; t++) y.data[to + y.offsets.inner[t]] += sums[t - j];
    }
  }
}

/** sums[j] += Σₖ row[k]·b[j, k] for rows [first, last) and depths [from, end) of b, four rows at a time in registers. */
function addRows(
  { data, at, offsets: { outer, inner } }: Operand,
  first: number,
  last: number,
  from: number,
  end: number,
): void {
  for (let j = first; j < last; j += 4) {
    const row0 = at + outer[j];
    const row1 = at + outer[Math.min(j + 1, last - 1)];
    const row2 = at + outer[Math.min(j + 2, last - 1)];
    const row3 = at + outer[Math.min(j + 3, last - 1)];
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let k = from; k < end; k++) {
      const factor = row[k - from];
      const step = inner[k];
      s0 += factor * data[row0 + step];
      s1 += factor * data[row1 + step];
      s2 += factor * data[row2 + step];
      s3 += factor * data[row3 + step];
    }
    sums[j - first] += s0;
    sums[j - first + 1] += s1;
    sums[j - first + 2] += s2;
    sums[j - first + 3] += s3;
  }
}

/** Tells whether increasing offsets have no gaps. */
const areConsecutive = (offsets: Int32Array) => offsets[offsets.length - 1] - offsets[0] === offsets.length - 1;

/** The same where the numbers of one depth lie beside each other: four depths at a time, so that a sum is fetched once for four. */
function addColumns(
  { data, at, offsets: { outer, inner } }: Operand,
  first: number,
  last: number,
  from: number,
  end: number,
): void {
  const start = at + outer[first];
  const count = last - first;
  let k = from;
  for (; k + 4 <= end; k += 4) {
    const t = k - from;
    const f0 = row[t];
    const f1 = row[t + 1];
    const f2 = row[t + 2];
    const f3 = row[t + 3];
    const k0 = start + inner[k];
    const k1 = start + inner[k + 1];
    const k2 = start + inner[k + 2];
    const k3 = start + inner[k + 3];
    for (let j = 0; j < count; j++)
      sums[j] += f0 * data[(k0 + j) | 0] + f1 * data[(k1 + j) | 0] + f2 * data[(k2 + j) | 0] + f3 * data[(k3 + j) | 0];
  }
  for (; k < end; k++) for (let j = 0; j < count; j++) sums[j] += row[k - from] * data[start + inner[k] + j];
}
