/**
 * Models what honest rounding does to one sum of products, when nobody told the judge the order of summation.
 *
 * **One rounding.** Given what was computed before it, the error of rounding x has mean zero and moments at most those of a normal
 * variable of variance u²x²/3. Rounding to nearest errs by at most half an ulp, h ≤ u|x|; an error uniform on [−h, h] has variance
 * h²/3 and is strictly sub-Gaussian. Where an addition drops few bits the error takes few values and ties count: dropping k
 * bits gives h²/3·(1 + 2·4⁻ᵏ), at most h²/2, a sum of independent signs and so strictly sub-Gaussian too. Over a sum that grows through
 * octaves h² is at most 0.605·u²x² on average (the worst end point; 0.541 when the digits are spread evenly in logarithm), so that
 * u²x²/3 covers the mean even then: 0.605/2 < 1/3.
 *
 * **Which numbers are rounded.** The n products: Σp² =: Q. And the partial sums, whose sizes depend on the order. The order does not
 * know the values, so a partial sum of m terms is that of m terms drawn at random: E P² = Qm/n + (S² − Q)·m(m − 1)/(n(n − 1)), S the
 * result. Added up over the n − 1 additions of a sequential sum this is (n + 1)(Q/6 + S²/3), less Q/n; over those of any other tree of
 * additions at most Q/4 more (a program over all trees shows it, see the test), and for pairwise or blocked sums far less.
 * Fused multiply-adds, compensation and wider accumulators round less.
 *
 * **Luck with the order.** The partial sums of one output in one order may be larger than on average over the orders. In the limit of
 * many terms they are a Brownian bridge B of variance Q on the line from 0 to S, and Cameron and Martin's formula gives the error's
 * moment generating function over roundings and order together: with φ = λu√((n + 1)Q/3)
 *
 *   ln E exp(λe) ≤ λ²u²Q(1 + ¼)/6 + ½ ln(φ/sin φ) + (S²/2Q)·(1 − φ cot φ),   φ < π.
 *
 * Its second derivative at 0 is the variance above.
 *
 * **No order is worse than the worst.** Every partial sum lies between the sum of the negative terms and that of the positive ones, so
 * |P| ≤ M = (Σ|p| + |S|)/2, and no order's variance V is larger than V̂ = u²(Q(1 + ¼) + (n + 1)M²)/3. Where one term is most of an
 * output that is only twice the mean V̄, and the bridge, which has no largest value, is far too cautious. exp is convex, so its mean over
 * 0 ≤ V ≤ V̂ of mean V̄ is at most that of the two end points:
 *
 *   ln E exp(λe) ≤ ln E exp(λ²V/2) ≤ ln(1 + (V̄/V̂)·(exp(λ²V̂/2) − 1)).
 *
 * Every threshold is made from the smaller of the two.
 */
import { float64Array } from '../memory.ts';
import type { Precision } from '../precision.ts';

export interface SumOfProductsData {
  readonly expected: ArrayLike<number>;
  /** Σ|a||b| of each output. */
  readonly scale: ArrayLike<number>;
  /** Σ(ab)² of each output: the same operation on squared inputs. Where unknown, its upper bound scale² stands in, and the tests see less. */
  readonly squares?: ArrayLike<number>;
  /** n: terms of the longest sum. */
  readonly terms: number;
  /** All terms of all sums, outputs × terms, where they are known. */
  readonly products?: Float64Array;
  readonly precision: Precision;
}

/** Arrays hold one number an output. */
export interface RoundingModel {
  /** Upper bound of the error's variance over roundings and orders. */
  readonly variance: Float64Array;
  /** The part of it that no order changes: products, underflow. */
  readonly steady: Float64Array;
  /** φ/λ = u√((n + 1)Q/3). */
  readonly spread: Float64Array;
  /** S²/Q. */
  readonly drift: Float64Array;
  /** V̂: no order has a larger variance. */
  readonly largest: Float64Array;
}

export function roundingModel({ expected, scale, squares, terms, products, precision }: SumOfProductsData): RoundingModel {
  const count = expected.length;
  const model = {
    variance: float64Array(count),
    steady: float64Array(count),
    spread: float64Array(count),
    drift: float64Array(count),
    largest: float64Array(count),
  };
  // The expected value is an honest float64 sum too; by Hölder's inequality the difference of both behaves as one with the sum of the units.
  const u = precision.unitRoundoff + 2 ** -53;
  const underflow = (terms * (precision.smallestSubnormal / 2) ** 2) / 3;
  for (let i = 0; i < count; i++) {
    const q = squares === undefined ? scale[i] ** 2 : squares[i];
    const additions = terms > 1 ? 1 : 0;
    model.steady[i] = (u * u * q * (1 + additions / 4)) / 3 + underflow;
    model.spread[i] = additions * u * Math.sqrt(((terms + 1) * q) / 3);
    // Cauchy and Schwarz: S² ≤ nQ; only rounding or underflow of Q could say otherwise.
    model.drift[i] = q > 0 ? Math.min(expected[i] ** 2 / q, terms) : 0;
    model.variance[i] = model.steady[i] + model.spread[i] ** 2 * (1 / 6 + model.drift[i] / 3);
    const most = products
      ? worstOrder(products.subarray(i * terms, (i + 1) * terms), u)
      : (((terms + 1) * u * u) / 3) * ((scale[i] + Math.abs(expected[i])) / 2) ** 2;
    model.largest[i] = Math.max(model.variance[i], model.steady[i] + additions * most);
  }
  return model;
}

