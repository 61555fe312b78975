/**
 * A calculus of running errors: every tensor carries, element by element, how far a computation in floating point may be from it.
 *
 * Each function computes its result in float64, as the reference does, and bounds |computed − value| by two parts: what the errors
 * of its arguments become, taken over the whole interval and not linearized, and what computing it adds: a rounding of u relative for
 * each operation (and 2⁻⁵³ for the value itself), the bounds of `elementary.ts` for functions, underflow to zero below the normal
 * range. An operation on exact numbers whose result the format holds is exact: no error comes out of whole numbers.
 *
 * A bound is derived by writing the operation's formula in these functions; where the field uses two formulas, `widest` of both. Two
 * arguments of one shape are taken element by element; otherwise shapes are broadcast, axes matched from the last, size 1 repeated.
 * The whole is interval arithmetic in its centre–radius form (Higham, *Accuracy and Stability of Numerical Algorithms*, section 3.3).
 */
import type { ScaledTanhAttributes } from '../../../backends/signatures.ts';
import { activations } from '../../../reference/activations.ts';
import { dense as denseOf, matmul as matmulOf } from '../../../reference/dense.ts';
import { exactProduct, exactSum } from '../../../reference/doubleDouble.ts';
import { normalDistribution as distribution } from '../../../reference/gatedUnits.ts';
import { map, reshape, type Shape, sizeOf, type Tensor, withData, zeros } from '../../../reference/tensor.ts';
import { float64Array } from '../memory.ts';
import type { OutputBound } from '../operation.ts';
import { type Precision, precisions } from '../precision.ts';
import {
  compound,
  compoundRoundings,
  type ElementaryLimits,
  exponentialError,
  exponentialMinusOneError,
  isRepresentable,
  logarithmError,
  scaledTanhLimits,
  sigmoidLimits,
  softplusLimits,
  sumInLogarithm,
  tanhLimits,
  underflow,
  weighted,
} from './elementary.ts';
import { absolute, gridOfProducts, sumOfProductsBound } from './sumOfProducts.ts';

export interface Enclosed {
  readonly value: Tensor;
  /** |computed − value|, element by element, at most. */
  readonly error: Float64Array;
}

/** Numbers that are known exactly and that every format holds: 0, 1, ½, masks. */
export function exact(value: Tensor): Enclosed {
  return { value, error: float64Array(value.data.length) };
}

/** An input: exact where the format holds it, rounded once on its way in where it does not. */
export function input(value: Tensor, precision: Precision): Enclosed {
  const error = float64Array(value.data.length);
  const { data } = value;
  for (let i = 0; i < error.length; i++) {
    const distance = inputDistance(data[i], precision);
    // Memory that nothing is written to costs nothing.
    if (distance !== 0) error[i] = distance;
  }
  return { value, error };
}

/** Returns how far x may be moved on its way into the format: u relative, or to zero below the normal range. */
function inputDistance(x: number, precision: Precision): number {
  if (isRepresentable(x, precision) || !Number.isFinite(x)) return 0;
  return Math.abs(x) < precision.smallestNormal ? Math.abs(x) : precision.unitRoundoff * Math.abs(x);
}

/** The limits of an output that the reference gives as `expected`: the error, and how far `expected` is from the value here. */
export function limitOf({ value, error }: Enclosed, expected: Tensor): OutputBound {
  const [want, have] = [expected.data, value.data];
  const limit = float64Array(error.length);
  for (let i = 0; i < limit.length; i++) limit[i] = want[i] === have[i] ? error[i] : error[i] + Math.abs(want[i] - have[i]);
  return { limit };
}

/** The larger of two bounds on the same result, element by element: either formula passes. */
export function widest(a: Enclosed, b: Enclosed): Enclosed {
  const { limit } = limitOf(b, a.value);
  for (let i = 0; i < limit.length; i++) limit[i] = Math.max(a.error[i], limit[i]);
  return { value: a.value, error: limit };
}

/** A rearrangement of elements (a transposition, a slice, another shape) is without error. */
export function rearranged({ value, error }: Enclosed, arrange: (t: Tensor) => Tensor): Enclosed {
  return { value: arrange(value), error: arrange(withData(value, error)).data as Float64Array };
}

