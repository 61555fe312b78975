/** What there is to say about each activation: formulas, where it is asked, how far off it may be, how people get it wrong. */
import type { ActivationName, ScaledTanhAttributes } from '../../../backends/signatures.ts';

export type Scalar = (x: number, attributes: ScaledTanhAttributes) => number;

/** A wrong way to compute the function or its derivative, as people do. */
export interface ScalarMistake {
  readonly name: string;
  readonly says: string;
  readonly erratum?: string;
  readonly link?: string;
  readonly compute: Scalar;
}

interface BoundFacts {
  /** LaTeX. */
  readonly formula: string;
  readonly derivation: string;
}

export interface ActivationFacts {
  readonly name: ActivationName;
  readonly title: string;
  readonly formula: string;
  readonly derivativeFormula: string;
  readonly rows: readonly string[];
  readonly onnx?: string;
  /** A smooth function rounds; a piecewise linear one compares, and its value, its slope and dy times its slope are exact. */
  readonly smooth: boolean;
  readonly bound: BoundFacts;
  readonly derivativeBound: BoundFacts;
  /** Whether it hands on as they are the numbers that it does not cut off: −0 stays −0. */
  readonly keepsSignOfZero?: boolean;
  /** Uniform values are drawn from ±range. */
  readonly range: number;
  /** The points it is always asked at: where its formulas change, cancel, overflow or underflow. */
  readonly regimes: readonly number[];
  /** Right answers for the slope where there is none: the reference's own first, each with its slopes by the point. */
  readonly slopesAtKinks?: readonly { readonly name: string; readonly slopes: Readonly<Record<number, number>> }[];
  readonly mistakes: readonly ScalarMistake[];
  readonly derivativeMistakes: readonly ScalarMistake[];
}

/** Both signs of the powers of two at which ln 2 is crossed, exponentials meet 1, lose it, overflow, and end in subnormal numbers. */
const smoothRegimes = [
  0,
  ...[2 ** -20, 2 ** -10, 0.5, Math.LN2, 1, 2, 4.5, 9, 12.5, 17, 20, 40, 60, 87, 88, 88.5, 104],
].flatMap((x) => (x === 0 ? [0] : [x, -x]));
const piecewiseRegimes = [0, 2 ** -20, 1, 1 + 2 ** -23, 1 - 2 ** -24, 1 + 2 ** -20, 1 - 2 ** -20, 2, 100].flatMap((x) =>
  x === 0 ? [0] : [x, -x],
);

const exactBound: BoundFacts = {
  formula: '0',
  derivation: 'Nothing is rounded: a comparison decides, and the result is the input or a whole number.',
};
const exactSlope = { ...exactBound, derivation: 'Nothing is rounded: the slope is 0 or 1.' };
const flushed = ' Below the smallest normal number a result may be flushed to zero where the backend declares it.';

const sigmoidOf = (x: number) => 1 / (1 + Math.exp(-x));
const { fround } = Math;

