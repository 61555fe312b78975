import { describe, expect, it } from 'vitest';
import { type FastAlgorithm, fastAlgorithms } from '../../../backends/contract.ts';
import type { Attributes } from '../../../backends/signatures.ts';
import { map, type Tensor, zeros } from '../../../reference/tensor.ts';
import { diagnose } from '../../judging/diagnosis/index.ts';
import { asAnswer } from '../../judging/diagnosis/knownMistakes.ts';
import { judge, judgeStrictly } from '../../judging/judge.ts';
import type { Case } from '../../judging/operation.ts';
import { type Precision, precisionOf, precisions, profileOf } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { randomFrom } from '../../judging/random.ts';
import { casesOf, materialize } from '../../running/cases.ts';
import { typedCase } from '../../testing/tableLine.ts';
import { operationNamed } from '../index.ts';
import { isForWinograd, transposed } from './winogradVariants.ts';

const { float32 } = precisions;
const u = float32.unitRoundoff;
const declaring = (...algorithms: NonNullable<Precision['algorithms']>) => ({ ...float32, algorithms });
const conv2d = operationNamed('conv2d');
const full = (shape: readonly number[], value: number): Tensor => map(zeros(shape), () => Math.fround(value));
const attributes: Attributes = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };

/** The limit in the middle of an image of equal numbers, wide enough that no tile reaches its border. */
function limitInTheMiddle(channels: number, value: number, precision: Precision, changed: Attributes = {}): number {
  const inputs = { x: full([1, channels, 16, 16], value), weights: full([1, channels, 3, 3], value) };
  const all = { ...attributes, ...changed };
  const expected = conv2d.reference(inputs, all);
  const { limit } = conv2d.bound.limits({ inputs, attributes: all, expected, precision }).y;
  return limit[7 * 14 + 7];
}

describe('on equal numbers, whose sums of absolute values are worked by hand,', () => {
  // Rows of |G| sum to 1, 3/2, 3/2, 1 and of |Bᵀ| to 2; the first row of |Aᵀ| adds up 2·(1 + 3/2 + 3/2) = 8, the second as much.
  it('F(2×2, 3×3) has S = 8² · C and C + 10 roundings', () => {
    for (const channels of [1, 5]) {
      const s = channels * 64 * Math.fround(0.1) ** 2;
      const limit = limitInTheMiddle(channels, 0.1, declaring('winograd2x2'));
      expect(limit / (u * s)).toBeGreaterThan(channels + 10);
      // Half an ulp of the result, at most u·9·C·0.01, is a sixty-fourth of S·u at most.
      expect(limit / (u * s)).toBeLessThan(channels + 10.15);
    }
  });

  // |G|: 1/4, 1/2, 1/2, 7/24, 7/24, 1. |Bᵀ|: 10, 10, 10, 6, 6, 10. Products 5/2, 5, 5, 7/4, 7/4, 10; the last row of |Aᵀ| adds up 48.
  it('F(4×4, 3×3) has S = 48² · C, at the last place of a tile, and C + 22 roundings', () => {
    for (const channels of [1, 5]) {
      const s = channels * 2304 * Math.fround(0.1) ** 2;
      const limit = limitInTheMiddle(channels, 0.1, declaring('winograd4x4'));
      expect(limit / (u * s)).toBeGreaterThan(channels + 22);
      expect(limit / (u * s)).toBeLessThan(channels + 22.01);
    }
  });

  it('integers are exact by F(2×2, 3×3) as long as 4·S < 2²⁴, and never by F(4×4, 3×3)', () => {
    // S = 64·v² with v = 255 is just below 2²².
    expect(limitInTheMiddle(1, 255, declaring('winograd2x2'))).toBe(0);
    expect(limitInTheMiddle(1, 256, declaring('winograd2x2'))).toBeGreaterThan(0);
    expect(limitInTheMiddle(1, 1, declaring('winograd4x4'))).toBeGreaterThan(0);
  });

  it('other strides and dilations have the limit of a direct sum', () => {
    for (const changed of [{ stride: [2, 1] }, { dilation: [1, 2] }]) {
      const direct = limitInTheMiddle(2, 0.1, float32, changed);
      expect(limitInTheMiddle(2, 0.1, declaring(...fastAlgorithms), changed)).toBe(direct);
    }
  });
});