/** k roundings of a result whose arguments' errors have made it off by `carried`, with its own rounding in float64 and underflow. */
function finished(value: number, carried: number, k: number, precision: Precision): number {
  // An infinity, or a NaN, is exactly that or wrong.
  if (!Number.isFinite(value)) return 0;
  if (value === 0 && carried === 0) return 0;
  const growth = compoundRoundings(k, precision.unitRoundoff) + precisions.float64.unitRoundoff;
  const whole = carried + growth * (Math.abs(value) + carried);
  return known(value, whole + underflow(value, whole, precision));
}

/** The error of a finite value. In a coarse format an interval may grow without bound; ∞ − ∞ and 0·∞ of such are without bound as well. */
function known(value: number, error: number): number {
  return Number.isNaN(error) && Number.isFinite(value) ? Infinity : error;
}

/** The value with its error, where that is `known`. */
function bounded(value: Tensor, error: Float64Array): Enclosed {
  const { data } = value;
  for (let i = 0; i < error.length; i++) error[i] = known(data[i], error[i]);
  return { value, error };
}

/** Two arguments in their common shape, and room for what comes of them. */
function operands(a: Enclosed, b: Enclosed) {
  const shape = commonShape(a.value.shape, b.value.shape);
  const [left, right] = [repeated(a, shape), repeated(b, shape)];
  const value = zeros(shape);
  const error = float64Array(value.data.length);
  return { x: left.value.data, ex: left.error, y: right.value.data, ey: right.error, value, error };
}

function isNormalNumber(value: number, precision: Precision): boolean {
  return value === 0 || (Math.abs(value) >= precision.smallestNormal && isRepresentable(value, precision));
}

/** a + b. */
export function add(a: Enclosed, b: Enclosed, precision: Precision): Enclosed {
  const { x, ex, y, ey, value, error } = operands(a, b);
  for (let i = 0; i < error.length; i++) {
    const sum = x[i] + y[i];
    value.data[i] = sum;
    const isExact = ex[i] === 0 && ey[i] === 0 && exactSum(x[i], y[i]).low === 0 && isNormalNumber(sum, precision);
    if (!isExact) error[i] = finished(sum, ex[i] + ey[i], 1, precision);
  }
  return { value, error };
}

/** a − b. */
export function subtract(a: Enclosed, b: Enclosed, precision: Precision): Enclosed {
  return add(a, negate(b), precision);
}

/** a·b. */
export function multiply(a: Enclosed, b: Enclosed, precision: Precision): Enclosed {
  const { x, ex, y, ey, value, error } = operands(a, b);
  for (let i = 0; i < error.length; i++) {
    const product = x[i] * y[i];
    value.data[i] = product;
    // The remainder of a product that small is itself too small for float64.
    const hasRemainder = product === 0 || Math.abs(product) >= 2 ** -900;
    const isExact =
      ex[i] === 0 && ey[i] === 0 && hasRemainder && exactProduct(x[i], y[i]).low === 0 && isNormalNumber(product, precision);
    const carried = weighted(ex[i], Math.abs(y[i]) + ey[i]) + weighted(ey[i], Math.abs(x[i]));
    if (!isExact) error[i] = finished(product, carried, 1, precision);
  }
  return { value, error };
}

/** a/b, which may be formed as a·(1/b). Without bound where the interval of b holds 0. */
export function divide(a: Enclosed, b: Enclosed, precision: Precision): Enclosed {
  const { x, ex, y, ey, value, error } = operands(a, b);
  for (let i = 0; i < error.length; i++) {
    const quotient = x[i] / y[i];
    value.data[i] = quotient;
    const size = Math.abs(y[i]);
    const areExact = ex[i] === 0 && ey[i] === 0;
    // Only a power of two has a reciprocal without rounding.
    if (areExact && Number.isInteger(Math.log2(size)) && isNormalNumber(quotient, precision)) continue;
    const moved = ey[i] < size ? (ex[i] + Math.abs(quotient) * ey[i]) / (size - ey[i]) : Infinity;
    error[i] = finished(quotient, areExact ? 0 : moved, 2, precision);
  }
  return { value, error };
}

