/** The activations, their slopes and backward passes as decks and libraries write them. */
import type { ActivationAttributes, ActivationName } from '../../../backends/signatures.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';
import { elementwise } from '../shared/formTensors.ts';
import { unread } from './facts.ts';

/** A function of one number in some arithmetic; attributes are as the format holds them. */
type Unit = (x: number, m: Arithmetic, scale: ActivationAttributes) => number;
type Units = Readonly<Record<string, Unit>>;

const one = 1;
const sigmoids: Units = {
  '1/(1 + e^−x)': (x, m) => m.divide(one, m.add(one, m.exp(-x))),
  'e^x/(1 + e^x) below 0': (x, m) => (x >= 0 ? m.divide(one, m.add(one, m.exp(-x))) : m.divide(m.exp(x), m.add(one, m.exp(x)))),
  'with a reciprocal': (x, m) => {
    const reciprocal = m.divide(one, m.add(one, m.exp(-Math.abs(x))));
    return x >= 0 ? reciprocal : m.multiply(m.exp(x), reciprocal);
  },
};
/** Beyond this the result is ±1 in every format, and e^2x overflows further on. */
const saturated = 40;
const tanhs: Units = {
  tanh: (x, m) => m.tanh(x),
  'through e^2x − 1': (x, m) => {
    if (!(Math.abs(x) <= saturated)) return Math.sign(x);
    const t = m.expm1(2 * Math.abs(x));
    return Math.sign(x) * m.divide(t, m.add(t, 2));
  },
};
/** 4e^{2v}/(e^{2v} + 1)² and e^{v}/(e^{v} + 1)², with e^{−|v|} where e^{v} would overflow in the square. */
const ofExponential = (x: number, factor: 1 | 2, m: Arithmetic) => {
  const exponent = factor * x;
  const e = m.exp(Math.abs(exponent) < saturated ? exponent : -Math.abs(exponent));
  const sum = m.add(one, e);
  return m.divide(factor * factor * e, m.multiply(sum, sum));
};
const sigmoidSlopes: Units = {
  ...each(sigmoids, (f) => ({
    'σ(1 − σ)': (x, m, scale) => m.multiply(f(x, m, scale), m.subtract(one, f(x, m, scale))),
    'σ − σ²': (x, m, scale) => m.multiplyAdd(-f(x, m, scale), f(x, m, scale), f(x, m, scale)),
  })),
  'e^−|x|/(1 + e^−|x|)²': (x, m) => ofExponential(-Math.abs(x), 1, m),
  'e^x/(1 + e^x)²': (x, m) => ofExponential(x, 1, m),
};
const fromTanh = (f: Unit): Units => ({
  '1 − t²': (x, m, scale) => m.multiplyAdd(-f(x, m, scale), f(x, m, scale), one),
  '(1 + t)(1 − t)': (x, m, scale) => m.multiply(m.add(one, f(x, m, scale)), m.subtract(one, f(x, m, scale))),
});
const tanhSlopes: Units = {
  ...each(tanhs, fromTanh),
  '4e^2x/(e^2x + 1)²': (x, m) => ofExponential(x, 2, m),
  '4e^−2|x|/(e^−2|x| + 1)²': (x, m) => ofExponential(-Math.abs(x), 2, m),
  '1/cosh²': (x, m) => m.divide(one, m.multiply(m.cosh(x), m.cosh(x))),
  '(1/cosh)²': (x, m) => m.multiply(m.divide(one, m.cosh(x)), m.divide(one, m.cosh(x))),
  '(2/(e^x + e^−x))²': (x, m) => {
    const sech = m.divide(2, m.add(m.exp(x), m.exp(-x)));
    return m.multiply(sech, sech);
  },
};
const scaledTanhs: Units = Object.fromEntries(
  Object.entries(tanhs).map(([name, f]): [string, Unit] => [
    name,
    (x, m, scale) => m.multiply(scale.a, f(m.multiply(scale.b, x), m, scale)),
  ]),
);
const scaledTanhSlopes: Units = {
  ...Object.fromEntries(
    Object.entries(tanhSlopes).flatMap(([name, f]): [string, Unit][] => [
      [`ab(${name})`, (x, m, s) => m.multiply(m.multiply(s.a, s.b), f(m.multiply(s.b, x), m, s))],
      [`a(b(${name}))`, (x, m, s) => m.multiply(s.a, m.multiply(s.b, f(m.multiply(s.b, x), m, s)))],
    ]),
  ),
  ...each(scaledTanhs, (f) => ({
    '(b/a)(a² − y²)': (x, m, s) => {
      const y = f(x, m, s);
      return m.multiply(m.divide(s.b, s.a), m.multiplyAdd(-y, y, m.multiply(s.a, s.a)));
    },
    '(b/a)(a − y)(a + y)': (x, m, s) => {
      const y = f(x, m, s);
      return m.multiply(m.multiply(m.divide(s.b, s.a), m.subtract(s.a, y)), m.add(s.a, y));
    },
  })),
};

