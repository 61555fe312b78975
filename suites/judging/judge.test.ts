import { describe, expect, it } from 'vitest';
import { tensor } from '../../reference/tensor.ts';
import { doubling, float32 } from '../testing/doubling.ts';
import { judge, vacuity } from './judge.ts';
import type { AnyOperation, Case } from './operation.ts';
import { precisions, ulp } from './precision.ts';
import { prepareQuestion, type Question } from './question.ts';
import { unravel } from './shapes.ts';

const { float32: single, float64: double } = precisions;

function asked(values: readonly number[], operation: AnyOperation = doubling): Question {
  const inputs = { x: tensor([1, values.length], values) };
  const question: Case = {
    id: 'doubling/test/random',
    operation: 'identity',
    tier: 'random',
    seed: 1,
    attributes: {},
    sizes: {},
    inputs,
  };
  return prepareQuestion(operation, question, single);
}

const answer = (...values: number[]) => ({ y: float32([1, values.length], values) });

describe('the judge', () => {
  it('passes an answer at its limit and fails one just beyond it', () => {
    const question = asked([1.5]);
    const limit = 2 * 2 ** -24 * 3;
    expect(judge(question, answer(3 + 2 ** -22), 'float32').passed).toBe(true);
    expect(2 ** -22).toBeLessThanOrEqual(limit);
    const beyond = judge(question, answer(3 + 2 ** -21), 'float32');
    expect(beyond).toMatchObject({ passed: false, check: 'values' });
    expect(beyond.outputs[0]).toMatchObject({ wrong: 1, largestUlps: 2, errorRatio: 4 / 3 });
  });

  it('says of two numbers as many digits as tell them apart', () => {
    const { reason } = judge(asked([1.5]), answer(3 + 2 ** -21), 'float32');
    expect(reason).toContain('y[0, 0] should be 3, is 3.0000005: ');
    const { reason: close } = judge(asked([2 ** -20 / 2]), answer(2 ** -20 * (1 + 2 ** -20)), 'float32');
    expect(close).toContain('should be 9.53674e-7, is 9.53675e-7');
  });

  it('names the first check that fails, in the order names, dtype, shape, special values, values', () => {
    const question = asked([1, 2]);
    const check = (actual: Parameters<typeof judge>[1]) => judge(question, actual, 'float32').check;
    expect(check({ z: float32([9], [1]) })).toBe('names');
    expect(check({ ...answer(2, 4), extra: float32([], [1]) })).toBe('names');
    expect(check({ y: tensor([9, 9], new Array(81).fill(0)) })).toBe('dtype');
    expect(check({ y: float32([2, 1], [Number.NaN, 4]) })).toBe('shape');
    expect(check(answer(99, Number.NaN))).toBe('special values');
    expect(check(answer(99, Number.POSITIVE_INFINITY))).toBe('special values');
    expect(check(answer(99, 4))).toBe('values');
    expect(check(answer(2, 4))).toBeUndefined();
  });

  it('asks the sign of a zero where numbers are handed on, and nowhere else', () => {
    const handedOn: AnyOperation = { ...doubling, keepsSignOfZero: true };
    const values = [1, -0, 0, -0];
    expect(judge(asked(values), answer(2, 0, -0, 0), 'float32')).toMatchObject({ passed: true, outputs: [{ wrong: 0 }] });
    expect(judge(asked(values, handedOn), answer(2, -0, 0, -0), 'float32').passed).toBe(true);
    const lost = judge(asked(values, handedOn), answer(2, 0, 0, 0), 'float32');
    expect(lost).toMatchObject({ passed: false, check: 'special values', reason: 'y[0, 1] should be -0, is 0' });
    expect(lost.outputs[0]).toMatchObject({ wrong: 2, errorRatio: 'inf', worst: { index: [0, 1] } });
    expect(judge(asked(values, handedOn), answer(2, -0, 0, 7), 'float32')).toMatchObject({ passed: false, check: 'values' });
  });

  it('never passes NaN where a number is due, whatever the limit', () => {
    const generous: AnyOperation = {
      ...doubling,
      bound: {
        ...doubling.bound,
        limits: ({ expected }) => ({ y: { limit: new Float64Array(expected.y.data.length).fill(Number.MAX_VALUE) } }),
      },
    };
    expect(judge(asked([1], generous), answer(Number.NaN), 'float32').passed).toBe(false);
    expect(judge(asked([1], generous), answer(1e30), 'float32').passed).toBe(true);
  });

  it('counts what has no bound as unconstrained, and calls a case of nothing else no pass', () => {
    const boundOnly = (limits: readonly number[]): AnyOperation => ({
      ...doubling,
      bound: { ...doubling.bound, limits: () => ({ y: { limit: Float64Array.from(limits) } }) },
    });
    const half = asked([1, 2], boundOnly([Infinity, 0]));
    const judgement = judge(half, answer(Number.NaN, 4), 'float32');
    expect(judgement).toMatchObject({ passed: true, outputs: [{ compared: 1, unconstrained: 1, wrong: 0, errorRatio: 0 }] });
    expect(vacuity(half, judgement)).toBeUndefined();
    expect(judge(half, answer(2, 5), 'float32').passed).toBe(false);
    const none = asked([1, 2], boundOnly([Infinity, Infinity]));
    const vacuous = judge(none, answer(7, 7), 'float32');
    expect(vacuous.outputs).toMatchObject([{ compared: 0, unconstrained: 2, worst: undefined }]);
    expect(vacuity(none, vacuous)).toBe(
      'nothing is asked of float32 here: it bounds none of the 2 elements of doubling/test/random',
    );
  });

  it('asks for NaN where the reference has NaN and for the same infinity', () => {
    const exact: AnyOperation = {
      ...doubling,
      bound: { ...doubling.bound, limits: ({ expected }) => ({ y: { limit: new Float64Array(expected.y.data.length) } }) },
    };
    expect(judge(asked([Number.NaN], exact), answer(Number.NaN), 'float32').passed).toBe(true);
    expect(judge(asked([Number.NaN], exact), answer(0), 'float32').check).toBe('special values');
    expect(judge(asked([Number.POSITIVE_INFINITY], exact), answer(Number.NEGATIVE_INFINITY), 'float32').check).toBe(
      'special values',
    );
  });

  it('accepts an infinity only where the format overflows', () => {
    expect(judge(asked([3e38]), answer(Number.POSITIVE_INFINITY), 'float32').passed).toBe(true);
    expect(judge(asked([3e38]), answer(Number.NEGATIVE_INFINITY), 'float32').passed).toBe(false);
    expect(judge(asked([1e38]), answer(Number.POSITIVE_INFINITY), 'float32').passed).toBe(false);
  });

  it('refuses to judge by a limit that is not a number, negative or missing', () => {
    const withLimits = (limit: Float64Array): AnyOperation => ({
      ...doubling,
      bound: { ...doubling.bound, limits: () => ({ y: { limit } }) },
    });
    expect(() => asked([1], withLimits(Float64Array.of(Number.NaN)))).toThrow(
      'doubling/test/random: the limit of output y at [0, 0] is NaN',
    );
    expect(() => asked([1], withLimits(Float64Array.of(-1)))).toThrow('is -1');
    expect(() => asked([1], withLimits(new Float64Array(0)))).toThrow('has 0 limits for 1 elements');
  });

  it('accepts any one of several right answers, says which, and refuses a mixture', () => {
    const either: AnyOperation = {
      ...doubling,
      alternatives: [
        { name: 'double', outputs: doubling.reference },
        {
          name: 'negated double',
          outputs: ({ x }) => ({
            y: tensor(
              x.shape,
              x.data.map((value) => -2 * value),
            ),
          }),
        },
      ],
    };
    expect(judge(asked([1, 2], either), answer(2, 4), 'float32')).toMatchObject({ passed: true, alternative: 'double' });
    expect(judge(asked([1, 2], either), answer(-2, -4), 'float32')).toMatchObject({
      passed: true,
      alternative: 'negated double',
    });
    expect(judge(asked([1, 2], either), answer(2, -4), 'float32')).toMatchObject({ passed: false });
    expect(judge(asked([0, 0], either), answer(0, 0), 'float32').passed).toBe(true);
  });

  it('shows the worst element with its index and the input it came from', () => {
    const { outputs } = judge(asked([1, 2, 3]), answer(2, 4.5, 6.25), 'float32');
    expect(outputs[0].worst).toMatchObject({ index: [0, 1], expected: 4, actual: 4.5, absoluteError: 0.5, inputs: { x: 2 } });
    expect(outputs[0]).toMatchObject({ compared: 3, wrong: 2 });
  });
});

describe('ulp', () => {
  it('is the distance between neighbours of the format', () => {
    expect(ulp(1, single)).toBe(2 ** -23);
    expect(ulp(-1.999, single)).toBe(2 ** -23);
    expect(ulp(2, double)).toBe(2 ** -51);
    expect(ulp(0, single)).toBe(2 ** -149);
    expect(ulp(2 ** -149, single)).toBe(2 ** -149);
    expect(ulp(3e38, single)).toBe(2 ** 104);
  });
});

it('unravels flat positions in row-major order', () => {
  expect(unravel(5, [2, 3])).toEqual([1, 2]);
  expect(unravel(0, [])).toEqual([]);
});
