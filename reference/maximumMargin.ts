import { solve } from './linearSystem.ts';
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
 * αₙ ← max(0, αₙ + (1 − yₙuᵀxₙ)/‖xₙ‖²) with u = Σαₙyₙxₙ kept up to date. Where samples point almost the same way the sweeps crawl,
 * but which α are above 0 settles early: after 1, 2, 4, … sweeps those alone are solved for, yₙuᵀxₙ = 1, a linear system.
 * `sweepsAlone` leaves that out. Scaling u until its smallest yₙuᵀxₙ is 1 makes it feasible; the two bounds then enclose the optimum,
 * and the gap between them says how well.
 *
 * x [samples, features], labels ±1 [samples]. Row N4 (beyond the documents).
 *
 * @throws RangeError when the gap is not below `tolerance` after `iterations` sweeps: the set is not separable through the origin,
 * or so nearly not that more sweeps are needed.
 */
export function maximumMargin(
  x: Tensor,
  labels: Tensor,
  { tolerance = 1e-6, iterations = 100_000, sweepsAlone = false } = {},
): MaximumMargin {
  const [samples, features] = x.shape;
  /** yₙxₙ, a row each. */
  const signed = Array.from({ length: samples }, (_, n) =>
    Float64Array.from({ length: features }, (__, j) => labels.data[n] * x.data[n * features + j]),
  );
  const squaredLengths = signed.map((row) => inner(row, row));
  const alpha = new Float64Array(samples);
  const u = new Float64Array(features);

  for (let sweep = 1; sweep <= iterations; sweep++) {
    for (let n = 0; n < samples; n++) {
      const next = Math.max(0, alpha[n] + (1 - inner(u, signed[n])) / squaredLengths[n]);
      const change = next - alpha[n];
      alpha[n] = next;
      for (let j = 0; j < features; j++) u[j] += change * signed[n][j];
    }
    const solved = !sweepsAlone && Number.isInteger(Math.log2(sweep)) ? solvedSupport(signed, alpha) : undefined;
    for (const candidate of [alpha, ...(solved ? [solved] : [])]) {
      const enclosed = enclose(signed, candidate);
      if (enclosed && enclosed.gap <= tolerance) return { ...enclosed, iterations: sweep };
    }
  }
  throw new RangeError(
    `maximumMargin: no separator through the origin within a relative gap of ${tolerance} after ${iterations} sweeps over ${samples} samples`,
  );
}

/** The two bounds that α ≥ 0 gives; undefined where its u does not separate. */
function enclose(signed: readonly Float64Array[], alpha: Float64Array): Omit<MaximumMargin, 'iterations'> | undefined {
  const u = signed[0].map((_, j) => signed.reduce((sum, row, n) => sum + alpha[n] * row[j], 0));
  const smallest = Math.min(...signed.map((row) => inner(u, row)));
  if (!(smallest > 0)) return undefined;
  const squaredLength = inner(u, u);
  const primal = squaredLength / (2 * smallest * smallest);
  const dual = alpha.reduce((sum, value) => sum + value, 0) - squaredLength / 2;
  return {
    separator: tensor(
      [u.length],
      u.map((value) => value / smallest),
    ),
    margin: smallest / Math.sqrt(squaredLength),
    ...{ primal, dual, gap: (primal - dual) / primal },
  };
}

/**
 * α such that each of its samples with α > 0 lies on the margin, chosen from the samples that have α > 0 now: those that would weigh
 * less than nothing are left out. More samples than features are not needed: what they weigh in u is moved to others, in the direction
 * in which Σα and with it the dual grows, until one of them weighs nothing (Carathéodory). Undefined where there is no one solution.
 */
function solvedSupport(signed: readonly Float64Array[], alpha: Float64Array): Float64Array | undefined {
  const features = signed[0].length;
  const weights = alpha.slice();
  let support = [...alpha.keys()].filter((n) => alpha[n] > 0);
  try {
    while (support.length > features) {
      const [last, ...basis] = support.slice(-features - 1);
      const columns = Array.from({ length: features }, (_, j) => basis.map((n) => signed[n][j])).flat();
      const shares = [-1, ...solve(tensor([features, features], columns), tensor([features], signed[last])).data];
      const direction = shares.reduce((sum, share) => sum + share, 0) < 0 ? -1 : 1;
      const moved = [last, ...basis].map((n, k) => ({ n, by: direction * shares[k] }));
      const length = Math.min(...moved.filter(({ by }) => by < 0).map(({ n, by }) => -weights[n] / by));
      const emptied = moved.find(({ n, by }) => by < 0 && -weights[n] / by === length);
      if (!emptied) return undefined;
      for (const { n, by } of moved) weights[n] += length * by;
      support = support.filter((n) => n !== emptied.n);
    }
    while (support.length > 0) {
      const gram = support.flatMap((a) => support.map((b) => inner(signed[a], signed[b])));
      const ones = support.map(() => 1);
      const solution = solve(tensor([ones.length, ones.length], gram), tensor([ones.length], ones)).data;
      const smallest = Math.min(...solution);
      if (smallest >= 0) {
        const whole = new Float64Array(alpha.length);
        for (const [k, n] of support.entries()) whole[n] = solution[k];
        return whole;
      }
      support = support.filter((_, k) => solution[k] !== smallest);
    }
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}
