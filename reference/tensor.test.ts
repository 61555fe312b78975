import { expect, it } from 'vitest';
import { combine, map, tensor, zeros } from './tensor.ts';

it('copies the numbers that a tensor is made of', () => {
  const values = Float64Array.of(1, -0, Number.NaN, Infinity);
  const made = tensor([2, 2], values);
  values.fill(7);
  expect([...made.data]).toEqual([1, -0, Number.NaN, Infinity]);
  expect(() => tensor([3], [1, 2])).toThrow('tensor: shape [3] holds 3 values, 2 were given');
});

it('applies a function to every number, and leaves its arguments as they are', () => {
  const [a, b] = [tensor([3], [1, 2, 3]), tensor([3], [10, 20, 30])];
  expect(map(a, (x) => -x)).toEqual(tensor([3], [-1, -2, -3]));
  expect(combine(a, b, (x, y) => y - x)).toEqual(tensor([3], [9, 18, 27]));
  expect([a.data[0], b.data[0], zeros([2, 0]).data.length]).toEqual([1, 10, 0]);
  expect(() => combine(a, zeros([1, 3]), (x) => x)).toThrow('combine: shapes [3] and [1, 3] differ');
});
