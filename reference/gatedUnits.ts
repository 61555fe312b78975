/**
 * Activations that weigh x by a probability: x·σ(z), x·Φ(x) and their slopes. Arithmetic is double-double, rounded once (see
 * `activations.ts`).
 */
import { add, divide, exactProduct, exponential, multiply, type Pair, pair, round, subtract } from './doubleDouble.ts';

/** `none` is x·Φ(x), `tanh` its approximation by a tanh. */
export interface GeluAttributes {
  readonly approximate: 'none' | 'tanh';
}

/** Beyond it, and beyond what rounds to 0 on the other side, the weight is 1 or 0. */
const largestArgument = 800;

/**
 * x·σ(x): the sigmoid linear unit, or swish.
 *
 * −0.278 at −1.278, its smallest; −∞ gives 0, ∞ gives ∞. Within 1 ulp. Elfwing, Uchibe, Doya, *Sigmoid-weighted linear units for neural
 * network function approximation in reinforcement learning* (2018).
 */
export function silu(x: number): number {
  return weighted(x, pair(x));
}

/**
 * σ(x) + x·σ(x)(1 − σ(x)).
 *
 * ½ at 0, 0 at −1.278 and at −∞, 1 at ∞. Within 1 ulp, or 2⁻⁵⁸ absolutely where its terms cancel.
 */
export function siluDerivative(x: number): number {
  return weightedSlope(x, pair(x), pair(1));
}

/**
 * x·Φ(x) with the normal distribution Φ(x) = ½(1 + erf(x/√2)); approximately ½x(1 + tanh z) = x·σ(2z), z = √(2/π)(x + 0.044715x³).
 *
 * −0.17 at −0.752, its smallest; −∞ gives 0, ∞ gives ∞. Within 1 ulp. Hendrycks, Gimpel, *Gaussian error linear units* (2016).
 */
export function gelu(x: number, { approximate }: GeluAttributes = { approximate: 'none' }): number {
  if (approximate === 'tanh') return weighted(x, tanhArgument(x).value);
  if (Number.isNaN(x) || x > largestNormal) return x;
  if (x < -largestNormal) return 0;
  return round(multiply(pair(x), normal(x).distribution)) * 2 ** -66;
}

/**
 * Φ(x) + x·φ(x) with the normal density φ; approximately σ(2z) + x·2z′·σ(2z)(1 − σ(2z)).
 *
 * ½ at 0, 0 at −0.752 and at −∞, 1 at ∞. Within 1 ulp, or 2⁻⁵⁸ absolutely where its terms cancel.
 */
export function geluDerivative(x: number, { approximate }: GeluAttributes = { approximate: 'none' }): number {
  if (approximate === 'tanh') {
    const { value, slope } = tanhArgument(x);
    return weightedSlope(x, value, slope);
  }
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > largestNormal) return x > 0 ? 1 : 0;
  const { distribution, density } = normal(x);
  return round(add(distribution, multiply(pair(x), density))) * 2 ** -66;
}

/** Φ(x), the probability that a standard normal variable is at most x. 0 at −∞, 1 at ∞. Within 1 ulp. */
export function normalDistribution(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > largestNormal) return x > 0 ? 1 : 0;
  return round(normal(x).distribution) * 2 ** -66;
}

/** Beyond it, and beyond what rounds to 0 on the other side, Φ is 1 or 0. */
const largestNormal = 40;
/** From here on Φ(−x) is the continued fraction: nearer to 0 it would need more terms. */
const fractionFrom = 2;
const fractionTerms = 200;
/** 1/√(2π). */
const densityAtZero: Pair = { high: 0.3989422804014327, low: -2.49232720227773e-17 };
/** √(2/π) and the cubic term's factor. */
const slopeAtZero: Pair = { high: 0.7978845608028654, low: -4.98465440455546e-17 };
const cubic: Pair = divide(pair(44715), pair(1e6));

/**
 * 2⁶⁶Φ(x) and 2⁶⁶φ(x), normal wherever x·Φ(x) is not 0.
 *
 * Φ = ½ + φ(x)(x + x³/3 + x⁵/(3·5) + …), all terms of one sign (Marsaglia, *Evaluating the normal distribution*, 2004); far from 0 the
 * smaller of Φ(x) and Φ(−x) is φ(x)/(|x| + 1/(|x| + 2/(|x| + 3/…))), of Laplace.
 */
function normal(x: number): { distribution: Pair; density: Pair } {
  const square = exactProduct(x, x);
  const density = multiply(exponential({ high: -square.high / 2, low: -square.low / 2 }, 66), densityAtZero);
  const size = Math.abs(x);
  if (size >= fractionFrom) {
    let fraction = pair(size);
    for (let k = fractionTerms; k > 0; k--) fraction = add(pair(size), divide(pair(k), fraction));
    const tail = divide(density, fraction);
    return { distribution: x < 0 ? tail : subtract(pair(2 ** 66), tail), density };
  }
  let term = pair(x);
  let sum = term;
  for (let odd = 3; Math.abs(term.high) > Math.abs(sum.high) * 2 ** -110; odd += 2) {
    term = divide(multiply(term, square), pair(odd));
    sum = add(sum, term);
  }
  return { distribution: add(pair(2 ** 65), multiply(density, sum)), density };
}

/** 2z = 2√(2/π)(x + 0.044715x³) and its derivative. */
function tanhArgument(x: number): { value: Pair; slope: Pair } {
  // Far from 0, where the square of x may overflow, all is decided.
  if (!(Math.abs(x) < 1e100)) return { value: pair(x), slope: pair(1) };
  const bend = multiply(cubic, exactProduct(x, x));
  const [twice, one] = [add(slopeAtZero, slopeAtZero), pair(1)];
  return {
    value: multiply(twice, multiply(pair(x), add(one, bend))),
    slope: multiply(twice, add(one, multiply(pair(3), bend))),
  };
}

/** x·σ(z) = x/(1 + e^−z), for negative z as x·e^z/(1 + e^z). */
function weighted(x: number, z: Pair): number {
  if (Number.isNaN(x) || z.high > largestArgument) return x;
  if (z.high < -largestArgument) return 0;
  if (z.high >= 0) return round(divide(pair(x), add(pair(1), exponential(negative(z)))));
  // 2⁶⁶e^z is normal wherever x·e^z is not 0, so the subnormal range is entered by the last factor alone.
  return round(divide(multiply(pair(x), exponential(z, 66)), add(pair(1), exponential(z)))) * 2 ** -66;
}

/** σ(z) + x·z′·σ(z)(1 − σ(z)): with e = e^−|z| it is (1 + e + x·z′·e)/(1 + e)² for z ≥ 0, and e(1 + e + x·z′)/(1 + e)² below. */
function weightedSlope(x: number, z: Pair, slope: Pair): number {
  if (Number.isNaN(x)) return x;
  if (z.high > largestArgument) return 1;
  if (z.high < -largestArgument) return 0;
  const isPositive = z.high >= 0;
  const e = exponential(isPositive ? negative(z) : z);
  const onePlus = add(pair(1), e);
  const square = multiply(onePlus, onePlus);
  const moved = multiply(pair(x), slope);
  if (isPositive) return round(divide(add(onePlus, multiply(moved, e)), square));
  return round(divide(multiply(exponential(z, 66), add(onePlus, moved)), square)) * 2 ** -66;
}

const negative = ({ high, low }: Pair): Pair => ({ high: -high, low: -low });
