/**
 * Linear models: the discriminant of rows L1–L3 and the ways of training a perceptron besides the online rule (perceptron.ts).
 *
 * Samples are rows of x [samples, features]; labels are ±1 [samples]; weights [features]. A model with a bias is a model without
 * one on samples with a 1 appended (`augment`).
 */
import { map, sum, type Tensor, tensor, zeros } from './tensor.ts';

export interface LinearDiscriminant {
  /** f(x) = wᵀx + b [samples]. */
  readonly values: Tensor;
  /** sign f(x): +1 for the first class, −1 for the second, 0 on the decision surface [samples]. */
  readonly classes: Tensor;
  /** Signed distance f(x) / ‖w‖ from the decision surface [samples]; NaN on the surface and infinite off it where w = 0. */
  readonly distances: Tensor;
}

/**
 * f(x) = wᵀx + b for every sample, its sign and its distance from the surface f(x) = 0.
 *
 * Rows L1 and L2 (cai).
 */
export function linearDiscriminant(x: Tensor, weights: Tensor, bias: number): LinearDiscriminant {
  const samples = x.shape[0];
  const values = zeros([samples]);
  const classes = zeros([samples]);
  const distances = zeros([samples]);
  const length = norm(weights);
  for (let n = 0; n < samples; n++) {
    const value = dotRow(x, n, weights) + bias;
    values.data[n] = value;
    classes.data[n] = Math.sign(value);
    distances.data[n] = value / length;
  }
  return { values, classes, distances };
}

/** Samples with a 1 appended, so that wᵀx + b = [w, b]ᵀ[x, 1]. [samples, features] → [samples, features + 1]. Row L1 (cai). */
export function augment(x: Tensor): Tensor {
  const [samples, features] = x.shape;
  const augmented = zeros([samples, features + 1]);
  for (let n = 0; n < samples; n++) {
    for (let j = 0; j < features; j++) augmented.data[n * (features + 1) + j] = x.data[n * features + j];
    augmented.data[n * (features + 1) + features] = 1;
  }
  return augmented;
}

/** zₙ = yₙxₙ: w separates the classes exactly when wᵀz > 0 for every z. Row L3 (cai). */
export function normalizeByLabel(x: Tensor, labels: Tensor): Tensor {
  const [samples, features] = x.shape;
  const z = zeros(x.shape);
  for (let n = 0; n < samples; n++) {
    for (let j = 0; j < features; j++) z.data[n * features + j] = labels.data[n] * x.data[n * features + j];
  }
  return z;
}

/**
 * The perceptron criterion J(w) = −Σ wᵀxₙyₙ over the misclassified samples M = {n : yₙwᵀxₙ ≤ 0}, and its gradient
 * ∂J/∂w = −Σ_M xₙyₙ.
 *
 * A sample on the surface counts as misclassified, as in the online rule; it adds nothing to J. Row P5 (cai).
 */
export function perceptronCriterion(x: Tensor, labels: Tensor, weights: Tensor): { loss: number; gradient: Tensor } {
  const [samples, features] = x.shape;
  const gradient = zeros([features]);
  let loss = 0;
  for (let n = 0; n < samples; n++) {
    const agreement = labels.data[n] * dotRow(x, n, weights);
    if (agreement > 0) continue;
    loss -= agreement;
    for (let j = 0; j < features; j++) gradient.data[j] -= labels.data[n] * x.data[n * features + j];
  }
  return { loss, gradient };
}

/** One step of the batch perceptron: w ← w + η Σ_M xₙyₙ = w − η ∂J/∂w. Row P5 (cai). */
export function batchPerceptronStep(x: Tensor, labels: Tensor, weights: Tensor, learningRate: number): Tensor {
  const { gradient } = perceptronCriterion(x, labels, weights);
  return descend(weights, gradient, learningRate);
}

/** The squared-sign loss L = ½Σ(Yₙ − sign(wᵀxₙ))²: twice the number of mistakes, plus ½ for each sample on the surface. Row P6 (khe). */
export function squaredSignLoss(x: Tensor, labels: Tensor, weights: Tensor): number {
  let loss = 0;
  for (let n = 0; n < x.shape[0]; n++) loss += (labels.data[n] - Math.sign(dotRow(x, n, weights))) ** 2 / 2;
  return loss;
}

/**
 * The gradient that is used although the loss has none: with ∂y/∂w = x in place of the derivative of sign, which is 0 or does
 * not exist, ∂L/∂w = −Σ(Yₙ − yₙ)xₙ. Row P6 (khe).
 */
export function surrogateGradient(x: Tensor, labels: Tensor, weights: Tensor): Tensor {
  const [samples, features] = x.shape;
  const gradient = zeros([features]);
  for (let n = 0; n < samples; n++) {
    const error = labels.data[n] - Math.sign(dotRow(x, n, weights));
    for (let j = 0; j < features; j++) gradient.data[j] -= error * x.data[n * features + j];
  }
  return gradient;
}

/** One step of the batch rule W ← W + ηΣ(Yₙ − yₙ)Xₙ. Row P6 (khe). */
export function surrogatePerceptronStep(x: Tensor, labels: Tensor, weights: Tensor, learningRate: number): Tensor {
  return descend(weights, surrogateGradient(x, labels, weights), learningRate);
}

/**
 * One epoch of stochastic gradient descent: for each n of `order`, W ← W + η(Yₙ − yₙ)Xₙ with yₙ from the weights of that moment.
 *
 * `order` is a permutation of the samples, drawn anew for each epoch by the caller. Row P6 (khe).
 */
export function stochasticPerceptronEpoch(
  x: Tensor,
  labels: Tensor,
  weights: Tensor,
  learningRate: number,
  order: ArrayLike<number>,
): Tensor {
  const features = x.shape[1];
  const w = tensor(weights.shape, weights.data);
  for (let k = 0; k < order.length; k++) {
    const n = order[k];
    const error = labels.data[n] - Math.sign(dotRow(x, n, w));
    for (let j = 0; j < features; j++) w.data[j] += learningRate * error * x.data[n * features + j];
  }
  return w;
}

/** The numbers of samples that the weights get wrong or leave on the surface: {n : yₙwᵀxₙ ≤ 0}. */
export function misclassified(x: Tensor, labels: Tensor, weights: Tensor): number[] {
  const wrong: number[] = [];
  for (let n = 0; n < x.shape[0]; n++) if (!(labels.data[n] * dotRow(x, n, weights) > 0)) wrong.push(n);
  return wrong;
}

function descend(weights: Tensor, gradient: Tensor, learningRate: number): Tensor {
  return tensor(
    weights.shape,
    Array.from(weights.data, (w, j) => w - learningRate * gradient.data[j]),
  );
}

function dotRow(x: Tensor, row: number, weights: Tensor): number {
  const features = x.shape[1];
  let sum = 0;
  for (let j = 0; j < features; j++) sum += x.data[row * features + j] * weights.data[j];
  return sum;
}

function norm(vector: Tensor): number {
  return Math.sqrt(sum(map(vector, (value) => value * value)));
}