it('a tile with a number that is not finite leaves the limit of a direct sum', () => {
  const inputs = { x: full([1, 1, 12, 12], 0.1), weights: full([1, 1, 3, 3], 0.1) };
  inputs.x.data[0] = Infinity;
  const expected = conv2d.reference(inputs, attributes);
  const limits = (precision: Precision) => conv2d.bound.limits({ inputs, attributes, expected, precision }).y.limit;
  const [direct, declared] = [limits(float32), limits(declaring('winograd4x4'))];
  // The output beside the window that holds it shares a tile with it; the last one shares none.
  expect(declared[1]).toBe(direct[1]);
  expect(declared[99]).toBeGreaterThan(direct[99]);
});

const asked = ['conv2d', 'conv2d.inputGradient'].flatMap((name) =>
  casesOf(operationNamed(name)).map(({ operation, recipe, tier, id }) => ({
    id,
    operation,
    question: materialize(operation, recipe, tier, 3, 'float32'),
  })),
);

it('the gradient of the input has the limit of the convolution that it is', () => {
  const gradient = operationNamed('conv2d.inputGradient');
  const random = randomFrom(7, 'gradient');
  const drawn = (shape: readonly number[]) => map(zeros(shape), () => Math.fround(random.next() ** 4));
  const inputs = { weights: drawn([4, 3, 3, 3]), dy: drawn([2, 4, 7, 8]) };
  const own = { ...attributes, padding: [1, 2, 0, 1], groups: 2, inputSize: [8, 7] };
  const given = { precision: declaring('winograd2x2'), attributes: own };
  const { dx } = gradient.bound.limits({ ...given, inputs, expected: gradient.reference(inputs, own) });
  const flipped = { x: inputs.dy, weights: transposed(inputs.weights, 2) };
  const around = { ...attributes, padding: [1, 0, 2, 1], groups: 2 };
  const { y } = conv2d.bound.limits({
    ...{ ...given, attributes: around, inputs: flipped },
    expected: conv2d.reference(flipped, around),
  });
  expect(dx.limit.length).toBe(2 * 6 * 8 * 7);
  dx.limit.forEach((limit, i) => {
    expect(limit / y.limit[i]).toBeCloseTo(1, 5);
  });
});

const isFor3x3 = (asked: Case) => isForWinograd(typedCase<'conv2d'>(asked));
const random = randomFrom(1);
const answerOf = (algorithm: FastAlgorithm, name: string) => (asked: Case) =>
  operationNamed(name)
    .variants.find(({ declared }) => declared?.algorithms?.includes(algorithm))!
    .outputs(asked, random);

it('an answer that uses up most of the limit is not taken for the algorithm: rounding errors do not', () => {
  const recipe = conv2d.cases.find(({ name }) => name === 'kernel-3x3')!;
  const question = materialize(conv2d, recipe, 'random', 1, 'float32');
  const declared = prepareQuestion(conv2d, question, declaring('winograd2x2'));
  const { y } = declared.expected;
  const moved = y.data.map((value, i) => value + (i % 9 === 4 ? 0.9 : 0) * declared.limits.y.limit[i]) as Float64Array;
  const answer = asAnswer({ y: { ...y, data: moved } }, 'float32');
  expect(judge(declared, answer, 'float32').passed).toBe(true);
  expect(diagnose(prepareQuestion(conv2d, question, float32), answer, 'float32') ?? '').not.toContain('F(2×2');
});

