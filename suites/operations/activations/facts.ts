/** Describes each activation: its formulas and the points and attributes that it is asked at. */
import type { ActivationAttributes, ActivationName, AttributesOf } from '../../../backends/signatures.ts';
import type { AnyCaseRecipe } from '../../judging/operation.ts';

export type Scalar = (x: number, attributes: ActivationAttributes) => number;

/** Stands for attributes that an activation does not read. */
export const unread: ActivationAttributes = { a: 1, b: 1, alpha: 1, approximate: 'none' };

/** A one-sided slope. */
type Slope = (attributes: ActivationAttributes) => number;

/** Attributes with which an activation is asked. */
interface AskedAttributes {
  readonly descriptions: Readonly<Record<string, string>>;
  /** Those of the cases that are about something else. */
  readonly usual: AttributesOf<ActivationName>;
  /** Those that the properties draw beside the usual ones. */
  readonly drawn: AttributesOf<ActivationName>;
  /** Cases about attributes. */
  readonly others: readonly (Pick<AnyCaseRecipe, 'name' | 'sizes' | 'tiers' | 'values'> & {
    readonly attributes: AttributesOf<ActivationName>;
  })[];
}

export interface ActivationFacts {
  readonly name: ActivationName;
  readonly title: string;
  readonly formula: string;
  readonly derivativeFormula: string;
  readonly rows: readonly string[];
  readonly onnx?: string;
  /** A smooth function rounds. One of straight pieces compares: its value, its slope and dy times its slope are exact, unless it `rounds`. */
  readonly smooth: boolean;
  readonly rounds?: boolean;
  /** Tells whether it hands on as they are the numbers that it does not cut off: −0 stays −0. */
  readonly keepsSignOfZero?: boolean;
  /** Uniform values are drawn from ±range. */
  readonly range: number;
  /** The points it is always asked at: where its formulas change, cancel, overflow or underflow. */
  readonly regimes: readonly number[];
  /** Right answers for the slope where there is none: the reference's own first, each with its slopes by the point. */
  readonly slopesAtKinks?: readonly { readonly name: string; readonly slopes: Readonly<Record<number, Slope>> }[];
  readonly attributes?: AskedAttributes;
}

/** Both signs of the powers of two at which ln 2 is crossed, exponentials meet 1, lose it, overflow, and end in subnormal numbers. */
const smoothRegimes = [
  0,
  ...[2 ** -20, 2 ** -10, 0.5, Math.LN2, 1, 2, 4.5, 9, 12.5, 17, 20, 40, 60, 87, 88, 88.5, 104],
].flatMap((x) => (x === 0 ? [0] : [x, -x]));
const piecewiseRegimes = [0, 2 ** -20, 1, 1 + 2 ** -23, 1 - 2 ** -24, 1 + 2 ** -20, 1 - 2 ** -20, 2, 100].flatMap((x) =>
  x === 0 ? [0] : [x, -x],
);

const within = (range: number) => ({ x: { kind: 'uniform', low: -range, high: range } }) as const;

