/**
 * A sharper bound for the largest error of one output whose terms are known: a few of them may be most of it, and then the partial sums
 * are not a bridge but a few steps.
 *
 * A random order is that of independent arrival times, uniform on [0, 1]. On average over the times between arrivals, each has
 * 1/(n + 1) of the whole, so by Jensen's inequality exp(λ²V/2) is on average over the orders at most what it is over the times, with
 * V = u²(n + 1)/3·∫P². Split P = D + R into the heaviest terms and the rest, which arrive independently: P² ≤ (1 + ε)D² + (1 + 1/ε)R²
 * for every ε > 0, and so, with φ = λu√((n + 1)Q/3),
 *
 *   ln E exp(λe) ≤ λ²·steady/2 + ln E exp((1 + ε)(φ²/2Q)∫D²) + (bridge of R at φ√((1 + 1/ε)·Q_R/Q)).
 *
 * Of at most sixteen terms the mean over all orders is computed as it stands.
 */
import { bridge, type RoundingModel } from './roundingModel.ts';

/** From so few to so many heavy terms are tried, for what they leave to the rest may cancel or not; each more takes twice the time. */
const [fewest, heavyTerms] = [3, 10];

/**
 * ln E exp(∫D²) for terms that arrive at independent uniform times, D the sum of those that have. W_A(t), the mean over times before t of
 * exactly the terms in A, has W′_A = D_A²·W_A + Σ_{k∈A} W_{A∖k}: its power series has positive coefficients only, and is summed at t = 1.
 */
export function arrivalCumulant(terms: readonly number[]): number {
  const states = 2 ** terms.length;
  const rates = new Float64Array(states);
  for (let a = 1; a < states; a++) {
    rates[a] = terms.reduce((sum, term, k) => sum + ((a >> k) & 1) * term, 0) ** 2;
  }
  const largest = rates.reduce((most, rate) => Math.max(most, rate), 0);
  // Near the largest number, and far beyond every threshold.
  if (!(largest < 600)) return Infinity;
  let [coefficients, next] = [new Float64Array(states), new Float64Array(states)];
  coefficients[0] = 1;
  let sum = terms.length === 0 ? 1 : 0;
  // A power x of the largest rate has the coefficient xʲ/j!, negligible from here on.
  const powers = Math.ceil(largest + 10 * Math.sqrt(largest) + 40) + terms.length;
  for (let j = 1; j <= powers; j++) {
    for (let a = 0; a < states; a++) {
      let arriving = rates[a] * coefficients[a];
      for (let bit = 1; bit <= a; bit <<= 1) if (a & bit) arriving += coefficients[a ^ bit];
      next[a] = arriving / j;
    }
    [coefficients, next] = [next, coefficients];
    sum += coefficients[states - 1];
  }
  return Math.log(sum);
}

/** Up to so many terms all orders are counted: 2ⁿ sets of terms. */
const countedTerms = 16;

/** For every set of terms (bit k for term k) what rounding their sum adds to the variance, in units of u²: h²/2 or x²/3, the smaller. */
function roundingsOf(terms: Float64Array): Float64Array {
  const roundings = new Float64Array(2 ** terms.length);
  const sums = new Float64Array(roundings.length);
  for (let set = 1; set < sums.length; set++) {
    const last = 31 - Math.clz32(set);
    const sum = sums[set ^ (1 << last)] + terms[last];
    sums[set] = sum;
    // A term alone is not rounded again.
    if (set !== 1 << last) roundings[set] = Math.min(sum ** 2 / 3, octaveOf(sum) ** 2 / 2);
  }
  return roundings;
}

const float = new Float64Array(1);
const halves = new Uint32Array(float.buffer);

/** The power of two at or below |x|: x without its digits. */
function octaveOf(x: number): number {
  float[0] = x;
  halves[0] = 0;
  halves[1] &= 0x7ff00000;
  return float[0];
}

/**
 * ln E exp(tilt·Σroundings) over all orders, each as likely: G(A), the mean over the orders of the terms in A, is
 * exp(tilt·rounding(A))·mean over k in A of G(A∖k).
 */
export function orderCumulant(roundings: Float64Array, tilt: number): number {
  const means = new Float64Array(roundings.length);
  means[0] = 1;
  for (let set = 1; set < means.length; set++) {
    let [sum, count] = [0, 0];
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      sum += means[set ^ (rest & -rest)];
      count++;
    }
    means[set] = (Math.exp(tilt * roundings[set]) * sum) / count;
  }
  return Math.log(means[means.length - 1]);
}

/** The smallest t that this bound has with P(|e| > t) ≤ α for an output of these terms. */
export function largestErrorOfTerms(model: RoundingModel, i: number, terms: Float64Array, probability: number): number {
  const { steady, spread } = model;
  const sorted = terms.toSorted((x, y) => Math.abs(y) - Math.abs(x));
  const squares = squaresOf(sorted);
  if (spread[i] === 0 || squares === 0) return Infinity;
  const surprise = Math.log(2 / probability);
  const limit = (cumulant: (phi: number) => number) =>
    smallest((phi) => {
      const slope = phi / spread[i];
      return (surprise + (slope ** 2 * steady[i]) / 2 + cumulant(phi)) / slope;
    });
  if (terms.length <= countedTerms) {
    const roundings = roundingsOf(terms);
    // φ²/2 of u²(n + 1)Q/3 is λ²u²/2.
    return limit((phi) => orderCumulant(roundings, (3 * phi ** 2) / (2 * (terms.length + 1) * squares)));
  }
  const splits = Array.from({ length: heavyTerms + 1 - fewest }, (_, more) => fewest + more);
  return Math.min(...splits.map((heavy) => limit(splitCumulant(sorted, heavy))));
}

const squaresOf = (terms: Float64Array) => terms.reduce((sum, term) => sum + term * term, 0);

/** The formula above without its steady part, for the terms in descending order: the smallest of some ε. */
function splitCumulant(sorted: Float64Array, count: number): (phi: number) => number {
  const [heavy, rest] = [Array.from(sorted.subarray(0, count)), sorted.subarray(count)];
  const [squares, ofRest] = [squaresOf(sorted), squaresOf(rest)];
  if (ofRest === 0) return (phi) => arrivalCumulant(heavy.map((term) => (phi * term) / Math.sqrt(2 * squares)));
  const drift = rest.reduce((sum, term) => sum + term, 0) ** 2 / ofRest;
  return (phi) => {
    const least = phi * Math.sqrt(ofRest / squares);
    const cumulants = restPhis.map((restPhi) => {
      if (least >= restPhi) return Infinity;
      // 1 + 1/ε = (restPhi/least)², which makes 1 + ε this.
      const more = 1 / (1 - (least / restPhi) ** 2);
      const factor = phi * Math.sqrt(more / (2 * squares));
      return arrivalCumulant(heavy.map((term) => factor * term)) + bridge(restPhi, drift);
    });
    return Math.min(...cumulants);
  };
}

/** Of Chernoff's bounds over φ: each is valid. The ways to split that are tried make small bumps. */
function smallest(at: (phi: number) => number): number {
  let best = Infinity;
  for (let phi = 1; phi < 40; phi *= 1.12) {
    const t = at(phi);
    if (t > 1.15 * best) break;
    best = Math.min(best, t);
  }
  return best;
}

/** The shares of the rest that are tried; from π on its cumulant is infinite. */
const restPhis = [0.4, 0.7, 1, 1.4, 1.8, 2.2, 2.6];
