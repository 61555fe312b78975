/**
 * Ways of going downhill. A step takes the weights and the gradient there, both of one shape, and returns new tensors; what a
 * method remembers from step to step goes in and comes out with them.
 */
import { type Tensor, tensor, zeros } from './tensor.ts';

/** w ← w − η·gradient. Row G1 (basics). */
export function gradientStep(weights: Tensor, gradient: Tensor, learningRate: number): Tensor {
  return elementwise((i) => weights.data[i] - learningRate * gradient.data[i], weights);
}

/**
 * One epoch in batch mode of the linear model p = wᵀx with E = ½Σ(y − p)²: one step along the sum of all gradients,
 * w ← w + ηΣ(yₙ − wᵀxₙ)xₙ. x [samples, features], targets [samples], weights [features]. Row G3 (khe).
 */
export function batchEpoch(x: Tensor, targets: Tensor, weights: Tensor, learningRate: number): Tensor {
  const gradient = zeros(weights.shape);
  for (let n = 0; n < x.shape[0]; n++) {
    const own = patternGradient(x, targets, weights, n);
    for (let j = 0; j < own.length; j++) gradient.data[j] += own[j];
  }
  return gradientStep(weights, gradient, learningRate);
}

/**
 * One epoch in pattern mode of the same model: a step for each sample in turn, its gradient taken at the weights that the samples
 * before it have left. Row G3 (khe).
 */
export function patternEpoch(x: Tensor, targets: Tensor, weights: Tensor, learningRate: number): Tensor {
  let w = weights;
  for (let n = 0; n < x.shape[0]; n++) {
    w = gradientStep(w, tensor(w.shape, patternGradient(x, targets, w, n)), learningRate);
  }
  return w;
}

/** ∂/∂w of ½(yₙ − wᵀxₙ)²: −(yₙ − wᵀxₙ)xₙ. */
function patternGradient(x: Tensor, targets: Tensor, weights: Tensor, n: number): Float64Array {
  const features = x.shape[1];
  const row = x.data.subarray(n * features, (n + 1) * features);
  let net = 0;
  for (let j = 0; j < features; j++) net += weights.data[j] * row[j];
  return Float64Array.from(row, (value) => -(targets.data[n] - net) * value);
}

/** Δw(t) = −η·gradient + αΔw(t − 1), w ← w + Δw(t). Returns both. Row G4 (khe). */
export function momentumStep(
  weights: Tensor,
  gradient: Tensor,
  change: Tensor,
  { learningRate, momentum }: { learningRate: number; momentum: number },
): { weights: Tensor; change: Tensor } {
  const next = elementwise((i) => -learningRate * gradient.data[i] + momentum * change.data[i], weights);
  return { weights: elementwise((i) => weights.data[i] + next.data[i], weights), change: next };
}

/** w ← w − η·gradient − ηλw: the step of a loss with the penalty ½λ‖w‖². Row G5 (khe). */
export function weightDecayStep(
  weights: Tensor,
  gradient: Tensor,
  { learningRate, penalty }: { learningRate: number; penalty: number },
): Tensor {
  return elementwise(
    (i) => weights.data[i] - learningRate * gradient.data[i] - learningRate * penalty * weights.data[i],
    weights,
  );
}

/** AdaGrad (Duchi, Hazan, Singer 2011): s ← s + g², w ← w − ηg/(√s + ε). Row G8 (khe). */
export function adagradStep(
  weights: Tensor,
  gradient: Tensor,
  squares: Tensor,
  { learningRate, epsilon }: { learningRate: number; epsilon: number },
): { weights: Tensor; squares: Tensor } {
  const next = elementwise((i) => squares.data[i] + gradient.data[i] ** 2, weights);
  const moved = elementwise(
    (i) => weights.data[i] - (learningRate * gradient.data[i]) / (Math.sqrt(next.data[i]) + epsilon),
    weights,
  );
  return { weights: moved, squares: next };
}

/** RMSProp (Tieleman, Hinton 2012): s ← ρs + (1 − ρ)g², w ← w − ηg/(√s + ε). Row G8 (khe). */
export function rmspropStep(
  weights: Tensor,
  gradient: Tensor,
  squares: Tensor,
  { learningRate, decay, epsilon }: { learningRate: number; decay: number; epsilon: number },
): { weights: Tensor; squares: Tensor } {
  const next = elementwise((i) => decay * squares.data[i] + (1 - decay) * gradient.data[i] ** 2, weights);
  const moved = elementwise(
    (i) => weights.data[i] - (learningRate * gradient.data[i]) / (Math.sqrt(next.data[i]) + epsilon),
    weights,
  );
  return { weights: moved, squares: next };
}

