/**
 * Bounds how far a step downhill in floating point may be from the reference: each update written in the running errors of `enclosure.ts`.
 * Where the field writes an update in several ways, the widest of them is the limit.
 */
import type {
  AdagradAttributes,
  AdamAttributes,
  LearningRate,
  MomentumAttributes,
  PenalizedStepAttributes,
  RmspropAttributes,
} from '../../../backends/signatures.ts';
import { scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import {
  add,
  divide,
  type Enclosed,
  exact,
  input,
  multiply,
  power,
  scale,
  sqrt,
  subtract,
  total,
  widest,
} from '../../judging/bounds/enclosure.ts';
import type { Precision } from '../../judging/precision.ts';
import { nets, rowOf, updated } from '../linear/bound.ts';

const one = exact(scalar(1));
/** An attribute: rounded once where the format does not hold it. */
const given = (value: number, precision: Precision) => input(scalar(value), precision);

/** w − η·g. */
function descended(w: Enclosed, g: Enclosed, learningRate: number, precision: Precision): Enclosed {
  return subtract(w, scale(g, learningRate, precision), precision);
}

export function encloseGradientStep(weights: Tensor, gradient: Tensor, { learningRate }: LearningRate, precision: Precision) {
  return descended(input(weights, precision), input(gradient, precision), learningRate, precision);
}

/** Δ = −ηg + αΔ; w + Δ, (w − ηg) + αΔ and (w + αΔ) − ηg. */
export function encloseMomentumStep(
  weights: Tensor,
  gradient: Tensor,
  change: Tensor,
  { learningRate, momentum }: MomentumAttributes,
  precision: Precision,
) {
  const [w, g] = [input(weights, precision), input(gradient, precision)];
  const kept = scale(input(change, precision), momentum, precision);
  const next = descended(kept, g, learningRate, precision);
  const gradientFirst = add(descended(w, g, learningRate, precision), kept, precision);
  const changeFirst = descended(add(w, kept, precision), g, learningRate, precision);
  return { weights: widest(add(w, next, precision), widest(gradientFirst, changeFirst)), change: next };
}

/** (w − ηg) − ηλw, w − η(g + λw) and (1 − ηλ)w − ηg. */
export function encloseWeightDecayStep(
  weights: Tensor,
  gradient: Tensor,
  { learningRate, penalty }: PenalizedStepAttributes,
  precision: Precision,
) {
  const [w, g] = [input(weights, precision), input(gradient, precision)];
  const shrinkage = multiply(given(learningRate, precision), given(penalty, precision), precision);
  const apart = subtract(descended(w, g, learningRate, precision), multiply(shrinkage, w, precision), precision);
  const together = descended(w, add(g, scale(w, penalty, precision), precision), learningRate, precision);
  const decoupled = descended(multiply(subtract(one, shrinkage, precision), w, precision), g, learningRate, precision);
  return widest(apart, widest(together, decoupled));
}

/** w − ηm/d, with the product or the quotient first. */
function divided(w: Enclosed, m: Enclosed, d: Enclosed, learningRate: number, precision: Precision): Enclosed {
  const productFirst = divide(scale(m, learningRate, precision), d, precision);
  const quotientFirst = scale(divide(m, d, precision), learningRate, precision);
  return subtract(w, widest(productFirst, quotientFirst), precision);
}

function adapted(
  weights: Tensor,
  gradient: Tensor,
  squares: Enclosed,
  { learningRate, epsilon }: AdagradAttributes,
  precision: Precision,
) {
  const divisor = add(sqrt(squares, precision), given(epsilon, precision), precision);
  const next = divided(input(weights, precision), input(gradient, precision), divisor, learningRate, precision);
  return { weights: next, squares };
}

export function encloseAdagradStep(
  weights: Tensor,
  gradient: Tensor,
  squares: Tensor,
  attributes: AdagradAttributes,
  precision: Precision,
) {
  const g = input(gradient, precision);
  const next = add(input(squares, precision), multiply(g, g, precision), precision);
  return adapted(weights, gradient, next, attributes, precision);
}

/**
 * ρa + (1 − ρ)b, where 1 − ρ may be formed from ρ as the format holds it; or as a step from the one that weighs more towards the
 * other, a + (1 − ρ)(b − a) or b + ρ(a − b).
 */
function average(a: Enclosed, b: Enclosed, decay: number, precision: Precision): Enclosed {
  const rho = given(decay, precision);
  const rest = subtract(one, rho, precision);
  const apart = add(multiply(rho, a, precision), multiply(rest, b, precision), precision);
  const [from, to, share] = decay >= 0.5 ? [a, b, rest] : [b, a, rho];
  return widest(apart, add(from, multiply(share, subtract(to, from, precision), precision), precision));
}

export function encloseRmspropStep(
  weights: Tensor,
  gradient: Tensor,
  squares: Tensor,
  attributes: RmspropAttributes,
  precision: Precision,
) {
  const g = input(gradient, precision);
  const next = average(input(squares, precision), multiply(g, g, precision), attributes.decay, precision);
  return adapted(weights, gradient, next, attributes, precision);
}

/**
 * With m̂ and v̂ formed first, or with the corrections drawn out: (η/(1 − β₁ᵗ))·m/(√v/√(1 − β₂ᵗ) + ε). A β that the format does not hold
 * is rounded, which 1 − β and 1 − βᵗ magnify: by 1000 for β = 0.999.
 */
export function encloseAdamStep(
  weights: Tensor,
  gradient: Tensor,
  means: Tensor,
  squares: Tensor,
  { learningRate, beta1, beta2, epsilon, step }: AdamAttributes,
  precision: Precision,
) {
  const [w, g] = [input(weights, precision), input(gradient, precision)];
  const m = average(input(means, precision), g, beta1, precision);
  const v = average(input(squares, precision), multiply(g, g, precision), beta2, precision);
  const correction = (beta: number) => subtract(one, power(given(beta, precision), step, precision), precision);
  const [first, second] = [correction(beta1), correction(beta2)];
  const small = given(epsilon, precision);

  const corrected = add(sqrt(divide(v, second, precision), precision), small, precision);
  const asWritten = divided(w, divide(m, first, precision), corrected, learningRate, precision);
  const drawnOut = add(divide(sqrt(v, precision), sqrt(second, precision), precision), small, precision);
  const rate = divide(given(learningRate, precision), first, precision);
  const quotient = widest(
    multiply(rate, divide(m, drawnOut, precision), precision),
    divide(multiply(rate, m, precision), drawnOut, precision),
  );
  return { weights: widest(asWritten, subtract(w, quotient, precision)), means: m, squares: v };
}

/** α = rᵀr/pᵀAp, x + αp, r' = r − αAp, β = r'ᵀr'/rᵀr, r' + βp; where r is 0, nothing moves. */
export function encloseConjugateGradientStep(a: Tensor, x: Tensor, residual: Tensor, direction: Tensor, precision: Precision) {
  const [p, r, from] = [input(direction, precision), input(residual, precision), input(x, precision)];
  if (residual.data.every((value) => value === 0)) return { x: from, residual: r, direction: p };
  const dot = (b: Enclosed, c: Enclosed) => total(multiply(b, c, precision), precision);
  const product = nets(input(a, precision), p, precision);
  const squared = dot(r, r);
  const length = divide(squared, dot(p, product), precision);
  const next = subtract(r, multiply(length, product, precision), precision);
  const ratio = divide(dot(next, next), squared, precision);
  return {
    x: add(from, multiply(length, p, precision), precision),
    residual: next,
    direction: add(next, multiply(ratio, p, precision), precision),
  };
}

export function encloseBatchEpoch(x: Tensor, targets: Tensor, weights: Tensor, learningRate: number, precision: Precision) {
  const [samples, w] = [input(x, precision), input(weights, precision)];
  const errors = subtract(input(targets, precision), nets(samples, w, precision), precision);
  return updated(w, errors, samples, learningRate, precision);
}

export function enclosePatternEpoch(x: Tensor, targets: Tensor, weights: Tensor, learningRate: number, precision: Precision) {
  let w = input(weights, precision);
  for (let n = 0; n < x.shape[0]; n++) {
    const sample = input(rowOf(x, n), precision);
    const error = subtract(input(tensor([1], [targets.data[n]]), precision), nets(sample, w, precision), precision);
    w = updated(w, error, sample, learningRate, precision);
  }
  return w;
}
