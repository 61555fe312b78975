/** Wrong ways to compute each activation and its derivative, as people do. */
import type { ActivationName } from '../../../backends/signatures.ts';
import { gelu, geluDerivative, normalDistribution } from '../../../reference/gatedUnits.ts';
import { precisions } from '../../judging/precision.ts';
import { rounded } from '../../judging/tensorChanges.ts';
import type { Scalar } from './facts.ts';

export interface ScalarMistake {
  readonly name: string;
  readonly says: string;
  readonly erratum?: string;
  readonly link?: string;
  readonly compute: Scalar;
}

const sigmoidOf = (x: number) => 1 / (1 + Math.exp(-x));
const { fround } = Math;

/** Rounds the input or the result to 11 significant bits. */
export function coarseMistakes(f: Scalar): Omit<ScalarMistake, 'erratum'>[] {
  const coarse = (v: number) => rounded({ dtype: 'float64', shape: [], data: Float64Array.of(v) }, precisions.tf32).data[0];
  return [
    {
      name: 'tf32-input',
      says: 'the function of x rounded to 11 significant bits',
      compute: (v, attributes) => f(coarse(v), attributes),
    },
    {
      name: 'half-precision',
      says: 'the result rounded to 11 significant bits',
      compute: (v, attributes) => coarse(f(v, attributes)),
    },
  ];
}

/** The mistakes of a function and of its derivative. */
export interface ActivationMistakes {
  readonly value: readonly ScalarMistake[];
  readonly derivative: readonly ScalarMistake[];
}

