/** Dot products as right and as wrong implementations compute them. Each returns all outputs of a data set. */

import { bf16Bits, flush, roundAllToBits, roundToBits, tf32Bits, toFloat16, truncate } from '../../judging/arithmetic.ts';
import { type Random, randomFrom } from '../../judging/random.ts';
import { type DotProducts, outputs, shuffle } from './data.ts';

export type Kernel = (data: DotProducts, seed: number) => Float32Array | Float64Array;
type Round = (x: number) => number;
const { fround } = Math;
const same: Round = (x) => x;

/** From first to last, with any rounding of products and sums. */
export function sequentialWith(round: { product?: Round; sum?: Round }): Kernel {
  const { product = fround, sum = fround } = round;
  return ({ a, b, length }) => {
    const y = new Float32Array(outputs);
    for (let i = 0, at = 0; i < outputs; i++) {
      let total = 0;
      for (let k = 0; k < length; k++, at++) total = sum(total + product(a[at] * b[at]));
      y[i] = total;
    }
    return y;
  };
}

/** Plain float32 after rounding the inputs to so many bits. */
export function roundedInputs(digits: number): Kernel {
  return ({ a, b, length }) => dotProducts(roundAllToBits(a, digits), roundAllToBits(b, digits), length);
}

/** Products rounded to float32, every sum to so many bits. */
export function accumulatorOf(digits: number): Kernel {
  // Veltkamp's splitting written out: a function call for each addition would take most of the time.
  const factor = 2 ** (53 - digits) + 1;
  return ({ a, b, length }) => {
    const y = new Float32Array(outputs);
    for (let i = 0, at = 0; i < outputs; i++) {
      let total = 0;
      for (let k = 0; k < length; k++, at++) {
        const sum = total + fround(a[at] * b[at]);
        const scaled = sum * factor;
        total = scaled - (scaled - sum);
      }
      y[i] = total;
    }
    return y;
  };
}

/** Plain float32, from first to last: the implementation that faults are put into. */
export const sequential: Kernel = ({ a, b, length }) => dotProducts(a, b, length);

function dotProducts(a: Float32Array, b: Float32Array, length: number): Float32Array {
  const y = new Float32Array(outputs);
  for (let i = 0, at = 0; i < outputs; i++) {
    let total = 0;
    for (let k = 0; k < length; k++, at++) total = fround(total + fround(a[at] * b[at]));
    y[i] = total;
  }
  return y;
}

/** Applies a sum of one row of rounded products to all rows. The row may be overwritten. */
function byRow(sum: (row: Float32Array, random: Random) => number): Kernel {
  return ({ a, b, length, dataSet }, seed) => {
    const random = randomFrom(seed, 'order', dataSet, String(length));
    const row = new Float32Array(length);
    return Float32Array.from({ length: outputs }, (_, i) => {
      for (let k = 0; k < length; k++) row[k] = a[i * length + k] * b[i * length + k];
      return sum(row, random);
    });
  };
}

function sumOf(row: Float32Array, from = 0, step = 1, to = row.length): number {
  let total = 0;
  for (let k = from; k < to; k += step) total = fround(total + row[k]);
  return total;
}

function pairwise(row: Float32Array): number {
  // Neighbours first, then neighbours of those: a balanced tree; every length here is a power of two.
  for (let width = row.length / 2; width >= 1; width /= 2) {
    for (let k = 0; k < width; k++) row[k] = row[2 * k] + row[2 * k + 1];
  }
  return row[0];
}

function kahan(row: Float32Array): number {
  let [total, lost] = [0, 0];
  for (const term of row) {
    const corrected = fround(term - lost);
    const next = fround(total + corrected);
    lost = fround(fround(next - total) - corrected);
    total = next;
  }
  return total;
}

/** Sums of blocks of so many neighbours, then the sum of these. */
function blocked(row: Float32Array, block: number): number {
  let total = 0;
  for (let from = 0; from < row.length; from += block) total = fround(total + sumOf(row, from, 1, from + block));
  return total;
}

export const honest: Readonly<Record<string, Kernel>> = {
  sequential,
  pairwise: byRow(pairwise),
  'rounded once from float64': ({ expected }) => Float32Array.from(expected),
};

