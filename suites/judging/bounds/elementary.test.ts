import { describe, expect, it } from 'vitest';
import { activations } from '../../../reference/activations.ts';
import { type Precision, precisions } from '../precision.ts';
import {
  compound,
  type ElementaryLimits,
  exponentialError,
  isRepresentable,
  logarithmError,
  scaledTanhLimits,
  sigmoidLimits,
  softplusLimits,
  tanhLimits,
  underflow,
  weighted,
} from './elementary.ts';

const { float32, float64, float16, bf16 } = precisions;
const u = float32.unitRoundoff;
const eta = float32.smallestSubnormal;
const scale = { a: 1.75, b: 0.625 };

const limitsAt: Record<string, (x: number, precision?: Precision) => ElementaryLimits> = {
  sigmoid: (x, precision = float32) =>
    sigmoidLimits(x, activations.sigmoid.value(x), activations.sigmoid.derivative(x), precision),
  tanh: (x, precision = float32) => tanhLimits(x, activations.tanh.value(x), activations.tanh.derivative(x), precision),
  scaledTanh: (x, precision = float32) =>
    scaledTanhLimits(x, activations.scaledTanh.value(x, scale), activations.scaledTanh.derivative(x, scale), precision, scale),
  softplus: (x, precision = float32) =>
    softplusLimits(x, activations.softplus.value(x), activations.softplus.derivative(x), precision),
};