it('nothing changes for a backend that declares nothing, nor for other kernels', () => {
  for (const { operation, question, id } of asked.filter(({ question }) => !isFor3x3(question))) {
    const [direct, declared] = [float32, declaring(...fastAlgorithms)].map((precision) =>
      prepareQuestion(operation, question, precision),
    );
    expect(Object.values(declared.limits)[0].limit, id).toEqual(Object.values(direct.limits)[0].limit);
    expect(Object.values(declared.limits)[0].algorithms, id).toBeUndefined();
  }
  expect(asked.filter(({ question }) => isFor3x3(question)).length).toBeGreaterThanOrEqual(8);
});

describe.each(fastAlgorithms)('an honest %s', (algorithm) => {
  it('passes every case where it is declared, with the limit named and the answer shown against a direct sum', () => {
    for (const { operation, question, id } of asked.filter(({ question }) => isFor3x3(question))) {
      const answer = asAnswer(answerOf(algorithm, operation.name)(question), 'float32');
      const declared = prepareQuestion(operation, question, declaring(algorithm));
      const { passed, outputs, reason } = judge(declared, answer, 'float32');
      expect({ id, passed, reason }).toEqual({ id, passed: true, reason: undefined });
      expect(outputs[0].algorithms).toHaveLength(1);
      expect(outputs[0].statistics).toBeUndefined();
      expect(judgeStrictly(declared, answer, 'float32')).toBeDefined();
    }
  });

  it.each(['conv2d', 'conv2d.inputGradient'])(
    'of %s is refused where it is not declared, and the diagnosis says what to declare',
    (name) => {
      const operation = operationNamed(name);
      const recipe = operation.cases.find((one) => one.name === 'kernel-3x3-large-values-meet-holes')!;
      for (const seed of [1, 2]) {
        const question = materialize(operation, recipe, 'random', seed, 'float32');
        const answer = asAnswer(answerOf(algorithm, name)(question), 'float32');
        const strict = prepareQuestion(operation, question, float32);
        expect(judge(strict, answer, 'float32')).toMatchObject({ passed: false, check: 'values' });
        expect(diagnose(strict, answer, 'float32')).toMatch(
          algorithm === 'winograd2x2'
            ? /^consistent with Winograd's F\(2×2, 3×3\).*, which this backend does not declare; "algorithms": \["winograd2x2"\]/
            : /^consistent with .*F\(4×4, 3×3\), which this backend does not declare; .*"algorithms": \["winograd4x4"\]/,
        );
        // One that is not the algorithm is not taken for it, and not let pass for it.
        const scaled = asAnswer(offByAThousandth(answerOf(algorithm, name)(question)), 'float32');
        expect(judge(prepareQuestion(operation, question, declaring(algorithm)), scaled, 'float32').passed).toBe(false);
        expect(diagnose(strict, scaled, 'float32') ?? '').not.toContain('Winograd');
      }
    },
  );
});

/** Every element off by a thousandth. */
function offByAThousandth(outputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, map(y, (value) => value * 1.001)]));
}

it('a large output is judged whole, since a window does not hold its tile', () => {
  const recipe = conv2d.large!;
  const sizes = { ...recipe.sizes, height: 40, width: 42 };
  const question = { ...materialize(conv2d, { ...recipe, sizes }, 'random', 1, 'float32'), sampled: 'elements' as const };
  expect(prepareQuestion(conv2d, question, float32).samples).toBeDefined();
  expect(prepareQuestion(conv2d, question, declaring('winograd2x2')).samples).toBeUndefined();
});

it('what a description declares is in its profile, and two that declare alike share one', () => {
  const description = { name: 'a', library: 'a', version: '1', device: 'cpu', dtype: 'float32' as const };
  const plain = precisionOf(description);
  const both = precisionOf({ ...description, algorithms: ['winograd4x4', 'winograd2x2'], subnormals: 'flushed' });
  expect(profileOf(plain)).toBe('float32');
  expect(profileOf(both)).toBe('float32 winograd2x2 winograd4x4 flushed');
  expect(profileOf(both)).toBe(profileOf({ ...both, algorithms: ['winograd2x2', 'winograd4x4'] }));
  expect(plain).toEqual(precisions.float32);
});
