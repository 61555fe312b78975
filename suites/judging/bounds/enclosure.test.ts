import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Activation, activations } from '../../../reference/activations.ts';
import { tensor } from '../../../reference/tensor.ts';
import { honestFunctions } from '../../operations/shared/honestFunctions.ts';
import { honestSums } from '../../operations/shared/honestSums.ts';
import { precisions } from '../precision.ts';
import {
  activation,
  activationDerivative,
  add,
  dense,
  divide,
  type Enclosed,
  enclosedActivations,
  exact,
  exp,
  input,
  limitOf,
  log,
  log1p,
  matmul,
  maximum,
  multiply,
  negate,
  power,
  rearranged,
  scale,
  sqrt,
  subtract,
  sum,
  total,
  widest,
} from './enclosure.ts';

const { float32, float64, float16 } = precisions;
const u = float32.unitRoundoff;
const { fround } = Math;

/** One number with its error. */
function about(value: number, error: number): Enclosed {
  return { value: tensor([1], [value]), error: Float64Array.of(error) };
}
const vector = (values: readonly number[], errors: readonly number[] = values.map(() => 0)): Enclosed => ({
  value: tensor([values.length], values),
  error: Float64Array.from(errors),
});

/** On a grid, and errors that are powers of two: the ends of the intervals are numbers of float64. */
const onGrid = (low: number, high: number) =>
  fc.integer({ min: low * 2 ** 20, max: high * 2 ** 20 }).map((units) => units / 2 ** 20);
const number = fc.oneof(
  onGrid(-4, 4),
  fc.integer({ min: -9, max: 9 }),
  onGrid(-1, 1).map((x) => x / 1024),
);
const positive = onGrid(0, 20).map((x) => x + 2 ** -10);
const error = fc.constantFrom(0, 0, 2 ** -30, 2 ** -20, 2 ** -10, 0.25);

/** What float32 makes of numbers anywhere in the intervals: the ends, the middle, and a point between. */
function computedFrom(value: number, e: number): number[] {
  return [value - e, value, value + 0.375 * e, value + e];
}

const binaries = {
  add: { enclosed: add, operation: (a: number, b: number) => a + b },
  subtract: { enclosed: subtract, operation: (a: number, b: number) => a - b },
  multiply: { enclosed: multiply, operation: (a: number, b: number) => a * b },
  divide: { enclosed: divide, operation: (a: number, b: number) => a / b },
};

