import { describe, expect, it } from 'vitest';
import { combine, type Tensor } from '../../../reference/tensor.ts';
import { judge } from '../../judging/judge.ts';
import type { NamedTensors } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion, type Question } from '../../judging/question.ts';
import { casesOf, materialize } from '../../running/cases.ts';
import { drawnCases } from '../../testing/tableLine.ts';
import { honestFunctions } from '../shared/honestFunctions.ts';
import { honestSums } from '../shared/honestSums.ts';
import { lossOperations } from './entries.ts';
import { honestLosses as losses, lossOf, honestLossGradients as slopes } from './variants.ts';

const named = (name: string) => lossOperations.find((operation) => operation.name === name)!;

it('has at least 45 cases', () => {
  expect(lossOperations.flatMap(casesOf).length).toBeGreaterThanOrEqual(45);
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

describe.each(Object.entries(honestFunctions))('float32 with logarithms %s', (_, functions) => {
  describe.each(Object.entries(honestSums))('sums %s', (_, sum) => {
    for (const [name, forms] of Object.entries(losses)) {
      it.each(Object.entries(forms))(`${name} as %s is accepted`, (_, terms) => {
        expect(refusals(name, ({ prediction, target }) => lossOf({ prediction, target }, terms, functions, sum))).toEqual([]);
      });
    }
  });
});

for (const [name, forms] of Object.entries(slopes)) {
  it.each(Object.entries(forms))(`${name} in float32 as %s is accepted`, (_, slope) => {
    expect(refusals(name, ({ prediction, target }) => combine(prediction, target, slope))).toEqual([]);
  });
}

describe('limits', () => {
  const u = precisions.float32.unitRoundoff;
  const question = (name: string, given: { prediction: number[]; target: number[] }, precision = precisions.float32) => {
    const sizes = { batch: 1, outputs: given.prediction.length };
    const recipe = { name: 'given', sizes, attributes: {}, given };
    const { limits, expected } = prepareQuestion(
      named(name),
      materialize(named(name), recipe, 'random', 1, 'float32'),
      precision,
    );
    const [output] = Object.keys(expected);
    return { limit: limits[output].limit, expected: expected[output].data };
  };

  it('of losses are a few units of the last place for a few elements', () => {
    const given = { prediction: [0.3, 0.6, 0.1], target: [0.2, 0.7, 0.1] };
    for (const name of ['squaredError', 'crossEntropy', 'binaryCrossEntropy']) {
      const { limit, expected } = question(name, given);
      expect(limit[0] / expected[0] / u, name).toBeGreaterThan(3);
      expect(limit[0] / expected[0] / u, name).toBeLessThan(20);
    }
  });

  it('of −t/p are those of two roundings, of p − t those of one, and of integers 0', () => {
    const { limit, expected } = question('crossEntropy.gradient', { prediction: [0.3, 0.7], target: [0.9, 0] });
    expect(limit[0] / Math.abs(expected[0]) / u).toBeCloseTo(2, 5);
    expect(limit[1]).toBe(0);
    // 0.1 − 8.3 needs more bits than float32 has; 8.3 − 8.2 is exact.
    const differences = question('squaredError.gradient', { prediction: [0.1, 8.3, 4], target: [8.3, 8.2, 7] });
    expect(differences.limit[0] / Math.abs(differences.expected[0]) / u).toBeCloseTo(1, 5);
    expect(Array.from(differences.limit.slice(1))).toEqual([0, 0]);
  });

  it('of the binary gradient are absolute where its two quotients cancel', () => {
    const { limit, expected } = question('binaryCrossEntropy.gradient', { prediction: [0.3], target: [0.3] });
    expect(expected[0]).toBe(0);
    // (1 − t)/(1 − p) and t/p are 1 each.
    expect(limit[0] / u).toBeGreaterThan(3);
    expect(limit[0] / u).toBeLessThan(8);
  });

  it('do not count terms of weight 0', () => {
    expect(question('crossEntropy', { prediction: [0, 0.5], target: [0, 1] })).toEqual(
      question('crossEntropy', { prediction: [0.9, 0.5], target: [0, 1] }),
    );
    expect(question('crossEntropy', { prediction: [0, 1], target: [0, 1] }).limit[0]).toBeLessThan(1e-37);
  });

  it('grow with the unit roundoff', () => {
    const given = { prediction: [0.1, 0.6, 0.3], target: [0.9, 0.7, 0.2] };
    for (const { name } of lossOperations) {
      const at = (format: 'float32' | 'bf16' | 'float64') => question(name, given, precisions[format]).limit[0];
      expect(at('bf16') / at('float32'), name).toBeGreaterThan(2 ** 15);
      expect(at('float64') / at('float32'), name).toBeLessThan(2 ** -28);
    }
  });
});
