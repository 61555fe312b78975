/**
 * How right the reference itself is: its functions against certified values, decimal numbers of 40 and more digits that come from an
 * arbitrary-precision library (`fixtures/certified`). Errors are computed with integers of any length, so that nothing is lost.
 */
import {
  type ActivationAttributes,
  elu,
  eluDerivative,
  scaledTanh,
  scaledTanhDerivative,
  sigmoid,
  sigmoidDerivative,
  softplus,
  softplusDerivative,
  tanh,
  tanhDerivative,
} from './activations.ts';
import { biasCorrection } from './descent.ts';
import { gelu, geluDerivative, silu, siluDerivative } from './gatedUnits.ts';
import { biasVariance } from './generalization.ts';
import { binaryCrossEntropy, binaryCrossEntropyGradient, crossEntropy, crossEntropyGradient } from './losses.ts';
import { multiplicationGate } from './multiplicationGate.ts';
import {
  logSumExp,
  softmax,
  softmaxBackward,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  softmaxJacobian,
} from './softmax.ts';
import { type Tensor, tensor } from './tensor.ts';

export const regimes = ['tiny', 'huge', 'cancelling', 'near-a-kink', 'ordinary'] as const;
export type Regime = (typeof regimes)[number];

/** A number, a vector (of numbers alike, or of several arguments), or several vectors (prediction and target, in the order of the function's parameters). */
export type CertifiedInput = number | number[] | number[][];

/** One file of `fixtures/certified`. */
export interface CertifiedFile {
  readonly function: string;
  /** The library that computed it, with its version. */
  readonly library: string;
  readonly digits: number;
  readonly attributes?: ActivationAttributes;
  readonly values: readonly { readonly regime: Regime; readonly input: CertifiedInput; readonly value: string | string[] }[];
}

export interface Accuracy {
  readonly regime: Regime;
  readonly input: CertifiedInput;
  /** Position in a vector of results; 0 for a number. */
  readonly element: number;
  readonly actual: number;
  readonly certified: string;
  readonly ulps: number;
  readonly correctDigits: number;
  /** Largest error that the function's docblock permits, in ulps. */
  readonly limitUlps: number;
}

interface CertifiedFunction {
  readonly evaluate: (input: CertifiedInput, attributes?: ActivationAttributes) => ArrayLike<number>;
  /** The stated bound, in words, and as an absolute error of each element given the input and the certified values rounded to float64. */
  readonly bound: string;
  readonly limit: (input: CertifiedInput, values: readonly number[], element: number) => number;
}

const u = 2 ** -53;

