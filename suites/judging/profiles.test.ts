/** Accuracy profiles: an answer is judged by what is declared, and by strict float32 beside it. */
import { describe, expect, it } from 'vitest';
import { map } from '../../reference/tensor.ts';
import { operationNamed, operations } from '../operations/index.ts';
import { casesOf, materialize } from '../running/cases.ts';
import { toTf32, truncate } from './arithmetic.ts';
import { judge, judgeStrictly, vacuity } from './judge.ts';
import type { NamedTensors } from './operation.ts';
import { type Precision, precisions } from './precision.ts';
import { prepareQuestion } from './question.ts';

const { float32, tf32, wgsl } = precisions;

function questionOf(id: string, precision: Precision) {
  const operation = operationNamed(id.split('/')[0])!;
  const { recipe, tier } = casesOf(operation).find((one) => one.id === id)!;
  return prepareQuestion(operation, materialize(operation, recipe, tier, 1, 'float32'), precision);
}

const asFloat32 = (outputs: NamedTensors): NamedTensors =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, data }]) => [
      name,
      { dtype: 'float32', shape, data: Float32Array.from(data) },
    ]),
  );

/** Rounding to 11 bits may leave float32's range, and TF32's. */
const overflowing = (value: number) => (Math.abs(value) >= 2 ** 128 ? Math.sign(value) * Infinity : value);

/** y = f(x), in float32 unless f rounds itself. */
function elementwise(id: string, precision: Precision, f: (x: number) => number) {
  const question = questionOf(id, precision);
  const answer = asFloat32({ y: map(question.case.inputs.x, f) });
  return { declared: judge(question, answer, 'float32'), strict: judgeStrictly(question, answer, 'float32') };
}

describe("WGSL's table", () => {
  it('tanh is off by 10⁻⁵ at most, which strict float32 refuses', () => {
    const near = elementwise('tanh/plain/random', wgsl, (x) => Math.tanh(x) * (1 - 9e-6));
    expect(near.declared.passed).toBe(true);
    expect(near.strict).toMatchObject({ passed: false, check: 'values' });
    expect(Number(near.strict!.errorRatio)).toBeGreaterThan(10);
    const far = elementwise('tanh/plain/random', wgsl, (x) => Math.tanh(x) + Math.sign(x) * 3e-5);
    expect(far.declared).toMatchObject({ passed: false, check: 'values' });
  });

  it('tanh by exponentials, each as far off as the table allows', () => {
    const epsilon = 2 ** -23;
    const off = (x: number, sign: number) => Math.exp(x) * (1 + sign * epsilon * (3 + 2 * Math.abs(x)));
    for (const [p, q, r] of [
      [1, 1, 1],
      [1, -1, -1],
      [-1, 1, 1],
    ]) {
      // Where the exponentials stay finite.
      const ofTable = (x: number) =>
        Math.abs(x) > 60 ? Math.sign(x) : ((off(x, p) - off(-x, q)) / (off(x, r) + off(-x, q))) * (1 + 2 * epsilon * p);
      for (const id of ['tanh/regimes/random', 'tanh/near-zero/random', 'tanh/plain/random']) {
        expect(elementwise(id, wgsl, ofTable).declared.reason).toBeUndefined();
      }
    }
  });

  it('a logarithm has an absolute error near 1, so that softplus loses small results', () => {
    const naive = (x: number) => (x > 80 ? x : Math.log(Math.fround(1 + Math.exp(x))));
    expect(elementwise('softplus/plain/random', wgsl, naive).declared.passed).toBe(true);
    expect(elementwise('softplus/regimes/random', wgsl, naive).declared.passed).toBe(true);
    expect(elementwise('softplus/regimes/random', float32, naive).declared.passed).toBe(false);
  });

  it('sums may be rounded to either neighbour, and have no statistics', () => {
    const question = questionOf('matmul/positive-values/random', wgsl);
    const { a, b } = question.case.inputs;
    const [rows, inner] = a.shape;
    const columns = b.shape[1];
    const data = Float32Array.from({ length: rows * columns }, (_, at) => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      let sum = 0;
      for (let k = 0; k < inner; k++) sum = truncate(sum + truncate(a.data[i * inner + k] * b.data[k * columns + j]));
      return sum;
    });
    const answer: NamedTensors = { y: { dtype: 'float32', shape: [rows, columns], data } };
    expect(judge(question, answer, 'float32').passed).toBe(true);
    expect(judgeStrictly(question, answer, 'float32')).toMatchObject({ passed: false, check: 'statistics' });
  });

  it('never asks for more than strict float32, for any operation', () => {
    for (const operation of operations) {
      const [{ id }] = casesOf(operation);
      const { recipe, tier } = casesOf(operation).find((one) => one.tier === 'random') ?? casesOf(operation)[0];
      const asked = materialize(operation, recipe, tier, 1, 'float32');
      const [strict, loose] = [float32, wgsl].map((precision) => prepareQuestion(operation, asked, precision).limits);
      for (const [name, { limit }] of Object.entries(strict)) {
        const less = limit.findIndex((value, i) => !(loose[name].limit[i] >= value) && !Number.isNaN(value));
        expect(less, `${id} ${name}`).toBe(-1);
      }
    }
  });
});

