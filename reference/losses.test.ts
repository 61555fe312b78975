import { describe, expect, it } from 'vitest';
import {
  binaryCrossEntropy,
  binaryCrossEntropyGradient,
  crossEntropy,
  crossEntropyGradient,
  squaredError,
  squaredErrorGradient,
} from './losses.ts';
import { type Tensor, tensor } from './tensor.ts';
import { differences, largestDifference } from './testing/differences.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const one = (value: number) => tensor([1], [value]);
const at = (f: (p: Tensor, t: Tensor) => Tensor, p: number, t: number) => f(one(p), one(t)).data[0];
const prediction = tensor([2, 3], [0.125, 0.5, 0.375, 0.75, 0.0625, 0.1875]);
const target = tensor([2, 3], [0.25, 0, 0.75, 1, 0.5, 0.125]);

describe('values by hand', () => {
  it('½Σ(t − p)²: no mean (R15)', () => {
    expect(squaredError(tensor([2, 2], [1, 2, 3, 4]), tensor([2, 2], [2, 0, 3, 1]))).toBe((1 + 4 + 0 + 9) / 2);
    expect([...squaredErrorGradient(tensor([3], [1, 2, 3]), tensor([3], [2, 0, 3])).data]).toEqual([-1, 2, 0]);
  });
  it('−Σ t·ln p', () => {
    const p = tensor([2, 2], [0.25, 0.75, 0.5, 0.5]);
    expect(crossEntropy(p, tensor([2, 2], [1, 0, 0.5, 0.5]))).toBeCloseTo(3 * Math.LN2, 15);
    expect([...crossEntropyGradient(p, tensor([2, 2], [1, 0, 0.5, 0.25])).data]).toEqual([-4, 0, -1, -0.5]);
  });
  it('−Σ[t·ln p + (1 − t)·ln(1 − p)]', () => {
    expect(binaryCrossEntropy(tensor([3], [0.5, 0.25, 0.75]), tensor([3], [1, 1, 0]))).toBeCloseTo(5 * Math.LN2, 14);
    expect([...binaryCrossEntropyGradient(tensor([3], [0.5, 0.25, 0.75]), tensor([3], [1, 0.5, 0])).data]).toEqual([
      -2,
      -0.25 / 0.1875,
      4,
    ]);
  });
});

it.each<[string, (p: Tensor, t: Tensor) => number, (p: Tensor, t: Tensor) => Tensor]>([
  ['squaredError', squaredError, squaredErrorGradient],
  ['crossEntropy', crossEntropy, crossEntropyGradient],
  ['binaryCrossEntropy', binaryCrossEntropy, binaryCrossEntropyGradient],
])('J4: the gradient of %s agrees with central differences', (_, loss, gradient) => {
  const slopes = differences((moved) => loss(moved, target), prediction, 1e-4);
  expect(largestDifference(gradient(prediction, target), slopes)).toBeLessThan(1e-9);
});

describe('special values', () => {
  it('0·ln 0 = 0, and ∞ where the target is not 0', () => {
    expect(crossEntropy(tensor([2], [0, 1]), tensor([2], [0, 1]))).toBe(0);
    expect(crossEntropy(one(0), one(0.5))).toBe(inf);
    expect(binaryCrossEntropy(tensor([2], [0, 1]), tensor([2], [0, 1]))).toBe(0);
    expect(binaryCrossEntropy(one(0), one(0.5))).toBe(inf);
    expect(binaryCrossEntropy(one(1), one(0.5))).toBe(inf);
  });
  it('a loss of nothing is 0, not −0', () => {
    expect(Object.is(crossEntropy(one(1), one(1)), 0)).toBe(true);
    expect(Object.is(binaryCrossEntropy(one(1), one(1)), 0)).toBe(true);
  });
  it('small probabilities are not lost in 1 − p', () => {
    expect(binaryCrossEntropy(one(1e-20), one(0))).toBe(1e-20);
    expect(at(binaryCrossEntropyGradient, 1e-20, 0)).toBe(1);
  });
  it('gradients at 0 and 1', () => {
    expect([at(crossEntropyGradient, 0, 0), at(crossEntropyGradient, 0, 1)]).toEqual([0, -inf]);
    const corners = [
      [0, 0],
      [1, 1],
      [0, 0.5],
      [1, 0.5],
      [0, 1],
      [1, 0],
    ];
    expect(corners.map(([p, t]) => at(binaryCrossEntropyGradient, p, t))).toEqual([1, -1, -inf, inf, -inf, inf]);
  });
  it('NaN stays visible', () => {
    for (const t of [0, 0.5, 1]) {
      expect(squaredError(one(nan), one(t))).toBeNaN();
      expect(crossEntropy(one(nan), one(t))).toBeNaN();
      expect(binaryCrossEntropy(one(nan), one(t))).toBeNaN();
      for (const gradient of [squaredErrorGradient, crossEntropyGradient, binaryCrossEntropyGradient]) {
        expect(at(gradient, nan, t)).toBeNaN();
      }
    }
    expect(crossEntropy(one(-0.1), one(1))).toBeNaN();
    expect(binaryCrossEntropy(one(1.1), one(0.5))).toBeNaN();
  });
  it('refuses different shapes', () => {
    expect(() => squaredError(prediction, one(1))).toThrow('shapes [2, 3] and [1] differ');
    expect(() => crossEntropyGradient(prediction, one(1))).toThrow(RangeError);
  });
});
