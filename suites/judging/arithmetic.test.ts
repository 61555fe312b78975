import { expect, it } from 'vitest';
import { flush, roundAllToBits, roundToBits, toBf16, toFloat16, toTf32, truncate } from './arithmetic.ts';

it('rounds a significand to nearest, ties to even', () => {
  const threeBits = roundToBits(3);
  expect([8, 9, 10, 11, 12, 13, 14, 15, -9].map(threeBits)).toEqual([8, 8, 10, 12, 12, 12, 14, 16, -8]);
  expect(Array.from(roundAllToBits(Float32Array.of(9, 11, -15), 3))).toEqual([8, 12, -16]);
});

it('formats at the edges that IEEE 754 and their makers state', () => {
  expect([1 + 2 ** -10, 1 + 2 ** -11, 65504, 65519, 65520].map(toFloat16)).toEqual([1 + 2 ** -10, 1, 65504, 65504, Infinity]);
  expect([2 ** -24, 2 ** -25, 1.5 * 2 ** -24, 3 * 2 ** -25].map(toFloat16)).toEqual([2 ** -24, 0, 2 ** -23, 2 ** -23]);
  expect([1 + 2 ** -10, 1 + 2 ** -11, 2 ** -100].map(toTf32)).toEqual([1 + 2 ** -10, 1, 2 ** -100]);
  expect([1 + 2 ** -7, 1 + 2 ** -8].map(toBf16)).toEqual([1 + 2 ** -7, 1]);
});

it('cuts off toward zero, and flushes what is subnormal', () => {
  const next = 1 + 2 ** -23;
  expect([next - 2 ** -40, -(next - 2 ** -40), next, 0].map(truncate)).toEqual([1, -1, next, 0]);
  expect([2 ** -126, 2 ** -127, -(2 ** -130)].map((x) => flush(x) + 0)).toEqual([2 ** -126, 0, 0]);
});