export const activationMistakes: Readonly<Record<ActivationName, ActivationMistakes>> = {
  identity: {
    value: [
      { name: 'negated', says: '−x', compute: (x) => -x },
      {
        name: 'half-precision',
        says: 'x off by 2⁻¹² of itself, as in 11 significant bits',
        compute: (x) => x * (1 + 2 ** -12),
      },
      { name: 'clipped', says: 'x clipped to [−1, 1]', compute: (x) => Math.max(-1, Math.min(1, x)) },
      { name: 'flushed', says: 'x with subnormal numbers flushed to 0', compute: (x) => (Math.abs(x) < 2 ** -126 ? 0 : x) },
      { name: 'sign-of-zero-lost', says: 'x + 0: −0 becomes 0', compute: (x) => x + 0 },
    ],
    derivative: [
      { name: 'value-for-derivative', says: 'the value x in place of the derivative', compute: (x) => x },
      { name: 'zero', says: '0 everywhere', compute: () => 0 },
      { name: 'sign', says: 'the sign of x', compute: Math.sign },
    ],
  },
  sign: {
    value: [
      { name: 'one-at-zero', says: 'sign with sign(0) = 1', compute: (x) => (x >= 0 ? 1 : -1) },
      { name: 'step', says: 'the step function', compute: (x) => (x >= 0 ? 1 : 0) },
      { name: 'negated', says: '−sign(x)', compute: (x) => -Math.sign(x) },
      { name: 'nan-swallowed', says: 'sign(x), but 0 for NaN', compute: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0) },
    ],
    derivative: [
      { name: 'straight-through', says: '1: the surrogate gradient in place of the derivative', compute: () => 1 },
      {
        name: 'clipped-straight-through',
        says: '1 on [−1, 1], the clipped surrogate',
        compute: (x) => (Math.abs(x) <= 1 ? 1 : 0),
      },
      { name: 'value-for-derivative', says: 'sign(x) in place of its derivative', compute: Math.sign },
    ],
  },
  step: {
    value: [
      { name: 'zero-at-zero', says: 'a step with step(0) = 0', erratum: 'R24', compute: (x) => (x > 0 ? 1 : 0) },
      { name: 'sign', says: 'the sign function', compute: Math.sign },
      { name: 'half-at-zero', says: 'a step with step(0) = ½', compute: (x) => (x > 0 ? 1 : x === 0 ? 0.5 : 0) },
      { name: 'nan-swallowed', says: 'step(x), but 0 for NaN', compute: (x) => (x >= 0 ? 1 : 0) },
    ],
    derivative: [
      { name: 'straight-through', says: '1: the surrogate gradient in place of the derivative', compute: () => 1 },
      { name: 'one-at-zero', says: 'a derivative of 1 at 0', compute: (x) => (x === 0 ? 1 : 0) },
      { name: 'value-for-derivative', says: 'step(x) in place of its derivative', compute: (x) => (x >= 0 ? 1 : 0) },
    ],
  },
  sigmoid: {
    value: [
      { name: 'missing-minus', says: '1/(1 + e^x): the minus is missing', compute: (x) => 1 / (1 + Math.exp(x)) },
      { name: 'tanh', says: 'tanh(x)', compute: Math.tanh },
      {
        name: 'hard-sigmoid',
        says: 'the hard sigmoid, x/6 + ½ clipped to [0, 1]',
        compute: (x) => Math.max(0, Math.min(1, x / 6 + 0.5)),
      },
      { name: 'base-two', says: '1/(1 + 2^−x): the power of 2 for that of e', compute: (x) => 1 / (1 + 2 ** -x) },
      {
        name: 'clamped',
        says: 'σ of x clamped to [−18, 18]: the lower tail is constant',
        link: 'https://github.com/microsoft/onnxruntime/issues/22557',
        compute: (x) => sigmoidOf(Math.max(-18, Math.min(18, x))),
      },
      {
        name: 'through-tanh',
        says: '½(1 + tanh(x/2)) in float32: the lower tail cancels',
        compute: (x) => fround(0.5 * fround(1 + fround(Math.tanh(x / 2)))),
      },
    ],
    derivative: [
      { name: 'of-the-output', says: 'x(1 − x): the output’s formula applied to the input', compute: (x) => x * (1 - x) },
      { name: 'value-for-derivative', says: 'σ(x) in place of its derivative', compute: sigmoidOf },
      { name: 'sign', says: '−σ(1 − σ)', compute: (x) => -sigmoidOf(x) * (1 - sigmoidOf(x)) },
      { name: 'tanh-form', says: '1 − σ²: the form of tanh', compute: (x) => 1 - sigmoidOf(x) ** 2 },
    ],
  },
  tanh: {
    value: [
      { name: 'sigmoid', says: 'σ(x)', compute: sigmoidOf },
      { name: 'half-argument', says: 'tanh(x/2)', compute: (x) => Math.tanh(x / 2) },
      { name: 'negated', says: '−tanh(x)', compute: (x) => -Math.tanh(x) },
      {
        name: 'cancelling',
        says: '(e^2x − 1)/(e^2x + 1) in float32: accuracy is lost near 0',
        compute: (x) => {
          const e = fround(Math.exp(2 * x));
          return e > 1e30 ? 1 : fround(fround(e - 1) / fround(e + 1));
        },
      },
      {
        name: 'overflowing',
        says: '(e^x − e^−x)/(e^x + e^−x) in float32: NaN where e^x overflows',
        link: 'https://github.com/microsoft/onnxruntime/pull/19201',
        compute: (x) => {
          const [plus, minus] = [fround(Math.exp(x)), fround(Math.exp(-x))];
          return fround(plus - minus) / fround(plus + minus);
        },
      },
    ],
    derivative: [
      { name: 'twice-the-square', says: '1 − 2·tanh²(x)', erratum: 'R1', compute: (x) => 1 - 2 * Math.tanh(x) ** 2 },
      { name: 'of-the-output', says: '1 − x²: the output’s formula applied to the input', compute: (x) => 1 - x * x },
      { name: 'without-square', says: '1 − tanh(x)', compute: (x) => 1 - Math.tanh(x) },
      {
        name: 'sigmoid-form',
        says: 'tanh(1 − tanh): the form of the sigmoid',
        compute: (x) => Math.tanh(x) * (1 - Math.tanh(x)),
      },
      {
        name: 'overflowing',
        says: '4e^2x/(e^2x + 1)² in float32, as printed: NaN where e^2x overflows',
        compute: (x) => {
          const e = fround(Math.exp(2 * x));
          return fround(4 * e) / fround(fround(e + 1) ** 2);
        },
      },
    ],
  },
  scaledTanh: {
    value: [
      { name: 'swapped', says: 'b·tanh(a·x): a and b swapped', compute: (x, { a, b }) => b * Math.tanh(a * x) },
      {
        name: 'slide-second-form',
        says: 'a(1 − e^bx)/(1 + e^bx) = −a·tanh(bx/2)',
        erratum: 'R2',
        compute: (x, { a, b }) => -a * Math.tanh((b * x) / 2),
      },
      {
        name: 'slide-third-form',
        says: '2a/(1 + e^−bx) − a = a·tanh(bx/2)',
        erratum: 'R2',
        compute: (x, { a, b }) => a * Math.tanh((b * x) / 2),
      },
      { name: 'unscaled', says: 'tanh(x): a and b ignored', compute: Math.tanh },
      {
        name: 'usual-constants',
        says: '1.7159·tanh(2x/3): the usual constants in place of the attributes',
        compute: (x) => 1.7159 * Math.tanh((2 / 3) * x),
      },
    ],
    derivative: [
      {
        name: 'inner-derivative-missing',
        says: 'a(1 − tanh²(bx)): the factor b is missing',
        compute: (x, { a, b }) => a * (1 - Math.tanh(b * x) ** 2),
      },
      {
        name: 'of-scaled-output',
        says: 'ab(1 − y²) with y = a·tanh(bx)',
        compute: (x, { a, b }) => a * b * (1 - (a * Math.tanh(b * x)) ** 2),
      },
      {
        name: 'unscaled-argument',
        says: 'ab(1 − tanh²(x)): b is missing inside',
        compute: (x, { a, b }) => a * b * (1 - Math.tanh(x) ** 2),
      },
      {
        name: 'twice-the-square',
        says: 'ab(1 − 2·tanh²(bx))',
        erratum: 'R1',
        compute: (x, { a, b }) => a * b * (1 - 2 * Math.tanh(b * x) ** 2),
      },
    ],
  },
  relu: {
    value: [
      { name: 'leaky', says: 'the leaky rectifier, 0.01x below 0', compute: (x) => (x > 0 ? x : 0.01 * x) },
      { name: 'absolute', says: '|x|', compute: Math.abs },
      { name: 'relu6', says: 'min(max(x, 0), 6)', compute: (x) => Math.min(Math.max(x, 0), 6) },
      { name: 'minimum', says: 'min(x, 0)', compute: (x) => Math.min(x, 0) },
      {
        name: 'nan-swallowed',
        says: 'max(x, 0), but 0 for NaN',
        link: 'https://github.com/tensorflow/tfjs/pull/5965',
        compute: (x) => (Number.isNaN(x) ? 0 : Math.max(x, 0)),
      },
    ],
    derivative: [
      { name: 'value-for-derivative', says: 'max(x, 0) in place of its slope', compute: (x) => Math.max(x, 0) },
      { name: 'half-at-zero', says: 'a slope of ½ at 0', compute: (x) => (x > 0 ? 1 : x === 0 ? 0.5 : 0) },
      { name: 'one-everywhere', says: '1 everywhere', compute: () => 1 },
      { name: 'inverted', says: '1 where x < 0: the mask inverted', compute: (x) => (x < 0 ? 1 : 0) },
      { name: 'leaky', says: 'the slope of the leaky rectifier', compute: (x) => (x > 0 ? 1 : 0.01) },
    ],
  },
  leakyRelu: {
    value: [
      { name: 'relu', says: 'max(x, 0): the leak is missing', compute: (x) => Math.max(x, 0) },
      { name: 'usual-slope', says: '0.01x below 0, whatever α is', compute: (x) => (x > 0 ? x : 0.01 * x) },
      {
        name: 'maximum',
        says: 'max(x, αx), which is right for α ≤ 1 alone',
        compute: (x, { alpha }) => Math.max(x, alpha * x),
      },
      { name: 'sides-swapped', says: 'αx above 0 and x below', compute: (x, { alpha }) => (x > 0 ? alpha * x : x) },
      { name: 'reciprocal', says: 'x/α below 0', compute: (x, { alpha }) => (x > 0 ? x : x / alpha) },
      {
        name: 'nan-swallowed',
        says: 'the leaky rectifier, but 0 for NaN',
        compute: (x, { alpha }) => (x > 0 ? x : x < 0 ? alpha * x : 0),
      },
    ],
    derivative: [
      { name: 'relu', says: '0 below 0: the slope of the rectifier', compute: (x) => (x > 0 ? 1 : 0) },
      { name: 'usual-slope', says: '0.01 below 0, whatever α is', compute: (x) => (x > 0 ? 1 : 0.01) },
      {
        name: 'mean-at-zero',
        says: 'a slope of (1 + α)/2 at 0',
        compute: (x, { alpha }) => (x > 0 ? 1 : x === 0 ? (1 + alpha) / 2 : alpha),
      },
      {
        name: 'value-for-derivative',
        says: 'the value in place of its slope',
        compute: (x, { alpha }) => (x > 0 ? x : alpha * x),
      },
      { name: 'sides-swapped', says: 'α above 0 and 1 below', compute: (x, { alpha }) => (x > 0 ? alpha : 1) },
    ],
  },
  elu: {
    value: [
      {
        name: 'cancelling',
        says: 'α(e^x − 1) in float32: accuracy is lost near 0',
        compute: (x, { alpha }) => (x > 0 ? x : alpha * (fround(Math.exp(x)) - 1)),
      },
      {
        name: 'overflowing',
        says: 'both sides weighed by 0 and 1 in float32: NaN where e^x overflows',
        compute: (x, { alpha }) => (x > 0 ? x + 0 * fround(Math.exp(x)) : alpha * Math.expm1(x)),
      },
      { name: 'alpha-ignored', says: 'e^x − 1 below 0, whatever α is', compute: (x) => (x > 0 ? x : Math.expm1(x)) },
      {
        name: 'missing-one',
        says: 'α·e^x below 0: the 1 is missing',
        compute: (x, { alpha }) => (x > 0 ? x : alpha * Math.exp(x)),
      },
      {
        name: 'scaled',
        says: '1.0507 times it: the self-normalizing unit',
        compute: (x, { alpha }) => 1.0507 * (x > 0 ? x : alpha * Math.expm1(x)),
      },
      { name: 'relu', says: 'max(x, 0)', compute: (x) => Math.max(x, 0) },
    ],
    derivative: [
      { name: 'alpha-ignored', says: 'e^x below 0, whatever α is', compute: (x) => (x > 0 ? 1 : Math.exp(x)) },
      {
        name: 'value-plus-one',
        says: 'y + 1 from the value, which is right for α = 1 alone',
        compute: (x, { alpha }) => (x > 0 ? 1 : alpha * Math.expm1(x) + 1),
      },
      {
        name: 'of-the-output',
        says: 'x + α below 0: the output’s formula applied to the input',
        compute: (x, { alpha }) => (x > 0 ? 1 : x + alpha),
      },
      {
        name: 'value-for-derivative',
        says: 'the value in place of its slope',
        compute: (x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x)),
      },
      { name: 'relu', says: '0 below 0: the slope of the rectifier', compute: (x) => (x > 0 ? 1 : 0) },
    ],
  },
  hardTanh: {
    value: [
      { name: 'unit-interval', says: 'x clipped to [0, 1]', compute: (x) => Math.max(0, Math.min(1, x)) },
      { name: 'tanh', says: 'tanh(x)', compute: Math.tanh },
      { name: 'upper-only', says: 'min(x, 1): not clipped below', compute: (x) => Math.min(x, 1) },
      { name: 'sign-of-zero-lost', says: 'x clipped, and −0 as 0', compute: (x) => Math.max(-1, Math.min(1, x)) + 0 },
      { name: 'bounds-swapped', says: 'min(−1, max(1, x)), which is always −1', compute: (x) => Math.min(-1, Math.max(1, x)) },
    ],
    derivative: [
      { name: 'one-everywhere', says: '1 everywhere', compute: () => 1 },
      { name: 'tanh-derivative', says: '1 − tanh²(x)', compute: (x) => 1 - Math.tanh(x) ** 2 },
      { name: 'outside', says: '1 where |x| > 1: the mask inverted', compute: (x) => (Math.abs(x) > 1 ? 1 : 0) },
      { name: 'one-sided', says: '1 where x < 1: not 0 below −1', compute: (x) => (x < 1 ? 1 : 0) },
    ],
  },
  silu: {
    value: [
      { name: 'sigmoid', says: 'σ(x): the factor x is missing', compute: sigmoidOf },
      {
        name: 'hard',
        says: 'x·min(max(x + 3, 0), 6)/6: the hard swish',
        compute: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
      },
      { name: 'softened', says: 'x·σ(1.702x): the quick form of the Gaussian unit', compute: (x) => x * sigmoidOf(1.702 * x) },
      { name: 'relu', says: 'max(x, 0)', compute: (x) => Math.max(x, 0) },
      { name: 'tail-cut', says: 'x·σ(x), but 0 below −18', compute: (x) => (x < -18 ? 0 : x * sigmoidOf(x)) },
      {
        name: 'overflowing',
        says: 'x·e^x/(1 + e^x) in float32: NaN where e^x overflows',
        compute: (x) => (x * fround(Math.exp(x))) / (1 + fround(Math.exp(x))),
      },
    ],
    derivative: [
      { name: 'gate-alone', says: 'σ(x): the second term is missing', compute: sigmoidOf },
      {
        name: 'factor-missing',
        says: 'σ + σ(1 − σ): the factor x is missing',
        compute: (x) => sigmoidOf(x) * (2 - sigmoidOf(x)),
      },
      { name: 'minus', says: 'σ − xσ(1 − σ)', compute: (x) => sigmoidOf(x) * (1 - x * (1 - sigmoidOf(x))) },
      { name: 'value-for-derivative', says: 'x·σ(x) in place of its derivative', compute: (x) => x * sigmoidOf(x) },
      { name: 'of-the-output', says: 'σ + x(1 − σ)', compute: (x) => sigmoidOf(x) + x * (1 - sigmoidOf(x)) },
    ],
  },
  gelu: {
    value: [
      {
        name: 'other-approximation',
        says: 'the tanh where Φ is asked for, and Φ where the tanh is',
        compute: (x, { approximate }) => gelu(x, { approximate: approximate === 'none' ? 'tanh' : 'none' }),
      },
      { name: 'quick', says: 'x·σ(1.702x): the quick form', compute: (x) => x * sigmoidOf(1.702 * x) },
      { name: 'silu', says: 'x·σ(x)', compute: (x) => x * sigmoidOf(x) },
      { name: 'relu', says: 'max(x, 0)', compute: (x) => Math.max(x, 0) },
      { name: 'root-missing', says: 'erf(x) for erf(x/√2)', compute: (x) => x * normalDistribution(x * Math.SQRT2) },
      { name: 'weight-alone', says: 'Φ(x): the factor x is missing', compute: (x) => normalDistribution(x) },
      {
        name: 'cubic-factor',
        says: '0.44715 for 0.044715',
        compute: (x, given) =>
          given.approximate === 'none' ? gelu(x) : x * sigmoidOf(2 * Math.sqrt(2 / Math.PI) * (x + 0.44715 * x ** 3)),
      },
    ],
    derivative: [
      { name: 'weight-alone', says: 'Φ(x): the second term is missing', compute: (x) => normalDistribution(x) },
      {
        name: 'factor-missing',
        says: 'Φ + φ: the factor x is missing',
        compute: (x) => normalDistribution(x) + Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI),
      },
      { name: 'value-for-derivative', says: 'x·Φ(x) in place of its derivative', compute: (x) => gelu(x) },
      {
        name: 'density-without-root',
        says: 'φ without 1/√(2π)',
        compute: (x) => normalDistribution(x) + x * Math.exp((-x * x) / 2),
      },
      {
        name: 'inner-slope-missing',
        says: 'the tanh’s argument taken as linear: 3·0.044715x² is missing',
        compute: (x, given) => {
          if (given.approximate === 'none') return geluDerivative(x);
          const root = Math.sqrt(2 / Math.PI);
          const t = Math.tanh(root * (x + 0.044715 * x ** 3));
          return (1 + t + x * (1 - t * t) * root) / 2;
        },
      },
    ],
  },
  softplus: {
    value: [
      { name: 'relu', says: 'max(x, 0)', compute: (x) => Math.max(x, 0) },
      { name: 'base-two', says: 'log₂(1 + e^x)', compute: (x) => Math.log2(1 + Math.exp(x)) },
      { name: 'missing-one', says: 'ln(e^x) = x: the 1 is missing', compute: (x) => x },
      {
        name: 'cancelling',
        says: 'ln(1 + e^x) in float32: the tail is lost below −16',
        compute: (x) => Math.max(x, 0) + Math.log(fround(1 + Math.exp(-Math.abs(x)))),
      },
      {
        name: 'overflowing',
        says: 'ln(1 + e^x) in float32: infinite where e^x overflows',
        link: 'https://github.com/openvinotoolkit/openvino/pull/4932',
        compute: (x) => Math.log1p(fround(Math.exp(x))),
      },
    ],
    derivative: [
      {
        name: 'sigmoid-derivative',
        says: 'σ(1 − σ): the derivative of the derivative',
        compute: (x) => sigmoidOf(x) * (1 - sigmoidOf(x)),
      },
      {
        name: 'zero-when-overflowing',
        says: 'e^x·1/(1 + e^x) in float32: NaN where e^x overflows',
        link: 'https://github.com/tenstorrent/tt-metal/pull/56397',
        compute: (x) => {
          const power = fround(Math.exp(x));
          return power * fround(1 / fround(1 + power));
        },
      },
      { name: 'step', says: 'the step function, derivative of the rectifier', compute: (x) => (x > 0 ? 1 : 0) },
      { name: 'missing-minus', says: '1/(1 + e^x)', compute: (x) => 1 / (1 + Math.exp(x)) },
      { name: 'value-for-derivative', says: 'ln(1 + e^x) in place of its derivative', compute: (x) => Math.log1p(Math.exp(x)) },
    ],
  },
};
