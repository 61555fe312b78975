/**
 * The perceptron: a unit that fires when its weighted sum reaches a threshold, the online rule that trains it, and Novikoff's bound
 * on the mistakes that rule can make.
 *
 * Samples are rows of x [samples, features]; labels are ±1 [samples]; weights and separators [features].
 */
import { type Tensor, zeros } from './tensor.ts';

/** 1 when w·x ≥ threshold, otherwise 0. Equality fires. Rows P2, P3 (kim). */
export function thresholdUnit(x: Tensor, weights: Tensor, threshold: number): number {
  return dot(x.data, 0, weights) >= threshold ? 1 : 0;
}

/** 1 when w·x + b ≥ 0, otherwise 0: the same unit as with threshold −b. Equality fires. Row P2 (kim). */
export function biasUnit(x: Tensor, weights: Tensor, bias: number): number {
  return dot(x.data, 0, weights) + bias >= 0 ? 1 : 0;
}

export interface PerceptronTraining {
  /** Weights after the last pass [features]. */
  readonly weights: Tensor;
  /** 1 where the sample was misclassified in that pass, otherwise 0 [passes, samples]. */
  readonly mistakes: Tensor;
}

/**
 * The online perceptron: from w = 0, go through the samples in order; where yₙwᵀxₙ ≤ 0 (wrong, or on the surface) add yₙxₙ to w,
 * otherwise leave it.
 *
 * Row P4 (cai).
 */
export function perceptronTrain(x: Tensor, labels: Tensor, passes: number): PerceptronTraining {
  const [samples, features] = x.shape;
  const weights = zeros([features]);
  const mistakes = zeros([passes, samples]);
  for (let pass = 0; pass < passes; pass++) {
    for (let n = 0; n < samples; n++) {
      if (labels.data[n] * dot(x.data, n * features, weights) > 0) continue;
      mistakes.data[pass * samples + n] = 1;
      for (let j = 0; j < features; j++) weights.data[j] += labels.data[n] * x.data[n * features + j];
    }
  }
  return { weights, mistakes };
}

export interface NovikoffBound {
  /** R = max ‖xₙ‖. */
  readonly radius: number;
  /** γ = min yₙuᵀxₙ. */
  readonly margin: number;
  /** ‖u‖²R²/γ²; NaN where the margin is 0 and a sample is 0 as well. */
  readonly bound: number;
}

/**
 * Novikoff's bound ‖u‖²R²/γ² on the number of mistakes, which is also the margin complexity max‖xₙ‖²‖u‖²/min(yₙuᵀxₙ)².
 *
 * It bounds something only when u separates the samples, that is when the margin is positive. Row N1 (cai).
 */
export function novikoffBound(x: Tensor, labels: Tensor, separator: Tensor): NovikoffBound {
  const [samples, features] = x.shape;
  let squaredRadius = 0;
  let margin = Infinity;
  for (let n = 0; n < samples; n++) {
    let squaredLength = 0;
    for (let j = 0; j < features; j++) squaredLength += x.data[n * features + j] ** 2;
    squaredRadius = Math.max(squaredRadius, squaredLength);
    margin = Math.min(margin, labels.data[n] * dot(x.data, n * features, separator));
  }
  const bound = (dot(separator.data, 0, separator) * squaredRadius) / (margin * margin);
  return { radius: Math.sqrt(squaredRadius), margin, bound };
}

/** Both sides of one line of the proof: left ≤ right must hold. */
export interface ProofLine {
  readonly line: string;
  readonly left: number;
  readonly right: number;
}

export interface NovikoffProof {
  /** One entry for each mistake: every line of the proof for the update it caused. */
  readonly updates: readonly { readonly lines: readonly ProofLine[] }[];
  /** k_max = ‖w₁ − αu‖²/R² = ‖u‖²R²/γ², since w₁ = 0 and α = R²/γ. */
  readonly largestCount: number;
}

/**
 * Runs the online perceptron and evaluates both sides of each line of Novikoff's proof at every update, with α = R²/γ:
 *
 * 1. ‖w' − αu‖² ≤ ‖w − αu‖² − 2αyuᵀx + ‖x‖², because a mistake has yxᵀw ≤ 0;
 * 2. ‖w' − αu‖² ≤ ‖w − αu‖² − 2αγ + R², because yuᵀx ≥ γ and ‖x‖ ≤ R;
 * 3. ‖w' − αu‖² ≤ ‖w − αu‖² − R²;
 * 4. k·R² ≤ ‖w₁ − αu‖² after k updates, because a squared distance is not negative.
 *
 * Row N3 (cai).
 *
 * @throws RangeError when `separator` does not separate the samples.
 */
export function novikoffProof(x: Tensor, labels: Tensor, separator: Tensor, passes: number): NovikoffProof {
  const [samples, features] = x.shape;
  const { radius, margin } = novikoffBound(x, labels, separator);
  if (!(margin > 0))
    throw new RangeError(`novikoffProof: the separator does not separate the samples: its smallest yᵢuᵀxᵢ is ${margin}`);
  const alpha = radius ** 2 / margin;
  const squaredDistance = (w: Tensor) => {
    let sum = 0;
    for (let j = 0; j < features; j++) sum += (w.data[j] - alpha * separator.data[j]) ** 2;
    return sum;
  };
  const w = zeros([features]);
  const start = squaredDistance(w);
  const updates: { lines: ProofLine[] }[] = [];
  for (let pass = 0; pass < passes; pass++) {
    for (let n = 0; n < samples; n++) {
      const y = labels.data[n];
      if (y * dot(x.data, n * features, w) > 0) continue;
      const before = squaredDistance(w);
      let squaredLength = 0;
      for (let j = 0; j < features; j++) {
        squaredLength += x.data[n * features + j] ** 2;
        w.data[j] += y * x.data[n * features + j];
      }
      const after = squaredDistance(w);
      const agreement = y * dot(x.data, n * features, separator);
      updates.push({
        lines: [
          {
            line: '‖w′ − αu‖² ≤ ‖w − αu‖² − 2αyuᵀx + ‖x‖²',
            left: after,
            right: before - 2 * alpha * agreement + squaredLength,
          },
          { line: '‖w′ − αu‖² ≤ ‖w − αu‖² − 2αγ + R²', left: after, right: before - 2 * alpha * margin + radius ** 2 },
          { line: '‖w′ − αu‖² ≤ ‖w − αu‖² − R²', left: after, right: before - radius ** 2 },
          { line: 'kR² ≤ ‖w₁ − αu‖²', left: (updates.length + 1) * radius ** 2, right: start },
        ],
      });
    }
  }
  return { updates, largestCount: start / radius ** 2 };
}

/** Σⱼ values[from + j]·weights[j]. */
function dot(values: ArrayLike<number>, from: number, weights: Tensor): number {
  let sum = 0;
  for (let j = 0; j < weights.data.length; j++) sum += values[from + j] * weights.data[j];
  return sum;
}