/** −a. */
export function negate({ value, error }: Enclosed): Enclosed {
  return { value: map(value, (v) => -v), error };
}

/** factor·a; a factor that the format does not hold is rounded first. */
export function scale(a: Enclosed, factor: number, precision: Precision): Enclosed {
  return multiply(a, input({ dtype: 'float64', shape: [], data: Float64Array.of(factor) }, precision), precision);
}

/** The sum over one axis (−1 is the last), which stays with size 1, in any order of summation. */
export function sum(a: Enclosed, axis: number, precision: Precision): Enclosed {
  const at = axis < 0 ? axis + a.value.shape.length : axis;
  const terms = a.value.shape[at];
  const total = (t: Tensor) => foldAxis(t, at, 'sum');
  const value = total(a.value);
  const carried = total(withData(a.value, a.error)).data;
  const { limit } = sumOfProductsBound({
    expected: value,
    scale: () => total(reach(a)),
    terms,
    roundings: Math.max(terms - 1, 0),
    exactness: isExact(a) ? gridOfProducts([a.value]) : { grid: 0 },
    precision,
  });
  for (let i = 0; i < limit.length; i++) limit[i] += carried[i];
  return bounded(value, limit);
}

/** The sum of all elements, a scalar. */
export function total(a: Enclosed, precision: Precision): Enclosed {
  const flat = (t: Tensor): Tensor => reshape(t, [t.data.length]);
  return rearranged(sum(rearranged(a, flat), 0, precision), (t) => reshape(t, []));
}

/** The largest element along one axis, which stays with size 1. */
export function maximum(a: Enclosed, axis: number): Enclosed {
  const at = axis < 0 ? axis + a.value.shape.length : axis;
  const largest = (t: Tensor) => foldAxis(t, at, 'largest');
  return { value: largest(a.value), error: largest(withData(a.value, a.error)).data as Float64Array };
}

/** A sum of products, linear in each of a and b, and in c where it is among the terms: Σab (+ c). */
export type SumOfProducts = (a: Tensor, b: Tensor, c?: Tensor) => Tensor;

/** Σab (+ c) of `terms` terms: dense layers, convolutions, their gradients. `apply` is the reference's own function. */
export function products(
  apply: SumOfProducts,
  [a, b, c]: readonly [Enclosed, Enclosed, Enclosed?],
  terms: number,
  precision: Precision,
): Enclosed {
  const value = apply(a.value, b.value, c?.value);
  const allExact = isExact(a) && isExact(b) && (c === undefined || isExact(c));
  const { limit } = sumOfProductsBound({
    expected: value,
    scale: () => apply(reach(a), reach(b), c && reach(c)),
    terms,
    exactness: allExact ? gridOfProducts([a.value, b.value], c?.value) : { grid: 0 },
    precision,
  });
  const error = limit;
  if (!allExact) {
    const errors = (t: Enclosed): Tensor => withData(t.value, t.error);
    const fromA = apply(errors(a), reach(b), c && errors(c)).data;
    const fromB = apply(absolute(a.value), errors(b)).data;
    for (let i = 0; i < error.length; i++) error[i] += fromA[i] + fromB[i];
  }
  return bounded(value, error);
}

/** a·b: [rows, inner] × [inner, columns]. */
export function matmul(a: Enclosed, b: Enclosed, precision: Precision): Enclosed {
  return products(matmulOf, [a, b], a.value.shape[1], precision);
}

/** x·weightsᵀ + bias: x [batch, inputs], weights [outputs, inputs], bias [outputs]. */
export function dense(x: Enclosed, weights: Enclosed, bias: Enclosed, precision: Precision): Enclosed {
  const [outputs, inputs] = weights.value.shape;
  return products((a, b, c = zeros([outputs])) => denseOf(a, b, c), [x, weights, bias], inputs + 1, precision);
}

/** e^a. */
export function exp(a: Enclosed, precision: Precision): Enclosed {
  return elementwise(a, (x, e) => {
    const y = Math.exp(x);
    // e^−∞ is 0, exactly.
    if (y === 0) return [y, x === -Infinity ? 0 : 2 * precision.smallestSubnormal];
    const moved = y * Math.expm1(e);
    return [y, finished(y, moved + weighted(y + moved, compound(exponentialError(Math.abs(x) + e, precision))), 0, precision)];
  });
}

