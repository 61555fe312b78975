/** The ladder can fail: on a wrong gradient, and on differences of another order; and it leaves no gradient out. */
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../judging/random.ts';
import { operations } from '../operations/index.ts';
import { differentiables } from './differentiables.ts';
import { climb, limits, oneSided } from './gradients.ts';

const named = (name: string) => {
  const found = differentiables.find((differentiable) => differentiable.name === name);
  if (!found) throw new Error(`no differentiable ${name}`);
  return found;
};
const random = () => randomFrom(1, 'gradients.test');

it('asks every operation that is a gradient', () => {
  const asked = new Set(differentiables.map(({ name }) => name.split(',')[0]));
  const gradients = operations
    .map(({ name }) => name as string)
    .filter((name) => /(backward|gradient|derivative|jacobian)$/i.test(name))
    // An activation hands back dy times its derivative.
    .map((name) => (asked.has(name.replace(/backward$/, 'derivative')) ? name.replace(/backward$/, 'derivative') : name));
  expect(gradients.length).toBeGreaterThan(25);
  expect(gradients.filter((name) => !asked.has(name))).toEqual([]);
});

describe.each(['tanh.derivative', 'softmax.backward', 'conv2d.weightGradient', 'mlp.backward'])('%s', (name) => {
  const right = named(name);

  it('is right at 100 points', () => {
    const rung = climb(right, 100, random());
    expect(rung.points).toBe(100);
    expect(rung.difference).toBeLessThanOrEqual(limits.difference);
    expect(rung.complexStep).toBeLessThanOrEqual(limits.complexStep);
  });

  it('would be seen to be wrong in the sixth digit by differences, in the eleventh by the complex step', () => {
    const off = (factor: number) => ({
      ...right,
      gradient: (point: readonly number[]) => Array.from(right.gradient(point), (slope) => slope * factor),
    });
    expect(climb(off(1 + 3e-6), 100, random()).difference).toBeGreaterThan(limits.difference);
    expect(climb(off(1 + 3e-11), 100, random()).complexStep).toBeGreaterThan(limits.complexStep);
  });
});

describe('order of convergence', () => {
  it('is 2 for central differences and 1 for one-sided ones', () => {
    expect(climb(named('mlp.backward'), 50, random()).order).toBeCloseTo(2, 1);
    const rung = climb(named('mlp.backward'), 50, random(), oneSided);
    expect(rung.order).toBeCloseTo(1, 1);
    expect(rung.difference).toBeGreaterThan(limits.difference);
  });

  it('is 0 when the slope is not the one that the differences approach', () => {
    const right = named('sigmoid.derivative');
    const off = { ...right, gradient: ([x]: readonly number[]) => [0.9 * right.gradient([x])[0]] };
    expect(climb(off, 50, random()).order).toBeLessThan(0.2);
  });
});
