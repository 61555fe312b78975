import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../../reference/tensor.ts';
import { judge } from '../../judging/judge.ts';
import type { NamedTensors } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion, type Question } from '../../judging/question.ts';
import { casesOf, materialize } from '../../running/cases.ts';
import { drawnCases } from '../../testing/tableLine.ts';
import { honestFunctions } from '../shared/honestFunctions.ts';
import { honestSums } from '../shared/honestSums.ts';
import { softmaxOperations } from './entries.ts';
import { softmaxBackwards as backwards, jacobianEntries as entries, softmaxRows as rows, split } from './variants.ts';

const named = (name: string) => softmaxOperations.find((operation) => operation.name === name)!;

it('has at least 30 cases', () => {
  expect(softmaxOperations.flatMap(casesOf).length).toBeGreaterThanOrEqual(30);
});

const prepared = new Map<string, Question[]>();
function refusals(name: string, answer: (inputs: NamedTensors) => Tensor): string[] {
  const operation = named(name);
  if (!prepared.has(name)) {
    const cases = [1, 2, 3].flatMap((seed) => drawnCases(operation, seed));
    prepared.set(
      name,
      cases.map((asked) => prepareQuestion(operation, asked, precisions.float32)),
    );
  }
  return prepared.get(name)!.flatMap((question) => {
    const [output] = Object.keys(question.expected);
    const { shape, data } = answer(question.case.inputs);
    const { reason } = judge(question, { [output]: { dtype: 'float32', shape, data: Float32Array.from(data) } }, 'float32');
    return reason === undefined ? [] : [`${question.case.id}: ${reason}`];
  });
}

describe.each(Object.entries(honestFunctions))('float32 with exponentials %s', (_, functions) => {
  describe.each(Object.entries(honestSums))('sums %s', (_, sum) => {
    describe.each(Object.entries(rows))('%s', (_, row) => {
      const softmaxOf = (x: Tensor) => split(x).map((values) => row(values, { functions, sum }));

      it('is accepted', () => {
        expect(refusals('softmax', ({ x }) => tensor(x.shape, softmaxOf(x).flat()))).toEqual([]);
      });
      it.each(Object.entries(backwards))('backward %s is accepted', (_, backward) => {
        const dx = ({ x, dy }: NamedTensors) => {
          const upstream = split(dy);
          return tensor(
            x.shape,
            softmaxOf(x).flatMap((y, n) => backward(y, upstream[n], sum)),
          );
        };
        expect(refusals('softmax.backward', dx)).toEqual([]);
      });
      it.each(Object.entries(entries))('Jacobian %s is accepted', (_, entry) => {
        const jacobian = ({ x }: NamedTensors) => {
          const values = softmaxOf(x).flatMap((y) => y.flatMap((yi, i) => y.map((yj, j) => entry(yi, yj, i === j ? 1 : 0))));
          return tensor([x.shape[0], x.shape[1], x.shape[1]], values);
        };
        expect(refusals('softmax.jacobian', jacobian)).toEqual([]);
      });
    });
  });
});

describe('limits', () => {
  const u = precisions.float32.unitRoundoff;
  const question = (name: string, recipe: string, precision = precisions.float32) => {
    const operation = named(name);
    const found = operation.cases.find((candidate) => candidate.name === recipe)!;
    return prepareQuestion(operation, materialize(operation, found, 'random', 1, 'float32'), precision);
  };
  const largestRelative = ({ limits, expected }: Question, output: string) =>
    Math.max(...limits[output].limit.map((limit, i) => limit / Math.abs(expected[output].data[i])));

  it('are a few dozen units of the last place for a few classes, and grow with their number at most', () => {
    expect(largestRelative(question('softmax', 'plain'), 'y') / u).toBeLessThan(80);
    expect(largestRelative(question('softmax', 'many-classes'), 'y') / u).toBeLessThan(400);
    expect(largestRelative(question('softmax', 'one-class'), 'y') / u).toBeLessThan(20);
  });

  it('follow the formula of the report to first order', () => {
    const { limits, expected, case: asked } = question('softmax', 'plain');
    const classes = asked.inputs.x.shape[1];
    split(asked.inputs.x).forEach((x, n) => {
      const z = x.map((v) => Math.abs(v - Math.max(...x)));
      const own = z.map((v) => 2 * u * (3 + 2 * v) + u * v);
      const y = Array.from(expected.y.data.subarray(n * classes, (n + 1) * classes));
      const mean = y.reduce((total, v, j) => total + v * own[j], 0);
      y.forEach((v, i) => {
        const logarithm = Math.log(z.reduce((total, d) => total + Math.exp(-d), 0));
        const quotient = 2 * u * (4 + 2 * z[i]);
        const difference = 4 * u * logarithm + u * (z[i] + logarithm) + 2 * u * (3 + 2 * (z[i] + logarithm));
        const formula = v * (u * z[i] + mean + (classes - 1) * u + Math.max(quotient, difference));
        expect(limits.y.limit[n * classes + i] / formula).toBeGreaterThan(0.9);
        expect(limits.y.limit[n * classes + i] / formula).toBeLessThan(1.1);
      });
    });
  });

  it('let the differences that cancel keep their absolute error only', () => {
    const { limits, expected } = question('softmax.backward', 'plain');
    expect(Math.max(...limits.dx.limit)).toBeLessThan(200 * u * Math.max(...expected.dx.data.map(Math.abs)));
  });

  it('are 0 where a masked class is exactly 0', () => {
    const { limits, case: asked } = question('softmax', 'masked');
    asked.inputs.x.data.forEach((v, i) => {
      if (v === -Infinity) expect(limits.y.limit[i]).toBe(0);
      else expect(limits.y.limit[i]).toBeGreaterThan(0);
    });
  });

  it('grow with the unit roundoff', () => {
    for (const [name, output] of [
      ['softmax', 'y'],
      ['softmax.backward', 'dx'],
      ['softmax.jacobian', 'jacobian'],
    ]) {
      const at = (format: 'float32' | 'tf32' | 'float64') =>
        question(name, 'plain', precisions[format]).limits[output].limit[0];
      expect(at('tf32') / at('float32')).toBeGreaterThan(2 ** 13);
      expect(at('float64') / at('float32')).toBeLessThan(2 ** -28);
    }
  });
});
