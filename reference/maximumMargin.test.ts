import { describe, expect, it } from 'vitest';
import { maximumMargin } from './maximumMargin.ts';
import { novikoffBound } from './perceptron.ts';
import { map, tensor } from './tensor.ts';
import { irregular } from './testing/differences.ts';

const close = { tolerance: 1e-12 };

describe('maximumMargin', () => {
  it('is (1, −1) between (1, 0) and (0, 1)', () => {
    const { separator, margin, primal, dual, gap } = maximumMargin(tensor([2, 2], [1, 0, 0, 1]), tensor([2], [1, -1]), close);
    expect(separator.data[0]).toBeCloseTo(1, 6);
    expect(separator.data[1]).toBeCloseTo(-1, 6);
    expect(margin).toBeCloseTo(Math.SQRT1_2, 12);
    expect(primal).toBeCloseTo(1, 11);
    expect(dual).toBeLessThanOrEqual(primal);
    expect(gap).toBeLessThanOrEqual(1e-12);
  });

  it('is (2, 2, −3) for AND with the bias among the weights', () => {
    const x = tensor([4, 3], [0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1]);
    const { separator, primal } = maximumMargin(x, tensor([4], [-1, -1, -1, 1]), close);
    [2, 2, -3].forEach((value, j) => {
      expect(separator.data[j]).toBeCloseTo(value, 5);
    });
    expect(primal).toBeCloseTo(8.5, 10);
  });

  it('gives the smallest of all Novikoff bounds', () => {
    const x = map(irregular([9, 3], 4), (value) => 3 * value);
    const labels = tensor(
      [9],
      Array.from({ length: 9 }, (_, n) => Math.sign(x.data[3 * n] - 2 * x.data[3 * n + 1] + x.data[3 * n + 2])),
    );
    const { separator, margin } = maximumMargin(x, labels, close);
    const best = novikoffBound(x, labels, separator);
    expect(best.margin).toBeCloseTo(1, 12);
    expect(best.bound).toBeCloseTo((best.radius / margin) ** 2, 6);
    for (let seed = 1; seed <= 200; seed++) {
      const other = irregular([3], seed);
      const { margin: reached, bound } = novikoffBound(x, labels, other);
      if (reached > 0) expect(bound).toBeGreaterThanOrEqual(best.bound * (1 - 1e-9));
    }
  });

  it('needs few sweeps where samples point almost the opposite way, or more of them lie on the margin than there are features', () => {
    // The smallest distance is 1e-3, so that α is 10⁶ times as uncertain as a number.
    const few = { tolerance: 1e-9, iterations: 10 };
    const opposite = maximumMargin(tensor([2, 2], [1, 1e-3, -1, 1e-3]), tensor([2], [1, 1]), few);
    expect(opposite.separator.data[1]).toBeCloseTo(1000, 5);
    expect(opposite.margin).toBeCloseTo(1e-3, 12);
    const square = tensor([4, 3], [1, 0, 1e-3, -1, 0, 1e-3, 0, 1, 1e-3, 0, -1, 1e-3]);
    const best = maximumMargin(square, tensor([4], [1, 1, 1, 1]), few);
    expect(Array.from(best.separator.data, (value) => value.toFixed(4))).toEqual(['0.0000', '0.0000', '1000.0000']);
  });

  it('says so when no plane through the origin separates', () => {
    expect(() => maximumMargin(tensor([2, 1], [1, 2]), tensor([2], [1, -1]), { iterations: 100 })).toThrow(
      'maximumMargin: no separator through the origin within a relative gap of 0.000001 after 100 sweeps over 2 samples',
    );
  });
});
