import { expect, it } from 'vitest';
import { map } from '../../reference/tensor.ts';
import type { Question } from '../judging/question.ts';
import { operationNamed } from '../operations/index.ts';
import type { Fault } from './drawnFaults.ts';
import { checkFaults, checkNames } from './grading.ts';

const operation = operationNamed('tanh.derivative');

it('names every known mistake alone', () => {
  const { asked, named, wrong, silent } = checkNames([operation], 1);
  expect(asked).toBeGreaterThan(3);
  expect({ named, wrong, silent }).toEqual({ named: asked, wrong: [], silent: [] });
});

it('sees a mistake that is not told from another', () => {
  const { asked } = checkNames([operation], 1);
  const [first, ...others] = operation.knownMistakes;
  const twice = { ...operation, knownMistakes: [first, { ...first, name: 'the-same-again' }, ...others] };
  expect(checkNames([twice], 1)).toMatchObject({ asked: asked + 1, besideOthers: 2, named: asked - 1 });
});

it('sees a fault that is misnamed', () => {
  const [mistake] = operation.knownMistakes;
  const third = (question: Question) =>
    Object.fromEntries(Object.entries(question.expected).map(([name, y]) => [name, map(y, (v) => v / 3)]));
  const seed = 1;
  // With the first numbers it does what a known mistake does, with others something else.
  const draw = (): Fault => ({
    kind: 'two-faced',
    truth: 'two-faced',
    hasName: false,
    answer: (question) => {
      const { inputs, attributes } = question.case;
      return question.case.seed === seed ? mistake.outputs(inputs, attributes) : third(question);
    },
  });
  const { faults, wrong } = checkFaults([operation], seed, 1, () => {}, draw);
  expect(faults).toBe(1);
  expect(wrong).toEqual([`tanh.derivative, two-faced: called ${mistake.name}`]);
});
