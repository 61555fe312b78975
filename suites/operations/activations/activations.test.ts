import { describe, expect, it } from 'vitest';
import { type Activation, activations } from '../../../reference/activations.ts';
import { type Tensor, tensor } from '../../../reference/tensor.ts';
import { asAnswer } from '../../judging/diagnosis/knownMistakes.ts';
import { arithmeticsOf } from '../../judging/forms.ts';
import { judge } from '../../judging/judge.ts';
import { type Precision, precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { rounded } from '../../judging/tensorChanges.ts';
import { materialize } from '../../running/cases.ts';
import { drawnCases, judgeAnswer } from '../../testing/tableLine.ts';
import { operationNamed } from '../index.ts';
import { activationOperations } from './entries.ts';
import { unread } from './facts.ts';
import { activationForms } from './forms.ts';

const named = (name: string) => activationOperations.find((operation) => operation.name === name)!;
const { fround } = Math;
const u = 2 ** -24;

it('says of every tensor what the reference says of its numbers', () => {
  const values = [-Infinity, -2, -1, -0.5, -0, 0, 0.5, 1, 2, Infinity, Number.NaN];
  for (const [name, { value }] of Object.entries<Activation>(activations)) {
    const { attributes } = named(name).cases[0];
    const { y } = named(name).reference({ x: tensor([values.length], values) }, attributes);
    expect(y.shape).toEqual([values.length]);
    expect([...y.data], name).toEqual(values.map((x) => value(x, { ...unread, ...attributes })));
  }
});

describe.each(activationOperations.map(({ name }) => name))('%s', (name) => {
  const operation = operationNamed(name);
  const questions = drawnCases(operation, 1).map((asked) => prepareQuestion(operation, asked, precisions.float32));

  it.each(Object.entries(activationForms[name]))('accepts %s in every arithmetic of float32', (_, form) => {
    for (const arithmetic of arithmeticsOf('float32')) {
      for (const question of questions) {
        const { passed, reason } = judge(question, asAnswer(form(question.case, arithmetic), 'float32'), 'float32');
        expect(passed, `${question.case.id}, ${arithmetic.name}: ${reason}`).toBe(true);
      }
    }
  });
});

describe('limits', () => {
  const limitsAt = (name: string, x: number, precision = precisions.float32, attributes = {}) => {
    const recipe = { name: 'at', sizes: { batch: 1, features: 1 }, attributes, given: { x: [x] } };
    const asked = materialize(named(name), recipe, 'random', 1, 'float32');
    const { limits, expected } = prepareQuestion(named(name), asked, precision);
    const [output] = Object.keys(expected);
    return { limit: limits[output].limit[0], expected: expected[output].data[0] };
  };
  const relative = (name: string, x: number) => {
    const { limit, expected } = limitsAt(name, x);
    return limit / Math.abs(expected);
  };

  it('are a few units of the last place in the good range of each function', () => {
    for (const x of [1e-6, 1e-3, 0.1, 0.7, 1, 3]) {
      expect(relative('tanh', x) / u).toBeLessThan(10.1);
      expect(relative('scaledTanh', x) / u).toBeLessThan(18);
      expect(relative('sigmoid', x) / u).toBeLessThan(7);
      expect(relative('softplus', x) / u).toBeLessThan(14);
    }
  });

  it('follow the exponential into the tails, and no further', () => {
    for (const name of ['sigmoid', 'softplus']) {
      expect(relative(name, -80) / u).toBeLessThan(340);
      expect(relative(name, 80) / u).toBeLessThan(10);
    }
    expect(relative('tanh', 80) / u).toBeLessThan(8);
  });

  it('of slopes that vanish are those of 1 − y² from a rounded y', () => {
    expect(limitsAt('tanh.derivative', 12).limit / u).toBeGreaterThan(2);
    expect(limitsAt('tanh.derivative', 12).limit / u).toBeLessThan(20);
    expect(limitsAt('sigmoid.derivative', -30).limit).toBeLessThan(1e-5 * Math.exp(-30));
  });

  it('allow a result below the smallest normal number to be flushed to zero where that is declared, and neither a wrong sign nor twice its size', () => {
    const asked = (x: number) =>
      materialize(
        named('sigmoid'),
        { name: 'at', sizes: { batch: 1, features: 1 }, attributes: {}, given: { x: [x] } },
        'random',
        1,
        'float32',
      );
    const { float32 } = precisions;
    const flushing = { ...float32, subnormals: 'flushed' as const };
    const passes = (x: number, y: number, precision: Precision) =>
      judgeAnswer(named('sigmoid'), asked(x), { y: tensor([1, 1], [y]) }, precision).passed;
    const right = Math.exp(-88);
    expect(passes(-88, 0, flushing)).toBe(true);
    expect(passes(-88, 0, float32)).toBe(false);
    for (const precision of [float32, flushing]) {
      expect(passes(-88, right, precision)).toBe(true);
      expect(passes(-88, -right, precision)).toBe(false);
      expect(passes(-88, 2.1 * right, precision)).toBe(false);
      expect(passes(-80, 0, precision)).toBe(false);
      // Here e^90 overflows, and 1/(1 + e^90) is 0 without any flushing.
      expect(passes(-90, 0, precision)).toBe(true);
    }
  });

  it('of tanh below the normal range are those of a rational function, whose coefficients are small', () => {
    const eta = precisions.float32.smallestSubnormal;
    const { limit } = limitsAt('tanh', 2 ** -130);
    expect(limit / eta).toBeGreaterThan(2 / 4.9e-3);
    expect(limit / eta).toBeLessThan(2 / 4.9e-3 + 10);
    expect(limitsAt('tanh', 2 ** -115).limit / 2 ** -115).toBeLessThan(20 * u);
  });

  it('grow with the unit roundoff and take a rounded input along', () => {
    for (const name of ['sigmoid', 'tanh', 'scaledTanh', 'softplus']) {
      for (const x of [0.3, -2.7, 5.1]) {
        const { limit } = limitsAt(name, x);
        expect(limitsAt(name, x, precisions.tf32).limit / limit).toBeGreaterThan(2 ** 13);
        expect(limitsAt(name, x, precisions.float64).limit / limit).toBeLessThan(2 ** -27);
      }
    }
    expect(limitsAt('relu', 0.3, precisions.float16).limit).toBe(2 ** -11 * fround(0.3));
    expect(limitsAt('relu', 3, precisions.float16).limit).toBe(0);
    expect(limitsAt('relu', 0.3).limit).toBe(0);
    // 1 − 2⁻²⁴ becomes 1 in float16, where either slope is right.
    expect(limitsAt('hardTanh.derivative', 1 - 2 ** -24, precisions.float16).limit).toBe(1);
    expect(limitsAt('hardTanh.derivative', 1 - 2 ** -24).limit).toBe(0);
  });

  it.each(['float16', 'bf16'] as const)('accept %s where it is declared, and only there', (format) => {
    for (const name of ['sigmoid', 'tanh', 'softplus', 'tanh.derivative', 'relu']) {
      const operation = named(name);
      const recipe = operation.cases.find((candidate) => candidate.name === 'plain')!;
      const asked = materialize(operation, recipe, 'random', 1, 'float32');
      const outputs = operation.reference({ x: rounded(asked.inputs.x, precisions[format]) }, {});
      const answer = Object.fromEntries(
        Object.entries(outputs).map(([output, y]): [string, Tensor] => [output, rounded(y, precisions[format])]),
      );
      expect(judgeAnswer(operation, asked, answer, precisions[format]), name).toMatchObject({ passed: true });
      expect(judgeAnswer(operation, asked, answer).passed, name).toBe(false);
    }
  });
});

describe('at a kink', () => {
  const cases = [
    {
      name: 'relu',
      x: [0, 2, -2],
      right: [
        [0, 1, 0],
        [1, 1, 0],
      ],
      wrong: [0.5, 1, 0],
    },
    {
      name: 'hardTanh',
      x: [-1, 1, 0.5],
      right: [
        [0, 0, 1],
        [1, 1, 1],
        [0, 1, 1],
        [1, 0, 1],
      ],
      wrong: [0.5, 0.5, 1],
    },
  ];
  it.each(cases)('$name has the one-sided slopes and nothing between (Row A5)', ({ name, x, right, wrong }) => {
    const sizes = { batch: 1, features: 3 };
    const dy = [1.5, -0.75, 2];
    const asked = (operation: string) =>
      materialize(named(operation), { name: 'kink', sizes, attributes: {}, given: { x, dy } }, 'random', 1, 'float32');
    const slopes = (values: readonly number[]) =>
      judgeAnswer(named(`${name}.derivative`), asked(`${name}.derivative`), { y: tensor([1, 3], values) });
    const gradients = (values: readonly number[]) =>
      judgeAnswer(named(`${name}.backward`), asked(`${name}.backward`), {
        dx: tensor(
          [1, 3],
          values.map((slope, i) => slope * dy[i]),
        ),
      });
    for (const judged of [slopes, gradients]) {
      const taken = right.map((values) => judged(values));
      for (const { passed } of taken) expect(passed).toBe(true);
      expect(new Set(taken.map(({ alternative }) => alternative)).size).toBe(right.length);
      expect(judged(wrong).passed).toBe(false);
    }
    expect(slopes(right[0]).alternative).toBe(named(`${name}.derivative`).alternatives![0].name);
  });

  it('a gradient that passes carries the rounding of dy into a narrower format', () => {
    const given = { x: [0], dy: [0.3] };
    const recipe = { name: 'kink', sizes: { batch: 1, features: 1 }, attributes: {}, given };
    const asked = materialize(named('relu.backward'), recipe, 'random', 1, 'float32');
    const dx = rounded(asked.inputs.dy, precisions.float16);
    expect(judgeAnswer(named('relu.backward'), asked, { dx }, precisions.float16)).toMatchObject({ passed: true });
    expect(judgeAnswer(named('relu.backward'), asked, { dx }).passed).toBe(false);
  });
});
