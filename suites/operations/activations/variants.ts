/** Honest activations and slopes: the field's formulas, every operation rounded to float32. */
import type { ActivationName, AttributesOf, ScaledTanhAttributes } from '../../../backends/signatures.ts';
import { combine, map } from '../../../reference/tensor.ts';
import type { HonestVariant } from '../../judging/operation.ts';
import { type HonestFunctions, honestFunctions } from '../shared/honestFunctions.ts';
import { anyOf } from '../shared/variants.ts';

const { fround } = Math;

export type Formula = (x: number, scale: ScaledTanhAttributes) => number;

/** Every operation rounded to float32. */
const add = (a: number, b: number) => fround(a + b);
export const times = (a: number, b: number) => fround(a * b);
const over = (a: number, b: number) => fround(a / b);
const reciprocalTimes = (a: number, b: number) => times(a, over(1, b));

/** The field's formulas for each value and slope, from the elementary functions given. */
export function honestActivations({ exp, expm1, log1p }: HonestFunctions): Record<string, Record<string, Formula>> {
  const stable = (x: number) => (x >= 0 ? over(1, add(1, exp(-x))) : over(exp(x), add(1, exp(x))));
  const sigmoid: Record<string, Formula> = {
    'as printed': (x) => over(1, add(1, exp(-x))),
    'without overflow': stable,
    'with a reciprocal': (x) => (x >= 0 ? over(1, add(1, exp(-x))) : reciprocalTimes(exp(x), add(1, exp(x)))),
    'in float64': (x) => fround(1 / (1 + Math.exp(-x))),
  };
  const byExpm1 = (x: number) => {
    if (Math.abs(x) > 40) return Math.sign(x);
    const t = expm1(2 * Math.abs(x));
    return Math.sign(x) * reciprocalTimes(t, add(t, 2));
  };
  const tanh: Record<string, Formula> = { 'through e^2x − 1': byExpm1, 'in float64': (x) => fround(Math.tanh(x)) };
  const fromExponential = (x: number, factor: number) => {
    const e = exp(-factor * Math.abs(x));
    const onePlus = add(1, e);
    return times(factor * factor, over(e, times(onePlus, onePlus)));
  };
  const sigmoidSlopes = eachOf(sigmoid, (f) => ({
    'σ(1 − σ)': (x, scale) => times(f(x, scale), add(1, -f(x, scale))),
    'σ − σ², fused': (x, scale) => fround(f(x, scale) - f(x, scale) ** 2),
  }));
  const tanhSlopes = eachOf(tanh, (f) => ({
    '1 − y²': (x, scale) => add(1, -times(f(x, scale), f(x, scale))),
    '1 − y², fused': (x, scale) => fround(1 - f(x, scale) ** 2),
    '(1 − y)(1 + y)': (x, scale) => times(add(1, -f(x, scale)), add(1, f(x, scale))),
  }));
  const scaledArgument = (x: number, b: number) => times(b, x);
  const scaledTanh: Record<string, Formula> = Object.fromEntries(
    Object.entries(tanh).map(([name, f]) => [name, (x, scale) => times(scale.a, f(scaledArgument(x, scale.b), scale))]),
  );
  return {
    sigmoid,
    'sigmoid.derivative': { ...sigmoidSlopes, 'e/(1 + e)²': (x) => fromExponential(x, 1) },
    tanh,
    'tanh.derivative': {
      ...tanhSlopes,
      '4e/(1 + e)²': (x) => fromExponential(x, 2),
      '1/cosh²': (x) => {
        const cosh = fround((Math.exp(x) + Math.exp(-x)) / 2);
        return over(1, times(cosh, cosh));
      },
    },
    scaledTanh,
    'scaledTanh.derivative': {
      ...Object.fromEntries(
        Object.entries(tanhSlopes).map(([name, f]): [string, Formula] => [
          `ab(${name})`,
          (x, scale) => times(times(scale.a, scale.b), f(scaledArgument(x, scale.b), scale)),
        ]),
      ),
      ...eachOf(scaledTanh, (f) => ({
        '(b/a)(a² − y²)': (x, scale) => {
          const y = f(x, scale);
          return times(over(scale.b, scale.a), add(times(scale.a, scale.a), -times(y, y)));
        },
        '(b/a)(a − y)(a + y)': (x, scale) => {
          const y = f(x, scale);
          return times(times(over(scale.b, scale.a), add(scale.a, -y)), add(scale.a, y));
        },
      })),
    },
    softplus: {
      'max(x, 0) + ln(1 + e^−|x|)': (x) => add(Math.max(x, 0), log1p(exp(-Math.abs(x)))),
      'ln(1 + e^x), x above 20': (x) => (x > 20 ? x : log1p(exp(x))),
      'x − ln σ, below 0 e^x': (x) => (x < -20 ? exp(x) : add(Math.max(x, 0), log1p(exp(-Math.abs(x))))),
      'in float64': (x) => fround(x > 700 ? x : Math.log1p(Math.exp(x))),
    },
    'softplus.derivative': sigmoid,
  };
}

/** Each formula made from each of some functions. */
function eachOf(functions: Record<string, Formula>, make: (f: Formula) => Record<string, Formula>): Record<string, Formula> {
  return Object.fromEntries(
    Object.entries(functions).flatMap(([name, f]) =>
      Object.entries(make(f)).map(([formula, made]): [string, Formula] => [`${formula}, ${name}`, made]),
    ),
  );
}

const scaleOf = (attributes: AttributesOf<ActivationName>): ScaledTanhAttributes => ({ a: 1, b: 1, ...attributes });
const inEveryLibrary = Object.entries(honestFunctions).map(([library, functions]) => ({
  name: `activations: exponentials and logarithms ${library}`,
  formulas: honestActivations(functions),
}));

/** Makes the variants of a smooth activation or its derivative. */
export const activationVariants = <Of extends ActivationName | `${ActivationName}.derivative`>(
  name: Of,
): readonly HonestVariant<Of>[] =>
  inEveryLibrary.map(
    ({ name: way, formulas }): HonestVariant<Of> => ({
      name: way,
      outputs: ({ inputs: { x }, attributes }, random) => {
        const [formula, scale] = [anyOf(formulas[name], random), scaleOf(attributes)];
        return { y: map(x, (value) => formula(value, scale)) };
      },
    }),
  );

/** Makes the variants of a smooth activation's backward pass. */
export const backwardVariants = (name: ActivationName): readonly HonestVariant<`${ActivationName}.backward`>[] =>
  inEveryLibrary.map(({ name: way, formulas }) => ({
    name: way,
    outputs: ({ inputs: { x, dy }, attributes }, random) => {
      const [formula, scale] = [anyOf(formulas[`${name}.derivative`], random), scaleOf(attributes)];
      return {
        dx: combine(
          map(x, (value) => formula(value, scale)),
          dy,
          times,
        ),
      };
    },
  }));
