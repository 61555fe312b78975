/** Injected precisions against what Etalon says of them. */

import { toBf16, toFloat16, toTf32 } from '../../judging/arithmetic.ts';
import { randomFrom } from '../../judging/random.ts';
import { type InputFormat, identifyPrecision, type PrecisionQuestion } from '../../judging/statistics/observedPrecision.ts';

const terms = 32;
const outputs = 256;
const { fround } = Math;

interface Injected {
  readonly name: string;
  /** What must be said, and nothing else. */
  readonly is: string;
  readonly dot: (a: Float64Array, b: Float64Array) => number;
}

type Round = (x: number) => number;
const same: Round = (x) => x;

const dot = (input: Round, product: Round, sum: Round) => (a: Float64Array, b: Float64Array) => {
  let total = 0;
  for (let k = 0; k < terms; k++) total = sum(total + product(input(a[k]) * input(b[k])));
  return total;
};

function pairwise(a: Float64Array, b: Float64Array): number {
  const row = a.map((x, k) => fround(x * b[k]));
  for (let width = terms / 2; width >= 1; width /= 2) {
    for (let k = 0; k < width; k++) row[k] = fround(row[2 * k] + row[2 * k + 1]);
  }
  return row[0];
}

const float64 = dot(same, same, same);

export const injectedPrecisions: readonly Injected[] = [
  { name: 'float32', is: 'float32', dot: dot(same, fround, fround) },
  { name: 'float32, pairwise', is: 'float32', dot: pairwise },
  { name: 'float32, fused multiply-add', is: 'float32', dot: dot(same, same, fround) },
  { name: 'TF32 inputs', is: 'TF32 inputs', dot: dot(toTf32, fround, fround) },
  { name: 'float16 inputs', is: 'float16 inputs', dot: dot(toFloat16, fround, fround) },
  { name: 'bf16 inputs', is: 'bf16 inputs', dot: dot(toBf16, fround, fround) },
  { name: 'float16 accumulator', is: 'a float16 accumulator', dot: dot(same, fround, toFloat16) },
  { name: 'TF32 accumulator', is: 'a TF32 accumulator', dot: dot(same, fround, toTf32) },
  { name: 'bf16 accumulator', is: 'a bf16 accumulator', dot: dot(same, fround, toBf16) },
  { name: 'float64, rounded to float32', is: 'float64, rounded once', dot: (a, b) => fround(float64(a, b)) },
  // Last to first: the reference's own order would leave no error to read.
  { name: 'float64', is: 'float64', dot: (a, b) => float64(a.toReversed(), b.toReversed()) },
];

export interface PrecisionRow {
  readonly injected: string;
  readonly draws: number;
  readonly right: number;
  /** What was said, and how often. */
  readonly said: readonly { readonly says: string; readonly times: number }[];
  /** Smallest and largest number of bits read. */
  readonly bits: readonly [number, number];
  /** A sentence as a report shows it. */
  readonly example: string;
}

/** Every injected precision in each of so many draws of numbers. */
export function precisionTable(seed: number, draws = 1000, progress?: (done: number) => void): PrecisionRow[] {
  const rows = injectedPrecisions.map(({ name }) => ({
    injected: name,
    right: 0,
    said: new Map<string, number>(),
    bits: [Infinity, -Infinity] as [number, number],
    example: '',
  }));
  for (let draw = 0; draw < draws; draw++) {
    if (draw % 50 === 0) progress?.(draw);
    const { a, b, question } = drawQuestion(seed, draw);
    for (const [at, { is, dot }] of injectedPrecisions.entries()) {
      const row = rows[at];
      const { bits, consistentWith } = identifyPrecision(question, forAll(dot, a, b));
      const says = consistentWith.join(' or ') || 'no known format';
      if (says === is) row.right++;
      row.said.set(says, (row.said.get(says) ?? 0) + 1);
      row.bits = [Math.min(row.bits[0], bits), Math.max(row.bits[1], bits)];
      row.example ||= `declared float32, observed ${bits.toFixed(1)} bits: consistent with ${says}`;
    }
  }
  return rows.map((row) => ({ ...row, draws, said: Array.from(row.said, ([says, times]) => ({ says, times })) }));
}

function forAll(dot: Injected['dot'], a: Float64Array, b: Float64Array): Float64Array {
  const y = new Float64Array(outputs);
  for (let i = 0; i < outputs; i++) {
    y[i] = dot(a.subarray(i * terms, (i + 1) * terms), b.subarray(i * terms, (i + 1) * terms));
  }
  return y;
}

/**
 * Standard normal factors; in every fourth output a is smaller by 2⁻¹⁶, where float16 is subnormal and rounds more than TF32 does:
 * elsewhere the two round alike.
 */
function drawQuestion(seed: number, draw: number): { a: Float64Array; b: Float64Array; question: PrecisionQuestion } {
  const random = randomFrom(seed, 'precision', String(draw));
  const a = Float64Array.from({ length: outputs * terms }, (_, at) => {
    const value = fround(random.normal());
    return Math.floor(at / terms) % 4 === 0 ? value * 2 ** -16 : value;
  });
  const b = Float64Array.from({ length: outputs * terms }, () => fround(random.normal()));
  const of = (input: Round) => forAll(float64, a.map(input), b.map(input));
  const rounding: Readonly<Record<InputFormat, Round>> = { TF32: toTf32, float16: toFloat16, bf16: toBf16 };
  const question: PrecisionQuestion = {
    expected: of(same),
    sums: { scales: of(Math.abs), terms },
    roundedInputs: (format) => of(rounding[format]),
  };
  return { a, b, question };
}
