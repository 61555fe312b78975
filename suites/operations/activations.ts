/**
 * The activations, each with its derivative and its backward pass (dx = dy·f'(x)): one list of facts per function, three lines of
 * the table from each.
 */
import fc from 'fast-check';
import type { ActivationName, NamedTensors, ScaledTanhAttributes } from '../../backends/signatures.ts';
import { activations } from '../../reference/activations.ts';
import { combine, map, type Tensor } from '../../reference/tensor.ts';
import { type ElementaryLimits, sigmoidLimits, softplusLimits, tanhLimits } from '../bounds/elementary.ts';
import type { AnyOperation, ErrorClass, Sizes, Tier } from '../operation.ts';
import type { Precision } from '../precision.ts';

type Attributes = Readonly<Record<string, unknown>>;
type Scalar = (x: number, attributes: ScaledTanhAttributes) => number;

/** A wrong way to compute the function or its derivative, as people do. */
interface ScalarMistake {
  readonly name: string;
  readonly says: string;
  readonly erratum?: string;
  readonly compute: Scalar;
}

interface ActivationFacts {
  readonly name: ActivationName;
  readonly title: string;
  readonly formula: string;
  readonly derivativeFormula: string;
  readonly rows: readonly string[];
  readonly onnx?: string;
  /** Absent where both are exact. */
  readonly limits?: (
    x: number,
    y: number,
    slope: number,
    precision: Precision,
    attributes: ScaledTanhAttributes,
  ) => ElementaryLimits;
  readonly boundFormula: string;
  readonly derivation: string;
  readonly derivativeBoundFormula: string;
  readonly derivativeDerivation: string;
  /** Where the function is asked first: its regimes, then uniform on ±range. */
  readonly always: readonly number[];
  readonly range: number;
  /** Integers give exact values, so there is an exact tier. */
  readonly exactOnIntegers: boolean;
  readonly derivativeExact: boolean;
  /** Points without a derivative and the other slope that is right there. */
  readonly kinks?: {
    readonly at: readonly number[];
    readonly other: number;
    readonly names: readonly [own: string, other: string];
  };
  readonly mistakes: readonly ScalarMistake[];
  readonly derivativeMistakes: readonly ScalarMistake[];
}

const smooth = [
  0,
  2 ** -20,
  -(2 ** -20),
  0.5,
  -0.5,
  Math.LN2,
  -Math.LN2,
  1,
  -1,
  2,
  -2,
  4.5,
  -4.5,
  8.5,
  -8.5,
  12,
  -12,
  16,
  -16,
  20,
  -20,
  60,
  -60,
  87,
  -87,
];
const kinked = [0, 2 ** -20, -(2 ** -20), 1, -1, 1 + 2 ** -20, 1 - 2 ** -20, -1 - 2 ** -20, -1 + 2 ** -20, 2, -2, 100, -100];
const exactly = 'Nothing is rounded: a comparison decides, and the result is the input or a whole number.';

const sigmoidOf = (x: number) => 1 / (1 + Math.exp(-x));

