import { describe, expect, it } from 'vitest';
import { tensor } from '../../../reference/tensor.ts';
import { diagnose } from '../../judging/diagnosis/index.ts';
import { asAnswer } from '../../judging/diagnosis/knownMistakes.ts';
import { judge, judgeStrictly } from '../../judging/judge.ts';
import type { AnyCaseRecipe, AnyOperation, Values } from '../../judging/operation.ts';
import { type Precision, precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { materialize } from '../../running/cases.ts';
import { operationNamed, operations } from '../index.ts';
import { specialValues } from './specialValueNames.ts';
import { specialValueTable } from './specialValues.ts';

const { float32 } = precisions;
const flushing: Precision = { ...float32, subnormals: 'flushed' };

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

it('puts it into every other free input in turn, an optional one and those of all layers included', () => {
  const names = (operation: string) =>
    operationNamed(operation).cases.flatMap(({ name }) => (name.startsWith('special-subnormal') ? [name.slice(8)] : []));
  expect(names('conv2d')).toEqual(['subnormal', 'subnormal-in-weights', 'subnormal-in-bias']);
  expect(names('mlp.collapse')).toEqual(['subnormal', 'subnormal-in-weights2', 'subnormal-in-bias2']);
  const { a, b } = special('matmul', 'nan-in-b').case.inputs;
  expect(a.data.every(Number.isFinite)).toBe(true);
  expect(Array.from(b.data).flatMap((value, i) => (Number.isNaN(value) ? [i] : []))).toEqual([b.data.length >> 1]);
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

  it('is the subnormal product: a result flushed to zero fails, and passes where flushing is declared', () => {
    const line = operationNamed('relu');
    const recipe = line.cases.find(({ name }) => name === 'subnormal')!;
    const question = prepareQuestion(line, materialize(line, recipe, 'random', 1, 'float32'), precisions.float32);
    const flushed = Float32Array.from(question.expected.y.data, (v) => (Math.abs(v) < 2 ** -126 ? 0 : v));
    const y = { dtype: 'float32' as const, shape: question.expected.y.shape, data: flushed };
    expect(judge(question, { y }, 'float32').passed).toBe(false);
    expect(diagnose(question, { y }, 'float32')).toBe(
      'consistent with flushing subnormal numbers to zero, which this backend does not declare; "subnormals": "flushed" in its description allows it',
    );
    const declared = prepareQuestion(line, question.case, flushing);
    const judged = judge(declared, { y }, 'float32');
    expect(judged).toMatchObject({ passed: true, outputs: [{ flushed: 4 }] });
    expect(judgeStrictly(declared, { y }, 'float32')).toMatchObject({ passed: false });
  });

  it('of a sign is 0 where subnormal numbers are taken for zero, or the number itself, and nothing else', () => {
    const line = operationNamed('sign');
    const recipe = line.cases.find(({ name }) => name === 'subnormal')!;
    const asked = materialize(line, recipe, 'random', 1, 'float32');
    const passes = (value: (x: number) => number, precision: Precision) => {
      const { shape, data } = asked.inputs.x;
      const y = { dtype: 'float32' as const, shape, data: Float32Array.from(data, value) };
      return judge(prepareQuestion(line, asked, precision), { y }, 'float32');
    };
    expect(passes(() => 0, float32).passed).toBe(false);
    expect(passes((x) => x, float32).passed).toBe(false);
    expect(passes(() => 0, flushing)).toMatchObject({ passed: true, alternative: 'subnormal numbers taken for zero' });
    expect(passes((x) => x, flushing).passed).toBe(true);
    for (const precision of [float32, flushing]) {
      expect(passes(Math.sign, precision)).toMatchObject({ passed: true });
      expect(passes((x) => -Math.sign(x), precision).passed).toBe(false);
      expect(passes((x) => Math.sign(x) / 2, precision).passed).toBe(false);
    }
  });

  it('of a matrix product of subnormal size may be flushed where that is declared, and is not one of normal size', () => {
    const line = operationNamed('matmul');
    const inputs = (size: number) => ({ a: tensor([1, 2], [size, size]), b: tensor([2, 1], [2 ** -100, 2 ** -100]) });
    const passes = (size: number, precision: Precision) => {
      const asked = { ...special('matmul', 'subnormal').case, inputs: inputs(size) };
      const y = { dtype: 'float32' as const, shape: [1, 1], data: Float32Array.of(0) };
      return judge(prepareQuestion(line, asked, precision), { y }, 'float32').passed;
    };
    expect([2 ** -30, 2 ** -20].map((size) => passes(size, float32))).toEqual([false, false]);
    expect([2 ** -30, 2 ** -20].map((size) => passes(size, flushing))).toEqual([true, false]);
  });
});

it('a sum of normal size loses the products that are flushed, where that is declared', () => {
  const line = operationNamed('matmul');
  const [a, b] = [2 ** -64, 2 ** -63];
  const inputs = { a: tensor([1, 4], [a, a, a, a]), b: tensor([4, 1], [b, b, b, b]) };
  const asked = { ...special('matmul', 'subnormal').case, inputs };
  const passes = (value: number, precision: Precision) => {
    const y = { dtype: 'float32' as const, shape: [1, 1], data: Float32Array.of(value) };
    return judge(prepareQuestion(line, asked, precision), { y }, 'float32').passed;
  };
  // Four times 2⁻¹²⁷ is twice the smallest normal number.
  expect([2 ** -125, 0].map((value) => passes(value, float32))).toEqual([true, false]);
  expect([2 ** -125, 0, 2 ** -120].map((value) => passes(value, flushing))).toEqual([true, true, false]);
});

describe('a question that cannot fail is no question', () => {
  /** The input that the special value stands in. */
  const inputOf = (operation: AnyOperation, recipe: AnyCaseRecipe) => {
    const names = Object.keys(operation.inputs(recipe.attributes));
    const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const isFree = (values: Values) => values.kind === 'uniform' && values.low < 1 && values.high - values.low > 0.5;
    const specifications = operation.inputs(recipe.attributes);
    return (
      names.find((name) => recipe.name.endsWith(`-in-${dashed(name)}`)) ??
      names.find((name) => !recipe.without?.includes(name) && isFree(specifications[name].values))!
    );
  };
  const asked = operations.flatMap((operation) =>
    operation.cases.filter(({ name }) => /^special-(?!values|empty)/.test(name)).map((recipe) => ({ operation, recipe })),
  );

  it('an answer that ignores the special value is refused', () => {
    const seed = 2;
    const passed = asked.flatMap(({ operation, recipe }) => {
      const { id, inputs, attributes, ...rest } = materialize(operation, recipe, 'random', seed, 'float32');
      const question = prepareQuestion(operation, { id, inputs, attributes, ...rest }, float32);
      const input = inputOf(operation, recipe);
      const value = specialValues[recipe.name.slice('special-'.length).replace(/-in-.*/, '')];
      const isSmall = value !== 0 && Math.abs(value) <= float32.smallestNormal;
      // What is not looked at is an ordinary number, or 0; a zero that is not looked at is a number.
      const instead = isSmall ? [0] : value === 0 ? [1] : [0, 1];
      return instead.flatMap((number) => {
        const { shape, data } = inputs[input];
        const changed = Float64Array.from(data, (x) => (isSmall || Object.is(x, value) ? number : x));
        expect(changed, id).not.toEqual(data);
        const ignoring = operation.reference({ ...inputs, [input]: tensor(shape, changed) }, attributes);
        return judge(question, asAnswer(ignoring, 'float32'), 'float32').passed ? [`${id}, ${input} ${number}`] : [];
      });
    });
    expect(passed).toEqual([]);
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
  it('is written down, or asked, for every value and every operation', () => {
    for (const operation of operations) {
      const { asked, undefined: open } = specialValueTable(operation);
      const written = [...Object.keys(asked), ...Object.keys(open)].sort();
      expect(new Set(written).size, operation.name).toBe(written.length);
      expect(
        written.filter((name) => !name.includes('-in-')),
        operation.name,
      ).toEqual([...Object.keys(specialValues), 'empty-batch', 'size-1'].sort());
      // What is written of one value in an input is written of all of them.
      const inputs = new Set(written.flatMap((name) => name.match(/-in-(.*)$/)?.[1] ?? []));
      for (const input of inputs) {
        expect(
          written.filter((name) => name.endsWith(`-in-${input}`)),
          operation.name,
        ).toEqual(
          Object.keys(specialValues)
            .map((value) => `${value}-in-${input}`)
            .sort(),
        );
      }
      for (const recipe of Object.values(asked)) expect(operation.cases.map(({ name }) => name)).toContain(recipe);
      for (const value of Object.keys(open)) {
        expect(
          operation.cases.map(({ name }) => name),
          operation.name,
        ).not.toContain(`special-${value}`);
      }
    }
  });

  it('is an error where it is neither', () => {
    const tanh = operationNamed('tanh');
    const silent = { ...tanh, cases: tanh.cases.filter(({ name }) => name !== 'subnormal') };
    expect(() => specialValueTable(silent)).toThrow('tanh: the special value subnormal is neither asked nor undefined');
  });

  it('is written of no value that does not exist', () => {
    for (const operation of operations) {
      const { undefined: open } = specialValueTable(operation);
      expect(Object.keys(open), operation.name).toEqual(
        expect.arrayContaining(Object.keys(operation.undefinedSpecialValues ?? {})),
      );
    }
  });

  it('leaves most to be asked', () => {
    const tables = operations.map(specialValueTable);
    const count = (part: (table: (typeof tables)[number]) => object) =>
      tables.reduce((sum, table) => sum + Object.keys(part(table)).length, 0);
    expect(count(({ asked }) => asked)).toBeGreaterThan(3 * count((table) => table.undefined));
    const asked = operations.filter(({ cases }) => cases.some(({ name }) => name.startsWith('special-')));
    expect(asked.length).toBeGreaterThan(60);
  });
});
