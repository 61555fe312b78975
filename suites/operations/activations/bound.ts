/** Limits of the activations and their derivatives, in words and as a calculation. */
import type { ActivationAttributes, ActivationName } from '../../../backends/signatures.ts';
import { activations, elu, eluDerivative } from '../../../reference/activations.ts';
import { map, type Tensor } from '../../../reference/tensor.ts';
import {
  activation,
  activationDerivative,
  add,
  divide,
  type Enclosed,
  type EnclosedActivation,
  exact,
  exp,
  expm1,
  input,
  multiply,
  negate,
  normalDistribution,
  scale,
  subtract,
  widest,
} from '../../judging/bounds/enclosure.ts';
import type { Precision } from '../../judging/precision.ts';
import type { Scalar } from './facts.ts';

interface Words {
  /** LaTeX. */
  readonly formula: string;
  readonly derivation: string;
}
/** Encloses what an honest backend computes from x. */
type Enclose = (x: Enclosed, precision: Precision, attributes: ActivationAttributes) => Enclosed;
type Limits = Words & { readonly enclose: Enclose };

/** The limits of a function and of its derivative. */
export interface ActivationBound {
  readonly value: Limits;
  readonly derivative: Limits;
  /** Another way to dy·f′(x): terms that are multiplied by dy one by one, as automatic differentiation of a product does. */
  readonly backward?: (x: Enclosed, dy: Enclosed, precision: Precision, attributes: ActivationAttributes) => Enclosed;
}

const exactBound: Words = {
  formula: '0',
  derivation: 'Nothing is rounded: a comparison decides, and the result is the input or a whole number.',
};
const exactSlope: Words = { ...exactBound, derivation: 'Nothing is rounded: the slope is 0 or 1.' };
const flushed = ' Below the smallest normal number a result may be flushed to zero where the backend declares it.';

/** Centres an enclosure that is derived from formulas on other values of the same result: the reference's own. */
export function centredOn(value: Tensor, enclosed: Enclosed): Enclosed {
  const error = enclosed.error.map((own, i) => {
    const distance = Math.abs(value.data[i] - enclosed.value.data[i]);
    // Where a formula has 0·∞, the limit is that of the value at infinity, which is exact.
    return Number.isFinite(distance) ? own + distance : 0;
  });
  return { value, error };
}

const around = (f: Scalar, enclosed: Enclosed, x: Enclosed, attributes: ActivationAttributes) =>
  centredOn(
    map(x.value, (at) => f(at, attributes)),
    enclosed,
  );

/** Takes one enclosure above 0 and another elsewhere, and both where a rounded x may lie on either side of 0. */
function aboveZero(x: Enclosed, above: Enclosed, elsewhere: Enclosed): Enclosed {
  const value = map(x.value, Number);
  const error = new Float64Array(x.error.length);
  for (let i = 0; i < error.length; i++) {
    const at = x.value.data[i];
    const [taken, other] = at > 0 ? [above, elsewhere] : [elsewhere, above];
    value.data[i] = taken.value.data[i];
    const onEitherSide = x.error[i] > 0 && Math.abs(at) <= x.error[i];
    const step = onEitherSide ? other.error[i] + Math.abs(other.value.data[i] - value.data[i]) : 0;
    error[i] = Math.max(taken.error[i], step);
  }
  return { value, error };
}

/** Derives an activation's limits from the formulas that compute it, any of which may be taken. */
function ofFormulas(
  name: ActivationName,
  words: Record<'value' | 'derivative', Words>,
  formulas: Record<'value' | 'derivative', Formulas>,
): ActivationBound {
  const f: Record<'value' | 'derivative', Scalar> = activations[name] as Record<'value' | 'derivative', Scalar>;
  const limits = (of: 'value' | 'derivative'): Limits => ({
    ...words[of],
    enclose: (x, precision, attributes) => around(f[of], formulas[of](x, precision, attributes).reduce(widest), x, attributes),
  });
  return { value: limits('value'), derivative: limits('derivative') };
}
type Formulas = (...asked: Parameters<Enclose>) => Enclosed[];

/** Repeats a number in the shape of x. */
const constant = ({ value }: Enclosed, number: number) => map(value, () => number);