/** e^a − 1, as precise near 0 as elsewhere; a published table that has no function for it subtracts. */
export function expm1(a: Enclosed, precision: Precision): Enclosed {
  return elementwise(a, (x, e) => {
    const y = Math.expm1(x);
    const power = Math.exp(x + e);
    const moved = e === 0 ? 0 : power * Math.expm1(e);
    const relative = compound(largestAtEnds((at) => exponentialMinusOneError(at, precision), x, e));
    const subtracted = precision.accuracy ? weighted(power, compound(exponentialError(Math.abs(x) + e, precision))) : 0;
    return [y, finished(y, moved + weighted(Math.abs(y) + moved, relative) + subtracted, 0, precision)];
  });
}

/** ln a. Without bound where the interval reaches 0. */
export function log(a: Enclosed, precision: Precision): Enclosed {
  return elementwise(a, (x, e) => logarithm(Math.log(x), e / x, precision));
}

/** ln(1 + a), as precise near 0 as elsewhere. */
export function log1p(a: Enclosed, precision: Precision): Enclosed {
  return elementwise(a, (x, e) => logarithm(Math.log1p(x), e / (1 + x) + sumInLogarithm(precision), precision));
}

/** The logarithm y of a number off by the part `moved` of itself. */
function logarithm(y: number, moved: number, precision: Precision): [value: number, error: number] {
  if (!Number.isFinite(y)) return [y, moved === 0 ? 0 : Infinity];
  const carried = moved === 0 ? 0 : moved < 1 ? -Math.log1p(-moved) : Infinity;
  return [y, finished(y, carried + logarithmError(Math.abs(y) + carried, precision), 0, precision)];
}

/** √a. */
export function sqrt(a: Enclosed, precision: Precision): Enclosed {
  return elementwise(a, (x, e) => {
    const y = Math.sqrt(x);
    const carried = e === 0 ? 0 : e <= x ? e / y : Math.sqrt(x + e);
    const roots = precision.accuracy?.squareRootRoundings;
    const isExact = e === 0 && exactProduct(y, y).high === x && exactProduct(y, y).low === 0 && roots === undefined;
    return [y, isExact && isNormalNumber(y, precision) ? 0 : finished(y, carried, roots ?? 1, precision)];
  });
}

/** aᵏ for a positive number and a whole k, by repeated products or as e^{k·ln a}; 1 and a itself are exact. */
export function power(a: Enclosed, k: number, precision: Precision): Enclosed {
  if (k === 1) return a;
  return elementwise(a, (x, e) => {
    const y = x ** k;
    if (k === 0) return [y, 0];
    const carried = (x + e) ** k - y;
    const exponent = k * Math.abs(Math.log(x));
    const ofExponent = k * logarithmError(Math.log(x), precision) + exponent * precision.unitRoundoff;
    const byLogarithm = ofExponent + exponentialError(exponent, precision);
    const own = compound(Math.max((k - 1) * precision.unitRoundoff, byLogarithm));
    return [y, finished(y, carried + own * (y + carried), 0, precision)];
  });
}

/**
 * The normal distribution Φ as ½(1 + erf(a/√2)) or ½erfc(−a/√2). An erf is right to 8u relative, and ±1 where it rounds to that; its argument
 * is off by 2u, and the sum rounds. An erfc has the error of e^{−a²/2}.
 */
export function normalDistribution(a: Enclosed, precision: Precision): Enclosed {
  const { unitRoundoff: u } = precision;
  return elementwise(a, (x, e) => {
    const y = distribution(x);
    if (!Number.isFinite(x)) return [y, 0];
    const nearest = towardsZero(x, e);
    const moved = e * density(nearest);
    const argument = compound(2 * u) * Math.abs(x) * density(x);
    const rest = distribution(-nearest);
    const ofErf = 16 * rest < precision.epsilon ? rest : compound(4 * u) * Math.abs(2 * y - 1) + u * (y + moved);
    const power = compound(exponentialError((Math.abs(x) + e) ** 2 / 2, precision));
    const ofPower = weighted(Math.min(y, rest) + moved, power) + compound(4 * u) * (y + moved);
    return [y, finished(y, moved + Math.max(argument + ofErf, ofPower), 0, precision)];
  });
}

