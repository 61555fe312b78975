/** Injected precisions against what Etalon says of them: the table of VERDICTS.md, rule 6. */
import { precisions } from '../precision.ts';
import { randomFrom } from '../random.ts';
import { type IdentifiedPrecision, identifyPrecision, type PrecisionQuestion } from '../statistics/observedPrecision.ts';
import { roundToBits, toBf16, toFloat16, toTf32 } from './dotProductArithmetic.ts';

const terms = 32;
const outputs = 256;
const { fround } = Math;

interface Injected {
  readonly name: string;
  readonly inputs: IdentifiedPrecision['inputs'];
  readonly accumulator: IdentifiedPrecision['accumulator'];
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
  { name: 'float32', inputs: 'exact', accumulator: 'float32', dot: dot(same, fround, fround) },
  { name: 'float32, pairwise', inputs: 'exact', accumulator: 'float32', dot: pairwise },
  { name: 'TF32 inputs', inputs: 'TF32', accumulator: 'float32', dot: dot(toTf32, fround, fround) },
  { name: 'float16 inputs', inputs: 'float16', accumulator: 'float32', dot: dot(toFloat16, fround, fround) },
  { name: 'bf16 inputs', inputs: 'bf16', accumulator: 'float32', dot: dot(toBf16, fround, fround) },
  { name: 'float16 accumulator', inputs: 'exact', accumulator: 'float16', dot: dot(same, fround, toFloat16) },
  { name: 'bf16 accumulator', inputs: 'exact', accumulator: 'bf16', dot: dot(same, fround, roundToBits(8)) },
  {
    name: 'float64, rounded to float32',
    inputs: 'exact',
    accumulator: 'float64, rounded once',
    dot: (a, b) => fround(float64(a, b)),
  },
  // Last to first: the reference's own order would leave no error to read.
  { name: 'float64', inputs: 'exact', accumulator: 'float64', dot: (a, b) => float64(a.toReversed(), b.toReversed()) },
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
    for (const [at, { inputs, accumulator, dot }] of injectedPrecisions.entries()) {
      const row = rows[at];
      const said = identifyPrecision(question, forAll(dot, a, b));
      if (said.inputs === inputs && said.accumulator === accumulator) row.right++;
      const says = said.verdict.slice(said.verdict.indexOf('consistent with ') + 'consistent with '.length);
      row.said.set(says, (row.said.get(says) ?? 0) + 1);
      row.bits = [Math.min(row.bits[0], said.bits), Math.max(row.bits[1], said.bits)];
      row.example ||= said.verdict;
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
 * Standard normal factors; in every fourth output a is smaller by 2⁻¹², where float16 is subnormal and rounds more than TF32 does:
 * elsewhere the two round alike.
 */
function drawQuestion(seed: number, draw: number): { a: Float64Array; b: Float64Array; question: PrecisionQuestion } {
  const random = randomFrom(seed, 'precision', String(draw));
  const a = Float64Array.from({ length: outputs * terms }, (_, at) => {
    const value = fround(random.normal());
    return Math.floor(at / terms) % 4 === 0 ? value * 2 ** -12 : value;
  });
  const b = Float64Array.from({ length: outputs * terms }, () => fround(random.normal()));
  const of = (input: Round) => forAll(float64, a.map(input), b.map(input));
  const absolute = of(Math.abs);
  const question: PrecisionQuestion = {
    expected: of(same),
    scales: absolute,
    squares: of((x) => x * x),
    terms,
    declared: precisions.float32,
    roundedInputs: { TF32: of(toTf32), float16: of(toFloat16), bf16: of(toBf16) },
  };
  return { a, b, question };
}