/** The functions that are checked against certified values. */
export const certifiedFunctions: Readonly<Record<string, CertifiedFunction>> = {
  sigmoid: ofNumber(sigmoid),
  sigmoidDerivative: ofNumber(sigmoidDerivative),
  tanh: ofNumber(tanh),
  tanhDerivative: ofNumber(tanhDerivative),
  scaledTanh: ofNumber(scaledTanh),
  scaledTanhDerivative: ofNumber(scaledTanhDerivative),
  elu: ofNumber(elu),
  eluDerivative: ofNumber(eluDerivative),
  silu: ofNumber(silu),
  siluDerivative: ofCancelling(siluDerivative),
  gelu: ofNumber(gelu),
  geluDerivative: ofCancelling(geluDerivative),
  geluTanh: ofNumber(gelu),
  geluTanhDerivative: ofCancelling(geluDerivative),
  softplus: ofNumber(softplus),
  softplusDerivative: ofNumber(softplusDerivative),
  softmax: { ...ofVector(softmax), bound: '1 ulp', limit: (_, values, i) => ulp(values[i]) },
  softmaxJacobian: {
    evaluate: (x) => softmaxJacobian(row(x)).data,
    bound: '(classes + 4)u of the value',
    limit: (x, values, i) => (vectorOf(x).length + 4) * u * Math.abs(values[i]) + ulp(0),
  },
  softmaxBackward: {
    ...ofPair((x, dy) => softmaxBackward(x, dy).data),
    bound: '(classes + 6)u·oᵢ(|dᵢ| + Σ|dⱼ|oⱼ), d = dy − dy of the largest output',
    limit: (input, _, i) => {
      const [x, dy] = pairOf(input);
      const o = softmax(row(x)).data;
      const origin = dy[x.indexOf(Math.max(...x))];
      const size = Math.abs(dy[i] - origin) + total(dy.map((d, j) => Math.abs(d - origin) * o[j]));
      return (x.length + 6) * u * o[i] * size + (1 + size) * ulp(0);
    },
  },
  multiplicationGateSigmoid: ofGate('sigmoid'),
  multiplicationGateTanh: ofGate('tanh'),
  multiplicationGateSoftplus: ofGate('softplus'),
  logSumExp: {
    ...ofVector(logSumExp),
    bound: '1 ulp, or 2⁻⁵⁸·|largest x| where that is more',
    limit: (x, values, i) => Math.max(ulp(values[i]), 2 ** -58 * Math.abs(Math.max(...vectorOf(x)))),
  },
  softmaxCrossEntropy: {
    ...ofPair((x, target) => [softmaxCrossEntropy(x, target)]),
    bound: '(classes + 3)u of the value + 2⁻⁵⁸·Σ target·largest |x|',
    limit: (input, values, i) => {
      const [x, target] = pairOf(input);
      const size = Math.max(...x.map(Math.abs));
      return (x.length + 3) * u * Math.abs(values[i]) + 2 ** -58 * size * total(target);
    },
  },
  softmaxCrossEntropyGradient: {
    ...ofPair((x, target) => softmaxCrossEntropyGradient(x, target).data),
    bound: '(classes + 3)u(oᵢΣtarget + targetᵢ)',
    limit: (input, values, i) => {
      const [x, target] = pairOf(input);
      return (x.length + 3) * u * (Math.abs(values[i]) + 2 * target[i]) + ulp(0);
    },
  },
  crossEntropy: relative('(N + 3)u', 3, (p, target) => [crossEntropy(p, target)]),
  crossEntropyGradient: {
    ...ofPair((p, target) => crossEntropyGradient(p, target).data),
    bound: '½ ulp',
    limit: (_, values, i) => ulp(values[i]) / 2,
  },
  biasCorrection: {
    evaluate: (input) => {
      const [beta, step] = vectorOf(input);
      return [biasCorrection(beta, step)];
    },
    bound: '6u of the value',
    limit: (_, values, i) => 6 * u * values[i],
  },
  biasVariance: {
    evaluate: (input) => {
      const rows = input as number[][];
      const { squaredBias, variance } = biasVariance(rows.slice(0, -1), rows[rows.length - 1]);
      return [squaredBias, variance];
    },
    bound: '(MN + 5)u of the value, and 2|d|δ + δ² of each square d², δ = (M + 3)u·(mean |f − f₁| + |f₁ − y| or |f − f₁|)',
    limit: (input, values, element) => {
      const rows = input as number[][];
      const [models, truth] = [rows.slice(0, -1), rows[rows.length - 1]];
      const terms = models.length * truth.length;
      const carried = truth.map((right, n) => {
        const column = models.map((model) => model[n] - models[0][n]);
        const mean = total(column) / models.length;
        const spread = total(column.map(Math.abs)) / models.length;
        const starts = element === 0 ? [models[0][n] - right] : column.map((value) => -value);
        const squares = starts.map((start) => {
          const [d, delta] = [Math.abs(start + mean), (models.length + 3) * u * (spread + Math.abs(start))];
          return 2 * d * delta + delta ** 2;
        });
        return total(squares) / squares.length;
      });
      return (terms + 5) * u * values[element] + total(carried) / truth.length + (terms + 1) * ulp(0);
    },
  },
  binaryCrossEntropy: relative('(N + 5)u', 5, (p, target) => [binaryCrossEntropy(p, target)]),
  binaryCrossEntropyGradient: {
    ...ofPair((p, target) => binaryCrossEntropyGradient(p, target).data),
    bound: '4u of the value',
    limit: (_, values, i) => 4 * u * Math.abs(values[i]),
  },
};