const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Activations that have limits of their own here; those of others are derived from their formulas. */
export type EnclosedActivation = keyof typeof sensitivities;

/** An activation by its name: f over [a − e, a + e], and f's own limits there. `attributes` are scaledTanh's. */
export function activation(
  name: EnclosedActivation,
  a: Enclosed,
  precision: Precision,
  attributes: ScaledTanhAttributes = unscaled,
): Enclosed {
  const { value, derivative } = activations[name];
  const { moved, limits } = sensitivities[name] as Sensitivity;
  return elementwise(a, (x, e) => {
    const y = value(x, attributes);
    const carried = e === 0 ? 0 : moved(x, e, attributes);
    const own = (at: number) =>
      limits?.(at, at === x ? y : value(at, attributes), derivative(at, attributes), precision, attributes).value ?? 0;
    return [y, carried + largestAtEnds(own, x, e)];
  });
}

/**
 * f′ over [a − e, a + e] and f′'s own limits there. Where the interval holds a kink the error is the whole step between the slopes;
 * at a kink that is hit exactly the value is the reference's, and the other slope is for the table's alternatives to allow.
 */
export function activationDerivative(
  name: EnclosedActivation,
  a: Enclosed,
  precision: Precision,
  attributes: ScaledTanhAttributes = unscaled,
): Enclosed {
  const { value, derivative } = activations[name];
  const { kinks, steepness, limits } = sensitivities[name] as Sensitivity;
  return elementwise(a, (x, e) => {
    const slope = derivative(x, attributes);
    if (!limits) return [slope, e > 0 && kinks?.some((kink) => Math.abs(x - kink) <= e) ? 1 : 0];
    const own = (at: number) =>
      limits(at, value(at, attributes), at === x ? slope : derivative(at, attributes), precision, attributes).derivative;
    return [slope, weighted(slope, Math.expm1(steepness(attributes) * e)) + largestAtEnds(own, x, e)];
  });
}

const unscaled: ScaledTanhAttributes = { a: 1, b: 1 };

/** How an activation and its slope react to a change of x. */
interface Sensitivity {
  /** |f(x ± e) − f(x)| at most, for e > 0. */
  readonly moved: (x: number, e: number, attributes: ScaledTanhAttributes) => number;
  /** Points where the slope changes from 0 to 1, of piecewise linear functions. */
  readonly kinks?: readonly number[];
  /** sup |(ln f′)′|, of smooth functions. */
  readonly steepness: (attributes: ScaledTanhAttributes) => number;
  readonly limits?: (
    x: number,
    y: number,
    slope: number,
    precision: Precision,
    attributes: ScaledTanhAttributes,
  ) => ElementaryLimits;
}

/** The point of [x − e, x + e] nearest to 0: σ′ and tanh′ are largest there. */
const towardsZero = (x: number, e: number) => Math.max(0, Math.abs(x) - e);
const none = () => 0;
const { sigmoid, tanh, scaledTanh } = activations;

const sensitivities = {
  identity: { moved: (_, e) => e, steepness: none },
  sign: { moved: (x, e) => (x === 0 ? 1 : Math.abs(x) <= e ? 2 : 0), steepness: none },
  step: { moved: (x, e) => (x - e < 0 && x + e >= 0 ? 1 : 0), steepness: none },
  relu: { moved: (x, e) => Math.max(0, Math.min(e, x + e)), kinks: [0], steepness: none },
  hardTanh: { moved: (x, e) => Math.max(0, Math.min(e, 1 + e - Math.abs(x))), kinks: [-1, 1], steepness: none },
  sigmoid: { moved: (x, e) => e * sigmoid.derivative(towardsZero(x, e)), steepness: () => 1, limits: sigmoidLimits },
  tanh: { moved: (x, e) => e * tanh.derivative(towardsZero(x, e)), steepness: () => 2, limits: tanhLimits },
  scaledTanh: {
    moved: (x, e, attributes) => e * Math.abs(scaledTanh.derivative(towardsZero(x, e), attributes)),
    steepness: ({ b }) => 2 * Math.abs(b),
    limits: scaledTanhLimits,
  },
  softplus: { moved: (x, e) => e * sigmoid.value(x + e), steepness: () => 1, limits: softplusLimits },
} satisfies Readonly<Record<string, Sensitivity>>;