export const moreHonest: Readonly<Record<string, Kernel>> = {
  reversed: byRow((row) => sumOf(row.reverse())),
  'random order': (data, seed) => {
    const order = Int32Array.from({ length: data.length }, (_, k) => k);
    shuffle(order, randomFrom(seed, 'one order for all', data.dataSet, String(data.length)));
    return byRow((row) => {
      let total = 0;
      for (const k of order) total = fround(total + row[k]);
      return total;
    })(data, seed);
  },
  'blocked by 8': byRow((row) => blocked(row, 8)),
  Kahan: byRow(kahan),
  'fused multiply-add': sequentialWith({ product: same }),
  'split in four': byRow((row) => {
    const [p, q, r, s] = [0, 1, 2, 3].map((lane) => sumOf(row, lane, 4));
    return fround(fround(p + q) + fround(r + s));
  }),
  // Tiles of 16 terms over the inner dimension, each summed pairwise as a matrix unit does, added to an accumulator in turn.
  'blocked matrix tiles': byRow((row) => {
    let total = 0;
    for (let from = 0; from < row.length; from += 16) total = fround(total + pairwise(row.slice(from, from + 16)));
    return total;
  }),
  'wider accumulator': sequentialWith({ product: same, sum: roundToBits(32) }),
  float64: ({ expected }) => expected,
};

export const faults: Readonly<Record<string, Kernel>> = {
  'TF32 inputs': roundedInputs(tf32Bits),
  'bf16 inputs': roundedInputs(bf16Bits),
  'float16 accumulator': sequentialWith({ sum: toFloat16 }),
  'truncating accumulator': sequentialWith({ sum: truncate }),
  'result scaled by 1 + 2e-5': shifted(({ expected }, i) => 2e-5 * expected[i]),
  'last term dropped': shifted(({ products, length }, i) => -products[(i + 1) * length - 1]),
  'one element in 1000 off by 1 %': shifted(({ expected, median }, i) => (i === median ? 0.01 * expected[i] : 0)),
};

/** What an exact implementation with the fault would be off by, where that is not a matter of rounding; for the limit of what can be seen. */
export type Shift = (data: DotProducts, i: number, seed: number) => number;

const middle = (length: number) => length / 2;

export const harderShifts: Readonly<Record<string, Shift>> = {
  'result scaled by 1 + 2e-6': ({ expected }, i) => 2e-6 * expected[i],
  'one element in 1000 off by 0.1 %': ({ expected, median }, i) => (i === median ? 1e-3 * expected[i] : 0),
  'middle term dropped': ({ products, length }, i) => -products[i * length + middle(length)],
  // One of eight partial accumulators of one output begins with what it held for the output before.
  'stale partial accumulator': ({ products, length, median }, i) => {
    if (i !== median) return 0;
    const before = (i + outputs - 1) % outputs;
    let stale = 0;
    for (let k = 0; k < length; k += 8) stale += products[before * length + k];
    return stale;
  },
  'one product taken twice': ({ products, length, dataSet }, i, seed) =>
    products[i * length + randomFrom(seed, 'taken twice', dataSet, String(length)).integer(0, length - 1)],
};

export const harderFaults: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(Object.entries(harderShifts).map(([name, shift]) => [name, shifted(shift)])),
  'inputs rounded to 20 bits': roundedInputs(20),
};

/** Its data set is `tiny`. */
export const flushing: Kernel = sequentialWith({ product: flush, sum: flush });

/** Plain float32 with a fault added to its result, rounded again. */
export function shifted(shift: Shift): Kernel {
  return (data, seed) => {
    const y = sequential(data, seed);
    for (let i = 0; i < outputs; i++) {
      const s = shift(data, i, seed);
      if (s !== 0) y[i] += s;
    }
    return y;
  };
}

/** What inputs rounded to so many bits shift exact sums by. */
export function inputShift({ a, b, length, expected }: DotProducts, digits: number): Float64Array {
  const shift = new Float64Array(outputs);
  const [x, y] = [roundAllToBits(a, digits), roundAllToBits(b, digits)];
  for (let i = 0, at = 0; i < outputs; i++) {
    let sum = 0;
    for (let k = 0; k < length; k++, at++) sum += x[at] * y[at];
    shift[i] = sum - expected[i];
  }
  return shift;
}