/** Values and slopes of each activation. */
export const units: Readonly<Record<ActivationName, { readonly value: Units; readonly slope: Units }>> = {
  identity: { value: { x: (x) => x }, slope: { 1: () => 1 } },
  sign: { value: { sign: (x) => Math.sign(x) }, slope: { 0: () => 0 } },
  step: { value: { 'x ≥ 0': (x) => (Number.isNaN(x) ? x : x >= 0 ? 1 : 0) }, slope: { 0: () => 0 } },
  relu: {
    value: { 'max(x, 0)': (x) => Math.max(x, 0) },
    slope: { 'x > 0': (x) => (x > 0 ? 1 : 0), 'x ≥ 0': (x) => (x >= 0 ? 1 : 0) },
  },
  leakyRelu: {
    value: {
      'x > 0 ? x : αx': (x, m, { alpha }) => (x > 0 ? x : m.multiply(alpha, x)),
      'x ≥ 0 ? x : αx': (x, m, { alpha }) => (x >= 0 ? x : m.multiply(alpha, x)),
      'max(x, 0) + α·min(x, 0)': (x, m, { alpha }) => m.multiplyAdd(alpha, Math.min(x, 0), Math.max(x, 0)),
    },
    slope: {
      'x > 0 ? 1 : α': (x, _, { alpha }) => (x > 0 ? 1 : alpha),
      'x ≥ 0 ? 1 : α': (x, _, { alpha }) => (x >= 0 ? 1 : alpha),
    },
  },
  elu: {
    value: {
      'x > 0 ? x : α(e^x − 1)': (x, m, { alpha }) => (x > 0 ? x : m.multiply(alpha, m.expm1(x))),
      'max(x, 0) + α(e^min(x, 0) − 1)': (x, m, { alpha }) => m.multiplyAdd(alpha, m.expm1(Math.min(x, 0)), Math.max(x, 0)),
    },
    slope: {
      'x > 0 ? 1 : α·e^x': (x, m, { alpha }) => (x > 0 ? 1 : m.multiply(alpha, m.exp(x))),
      'x ≥ 0 ? 1 : α·e^x': (x, m, { alpha }) => (x >= 0 ? 1 : m.multiply(alpha, m.exp(x))),
      'x > 0 ? 1 : y + α': (x, m, { alpha }) => (x > 0 ? 1 : m.multiplyAdd(alpha, m.expm1(x), alpha)),
    },
  },
  hardTanh: {
    value: { 'max(−1, min(1, x))': (x) => Math.max(-1, Math.min(1, x)) },
    slope: { '|x| < 1': (x) => (Math.abs(x) < 1 ? 1 : 0), '|x| ≤ 1': (x) => (Math.abs(x) <= 1 ? 1 : 0) },
  },
  sigmoid: { value: sigmoids, slope: sigmoidSlopes },
  tanh: { value: tanhs, slope: tanhSlopes },
  scaledTanh: { value: scaledTanhs, slope: scaledTanhSlopes },
  silu: {
    value: {
      ...each(sigmoids, (f) => ({ x·σ: (x, m, s) => m.multiply(x, f(x, m, s)) })),
      'x/(1 + e^−x)': (x, m) => m.divide(x, m.add(one, m.exp(-x))),
    },
    slope: each(sigmoids, (f) => ({
      'σ(1 + x(1 − σ))': (x, m, s) => {
        const gate = f(x, m, s);
        return m.multiply(gate, m.multiplyAdd(x, m.subtract(one, gate), one));
      },
      'σ + xσ(1 − σ)': (x, m, s) => {
        const gate = f(x, m, s);
        return m.multiplyAdd(m.multiply(x, gate), m.subtract(one, gate), gate);
      },
      'y + σ(1 − y)': (x, m, s) => {
        const gate = f(x, m, s);
        const value = m.multiply(x, gate);
        return m.multiplyAdd(gate, m.subtract(one, value), value);
      },
    })),
  },
  gelu: { value: gaussians(), slope: gaussianSlopes() },
  softplus: {
    value: {
      'max(x, 0) + ln(1 + e^−|x|)': (x, m) => m.add(Math.max(x, 0), m.log1p(m.exp(-Math.abs(x)))),
      'ln(1 + e^x), x above 40': (x, m) => (x > saturated ? x : m.log1p(m.exp(x))),
      'x + ln(1 + e^−x), e^x below −40': (x, m) =>
        x < -saturated ? m.exp(x) : m.add(Math.max(x, 0), m.log1p(m.exp(-Math.abs(x)))),
    },
    slope: sigmoids,
  },
};

