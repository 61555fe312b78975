import { expect, it } from 'vitest';
import { map } from '../../reference/tensor.ts';
import type { NamedTensors } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { operationNamed } from '../operations/index.ts';
import { materialize } from '../running/cases.ts';
import type { CaseResult } from './grade.ts';
import { residualOf } from './residual.ts';

/** The failing cases of a function that gives these answers to two cases of an operation. */
function failing(name: string, answerTo: (question: Question) => NamedTensors): CaseResult[] {
  const operation = operationNamed(name);
  return operation.cases.slice(0, 2).map((recipe): CaseResult => {
    const asked = { recipe, tier: 'random', hidden: false } as const;
    const question = prepareQuestion(operation, materialize(operation, recipe, 'random', 1, 'float32'), precisions.float32);
    return { asked, name: recipe.name, question, answer: answerTo(question), status: 'failed' };
  });
}

const changed = (question: Question, change: (value: number, i: number, output: string) => number): NamedTensors =>
  Object.fromEntries(
    Object.entries(question.expected).map(([name, y]) => {
      let i = 0;
      return [name, map(y, (value) => change(value, i++, name))];
    }),
  );

it('sees a constant that is added', () => {
  const wrong = failing('dense.weightGradient', (question) => changed(question, (value) => value - 0.5));
  expect(residualOf(wrong)).toBe('returns numbers that are each 0.5 too small');
});

it('sees a penalty on the weights, of each layer its own', () => {
  const wrong = failing('mlp.backward', (question) =>
    changed(question, (value, i, output) =>
      output.startsWith('dWeights') ? value + 0.01 * question.case.inputs[`weights${output.slice(8)}`].data[i] : value,
    ),
  );
  expect(residualOf(wrong)).toBe(
    'returns the right result plus 0.01 times weights, as if the weights were to decay, which is not asked here',
  );
});

it.each([
  ['sums over the last sample of the batch alone', (batch: number, n: number) => n === batch - 1],
  ['sums over the first sample of the batch alone', (_: number, n: number) => n === 0],
  ['leaves the last sample of the batch out', (batch: number, n: number) => n < batch - 1],
  ['leaves the first sample of the batch out', (_: number, n: number) => n > 0],
])('sees that it %s', (says, isSummed) => {
  const wrong = failing('dense.weightGradient', ({ expected, case: { inputs } }) => {
    const [batch, width] = inputs.x.shape;
    return {
      dWeights: {
        ...expected.dWeights,
        data: expected.dWeights.data.map((_, at) => {
          const [k, i] = [Math.floor(at / width), at % width];
          let sum = 0;
          for (let n = 0; n < batch; n++) {
            if (isSummed(batch, n)) sum += inputs.dy.data[n * inputs.dy.shape[1] + k] * inputs.x.data[n * width + i];
          }
          return sum;
        }),
      },
    };
  });
  expect(residualOf(wrong)).toBe(says);
});

it.each([
  ['another constant in each case', (question: Question) => changed(question, (value) => value + question.case.sizes.batch)],
  ['a constant in one element', (question: Question) => changed(question, (value, i) => (i === 0 ? value + 1 : value))],
  ['a factor', (question: Question) => changed(question, (value) => 1.5 * value)],
  ['noise', (question: Question) => changed(question, (value, i) => value + Math.sin(12.9 * i + 1))],
])('says nothing of %s', (_, answerTo) => {
  expect(residualOf(failing('dense.weightGradient', answerTo))).toBeUndefined();
});
