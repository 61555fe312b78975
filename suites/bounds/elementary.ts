/**
 * How far an activation computed in floating point may be from its exact value, conditioned on the input.
 *
 * The starting point is the exponential: argument reduction and polynomial leave a relative error of at most 2u(3 + 2|x|). The
 * others are composed of it by their condition numbers, and every further operation rounds once, u relative.
 */
import type { Precision } from '../precision.ts';

/** Relative error of e^x. */
export function exponentialError(x: number, { unitRoundoff: u }: Precision): number {
  return 2 * u * (3 + 2 * Math.abs(x));
}

/** Relative error of ln x near its zeros is relative to the result as well: two units of the last place. */
export function logarithmError({ unitRoundoff: u }: Precision): number {
  return 4 * u;
}

/** Limit of the value and of the derivative at x, absolute. */
export interface ElementaryLimits {
  readonly value: number;
  readonly derivative: number;
}

/**
 * σ = 1/(1 + e^−x): the exponential weighs (1 − σ), sum and quotient round. The derivative as σ(1 − σ): the error of σ weighs
 * |1 − 2σ|, the difference rounds absolutely by u, the product once.
 */
export function sigmoidLimits(x: number, y: number, slope: number, precision: Precision): ElementaryLimits {
  const { unitRoundoff: u } = precision;
  const value = y * ((1 - y) * exponentialError(x, precision) + 3 * u);
  return {
    value,
    derivative: value * (Math.abs(1 - 2 * y) + value) + y * 2 * u + 2 * u * slope + slope * exponentialError(x, precision),
  };
}

/**
 * tanh = t/(t + 2) with t = e^{2|x|} − 1 to full relative accuracy: t's error weighs 2/(t + 2), sum and quotient round; near 0
 * that is a few units of the last place of the result. As a rational function x·p(x²)/q(x²) instead: the last Horner steps of p
 * and q round twice each, square, product and quotient once: 7u. The larger of the two is the limit. The derivative as 1 − tanh²: twice the error of tanh, and the square and
 * the difference round absolutely by u.
 */
export function tanhLimits(x: number, y: number, slope: number, precision: Precision): ElementaryLimits {
  const { unitRoundoff: u } = precision;
  const weight = 2 / (Math.expm1(2 * Math.abs(x)) + 2);
  const value = Math.abs(y) * Math.max(weight * exponentialError(2 * x, precision) + 3 * u, 7 * u);
  return {
    value,
    derivative: value * (2 * Math.abs(y) + value) + 2 * u * y * y + slope * (exponentialError(2 * x, precision) + 3 * u),
  };
}

/** softplus = max(x, 0) + ln(1 + e^−|x|): the exponential's error passes the logarithm undiminished at most; its derivative is σ. */
export function softplusLimits(x: number, y: number, slope: number, precision: Precision): ElementaryLimits {
  const { unitRoundoff: u } = precision;
  const tail = Math.log1p(Math.exp(-Math.abs(x)));
  const value = tail * (exponentialError(x, precision) + 4 * u) + 2 * u * y;
  return { value, derivative: sigmoidLimits(x, slope, slope * (1 - slope), precision).value };
}
