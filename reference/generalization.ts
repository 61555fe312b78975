/** Splitting data, stopping early, leaving units out and averaging models. Rows V1, V3–V6 (khe, cai). */
import { combine, type Tensor } from './tensor.ts';

/**
 * K-fold cross-validation: cuts an order of the samples into K disjoint folds that cover it and whose sizes differ by at most one;
 * the first (samples mod K) folds are the larger ones. Row V5 (khe).
 *
 * @param order the samples' numbers, shuffled by the caller.
 * @throws RangeError when there are fewer samples than folds, or fewer than two folds.
 */
export function kFolds(order: readonly number[], folds: number): number[][] {
  if (!Number.isInteger(folds) || folds < 2 || folds > order.length) {
    throw new RangeError(
      `kFolds: (C1) folds must be a whole number in [2, ${order.length}], the number of samples; it is ${folds}`,
    );
  }
  const larger = order.length % folds;
  const size = Math.floor(order.length / folds);
  let from = 0;
  return Array.from({ length: folds }, (_, fold) => {
    const to = from + size + (fold < larger ? 1 : 0);
    const members = order.slice(from, to);
    from = to;
    return members;
  });
}

/** The samples that a fold's turn trains on: the K − 1 other folds. Row V5 (khe), R21. */
export function trainingSamples(folds: readonly (readonly number[])[], turn: number): number[] {
  return folds.flatMap((fold, k) => (k === turn ? [] : fold));
}

/**
 * Dropout with a given mask of 0 and 1: y = x·mask/keep, where keep is the probability of a 1, so that the mean over masks is x.
 *
 * Its gradient is the same map applied to dy. Row V3 (khe).
 */
export function dropout(x: Tensor, mask: Tensor, keep: number): Tensor {
  return combine(x, mask, (value, m) => (value * m) / keep);
}

/** Dropconnect with a given mask: the weights that take part, weights·mask/keep. Row V3 (khe). */
export function dropconnect(weights: Tensor, mask: Tensor, keep: number): Tensor {
  return dropout(weights, mask, keep);
}

export interface EarlyStopping<State> {
  /** The state with the smallest validation loss; the earliest of equals. */
  readonly best: State;
  readonly bestStep: number;
  readonly trainingLosses: readonly number[];
  readonly validationLosses: readonly number[];
}

/**
 * Trains step by step, watches the loss on data that is not trained on, and returns the weights of its best step, not the last
 * ones. Stops when the validation loss has not improved for `patience` steps. Row V4 (khe).
 */
export function trainWithEarlyStopping<State>(
  start: State,
  step: (state: State) => State,
  loss: { readonly training: (state: State) => number; readonly validation: (state: State) => number },
  { steps, patience }: { readonly steps: number; readonly patience: number },
): EarlyStopping<State> {
  let state = start;
  let best = start;
  let bestStep = 0;
  const trainingLosses = [loss.training(start)];
  const validationLosses = [loss.validation(start)];
  for (let k = 1; k <= steps && k - bestStep <= patience; k++) {
    state = step(state);
    trainingLosses.push(loss.training(state));
    validationLosses.push(loss.validation(state));
    if (validationLosses[k] < validationLosses[bestStep]) {
      best = state;
      bestStep = k;
    }
  }
  return { best, bestStep, trainingLosses, validationLosses };
}

/** The mean of several models' predictions, sample by sample. Row V6 (khe). */
export function ensemble(predictions: readonly ArrayLike<number>[]): number[] {
  return Array.from(predictions[0], (_, n) => predictions.reduce((sum, own) => sum + own[n], 0) / predictions.length);
}

/** Mean over the samples of (prediction − target)². Row V6 (khe). */
export function meanSquaredError(prediction: ArrayLike<number>, target: ArrayLike<number>): number {
  let total = 0;
  for (let n = 0; n < target.length; n++) total += (prediction[n] - target[n]) ** 2;
  return total / target.length;
}

export interface BiasVariance {
  /** Mean over x of (E_D f(x; D) − E(y|x))². */
  readonly squaredBias: number;
  /** Mean over x of E_D(f(x; D) − E_D f(x; D))². */
  readonly variance: number;
}

/**
 * Bias and variance of a learner from its predictions: predictions[d][n] is the one made at point n by the model trained on data
 * set d, truth[n] is E(y|x). Expected error = bias² + variance + noise. Row V1 (cai).
 *
 * Everything is taken from the first model's prediction, so that no digits go to what all of them have in common.
 */
export function biasVariance(predictions: readonly ArrayLike<number>[], truth: ArrayLike<number>): BiasVariance {
  const sets = predictions.length;
  let squaredBias = 0;
  let variance = 0;
  for (let n = 0; n < truth.length; n++) {
    const origin = predictions[0][n];
    let mean = 0;
    for (const own of predictions) mean += (own[n] - origin) / sets;
    squaredBias += (origin - truth[n] + mean) ** 2 / truth.length;
    for (const own of predictions) variance += (own[n] - origin - mean) ** 2 / (sets * truth.length);
  }
  return { squaredBias, variance };
}
