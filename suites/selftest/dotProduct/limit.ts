/**
 * The smallest faults that any test could see (Neyman and Pearson): the judge of the limit knows the fault, its sign and its size,
 * and what rounding really does to the numbers, and has the false-alarm probability of one of Etalon's verdicts; like Etalon it is not told
 * the order of summation, nor which of many elements or terms is the wrong one.
 */

import { type Random, randomFrom } from '../../judging/random.ts';
import { bridge, type RoundingModel } from '../../judging/statistics/roundingModel.ts';
import { normalQuantile, normalTail } from '../../judging/statistics/tails.ts';
import { type DotProducts, halfUlp, outputs } from './data.ts';
import { preparedVerdict, verdictProbability } from './verdict.ts';

/** The share of such faults that the limit's test sees. */
export const power = 0.8;

/** Standard deviations by which a normal statistic must be moved to be caught with that power, where one of so many places is to be found. */
export const wantedShift = (places = 1) => normalQuantile(verdictProbability / places) + normalQuantile(1 - power);

/** The real variance of a sequential float32 sum over the model's upper bound, on average. */
function realVariance({ sequentialVariance }: DotProducts, { variance }: RoundingModel): number {
  let sum = 0;
  for (let i = 0; i < outputs; i++) sum += sequentialVariance[i] / variance[i];
  return sum / outputs;
}

/**
 * √Σm²I for a shift m that is small in each of many outputs, I the Fisher information of each error's distribution: the number of
 * standard deviations by which the likelihood ratio, the best test, is moved. For normal errors I is 1/variance; over an unknown
 * order they are a mixture of normal ones, which tells a little more.
 */
export function shiftToNoise(data: DotProducts, shift: ShiftOf): number {
  const { model } = preparedVerdict(data);
  let sum = 0;
  for (let i = 0; i < outputs; i++) {
    const m = shift(i);
    if (m !== 0) sum += (m * m * informationAt(data.length, model.drift[i])) / model.variance[i];
  }
  return Math.sqrt(sum / realVariance(data, model));
}

/** What is added to a result, output by output. */
export type ShiftOf = (i: number) => number;

/** An output in which a shift is so many deviations or more is looked at by itself. */
const telling = 1.5;
/** Log likelihood ratios that are drawn, and orders of summation in all such outputs together. */
const [ratios, ordersAtMost] = [400, 800];

/**
 * The smallest size d at which the likelihood ratio test sees the shift d·m in one of so many places, in four of five cases. Which place
 * is not known: the best test averages the places' likelihoods, and at such small probabilities an average is large only where one of
 * them is, so each place has an equal share of the probability. Where the shift is far below the error in every output the limit is
 * wantedShift ÷ shiftToNoise. Where it is not the errors are mixtures of normal ones over the order of summation, and the ratios are drawn.
 */
