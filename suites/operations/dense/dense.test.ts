import { describe, expect, it } from 'vitest';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { rounded } from '../../judging/tensorChanges.ts';
import { materialize } from '../../running/cases.ts';
import { describeVariants, judgeAnswer } from '../../testing/tableLine.ts';
import { denseOperations } from './entries.ts';

const named = (name: string) => denseOperations.find((operation) => operation.name === name)!;

for (const operation of denseOperations) describeVariants(operation);

describe('dense layers', () => {
  it('accepts TF32 where TF32 is declared, and only there', () => {
    const matmul = named('matmul');
    const asked = materialize(matmul, matmul.cases[0], 'random', 1, 'float32');
    const { tf32, float32 } = precisions;
    const outputs = matmul.reference({ a: rounded(asked.inputs.a, tf32), b: rounded(asked.inputs.b, tf32) }, {});
    expect(judgeAnswer(matmul, asked, outputs, tf32).passed).toBe(true);
    expect(judgeAnswer(matmul, asked, outputs, float32).passed).toBe(false);
  });

  it('has integers in the exact tier that TF32 and float16 do not hold', () => {
    for (const operation of denseOperations) {
      const held = operation.cases
        .filter(({ tiers }) => (tiers ?? operation.tiers).includes('exact'))
        .flatMap((recipe) => Object.values(materialize(operation, recipe, 'exact', 1, 'float32').inputs))
        .every((input) => rounded(input, precisions.float16).data.every((value, i) => value === input.data[i]));
      expect(held).toBe(false);
    }
  });

  it("limits the worked example of kim's unit (Row P1): 12·0.5 − 4 = 2, without rounding", () => {
    const dense = named('dense');
    const recipe = dense.cases.find(({ name }) => name === 'kim-unit')!;
    const question = prepareQuestion(dense, materialize(dense, recipe, 'random', 1, 'float32'), precisions.float32);
    expect(Array.from(question.expected.y.data)).toEqual([2]);
    expect(Array.from(question.limits.y.limit)).toEqual([0]);
  });
});
