/** The check 'statistics' as the judge makes it, on cases of the table. */
import { describe, expect, it } from 'vitest';
import { operationNamed, operations } from '../../operations/index.ts';
import { casesOf, materialize } from '../../running/cases.ts';
import { type Judgement, judge } from '../judge.ts';
import { type Precision, precisions } from '../precision.ts';
import { prepareQuestion } from '../question.ts';
import { verdictProbability, verdictsOfRun } from './budget.ts';
import { smallestSample } from './sumOfProducts.ts';

const { fround } = Math;

/** A matrix product in which every partial sum passes through `add`. */
function answerWith(
  id: string,
  add: (sum: number, term: number) => number,
  precision: Precision = precisions.float32,
): Judgement {
  const operation = operationNamed('matmul')!;
  const { recipe, tier } = casesOf(operation).find((one) => one.id === id)!;
  const asked = materialize(operation, recipe, tier, 1, 'float32');
  const { a, b } = asked.inputs;
  const [rows, inner] = a.shape;
  const columns = b.shape[1];
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum = add(sum, a.data[i * inner + k] * b.data[k * columns + j]);
      data[i * columns + j] = sum;
    }
  }
  return judge(
    prepareQuestion(operation, asked, precision),
    { y: { dtype: 'float32', shape: [rows, columns], data } },
    'float32',
  );
}

const honest = (sum: number, term: number) => fround(sum + fround(term));
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);
function truncated(sum: number, term: number): number {
  const exact = sum + fround(term);
  float[0] = exact;
  if (Math.abs(float[0]) > Math.abs(exact)) bits[0]--;
  return float[0];
}
/** To 18 significant bits. */
function narrow(sum: number, term: number): number {
  const scaled = (sum + term) * (2 ** 35 + 1);
  return scaled - (scaled - (sum + term));
}

describe.each(['matmul/long-sums/random', 'matmul/many-outputs/random', 'matmul/positive-values/random'])('%s', (id) => {
  it('passes an honest answer and records every test', () => {
    const { passed, outputs } = answerWith(id, honest);
    expect(passed).toBe(true);
    const { statistics } = outputs[0];
    expect(statistics).toMatchObject({ passed: true });
    expect(statistics!.falseAlarmProbability / verdictProbability).toBeCloseTo(1, 9);
    const ofTests = Object.values(statistics!.tests).map((test) => test.falseAlarmProbability);
    expect(ofTests.reduce((sum, p) => sum + p, 0) / verdictProbability).toBeCloseTo(1, 9);
    for (const [name, { statistic, threshold }] of Object.entries(statistics!.tests)) {
      expect(Number(statistic), name).toBeGreaterThan(0);
      expect(Number(statistic), name).toBeLessThan(threshold);
    }
  });

  it('refuses additions cut off toward zero, although every element is within its limit', () => {
    const { passed, check, reason, outputs } = answerWith(id, truncated);
    expect({ passed, check, wrong: outputs[0].wrong }).toEqual({ passed: false, check: 'statistics', wrong: 0 });
    // Of 10⁻¹⁰ the largest element has half, each of the four others an eighth.
    expect(reason).toMatch(/^y: every element is within its limit, but the .* with a probability of [15]e-11 at most\)$/);
  });
});

it('refuses an accumulator of 18 bits where the sums are long', () => {
  expect(answerWith('matmul/long-sums/random', narrow)).toMatchObject({ passed: false, check: 'statistics' });
});

it('is not made of few outputs, of exact ones, or for a format that rounds its inputs', () => {
  expect(answerWith('matmul/tall/random', honest).outputs[0].statistics).toBeUndefined();
  expect(answerWith('matmul/wide-integers/exact', honest).outputs[0].statistics).toBeUndefined();
  expect(answerWith('matmul/long-sums/random', honest, precisions.tf32).outputs[0].statistics).toBeUndefined();
});

it('is made for products, convolutions and their gradients, and stays within the budget of a run with 50 backends', () => {
  const judged = operations.flatMap((operation) =>
    operation.bound.errorClass !== 'sum of products'
      ? []
      : casesOf(operation).flatMap(({ recipe, tier }) => {
          const { expected, limits } = prepareQuestion(
            operation,
            materialize(operation, recipe, tier, 1, 'float32'),
            precisions.float32,
          );
          return Object.entries(limits).flatMap(([name, { squares }]) =>
            squares && expected[name].data.length >= smallestSample ? [operation.name] : [],
          );
        }),
  );
  const counts = Object.fromEntries(
    Array.from(new Set(judged), (name) => [name, judged.filter((one) => one === name).length] as const),
  );
  for (const name of ['matmul', 'dense', 'dense.inputGradient', 'dense.weightGradient', 'conv2d']) {
    expect(counts[name], name).toBeGreaterThanOrEqual(2);
  }
  for (const name of ['conv2d.inputGradient', 'conv2d.weightGradient']) expect(counts[name], name).toBeGreaterThanOrEqual(2);
  expect(50 * judged.length).toBeLessThan(verdictsOfRun);
});