/**
 * Adam (Kingma, Ba 2015): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ), w ← w − ηm̂/(√v̂ + ε).
 *
 * `step` is t, 1 for the first. Row G8 (khe).
 */
export function adamStep(
  weights: Tensor,
  gradient: Tensor,
  means: Tensor,
  squares: Tensor,
  {
    learningRate,
    beta1,
    beta2,
    epsilon,
    step,
  }: { learningRate: number; beta1: number; beta2: number; epsilon: number; step: number },
): { weights: Tensor; means: Tensor; squares: Tensor } {
  const m = elementwise((i) => beta1 * means.data[i] + (1 - beta1) * gradient.data[i], weights);
  const v = elementwise((i) => beta2 * squares.data[i] + (1 - beta2) * gradient.data[i] ** 2, weights);
  const moved = elementwise((i) => {
    const mean = m.data[i] / biasCorrection(beta1, step);
    const square = v.data[i] / biasCorrection(beta2, step);
    return weights.data[i] - (learningRate * mean) / (Math.sqrt(square) + epsilon);
  }, weights);
  return { weights: moved, means: m, squares: v };
}

/**
 * 1 − βᵗ for 0 ≤ β < 1, within 6u of it. As −(e^{t·ln(1 + (β − 1))} − 1): the power itself is nearly 1 in the first steps, and would
 * leave the difference with as few digits as 1 − β has zeros.
 */
export function biasCorrection(beta: number, step: number): number {
  return -Math.expm1(step * Math.log1p(beta - 1));
}

export interface ConjugateGradientState {
  readonly x: Tensor;
  /** b − Ax. */
  readonly residual: Tensor;
  readonly direction: Tensor;
}

/**
 * One step of linear conjugate gradient (Hestenes, Stiefel 1952) for Ax = b, A symmetric positive definite [n, n]:
 * α = rᵀr/pᵀAp, x ← x + αp, r' = r − αAp, β = r'ᵀr'/rᵀr, p ← r' + βp. In exact arithmetic n steps solve the system. Row G8 (khe).
 *
 * A residual of 0 is left as it is: the system is solved.
 */
export function conjugateGradientStep(a: Tensor, { x, residual, direction }: ConjugateGradientState): ConjugateGradientState {
  const squared = innerProduct(residual, residual);
  if (squared === 0) return { x, residual, direction };
  const product = applyMatrix(a, direction);
  const length = squared / innerProduct(direction, product);
  const nextResidual = elementwise((i) => residual.data[i] - length * product.data[i], residual);
  const ratio = innerProduct(nextResidual, nextResidual) / squared;
  return {
    x: elementwise((i) => x.data[i] + length * direction.data[i], x),
    residual: nextResidual,
    direction: elementwise((i) => nextResidual.data[i] + ratio * direction.data[i], direction),
  };
}

/** Conjugate gradient from x = 0, `steps` steps; the states after 0, 1, … steps. Row G8 (khe). */
export function conjugateGradient(a: Tensor, b: Tensor, steps: number): ConjugateGradientState[] {
  const states: ConjugateGradientState[] = [{ x: zeros(b.shape), residual: b, direction: b }];
  for (let k = 0; k < steps; k++) states.push(conjugateGradientStep(a, states[k]));
  return states;
}

/** Plain gradient descent on a function of several variables: the points visited, the first one included. Rows G1, G6, G7. */
export function gradientDescent(
  gradient: (point: readonly number[]) => readonly number[],
  start: readonly number[],
  learningRate: number,
  steps: number,
): number[][] {
  const path = [[...start]];
  for (let t = 0; t < steps; t++) {
    const point = path[t];
    const slope = gradient(point);
    path.push(point.map((value, i) => value - learningRate * slope[i]));
  }
  return path;
}

function elementwise(f: (i: number) => number, like: Tensor): Tensor {
  const y = zeros(like.shape);
  for (let i = 0; i < y.data.length; i++) y.data[i] = f(i);
  return y;
}

function innerProduct(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i] * b.data[i];
  return sum;
}

function applyMatrix(a: Tensor, x: Tensor): Tensor {
  const n = x.data.length;
  const y = zeros([n]);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) y.data[i] += a.data[i * n + j] * x.data[j];
  return y;
}
