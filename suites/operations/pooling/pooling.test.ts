import { describe, expect, it } from 'vitest';
import type { Padding } from '../../../backends/signatures.ts';
import { maxPool2dBackward } from '../../../reference/pooling.ts';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { fullSizes } from '../../judging/shapes.ts';
import { casesOf, materialize } from '../../running/cases.ts';
import { describeVariants, drawnCases, judgeAnswer, typedCase } from '../../testing/tableLine.ts';
import { poolingOperations } from './entries.ts';
import { memberships } from './variants.ts';

const named = (name: string) => poolingOperations.find((operation) => operation.name === name)!;

for (const operation of poolingOperations) describeVariants(operation);

describe('ties', () => {
  const operation = named('maxPool2d.backward');
  const recipe = operation.cases.find(({ name }) => name === 'ties')!;
  const asked = materialize(operation, recipe, 'exact', 1, 'float32');
  const attributes = typedCase<'maxPool2d'>(asked).attributes;
  const answer = (rule: 'first' | 'last' | 'even') => ({
    dx: maxPool2dBackward(asked.inputs.x, asked.inputs.dy, attributes, rule),
  });

  it.each(['first', 'last', 'even'] as const)('the rule %s passes and is named', (rule) => {
    const judgement = judgeAnswer(operation, asked, answer(rule));
    expect(judgement.passed).toBe(true);
    expect(judgement.alternative).toContain(rule === 'even' ? 'evenly' : `the ${rule} of`);
  });

  it.each(['ties', 'ties-overlapping', 'ties-padded', 'all-equal'])(
    'of %s may go to another of the largest elements in each window, and to nothing else',
    (name) => {
      const other = operation.cases.find((candidate) => candidate.name === name)!;
      const drawn = materialize(operation, other, 'exact', 1, 'float32');
      const { x, dy } = drawn.inputs;
      const typed = typedCase<'maxPool2d.backward'>(drawn);
      const windows = memberships(typed).map((members) => {
        const largest = Math.max(...members.map((at) => x.data[at]));
        return members.filter((at) => x.data[at] === largest);
      });
      const given = (winner: (ties: readonly number[], window: number) => number) => {
        const dx = { ...x, data: new Float64Array(x.data.length) };
        for (const [window, ties] of windows.entries()) dx.data[winner(ties, window)] += dy.data[window];
        return dx;
      };
      const changing = given((ties, window) => ties[(7 * window + 3) % ties.length]);
      const judgement = judgeAnswer(operation, drawn, { dx: changing });
      expect(judgement).toMatchObject({ passed: true });
      expect(judgement.alternative).toContain('in each window its own');
      // One window's gradient lost, doubled, or given to an element that is not its largest.
      const at = windows.findIndex((ties, window) => dy.data[window] !== 0 && ties.length > 0);
      for (const factor of [-1, 1]) {
        const wrong = { ...changing, data: changing.data.slice() };
        wrong.data[windows[at][0]] += factor * dy.data[at];
        expect(judgeAnswer(operation, drawn, { dx: wrong }).passed).toBe(false);
      }
      const all = maxPool2dBackward(x, dy, typed.attributes, 'first');
      const everyTie = { ...all, data: new Float64Array(all.data.length) };
      for (const [window, ties] of windows.entries()) for (const tie of ties) everyTie.data[tie] += dy.data[window];
      expect(judgeAnswer(operation, drawn, { dx: everyTie }).passed).toBe(false);
    },
  );

  it('stand in the recipes with overlapping and padded windows too', () => {
    for (const candidate of casesOf(operation).filter(({ id }) => id.includes('ties') || id.includes('all-equal'))) {
      const drawn = materialize(operation, candidate.recipe, 'exact', 1, 'float32');
      const [first, last] = (['first', 'last'] as const).map((rule) =>
        maxPool2dBackward(drawn.inputs.x, drawn.inputs.dy, typedCase<'maxPool2d'>(drawn).attributes, rule),
      );
      expect(first.data).not.toEqual(last.data);
    }
  });
});

describe('limits', () => {
  it('of the maximum and of gradients without overlap are 0 for reals too', () => {
    for (const name of ['maxPool2d', 'maxPool2d.backward']) {
      const operation = named(name);
      const asked = materialize(operation, operation.cases[0], 'random', 1, 'float32');
      const [{ limit }] = Object.values(prepareQuestion(operation, asked, precisions.float32).limits);
      expect(limit.every((value) => value === 0)).toBe(true);
    }
  });

  it('of a mean of integers are 0 exactly where the divisor is a power of two', () => {
    const operation = named('averagePool2d');
    const recipe = operation.cases.find(({ name }) => name === 'padding')!;
    const asked = materialize(operation, { ...recipe, tiers: ['exact'] }, 'exact', 1, 'float32');
    const { limit } = prepareQuestion(operation, asked, precisions.float32).limits.y;
    const divisors = memberships(typedCase<'averagePool2d'>(asked)).map((members) => members.length);
    expect(new Set(divisors).size).toBeGreaterThan(2);
    expect(Array.from(limit, (value) => value === 0)).toEqual(divisors.map((count) => [1, 2, 4, 8, 16].includes(count)));
  });
});

describe('constraints', () => {
  const operation = named('averagePool2d.backward');
  const [plain] = operation.cases;
  const refusal = (changes: object) => () => fullSizes(operation, plain.sizes, { ...plain.attributes, ...changes });

  it('are numbered in the messages', () => {
    expect(refusal({})).not.toThrow();
    expect(refusal({ stride: [0, 1] })).toThrow('averagePool2d.backward: (C1)');
    expect(refusal({ padding: [2, 0, 0, 0] satisfies Padding })).toThrow('averagePool2d.backward: (C2)');
    expect(refusal({ window: [9, 2] })).toThrow('averagePool2d.backward: (C3)');
    expect(refusal({ inputSize: [8, 9] })).toThrow('averagePool2d.backward: (C4)');
  });
});

it('asks about negative values under padding, where a zero would win', () => {
  const operation = named('maxPool2d');
  const negative = drawnCases(operation, 1).filter(({ id }) => id.includes('negative'));
  expect(negative).toHaveLength(2);
  for (const { inputs } of negative) expect(Math.max(...inputs.x.data)).toBeLessThan(0);
});