/**
 * Upper bound of the variance that the additions have in any order of these terms. A partial sum of m of them is at most the sum of the m
 * largest, and in any tree of additions the kth largest node has at most n + 1 − k terms, so that with a bound that grows with m no tree
 * is worse than a sequence. Each rounding counts h²/2, which it never exceeds, or u²x²/3 where that is less, as everywhere.
 */
function worstOrder(terms: Float64Array, u: number): number {
  const sorted = terms.slice().sort();
  let [smallest, largest, variance] = [sorted[0], sorted[sorted.length - 1], 0];
  let worst = Math.max(Math.abs(smallest), Math.abs(largest));
  if (worst === 0) return 0;
  let octave = 2 ** Math.floor(Math.log2(worst));
  for (let m = 1; m < sorted.length; m++) {
    smallest += sorted[m];
    largest += sorted[sorted.length - 1 - m];
    worst = Math.max(worst, -smallest, largest);
    while (2 * octave <= worst) octave *= 2;
    variance += Math.min(worst ** 2 / 3, octave ** 2 / 2);
  }
  return u * u * variance;
}

/** ln E exp(λe) of output i: the smaller of two upper bounds. */
export function cumulant(model: RoundingModel, i: number, slope: number): number {
  return Math.min(bridgeCumulant(model, i, slope), boundedCumulant(model, i, slope));
}

/** Of orders whose partial sums are a bridge; infinite from φ = π on. */
export function bridgeCumulant({ steady, spread, drift }: RoundingModel, i: number, slope: number): number {
  const phi = slope * spread[i];
  return (slope ** 2 * steady[i]) / 2 + bridge(phi, drift[i]);
}

/** ln E exp(φ²/2Q·∫B²) for a bridge B of variance Q on a line whose end squared is Q·drift. */
export function bridge(phi: number, drift: number): number {
  if (phi < 1e-3) return (phi * phi * (1 / 6 + drift / 3)) / 2;
  if (phi >= Math.PI) return Infinity;
  return Math.log(phi / Math.sin(phi)) / 2 + (drift / 2) * (1 - phi / Math.tan(phi));
}

/** Of orders none of which has more than the largest variance. */
export function boundedCumulant({ variance, largest }: RoundingModel, i: number, slope: number): number {
  const most = (slope ** 2 * largest[i]) / 2;
  // exp overflows; the 1 is nothing beside it long before.
  return most > 500 ? most + Math.log(variance[i] / largest[i]) : Math.log1p((variance[i] / largest[i]) * Math.expm1(most));
}

/** Up to this φ the cumulant is below its parabola plus `quartic`·λ⁴: beyond φ² its series has positive terms only. */
export const quarticUpTo = Math.PI / 2;
const quarticOfBridge = (Math.log(Math.PI / 2) / 2 - quarticUpTo ** 2 / 12) / quarticUpTo ** 4;
const quarticOfDrift = (1 / 2 - quarticUpTo ** 2 / 6) / quarticUpTo ** 4;

/** The coefficient of λ⁴ that bounds the rest of the cumulant of output i where λ·spread ≤ π/2. */
export function quartic({ spread, drift }: RoundingModel, i: number): number {
  const square = spread[i] * spread[i];
  return square * square * (quarticOfBridge + quarticOfDrift * drift[i]);
}

/** Up to this φ the quartic is within half a percent of the cumulant. */
const closeUpTo = 0.5;

/** An upper bound of the cumulant that is hardly larger, and takes no logarithm where λ·spread is small. */
export function closeToCumulant(model: RoundingModel, i: number, slope: number): number {
  if (slope * model.spread[i] > closeUpTo) return cumulant(model, i, slope);
  const square = slope * slope;
  return (square * model.variance[i]) / 2 + square * square * quartic(model, i);
}

/** Variance, over the orders, of the error's variance in one order: a bridge's ∫B² has 1/45, a drift adds 4/45 of its square. */
export function varianceOfVariance({ spread, drift }: RoundingModel, i: number): number {
  const square = spread[i] * spread[i];
  return (square * square * (1 + 4 * drift[i])) / 45;
}

/** The smallest t with P(|e| > t) ≤ α for output i: Chernoff's bound with either cumulant. */
export function largestHonestError(model: RoundingModel, i: number, probability: number): number {
  const surprise = Math.log(2 / probability);
  if (model.spread[i] === 0) return Math.sqrt(2 * surprise * model.steady[i]);
  const bound = (cumulantOf: typeof cumulant, slope: number) => (surprise + cumulantOf(model, i, slope)) / slope;
  const at = (phi: number) => bound(bridgeCumulant, phi / model.spread[i]);
  // Where the 1 in the bounded cumulant is nothing it is a parabola, and this its best slope; any slope gives a valid bound.
  const parabola = surprise + Math.log(model.variance[i] / model.largest[i]);
  const bounded = parabola > 0 ? bound(boundedCumulant, Math.sqrt((2 * parabola) / model.largest[i])) : Infinity;
  // One minimum: the cumulant is convex. Golden section on φ, whose best value may be small where the drift is large.
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(1e-6), Math.log(Math.PI)];
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [atA, atB] = [at(Math.exp(a)), at(Math.exp(b))];
  for (let step = 0; step < 24; step++) {
    if (atA < atB) {
      [high, b, atB] = [b, a, atA];
      a = high - ratio * (high - low);
      atA = at(Math.exp(a));
    } else {
      [low, a, atA] = [a, b, atB];
      b = low + ratio * (high - low);
      atB = at(Math.exp(b));
    }
  }
  return Math.min(atA, atB, bounded);
}