const zero = () => 0;
const one = () => 1;

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
    range: 8,
    regimes: piecewiseRegimes,
  },
  {
    name: 'sign',
    title: 'Sign',
    formula: 'y = \\operatorname{sign}(x), \\quad \\operatorname{sign}(0) = 0',
    derivativeFormula: "f'(x) = 0",
    rows: ['A1', 'P6'],
    onnx: 'Sign',
    smooth: false,
    range: 8,
    regimes: piecewiseRegimes,
  },
  {
    name: 'step',
    title: 'Step',
    formula: 'y = 1 \\text{ for } x \\ge 0, \\text{ otherwise } 0',
    derivativeFormula: "f'(x) = 0",
    rows: ['A1', 'P2'],
    smooth: false,
    range: 8,
    regimes: piecewiseRegimes,
  },
  {
    name: 'sigmoid',
    title: 'Logistic sigmoid',
    formula: '\\sigma(x) = \\frac{1}{1+e^{-x}}',
    derivativeFormula: "\\sigma'(x) = \\sigma(x)\\,(1-\\sigma(x))",
    rows: ['A1', 'A2'],
    onnx: 'Sigmoid',
    smooth: true,
    range: 10,
    regimes: smoothRegimes,
  },
  {
    name: 'tanh',
    title: 'Hyperbolic tangent',
    formula: '\\tanh(x) = \\frac{e^x-e^{-x}}{e^x+e^{-x}}',
    derivativeFormula: "\\tanh'(x) = 1-\\tanh^2(x)",
    rows: ['A1', 'A2', 'A8'],
    onnx: 'Tanh',
    smooth: true,
    range: 6,
    regimes: smoothRegimes,
  },
  {
    name: 'scaledTanh',
    title: 'Scaled hyperbolic tangent',
    formula: 'y = a\\tanh(b\\,x)',
    derivativeFormula: "f'(x) = a\\,b\\,(1-\\tanh^2(b\\,x))",
    rows: ['A3'],
    smooth: true,
    attributes: {
      descriptions: { a: 'amplitude a of a·tanh(b·x)', b: 'slope b of a·tanh(b·x)' },
      usual: { a: 1.75, b: 0.625 },
      drawn: { a: 0.5, b: 3 },
      others: [
        // a = 1.716 and b = 2/3 (Row A3) as float32 has them: a backend holds attributes in its own element type.
        { name: 'document', sizes: { batch: 4, features: 9 }, attributes: { a: Math.fround(1.716), b: Math.fround(2 / 3) } },
        { name: 'steep', sizes: { batch: 3, features: 8 }, attributes: { a: 0.5, b: 3 } },
      ],
    },
    range: 6,
    regimes: smoothRegimes,
  },
  {
    name: 'relu',
    title: 'Rectified linear unit',
    formula: 'y = \\max(x, 0)',
    derivativeFormula: "f'(x) = u(x), \\quad f'(0) \\in \\{0, 1\\}",
    rows: ['A1', 'A5'],
    onnx: 'Relu',
    smooth: false,
    range: 8,
    regimes: piecewiseRegimes,
    slopesAtKinks: [
      { name: 'ReLU′(0) = 0', slopes: { 0: zero } },
      { name: 'ReLU′(0) = 1', slopes: { 0: one } },
    ],
  },
  {
    name: 'leakyRelu',
    title: 'Leaky rectified linear unit',
    formula: 'y = x \\text{ for } x > 0, \\text{ otherwise } \\alpha x',
    derivativeFormula: "f'(x) = 1 \\text{ for } x > 0, \\; \\alpha \\text{ for } x < 0, \\quad f'(0) \\in \\{\\alpha, 1\\}",
    rows: [],
    onnx: 'LeakyRelu',
    smooth: false,
    rounds: true,
    attributes: {
      descriptions: { alpha: 'slope α below 0' },
      usual: { alpha: 0.25 },
      drawn: { alpha: 1.5 },
      others: [
        { name: 'usual-slope', sizes: { batch: 4, features: 9 }, attributes: { alpha: Math.fround(0.01) }, tiers: ['random'] },
        { name: 'steep', sizes: { batch: 3, features: 8 }, attributes: { alpha: 1.5 }, tiers: ['random'] },
      ],
    },
    range: 8,
    regimes: piecewiseRegimes,
    slopesAtKinks: [
      { name: 'leaky ReLU′(0) = α', slopes: { 0: ({ alpha }) => alpha } },
      { name: 'leaky ReLU′(0) = 1', slopes: { 0: one } },
    ],
  },
  {
    name: 'elu',
    title: 'Exponential linear unit',
    formula: 'y = x \\text{ for } x > 0, \\text{ otherwise } \\alpha(e^x - 1)',
    derivativeFormula: "f'(x) = 1 \\text{ for } x > 0, \\; \\alpha e^x \\text{ for } x < 0, \\quad f'(0) \\in \\{\\alpha, 1\\}",
    rows: [],
    onnx: 'Elu',
    smooth: true,
    attributes: {
      descriptions: { alpha: 'size α of the limit at −∞' },
      usual: { alpha: 1 },
      drawn: { alpha: 1.5 },
      others: [
        { name: 'small-limit', sizes: { batch: 4, features: 9 }, attributes: { alpha: Math.fround(0.3) } },
        { name: 'large-limit', sizes: { batch: 3, features: 8 }, attributes: { alpha: 1.5 } },
      ],
    },
    range: 10,
    regimes: smoothRegimes,
    slopesAtKinks: [
      { name: 'ELU′(0) = α', slopes: { 0: ({ alpha }) => alpha } },
      { name: 'ELU′(0) = 1', slopes: { 0: one } },
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
    range: 2,
    regimes: piecewiseRegimes,
    slopesAtKinks: [
      { name: 'hard tanh′(±1) = 0', slopes: { '-1': zero, 1: zero } },
      { name: 'hard tanh′(±1) = 1', slopes: { '-1': one, 1: one } },
      { name: 'hard tanh′(−1) = 0, hard tanh′(1) = 1', slopes: { '-1': zero, 1: one } },
      { name: 'hard tanh′(−1) = 1, hard tanh′(1) = 0', slopes: { '-1': one, 1: zero } },
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
    range: 10,
    regimes: smoothRegimes,
  },
  {
    name: 'silu',
    title: 'Sigmoid linear unit',
    formula: 'y = x\\,\\sigma(x)',
    derivativeFormula: "f'(x) = \\sigma(x) + x\\,\\sigma(x)(1-\\sigma(x))",
    rows: [],
    smooth: true,
    range: 10,
    // The slope is 0 beside −1.2784646.
    regimes: [...smoothRegimes, Math.fround(-1.2784646), -1.25, -1.5],
  },
  {
    name: 'gelu',
    title: 'Gaussian error linear unit',
    formula: 'y = x\\,\\Phi(x) = \\tfrac12 x\\,(1+\\operatorname{erf}(x/\\sqrt2))',
    derivativeFormula: "f'(x) = \\Phi(x) + x\\,\\varphi(x)",
    rows: [],
    onnx: 'Gelu',
    smooth: true,
    attributes: {
      descriptions: {
        approximate: 'none: with the normal distribution Φ; tanh: ½x(1 + tanh z), z = √(2/π)(x + 0.044715x³), in its place',
      },
      usual: { approximate: 'none' },
      drawn: { approximate: 'tanh' },
      others: [
        { name: 'tanh', sizes: { batch: 16, features: 96 }, attributes: { approximate: 'tanh' }, values: within(6) },
        { name: 'tanh-regimes', sizes: { batch: 4, features: 12 }, attributes: { approximate: 'tanh' } },
      ],
    },
    range: 6,
    // The slopes are 0 beside −0.7518 and −0.7525.
    regimes: [...smoothRegimes, Math.fround(-0.75179154), Math.fround(-0.7524614), -0.75, -3, 3, -5.5, 5.5, -13, 13],
  },
];
