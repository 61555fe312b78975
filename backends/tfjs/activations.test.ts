import { describe, expect, it } from 'vitest';
import type { ActivationName } from '../signatures.ts';
import { calculate, closeTo, float32 } from './testing/kernels.ts';

const x = [-2, -Math.log(2), 0, Math.log(3), 0.5];
const dy = [2, -3, 5, 7, -11];
const ofTanh = (v: number): number => (Math.exp(2 * v) - 1) / (Math.exp(2 * v) + 1);
const a = 1.716;
const b = 2 / 3;

/** The normal distribution at these points, from an arbitrary-precision library. */
const phi = [0.02275013194817921, 0.24410859578558275, 0.5, 0.8640313923585755, 0.6914624612740131];

/** Values and slopes at −2, −ln 2, 0, ln 3 and ½: by hand where a rational comes out, else from the exponential's definition. */
const expected: Record<ActivationName, { value: number[]; slope: number[]; attributes?: object }> = {
  identity: { value: x, slope: [1, 1, 1, 1, 1] },
  sign: { value: [-1, -1, 0, 1, 1], slope: [0, 0, 0, 0, 0] },
  step: { value: [0, 0, 1, 1, 1], slope: [0, 0, 0, 0, 0] },
  sigmoid: {
    value: [1 / (1 + Math.exp(2)), 1 / 3, 1 / 2, 3 / 4, 1 / (1 + Math.exp(-0.5))],
    slope: [Math.exp(2) / (1 + Math.exp(2)) ** 2, 2 / 9, 1 / 4, 3 / 16, Math.exp(0.5) / (1 + Math.exp(0.5)) ** 2],
  },
  tanh: {
    value: [ofTanh(-2), -3 / 5, 0, 4 / 5, ofTanh(0.5)],
    slope: [1 - ofTanh(-2) ** 2, 16 / 25, 1, 9 / 25, 1 - ofTanh(0.5) ** 2],
  },
  scaledTanh: {
    attributes: { a, b },
    value: x.map((v) => a * ofTanh(b * v)),
    slope: x.map((v) => a * b * (1 - ofTanh(b * v) ** 2)),
  },
  relu: { value: [0, 0, 0, Math.log(3), 0.5], slope: [0, 0, 0, 1, 1] },
  leakyRelu: {
    attributes: { alpha: 0.25 },
    value: [-0.5, -Math.log(2) / 4, 0, Math.log(3), 0.5],
    slope: [0.25, 0.25, 0.25, 1, 1],
  },
  elu: {
    attributes: { alpha: 3 },
    value: [3 * Math.exp(-2) - 3, -3 / 2, 0, Math.log(3), 0.5],
    slope: [3 * Math.exp(-2), 3 / 2, 3, 1, 1],
  },
  hardTanh: { value: [-1, -Math.log(2), 0, 1, 0.5], slope: [0, 1, 1, 0, 1] },
  silu: {
    value: [-2 / (1 + Math.exp(2)), -Math.log(2) / 3, 0, 0.75 * Math.log(3), 0.5 / (1 + Math.exp(-0.5))],
    slope: x.map((v) => (1 + Math.exp(-v) + v * Math.exp(-v)) / (1 + Math.exp(-v)) ** 2),
  },
  gelu: {
    attributes: { approximate: 'none' },
    value: x.map((v, i) => v * phi[i]),
    slope: x.map((v, i) => phi[i] + (v * Math.exp((-v * v) / 2)) / Math.sqrt(2 * Math.PI)),
  },
  softplus: {
    value: [Math.log(1 + Math.exp(-2)), Math.log(3 / 2), Math.log(2), Math.log(4), Math.log(1 + Math.exp(0.5))],
    slope: [1 / (1 + Math.exp(2)), 1 / 3, 1 / 2, 3 / 4, 1 / (1 + Math.exp(-0.5))],
  },
};

describe.each(Object.entries(expected) as [ActivationName, (typeof expected)[ActivationName]][])(
  'tfjs %s',
  (name, { value, slope, attributes = {} }) => {
    const input = float32([5], x);

    it('has the right value', async () => {
      const { y } = await calculate(name, attributes, { x: input });
      expect(y.values).toSatisfy((actual: number[]) => closeTo(actual, value));
    });

    it('has the right derivative', async () => {
      const { y } = await calculate(`${name}.derivative`, attributes, { x: input });
      expect(y.values).toSatisfy((actual: number[]) => closeTo(actual, slope));
    });

    it('multiplies the derivative by the upstream gradient', async () => {
      const { dx } = await calculate(`${name}.backward`, attributes, { x: input, dy: float32([5], dy) });
      expect(dx.values).toSatisfy((actual: number[]) =>
        closeTo(
          actual,
          slope.map((each, index) => each * dy[index]),
        ),
      );
    });
  },
);

describe('what the library does and the adapter does not mend', () => {
  it('loses the derivative of tanh and sigmoid where the value rounds to 1', async () => {
    // tanh′(10) = 8.2·10⁻⁹ and σ′(20) = 2.1·10⁻⁹, but the library computes 1 − y² and y·(1 − y).
    expect((await calculate('tanh.derivative', {}, { x: float32([1], [10]) })).y.values).toEqual([0]);
    expect((await calculate('sigmoid.derivative', {}, { x: float32([1], [20]) })).y.values).toEqual([0]);
  });

  it('swallows a NaN in sign', async () => {
    expect((await calculate('sign', {}, { x: float32([1], [Number.NaN]) })).y.values).toEqual([0]);
  });
});
