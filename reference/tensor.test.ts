import { expect, it } from 'vitest';
import { combine, float64Array, map, tensor, zeros } from './tensor.ts';

it('gives every array numbers of its own, zeros at first, few or many', () => {
  const counts = [1, 1023, 0, 1024, 1025, 3, 4000, ...Array.from({ length: 200 }, (_, i) => (i * 37) % 200)];
  const arrays = counts.map(float64Array);
  expect(arrays.map(({ length }) => length)).toEqual(counts);
  expect(arrays.every((array) => array.every((value) => value === 0))).toBe(true);
  for (const [i, array] of arrays.entries()) array.fill(i + 1);
  expect(arrays.every((array, i) => array.every((value) => value === i + 1))).toBe(true);
});

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