/** √(2/π)(x + 0.044715x³) in two orders. */
function tanhArgument(x: number, m: Arithmetic, order: 'cube' | 'square'): number {
  const [scale, factor] = [m.round(Math.sqrt(2 / Math.PI)), m.round(0.044715)];
  const square = m.multiply(x, x);
  if (order === 'cube') return m.multiply(scale, m.multiplyAdd(factor, m.multiply(square, x), x));
  return m.multiply(m.multiply(scale, x), m.multiplyAdd(factor, square, one));
}
/** Where a tanh rounds to ±1 every library has that. */
function roundedTanh(z: number, m: Arithmetic): number {
  const nearest = m.round(Math.tanh(z));
  return Math.abs(nearest) === 1 ? nearest : m.tanh(z);
}
/** 1 + erf(x/√2), or 1 + tanh z. */
const onePlus = (x: number, m: Arithmetic, { approximate }: ActivationAttributes) =>
  m.add(one, approximate === 'none' ? m.erf(m.multiply(x, m.round(Math.SQRT1_2))) : roundedTanh(tanhArgument(x, m, 'cube'), m));
/** ½erfc(−x/√2), or σ(2z): right to all digits far below 0 as well. */
function weightOf(x: number, m: Arithmetic, { approximate }: ActivationAttributes): number {
  if (approximate === 'none') return m.multiply(0.5, m.erfc(-m.multiply(x, m.round(Math.SQRT1_2))));
  const z = tanhArgument(x, m, 'square');
  return m.divide(one, m.add(one, m.exp(-m.add(z, z))));
}
function gaussians(): Units {
  return {
    '½x(1 + f(z))': (x, m, s) => m.multiply(m.multiply(0.5, x), onePlus(x, m, s)),
    'x·½(1 + f(z))': (x, m, s) => m.multiply(x, m.multiply(0.5, onePlus(x, m, s))),
    'x·½erfc or x·σ(2z)': (x, m, s) => m.multiply(x, weightOf(x, m, s)),
  };
}
/** φ(x), or ½(1 − tanh² z)z′. */
function weightSlope(x: number, m: Arithmetic, { approximate }: ActivationAttributes): number {
  const square = m.multiply(x, x);
  if (approximate === 'none') return m.multiply(m.round(1 / Math.sqrt(2 * Math.PI)), m.exp(m.multiply(-0.5, square)));
  const t = roundedTanh(tanhArgument(x, m, 'cube'), m);
  const inner = m.multiply(m.round(Math.sqrt(2 / Math.PI)), m.multiplyAdd(m.round(3 * 0.044715), square, one));
  return m.multiply(m.multiply(0.5, m.multiplyAdd(-t, t, one)), inner);
}
function gaussianSlopes(): Units {
  return {
    '½(1 + f) + x·w′': (x, m, s) => m.multiplyAdd(x, weightSlope(x, m, s), m.multiply(0.5, onePlus(x, m, s))),
    'w + x·w′': (x, m, s) => m.multiplyAdd(x, weightSlope(x, m, s), weightOf(x, m, s)),
  };
}

/** Each formula made from each of some functions. */
function each(functions: Units, make: (f: Unit) => Units): Units {
  return Object.fromEntries(
    Object.entries(functions).flatMap(([name, f]) =>
      Object.entries(make(f)).map(([formula, made]): [string, Unit] => [`${formula}, ${name}`, made]),
    ),
  );
}

/** Rounds attributes to the format. */
function roundedAttributes(attributes: Readonly<Record<string, unknown>>, m: Arithmetic): ActivationAttributes {
  const rounded = Object.entries(attributes).map(([name, value]) => [name, typeof value === 'number' ? m.round(value) : value]);
  return { ...unread, ...Object.fromEntries(rounded) };
}

const unary =
  (f: Unit): Form =>
  ({ inputs, attributes }, m) => {
    const scale = roundedAttributes(attributes, m);
    return { y: elementwise((x) => f(x, m, scale), inputs.x) };
  };

/** Activations with a slope of 0 or 1. */
const choosing: readonly ActivationName[] = ['identity', 'sign', 'step', 'relu', 'hardTanh'];