describe('what the limits are made of', () => {
  it('the exponential: 2u(3 + 2|x|); the logarithm: 4u', () => {
    expect(exponentialError(0, float32)).toBe(6 * u);
    expect(exponentialError(-5, float32)).toBe(26 * u);
    expect(logarithmError(-3, float64)).toBe(3 * 2 ** -51);
  });

  it('a product of factors 1 + d and their reciprocals, for every choice of signs', () => {
    for (const parts of [[0.1, 0.05, 0.2], [0.3, 0.1], [1e-7, 3e-7, 2e-7], [0.02]]) {
      const bound = compound(parts.reduce((a, b) => a + b, 0));
      for (let choice = 0; choice < 4 ** parts.length; choice++) {
        const product = parts.reduce((total, d, i) => {
          const signed = 1 + ((choice >> (2 * i)) & 1 ? d : -d);
          return (choice >> (2 * i + 1)) & 1 ? total * signed : total / signed;
        }, 1);
        expect(Math.abs(product - 1)).toBeLessThanOrEqual(bound * (1 + 1e-12));
      }
    }
    expect(compound(2)).toBeCloseTo(Math.E ** 4 - 1, 10);
  });

  it('a weight of 0, which silences an infinite error', () => {
    expect(weighted(0, Infinity)).toBe(0);
    expect(weighted(0.5, 3)).toBe(1.5);
  });

  it('underflow: where it is declared the size of what may be flushed, and nothing above the normal range', () => {
    const flushing: Precision = { ...float32, subnormals: 'flushed' };
    expect(underflow(1, 0.1, flushing)).toBe(2 * eta);
    expect(underflow(1e-40, 1e-46, flushing) / 1e-40).toBeCloseTo(1, 4);
    expect(underflow(0, 0, flushing)).toBe(2 * eta);
    // Just above the normal range, and off by enough to fall out of it.
    expect(underflow(1.2e-38, 1e-39, flushing)).toBe(float32.smallestNormal + 2 * eta);
    for (const y of [1, 1e-40, 0, 1.2e-38]) expect(underflow(y, 1e-46, float32)).toBe(2 * eta);
  });

  it('numbers that a format holds', () => {
    expect([1, 2 ** -149, 3 * 2 ** -149, float32.largest, 0.1].map((x) => isRepresentable(x, float32))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    expect([2048, 2049, 65504, 65536, 2 ** -24, 2 ** -25].map((x) => isRepresentable(x, float16))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect([256, 257, 1.5 + 2 ** -7, 1.5 + 2 ** -8].map((x) => isRepresentable(x, bf16))).toEqual([true, false, true, false]);
    expect(isRepresentable(0.1, float64)).toBe(true);
  });
});

describe('limits to first order, by hand', () => {
  const relative = (name: string, x: number) => limitsAt[name](x).value / Math.abs(resultAt(name, x)) / u;
  const resultAt = (name: string, x: number) => activations[name as 'scaledTanh'].value(x, scale);

  it('sigmoid: (1 − σ)·2(3 + 2|x|) + 3 units of u', () => {
    expect(relative('sigmoid', 0)).toBeCloseTo(0.5 * 6 + 3, 4);
    expect(relative('sigmoid', -20)).toBeCloseTo(86 + 3, 3);
    expect(relative('sigmoid', 20)).toBeCloseTo(3, 4);
    expect(relative('sigmoid', Math.log(3))).toBeCloseTo(0.25 * 2 * (3 + 2 * Math.log(3)) + 3, 4);
  });

  it('tanh: 9 units near 0, where relative accuracy is kept, and 7 for large x', () => {
    for (const x of [1e-30, 1e-10, 2 ** -20]) expect(relative('tanh', x)).toBeCloseTo(9, 3);
    expect(relative('tanh', 15)).toBeCloseTo(7, 4);
  });

  it('softplus: an error of e^x weighs σ(x)', () => {
    expect(relative('softplus', 0)).toBeCloseTo((0.5 * 6) / Math.LN2 + 5, 4);
    expect(relative('softplus', -20)).toBeCloseTo(86 + 5, 3);
    // Beyond the overflow of e^x only x + ln(1 + e^−x) is left.
    expect(relative('softplus', 95)).toBeCloseTo(5, 4);
  });

  it('tanh′ for large x: twice the error of tanh and the rounding of its square', () => {
    expect(limitsAt.tanh(9).derivative / u).toBeCloseTo(2 * 7 + 1, 1);
  });

  it('scaled tanh near 0: those of tanh, an argument off by 2u, and two more roundings', () => {
    expect(relative('scaledTanh', 1e-6)).toBeCloseTo(9 + 2 + 2, 3);
  });

  it('slope of scaled tanh for large x: (b/a)(a² − y²), whose squares round absolutely', () => {
    // y is off by 7u + 2u + 2u relative; a² and y² by 4u each.
    expect(limitsAt.scaledTanh(60).derivative / (scale.a * scale.b * u)).toBeCloseTo(2 * 11 + 2 * 4, 2);
  });
});

describe('limits', () => {
  const points = [0, 1e-45, 1e-38, 2 ** -20, 0.5, 1, 8, 20, 87, 88.7, 104, 750, 1e10, 3.4e38, 1e300, Infinity].flatMap((x) => [
    x,
    -x,
  ]);

  it.each(Object.keys(limitsAt))('of %s are numbers at every x in every format, and finite where the result is', (name) => {
    for (const x of points) {
      for (const precision of Object.values(precisions)) {
        const { value, derivative } = limitsAt[name](x, precision);
        if (Number.isFinite(activations[name as 'scaledTanh'].value(x, scale))) {
          expect(value, `${precision.name} ${x}`).toBeGreaterThan(0);
          expect(value, `${precision.name} ${x}`).toBeLessThan(Infinity);
        }
        expect(derivative, `${precision.name} ${x}`).toBeGreaterThan(0);
        expect(derivative, `${precision.name} ${x}`).toBeLessThan(Infinity);
      }
    }
  });

  it.each(Object.keys(limitsAt))('of %s are coarser for a coarser format', (name) => {
    for (const x of [0.3, -2, 6, -15]) {
      const [fine, middle, coarse] = [float64, float32, bf16].map((precision) => limitsAt[name](x, precision));
      for (const part of ['value', 'derivative'] as const) {
        expect(middle[part] / fine[part]).toBeGreaterThan(2 ** 27);
        expect(coarse[part] / middle[part]).toBeGreaterThan(2 ** 15);
      }
    }
  });

  it.each(Object.keys(limitsAt))('of %s refuse TF32 and errors of a thousandth wherever the result is not tiny', (name) => {
    for (const x of [0.01, 0.3, 1, 5, 12]) {
      const { value } = limitsAt[name](x);
      expect(value / activations[name as 'scaledTanh'].value(x, scale)).toBeLessThan(2 ** -12 / 10);
    }
  });
});
