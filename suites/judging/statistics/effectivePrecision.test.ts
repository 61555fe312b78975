/** Injected precisions in operations of the table, and what is said of them. */
import { describe, expect, it } from 'vitest';
import { map } from '../../../reference/tensor.ts';
import { operationNamed } from '../../operations/index.ts';
import { casesOf, materialize } from '../../running/cases.ts';
import { roundToBits, toBf16, toFloat16, toTf32 } from '../arithmetic.ts';
import type { NamedTensors } from '../operation.ts';
import { precisions } from '../precision.ts';
import { prepareQuestion } from '../question.ts';
import { effectivePrecision } from './effectivePrecision.ts';
import { significantBits } from './observedPrecision.ts';

type Round = (x: number) => number;
const same: Round = (x) => x;

/** The reference on rounded inputs, its result rounded: what a backend that does this returns. */
function saidOf(id: string, input: Round, result: Round = Math.fround) {
  const [operationName] = id.split('/');
  const operation = operationNamed(operationName)!;
  const { recipe, tier } = casesOf(operation).find((one) => one.id === id)!;
  const asked = materialize(operation, recipe, tier, 1, 'float32');
  const question = prepareQuestion(operation, asked, precisions.float32);
  const inputs: NamedTensors = Object.fromEntries(
    Object.entries(asked.inputs).map(([name, x]) => [name, name === 'bias' ? x : map(x, input)]),
  );
  const [name, right] = Object.entries(operation.reference(inputs, asked.attributes))[0];
  return effectivePrecision(question, name, map(right, result));
}

describe.each([
  'matmul/mixed-magnitudes/random',
  'dense/mixed-magnitudes/random',
  'dense.inputGradient/mixed-magnitudes/random',
])('%s', (id) => {
  it.each([
    ['TF32', toTf32, 11],
    ['float16', toFloat16, 11],
    ['bf16', toBf16, 8],
  ] as const)('%s inputs', (name, round, bits) => {
    const said = saidOf(id, round)!;
    expect(said.consistentWith).toEqual([`${name} inputs`]);
    // A bias, which is not rounded, dilutes the errors by a bit.
    expect(Math.abs(said.bits - bits)).toBeLessThan(1);
  });

  it('results of few bits, and of many', () => {
    // With a bias no result is so small that TF32 and float16 differ.
    const both = ['a float16 accumulator', 'a TF32 accumulator'];
    const [float16, tf32] = id.startsWith('dense/') ? [both, both] : [[both[0]], [both[1]]];
    expect(saidOf(id, same, toTf32)!.consistentWith).toEqual(tf32);
    expect(saidOf(id, same, toFloat16)!.consistentWith).toEqual(float16);
    expect(saidOf(id, same, toBf16)!.consistentWith).toEqual(['a bf16 accumulator']);
    expect(saidOf(id, same)!.consistentWith).toEqual(['float64, rounded once']);
    expect(saidOf(id, same, same)!).toEqual({ bits: 53, consistentWith: ['float64'] });
  });
});

it.each(['averagePool2d/special-subnormal/random', 'averagePool2d.backward/special-subnormal/random'])(
  'says nothing of results that are subnormal numbers: %s',
  (id) => expect(saidOf(id, same)).toBeUndefined(),
);

it('does not tell TF32 from float16 where the numbers do not', () => {
  expect(saidOf('matmul/long-sums/random', toTf32)!.consistentWith).toEqual(['TF32 inputs', 'float16 inputs']);
});

it.each(['conv2d/many-terms/random', 'conv2d.weightGradient/many-terms/random'])('%s', (id) => {
  expect(saidOf(id, toBf16)!.consistentWith).toEqual(['bf16 inputs']);
  expect(saidOf(id, toTf32)!.consistentWith).toContain('TF32 inputs');
});

describe('an elementary function', () => {
  const id = 'tanh/many/random';
  it('in float32, also some units of the last place off', () => {
    expect(saidOf(id, same)!.consistentWith).toEqual(['float32']);
    const sloppy = saidOf(id, same, (y) => Math.fround(y * (1 + 3e-7)))!;
    expect(sloppy.consistentWith).toEqual(['float32']);
    expect(sloppy.bits).toBeLessThan(22.5);
  });

  it('with rounded results or a format that nobody knows', () => {
    expect(saidOf(id, same, toBf16)!.consistentWith).toEqual(['bf16 results']);
    const known = saidOf(id, same, (y) => roundToBits(16)(y * (1 + 1e-5)))!;
    expect(known.consistentWith).toEqual([]);
    expect(known.bits).toBeGreaterThan(14);
    expect(known.bits).toBeLessThan(17.5);
  });
});

it('takes a wrong answer of few bits for wrong, not for coarse', () => {
  expect(saidOf('matmul/mixed-magnitudes/random', same, (y) => toBf16(-y))!.consistentWith).toEqual([]);
});

it('says nothing of integers, of exact operations and of few elements', () => {
  expect(saidOf('matmul/wide-integers/exact', same)).toBeUndefined();
  expect(saidOf('relu/plain/random', same)).toBeUndefined();
  expect(saidOf('matmul/plain/random', same)).toBeUndefined();
});

it('counts significant bits', () => {
  expect([0, 1, -2, 3, 0.1, Math.fround(0.1), 1 + 2 ** -10, Number.NaN].map(significantBits)).toEqual([
    0, 1, 1, 2, 52, 24, 11, 0,
  ]);
});
