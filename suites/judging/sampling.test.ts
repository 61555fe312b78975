/** Large cases: the table's, and what a sample says of an answer. */
import { describe, expect, it } from 'vitest';
import { operations } from '../operations/index.ts';
import { casesOf, materialize, shippedCasesOf } from '../running/cases.ts';
import { judge } from './judge.ts';
import type { AnyOperation, NamedTensors } from './operation.ts';
import { precisions } from './precision.ts';
import { prepareQuestion, type Question } from './question.ts';
import { fullSizes, shapeFrom } from './shapes.ts';

const large = operations.filter((operation) => operation.large);
const sampled = large.filter(({ element }) => element);
const named = (lines: readonly AnyOperation[]) => lines.map((operation) => [operation.name, operation] as const);

it.each(named(large))('%s: the large case has 10⁵ outputs or more, and is asked by a check alone', (_, operation) => {
  const { sizes, attributes, name } = operation.large!;
  const full = fullSizes(operation, sizes, attributes);
  const shapes = Object.values(operation.outputs(attributes)).map(({ dimensions }) => shapeFrom(dimensions, full, name));
  const elements = shapes.map((shape) => shape.reduce((product, size) => product * size, 1));
  expect(Math.max(...elements)).toBeGreaterThanOrEqual(1e5);
  expect(casesOf(operation).some(({ recipe }) => recipe.name === 'large')).toBe(false);
  expect(shippedCasesOf(operation).filter(({ recipe }) => recipe.name === 'large')).toHaveLength(1);
});

it('products, convolutions and maxima are sampled', () => {
  expect(sampled.map(({ name }) => name)).toEqual(['matmul', 'dense', 'conv2d', 'maxPool2d']);
});

describe('an element asked alone is the element of the whole, with the limit it has there', () => {
  it.each(named(sampled))('%s', (_, operation) => {
    const finite = (inputs: NamedTensors) => Object.values(inputs).every(({ data }) => data.every(Number.isFinite));
    for (const { recipe, tier } of casesOf(operation)) {
      const asked = materialize(operation, recipe, tier, 1, 'float32');
      if (!finite(asked.inputs)) continue;
      const whole = prepareQuestion(operation, asked, precisions.float32);
      const step = Math.ceil(whole.expected.y.data.length / 20);
      for (let position = 0; position < whole.expected.y.data.length; position += step) {
        const own = operation.element!(asked.inputs, asked.attributes, position);
        const expected = operation.reference(own.inputs, own.attributes);
        expect([asked.id, position, ...expected.y.data]).toEqual([asked.id, position, whole.expected.y.data[position]]);
        const [limit] = operation.bound.limits({ ...own, expected, precision: precisions.float32 }).y.limit;
        // The grid of a few numbers may be coarser than that of all: an element alone may have to be exact, never less than in the whole.
        expect(limit).toBeLessThanOrEqual(whole.limits.y.limit[position]);
      }
    }
  });
});

describe('judging a sample', () => {
  const [matmul] = sampled;
  const rows = { ...matmul, large: { ...matmul.large!, sizes: { rows: 60, inner: 9, columns: 70 } } };
  const asked = (seed: number) => materialize(rows, rows.large, 'random', seed, 'float32');
  const answerTo = (question: Question) => {
    const { y } = rows.reference(question.case.inputs, question.case.attributes);
    return { y: { dtype: 'float32' as const, shape: y.shape, data: new Float32Array(y.data) } };
  };

  it('counts what was compared and says what a sample can miss', () => {
    const question = prepareQuestion(rows, asked(1), precisions.float32);
    const { passed, outputs } = judge(question, answerTo(question), 'float32');
    expect(passed).toBe(true);
    expect(outputs[0]).toMatchObject({ shape: [60, 70], compared: 1024, sample: { of: 4200, share: 0.01 } });
    expect(outputs[0].sample?.detectionProbability).toBeCloseTo(1 - 0.99 ** 1024, 12);
  });

  it('names the place of a wrong element, and refuses another shape', () => {
    const question = prepareQuestion(rows, asked(1), precisions.float32);
    const answer = answerTo(question);
    const position = question.samples!.y.positions[500];
    answer.y.data[position] += 1;
    const place = `y[${Math.floor(position / 70)}, ${position % 70}]`;
    expect(judge(question, answer, 'float32')).toMatchObject({ passed: false, check: 'values' });
    expect(judge(question, answer, 'float32').reason).toContain(place);
    const turned = { y: { ...answer.y, shape: [70, 60] } };
    expect(judge(question, turned, 'float32')).toMatchObject({ passed: false, check: 'shape' });
  });

  it('sees a fault in four outputs of 4200 as often as stated: with probability 1 − (1 − 4/4200)¹⁰²⁴', () => {
    let seen = 0;
    const seeds = 80;
    for (let seed = 1; seed <= seeds; seed++) {
      const question = prepareQuestion(rows, asked(seed), precisions.float32);
      const answer = answerTo(question);
      // Four of 4200 elements, side by side.
      for (let i = 2000; i < 2004; i++) answer.y.data[i] += 1;
      if (!judge(question, answer, 'float32').passed) seen++;
    }
    const stated = 1 - (1 - 4 / 4200) ** 1024;
    // Four standard deviations of a count of 80.
    expect(Math.abs(seen / seeds - stated)).toBeLessThan(4 * Math.sqrt((stated * (1 - stated)) / seeds));
  });

  it('refuses an element that is no element', () => {
    const whole = { ...rows, element: (inputs: NamedTensors, attributes: object) => ({ inputs, attributes }) } as AnyOperation;
    const question = materialize(whole, whole.large!, 'random', 1, 'float32');
    expect(() => prepareQuestion(whole, question, precisions.float32)).toThrow('matmul/large/random: element');
  });
});
