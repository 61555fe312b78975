import { type Tensor, tensor } from './tensor.ts';

export interface MaximumMargin {
  /** u of smallest length with yₙuᵀxₙ ≥ 1 for every sample [features]; its direction has the largest margin. */
  readonly separator: Tensor;
  /** The smallest distance min yₙuᵀxₙ / ‖u‖ from the surface through the origin. */
  readonly margin: number;
  /** ½‖u‖² of the feasible separator: an upper bound of the optimum. */
  readonly primal: number;
  /** Σα − ½‖Σαₙyₙxₙ‖²: a lower bound of the optimum, whatever α ≥ 0. */
  readonly dual: number;
  /** (primal − dual) / primal: how far from optimal the separator can be at most. The proof of optimality. */
  readonly gap: number;
  readonly iterations: number;
}

/**
 * The separator through the origin with the largest margin, whose Novikoff bound is the smallest: minimize ½‖u‖² subject to
 * yₙuᵀxₙ ≥ 1.
 *
 * Solved in the dual, maximize Σα − ½‖Σαₙyₙxₙ‖² over α ≥ 0, one coordinate after the other: each has the closed form
 * αₙ ← max(0, αₙ + (1 − yₙuᵀxₙ)/‖xₙ‖²) with u = Σαₙyₙxₙ kept up to date. Scaling u until its smallest yₙuᵀxₙ is 1 makes it feasible;
 * the two bounds then enclose the optimum, and the gap between them says how well.
 *
 * x [samples, features], labels ±1 [samples]. Row N4 (beyond the documents).
 *
 * @throws RangeError when the gap is not below `tolerance` after `iterations` sweeps: the set is not separable through the origin,
 * or so nearly not that more sweeps are needed.
 */
export function maximumMargin(x: Tensor, labels: Tensor, { tolerance = 1e-6, iterations = 100_000 } = {}): MaximumMargin {
  const [samples, features] = x.shape;
  const alpha = new Float64Array(samples);
  const u = new Float64Array(features);
  const agreement = (n: number) => {
    let sum = 0;
    for (let j = 0; j < features; j++) sum += u[j] * x.data[n * features + j];
    return labels.data[n] * sum;
  };
  const squaredLengths = Float64Array.from({ length: samples }, (_, n) => {
    let sum = 0;
    for (let j = 0; j < features; j++) sum += x.data[n * features + j] ** 2;
    return sum;
  });

  for (let sweep = 1; sweep <= iterations; sweep++) {
    for (let n = 0; n < samples; n++) {
      const next = Math.max(0, alpha[n] + (1 - agreement(n)) / squaredLengths[n]);
      const change = (next - alpha[n]) * labels.data[n];
      alpha[n] = next;
      for (let j = 0; j < features; j++) u[j] += change * x.data[n * features + j];
    }
    let smallest = Infinity;
    for (let n = 0; n < samples; n++) smallest = Math.min(smallest, agreement(n));
    if (!(smallest > 0)) continue;
    const squaredLength = u.reduce((sum, value) => sum + value * value, 0);
    const primal = squaredLength / (2 * smallest * smallest);
    const dual = alpha.reduce((sum, value) => sum + value, 0) - squaredLength / 2;
    const gap = (primal - dual) / primal;
    if (gap <= tolerance) {
      const separator = tensor(
        [features],
        u.map((value) => value / smallest),
      );
      return { separator, margin: smallest / Math.sqrt(squaredLength), primal, dual, gap, iterations: sweep };
    }
  }
  throw new RangeError(
    `maximumMargin: no separator through the origin within a relative gap of ${tolerance} after ${iterations} sweeps over ${samples} samples`,
  );
}
