/** Bounds how far linear models and the training of perceptrons in floating point may be from the reference, in the running errors of `enclosure.ts`. */
import { map, reshape, type Tensor, tensor, zeros } from '../../../reference/tensor.ts';
import {
  activation,
  add,
  divide,
  type Enclosed,
  input,
  multiply,
  negate,
  products,
  rearranged,
  scale,
  sqrt,
  subtract,
  sum,
  total,
  widest,
} from '../../judging/bounds/enclosure.ts';
import type { Precision } from '../../judging/precision.ts';
import { onlyRows } from '../../judging/tensorChanges.ts';

/** xw, and a scalar added to each element where it is given. x [rows, columns], w [columns]. */
export function matrixTimesVector(x: Tensor, w: Tensor, added?: Tensor): Tensor {
  const [rows, columns] = x.shape;
  const y = zeros([rows]);
  for (let n = 0; n < rows; n++) {
    let net = 0;
    for (let j = 0; j < columns; j++) net += x.data[n * columns + j] * w.data[j];
    y.data[n] = net + (added?.data[0] ?? 0);
  }
  return y;
}

/**
 * wᵀxₙ (+ b) of every row: [rows, columns] · [columns] → [rows]. Where a backend declares it, factors and products below the normal
 * range may be flushed to zero: nothing to speak of in a sum, but enough for the sign of a net that is itself so small.
 */
export function nets(x: Enclosed, w: Enclosed, precision: Precision, bias?: Enclosed): Enclosed {
  const terms = w.value.data.length + (bias ? 1 : 0);
  const { value, error } = products(matrixTimesVector, [x, w, bias], terms, precision);
  const flushed = value.data.map((_, n) => flushedAtMost(rowOf(x.value, n).data, w.value.data, bias?.value.data, precision));
  return { value, error: error.map((e, n) => e + flushed[n]) };
}

function flushedAtMost(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  { smallestNormal, subnormals }: Precision,
): number {
  if (subnormals === undefined) return 0;
  const lost = (value: number) => (value !== 0 && Math.abs(value) < smallestNormal ? Math.abs(value) : 0);
  let total = bias ? lost(bias[0]) : 0;
  // What is left of a sum may be flushed too, where anything of it is small.
  for (let j = 0; j < w.length; j++) {
    const product = Math.abs(x[j] * w[j]);
    const isLost = lost(x[j]) + lost(w[j]) > 0 || lost(product) > 0;
    // Products of normal size may cancel to less than that, down to the last of their 24 bits.
    const mayCancel = product > 0 && product < 2 ** 24 * smallestNormal;
    total += (isLost ? product : 0) + (isLost || mayCancel ? smallestNormal : 0);
  }
  return total;
}

/** Σₙeₙxₙ: [rows] and [rows, columns] → [columns]. */
export function weightedSum(errors: Enclosed, x: Enclosed, precision: Precision): Enclosed {
  const [rows, columns] = x.value.shape;
  const column = rearranged(errors, (t) => reshape(t, [rows, 1]));
  return rearranged(sum(multiply(column, x, precision), 0, precision), (t) => reshape(t, [columns]));
}

/** w + ηΣe·x; each product with η before the sum or after it. */
export function updated(w: Enclosed, errors: Enclosed, x: Enclosed, learningRate: number, precision: Precision): Enclosed {
  const after = scale(weightedSum(errors, x, precision), learningRate, precision);
  const before = weightedSum(scale(errors, learningRate, precision), x, precision);
  return add(w, widest(after, before), precision);
}

/** f = wᵀx + b, its sign, and f/‖w‖ or the same with w and b divided by ‖w‖ first. */
export function encloseDiscriminant(x: Tensor, weights: Tensor, bias: Tensor, precision: Precision) {
  const [samples, w, b] = [input(x, precision), input(weights, precision), input(bias, precision)];
  const values = nets(samples, w, precision, b);
  const length = sqrt(total(multiply(w, w, precision), precision), precision);
  const quotient = divide(values, length, precision);
  const normalized = nets(samples, divide(w, length, precision), precision, divide(b, length, precision));
  return { values, classes: activation('sign', values, precision), distances: widest(quotient, normalized) };
}

/**
 * 1 for a sample with yₙwᵀxₙ ≤ 0, otherwise 0; where the interval of yₙwᵀxₙ holds 0, either is right.
 */
function mistakesOf(agreements: Enclosed): Enclosed {
  const { value, error } = agreements;
  const uncertain = (a: number, e: number) => e > 0 && Math.abs(a) <= e;
  return { value: map(value, (a) => (a > 0 ? 0 : 1)), error: error.map((e, n) => (uncertain(value.data[n], e) ? 1 : 0)) };
}

interface Labelled {
  readonly x: Tensor;
  readonly labels: Tensor;
  readonly weights: Tensor;
}

/** The samples for which `counts` says so of their label and net: what a form that chooses among them is left with. */
export function samplesWhere({ x, labels, weights }: Labelled, counts: (label: number, net: number) => boolean): Labelled {
  const values = matrixTimesVector(x, weights).data;
  const keep = (n: number) => counts(labels.data[n], values[n]);
  return { x: onlyRows(x, keep), labels: onlyRows(labels, keep), weights };
}

/** Those that the weights get wrong or leave on the surface. */
export const mistakenSamples = (inputs: Labelled): Labelled => samplesWhere(inputs, (label, net) => !(label * net > 0));

/** J = −ΣM yₙwᵀxₙ and its gradient −ΣM yₙxₙ. */
export function encloseCriterion(x: Tensor, labels: Tensor, weights: Tensor, precision: Precision) {
  const [samples, y] = [input(x, precision), input(labels, precision)];
  const agreements = multiply(y, nets(samples, input(weights, precision), precision), precision);
  const mistakes = mistakesOf(agreements);
  const signed = multiply(mistakes, y, precision);
  return {
    signed,
    loss: negate(total(multiply(mistakes, agreements, precision), precision)),
    gradient: negate(weightedSum(signed, samples, precision)),
  };
}

export function encloseBatchPerceptronStep(
  x: Tensor,
  labels: Tensor,
  weights: Tensor,
  learningRate: number,
  precision: Precision,
) {
  const { signed } = encloseCriterion(x, labels, weights, precision);
  return updated(input(weights, precision), signed, input(x, precision), learningRate, precision);
}

/** ½Σ(Y − sign(wᵀx))² and w + ηΣ(Y − sign(wᵀx))x; where the interval of wᵀx holds 0, either sign is right. */
export function encloseSurrogateStep(x: Tensor, labels: Tensor, weights: Tensor, learningRate: number, precision: Precision) {
  const [samples, w] = [input(x, precision), input(weights, precision)];
  const outputs = activation('sign', nets(samples, w, precision), precision);
  const errors = subtract(input(labels, precision), outputs, precision);
  return {
    loss: scale(total(multiply(errors, errors, precision), precision), 0.5, precision),
    weights: updated(w, errors, samples, learningRate, precision),
  };
}

/** One row of a matrix, as a matrix of one row. */
export function rowOf(x: Tensor, n: number): Tensor {
  const columns = x.shape[1];
  return tensor([1, columns], x.data.subarray(n * columns, (n + 1) * columns));
}
