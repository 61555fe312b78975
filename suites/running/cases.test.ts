import { describe, expect, it } from 'vitest';
import type { AnyOperation, Values } from '../judging/operation.ts';
import { doubling } from '../testing/doubling.ts';
import { casesOf, materialize } from './cases.ts';

const [recipe] = doubling.cases;

function drawn(values: Values, columns: number, seed = 1): Float64Array {
  const operation: AnyOperation = { ...doubling, inputs: () => ({ x: { dimensions: ['rows', 'columns'], values } }) };
  return materialize(operation, { ...recipe, sizes: { rows: 4, columns } }, 'random', seed, 'float32').inputs.x
    .data as Float64Array;
}

describe('materialize', () => {
  it('draws the same numbers from the same seed and others from another', () => {
    const draw = (seed: number) => materialize(doubling, recipe, 'random', seed, 'float32');
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7).inputs.x.data).not.toEqual(draw(8).inputs.x.data);
  });

  it('gives every value as the dtype has it', () => {
    const values = Array.from(materialize(doubling, recipe, 'random', 1, 'float32').inputs.x.data);
    expect(values).toEqual(values.map(Math.fround));
    const wide = Array.from(materialize(doubling, recipe, 'random', 1, 'float64').inputs.x.data);
    expect(wide).not.toEqual(wide.map(Math.fround));
    expect(wide.map(Math.fround)).toEqual(values);
  });

  it('draws integers in the exact tier', () => {
    const { inputs, id } = materialize(doubling, recipe, 'exact', 1, 'float32');
    expect(id).toBe('identity/plain/exact');
    expect(Array.from(inputs.x.data).every(Number.isInteger)).toBe(true);
    expect(new Set(inputs.x.data).size).toBeGreaterThan(1);
  });

  it('names the constraint that a recipe breaks', () => {
    expect(() => materialize(doubling, { ...recipe, sizes: { rows: 5, columns: 2 } }, 'random', 1, 'float32')).toThrow(
      'identity: (C1) rows is at most 4; got sizes {"rows":5,"columns":2}',
    );
    expect(() => materialize(doubling, { ...recipe, sizes: { rows: 2 } }, 'random', 1, 'float32')).toThrow(
      'columns is not stated',
    );
  });

  it('draws labels, one-hot rows and distributions', () => {
    expect(new Set(drawn({ kind: 'labels' }, 8))).toEqual(new Set([-1, 1]));
    const rowSums = (data: Float64Array, columns: number) =>
      [0, 1, 2, 3].map((row) => data.slice(row * columns, (row + 1) * columns).reduce((a, b) => a + b, 0));
    const oneHot = drawn({ kind: 'oneHot' }, 5);
    expect(rowSums(oneHot, 5)).toEqual([1, 1, 1, 1]);
    expect(oneHot.filter((value) => value === 1)).toHaveLength(4);
    for (const sum of rowSums(drawn({ kind: 'distribution' }, 5), 5)) expect(sum).toBeCloseTo(1, 6);
  });

  it('asks a function at its regimes first', () => {
    const data = drawn({ kind: 'regimes', low: 2, high: 3, always: [0, -88, 1e-3] }, 2);
    expect(Array.from(data.slice(0, 3))).toEqual([0, -88, Math.fround(1e-3)]);
    expect(data.slice(3).every((value) => value >= 2 && value <= 3)).toBe(true);
  });

  it('takes given numbers and refuses too few of them', () => {
    const given = { ...recipe, sizes: { rows: 1, columns: 2 }, given: { x: [0.5, 0.3] } };
    expect(Array.from(materialize(doubling, given, 'random', 1, 'float32').inputs.x.data)).toEqual([0.5, Math.fround(0.3)]);
    expect(() => materialize(doubling, { ...given, given: { x: [1] } }, 'random', 1, 'float32')).toThrow('was given 1 values');
  });
});

it('lists a case for every recipe and tier', () => {
  expect(casesOf(doubling).map(({ id }) => id)).toEqual(['identity/plain/random', 'identity/plain/exact']);
});
