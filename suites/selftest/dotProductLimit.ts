/**
 * The smallest faults that any test could see (Neyman and Pearson): the judge of the limit knows the fault, its place and its size,
 * and what rounding really does to the numbers; like Etalon it is not told the order of summation.
 */

import { type Random, randomFrom } from '../random.ts';
import { cumulant, type RoundingModel } from '../statistics/roundingModel.ts';
import { normalQuantile } from '../statistics/tails.ts';
import { type DotProducts, halfUlp, outputs, shuffle } from './dotProductData.ts';
import { preparedVerdict, verdictProbability } from './dotProductVerdict.ts';

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
export function shiftToNoise(data: DotProducts, shift: (i: number) => number): number {
  const { model } = preparedVerdict(data);
  let sum = 0;
  for (let i = 0; i < outputs; i++) {
    const m = shift(i);
    if (m !== 0) sum += (m * m * informationAt(data.length, model.drift[i])) / model.variance[i];
  }
  return Math.sqrt(sum / realVariance(data, model));
}

/** An output in which a shift is so many deviations or more is looked at by itself; its error has the variances that orders drawn at random give. */
const [telling, orders, ratios] = [1, 32, 400];

/**
 * The smallest size d at which the likelihood ratio test sees the shift d·m in one of so many places. Where the shift is far below the
 * error in every output, that is wantedShift ÷ shiftToNoise. Where it is not, an order of summation that is not known hides more
 * than the Fisher information says: the error is a mixture of normal ones, and the ratios are drawn. With e drawn under the shift, the
 * test that sees four of five has the probability E[exp(−ratio); ratio above its fifth] of a false alarm.
 */
export function smallestShift(data: DotProducts, shift: (i: number) => number, places = 1): number {
  const { model } = preparedVerdict(data);
  const real = realVariance(data, model);
  const least = wantedShift(places) / shiftToNoise(data, shift);
  const wide: { m: number; draws: { readonly error: number; readonly at: number }[]; variances: number[] }[] = [];
  let rest = 0;
  for (let i = 0; i < outputs; i++) {
    const m = Math.abs(shift(i));
    if (m === 0) continue;
    const variance = model.variance[i] * real;
    if (least * m < telling * Math.sqrt(variance)) {
      rest += (m * m * informationAt(data.length, model.drift[i])) / variance;
      continue;
    }
    const random = randomFrom(i, 'ratios', data.dataSet, String(data.length));
    const variances = variancesOf(data, i, random);
    wide.push({
      m,
      variances,
      draws: Array.from({ length: ratios }, () => {
        const at = random.integer(0, orders - 1);
        return { at, error: random.normal() * Math.sqrt(variances[at]) };
      }),
    });
  }
  if (wide.length === 0) return least;
  const random = randomFrom(0, 'ratios', data.dataSet, String(data.length));
  const others = Float64Array.from({ length: ratios }, () => random.normal());
  const falseAlarms = (d: number) => {
    const information = d * d * rest;
    const all = others.map((z) => information / 2 + Math.sqrt(information) * z);
    for (const { m, variances, draws } of wide) {
      for (const [j, { error }] of draws.entries())
        all[j] += logDensity(error, variances) - logDensity(error + d * m, variances);
    }
    const seen = all.sort().subarray(Math.floor((1 - power) * ratios));
    return seen.reduce((sum, ratio) => sum + Math.exp(-ratio), 0) / ratios;
  };
  let [low, high] = [least / 2, 8 * least];
  for (let step = 0; step < 12; step++) {
    const middle = Math.sqrt(low * high);
    if (falseAlarms(middle) > verdictProbability / places) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}

/** Of the error of output i, for orders of summation drawn at random. */
function variancesOf({ products, length }: DotProducts, i: number, random: Random): number[] {
  const terms = Int32Array.from({ length }, (_, k) => k);
  return Array.from({ length: orders }, () => {
    shuffle(terms, random);
    let [sum, variance] = [0, 0];
    for (const [at, k] of terms.entries()) {
      const product = products[i * length + k];
      sum += product;
      variance += halfUlp(product) ** 2 + (at > 0 ? halfUlp(sum) ** 2 : 0);
    }
    return variance / 3;
  });
}

/** Of a mixture of normal distributions around 0, less a constant. */
function logDensity(x: number, variances: readonly number[]): number {
  let [largest, sum] = [-Infinity, 0];
  for (const variance of variances) largest = Math.max(largest, -(x * x) / (2 * variance) - Math.log(variance) / 2);
  for (const variance of variances) sum += Math.exp(-(x * x) / (2 * variance) - Math.log(variance) / 2 - largest);
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

/**
 * One element of unknown place: the best test asks whether any error is larger than honest rounding makes with probability
 * α/outputs. That tail is computed, not bounded: the saddlepoint approximation, shrunk to the variance that rounding really has.
 */
export function elementLimit(data: DotProducts): number {
  const { model } = preparedVerdict(data);
  const { expected, median } = data;
  const deviation = Math.sqrt(realVariance(data, model));
  const needed = saddlepointQuantile(model, median, verdictProbability / outputs);
  return (deviation * (needed + normalQuantile(1 - power) * Math.sqrt(model.variance[median]))) / Math.abs(expected[median]);
}

/** t with P(|e| > t) = α where P(e > t) ≈ exp(K − λK′)/(λ√(2πK″)), t = K′(λ) (Daniels, 1954). */
export function saddlepointQuantile(model: RoundingModel, i: number, probability: number): number {
  const k = (slope: number) => cumulant(model, i, slope);
  const at = (slope: number) => {
    const step = 1e-4 * slope;
    const [below, here, above] = [k(slope - step), k(slope), k(slope + step)];
    const first = (above - below) / (2 * step);
    const second = (above - 2 * here + below) / (step * step);
    return { t: first, logTail: here - slope * first - Math.log(slope * Math.sqrt(2 * Math.PI * second)) };
  };
  const unit = Math.sqrt(model.variance[i]);
  let [low, high] = [0.5 / unit, Math.min(20 / unit, model.spread[i] > 0 ? 3.14 / model.spread[i] : Infinity)];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (at(middle).logTail > Math.log(probability / 2)) low = middle;
    else high = middle;
  }
  return at(low).t;
}
