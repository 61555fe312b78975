/** Bounds how far the penalized losses of linear models and their gradients in floating point may be from the reference. */
import { denseWeightGradient } from '../../../reference/dense.ts';
import { combine, map, reshape, type Tensor, tensor, zeros } from '../../../reference/tensor.ts';
import {
  activation,
  activationDerivative,
  add,
  dense,
  divide,
  type Enclosed,
  exact,
  exp,
  input,
  log,
  maximum,
  multiply,
  negate,
  products,
  rearranged,
  scale,
  subtract,
  sum,
  total,
  widest,
} from '../../judging/bounds/enclosure.ts';
import type { Precision } from '../../judging/precision.ts';
import { nets } from '../linear/bound.ts';

export interface EnclosedGradient {
  readonly loss: Enclosed;
  readonly dWeights: Enclosed;
  readonly dBias: Enclosed;
}

/** All elements of several tensors in one row. */
function flat(...parts: readonly Enclosed[]): Enclosed {
  const numbers = parts.flatMap(({ value }) => Array.from(value.data));
  return {
    value: tensor([numbers.length], numbers),
    error: Float64Array.from(parts.flatMap(({ error }) => Array.from(error))),
  };
}

/** Σ of the samples' terms and ½λw², all in one sum of any order or the penalty apart. */
function penalizedLoss(terms: Enclosed, weights: Enclosed, penalty: number, precision: Precision): Enclosed {
  const squares = multiply(weights, weights, precision);
  const together = total(flat(terms, scale(squares, penalty / 2, precision)), precision);
  const apart = add(total(terms, precision), scale(total(squares, precision), penalty / 2, precision), precision);
  return widest(together, apart);
}

/** J = Σ lₙ + ½λ‖w‖² of one output p = wᵀx − b, and its gradients, from the terms and slopes ∂l/∂p of the samples. */
function penalized(
  x: Enclosed,
  weights: Enclosed,
  terms: Enclosed,
  slopes: Enclosed,
  penalty: number,
  precision: Precision,
): EnclosedGradient {
  const [samples, features] = x.value.shape;
  const asMatrix = (a: Enclosed, shape: readonly number[]) => rearranged(a, (t) => reshape(t, shape));
  const gradient = products(
    (a, b, c = zeros([1, features])) => combine(denseWeightGradient(a, b), c, (p, q) => p + q),
    [x, asMatrix(slopes, [samples, 1]), asMatrix(scale(weights, penalty, precision), [1, features])],
    samples + 1,
    precision,
  );
  return {
    loss: penalizedLoss(terms, weights, penalty, precision),
    dWeights: asMatrix(gradient, [features]),
    dBias: negate(total(slopes, precision)),
  };
}

interface Inputs {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly bias: Tensor;
}
const predictions = ({ x, weights, bias }: Inputs, precision: Precision) =>
  nets(input(x, precision), input(weights, precision), precision, negate(input(bias, precision)));

export function encloseLeastSquares(
  inputs: Inputs & { readonly targets: Tensor },
  penalty: number,
  precision: Precision,
): EnclosedGradient {
  const errors = subtract(predictions(inputs, precision), input(inputs.targets, precision), precision);
  const [x, w] = [input(inputs.x, precision), input(inputs.weights, precision)];
  return penalized(x, w, multiply(errors, errors, precision), scale(errors, 2, precision), penalty, precision);
}

/** `slopeAtHinge` is u(0): 0 or 1. */
export function encloseSoftMargin(
  inputs: Inputs & { readonly labels: Tensor },
  penalty: number,
  slopeAtHinge: number,
  precision: Precision,
): EnclosedGradient {
  const labels = input(inputs.labels, precision);
  const one = exact(map(inputs.labels, () => 1));
  const slack = subtract(one, multiply(labels, predictions(inputs, precision), precision), precision);
  const counted = activationDerivative('relu', slack, precision);
  const mask = { value: combine(slack.value, counted.value, (s, u) => (s === 0 ? slopeAtHinge : u)), error: counted.error };
  const slopes = negate(multiply(mask, labels, precision));
  const [x, w] = [input(inputs.x, precision), input(inputs.weights, precision)];
  return penalized(x, w, activation('relu', slack, precision), slopes, penalty, precision);
}

/** With log p = (z − m) − log Σe^{z−m} or z − (m + log Σe^{z−m}), and p = e^{z−m}/Σ or e^{log p}. */
export function encloseSoftmaxRegression(
  given: Inputs & { readonly targets: Tensor },
  penalty: number,
  precision: Precision,
): EnclosedGradient {
  const [x, w, y] = [given.x, given.weights, given.targets].map((t) => input(t, precision));
  const z = dense(x, w, negate(input(given.bias, precision)), precision);
  const largest = maximum(z, -1);
  const shifted = subtract(z, largest, precision);
  const exponentials = exp(shifted, precision);
  const sums = sum(exponentials, -1, precision);
  const logarithm = log(sums, precision);
  const logarithms = widest(
    subtract(shifted, logarithm, precision),
    subtract(z, add(largest, logarithm, precision), precision),
  );
  const probabilities = widest(divide(exponentials, sums, precision), exp(logarithms, precision));
  const slopes = subtract(multiply(sum(y, -1, precision), probabilities, precision), y, precision);
  const [samples] = given.x.shape;
  return {
    loss: penalizedLoss(negate(multiply(y, logarithms, precision)), w, penalty, precision),
    dWeights: products(
      (a, b, c = zeros(given.weights.shape)) => combine(denseWeightGradient(a, b), c, (p, q) => p + q),
      [x, slopes, scale(w, penalty, precision)],
      samples + 1,
      precision,
    ),
    dBias: negate(rearranged(sum(slopes, 0, precision), (t) => reshape(t, [t.data.length]))),
  };
}