export const enclosedActivations = Object.keys(sensitivities) as EnclosedActivation[];

/** The larger of an activation's own limits at the ends of [x − e, x + e]. */
function largestAtEnds(own: (at: number) => number, x: number, e: number): number {
  return e > 0 ? Math.max(own(x - e), own(x + e)) : own(x);
}

function elementwise(a: Enclosed, f: (x: number, e: number) => [value: number, error: number]): Enclosed {
  const value = zeros(a.value.shape);
  const error = float64Array(a.error.length);
  for (let i = 0; i < error.length; i++) {
    const enclosed = f(a.value.data[i], a.error[i]);
    value.data[i] = enclosed[0];
    error[i] = known(enclosed[0], enclosed[1]);
  }
  return { value, error };
}

export function isExact({ error }: Enclosed): boolean {
  for (let i = 0; i < error.length; i++) if (error[i] !== 0) return false;
  return true;
}

/** |value| + error: no computed value is larger. */
function reach({ value, error }: Enclosed): Tensor {
  const sizes = absolute(value);
  for (let i = 0; i < error.length; i++) sizes.data[i] += error[i];
  return sizes;
}

/** The sum, or the largest, of the elements along an axis, which stays with size 1. */
function foldAxis(t: Tensor, axis: number, what: 'sum' | 'largest'): Tensor {
  const shape = [...t.shape];
  shape[axis] = 1;
  const folded = zeros(shape);
  const [from, to] = [t.data, folded.data];
  if (what === 'largest') to.fill(-Infinity);
  // Elements of one line along the axis are `apart`, lines that begin together fill a block.
  const apart = sizeOf(t.shape.slice(axis + 1));
  const block = t.shape[axis] * apart;
  for (let start = 0; start < from.length; start += block) {
    const first = (start / block) * apart;
    for (let i = 0; i < block; i++) {
      const at = first + (i % apart);
      to[at] = what === 'sum' ? to[at] + from[start + i] : Math.max(to[at], from[start + i]);
    }
  }
  return folded;
}

/** @throws RangeError when two sizes differ and neither is 1. */
function commonShape(a: Shape, b: Shape): Shape {
  if (a.join() === b.join()) return a;
  const axes = Math.max(a.length, b.length);
  return Array.from({ length: axes }, (_, axis) => {
    const [ofA, ofB] = [a[axis - axes + a.length] ?? 1, b[axis - axes + b.length] ?? 1];
    if (ofA !== ofB && ofA !== 1 && ofB !== 1) {
      throw new RangeError(`enclosure: shapes [${a.join(', ')}] and [${b.join(', ')}] cannot be broadcast`);
    }
    return ofA === 1 ? ofB : ofA;
  });
}

/** A tensor repeated along its axes of size 1 until it has the common shape. */
function repeated(a: Enclosed, common: Shape): Enclosed {
  const from = a.value.shape;
  if (from.join() === common.join()) return a;
  const value = zeros(common);
  const error = float64Array(value.data.length);
  for (let i = 0; i < error.length; i++) {
    const at = a.error.length === 1 ? 0 : placeIn(from, common, i);
    value.data[i] = a.value.data[at];
    error[i] = a.error[at];
  }
  return { value, error };
}

/** From a position in the common shape to the one in a tensor that is repeated along its axes of size 1. */
function placeIn(from: Shape, common: Shape, position: number): number {
  let place = 0;
  let stride = 1;
  for (let axis = common.length - 1; axis >= 0; axis--) {
    const size = from[axis - common.length + from.length] ?? 1;
    if (size !== 1) place += (position % common[axis]) * stride;
    stride *= size;
    position = Math.floor(position / common[axis]);
  }
  return place;
}
