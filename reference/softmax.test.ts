import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  logSumExp,
  softmax,
  softmaxBackward,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  softmaxJacobian,
} from './softmax.ts';
import { sum, tensor } from './tensor.ts';
import { differences, inner, irregular, largestDifference } from './testing/differences.ts';

const inf = Infinity;
const vector = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 8 });
const row = (values: readonly number[]) => tensor([1, values.length], values);

describe('softmax', () => {
  it('is e^x over the sum, each vector of the last axis alone', () => {
    const ln = Math.log;
    const x = tensor([2, 2, 3], [0, 0, 0, ln(1), ln(2), ln(5), ln(7), ln(2), ln(1), 1e4, -1e4, 1e4]);
    const y = softmax(x);
    expect(y.shape).toEqual([2, 2, 3]);
    const expected = [1 / 3, 1 / 3, 1 / 3, 0.125, 0.25, 0.625, 0.7, 0.2, 0.1, 0.5, 0, 0.5];
    expected.forEach((value, i) => {
      expect(y.data[i]).toBeCloseTo(value, 15);
    });
  });
  it('A9: lies in [0, 1], sums to 1 and ignores a constant added to all inputs', () => {
    fc.assert(
      fc.property(vector, fc.integer({ min: -512, max: 512 }), (values, constant) => {
        // Quarters and an integer add without rounding.
        const quarters = values.map((value) => Math.round(4 * value) / 4);
        const y = softmax(row(quarters));
        expect(softmax(row(quarters.map((value) => value + constant)))).toEqual(y);
        expect(Math.min(...y.data)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...y.data)).toBeLessThanOrEqual(1);
        expect(sum(y)).toBeCloseTo(1, 14);
      }),
    );
  });
  it('has its special values', () => {
    expect([...softmax(row([-inf, 0, 0])).data]).toEqual([0, 0.5, 0.5]);
    expect([...softmax(row([-Number.MAX_VALUE, Number.MAX_VALUE])).data]).toEqual([0, 1]);
    for (const values of [
      [inf, 0],
      [Number.NaN, 0],
      [-inf, -inf],
      [inf, -inf],
    ]) {
      expect([...softmax(row(values)).data]).toEqual([Number.NaN, Number.NaN]);
    }
    expect(softmax(tensor([2, 0], [])).shape).toEqual([2, 0]);
    expect(() => softmax(tensor([], [1]))).toThrow('softmax: (C1)');
  });
});

describe('its derivatives', () => {
  const x = irregular([3, 4], 1);
  const dy = irregular([3, 4], 2);
  it('A10: the Jacobian agrees with central differences; it is symmetric and its rows sum to 0', () => {
    const jacobian = softmaxJacobian(x);
    expect(jacobian.shape).toEqual([3, 4, 4]);
    for (let n = 0; n < 3; n++) {
      for (let i = 0; i < 4; i++) {
        const slopes = differences((moved) => softmax(moved).data[4 * n + i], x);
        let total = 0;
        for (let j = 0; j < 4; j++) {
          const value = jacobian.data[(n * 4 + i) * 4 + j];
          total += value;
          expect(value).toBeCloseTo(slopes.data[4 * n + j], 11);
          expect(value).toBe(jacobian.data[(n * 4 + j) * 4 + i] + 0);
        }
        expect(Math.abs(total)).toBeLessThan(1e-16);
      }
    }
  });
  it('keeps 1 − oᵢ when oᵢ is nearly 1', () => {
    // o₁ = 1/(1 + e⁻⁴⁰): o₁(1 − o₁) = e⁻⁴⁰ to 17 digits, and e⁻⁴⁰ = 4.2483542552915889e-18.
    expect(softmaxJacobian(row([40, 0])).data[0]).toBeCloseTo(4.248354255291589e-18, 32);
  });
  it('the product with dy is the gradient of ⟨softmax(x), dy⟩ and the Jacobian times dy', () => {
    const dx = softmaxBackward(x, dy);
    expect(
      largestDifference(
        dx,
        differences((moved) => inner(softmax(moved), dy), x),
      ),
    ).toBeLessThan(1e-11);
    const { data } = softmaxJacobian(x);
    for (let n = 0; n < 3; n++) {
      for (let i = 0; i < 4; i++) {
        let product = 0;
        for (let j = 0; j < 4; j++) product += data[(n * 4 + i) * 4 + j] * dy.data[4 * n + j];
        expect(dx.data[4 * n + i]).toBeCloseTo(product, 15);
      }
    }
  });
  it('refuses other shapes', () => {
    expect(() => softmaxBackward(x, irregular([4, 3], 1))).toThrow('softmaxBackward: (C2) x is [3, 4] and dy is [4, 3]');
    expect(() => softmaxJacobian(irregular([4], 1))).toThrow('softmaxJacobian: (C1)');
  });
});

describe('logSumExp and the cross entropy of softmax', () => {
  const x = irregular([3, 4], 3);
  const target = softmax(irregular([3, 4], 4));
  it('is the logarithm of the sum', () => {
    const y = logSumExp(tensor([2, 3], [Math.log(1), Math.log(2), Math.log(5), 1e4, 1e4, -1e4]));
    expect(y.shape).toEqual([2]);
    expect(y.data[0]).toBeCloseTo(Math.log(8), 15);
    expect(y.data[1]).toBe(1e4 + Math.LN2);
  });
  it('has its special values', () => {
    const of = (values: number[]) => logSumExp(tensor([values.length], values)).data[0];
    expect([of([]), of([-inf, -inf]), of([-inf, 3]), of([inf, 3]), of([inf, -inf]), of([Number.NaN, inf])]).toEqual([
      -inf,
      -inf,
      3,
      inf,
      inf,
      Number.NaN,
    ]);
  });
  it('its gradient is softmax', () => {
    expect(
      largestDifference(
        softmax(x),
        differences((moved) => sum(logSumExp(moved)), x),
      ),
    ).toBeLessThan(1e-11);
  });
  it('J3: the loss is −Σ target·ln softmax(x), and finite where that is not', () => {
    const o = softmax(x);
    let loss = 0;
    for (let i = 0; i < 12; i++) loss -= target.data[i] * Math.log(o.data[i]);
    expect(softmaxCrossEntropy(x, target)).toBeCloseTo(loss, 13);
    expect(softmaxCrossEntropy(row([1e4, -1e4]), row([0, 1]))).toBe(2e4);
    expect(softmaxCrossEntropy(row([0, -inf]), row([1, 0]))).toBe(0);
  });
  it('J3: the gradient agrees with central differences, also for targets that do not sum to 1', () => {
    for (const t of [target, irregular([3, 4], 5)]) {
      const slopes = differences((moved) => softmaxCrossEntropy(moved, t), x);
      expect(largestDifference(softmaxCrossEntropyGradient(x, t), slopes)).toBeLessThan(1e-11);
    }
  });
  it('refuses other shapes', () => {
    expect(() => softmaxCrossEntropy(x, row([1]))).toThrow('softmaxCrossEntropy: (C2)');
    expect(() => softmaxCrossEntropyGradient(x, row([1]))).toThrow('softmaxCrossEntropyGradient: (C2)');
    expect(() => logSumExp(tensor([], [1]))).toThrow('logSumExp: (C1)');
  });
});
