/**
 * The pinned reference kernel: plain JavaScript that never changes, so that a change of the machine can be told from a change of the code.
 * History stores times as ratios to it; a test holds the checksum of this file. Products, comparisons, exponentials, a walk through memory.
 */
const side = 96;
const a = Float64Array.from({ length: side * side }, (_, i) => ((i * 7919) % 1009) / 1009);
const b = Float64Array.from({ length: side * side }, (_, i) => ((i * 104729) % 997) / 997);
const walk = Float64Array.from({ length: 2 ** 17 }, (_, i) => ((i * 15485863) % 32452843) / 32452843);

/** Computes for some milliseconds and returns a checksum, the same on every machine. */
export function referenceKernel(): number {
  let sum = 0;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      let dot = 0;
      for (let k = 0; k < side; k++) dot += a[row * side + k] * b[k * side + column];
      if (dot > sum / (side * side)) sum += dot - Math.exp(-dot);
    }
  }
  let at = 0;
  for (let step = 0; step < walk.length; step++) {
    sum += walk[at] > 0.5 ? walk[at] : 1 - walk[at];
    at = (at + 30011) % walk.length;
  }
  return sum;
}
