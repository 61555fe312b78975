/**
 * Bounds how far an elementary function computed in floating point may be from its exact value: units of the last place, conditioned on
 * the input. Nothing here is a flat tolerance.
 *
 * **Where it starts.** An exponential reduces its argument, evaluates a polynomial and scales: its relative error is at most
 * 2u(3 + 2|x|) (TOSA's bound; the part that grows with |x| is an error of the reduced argument). A logarithm is off by 4u relative, near its
 * zero as well. Additions, products and quotients round once, u relative, and a quotient may be a reciprocal and a product.
 *
 * **How it goes on.** Everything else is composed of these by condition numbers: an error passes through f with the weight
 * |x f′(x)/f(x)|. Where the field uses two formulas, the limit is the larger of their two bounds, so that either passes. Relative
 * errors d₁ … dₖ with sum a multiply to at most a/(1 − a) (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition,
 * lemma 3.1), so that the limits hold for coarse formats too, not only to first order.
 *
 * **Underflow.** Below the smallest normal number a result has fewer digits: two units of its last place are part of every limit. Where a
 * backend declares that it flushes subnormal numbers, such a result or intermediate may be zero, and the limit there is the size of the
 * result itself: nothing more is demanded than the right sign and size, and nothing less. A sigmoid as 1/(1 + e^−x) is zero without
 * any flushing where e^−x overflows, which happens below the normal range alone.
 *
 * The expected value is a float64 number within 1 ulp: 2·2⁻⁵³ relative is part of every limit, which matters to a backend in float64.
 * x is a number of the format; what becomes of an error of x is for `enclosure.ts`.
 */
import type { ScaledTanhAttributes } from '../../../backends/signatures.ts';
import { type Precision, precisions, ulp } from '../precision.ts';

/** Relative error of e^x. */
export function exponentialError(x: number, { epsilon }: Precision): number {
  return epsilon * (3 + 2 * Math.abs(x));
}

/** Relative error of e^x − 1: below 0 the error of a reduced argument weighs e^x/(1 − e^x), where that is less than 1. */
export function exponentialMinusOneError(x: number, { epsilon }: Precision): number {
  const weight = x < 0 ? Math.min(1, 1 / Math.expm1(-x)) : 1;
  return epsilon * (3 + 2 * weighted(weight, Math.abs(x)));
}

/** Error of a logarithm whose value is y: 4u|y|, near its zero as well, or what a published table says, which is absolute there. */
export function logarithmError(y: number, { unitRoundoff: u, accuracy }: Precision): number {
  const size = Math.abs(y);
  if (accuracy === undefined) return 4 * u * size;
  const { absolute, relative } = accuracy.logarithm;
  return Math.max(size <= nearLn2 ? absolute : 0, relative * size);
}
/** Arguments in [½, 2] have logarithms up to ln 2; a little more, where the argument itself is off. */
const nearLn2 = Math.LN2 * (1 + 1e-6);

/** What ln(1 + x) as the logarithm of a sum loses: a table that has no function for it knows no better way. */
export function sumInLogarithm({ unitRoundoff: u, accuracy }: Precision): number {
  return accuracy ? u : 0;
}

/** Largest |Π(1 + dᵢ)^{±1} − 1| for Σ|dᵢ| = a. From a = ½ on, where an error is one of an exponent, e^{2a} − 1. */
export function compound(a: number): number {
  return a < 0.5 ? a / (1 - a) : Math.expm1(2 * a);
}

/**
 * (1 + u)ᵏ − 1: what k roundings of relative size u make of a number. Without the cancellation that loses all of it where u is the
 * reference's own.
 */
export function compoundRoundings(k: number, u: number): number {
  return Math.expm1(k * Math.log1p(u));
}

/** weight·error, where a weight of 0 silences an error of any size (at ±∞). */
export function weighted(weight: number, error: number): number {
  return weight === 0 ? 0 : weight * error;
}

/** Tells whether x is a number of the format, subnormal ones included. Values are float64, so that format holds them all. */
export function isRepresentable(x: number, precision: Precision): boolean {
  if (precision.name === 'float64') return true;
  if (precision.name === 'float32') return Math.fround(x) === x && Number.isFinite(x);
  return Math.abs(x) <= precision.largest && Number.isInteger(x / ulp(x, precision));
}

/**
 * Returns what underflow adds to a limit around y: two units of the last place of the smallest numbers and, where the computed result may be
 * below the normal range of a backend that declares flushing, what flushing it to zero takes away.
 */
