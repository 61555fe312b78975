/**
 * Losses, summed over all elements and with no mean taken (R15), and their derivatives for the prediction. Row J4 (kim).
 *
 * `prediction` p and `target` t have one shape; a loss is a number, a gradient has the shape of p. The sums run in row-major order.
 * A NaN anywhere in p or t makes the loss NaN and that element of the gradient NaN.
 *
 * Errors are against the exact value for the float64 inputs, with u = 2⁻⁵³ and N the number of elements. All terms of these sums are
 * of one sign when 0 ≤ t ≤ 1 and 0 ≤ p ≤ 1, so nothing cancels between them.
 */
import { combine, sum, type Tensor } from './tensor.ts';

/**
 * ½Σ(t − p)². Row J4 (kim), R15.
 *
 * Relative error at most (N + 3)u.
 *
 * @throws RangeError when the shapes differ, here and below.
 */
export function squaredError(prediction: Tensor, target: Tensor): number {
  return sum(combine(prediction, target, (p, t) => (t - p) ** 2)) / 2;
}

/** ∂/∂p = p − t, within ½ ulp. Row J4 (kim). */
export function squaredErrorGradient(prediction: Tensor, target: Tensor): Tensor {
  return combine(prediction, target, (p, t) => p - t);
}

/**
 * −Σ t·ln p, with 0·ln 0 = 0. Row J4 (kim).
 *
 * ∞ where p = 0 and t > 0; NaN where p < 0, unless t is 0. Relative error at most (N + 3)u.
 */
export function crossEntropy(prediction: Tensor, target: Tensor): number {
  return sum(combine(prediction, target, (p, t) => -timesLogarithm(t, p, Math.log(p))));
}

/** ∂/∂p = −t/p, and 0 where t is 0, whatever p is. Within ½ ulp. −∞ where p = 0 and t > 0. Row J4 (kim). */
export function crossEntropyGradient(prediction: Tensor, target: Tensor): Tensor {
  return combine(prediction, target, (p, t) => (t === 0 && !Number.isNaN(p) ? 0 : -t / p));
}

/**
 * −Σ[t·ln p + (1 − t)·ln(1 − p)], with 0·ln 0 = 0. Row J4 (kim).
 *
 * ln(1 − p) is taken as log1p(−p), which loses nothing when p is small. ∞ where p = 0 and t > 0, or p = 1 and t < 1; NaN where p is
 * outside [0, 1] and its logarithm is needed. Relative error at most (N + 5)u.
 */
export function binaryCrossEntropy(prediction: Tensor, target: Tensor): number {
  return sum(
    combine(prediction, target, (p, t) => -(timesLogarithm(t, p, Math.log(p)) + timesLogarithm(1 - t, p, Math.log1p(-p)))),
  );
}

/**
 * ∂/∂p = (p − t)/(p(1 − p)). Row J4 (kim).
 *
 * −∞ where p = 0 and t > 0, ∞ where p = 1 and t < 1. For t = 0 it is 1/(1 − p) and for t = 1 it is −1/p, also where the quotient as
 * written would be 0/0: 0·ln 0 = 0 has no slope. Relative error at most 4u.
 */
export function binaryCrossEntropyGradient(prediction: Tensor, target: Tensor): Tensor {
  return combine(prediction, target, (p, t) => {
    // The factor p or 1 − p cancels.
    if (t === 0) return 1 / (1 - p);
    if (t === 1) return -1 / p;
    return (p - t) / (p * (1 - p));
  });
}

/** t·logarithm, where a factor t of 0 makes 0 even of −∞; a NaN in p stays visible. */
function timesLogarithm(t: number, p: number, logarithm: number): number {
  return t === 0 && !Number.isNaN(p) ? 0 : t * logarithm;
}