/** Takes the limits of an activation that layers of networks use too. */
function elementary(name: EnclosedActivation, value: Words, derivative: Words): ActivationBound {
  return {
    value: { ...value, enclose: (x, precision, attributes) => activation(name, x, precision, attributes) },
    derivative: { ...derivative, enclose: (x, precision, attributes) => activationDerivative(name, x, precision, attributes) },
  };
}

/** 1 + e^−x. */
const onePlusPower = (x: Enclosed, precision: Precision) => add(exact(constant(x, 1)), exp(negate(x), precision), precision);

const densityAtZero = 1 / Math.sqrt(2 * Math.PI);
const slopeAtZero = Math.sqrt(2 / Math.PI);
const cubicFactor = 0.044715;

/** z = √(2/π)(x + 0.044715x³), the sum taken of either factor. */
function tanhArgument(x: Enclosed, p: Precision): Enclosed {
  const square = multiply(x, x, p);
  const bent = multiply(x, add(exact(constant(x, 1)), scale(square, cubicFactor, p), p), p);
  const cubic = add(x, scale(multiply(square, x, p), cubicFactor, p), p);
  return scale(widest(bent, cubic), slopeAtZero, p);
}

/** A tanh that rounds to ±1 is ±1. */
function saturated({ value, error }: Enclosed, { epsilon }: Precision): Enclosed {
  const rest = (at: number) => 1 - Math.abs(value.data[at]);
  return { value, error: error.map((own, i) => (16 * rest(i) < epsilon ? Math.min(own, rest(i)) : own)) };
}

/** A Gaussian unit's weight of x: ½(1 + erf(x/√2)) or ½erfc(−x/√2); ½(1 + tanh z) or σ(2z). */
function weights(x: Enclosed, p: Precision, { approximate }: ActivationAttributes): Enclosed[] {
  if (approximate === 'none') return [normalDistribution(x, p)];
  const z = tanhArgument(x, p);
  const onePlus = add(exact(constant(x, 1)), saturated(activation('tanh', z, p), p), p);
  return [scale(onePlus, 0.5, p), activation('sigmoid', add(z, z, p), p)];
}

/** Its slope: φ(x); ½(1 − tanh² z)·z′. */
function weightSlopes(x: Enclosed, p: Precision, { approximate }: ActivationAttributes): Enclosed[] {
  const square = multiply(x, x, p);
  if (approximate === 'none') return [scale(exp(scale(square, -0.5, p), p), densityAtZero, p)];
  const z = tanhArgument(x, p);
  const inner = scale(add(exact(constant(x, 1)), scale(square, 3 * cubicFactor, p), p), slopeAtZero / 2, p);
  const tanh = saturated(activation('tanh', z, p), p);
  const ofValue = subtract(exact(constant(x, 1)), multiply(tanh, tanh, p), p);
  return [multiply(activationDerivative('tanh', z, p), inner, p), multiply(ofValue, inner, p)];
}