export function smallestShift(data: DotProducts, shift: ShiftOf, places = 1): number {
  const least = wantedShift(places) / shiftToNoise(data, shift);
  const draw = likelihoodRatios(data, shift, least);
  if (draw === undefined) return least;
  // With the errors drawn under the shift, the test that sees four of five has the probability E[exp(−ratio); ratio above its fifth] of a false alarm.
  const falseAlarms = (d: number) => {
    const seen = draw(d).subarray(Math.floor((1 - power) * ratios));
    return seen.reduce((sum, ratio) => sum + Math.exp(-ratio), 0) / ratios;
  };
  let [low, high] = [least / 2, 8 * least];
  for (let step = 0; step < 9; step++) {
    const middle = Math.sqrt(low * high);
    if (falseAlarms(middle) > verdictProbability / places) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}

/** The probability with which the likelihood ratio test, the best one there is, sees a shift in one of so many places. */
export function bestPower(data: DotProducts, shift: ShiftOf, places = 1): number {
  const probability = verdictProbability / places;
  const draw = likelihoodRatios(data, shift, 1);
  if (draw === undefined) {
    const beyond = normalQuantile(probability) - shiftToNoise(data, shift);
    return beyond > 0 ? normalTail(beyond) : 1 - normalTail(-beyond);
  }
  // The cut is where E[exp(−ratio); ratio above it] reaches the probability.
  const drawn = draw(1);
  let [seen, falseAlarms] = [0, 0];
  while (seen < ratios) {
    falseAlarms += Math.exp(-drawn[ratios - 1 - seen]) / ratios;
    if (falseAlarms > probability) break;
    seen++;
  }
  return seen / ratios;
}

/** Draws, sorted, of the log likelihood ratio of d·m under d·m; undefined where the shift at that size is small in every output. */
function likelihoodRatios(data: DotProducts, shift: ShiftOf, around: number): ((d: number) => Float64Array) | undefined {
  const { model } = preparedVerdict(data);
  const real = realVariance(data, model);
  const wide: number[] = [];
  let rest = 0;
  for (let i = 0; i < outputs; i++) {
    const m = Math.abs(shift(i));
    const variance = model.variance[i] * real;
    if (around * m >= telling * Math.sqrt(variance)) wide.push(i);
    else rest += (m * m * informationAt(data.length, model.drift[i])) / variance;
  }
  if (wide.length === 0) return undefined;
  const count = Math.max(8, Math.min(200, Math.round(ordersAtMost / wide.length)));
  const known = wide.map((i) => {
    const random = randomFrom(i, 'ratios', data.dataSet, String(data.length));
    const m = Math.abs(shift(i));
    const mixture = orderVariances(data, i, count, random);
    // The first are orders as they come.
    const errors = Float64Array.from({ length: ratios }, () => {
      return random.normal() * Math.sqrt(mixture[random.integer(0, count - 1)].variance);
    });
    return { m, mixture, errors, without: errors.map((error) => logDensity(error, mixture)) };
  });
  const random = randomFrom(0, 'ratios', data.dataSet, String(data.length));
  const others = Float64Array.from({ length: ratios }, () => random.normal());
  return (d) => {
    const information = d * d * rest;
    const all = others.map((z) => information / 2 + Math.sqrt(information) * z);
    for (const { m, mixture, errors, without } of known) {
      for (const [j, error] of errors.entries()) all[j] += without[j] - logDensity(error + d * m, mixture);
    }
    return all.sort();
  };
}

interface Component {
  readonly variance: number;
  readonly logWeight: number;
}

/** Variances drawn in proportion to exp(λ²·variance/2), their shares, and the logarithm of the mean of that. */
interface Drawn {
  readonly slope: number;
  readonly variances: Float64Array;
  readonly weights: Float64Array;
  readonly logMean: number;
}

/** Tilts φ = λ·spread: orders as they come, and those that make the errors of far tails, which would be missed without them. */
const tilts = [0, 2, 2.9];
/** Where an output has at least so many terms' worth of squares, (Σp²)²/Σp⁴, its partial sums are near a bridge, whose tilted law is known. */
const bridgeFrom = 10;

/**
 * The error of output i as a mixture of normal ones over orders of summation drawn at random. The draws of all tilts are one sample,
 * weighted by the balance heuristic (Veach and Guibas, 1995).
 */
function orderVariances(data: DotProducts, i: number, count: number, random: Random): Component[] {
  const { model } = preparedVerdict(data);
  const real = realVariance(data, model);
  const unit = model.spread[i] * Math.sqrt(real);
  const terms = data.products.subarray(i * data.length, (i + 1) * data.length);
  const fourth = terms.reduce((sum, term) => sum + term ** 4, 0);
  const isBridge = data.length > 100 && data.squares[i] ** 2 >= bridgeFrom * fourth;
  const drawn = tilts.map((phi) =>
    isBridge ? drawBridges(model, i, real, phi, count, random) : drawOrders(terms, phi / unit, count, random),
  );
  return drawn.flatMap(({ variances, weights }) =>
    Array.from(variances, (variance, j) => {
      const logs = drawn.map(({ slope, logMean }) => (slope * slope * variance) / 2 - logMean);
      const most = Math.max(...logs);
      const logDraws = most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0));
      return { variance, logWeight: Math.log(weights[j]) - logDraws };
    }),
  );
}

/**
 * By the expansion of Karhunen and Loève: ∫(B + t√drift)² = Σ(z/jπ ± √(2·drift)/jπ)² over j = 1, 2, …, the z normal; tilted by exp(φ²/2·that)
 * they are normal still.
 */
function drawBridges(model: RoundingModel, i: number, real: number, phi: number, count: number, random: Random): Drawn {
  const [steady, square, drift] = [model.steady[i] * real, model.spread[i] ** 2 * real, model.drift[i]];
  const waves = 24;
  // What the waves leave out on average.
  let rest = 1 / 6 + drift / 3;
  for (let j = 1; j <= waves; j++) rest -= (1 + 2 * drift) / (j * Math.PI) ** 2;
  const variances = Float64Array.from({ length: count }, () => {
    let integral = rest;
    for (let j = 1; j <= waves; j++) {
      const line = Math.sqrt(2 * drift) * (j % 2 ? 1 : -1);
      const part = phi / (j * Math.PI);
      const remains = 1 - part * part;
      const z = (part * part * line) / remains + random.normal() / Math.sqrt(remains);
      integral += ((z + line) / (j * Math.PI)) ** 2;
    }
    return steady + square * integral;
  });
  const logMean = (phi * phi * steady) / square / 2 + bridge(phi, drift);
  return { slope: phi / Math.sqrt(square), variances, weights: new Float64Array(count).fill(1 / count), logMean };
}