/**
 * Evaluates the reference at every input of a file and measures each result.
 *
 * @throws RangeError when the file names no function of `certifiedFunctions`, or a result has not as many numbers as were certified.
 */
export function measureAccuracy(file: CertifiedFile): Accuracy[] {
  const subject = certifiedFunctions[file.function];
  if (!subject)
    throw new RangeError(`measureAccuracy: no function "${file.function}"; known: ${Object.keys(certifiedFunctions)}`);
  return file.values.flatMap(({ regime, input, value }) => {
    const actual = Array.from(subject.evaluate(input, file.attributes));
    const decimals = typeof value === 'string' ? [value] : value;
    if (actual.length !== decimals.length) {
      throw new RangeError(`measureAccuracy: ${file.function} gave ${actual.length} numbers, ${decimals.length} are certified`);
    }
    const rounded = decimals.map(Number);
    return decimals.map((certified, element) => ({
      regime,
      input,
      element,
      actual: actual[element],
      certified,
      ulps: errorInUlps(actual[element], certified),
      correctDigits: correctDigits(actual[element], certified),
      limitUlps: subject.limit(input, rounded, element) / ulp(rounded[element]),
    }));
  });
}

/**
 * |actual − certified| in ulps: the distance between the float64 numbers on either side of the certified value (2⁻¹⁰⁷⁴ below the normal
 * range). A correctly rounded result is within 0.5. Beyond the float64 range ±∞ is right, error 0; elsewhere a result that is not
 * finite has error ∞.
 *
 * @throws SyntaxError when `certified` is not a decimal number.
 */
export function errorInUlps(actual: number, certified: string): number {
  if (!Number.isFinite(actual)) return actual === Number(certified) ? 0 : Infinity;
  const right = fractionOfDecimal(certified);
  const error = distance(fractionOfNumber(actual), right);
  const exponent = Math.max(binaryExponent(right) - 52, -1074);
  const scaled = exponent < 0 ? { ...error, top: error.top << BigInt(-exponent) } : timesBottom(error, 1n << BigInt(exponent));
  return toNumber(scaled);
}

/** −log₁₀(|actual − certified|/|certified|), NIST's LRE: the number of correct significant digits; ∞ when there is no error. */
export function correctDigits(actual: number, certified: string): number {
  if (!Number.isFinite(actual)) return actual === Number(certified) ? Infinity : -Infinity;
  const right = fractionOfDecimal(certified);
  const error = distance(fractionOfNumber(actual), right);
  if (error.top === 0n) return Infinity;
  if (right.top === 0n) return -Infinity;
  return -Math.log10(toNumber({ top: error.top * right.bottom, bottom: error.bottom * absolute(right.top) }));
}

/** The distance between neighbouring float64 numbers at x; at ±∞ that of the largest ones. */
export function ulp(x: number): number {
  let spacing = 2 ** -1074;
  while (spacing < 2 ** 971 && spacing * 2 ** 53 <= Math.abs(x)) spacing *= 2;
  return spacing;
}

/** top/bottom with bottom > 0. */
interface Fraction {
  readonly top: bigint;
  readonly bottom: bigint;
}

function fractionOfDecimal(text: string): Fraction {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text);
  if (!match) throw new SyntaxError(`errorInUlps: "${text}" is not a decimal number`);
  const [, minus, whole, decimals = '', power = '0'] = match;
  const exponent = Number(power) - decimals.length;
  const top = BigInt(`${minus}${whole}${decimals}`);
  return exponent < 0 ? { top, bottom: 10n ** BigInt(-exponent) } : { top: top * 10n ** BigInt(exponent), bottom: 1n };
}

