import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ActivationName,
  activations,
  elu,
  eluDerivative,
  hardTanh,
  hardTanhDerivative,
  identity,
  identityDerivative,
  leakyRelu,
  leakyReluDerivative,
  relu,
  reluDerivative,
  scaledTanh,
  scaledTanhDerivative,
  sigmoid,
  sigmoidDerivative,
  sign,
  signDerivative,
  softplus,
  softplusDerivative,
  step,
  stepDerivative,
  tanh,
  tanhDerivative,
} from './activations.ts';
import { gelu, geluDerivative, silu, siluDerivative } from './gatedUnits.ts';
import { tensor } from './tensor.ts';
import { differences } from './testing/differences.ts';

const { NaN: nan, POSITIVE_INFINITY: inf, MAX_VALUE: largest, MIN_VALUE: smallest } = Number;
const names = Object.keys(activations) as ActivationName[];
const moderate = fc.double({ min: -30, max: 30, noNaN: true });

describe('functions with kinks and jumps', () => {
  const points = [-inf, -largest, -2, -1, -0.5, -smallest, -0, 0, smallest, 0.5, 1, 2, largest, inf];
  it.each<[string, (x: number) => number, number[]]>([
    ['identity', identity, points],
    ['identityDerivative', identityDerivative, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ['sign', sign, [-1, -1, -1, -1, -1, -1, 0, 0, 1, 1, 1, 1, 1, 1]],
    ['signDerivative', signDerivative, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['step', step, [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]],
    ['stepDerivative', stepDerivative, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['relu', relu, [0, 0, 0, 0, 0, 0, 0, 0, smallest, 0.5, 1, 2, largest, inf]],
    ['reluDerivative', reluDerivative, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]],
    [
      'leakyRelu, α = ½',
      (x) => leakyRelu(x, { alpha: 0.5 }),
      [-inf, -largest / 2, -1, -0.5, -0.25, -0, -0, 0, smallest, 0.5, 1, 2, largest, inf],
    ],
    [
      'leakyReluDerivative, α = ½',
      (x) => leakyReluDerivative(x, { alpha: 0.5 }),
      [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1, 1, 1],
    ],
    ['hardTanh', hardTanh, [-1, -1, -1, -1, -0.5, -smallest, -0, 0, smallest, 0.5, 1, 1, 1, 1]],
    ['hardTanhDerivative', hardTanhDerivative, [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]],
  ])('%s', (_, f, expected) => {
    expect(points.map((x) => f(x))).toEqual(expected);
  });
});

describe('limits and special values', () => {
  it.each(names)('%s lets NaN through, in value and derivative', (name) => {
    expect(activations[name].value(nan)).toBeNaN();
    expect(activations[name].derivative(nan)).toBeNaN();
  });
  it.each<[string, (x: number) => number, number, number, number]>([
    // at −∞, at 0, at +∞
    ['sigmoid', sigmoid, 0, 0.5, 1],
    ['sigmoidDerivative', sigmoidDerivative, 0, 0.25, 0],
    ['tanh', tanh, -1, 0, 1],
    ['tanhDerivative', tanhDerivative, 0, 1, 0],
    ['scaledTanh', scaledTanh, -1.716, 0, 1.716],
    ['scaledTanhDerivative', scaledTanhDerivative, 0, 1.716 * (2 / 3), 0],
    ['elu', elu, -1, 0, inf],
    ['eluDerivative', eluDerivative, 0, 1, 1],
    ['eluDerivative, α = 3', (x) => eluDerivative(x, { alpha: 3 }), 0, 3, 1],
    ['silu', silu, 0, 0, inf],
    ['siluDerivative', siluDerivative, 0, 0.5, 1],
    ['gelu', gelu, 0, 0, inf],
    ['geluDerivative', geluDerivative, 0, 0.5, 1],
    ['gelu by tanh', (x) => gelu(x, { approximate: 'tanh' }), 0, 0, inf],
    ['geluDerivative by tanh', (x) => geluDerivative(x, { approximate: 'tanh' }), 0, 0.5, 1],
    ['softplus', softplus, 0, Math.LN2, inf],
    ['softplusDerivative', softplusDerivative, 0, 0.5, 1],
  ])('%s', (_, f, low, middle, high) => {
    expect([f(-inf), f(0), f(inf)]).toEqual([low, middle, high]);
    // The largest float64 numbers are as good as infinite, and overflow nothing on the way.
    expect(f(-largest)).toBe(low);
    expect(f(largest)).toBe(high === inf ? largest : high);
  });
  it('keeps the sign of zero in odd functions', () => {
    for (const f of [identity, tanh, scaledTanh, hardTanh]) expect(f(-0)).toBe(-0);
    for (const f of [tanh, scaledTanh]) expect(f(0)).toBe(0);
  });
  it('rounds to its limits where the docblocks say', () => {
    expect([sigmoid(37.42), sigmoid(37.44)].map((v) => v === 1)).toEqual([false, true]);
    expect([sigmoid(-745.13), sigmoid(-745.14)].map((v) => v === 0)).toEqual([false, true]);
    expect([tanh(19.06), tanh(19.07)].map((v) => v === 1)).toEqual([false, true]);
    expect([tanhDerivative(7.45e-9), tanhDerivative(7.46e-9)].map((v) => v === 1)).toEqual([true, false]);
    expect([tanhDerivative(373.25), tanhDerivative(373.27)].map((v) => v === 0)).toEqual([false, true]);
    expect([softplus(-745.13), softplus(-745.14)].map((v) => v === 0)).toEqual([false, true]);
    expect(softplus(40)).toBe(40);
  });
});

describe('row A3: a·tanh(b·x)', () => {
  it('has f(±1) ≈ ±1 and slope 1.144 at 0, as printed', () => {
    expect(scaledTanh(1).toFixed(5)).toBe('1.00006');
    expect(scaledTanh(-1).toFixed(5)).toBe('-1.00006');
    expect(scaledTanhDerivative(0).toFixed(3)).toBe('1.144');
  });
  it('takes other scales, of either sign', () => {
    expect(scaledTanh(0.5, { a: 2, b: 3 })).toBeCloseTo(2 * Math.tanh(1.5), 14);
    expect(scaledTanh(0.5, { a: 2, b: -3 })).toBeCloseTo(-2 * Math.tanh(1.5), 14);
    expect(scaledTanhDerivative(0.5, { a: 2, b: -3 })).toBeCloseTo(-6 * (1 - Math.tanh(1.5) ** 2), 14);
    expect(scaledTanh(inf, { a: 2, b: -3 })).toBe(-2);
  });
});

describe('identities', () => {
  it('A2: every printed form agrees where it is representable', () => {
    fc.assert(
      fc.property(fc.double({ min: -15, max: 15, noNaN: true }), (v) => {
        const s = 1 / (1 + Math.exp(-v));
        expect(Math.abs(sigmoid(v) - s)).toBeLessThan(1e-15);
        expect(Math.abs(sigmoidDerivative(v) - s * (1 - s))).toBeLessThan(1e-15);
        expect(Math.abs(sigmoidDerivative(v) - Math.exp(-v) / (1 + Math.exp(-v)) ** 2)).toBeLessThan(1e-15);
        expect(Math.abs(tanhDerivative(v) - (1 - Math.tanh(v) ** 2))).toBeLessThan(1e-15);
        expect(Math.abs(tanhDerivative(v) - (4 * Math.exp(2 * v)) / (Math.exp(2 * v) + 1) ** 2)).toBeLessThan(1e-15);
      }),
    );
  });
  it('A8: 0 < σ′ ≤ ¼ and 0 < tanh′ ≤ 1', () => {
    fc.assert(
      fc.property(fc.double({ min: -370, max: 370, noNaN: true }), (v) => {
        expect(sigmoidDerivative(v)).toBeGreaterThan(0);
        expect(sigmoidDerivative(v)).toBeLessThanOrEqual(0.25);
        expect(tanhDerivative(v)).toBeGreaterThan(0);
        expect(tanhDerivative(v)).toBeLessThanOrEqual(1);
      }),
    );
  });
  it('A4: softplus − ReLU lies between 0 and ln 2', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (v) => {
        const gap = softplus(v) - relu(v);
        expect(gap).toBeGreaterThanOrEqual(0);
        expect(gap).toBeLessThanOrEqual(Math.LN2);
      }),
    );
  });
  it('symmetry, exactly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (v) => {
        expect(tanh(-v)).toBe(-tanh(v));
        expect(scaledTanh(-v)).toBe(-scaledTanh(v));
        expect(sigmoidDerivative(-v)).toBe(sigmoidDerivative(v));
        expect(tanhDerivative(-v)).toBe(tanhDerivative(v));
        expect(scaledTanhDerivative(-v)).toBe(scaledTanhDerivative(v));
      }),
    );
  });
});

it.each<ActivationName>(['identity', 'sigmoid', 'tanh', 'scaledTanh', 'softplus', 'silu', 'gelu'])(
  '%s: the derivative agrees with central differences',
  (name) => {
    const { value, derivative } = activations[name];
    fc.assert(
      fc.property(moderate, (x) => {
        const [slope] = differences((moved) => value(moved.data[0]), tensor([1], [x])).data;
        expect(Math.abs(derivative(x) - slope)).toBeLessThan(1e-10);
      }),
    );
  },
);

it.each<ActivationName>(['relu', 'leakyRelu', 'elu', 'hardTanh', 'sign', 'step'])(
  '%s: the derivative, away from the kinks',
  (name) => {
    const { value, derivative } = activations[name];
    for (const x of [-3, -1.5, -0.75, -0.25, 0.25, 0.75, 1.5, 3]) {
      const [slope] = differences((moved) => value(moved.data[0]), tensor([1], [x])).data;
      expect(derivative(x)).toBeCloseTo(slope, 11);
    }
  },
);