const facts: readonly ActivationFacts[] = [
  {
    name: 'identity',
    title: 'Identity',
    formula: 'y = x',
    derivativeFormula: "f'(x) = 1",
    rows: ['A1', 'M9'],
    onnx: 'Identity',
    boundFormula: '0',
    derivation: exactly,
    derivativeBoundFormula: '0',
    derivativeDerivation: exactly,
    always: kinked,
    range: 8,
    exactOnIntegers: true,
    derivativeExact: true,
    mistakes: [
      { name: 'negated', says: '−x', compute: (x) => -x },
      { name: 'half-precision', says: 'x rounded to 11 significant bits', compute: (x) => x * (1 + 2 ** -12) },
      { name: 'clipped', says: 'x clipped to [−1, 1]', compute: (x) => Math.max(-1, Math.min(1, x)) },
    ],
    derivativeMistakes: [
      { name: 'value-for-derivative', says: 'the value x in place of the derivative', compute: (x) => x },
      { name: 'zero', says: '0 everywhere', compute: () => 0 },
      { name: 'sign', says: 'the sign of x', compute: (x) => Math.sign(x) },
    ],
  },
  {
    name: 'sign',
    title: 'Sign',
    formula: 'y = \\operatorname{sign}(x), \\quad \\operatorname{sign}(0) = 0',
    derivativeFormula: "f'(x) = 0",
    rows: ['A1', 'P6'],
    onnx: 'Sign',
    boundFormula: '0',
    derivation: exactly,
    derivativeBoundFormula: '0',
    derivativeDerivation: exactly,
    always: kinked,
    range: 8,
    exactOnIntegers: true,
    derivativeExact: true,
    mistakes: [
      { name: 'one-at-zero', says: 'sign with sign(0) = 1', compute: (x) => (x >= 0 ? 1 : -1) },
      { name: 'step', says: 'the step function', compute: (x) => (x >= 0 ? 1 : 0) },
      { name: 'negated', says: '−sign(x)', compute: (x) => -Math.sign(x) },
    ],
    derivativeMistakes: [
      { name: 'straight-through', says: '1: the surrogate gradient in place of the derivative', compute: () => 1 },
      {
        name: 'clipped-straight-through',
        says: '1 on [−1, 1], the clipped surrogate',
        compute: (x) => (Math.abs(x) <= 1 ? 1 : 0),
      },
      { name: 'value-for-derivative', says: 'sign(x) in place of its derivative', compute: (x) => Math.sign(x) },
    ],
  },
  {
    name: 'step',
    title: 'Step',
    formula: 'y = 1 \\text{ for } x \\ge 0, \\text{ otherwise } 0',
    derivativeFormula: "f'(x) = 0",
    rows: ['A1', 'P2'],
    boundFormula: '0',
    derivation: exactly,
    derivativeBoundFormula: '0',
    derivativeDerivation: exactly,
    always: kinked,
    range: 8,
    exactOnIntegers: true,
    derivativeExact: true,
    mistakes: [
      { name: 'zero-at-zero', says: 'a step with step(0) = 0', compute: (x) => (x > 0 ? 1 : 0) },
      { name: 'sign', says: 'the sign function', compute: (x) => Math.sign(x) },
      { name: 'half-at-zero', says: 'a step with step(0) = ½', compute: (x) => (x > 0 ? 1 : x === 0 ? 0.5 : 0) },
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
    limits: sigmoidLimits,
    boundFormula: '\\sigma\\,[(1-\\sigma)\\,2u(3+2|x|) + 3u]',
    derivation: 'The exponential’s relative error 2u(3 + 2|x|) weighs 1 − σ in 1/(1 + e^−x); sum and quotient round once each.',
    derivativeBoundFormula: "e_\\sigma(|1-2\\sigma|+e_\\sigma) + 2u\\sigma + \\sigma'\\,[2u(3+2|x|)+2u]",
    derivativeDerivation:
      'Running error of σ(1 − σ): the error of σ weighs |1 − 2σ|, the difference rounds by u absolutely, the product once; the form e^−x/(1 + e^−x)² is within it as well.',
    always: smooth,
    range: 10,
    exactOnIntegers: false,
    derivativeExact: false,
    mistakes: [
      { name: 'missing-minus', says: '1/(1 + e^x): the minus is missing', compute: (x) => 1 / (1 + Math.exp(x)) },
      { name: 'tanh', says: 'tanh(x)', compute: (x) => Math.tanh(x) },
      {
        name: 'hard-sigmoid',
        says: 'the hard sigmoid, x/6 + ½ clipped to [0, 1]',
        compute: (x) => Math.max(0, Math.min(1, x / 6 + 0.5)),
      },
      { name: 'base-two', says: '1/(1 + 2^−x): the power of 2 for that of e', compute: (x) => 1 / (1 + 2 ** -x) },
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
    limits: tanhLimits,
    boundFormula: '|y|\\,\\max\\Bigl[\\frac{2}{e^{2|x|}+1}\\,2u(3+4|x|) + 3u,\\; 7u\\Bigr]',
    derivation:
      'With t = e^{2|x|} − 1 to full relative accuracy tanh is t/(t + 2): the error of t weighs 2/(t + 2), sum and quotient round; as a rational function x·p(x²)/q(x²) seven roundings count. Relative accuracy is demanded near 0 as well.',
    derivativeBoundFormula: "e_y(2|y|+e_y) + 2uy^2 + \\tanh'\\,[2u(3+4|x|)+3u]",
    derivativeDerivation:
      'Running error of 1 − tanh²: twice the error of tanh, and the square and the difference round absolutely by u.',
    always: smooth,
    range: 6,
    exactOnIntegers: false,
    derivativeExact: false,
    mistakes: [
      { name: 'sigmoid', says: 'σ(x)', compute: sigmoidOf },
      { name: 'half-argument', says: 'tanh(x/2)', compute: (x) => Math.tanh(x / 2) },
      { name: 'negated', says: '−tanh(x)', compute: (x) => -Math.tanh(x) },
      {
        name: 'cancelling',
        says: '(e^2x − 1)/(e^2x + 1) in float32: accuracy is lost near 0',
        compute: (x) => (Math.fround(Math.exp(2 * x)) - 1) / (Math.fround(Math.exp(2 * x)) + 1) || Math.sign(x),
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
    ],
  },
  {
    name: 'scaledTanh',
    title: 'Scaled hyperbolic tangent',
    formula: 'y = a\\tanh(b\\,x)',
    derivativeFormula: "f'(x) = a\\,b\\,(1-\\tanh^2(b\\,x))",
    rows: ['A3'],
    limits: (x, y, slope, precision, { a, b }) => {
      const { unitRoundoff: u } = precision;
      const z = b * x;
      const t = Math.tanh(z);
      const inner = tanhLimits(z, t, 1 - t * t, precision);
      // b and b·x round: z is off by 2u relative, and |z|·tanh′(z) ≤ |tanh z|.
      const value = Math.abs(a) * (inner.value + 2 * u * Math.abs(t)) + 3 * u * Math.abs(y);
      const derivative = Math.abs(a * b) * (inner.derivative + 4 * u * Math.abs(z * t) * (1 - t * t)) + 5 * u * Math.abs(slope);
      return { value, derivative };
    },
    boundFormula: '|a|\\,(e_{\\tanh}(bx) + 2u|\\tanh bx|) + 3u|y|',
    derivation:
      'a and b round to the format, b·x rounds: 2u of the argument reach the result at most undiminished; the product rounds.',
    derivativeBoundFormula: "|ab|\\,(e_{\\tanh'}(bx) + 4u|z\\tanh z|\\tanh'z) + 5u|f'|",
    derivativeDerivation:
      'As for tanh′ at z = b·x, whose own error 2u|z| weighs |tanh″| = 2|tanh|·tanh′; three products and two attributes round.',
    always: smooth.filter((x) => Math.abs(x) <= 20),
    range: 6,
    exactOnIntegers: false,
    derivativeExact: false,
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
      { name: 'unscaled', says: 'tanh(x): a and b ignored', compute: (x) => Math.tanh(x) },
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
    ],
  },
  {
    name: 'relu',
    title: 'Rectified linear unit',
    formula: 'y = \\max(x, 0)',
    derivativeFormula: "f'(x) = u(x), \\quad f'(0) \\in \\{0, 1\\}",
    rows: ['A1', 'A5'],
    onnx: 'Relu',
    boundFormula: '0',
    derivation: exactly,
    derivativeBoundFormula: '0',
    derivativeDerivation: `${exactly} At 0 the left slope 0 and the right slope 1 are both right.`,
    always: kinked,
    range: 8,
    exactOnIntegers: true,
    derivativeExact: true,
    kinks: { at: [0], other: 1, names: ['ReLU′(0) = 0', 'ReLU′(0) = 1'] },
    mistakes: [
      { name: 'leaky', says: 'the leaky rectifier, 0.01x below 0', compute: (x) => (x > 0 ? x : 0.01 * x) },
      { name: 'absolute', says: '|x|', compute: (x) => Math.abs(x) },
      { name: 'relu6', says: 'min(max(x, 0), 6)', compute: (x) => Math.min(Math.max(x, 0), 6) },
      { name: 'minimum', says: 'min(x, 0)', compute: (x) => Math.min(x, 0) },
    ],
    derivativeMistakes: [
      {
        name: 'weight-times-input',
        says: 'x where active: the value in place of the slope',
        erratum: 'R4',
        compute: (x) => Math.max(x, 0),
      },
      { name: 'half-at-zero', says: 'a slope of ½ at 0', compute: (x) => (x > 0 ? 1 : x === 0 ? 0.5 : 0) },
      { name: 'one-everywhere', says: '1 everywhere', compute: () => 1 },
      { name: 'inverted', says: '1 where x < 0: the mask inverted', compute: (x) => (x < 0 ? 1 : 0) },
    ],
  },
  {
    name: 'hardTanh',
    title: 'Hard tanh',
    formula: 'y = \\max\\{\\min[x, 1], -1\\}',
    derivativeFormula: "f'(x) = 1 \\text{ for } |x| < 1, \\; 0 \\text{ for } |x| > 1, \\quad f'(\\pm1) \\in \\{0, 1\\}",
    rows: ['A1'],
    onnx: 'Clip',
    boundFormula: '0',
    derivation: exactly,
    derivativeBoundFormula: '0',
    derivativeDerivation: `${exactly} At ±1 both one-sided slopes are right.`,
    always: kinked,
    range: 2,
    exactOnIntegers: true,
    derivativeExact: true,
    kinks: { at: [-1, 1], other: 1, names: ['hard tanh′(±1) = 0', 'hard tanh′(±1) = 1'] },
    mistakes: [
      { name: 'unit-interval', says: 'x clipped to [0, 1]', compute: (x) => Math.max(0, Math.min(1, x)) },
      { name: 'tanh', says: 'tanh(x)', compute: (x) => Math.tanh(x) },
      { name: 'upper-only', says: 'min(x, 1): not clipped below', compute: (x) => Math.min(x, 1) },
    ],
    derivativeMistakes: [
      { name: 'one-everywhere', says: '1 everywhere', compute: () => 1 },
      { name: 'tanh-derivative', says: '1 − tanh²(x)', compute: (x) => 1 - Math.tanh(x) ** 2 },
      { name: 'outside', says: '1 where |x| > 1: the mask inverted', compute: (x) => (Math.abs(x) > 1 ? 1 : 0) },
    ],
  },
  {
    name: 'softplus',
    title: 'Softplus',
    formula: 'y = \\ln(1+e^x)',
    derivativeFormula: "f'(x) = \\sigma(x)",
    rows: ['A4'],
    onnx: 'Softplus',
    limits: softplusLimits,
    boundFormula: '\\ln(1+e^{-|x|})\\,[2u(3+2|x|)+4u] + 2u\\,y',
    derivation:
      'As max(x, 0) + ln(1 + e^−|x|): the exponential’s relative error passes the logarithm at most undiminished, logarithm and sum round.',
    derivativeBoundFormula: '\\sigma\\,[(1-\\sigma)\\,2u(3+2|x|) + 3u]',
    derivativeDerivation: 'The derivative is the sigmoid, with its bound.',
    always: smooth,
    range: 10,
    exactOnIntegers: false,
    derivativeExact: false,
    mistakes: [
      { name: 'relu', says: 'max(x, 0)', compute: (x) => Math.max(x, 0) },
      { name: 'base-two', says: 'log₂(1 + e^x)', compute: (x) => Math.log2(1 + Math.exp(x)) },
      { name: 'missing-one', says: 'ln(e^x) = x: the 1 is missing', compute: (x) => x },
      {
        name: 'cancelling',
        says: 'ln(1 + e^x) in float32: the tail is lost below −16',
        compute: (x) => Math.max(x, 0) + Math.log(Math.fround(1 + Math.exp(-Math.abs(x)))),
      },
    ],
    derivativeMistakes: [
      {
        name: 'sigmoid-derivative',
        says: 'σ(1 − σ): the derivative of the derivative',
        compute: (x) => sigmoidOf(x) * (1 - sigmoidOf(x)),
      },
      { name: 'step', says: 'the step function, derivative of the rectifier', compute: (x) => (x > 0 ? 1 : 0) },
      { name: 'missing-minus', says: '1/(1 + e^x)', compute: (x) => 1 / (1 + Math.exp(x)) },
    ],
  },
];

const defaultScale: ScaledTanhAttributes = { a: 1.75, b: 0.625 };
/** The document's a and b as float32 has them. */
const documentScale: ScaledTanhAttributes = { a: Math.fround(1.716), b: Math.fround(2 / 3) };

const draw = fc
  .record({ batch: fc.integer({ min: 1, max: 4 }), features: fc.integer({ min: 1, max: 5 }) })
  .map((sizes): { sizes: Sizes; attributes: Attributes } => ({ sizes, attributes: {} }));

function scaleOf(attributes: Attributes): ScaledTanhAttributes {
  return { ...defaultScale, ...attributes } as ScaledTanhAttributes;
}

/** The three lines of one activation. */
function linesOf(fact: ActivationFacts): AnyOperation[] {
  const { name, kinks } = fact;
  const scaled = name === 'scaledTanh';
  const { value, derivative } = activations[name] as { value: Scalar; derivative: Scalar };
  const describedAttributes: Record<string, string> = scaled
    ? { a: 'amplitude a of a·tanh(b·x)', b: 'slope b of a·tanh(b·x)' }
    : {};
  const attributes: Attributes = scaled ? { ...defaultScale } : {};
  const otherSlope: Scalar = (x, scale) => (kinks?.at.includes(x) ? kinks.other : derivative(x, scale));

  const limitsAt = (part: keyof ElementaryLimits, x: Tensor, scale: ScaledTanhAttributes, precision: Precision): Float64Array =>
    Float64Array.from(x.data, (v) => {
      if (!fact.limits) return 0;
      const [y, slope] = [value(v, scale), derivative(v, scale)];
      const limit = fact.limits(v, y, slope, precision, scale)[part];
      // Below the smallest normal number spacing is absolute; a library may compute there with one flushed intermediate.
      return (
        limit +
        2 * precision.smallestSubnormal +
        (Math.abs(part === 'value' ? y : slope) < precision.smallestNormal ? precision.smallestNormal : 0)
      );
    });

  const shape = ['batch', 'features'];
  const x = {
    dimensions: shape,
    values: { kind: 'regimes' as const, low: -fact.range, high: fact.range, always: fact.always },
  };
  const dy = {
    dimensions: shape,
    values: { kind: 'uniform' as const, low: -2, high: 2 },
    description: 'gradient with respect to y',
  };
  const tiersOf = (exact: boolean): Tier[] => (exact ? ['random', 'exact'] : ['random']);
  const recipes = [
    { name: 'plain', sizes: { batch: 3, features: 7 }, attributes },
    { name: 'regimes', sizes: { batch: 5, features: 11 }, attributes },
    { name: 'one-row', sizes: { batch: 1, features: 37 }, attributes },
    { name: 'many', sizes: { batch: 16, features: 96 }, attributes },
    ...(scaled ? [{ name: 'document', sizes: { batch: 4, features: 9 }, attributes: { ...documentScale } as Attributes }] : []),
  ];
  const benchmark = { name: 'benchmark', sizes: { batch: 64, features: 512 }, attributes, tiers: ['random'] as const };
  const common = {
    rows: fact.rows,
    topic: 'Activations',
    source: 'reference/activations.ts',
    attributes: describedAttributes,
    constraints: [],
    draw: draw.map((drawn) => ({ ...drawn, attributes })),
  };
  const unary = (f: Scalar) => (inputs: NamedTensors, a: Attributes) => ({ y: map(inputs.x, (v) => f(v, scaleOf(a))) });
  const backward = (f: Scalar) => (inputs: NamedTensors, a: Attributes) => ({
    dx: combine(inputs.x, inputs.dy, (v, d) => d * f(v, scaleOf(a))),
  });
  const errorClass = (exact: boolean): ErrorClass => (exact ? 'exact' : 'elementary');
  const slopeClass: ErrorClass = kinks ? 'set-valued' : errorClass(fact.derivativeExact);
  const alternatives = (lift: typeof unary | typeof backward) =>
    kinks
      ? [
          { name: kinks.names[0], outputs: lift(derivative) },
          { name: kinks.names[1], outputs: lift(otherSlope) },
        ]
      : undefined;

  return [
    {
      ...common,
      name,
      title: fact.title,
      formula: fact.formula,
      onnx: fact.onnx,
      inputs: () => ({ x }),
      outputs: () => ({ y: { dimensions: shape } }),
      reference: unary(value),
      bound: {
        errorClass: errorClass(!fact.limits),
        formula: fact.boundFormula,
        derivation: fact.derivation,
        limits: ({ inputs, attributes: a, precision }) => ({
          y: { limit: limitsAt('value', inputs.x, scaleOf(a), precision) },
        }),
      },
      tiers: tiersOf(fact.exactOnIntegers),
      cases: recipes,
      benchmark,
      flops: ({ batch, features }) => batch * features,
      knownMistakes: fact.mistakes.map(({ compute, ...mistake }) => ({ ...mistake, outputs: unary(compute) })),
    },
    {
      ...common,
      name: `${name}.derivative`,
      title: `${fact.title}, derivative`,
      formula: fact.derivativeFormula,
      inputs: () => ({ x }),
      outputs: () => ({ y: { dimensions: shape } }),
      reference: unary(derivative),
      bound: {
        errorClass: slopeClass,
        formula: fact.derivativeBoundFormula,
        derivation: fact.derivativeDerivation,
        limits: ({ inputs, attributes: a, precision }) => ({
          y: { limit: limitsAt('derivative', inputs.x, scaleOf(a), precision) },
        }),
      },
      alternatives: alternatives(unary),
      tiers: tiersOf(fact.derivativeExact),
      cases: recipes,
      knownMistakes: fact.derivativeMistakes.map(({ compute, ...mistake }) => ({ ...mistake, outputs: unary(compute) })),
    },
    {
      ...common,
      name: `${name}.backward`,
      title: `${fact.title}, backward`,
      formula: "dx = dy\\,f'(x)",
      inputs: () => ({ x, dy }),
      outputs: () => ({ dx: { dimensions: shape } }),
      reference: backward(derivative),
      bound: {
        errorClass: slopeClass,
        formula: fact.derivativeExact ? '0' : `|dy|\\,e_{f'} + u\\,|dx|`,
        derivation: fact.derivativeExact
          ? 'A slope of 0 or 1 times dy: nothing is rounded.'
          : 'The derivative’s limit weighs |dy|; the product rounds once.',
        limits: ({ inputs, attributes: a, expected, precision }) => {
          const slope = limitsAt('derivative', inputs.x, scaleOf(a), precision);
          const limit = slope.map((e, i) =>
            fact.derivativeExact
              ? 0
              : Math.abs(inputs.dy.data[i]) * e * (1 + precision.unitRoundoff) +
                precision.unitRoundoff * Math.abs(expected.dx.data[i]) +
                precision.smallestSubnormal,
          );
          return { dx: { limit } };
        },
      },
      alternatives: alternatives(backward),
      tiers: tiersOf(fact.derivativeExact),
      cases: recipes,
      benchmark,
      flops: ({ batch, features }) => 2 * batch * features,
      knownMistakes: [
        ...fact.derivativeMistakes.map(({ compute, ...mistake }) => ({
          ...mistake,
          says: `dy·(${mistake.says})`,
          outputs: backward(compute),
        })),
        // Where the derivative is 0 everywhere, ignoring dy changes nothing.
        ...(['sign', 'step'].includes(name)
          ? []
          : [
              {
                name: 'upstream-ignored',
                says: 'f′(x): dy is ignored',
                outputs: (inputs: NamedTensors, a: Attributes) => ({ dx: map(inputs.x, (v) => derivative(v, scaleOf(a))) }),
              },
            ]),
        {
          name: 'upstream-added',
          says: 'dy + f′(x): a sum for the product',
          outputs: (inputs, a) => ({ dx: combine(inputs.x, inputs.dy, (v, d) => d + derivative(v, scaleOf(a))) }),
        },
      ],
    },
  ];
}

export const activationOperations: readonly AnyOperation[] = facts.flatMap(linesOf);