describe.each(Object.entries(binaries))('%s', (name, { enclosed, operation }) => {
  it('encloses whatever float32 makes of numbers in the intervals', () => {
    fc.assert(
      fc.property(number, error, number, error, (x, ex, y, ey) => {
        const result = enclosed(about(x, ex), about(y, ey), float32);
        if (name === 'divide' && Math.abs(y) <= ey) return true;
        const computed = computedFrom(x, ex).flatMap((a) => computedFrom(y, ey).map((b) => fround(operation(a, b))));
        return computed.every((c) => Math.abs(c - result.value.data[0]) <= result.error[0]);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('is not wider than the intervals ask for', () => {
    for (const [x, ex, y, ey] of [
      [0.7, 1e-3, 0.3, 1e-4],
      [3.3, 0, -1.9, 1e-5],
      [-2.1, 1e-6, 0.9, 0],
    ]) {
      const [, ...rest] = computedFrom(x, ex).flatMap((a) =>
        computedFrom(y, ey).map((b) => Math.abs(operation(a, b) - operation(x, y))),
      );
      const carried = Math.max(...rest);
      const { error: bound, value } = enclosed(about(x, ex), about(y, ey), float32);
      expect(bound[0]).toBeLessThan(1.01 * carried + 2.1 * u * Math.abs(value.data[0]));
    }
  });

  it('is exact where nothing rounds', () => {
    const result = enclosed(vector([6, -3, 0, 1]), vector([2, 4, 8, 0.5]), float32);
    expect(Array.from(result.error)).toEqual([0, 0, 0, 0]);
    expect(Array.from(result.value.data)).toEqual([6, -3, 0, 1].map((v, i) => operation(v, [2, 4, 8, 0.5][i])));
  });

  it('rounds what the format does not hold', () => {
    const result = enclosed(about(1 + 2 ** -20, 0), about(3 + 2 ** -18, 0), float16);
    expect(result.error[0]).toBeGreaterThanOrEqual(float16.unitRoundoff * Math.abs(result.value.data[0]));
  });
});

describe('divide', () => {
  it('has no bound where the divisor may be 0, and two roundings otherwise', () => {
    expect(divide(about(1, 0), about(0.1, 0.1), float32).error[0]).toBe(Infinity);
    expect(divide(about(1, 0), about(3, 0), float32).error[0] / (u / 3)).toBeCloseTo(2, 5);
  });
});

describe('broadcasting', () => {
  it('matches axes from the last and repeats those of size 1', () => {
    const a = { value: tensor([2, 1, 2], [1, 2, 3, 4]), error: Float64Array.of(0, 0, 0, 0.5) };
    const b = exact(tensor([3, 1], [10, 20, 30]));
    const { value, error: errors } = add(a, b, float32);
    expect(value.shape).toEqual([2, 3, 2]);
    expect(Array.from(value.data)).toEqual([11, 12, 21, 22, 31, 32, 13, 14, 23, 24, 33, 34]);
    expect(Array.from(errors, (e) => e > 0.4)).toEqual(Array.from({ length: 12 }, (_, i) => i > 6 && i % 2 === 1));
    expect(Array.from(multiply(exact(tensor([], [2])), exact(tensor([2], [3, 4])), float32).value.data)).toEqual([6, 8]);
  });

  it('refuses sizes that differ', () => {
    expect(() => add(exact(tensor([2], [1, 2])), exact(tensor([3], [1, 2, 3])), float32)).toThrow(
      'enclosure: shapes [2] and [3] cannot be broadcast',
    );
  });
});

describe('inputs and limits', () => {
  it('an input is exact where the format holds it', () => {
    const x = tensor([4], [0.5, 0.1, 1e-9, 0]);
    expect(Array.from(input(x, float16).error)).toEqual([0, 0.1 * 2 ** -11, 1e-9, 0]);
    expect(Array.from(input(x, float64).error)).toEqual([0, 0, 0, 0]);
  });

  it('a limit counts how far the expected value is from the centre', () => {
    expect(Array.from(limitOf(vector([1, 2], [0.25, 0]), tensor([2], [1.5, 2])).limit)).toEqual([0.75, 0]);
  });

  it('the wider of two bounds reaches what either allows', () => {
    const { value, error: errors } = widest(vector([1, 2], [0.25, 0.5]), vector([1.5, 2], [0.25, 0.125]));
    expect(Array.from(value.data)).toEqual([1, 2]);
    expect(Array.from(errors)).toEqual([0.75, 0.5]);
  });

  it('a rearrangement takes the errors along', () => {
    const { value, error: errors } = rearranged(vector([1, 2, 3], [0.1, 0.2, 0.3]), (t) =>
      tensor([3, 1], Array.from(t.data).reverse()),
    );
    expect(value.shape).toEqual([3, 1]);
    expect([Array.from(value.data), Array.from(errors)]).toEqual([
      [3, 2, 1],
      [0.3, 0.2, 0.1],
    ]);
  });

  it('a power of two scales without rounding, another factor with its own', () => {
    expect(scale(about(3, 0.5), 0.5, float32).error[0]).toBeCloseTo(0.25, 6);
    expect(scale(about(3, 0), 0.5, float32).error[0]).toBe(0);
    expect(scale(about(3, 0), 0.1, float32).error[0] / (0.3 * u)).toBeCloseTo(2, 3);
    expect(negate(about(3, 0.5))).toEqual(about(-3, 0.5));
  });
});

describe('sums', () => {
  const values = fc.array(fc.tuple(number, error), { minLength: 1, maxLength: 20 });

  it.each(Object.entries(honestSums))('enclose what float32 makes of the intervals, %s', (_, order) => {
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 3 }), (terms, corner) => {
        const held = terms.map(([x, e]): [number, number] => [fround(x), e]);
        const { value, error: errors } = total(
          vector(
            held.map(([x]) => x),
            held.map(([, e]) => e),
          ),
          float32,
        );
        const moved = held.map(([x, e]) => computedFrom(x, e)[corner]).map((x, i) => (held[i][1] === 0 ? x : fround(x)));
        const slack = held.reduce((sum, [x, e]) => sum + (e === 0 ? 0 : u * (Math.abs(x) + e)), 0);
        expect(Math.abs(order(moved) - value.data[0])).toBeLessThanOrEqual(errors[0] + slack);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it('run over one axis, which stays with size 1', () => {
    const t = exact(tensor([2, 3], [1, 2, 3, 10, 20, 30]));
    expect(sum(t, 0, float32).value).toEqual(tensor([1, 3], [11, 22, 33]));
    expect(sum(t, -1, float32).value).toEqual(tensor([2, 1], [6, 60]));
    expect(total(t, float32).value).toEqual(tensor([], [66]));
    expect(Array.from(sum(t, -1, float32).error)).toEqual([0, 0]);
  });

  it('of rounded terms grow by one rounding a term but the first', () => {
    const third = fround(1 / 3);
    const at = (terms: number) => total(vector(Array(terms).fill(third)), float32).error[0] / (terms * third * u);
    expect(at(8)).toBeGreaterThan(7);
    expect(at(8)).toBeLessThan(9);
  });

  it('the largest element has the largest error', () => {
    const { value, error: errors } = maximum(
      { value: tensor([2, 2], [1, 5, 7, -1]), error: Float64Array.of(0.5, 0.1, 0, 0.2) },
      -1,
    );
    expect(value).toEqual(tensor([2, 1], [5, 7]));
    expect(Array.from(errors)).toEqual([0.5, 0.2]);
  });
});

describe('products', () => {
  const [x, weights, bias] = [tensor([1, 2], [0.3, -0.7]), tensor([2, 2], [1.1, 0.2, -0.4, 0.9]), tensor([2], [0.5, -0.1])].map(
    (t) => ({ ...t, data: t.data.map(fround) }),
  );

  it('enclose a dense layer whose inputs, weights and bias are off', () => {
    const off = (t: typeof x, e: number): Enclosed => ({ value: t, error: Float64Array.from(t.data, () => e) });
    const { value, error: errors } = dense(off(x, 1e-4), off(weights, 1e-3), off(bias, 1e-5), float32);
    for (let signs = 0; signs < 2 ** 3; signs++) {
      const sign = (bit: number) => ((signs >> bit) & 1 ? 1 : -1);
      for (let k = 0; k < 2; k++) {
        const terms = [0, 1].map((i) =>
          fround(fround(x.data[i] + sign(0) * 1e-4) * fround(weights.data[2 * k + i] + sign(1) * 1e-3)),
        );
        const y = fround(fround(terms[0] + terms[1]) + fround(bias.data[k] + sign(2) * 1e-5));
        expect(Math.abs(y - value.data[k])).toBeLessThanOrEqual(errors[k] + 4 * u);
      }
    }
    // |x|e_w + |w|e_x + e_b for the first unit, and little more.
    const carried = 1 * 1e-3 + 1.3 * 1e-4 + 1e-5;
    expect(errors[0]).toBeGreaterThan(carried);
    expect(errors[0]).toBeLessThan(1.001 * carried + 10 * u);
  });

  it('of matrices are exact for integers and γ otherwise', () => {
    const a = tensor([1, 3], [1, 2, 3]);
    const b = tensor([3, 1], [4, -5, 6]);
    expect(matmul(exact(a), exact(b), float32)).toEqual({ value: tensor([1, 1], [12]), error: Float64Array.of(0) });
    const c = tensor([3, 1], [0.1, -0.2, 0.3].map(fround));
    const { error: errors } = matmul(exact(a), exact(c), float32);
    expect(errors[0]).toBeGreaterThan(3 * u * 1.4);
    expect(errors[0]).toBeLessThan(4 * u * 1.4);
  });
});

describe('functions', () => {
  const functions = { exp, log, log1p, sqrt };

  it.each(Object.entries(honestFunctions))('enclose float32 exponentials and logarithms %s', (_, honest) => {
    const float32s = { ...honest, sqrt: (x: number) => fround(Math.sqrt(x)) };
    for (const name of ['exp', 'log', 'log1p', 'sqrt'] as const) {
      fc.assert(
        fc.property(positive, error, (x, e) => {
          if (e >= x && name !== 'exp') return true;
          const { value, error: errors } = functions[name](about(x, e), float32);
          if (value.data[0] !== Math[name](x)) return false;
          return computedFrom(x, e).every((moved) => Math.abs(float32s[name](moved) - value.data[0]) <= errors[0]);
        }),
        { seed: 3, numRuns: 500 },
      );
    }
  });

  it('have the ends they should', () => {
    expect(exp(about(-Infinity, 0), float32)).toEqual(about(0, 0));
    expect(exp(about(-800, 0), float32).error[0]).toBe(2 * float32.smallestSubnormal);
    expect(log(about(0.1, 0.2), float32).error[0]).toBe(Infinity);
    expect(log(about(1, 0), float32)).toEqual(about(0, 0));
    expect(sqrt(about(2.25, 0), float32)).toEqual(about(1.5, 0));
    expect(sqrt(about(2, 0), float32).error[0] / (Math.SQRT2 * u)).toBeCloseTo(1, 6);
    expect(sqrt(about(0, 0.25), float32).error[0]).toBeCloseTo(0.5, 6);
  });
});

describe('power', () => {
  it('holds repeated float32 products of a rounded number, up and down', () => {
    for (const base of [0.999, 0.9, 0.3, 0.2]) {
      for (const k of [2, 3, 10, 40]) {
        const { value, error } = power(input(tensor([], [base]), precisions.float32), k, precisions.float32);
        expect(value.data[0]).toBe(base ** k);
        let product = 1;
        for (let i = 0; i < k; i++) product = Math.fround(product * Math.fround(base));
        const off = Math.abs(product - base ** k);
        expect(off).toBeLessThanOrEqual(error[0]);
        expect(error[0]).toBeLessThan(base ** k);
      }
    }
  });

  it('rounds nothing to the power of 0 and 1', () => {
    const half = exact(tensor([], [0.5]));
    expect([0, 1].map((k) => power(half, k, precisions.float32)).map(({ value, error }) => [value.data[0], error[0]])).toEqual([
      [1, 0],
      [0.5, 0],
    ]);
  });
});

describe('activations', () => {
  const attributes = { a: 1.75, b: 0.625, alpha: 1, approximate: 'none' } as const;

  it.each(enclosedActivations)('%s and its slope at any point of an interval, rounded, are enclosed', (name) => {
    const { value, derivative } = activations[name] as Activation;
    fc.assert(
      fc.property(fc.oneof(number, onGrid(-30, 30)), error, (x, e) => {
        const y = activation(name, about(x, e), float32, attributes);
        const slope = activationDerivative(name, about(x, e), float32, attributes);
        // The functions themselves are rounded to float64.
        const encloses = (part: Enclosed, result: number) =>
          Math.abs(result - part.value.data[0]) <= part.error[0] * (1 + 1e-12) + 1e-18;
        return computedFrom(x, e).every(
          (at) => encloses(y, value(at, attributes)) && encloses(slope, derivative(at, attributes)),
        );
      }),
      { seed: 4, numRuns: 1000 },
    );
  });

  it('are exact for exact nets of piecewise linear functions', () => {
    for (const name of ['identity', 'sign', 'step', 'relu', 'hardTanh'] as const) {
      for (const x of [-2, -1, 0, 0.3, 1]) {
        expect(activation(name, about(x, 0), float32).error[0]).toBe(0);
        expect(activationDerivative(name, about(x, 0), float32).error[0]).toBe(0);
      }
    }
  });

  it('are off by no more than the function moves', () => {
    expect(activation('relu', about(-1, 0.5), float32).error[0]).toBe(0);
    expect(activation('relu', about(-0.25, 1), float32).error[0]).toBe(0.75);
    expect(activation('relu', about(3, 0.5), float32).error[0]).toBe(0.5);
    expect(activation('hardTanh', about(1.25, 0.5), float32).error[0]).toBe(0.25);
    expect(activationDerivative('relu', about(0.25, 1), float32).error[0]).toBe(1);
    expect(activation('step', about(1e-9, 1e-6), float32).error[0]).toBe(1);
    // σ is flat at 12: σ′ = 6e-6.
    expect(activation('sigmoid', about(12, 1e-2), float32).error[0]).toBeLessThan(3e-7);
    expect(activation('sigmoid', about(0, 1e-2), float32).error[0]).toBeCloseTo(2.5e-3, 6);
  });

  it('have their own limits at the end of the interval where these are larger', () => {
    const { sigmoid } = activations;
    const moved = 4 * sigmoid.derivative(-16);
    const own = activation('sigmoid', about(-16, 0), float32).error[0];
    expect((activation('sigmoid', about(-20, 4), float32).error[0] - moved) / own).toBeCloseTo(1, 3);
  });
});
