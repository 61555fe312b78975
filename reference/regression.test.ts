import { describe, expect, it } from 'vitest';
import { fitLine, leastSquares, softMargin, softmaxRegression } from './regression.ts';
import { map, type Tensor, tensor, zeros } from './tensor.ts';
import { differences, irregular, largestDifference } from './testing/differences.ts';

const vector = (...values: number[]) => tensor([values.length], values);
const [x, w] = [irregular([7, 3], 1), irregular([3], 2)];
const targets = irregular([7], 3);
const labels = map(targets, (value) => (value < 0 ? -1 : 1));

describe.each([
  ['leastSquares', leastSquares, targets],
  ['softMargin', softMargin, labels],
] as const)('%s', (_, loss, y) => {
  it('has the gradients that differences give', () => {
    const { weights, bias } = loss(x, y, w, 0.3, 0.7);
    // Short steps, so that none crosses the hinge.
    const h = 1e-5;
    expect(
      largestDifference(
        weights,
        differences((at) => loss(x, y, at, 0.3, 0.7).loss, w, h),
      ),
    ).toBeLessThan(1e-9);
    const byBias = differences((at) => loss(x, y, w, at.data[0], 0.7).loss, vector(0.3), h);
    expect(Math.abs(bias.data[0] - byBias.data[0])).toBeLessThan(1e-9);
  });

  it('adds ½λ‖w‖² and no penalty on the bias', () => {
    const [without, withPenalty] = [0, 2].map((penalty) => loss(x, y, w, 0.3, penalty));
    const squares = Array.from(w.data).reduce((total, value) => total + value ** 2, 0);
    expect(withPenalty.loss - without.loss).toBeCloseTo(squares, 14);
    expect(withPenalty.bias).toEqual(without.bias);
  });
});

describe('by hand', () => {
  it('least squares (Row J1)', () => {
    const { loss, weights, bias } = leastSquares(tensor([2, 2], [1, 2, 3, -1]), vector(3, 2), vector(1, 2), 1, 2);
    expect([loss, ...weights.data, ...bias.data]).toEqual([10, -8, 12, 2]);
  });

  it('soft margin, with the slope 0 at the hinge (Row J2)', () => {
    const { loss, weights, bias } = softMargin(tensor([3, 2], [1, 2, 0, 1, 1, 1]), vector(1, 1, -1), vector(1, 1), 0, 1);
    expect([loss, ...weights.data, ...bias.data]).toEqual([4, 2, 2, -1]);
  });

  it('a line through points on it, years apart', () => {
    const { slope, intercept } = fitLine([2013, 2014, 2015, 2016], [5, 7, 9, 11]);
    expect(slope).toBe(2);
    expect(intercept).toBeCloseTo(5 - 2 * 2013, 9);
  });
});

describe('softmaxRegression', () => {
  const [many, bias] = [irregular([4, 3], 5), irregular([4], 6)];
  const counts = map(irregular([7, 4], 7), (value) => Math.floor(2 * value + 2));
  const loss = (weights: Tensor, b: Tensor) => softmaxRegression(x, counts, weights, b, 0.7).loss;

  it('has the gradients that differences give, for targets that sum to anything', () => {
    const { weights, bias: byBias } = softmaxRegression(x, counts, many, bias, 0.7);
    expect(
      largestDifference(
        weights,
        differences((at) => loss(at, bias), many),
      ),
    ).toBeLessThan(1e-9);
    expect(
      largestDifference(
        byBias,
        differences((at) => loss(many, at), bias),
      ),
    ).toBeLessThan(1e-9);
  });

  it('does not change when all biases move together', () => {
    const moved = map(bias, (value) => value + 5);
    expect(loss(many, moved)).toBeCloseTo(loss(many, bias), 12);
  });

  it('is N·ln C for W = 0 and one class each', () => {
    const oneHot = tensor([2, 3], [1, 0, 0, 0, 0, 1]);
    const { loss: value, bias: byBias } = softmaxRegression(tensor([2, 2], [3, 0, 0, 6]), oneHot, zeros([3, 2]), zeros([3]), 1);
    expect(value).toBeCloseTo(2 * Math.log(3), 15);
    expect(byBias.data[1]).toBeCloseTo(-2 / 3, 15);
  });

  it('stays finite for nets of ±1e4, and 0·log p is 0 where p underflows', () => {
    const huge = tensor([2, 1], [1e4, -1e4]);
    const at = (...y: number[]) => softmaxRegression(tensor([1, 1], [1]), tensor([1, 2], y), huge, zeros([2]), 0).loss;
    expect(at(1, 0)).toBe(0);
    expect(at(0, 1)).toBe(2e4);
  });
});