function fractionOfNumber(value: number): Fraction {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const field = Number((word >> 52n) & 0x7ffn);
  const mantissa = (word & 0xfffffffffffffn) | (field === 0 ? 0n : 1n << 52n);
  const top = word >> 63n === 0n ? mantissa : -mantissa;
  const exponent = Math.max(field, 1) - 1075;
  return exponent < 0 ? { top, bottom: 1n << BigInt(-exponent) } : { top: top << BigInt(exponent), bottom: 1n };
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function distance(a: Fraction, b: Fraction): Fraction {
  return { top: absolute(a.top * b.bottom - b.top * a.bottom), bottom: a.bottom * b.bottom };
}

function timesBottom({ top, bottom }: Fraction, factor: bigint): Fraction {
  return { top, bottom: bottom * factor };
}

/** ⌊log₂|f|⌋; −∞ for 0. */
function binaryExponent({ top, bottom }: Fraction): number {
  if (top === 0n) return -Infinity;
  const size = absolute(top);
  const guess = size.toString(2).length - bottom.toString(2).length;
  const fits = guess >= 0 ? size >= bottom << BigInt(guess) : size << BigInt(-guess) >= bottom;
  return fits ? guess : guess - 1;
}

/** A fraction ≥ 0 as a number, to 60 significant bits or so. */
function toNumber({ top, bottom }: Fraction): number {
  if (top === 0n) return 0;
  const shift = 64 + bottom.toString(2).length - top.toString(2).length;
  const quotient = shift >= 0 ? (top << BigInt(shift)) / bottom : top / (bottom << BigInt(-shift));
  return Number(quotient) * 2 ** -shift;
}

function ofNumber(f: (x: number, attributes?: ActivationAttributes) => number): CertifiedFunction {
  return {
    evaluate: (input, attributes) => [f(input as number, attributes)],
    bound: '1 ulp',
    limit: (_, values, i) => ulp(values[i]),
  };
}

/** A slope whose two terms cancel where it changes its sign. */
function ofCancelling(f: (x: number, attributes?: ActivationAttributes) => number): CertifiedFunction {
  return {
    ...ofNumber(f),
    bound: '1 ulp, or 2⁻⁵⁸ where that is more',
    limit: (input, values, i) => Math.max(ulp(values[i]), Math.abs((input as number) + 1) < 1 ? 2 ** -58 : 0),
  };
}

/** Inputs u, v, λ, μ and the shift of a multiplication gate. */
function ofGate(activation: 'sigmoid' | 'tanh' | 'softplus'): CertifiedFunction {
  return {
    evaluate: (input) => {
      const [a, b, lambda, mu, shift] = vectorOf(input);
      return [multiplicationGate(a, b, activation, { lambda, mu, shift })];
    },
    bound: '(40 + 8|λ|(|u| + |v|) + 4|s|)u of the value',
    limit: (input, values, i) => {
      const [a, b, lambda, , shift] = vectorOf(input);
      return (
        (40 + 8 * Math.abs(lambda) * (Math.abs(a) + Math.abs(b)) + 4 * Math.abs(shift)) * u * Math.abs(values[i]) + 2 * ulp(0)
      );
    },
  };
}

function ofVector(f: (x: Tensor) => Tensor): Pick<CertifiedFunction, 'evaluate'> {
  return { evaluate: (input) => f(row(input)).data };
}

function ofPair(f: (a: Tensor, b: Tensor) => ArrayLike<number>): Pick<CertifiedFunction, 'evaluate'> {
  return {
    evaluate: (input) => {
      const [a, b] = pairOf(input);
      return f(row(a), row(b));
    },
  };
}

/** (N + more)u of the value, for a sum of N terms of one sign. */
function relative(bound: string, more: number, f: (a: Tensor, b: Tensor) => ArrayLike<number>): CertifiedFunction {
  return {
    ...ofPair(f),
    bound: `${bound} of the value`,
    limit: (input, values, i) => (pairOf(input)[0].length + more) * u * Math.abs(values[i]) + ulp(0),
  };
}

function vectorOf(input: CertifiedInput): number[] {
  return input as number[];
}

function pairOf(input: CertifiedInput): [number[], number[]] {
  return input as [number[], number[]];
}

function row(input: CertifiedInput): Tensor {
  return tensor([1, vectorOf(input).length], vectorOf(input));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
