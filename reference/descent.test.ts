import { describe, expect, it } from 'vitest';
import { matmul } from './dense.ts';
import {
  adagradStep,
  adamStep,
  batchEpoch,
  conjugateGradient,
  conjugateGradientStep,
  gradientDescent,
  gradientStep,
  momentumStep,
  patternEpoch,
  rmspropStep,
  weightDecayStep,
} from './descent.ts';
import { type Tensor, tensor, zeros } from './tensor.ts';
import { differences, inner, irregular, largestDifference } from './testing/differences.ts';

const row = (...values: number[]) => tensor([values.length], values);
const numbers = ({ data }: Tensor) => Array.from(data);

describe('steps by hand', () => {
  it('gradient descent: w − ηg', () => {
    expect(numbers(gradientStep(row(1, -2), row(4, 8), 0.25))).toEqual([0, -4]);
  });

  it('momentum on a slope of 1: the changes are a geometric sum', () => {
    const alpha = 0.5;
    let state = { weights: row(0), change: row(0) };
    for (let n = 1; n <= 20; n++) {
      state = momentumStep(state.weights, row(1), state.change, { learningRate: 1, momentum: alpha });
      expect(state.change.data[0]).toBe(-(1 - alpha ** n) / (1 - alpha));
    }
  });

  it('weight decay without a gradient: (1 − ηλ)ⁿ', () => {
    let w = row(1, -8);
    for (let n = 0; n < 3; n++) w = weightDecayStep(w, zeros([2]), { learningRate: 0.5, penalty: 0.5 });
    expect(numbers(w)).toEqual([0.75 ** 3, -8 * 0.75 ** 3]);
  });

  it('AdaGrad: 3, then 4 make 9, then 25', () => {
    const first = adagradStep(row(0), row(3), row(0), { learningRate: 1, epsilon: 0 });
    const second = adagradStep(first.weights, row(4), first.squares, { learningRate: 1, epsilon: 1 });
    expect([first.squares, second.squares].map(numbers)).toEqual([[9], [25]]);
    expect([first.weights, second.weights].map(numbers)).toEqual([[-1], [-1 - 4 / 6]]);
  });

  it('RMSProp: a constant gradient is its own root mean square in the end', () => {
    let state = { weights: row(0), squares: row(0) };
    let before = 0;
    for (let n = 0; n < 200; n++) {
      before = state.weights.data[0];
      state = rmspropStep(state.weights, row(-6), state.squares, { learningRate: 0.25, decay: 0.75, epsilon: 0 });
    }
    expect(state.squares.data[0]).toBeCloseTo(36, 12);
    expect(state.weights.data[0] - before).toBeCloseTo(0.25, 12);
  });

  it('Adam: a constant gradient is its own corrected mean in every step, so that each step is η·sign(g)', () => {
    let state = { weights: row(0, 0), means: row(0, 0), squares: row(0, 0) };
    for (let step = 1; step <= 30; step++) {
      state = adamStep(state.weights, row(5, -0.01), state.means, state.squares, {
        learningRate: 0.125,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 0,
        step,
      });
      expect(state.weights.data[0]).toBeCloseTo(-0.125 * step, 11);
      expect(state.weights.data[1]).toBeCloseTo(0.125 * step, 11);
    }
  });

  it('Adam: ε stands beside the corrected root', () => {
    const { weights } = adamStep(row(0), row(2), row(0), row(0), {
      learningRate: 3,
      beta1: 0.5,
      beta2: 0.75,
      epsilon: 1,
      step: 1,
    });
    expect(weights.data[0]).toBe(-2);
  });
});

describe('epochs of the linear model', () => {
  const [x, y, w] = [irregular([6, 4], 1), irregular([6], 2), irregular([4], 3)];
  const half = (at: Tensor) => {
    const p = matmul(x, { ...at, shape: [4, 1] });
    return 0.5 * numbers(y).reduce((total, value, n) => total + (value - p.data[n]) ** 2, 0);
  };

  it('a batch epoch is a step along the gradient of ½Σ(y − wᵀx)²', () => {
    const expected = gradientStep(w, differences(half, w), 0.1);
    expect(largestDifference(batchEpoch(x, y, w, 0.1), expected)).toBeLessThan(1e-11);
  });

  it('a pattern epoch is a batch epoch of each sample in turn', () => {
    let expected = w;
    for (let n = 0; n < 6; n++) {
      const sample = tensor([1, 4], x.data.slice(4 * n, 4 * n + 4));
      expected = batchEpoch(sample, tensor([1], [y.data[n]]), expected, 0.1);
    }
    expect(largestDifference(patternEpoch(x, y, w, 0.1), expected)).toBeLessThan(1e-15);
    expect(largestDifference(patternEpoch(x, y, w, 0.1), batchEpoch(x, y, w, 0.1))).toBeGreaterThan(1e-4);
  });

  it('leaves the weights as they were', () => {
    const before = numbers(w);
    patternEpoch(x, y, w, 0.5);
    expect(numbers(w)).toEqual(before);
  });
});

describe('conjugate gradient', () => {
  /** MᵀM + I. */
  const matrix = (n: number) => {
    const m = irregular([n, n], 5);
    const transposed = tensor(
      [n, n],
      Array.from({ length: n * n }, (_, at) => m.data[(at % n) * n + Math.floor(at / n)]),
    );
    const a = matmul(transposed, m);
    for (let i = 0; i < n; i++) a.data[i * n + i] += 1;
    return a;
  };
  const applied = (a: Tensor, v: Tensor) => ({ ...matmul(a, { ...v, shape: [v.data.length, 1] }), shape: v.shape });

  it('solves n equations in n steps, with residuals at right angles and directions conjugate', () => {
    for (const n of [1, 2, 5, 9]) {
      const [a, b] = [matrix(n), irregular([n], 7)];
      const states = conjugateGradient(a, b, n);
      expect(largestDifference(applied(a, states[n].x), b)).toBeLessThan(1e-10);
      for (let k = 0; k < n; k++)
        for (let l = 0; l < k; l++) {
          expect(Math.abs(inner(states[k].residual, states[l].residual))).toBeLessThan(1e-9);
          expect(Math.abs(inner(states[k].direction, applied(a, states[l].direction)))).toBeLessThan(1e-9);
        }
    }
  });

  it('solves the system of row G8: x = (1/11, 7/11)', () => {
    const { x } = conjugateGradient(tensor([2, 2], [4, 1, 1, 3]), row(1, 2), 2)[2];
    expect(x.data[0]).toBeCloseTo(1 / 11, 14);
    expect(x.data[1]).toBeCloseTo(7 / 11, 14);
  });

  it('stays where the residual is 0', () => {
    const state = { x: row(1, 2), residual: row(0, 0), direction: row(3, 4) };
    expect(conjugateGradientStep(tensor([2, 2], [1, 0, 0, 1]), state)).toEqual(state);
  });
});

it('gradient descent on x² shrinks x by 1 − 2η, and visits every point', () => {
  expect(gradientDescent(([x]) => [2 * x], [8], 0.25, 3)).toEqual([[8], [4], [2], [1]]);
});
