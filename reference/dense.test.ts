import { describe, expect, it } from 'vitest';
import { dense, denseBiasGradient, denseInputGradient, denseWeightGradient, matmul } from './dense.ts';
import { tensor } from './tensor.ts';
import { differences, inner, integers, irregular, largestDifference } from './testing/differences.ts';

const x = tensor([2, 3], [1, 2, 3, -1, 0, 4]);
const weights = tensor([2, 3], [2, -1, 1, 0, 5, -2]);
const dy = tensor([2, 2], [1, -2, 3, 4]);

describe('by hand', () => {
  it('matmul', () => {
    const y = matmul(tensor([2, 3], [1, 2, 3, 4, 5, 6]), tensor([3, 2], [7, 8, 9, 10, 11, 12]));
    expect(y).toEqual(tensor([2, 2], [58, 64, 139, 154]));
  });
  it('dense: row k of the weights belongs to output k', () => {
    expect(dense(x, weights, tensor([2], [10, 20]))).toEqual(tensor([2, 2], [13, 24, 12, 12]));
  });
  it('gradients, summed over the batch', () => {
    expect(denseInputGradient(weights, dy)).toEqual(tensor([2, 3], [2, -11, 5, 6, 17, -5]));
    expect(denseWeightGradient(x, dy)).toEqual(tensor([2, 3], [-2, 2, 15, -6, -4, 10]));
    expect(denseBiasGradient(dy)).toEqual(tensor([2], [4, 2]));
  });
});

describe('properties', () => {
  const [batch, inputs, outputs] = [3, 4, 5];
  const a = irregular([batch, inputs], 1);
  const w = irregular([outputs, inputs], 2);
  const b = irregular([outputs], 3);
  const d = irregular([batch, outputs], 4);
  it('every gradient agrees with central differences of ⟨dense(x), dy⟩', () => {
    expect(
      largestDifference(
        denseInputGradient(w, d),
        differences((moved) => inner(dense(moved, w, b), d), a),
      ),
    ).toBeLessThan(1e-11);
    expect(
      largestDifference(
        denseWeightGradient(a, d),
        differences((moved) => inner(dense(a, moved, b), d), w),
      ),
    ).toBeLessThan(1e-11);
    expect(
      largestDifference(
        denseBiasGradient(d),
        differences((moved) => inner(dense(a, w, moved), d), b),
      ),
    ).toBeLessThan(1e-11);
  });
  it('the input gradient is the adjoint: ⟨Wx, y⟩ = ⟨x, Wᵀy⟩, exactly on integers', () => {
    const [xi, wi, yi] = [integers([batch, inputs], 5), integers([outputs, inputs], 6), integers([batch, outputs], 7)];
    const zero = tensor([outputs], new Array(outputs).fill(0));
    expect(inner(dense(xi, wi, zero), yi)).toBe(inner(xi, denseInputGradient(wi, yi)));
    expect(inner(dense(xi, wi, zero), yi)).toBe(inner(wi, denseWeightGradient(xi, yi)));
    expect(inner(dense(xi, wi, zero), yi)).not.toBe(0);
  });
  it('M9: matrix products associate, exactly on integers', () => {
    const [p, q, r] = [integers([2, 3], 8), integers([3, 5], 9), integers([5, 4], 10)];
    expect(matmul(matmul(p, q), r)).toEqual(matmul(p, matmul(q, r)));
  });
});

it('empty sums are 0 and NaN spreads along its row', () => {
  expect(matmul(tensor([2, 0], []), tensor([0, 1], []))).toEqual(tensor([2, 1], [0, 0]));
  const y = matmul(tensor([2, 1], [Number.NaN, 1]), tensor([1, 2], [0, 1]));
  expect([...y.data]).toEqual([Number.NaN, Number.NaN, 0, 1]);
});

it('refuses what does not fit', () => {
  expect(() => matmul(x, weights)).toThrow('matmul: (C1) inner sizes differ: a is [2, 3], b is [2, 3]');
  expect(() => dense(dy, weights, tensor([2], [0, 0]))).toThrow('dense: (C1) x has 2 inputs, weights [2, 3] take 3');
  expect(() => dense(x, weights, tensor([3], [0, 0, 0]))).toThrow('dense: (C2) bias has 3 values');
  expect(() => denseInputGradient(weights, x)).toThrow('denseInputGradient: (C1)');
  expect(() => denseWeightGradient(tensor([1, 3], [1, 2, 3]), dy)).toThrow('denseWeightGradient: (C1)');
});
