import { expect, it } from 'vitest';
import { scalar, tensor } from '../../../reference/tensor.ts';
import { drawnCases, judgeAnswer } from '../../testing/tableLine.ts';
import { validationOperations } from './entries.ts';

const [folds, stopping] = validationOperations;

it('cuts 4, 0, 6, 2, 5, 1, 3 into {4, 0, 6}, {2, 5}, {1, 3}', () => {
  const [asked] = drawnCases(folds, 1).filter(({ id }) => id === 'kFolds/by-hand/exact');
  const validation = [1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0];
  const answer = (members: readonly number[]) => ({
    validation: tensor([3, 7], members),
    training: tensor(
      [3, 7],
      members.map((member) => 1 - member),
    ),
  });
  expect(judgeAnswer(folds, asked, answer(validation)).passed).toBe(true);
  expect(judgeAnswer(folds, asked, answer([...validation].reverse())).passed).toBe(false);
});

it('draws permutations', () => {
  for (const { inputs } of drawnCases(folds, 5)) {
    expect([...inputs.order.data].sort((a, b) => a - b)).toEqual(Array.from(inputs.order.data, (_, n) => n));
  }
});

it('returns the weights of step 2 and stops after step 5 where patience is 3', () => {
  const [asked] = drawnCases(stopping, 1).filter(({ id }) => id === 'earlyStopping/later-minimum-not-met/exact');
  const weights = tensor([2], asked.inputs.weights.data.subarray(4, 6));
  const answer = (bestStep: number, lastStep: number) => ({
    weights,
    bestStep: scalar(bestStep),
    lastStep: scalar(lastStep),
  });
  expect(judgeAnswer(stopping, asked, answer(2, 5)).passed).toBe(true);
  expect(judgeAnswer(stopping, asked, answer(2, 4)).passed).toBe(false);
  expect(judgeAnswer(stopping, asked, answer(4, 5)).passed).toBe(false);
});
