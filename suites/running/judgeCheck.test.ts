import { beforeEach, expect, it, vi } from 'vitest';
import * as judging from '../judging/judge.ts';
import type { AnyOperation } from '../judging/operation.ts';
import * as questions from '../judging/question.ts';
import { operations } from '../operations/index.ts';
import { doubling } from '../testing/doubling.ts';
import { casesOf } from './cases.ts';
import { checkJudge } from './judgeCheck.ts';

vi.mock(import('../judging/judge.ts'), { spy: true });
vi.mock(import('../judging/question.ts'), { spy: true });
beforeEach(() => vi.clearAllMocks());

const cases = operations.slice(0, 6).flatMap(casesOf);

it('asks every operation once when nobody is waited for, and all there is while somebody is', async () => {
  expect(await checkJudge(cases, 1, Promise.resolve())).toBe(6);
  const asked = vi.mocked(questions.prepareQuestion).mock.calls.map(([operation]) => operation.name);
  expect(asked).toEqual(operations.slice(0, 6).map(({ name }) => name));
  expect(await checkJudge(cases, 1, new Promise(() => {}))).toBe(cases.length);
});

it('accepts the judge on the first case of every operation', async () => {
  expect(await checkJudge(operations.flatMap(casesOf), 1, Promise.resolve())).toBe(operations.length);
});

it('names the case on which the judge refuses what is right', async () => {
  const strict: AnyOperation = {
    ...doubling,
    reference: (inputs) => ({ y: { ...inputs.x, data: inputs.x.data.map((v) => v / 3) } }),
    bound: { ...doubling.bound, limits: ({ expected }) => ({ y: { limit: new Float64Array(expected.y.data.length) } }) },
  };
  await expect(checkJudge(casesOf(strict), 1, Promise.resolve())).rejects.toThrow(
    "the judge refuses the reference's own answer to identity/plain/random: y[",
  );
});

it('names the case on which the judge accepts what is wrong', async () => {
  vi.mocked(judging.judge).mockReturnValue({ passed: true, outputs: [] });
  await expect(checkJudge(casesOf(doubling), 1, Promise.resolve())).rejects.toThrow(
    'the judge accepts an answer to identity/plain/random with an element far beyond its limit',
  );
});