export const activationFacts: readonly ActivationFacts[] = [
  {
    name: 'identity',
    title: 'Identity',
    formula: 'y = x',
    derivativeFormula: "f'(x) = 1",
    rows: ['A1', 'M9'],
    onnx: 'Identity',
    smooth: false,
    keepsSignOfZero: true,
    bound: exactBound,
    derivativeBound: exactSlope,
    range: 8,
    regimes: piecewiseRegimes,
    mistakes: [
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
    derivativeMistakes: [
      { name: 'value-for-derivative', says: 'the value x in place of the derivative', compute: (x) => x },
      { name: 'zero', says: '0 everywhere', compute: () => 0 },
      { name: 'sign', says: 'the sign of x', compute: Math.sign },
    ],
  },
  {
    name: 'sign',
    title: 'Sign',
    formula: 'y = \\operatorname{sign}(x), \\quad \\operatorname{sign}(0) = 0',
    derivativeFormula: "f'(x) = 0",
    rows: ['A1', 'P6'],
    onnx: 'Sign',
    smooth: false,
    bound: exactBound,
    derivativeBound: exactSlope,
    range: 8,
    regimes: piecewiseRegimes,
    mistakes: [
      { name: 'one-at-zero', says: 'sign with sign(0) = 1', compute: (x) => (x >= 0 ? 1 : -1) },
      { name: 'step', says: 'the step function', compute: (x) => (x >= 0 ? 1 : 0) },
      { name: 'negated', says: '−sign(x)', compute: (x) => -Math.sign(x) },
      { name: 'nan-swallowed', says: 'sign(x), but 0 for NaN', compute: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0) },
    ],
    derivativeMistakes: [
      { name: 'straight-through', says: '1: the surrogate gradient in place of the derivative', compute: () => 1 },
      {
        name: 'clipped-straight-through',
        says: '1 on [−1, 1], the clipped surrogate',
        compute: (x) => (Math.abs(x) <= 1 ? 1 : 0),
      },
      { name: 'value-for-derivative', says: 'sign(x) in place of its derivative', compute: Math.sign },
    ],
  },
  {
    name: 'step',
    title: 'Step',
    formula: 'y = 1 \\text{ for } x \\ge 0, \\text{ otherwise } 0',
    derivativeFormula: "f'(x) = 0",
    rows: ['A1', 'P2'],
    smooth: false,
    bound: exactBound,
    derivativeBound: exactSlope,
    range: 8,
    regimes: piecewiseRegimes,
    mistakes: [
      { name: 'zero-at-zero', says: 'a step with step(0) = 0', erratum: 'R24', compute: (x) => (x > 0 ? 1 : 0) },
      { name: 'sign', says: 'the sign function', compute: Math.sign },
      { name: 'half-at-zero', says: 'a step with step(0) = ½', compute: (x) => (x > 0 ? 1 : x === 0 ? 0.5 : 0) },
      { name: 'nan-swallowed', says: 'step(x), but 0 for NaN', compute: (x) => (x >= 0 ? 1 : 0) },
    ],
    derivativeMistakes: [
      { name: 'straight-through', says: '1: the surrogate gradient in place of the derivative', compute: () => 1 },
      { name: 'one-at-zero', says: 'a derivative of 1 at 0', compute: (x) => (x === 0 ? 1 : 0) },
      { name: 'value-for-derivative', says: 'step(x) in place of its derivative', compute: (x) => (x >= 0 ? 1 : 0) },
    ],
  },
  {
    name: 'sigmoid',
    title: 'Logistic sigmoid',
    formula: '\\sigma(x) = \\frac{1}{1+e^{-x}}',
    derivativeFormula: "\\sigma'(x) = \\sigma(x)\\,(1-\\sigma(x))",
    rows: ['A1', 'A2'],
    onnx: 'Sigmoid',
    smooth: true,
    bound: {
      formula: 'e_\\sigma = \\sigma\\,[(1-\\sigma)\\,2u(3+2|x|) + 3u]',
      derivation: `The exponential’s relative error 2u(3 + 2|x|) weighs 1 − σ in 1/(1 + e^−x) and in e^x/(1 + e^x); the sum rounds once, the quotient, which may be a reciprocal and a product, twice.${flushed}`,
    },
    derivativeBound: {
      formula:
        "\\max\\bigl\\{e_\\sigma(|1-2\\sigma|+e_\\sigma) + 2u\\sigma',\\; \\sigma'\\,[|1-2\\sigma|\\,2u(3+2|x|)+5u]\\bigr\\}",
      derivation: `The larger of two bounds, so that either formula passes: σ(1 − σ), where the error of σ weighs |1 − 2σ| and two operations round; e^−|x|/(1 + e^−|x|)², where the exponential’s error weighs |1 − 2σ| and five roundings count.${flushed}`,
    },
    range: 10,
    regimes: smoothRegimes,
    mistakes: [
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
    derivativeMistakes: [
      { name: 'of-the-output', says: 'x(1 − x): the output’s formula applied to the input', compute: (x) => x * (1 - x) },
      { name: 'value-for-derivative', says: 'σ(x) in place of its derivative', compute: sigmoidOf },
      { name: 'sign', says: '−σ(1 − σ)', compute: (x) => -sigmoidOf(x) * (1 - sigmoidOf(x)) },
      { name: 'tanh-form', says: '1 − σ²: the form of tanh', compute: (x) => 1 - sigmoidOf(x) ** 2 },
    ],
  },
  {
    name: 'tanh',
    title: 'Hyperbolic tangent',
    formula: '\\tanh(x) = \\frac{e^x-e^{-x}}{e^x+e^{-x}}',
    derivativeFormula: "\\tanh'(x) = 1-\\tanh^2(x)",
    rows: ['A1', 'A2', 'A8'],
    onnx: 'Tanh',
    smooth: true,
    bound: {
      formula: 'e_y = |y|\\,\\max\\Bigl[\\frac{2}{e^{2|x|}+1}\\,2u(3+4|x|) + 3u,\\; 7u\\Bigr]',
      derivation: `With t = e^{2|x|} − 1 to full relative accuracy tanh is t/(t + 2): the error of t weighs 2/(t + 2), the sum rounds once and the quotient twice; as a rational function x·p(x²)/q(x²) seven roundings count. Relative accuracy is demanded near 0 as well.${flushed}`,
    },
    derivativeBound: {
      formula: "\\max\\bigl\\{e_y(2|y|+e_y) + uy^2 + u\\tanh',\\; \\tanh'\\,[|y|\\,2u(3+4|x|)+5u]\\bigr\\}",
      derivation: `The larger of two bounds, so that either formula passes: 1 − y², where twice the error of y and the rounding of y² remain as tanh′ falls; 4e^{−2|x|}/(1 + e^{−2|x|})², where the exponential’s error weighs |y| and five roundings count.${flushed}`,
    },
    range: 6,
    regimes: smoothRegimes,
    mistakes: [
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
    derivativeMistakes: [
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
  {
    name: 'scaledTanh',
    title: 'Scaled hyperbolic tangent',
    formula: 'y = a\\tanh(b\\,x)',
    derivativeFormula: "f'(x) = a\\,b\\,(1-\\tanh^2(b\\,x))",
    rows: ['A3'],
    smooth: true,
    bound: {
      formula: 'e_y = |a|\\,(e_{\\tanh}(bx) + 2u|\\tanh bx|) + 2u|y|',
      derivation: `b and b·x round, so that the argument is off by 2u relative, which tanh passes on at most undiminished; a and the last product round.${flushed}`,
    },
    derivativeBound: {
      formula:
        "\\max\\bigl\\{|ab|\\,(e_{\\tanh'}(bx) + 4u|bx|\\tanh'bx) + 5u|f'|,\\; |\\tfrac ba|\\,(e_y(2|y|+e_y) + 4u(a^2+y^2)) + 5u|f'|\\bigr\\}",
      derivation: `The larger of two bounds, so that either formula passes: ab·tanh′(bx), where the argument’s error 2u|bx| multiplies tanh′ by at most e^{4u|bx|}; (b/a)(a² − y²) from y, where a² and y² round absolutely. Attributes and products round.${flushed}`,
    },
    range: 6,
    regimes: smoothRegimes,
    mistakes: [
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
    derivativeMistakes: [
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
  {
    name: 'relu',
    title: 'Rectified linear unit',
    formula: 'y = \\max(x, 0)',
    derivativeFormula: "f'(x) = u(x), \\quad f'(0) \\in \\{0, 1\\}",
    rows: ['A1', 'A5'],
    onnx: 'Relu',
    smooth: false,
    bound: exactBound,
    derivativeBound: {
      ...exactSlope,
      derivation: `${exactSlope.derivation} At 0 the left slope 0 and the right slope 1 are right.`,
    },
    range: 8,
    regimes: piecewiseRegimes,
    slopesAtKinks: [
      { name: 'ReLU′(0) = 0', slopes: { 0: 0 } },
      { name: 'ReLU′(0) = 1', slopes: { 0: 1 } },
    ],
    mistakes: [
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
    derivativeMistakes: [
      { name: 'value-for-derivative', says: 'max(x, 0) in place of its slope', compute: (x) => Math.max(x, 0) },
      { name: 'half-at-zero', says: 'a slope of ½ at 0', compute: (x) => (x > 0 ? 1 : x === 0 ? 0.5 : 0) },
      { name: 'one-everywhere', says: '1 everywhere', compute: () => 1 },
      { name: 'inverted', says: '1 where x < 0: the mask inverted', compute: (x) => (x < 0 ? 1 : 0) },
      { name: 'leaky', says: 'the slope of the leaky rectifier', compute: (x) => (x > 0 ? 1 : 0.01) },
    ],
  },
  {
    name: 'hardTanh',
    title: 'Hard tanh',
    formula: 'y = \\max\\{\\min[x, 1], -1\\}',
    derivativeFormula: "f'(x) = 1 \\text{ for } |x| < 1, \\; 0 \\text{ for } |x| > 1, \\quad f'(\\pm1) \\in \\{0, 1\\}",
    rows: ['A1'],
    onnx: 'Clip',
    smooth: false,
    keepsSignOfZero: true,
    bound: exactBound,
    derivativeBound: { ...exactSlope, derivation: `${exactSlope.derivation} At −1 and at 1 both one-sided slopes are right.` },
    range: 2,
    regimes: piecewiseRegimes,
    slopesAtKinks: [
      { name: 'hard tanh′(±1) = 0', slopes: { '-1': 0, 1: 0 } },
      { name: 'hard tanh′(±1) = 1', slopes: { '-1': 1, 1: 1 } },
      { name: 'hard tanh′(−1) = 0, hard tanh′(1) = 1', slopes: { '-1': 0, 1: 1 } },
      { name: 'hard tanh′(−1) = 1, hard tanh′(1) = 0', slopes: { '-1': 1, 1: 0 } },
    ],
    mistakes: [
      { name: 'unit-interval', says: 'x clipped to [0, 1]', compute: (x) => Math.max(0, Math.min(1, x)) },
      { name: 'tanh', says: 'tanh(x)', compute: Math.tanh },
      { name: 'upper-only', says: 'min(x, 1): not clipped below', compute: (x) => Math.min(x, 1) },
      { name: 'sign-of-zero-lost', says: 'x clipped, and −0 as 0', compute: (x) => Math.max(-1, Math.min(1, x)) + 0 },
      { name: 'bounds-swapped', says: 'min(−1, max(1, x)), which is always −1', compute: (x) => Math.min(-1, Math.max(1, x)) },
    ],
    derivativeMistakes: [
      { name: 'one-everywhere', says: '1 everywhere', compute: () => 1 },
      { name: 'tanh-derivative', says: '1 − tanh²(x)', compute: (x) => 1 - Math.tanh(x) ** 2 },
      { name: 'outside', says: '1 where |x| > 1: the mask inverted', compute: (x) => (Math.abs(x) > 1 ? 1 : 0) },
      { name: 'one-sided', says: '1 where x < 1: not 0 below −1', compute: (x) => (x < 1 ? 1 : 0) },
    ],
  },
  {
    name: 'softplus',
    title: 'Softplus',
    formula: 'y = \\ln(1+e^x)',
    derivativeFormula: "f'(x) = \\sigma(x)",
    rows: ['A4'],
    onnx: 'Softplus',
    smooth: true,
    bound: {
      formula: '\\sigma(x)\\,2u(3+2|x|) + 5u\\,y',
      derivation: `An error of e^x moves ln(1 + e^x) by σ(x) times its relative size, and max(x, 0) + ln(1 + e^−|x|) by less; the logarithm is right to 4u and the sum rounds. Where e^x overflows the second formula alone is left and 1 − σ stands for σ.${flushed}`,
    },
    derivativeBound: {
      formula: '\\sigma\\,[(1-\\sigma)\\,2u(3+2|x|) + 3u]',
      derivation: `The derivative is the sigmoid, with its bound.${flushed}`,
    },
    range: 10,
    regimes: smoothRegimes,
    mistakes: [
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
    derivativeMistakes: [
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
];