describe('a declared format', () => {
  it('passes as TF32 what TF32 does, and not as strict float32', () => {
    const question = questionOf('matmul/long-sums/random', tf32);
    const { operation, case: asked } = question;
    const rounded = Object.fromEntries(Object.entries(asked.inputs).map(([name, x]) => [name, map(x, toTf32)]));
    const answer = asFloat32(operation.reference(rounded, asked.attributes));
    expect(judge(question, answer, 'float32').passed).toBe(true);
    expect(judgeStrictly(question, answer, 'float32')?.passed).toBe(false);
    const exact = asFloat32(question.expected);
    expect(judgeStrictly(question, exact, 'float32')).toMatchObject({ passed: true });
  });

  it.each(['tf32', 'float16', 'bf16'] as const)(
    '%s: every case has limits, and float32 arithmetic passes wherever there are any',
    (name) => {
      const vacuous: string[] = [];
      let asked = 0;
      for (const operation of operations) {
        for (const { recipe, tier } of casesOf(operation)) {
          const question = prepareQuestion(operation, materialize(operation, recipe, tier, 1, 'float32'), precisions[name]);
          const judgement = judge(question, asFloat32(question.expected), 'float32');
          expect(judgement.reason, question.case.id).toBeUndefined();
          // Of a number beyond the format nothing is known.
          const isBeyond = (value: number) => Math.abs(value) > precisions[name].largest && Number.isFinite(value);
          if (Object.values(question.case.inputs).some(({ data }) => data.some(isBeyond))) continue;
          asked++;
          if (vacuity(question, judgement) !== undefined) vacuous.push(operation.name);
        }
      }
      // Exponents of 10⁴, logarithms and residuals of nearly 0 cancel; the networks' softmax stands on three layers of products.
      const cancelling = /^(softmax|crossEntropy|binaryCrossEntropy|softmaxRegression|conjugateGradientStep)\b/;
      const others = vacuous.filter((operation) => !operation.startsWith('convolutionalNetwork.'));
      expect(others.filter((operation) => !cancelling.test(operation))).toEqual([]);
      expect(others.length).toBeLessThan(asked / 50);
    },
  );

  it('leaves honest TF32 in peace wherever products are summed, float32’s largest number included', () => {
    for (const operation of operations.filter(({ bound }) => bound.errorClass === 'sum of products')) {
      for (const { recipe, tier } of casesOf(operation)) {
        const question = prepareQuestion(operation, materialize(operation, recipe, tier, 1, 'float32'), tf32);
        const { inputs, attributes, id } = question.case;
        const rounded = Object.fromEntries(
          Object.entries(inputs).map(([name, x]) => [
            name,
            map(x, (value) => (Number.isFinite(value) ? overflowing(toTf32(value)) : value)),
          ]),
        );
        expect(judge(question, asFloat32(operation.reference(rounded, attributes)), 'float32').reason, id).toBeUndefined();
      }
    }
  });

  it('has no second judgement where float32 or more is declared', () => {
    const question = questionOf('matmul/plain/random', float32);
    expect(judgeStrictly(question, asFloat32(question.expected), 'float32')).toBeUndefined();
    const wide = questionOf('matmul/plain/random', precisions.float64);
    expect(judgeStrictly(wide, wide.expected, 'float64')).toBeUndefined();
  });
});