export function underflow(y: number, limit: number, { smallestNormal, smallestSubnormal, subnormals }: Precision): number {
  const size = Math.abs(y);
  const mayBeFlushed = subnormals !== undefined && size - limit < smallestNormal;
  return 2 * smallestSubnormal + (mayBeFlushed ? Math.min(size + limit, smallestNormal) : 0);
}

/** Returns what a product or a sum may be off by below the normal range, beside its rounding. */
export function tiny({ subnormals, smallestNormal, smallestSubnormal }: Precision): number {
  return subnormals === undefined ? smallestSubnormal : smallestNormal;
}

/** A limit of relative error a around y, with underflow and the expected value's own rounding. */
function relativeLimit(y: number, a: number, precision: Precision): number {
  return finished(y, weighted(Math.abs(y), compound(a)), precision);
}

function finished(y: number, limit: number, precision: Precision): number {
  const whole = limit + 2 * precisions.float64.unitRoundoff * Math.abs(y);
  return whole + underflow(y, whole, precision);
}

/** Limit of the value and of the derivative at x, absolute. */
export interface ElementaryLimits {
  readonly value: number;
  readonly derivative: number;
}

/**
 * σ = 1/(1 + e^−x), for negative x also e^x/(1 + e^x): the error of the exponential weighs 1 − σ, the sum rounds once, the
 * quotient twice at most.
 *
 * σ′ as σ(1 − σ): an error e of σ moves it by at most e(|1 − 2σ| + e); difference and product round. As e^−|x|/(1 + e^−|x|)²:
 * the exponential weighs |1 − 2σ|; sum (twice, being squared), square and quotient round.
 */
export function sigmoidLimits(x: number, y: number, slope: number, precision: Precision): ElementaryLimits {
  const { unitRoundoff: u } = precision;
  const exponential = exponentialError(x, precision);
  const overflows = Math.exp(-x) * (1 + exponential) > precision.largest;
  const value = relativeLimit(y, weighted(1 - y, exponential) + 3 * u, precision) + (overflows ? y : 0);
  const carried = value * (Math.abs(1 - 2 * y) + value);
  const fromValue = finished(slope, carried + compound(2 * u) * (slope + carried), precision);
  const fromExponential = relativeLimit(slope, weighted(slope === 0 ? 0 : Math.abs(1 - 2 * y), exponential) + 5 * u, precision);
  return { value, derivative: Math.max(fromValue, fromExponential) };
}

/**
 * tanh = t/(t + 2) with t = e^{2|x|} − 1 to full relative accuracy: the error of t weighs 2/(t + 2); the sum rounds once, the
 * quotient twice at most. As a rational function x·p(x²)/q(x²) instead: the last Horner steps of p and q round
 * twice each, square, product and quotient once, 7u. Near 0 that is a few units of the last place of a small result; p and q are
 * there known up to a common factor, 0.0049 in Eigen's and ONNX Runtime's coefficients, and where x times that is below the normal range
 * its two units of the last place are divided by the factor again.
 *
 * tanh′ as 1 − y²: an error e of y moves it by at most e(2|y| + e); the square rounds by uy², the difference once more. As
 * 4e^{−2|x|}/(1 + e^{−2|x|})², or with e^{2x}: the exponential weighs |y|; sum (twice), square and quotient round. As
 * (2/(e^x + e^−x))² = 1/cosh²: each of two exponentials, whose errors know nothing of each other, weighs its share of their sum, twice;
 * sum and quotient, of two roundings, are squared, and the square rounds. Where cosh² overflows the slope is below the normal range, and 0.
 */
export function tanhLimits(x: number, y: number, slope: number, precision: Precision): ElementaryLimits {
  const { unitRoundoff: u } = precision;
  const exponential = exponentialError(2 * x, precision);
  const weight = 2 / (Math.expm1(2 * Math.abs(x)) + 2);
  const own = Math.max(weighted(weight, exponential) + 3 * u, 7 * u);
  const small = Math.abs(x) * rationalFactor < precision.smallestNormal && x !== 0;
  const lost = small ? (2 * precision.smallestSubnormal) / rationalFactor : 0;
  const value = Math.max(relativeLimit(y, own, precision) + lost, tanhOfTable(x, y, precision));
  const size = Math.abs(y) + value;
  const carried = value * (Math.abs(y) + size) + u * size * size;
  const fromValue = finished(slope, carried + u * (slope + carried), precision);
  const ownSlope = weighted(slope === 0 ? 0 : Math.abs(y), exponential);
  const fromExponential = relativeLimit(slope, ownSlope + 5 * u, precision);
  const ofCosh = relativeLimit(slope, weighted(slope === 0 ? 0 : 2, exponentialError(x, precision)) + 7 * u, precision);
  const overflows = slope > 0 && slope * (1 - 8 * u) < 1 / precision.largest;
  return { value, derivative: Math.max(fromValue, fromExponential, ofCosh) + (overflows ? slope : 0) };
}