export const activationBounds: Readonly<Record<ActivationName, ActivationBound>> = {
  identity: elementary('identity', exactBound, exactSlope),
  sign: elementary('sign', exactBound, exactSlope),
  step: elementary('step', exactBound, exactSlope),
  sigmoid: elementary(
    'sigmoid',
    {
      formula: 'e_\\sigma = \\sigma\\,[(1-\\sigma)\\,2u(3+2|x|) + 3u]',
      derivation: `The exponential’s relative error 2u(3 + 2|x|) weighs 1 − σ in 1/(1 + e^−x) and in e^x/(1 + e^x); the sum rounds once, the quotient, which may be a reciprocal and a product, twice.${flushed}`,
    },
    {
      formula:
        "\\max\\bigl\\{e_\\sigma(|1-2\\sigma|+e_\\sigma) + 2u\\sigma',\\; \\sigma'\\,[|1-2\\sigma|\\,2u(3+2|x|)+5u]\\bigr\\}",
      derivation: `The larger of two bounds, so that either formula passes: σ(1 − σ), where the error of σ weighs |1 − 2σ| and two operations round; e^−|x|/(1 + e^−|x|)², where the exponential’s error weighs |1 − 2σ| and five roundings count.${flushed}`,
    },
  ),
  tanh: elementary(
    'tanh',
    {
      formula: 'e_y = |y|\\,\\max\\Bigl[\\frac{2}{e^{2|x|}+1}\\,2u(3+4|x|) + 3u,\\; 7u\\Bigr]',
      derivation: `With t = e^{2|x|} − 1 to full relative accuracy tanh is t/(t + 2): the error of t weighs 2/(t + 2), the sum rounds once and the quotient twice; as a rational function x·p(x²)/q(x²) seven roundings count. Relative accuracy is demanded near 0 as well.${flushed}`,
    },
    {
      formula: "\\max\\bigl\\{e_y(2|y|+e_y) + uy^2 + u\\tanh',\\; \\tanh'\\,[|y|\\,2u(3+4|x|)+5u]\\bigr\\}",
      derivation: `The larger of two bounds, so that either formula passes: 1 − y², where twice the error of y and the rounding of y² remain as tanh′ falls; 4e^{−2|x|}/(1 + e^{−2|x|})², where the exponential’s error weighs |y| and five roundings count.${flushed}`,
    },
  ),
  scaledTanh: elementary(
    'scaledTanh',
    {
      formula: 'e_y = |a|\\,(e_{\\tanh}(bx) + 2u|\\tanh bx|) + 2u|y|',
      derivation: `b and b·x round, so that the argument is off by 2u relative, which tanh passes on at most undiminished; a and the last product round.${flushed}`,
    },
    {
      formula:
        "\\max\\bigl\\{|ab|\\,(e_{\\tanh'}(bx) + 4u|bx|\\tanh'bx) + 5u|f'|,\\; |\\tfrac ba|\\,(e_y(2|y|+e_y) + 4u(a^2+y^2)) + 5u|f'|\\bigr\\}",
      derivation: `The larger of two bounds, so that either formula passes: ab·tanh′(bx), where the argument’s error 2u|bx| multiplies tanh′ by at most e^{4u|bx|}; (b/a)(a² − y²) from y, where a² and y² round absolutely. Attributes and products round.${flushed}`,
    },
  ),
  relu: elementary('relu', exactBound, {
    ...exactSlope,
    derivation: `${exactSlope.derivation} At 0 the left slope 0 and the right slope 1 are right.`,
  }),
  leakyRelu: {
    value: {
      formula: 'u\\,|\\alpha x| \\text{ for } x < 0, \\text{ otherwise } 0',
      derivation: `Above 0 nothing is rounded; below, the product rounds once.${flushed}`,
      enclose: (x, precision, { alpha }) => aboveZero(x, x, scale(x, alpha, precision)),
    },
    derivative: {
      formula: '0',
      derivation: 'Nothing is rounded: the slope is α or 1. At 0 the left slope α and the right slope 1 are right.',
      enclose: (x, precision, { alpha }) => aboveZero(x, exact(constant(x, 1)), input(constant(x, alpha), precision)),
    },
  },
  elu: {
    value: {
      formula: '|\\alpha|\\,|e^x-1|\\,(2u(3+2\\min[1, e^x/(1-e^x)]|x|) + u) \\text{ for } x < 0, \\text{ otherwise } 0',
      derivation: `Above 0 nothing is rounded; below, e^x − 1 to full relative accuracy is off by as much as an exponential whose error of the argument weighs e^x/(1 − e^x), and the product rounds once. Relative accuracy is demanded near 0 as well.${flushed}`,
      enclose: (x, precision, attributes) =>
        around(elu, aboveZero(x, x, scale(expm1(x, precision), attributes.alpha, precision)), x, attributes),
    },
    derivative: {
      formula:
        '\\max\\bigl\\{\\alpha e^x(2u(3+2|x|) + u),\\; e_y + u\\alpha e^x\\bigr\\} \\text{ for } x < 0, \\text{ otherwise } 0',
      derivation: `The larger of two bounds, so that either formula passes: α·e^x; y + α from the value y, whose error stays as the slope falls. At 0 the left slope α and the right slope 1 are right.${flushed}`,
      enclose: (x, precision, attributes) => {
        const { alpha } = attributes;
        const limit = input(constant(x, alpha), precision);
        const ofExponential = scale(exp(x, precision), alpha, precision);
        const ofValue = add(scale(expm1(x, precision), alpha, precision), limit, precision);
        return around(eluDerivative, aboveZero(x, exact(constant(x, 1)), widest(ofExponential, ofValue)), x, attributes);
      },
    },
  },
  hardTanh: elementary('hardTanh', exactBound, {
    ...exactSlope,
    derivation: `${exactSlope.derivation} At −1 and at 1 both one-sided slopes are right.`,
  }),
  silu: {
    ...ofFormulas(
      'silu',
      {
        value: {
          formula: '|x|\\,e_\\sigma + u|y|',
          derivation: `The larger of the bounds of x·σ(x) and of x/(1 + e^−x), each by running error analysis.${flushed}`,
        },
        derivative: {
          formula: "e_\\sigma(1 + |x|) + |x|\\,e_{\\sigma'} + 3u(\\sigma + |x|\\sigma')",
          derivation: `The larger of the bounds of σ + xσ(1 − σ), σ(1 + x(1 − σ)) and σ + y(1 − σ), each by running error analysis. Where the terms cancel their errors stay.${flushed}`,
        },
      },
      {
        value: (x, p) => [multiply(x, activation('sigmoid', x, p), p), divide(x, onePlusPower(x, p), p)],
        derivative: (x, p) => {
          const sigmoid = activation('sigmoid', x, p);
          const rest = subtract(exact(constant(x, 1)), sigmoid, p);
          const [one, value] = [exact(constant(x, 1)), multiply(x, sigmoid, p)];
          return [
            add(sigmoid, multiply(value, rest, p), p),
            add(sigmoid, multiply(x, multiply(sigmoid, rest, p), p), p),
            multiply(sigmoid, add(one, multiply(x, rest, p), p), p),
            add(value, multiply(sigmoid, subtract(one, value, p), p), p),
          ];
        },
      },
    ),
    backward: (x, dy, p) => {
      const sigmoid = activation('sigmoid', x, p);
      const slope = multiply(sigmoid, subtract(exact(constant(x, 1)), sigmoid, p), p);
      return add(multiply(dy, sigmoid, p), multiply(multiply(dy, x, p), slope, p), p);
    },
  },
  gelu: {
    ...ofFormulas(
      'gelu',
      {
        value: {
          formula: '|x|\\,e_w + u|y|, \\quad e_w = \\tfrac12(8u\\,|2w-1| + 2u\\,w) + 2u|x|\\varphi(x)',
          derivation: `The weight w = ½(1 + erf(x/√2)) has the error of erf, absolutely where it falls to 0; ½erfc(−x/√2) has less. As ½(1 + tanh z) it has that of tanh, with z to the roundings of its polynomial; σ(2z) has less. The product with x rounds.${flushed}`,
        },
        derivative: {
          formula: "e_w + |x|\\,e_{w'} + 2u(w + |x|w')",
          derivation: `The weight’s own error and x times that of its slope, by running error analysis: φ(x), or ½(1 − tanh² z)z′, in several orders. Where the terms cancel their errors stay.${flushed}`,
        },
      },
      {
        value: (x, p, attributes) => weights(x, p, attributes).map((weight) => multiply(x, weight, p)),
        derivative: (x, p, attributes) => {
          const slope = weightSlopes(x, p, attributes).reduce(widest);
          return weights(x, p, attributes).map((weight) => add(weight, multiply(x, slope, p), p));
        },
      },
    ),
    backward: (x, dy, p, attributes) => {
      const slope = weightSlopes(x, p, attributes).reduce(widest);
      const weight = weights(x, p, attributes).reduce(widest);
      return add(multiply(dy, weight, p), multiply(multiply(dy, x, p), slope, p), p);
    },
  },
  softplus: elementary(
    'softplus',
    {
      formula: '\\sigma(x)\\,2u(3+2|x|) + 5u\\,y',
      derivation: `An error of e^x moves ln(1 + e^x) by σ(x) times its relative size, and max(x, 0) + ln(1 + e^−|x|) by less; the logarithm is right to 4u and the sum rounds. Where e^x overflows the second formula alone is left and 1 − σ stands for σ.${flushed}`,
    },
    {
      formula: '\\sigma\\,[(1-\\sigma)\\,2u(3+2|x|) + 3u]',
      derivation: `The derivative is the sigmoid, with its bound.${flushed}`,
    },
  ),
};