/** dy·f′(x) of each slope; dy chosen where the slope is 1 and 0 elsewhere; a product of several factors from the left. */
function backwards(name: ActivationName, slopes: Units): Record<string, Form> {
  const of =
    (f: (dy: number, x: number, m: Arithmetic, scale: ActivationAttributes) => number): Form =>
    ({ inputs, attributes }, m) => {
      const scale = roundedAttributes(attributes, m);
      return { dx: elementwise((x, dy) => f(dy, x, m, scale), inputs.x, inputs.dy) };
    };
  const products = Object.entries(slopes).map(([slope, f]): [string, Form] => [
    `dy·(${slope})`,
    of((dy, x, m, scale) => m.multiply(dy, f(x, m, scale))),
  ]);
  const selections = Object.entries(slopes).map(([slope, f]): [string, Form] => [
    `dy where (${slope})`,
    of((dy, x, m, scale) => (f(x, m, scale) === 0 ? 0 : dy)),
  ]);
  const smooth: Readonly<Record<string, Record<string, Form>>> = {
    sigmoid: each2(sigmoids, (f) => ({
      '(dy·σ)(1 − σ)': (dy, x, m, s) => m.multiply(m.multiply(dy, f(x, m, s)), m.subtract(one, f(x, m, s))),
      'dy(1 − σ)·σ': (dy, x, m, s) => m.multiply(m.multiply(dy, m.subtract(one, f(x, m, s))), f(x, m, s)),
    })),
    tanh: each2(tanhs, (f) => ({
      '(dy(1 + t))(1 − t)': (dy, x, m, s) => m.multiply(m.multiply(dy, m.add(one, f(x, m, s))), m.subtract(one, f(x, m, s))),
      '(dy(1 − t))(1 + t)': (dy, x, m, s) => m.multiply(m.multiply(dy, m.subtract(one, f(x, m, s))), m.add(one, f(x, m, s))),
    })),
    scaledTanh: each2(tanhs, (f) => ({
      'dy·a·b(1 − t²)': (dy, x, m, s) => {
        const t = f(m.multiply(s.b, x), m, s);
        return m.multiply(m.multiply(m.multiply(dy, s.a), s.b), m.multiplyAdd(-t, t, one));
      },
    })),
    silu: each2(sigmoids, (f) => ({
      'dy·σ + (dy·x)·σ(1 − σ)': (dy, x, m, s) => {
        const gate = f(x, m, s);
        const slope = m.multiply(gate, m.subtract(one, gate));
        return m.add(m.multiply(dy, gate), m.multiply(m.multiply(dy, x), slope));
      },
    })),
    gelu: {
      'dy·w + (dy·x)·w′': of((dy, x, m, s) =>
        m.add(m.multiply(dy, weightOf(x, m, s)), m.multiply(m.multiply(dy, x), weightSlope(x, m, s))),
      ),
      '½(dy(1 + f)) + (dy·x)·w′': of((dy, x, m, s) =>
        m.add(m.multiply(0.5, m.multiply(dy, onePlus(x, m, s))), m.multiply(m.multiply(dy, x), weightSlope(x, m, s))),
      ),
      'dy·½(1 + f) + dy·(x·w′)': of((dy, x, m, s) =>
        m.add(m.multiply(dy, m.multiply(0.5, onePlus(x, m, s))), m.multiply(dy, m.multiply(x, weightSlope(x, m, s)))),
      ),
    },
    softplus: {
      'dy/(1 + e^−x)': of((dy, x, m) => m.divide(dy, m.add(one, m.exp(-x)))),
    },
  };
  function each2(
    functions: Units,
    make: (f: Unit) => Record<string, (dy: number, x: number, m: Arithmetic, scale: ActivationAttributes) => number>,
  ): Record<string, Form> {
    return Object.fromEntries(
      Object.entries(functions).flatMap(([from, f]) =>
        Object.entries(make(f)).map(([formula, made]): [string, Form] => [`${formula}, ${from}`, of(made)]),
      ),
    );
  }
  return Object.fromEntries([
    ...products,
    ...(choosing.includes(name) ? selections : []),
    ...Object.entries(smooth[name] ?? {}),
  ]);
}

export const activationForms: Forms = Object.fromEntries(
  Object.entries(units).flatMap(([name, { value, slope }]) => {
    const formsOf = (of: Units) => Object.fromEntries(Object.entries(of).map(([form, f]) => [form, unary(f)]));
    return [
      [name, formsOf(value)],
      [`${name}.derivative`, formsOf(slope)],
      [`${name}.backward`, backwards(name as ActivationName, slope)],
    ];
  }),
);