/** p(0) = q(0) of the rational function. */
const rationalFactor = 4.89e-3;

/**
 * A published table's tanh: an absolute error or that of (e^x − e^−x)/(e^x + e^−x), the worse of both. Numerator and denominator are
 * each off by an exponential's error and a rounding, of the denominator at most, and the quotient by 2u. Where the exponentials
 * overflow the table says nothing: there it is asked for what it says just before.
 */
function tanhOfTable(x: number, y: number, precision: Precision): number {
  const { accuracy, unitRoundoff: u } = precision;
  if (accuracy === undefined) return 0;
  const parts = compound(exponentialError(Math.min(Math.abs(x), Math.log(precision.largest)), precision) + u);
  return Math.max(accuracy.tanh, parts * (1 + Math.abs(y)) * (1 + parts) + compound(2 * u) * Math.abs(y));
}

/**
 * y = a·tanh(z), z = b·x: b and the product round, so that z is off by 2u relative, which tanh passes on at most undiminished
 * since tanh(z)/z falls; a and the product round.
 *
 * y′ as ab·tanh′(z): |(ln tanh′)′| ≤ 2, so an error d of z multiplies it by at most e^{2d}; a, b and three products round. As
 * (b/a)(a² − y²) from y: an error e of y moves it by at most |b/a|e(2|y| + e), a² and y² round absolutely, the rest relatively.
 */
export function scaledTanhLimits(
  x: number,
  y: number,
  slope: number,
  precision: Precision,
  { a, b }: ScaledTanhAttributes,
): ElementaryLimits {
  const { unitRoundoff: u } = precision;
  const z = b * x;
  const relative = compound(2 * u);
  const ends = [z * (1 - relative), z * (1 + relative)].map((end) =>
    tanhLimits(end, Math.tanh(end), tanhSlope(end), precision),
  );
  const inner = (part: keyof ElementaryLimits) => Math.max(...ends.map((limits) => limits[part]));
  const t = Math.abs(Math.tanh(z));
  // z itself may be below the normal range.
  const argument = relative * t + (Math.abs(z) < 2 * precision.smallestNormal ? tiny(precision) : 0);
  const value = finished(
    y,
    Math.abs(a) * (inner('value') + argument) * (1 + compound(2 * u)) + compound(2 * u) * Math.abs(y),
    precision,
  );

  const own = weighted(tanhSlope(z), Math.expm1(2 * relative * Math.abs(z)));
  const moved = Math.abs(a * b) * (inner('derivative') + own);
  const fromArgument = moved + compound(5 * u) * (Math.abs(slope) + moved);
  const size = Math.abs(y) + value;
  const squares = Math.abs(b / a) * (value * (Math.abs(y) + size) + compound(4 * u) * (a * a + size * size));
  const fromValue = squares + compound(5 * u) * (Math.abs(slope) + squares);
  return { value, derivative: finished(slope, Math.max(fromArgument, fromValue), precision) };
}

/** tanh′ = 1/cosh², to the few digits that a limit needs. */
function tanhSlope(z: number): number {
  return 1 / Math.cosh(z) ** 2;
}

/**
 * softplus = ln(1 + e^x), or max(x, 0) + ln(1 + e^−|x|): the exponential's error moves the logarithm by σ(x) times it at
 * most, logarithm and sum round. The second formula alone is left where e^x overflows. Its derivative is σ.
 */
export function softplusLimits(x: number, y: number, slope: number, precision: Precision): ElementaryLimits {
  const { unitRoundoff: u } = precision;
  const overflows = x > Math.log(precision.largest);
  const weight = overflows ? 1 - slope : slope;
  const carried = compound(weighted(weight, exponentialError(x, precision)));
  const logarithm = logarithmError(y + carried, precision) + sumInLogarithm(precision);
  const value = finished(y, carried + logarithm + compound(u) * (y + carried + logarithm), precision);
  return { value, derivative: sigmoidLimits(x, slope, slope * (1 - slope), precision).value };
}
