import { describe, expect, it } from 'vitest';
import { materialize } from '../cases.ts';
import { judge, prepareQuestion } from '../comparison.ts';
import { precisions } from '../precision.ts';
import { operationNamed, operations } from './index.ts';
import { specialRecipes, specialValues, undefinedSpecialValues } from './specialValues.ts';

function special(operation: string, value: string) {
  const line = operationNamed(operation);
  const recipe = line.cases.find(({ name }) => name === `special-${value}`);
  if (!recipe) throw new Error(`${operation} is not asked at ${value}`);
  return prepareQuestion(line, materialize(line, recipe, 'random', 1, 'float32'), precisions.float32);
}

it('puts the value into the middle of the first free input', () => {
  const { a, b } = special('matmul', 'nan').case.inputs;
  expect(Array.from(a.data).flatMap((value, i) => (Number.isNaN(value) ? [i] : []))).toEqual([a.data.length >> 1]);
  expect(b.data.every(Number.isFinite)).toBe(true);
});

it('asks of float32 numbers only what float32 can hold', () => {
  for (const value of Object.values(specialValues)) expect(Object.is(Math.fround(value), value)).toBe(true);
});

describe('what is right', () => {
  it('is NaN in the row of a product that meets it and nowhere else', () => {
    const { case: asked, expected } = special('matmul', 'nan');
    const [rows, inner] = asked.inputs.a.shape;
    const row = Math.floor((asked.inputs.a.data.length >> 1) / inner);
    const columns = expected.y.shape[1];
    const isNaNHere = Array.from(expected.y.data, Number.isNaN);
    expect(isNaNHere).toEqual(Array.from({ length: rows * columns }, (_, i) => Math.floor(i / columns) === row));
  });

  it('is no number at all for no sample, in the right shape', () => {
    const question = special('dense', 'empty-batch');
    expect(question.expected.y.shape[0]).toBe(0);
    const y = { dtype: 'float32' as const, shape: question.expected.y.shape, data: new Float32Array(0) };
    expect(judge(question, { y }, 'float32').passed).toBe(true);
    expect(judge(question, { y: { ...y, shape: [1, 0] } }, 'float32')).toMatchObject({ passed: false, check: 'shape' });
  });

  it('is the subnormal product: a result flushed to zero fails', () => {
    const line = operationNamed('relu');
    const recipe = line.cases.find(({ name }) => name === 'subnormal')!;
    const question = prepareQuestion(line, materialize(line, recipe, 'random', 1, 'float32'), precisions.float32);
    const flushed = Float32Array.from(question.expected.y.data, (v) => (Math.abs(v) < 2 ** -126 ? 0 : v));
    const y = { dtype: 'float32' as const, shape: question.expected.y.shape, data: flushed };
    expect(judge(question, { y }, 'float32').passed).toBe(false);
  });
});

it('has a limit whatever numbers stand around it', () => {
  for (const operation of operations) {
    for (const recipe of operation.cases.filter(({ name }) => name.startsWith('special-'))) {
      for (let seed = 1; seed <= 4; seed++) {
        // Throws where a finite number is due and its limit is none.
        prepareQuestion(operation, materialize(operation, recipe, 'random', seed, 'float32'), precisions.float32);
      }
    }
  }
});

describe('what is undefined', () => {
  it('is written down for operations and values that exist, and is not asked', () => {
    for (const [name, values] of Object.entries(undefinedSpecialValues)) {
      for (const value of Object.keys(values)) {
        expect(Object.keys(specialValues)).toContain(value);
        expect(specialRecipes(operationNamed(name)).map((recipe) => recipe.name)).not.toContain(`special-${value}`);
      }
    }
  });

  it('leaves most to be asked', () => {
    const asked = operations.filter(({ cases }) => cases.some(({ name }) => name.startsWith('special-')));
    expect(asked.length).toBeGreaterThan(60);
  });
});
