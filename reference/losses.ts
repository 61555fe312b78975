/** Losses summed over all elements, and their derivatives. `prediction` and `target` have one shape. Row J4 (kim). */
import { combine, sum, type Tensor } from './tensor.ts';

/** ½Σ(t − p)². */
export function squaredError(prediction: Tensor, target: Tensor): number {
  return sum(combine(prediction, target, (p, t) => ((t - p) * (t - p)) / 2));
}

/** ∂/∂p = p − t. */
export function squaredErrorGradient(prediction: Tensor, target: Tensor): Tensor {
  return combine(prediction, target, (p, t) => p - t);
}

/** −Σ t·ln p, with 0·ln 0 = 0; Infinity where p is 0 and t is not. */
export function crossEntropy(prediction: Tensor, target: Tensor): number {
  return sum(combine(prediction, target, (p, t) => (t === 0 ? 0 : -t * Math.log(p))));
}

/** ∂/∂p = −t/p, and 0 where t is 0. */
export function crossEntropyGradient(prediction: Tensor, target: Tensor): Tensor {
  return combine(prediction, target, (p, t) => (t === 0 ? 0 : -t / p));
}

/** −Σ[t·ln p + (1 − t)·ln(1 − p)], with 0·ln 0 = 0. */
export function binaryCrossEntropy(prediction: Tensor, target: Tensor): number {
  return sum(
    combine(prediction, target, (p, t) => (t === 0 ? 0 : -t * Math.log(p)) - (t === 1 ? 0 : (1 - t) * Math.log1p(-p))),
  );
}

/** ∂/∂p = (p − t)/(p(1 − p)). */
export function binaryCrossEntropyGradient(prediction: Tensor, target: Tensor): Tensor {
  return combine(prediction, target, (p, t) => (p - t) / (p * (1 - p)));
}
