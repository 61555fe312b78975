import { expect, it } from 'vitest';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { unravel } from '../judging/shapes.ts';
import { operationNamed } from '../operations/index.ts';
import { materialize } from '../running/cases.ts';
import type { CaseResult } from './grade.ts';
import { placeOf } from './place.ts';

/** The failing cases of a function that is wrong in some elements of its output. */
function wrongWhere(
  name: string,
  isWrong: (index: readonly number[], shape: readonly number[], x: number) => boolean,
): CaseResult[] {
  const operation = operationNamed(name);
  const inputOf = ({ case: { inputs } }: Question) => Object.values(inputs)[0].data;
  return operation.cases.slice(0, 3).map((recipe): CaseResult => {
    const asked = { recipe, tier: 'random', hidden: false } as const;
    const question = prepareQuestion(operation, materialize(operation, recipe, 'random', 1, 'float32'), precisions.float32);
    const { y } = question.expected;
    const data = Float64Array.from(y.data, (value, at) =>
      isWrong(unravel(at, y.shape), y.shape, inputOf(question)[at]) ? value + 1 : value,
    );
    return { asked, name: recipe.name, question, answer: { y: { ...y, data } }, status: 'failed' };
  });
}

it.each([
  ['conv2d', 'in the last output column', (index: readonly number[], shape: readonly number[]) => index[3] === shape[3] - 1],
  ['conv2d', 'in the first output row', (index: readonly number[]) => index[2] === 0],
  ['conv2d', 'in the last sample', (index: readonly number[], shape: readonly number[]) => index[0] === shape[0] - 1],
  ['conv2d', 'in the first output channel', (index: readonly number[]) => index[1] === 0],
  [
    'conv2d',
    'at the border of the image',
    ([, , r, s]: readonly number[], [, , rows, columns]: readonly number[]) =>
      r === 0 || s === 0 || r === rows - 1 || s === columns - 1,
  ],
  ['leakyRelu', 'where x is negative', (_: readonly number[], __: readonly number[], x: number) => x < 0],
  ['tanh', 'where x is positive', (_: readonly number[], __: readonly number[], x: number) => x > 0],
])('%s, wrong only %s', (name, place, isWrong) => {
  expect(placeOf(wrongWhere(name, isWrong))).toBe(place);
});

it.each([
  ['everywhere', () => true],
  ['in one element', (index: readonly number[]) => index.every((at) => at === 0)],
  ['here and there', (index: readonly number[]) => index.reduce((sum, at) => sum + at, 0) % 3 === 1],
])('says nothing of what is wrong %s', (_, isWrong) => {
  expect(placeOf(wrongWhere('conv2d', isWrong))).toBeUndefined();
});
