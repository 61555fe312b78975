/** The sweep of faults that show for some sizes alone. */
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../judging/random.ts';
import { operationNamed } from '../../operations/index.ts';
import { casesOf } from '../../running/cases.ts';
import { drawFaults } from './faults.ts';
import { sweep } from './part.ts';

const swept = ['relu', 'matmul', 'conv2d.biasGradient', 'softmax', 'dropout', 'gradientStep'];

it.each(swept)('%s: no fault survives', (name) => {
  const records = sweep(operationNamed(name), 11);
  expect(records.length).toBeGreaterThanOrEqual(8);
  expect(records.filter(({ refusedBy }) => refusedBy === undefined).map(({ says }) => says)).toEqual([]);
});

it.each(swept)('%s: without the boundary cases faults survive', (name) => {
  const operation = operationNamed(name);
  const records = sweep(operation, 11, casesOf(operation));
  const survivors = records.filter(({ refusedBy }) => refusedBy === undefined);
  expect(survivors.length).toBeGreaterThan(records.length / 4);
});

describe('the faults', () => {
  it('are other ones with another seed, and the same with the same', () => {
    const says = (seed: number) => drawFaults(operationNamed('matmul'), randomFrom(seed, 'x')).map((fault) => fault.says);
    expect(says(1)).toEqual(says(1));
    expect(says(1)).not.toEqual(says(2));
  });

  it('change an answer where they show', () => {
    const right = { y: { dtype: 'float64' as const, shape: [4], data: Float64Array.of(1, 2, 3, 4) } };
    for (const { spoil, kind } of drawFaults(operationNamed('relu'), randomFrom(3, 'x'))) {
      if (kind !== 'tail') expect(spoil(right).y.data).not.toEqual(right.y.data);
    }
  });
});
