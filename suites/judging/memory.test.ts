import { expect, it } from 'vitest';
import { float64Array } from './memory.ts';

it('gives every array numbers of its own, zeros at first, few or many', () => {
  const counts = [1, 1023, 0, 1024, 1025, 3, 4000, ...Array.from({ length: 200 }, (_, i) => (i * 37) % 200)];
  const arrays = counts.map(float64Array);
  expect(arrays.map(({ length }) => length)).toEqual(counts);
  expect(arrays.every((array) => array.every((value) => value === 0))).toBe(true);
  for (const [i, array] of arrays.entries()) array.fill(i + 1);
  expect(arrays.every((array, i) => array.every((value) => value === i + 1))).toBe(true);
});