/** Term by term, with resampling (Del Moral, 2004). */
function drawOrders(terms: Float64Array, slope: number, count: number, random: Random): Drawn {
  const { length } = terms;
  // What products round to is the same in every order.
  const steady = terms.reduce((sum, product) => sum + halfUlp(product) ** 2 / 3, 0);
  const tilt = (slope * slope) / 2;
  let remaining = Array.from({ length: count }, () => terms.slice());
  let sums = new Float64Array(count);
  let variances = new Float64Array(count).fill(steady);
  const logWeights = new Float64Array(count);
  let logMean = tilt * steady;
  const shares = () => {
    const most = Math.max(...logWeights);
    const weights = logWeights.map((w) => Math.exp(w - most));
    const total = weights.reduce((sum, w) => sum + w, 0);
    return { weights: weights.map((w) => w / total), logAverage: most + Math.log(total / count) };
  };
  for (let at = 0; at < length; at++) {
    for (let j = 0; j < count; j++) {
      const left = remaining[j];
      const k = random.integer(at, length - 1);
      sums[j] += left[k];
      left[k] = left[at];
      if (at === 0) continue;
      const more = halfUlp(sums[j]) ** 2 / 3;
      variances[j] += more;
      logWeights[j] += tilt * more;
    }
    if (slope === 0 || at % 16 !== 15 || at === length - 1) continue;
    const { weights, logAverage } = shares();
    if (weights.reduce((sum, w) => sum + w * w, 0) * count < 2) continue;
    const kept = systematic(weights, random);
    remaining = kept.map((j) => remaining[j].slice());
    sums = Float64Array.from(kept, (j) => sums[j]);
    variances = Float64Array.from(kept, (j) => variances[j]);
    logMean += logAverage;
    logWeights.fill(0);
  }
  const { weights, logAverage } = shares();
  return { slope, variances, weights, logMean: logMean + logAverage };
}

/** As many indices as there are shares, each about as often as its share says. */
function systematic(shares: Float64Array, random: Random): number[] {
  const start = random.next();
  let [at, sum] = [0, shares[0]];
  return Array.from(shares, (_, j) => {
    while (sum * shares.length < j + start && at < shares.length - 1) sum += shares[++at];
    return at;
  });
}

/** Of a mixture of normal distributions around 0, less a constant. */
function logDensity(x: number, mixture: readonly Component[]): number {
  let [largest, sum] = [-Infinity, 0];
  for (const { variance, logWeight } of mixture) {
    const log = logWeight - (x * x) / (2 * variance) - Math.log(variance) / 2;
    if (log > largest) {
      sum = sum * Math.exp(largest - log) + 1;
      largest = log;
    } else if (log > largest - 30) sum += Math.exp(log - largest);
  }
  return largest + Math.log(sum);
}

const drifts = [0, ...Array.from({ length: 21 }, (_, j) => 2 ** ((j - 10) / 2))];
const tables = new Map<number, number[]>();

/** Fisher information times variance, at least 1, between the drifts of a table made once for each length. */
function informationAt(terms: number, drift: number): number {
  const table = tables.get(terms) ?? drifts.map((d) => information(1.25 / (terms + 1), d));
  tables.set(terms, table);
  const above = drifts.findIndex((d) => d >= drift);
  if (above < 0) return table[table.length - 1];
  if (above === 0) return table[0];
  const part = (drift - drifts[above - 1]) / (drifts[above] - drifts[above - 1]);
  return table[above - 1] + part * (table[above] - table[above - 1]);
}

/**
 * ∫f′²/f times the variance, for the density f whose characteristic function is the rounding model's, in units of its spread:
 * exp(−t²·steady/2)·√(t/sinh t)·exp(−(drift/2)(t·coth t − 1)).
 */
export function information(steady: number, drift: number): number {
  const variance = steady + 1 / 6 + drift / 3;
  const deviation = Math.sqrt(variance);
  const steps = 400;
  const dt = Math.min(60, 60 / deviation) / steps;
  const transform = Array.from({ length: steps }, (_, j) => {
    const t = (j + 0.5) * dt;
    const logSinh = t + Math.log(-Math.expm1(-2 * t) / 2);
    return Math.exp((-t * t * steady) / 2 + (Math.log(t) - logSinh) / 2 - (drift / 2) * (t / Math.tanh(t) - 1));
  });
  const dx = deviation / 20;
  let sum = 0;
  for (let x = dx / 2; x < 8 * deviation; x += dx) {
    let [density, derivative] = [0, 0];
    for (let j = 0; j < steps; j++) {
      const t = (j + 0.5) * dt;
      density += transform[j] * Math.cos(t * x);
      derivative -= transform[j] * t * Math.sin(t * x);
    }
    // Beyond this the inversion has no digits left, and nothing to add.
    if (density * deviation * dt < 1e-9) break;
    sum += (2 * derivative ** 2 * dx * dt) / (density * Math.PI);
  }
  return sum * variance;
}
