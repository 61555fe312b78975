/**
 * The perceptron: a unit that fires when its weighted sum reaches a threshold, networks of such units for XOR, the online rule that
 * trains one, and Novikoff's bound on the mistakes that rule can make. Rows P2–P4, X1, X2, N1, N3 (kim, cai, khe).
 *
 * Samples are rows of x [samples, features]; labels are ±1 [samples]; weights and separators [features]. Sums are taken in the order
 * of the features. On integers below 2⁵³ everything but the bound's square root and quotient is exact.
 */
import { sign, step } from './activations.ts';
import { type Tensor, withData, zeros } from './tensor.ts';

/** 1 when w·x ≥ threshold, otherwise 0; equality fires. x, weights [features]. Rows P2, P3 (kim). */
export function thresholdUnit(x: Tensor, weights: Tensor, threshold: number): number {
  return step(dot(x.data, 0, weights) - threshold);
}

/** 1 when w·x + bias ≥ 0, otherwise 0: the threshold unit with threshold = −bias. x, weights [features]. Rows P2 (kim), R12. */
export function biasUnit(x: Tensor, weights: Tensor, bias: number): number {
  return step(dot(x.data, 0, weights) + bias);
}

/**
 * XOR of two numbers ±1 through two hidden sign units: y₁ = OR = sign(x₁ + x₂ + 1), y₂ = AND = sign(x₁ + x₂ − 1), and
 * z = sign(y₁ − y₂ − 1), which is OR but not AND. No net is ever 0. Row X1 (cai).
 */
export function xorOfSigns(x1: number, x2: number): { y1: number; y2: number; z: number } {
  const y1 = sign(x1 + x2 + 1);
  const y2 = sign(x1 + x2 - 1);
  return { y1, y2, z: sign(y1 - y2 - 1) };
}

/**
 * XOR of two bits through three threshold units with the weights of row P3: the AND of OR and NAND. Two units are not enough: the third
 * has to combine them (R13). Row X2 (kim, khe).
 */
export function xorOfBits(x1: number, x2: number): { or: number; nand: number; xor: number } {
  const or = step(0.5 * x1 + 0.5 * x2 - 0.2);
  const nand = step(-0.5 * x1 - 0.5 * x2 + 0.7);
  return { or, nand, xor: step(0.5 * or + 0.5 * nand - 0.7) };
}

export interface PerceptronTraining {
  /** Weights after the last pass [features]. */
  readonly weights: Tensor;
  /** 1 where the sample was a mistake in that pass, otherwise 0 [passes, samples]. */
  readonly mistakes: Tensor;
  /** w₂, w₃, …: the weights after each mistake, each [features]. */
  readonly weightsAfterEachMistake: readonly Tensor[];
}

/**
 * The online perceptron. From w₁ = 0 go through the samples in order, `passes` times; where yₙwᵀxₙ ≤ 0 (wrong, or on the surface)
 * add yₙxₙ to w, otherwise leave it. Row P4 (cai).
 *
 * The first sample is always a mistake, as w₁ᵀx = 0.
 *
 * @throws RangeError (C1) when there is not one label for each sample.
 */
export function perceptronTrain(x: Tensor, labels: Tensor, passes: number): PerceptronTraining {
  checkLabels('perceptronTrain', x, labels);
  const [samples, features] = x.shape;
  const weights = zeros([features]);
  const mistakes = zeros([passes, samples]);
  const weightsAfterEachMistake: Tensor[] = [];
  for (let pass = 0; pass < passes; pass++) {
    for (let n = 0; n < samples; n++) {
      if (labels.data[n] * dot(x.data, n * features, weights) > 0) continue;
      mistakes.data[pass * samples + n] = 1;
      for (let j = 0; j < features; j++) weights.data[j] += labels.data[n] * x.data[n * features + j];
      weightsAfterEachMistake.push(withData(weights, weights.data.slice()));
    }
  }
  return { weights, mistakes, weightsAfterEachMistake };
}

export interface NovikoffBound {
  /** R = max ‖xₙ‖. */
  readonly radius: number;
  /** γ = min yₙuᵀxₙ. */
  readonly margin: number;
  /** ‖u‖²R²/γ². */
  readonly bound: number;
}

/**
 * Novikoff's bound ‖u‖²R²/γ² on the number of mistakes of the online perceptron, over any number of passes; the same number is the
 * margin complexity max‖xₙ‖²‖u‖²/min(yₙuᵀxₙ)². Row N1 (cai).
 *
 * It bounds something only when u separates the samples, which is when the margin is positive; with a margin of 0 it is ∞, or NaN when
 * all samples or the separator are 0. Without samples the radius is 0, the margin ∞ and the bound 0. Relative error of
 * the bound: at most (6·features + 8)u when no yₙuᵀxₙ cancels.
 *
 * @throws RangeError (C1) when there is not one label for each sample.
 */
export function novikoffBound(x: Tensor, labels: Tensor, separator: Tensor): NovikoffBound {
  checkLabels('novikoffBound', x, labels);
  const [samples, features] = x.shape;
  let squaredRadius = 0;
  let margin = Infinity;
  for (let n = 0; n < samples; n++) {
    squaredRadius = Math.max(squaredRadius, squaredLength(x, n));
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
 * 1. ‖w' − αu‖² ≤ ‖w − αu‖² − 2αyuᵀx + ‖x‖², because at a mistake yxᵀw ≤ 0;
 * 2. ‖w' − αu‖² ≤ ‖w − αu‖² − 2αγ + R², because yuᵀx ≥ γ and ‖x‖ ≤ R;
 * 3. ‖w' − αu‖² ≤ ‖w − αu‖² − R², because αγ = R²;
 * 4. kR² ≤ ‖w₁ − αu‖² after k updates, because a squared distance is not negative.
 *
 * Both sides are rounded: compare with a slack of some 1e-12·‖w₁ − αu‖². Row N3 (cai).
 *
 * @throws RangeError (C1) when there is not one label for each sample, (C2) when `separator` does not separate the samples.
 */
export function novikoffProof(x: Tensor, labels: Tensor, separator: Tensor, passes: number): NovikoffProof {
  const [samples, features] = x.shape;
  const { radius, margin } = novikoffBound(x, labels, separator);
  if (!(margin > 0)) {
    throw new RangeError(
      `novikoffProof: (C2) the separator does not separate the samples: the smallest yₙuᵀxₙ is ${margin}, it must be positive`,
    );
  }
  const alpha = radius ** 2 / margin;
  const squaredDistance = (w: Tensor) => {
    let sum = 0;
    for (let j = 0; j < features; j++) sum += (w.data[j] - alpha * separator.data[j]) ** 2;
    return sum;
  };
  const { mistakes, weightsAfterEachMistake } = perceptronTrain(x, labels, passes);
  const updates: { lines: ProofLine[] }[] = [];
  const start = squaredDistance(zeros([features]));
  let before = start;
  for (let visit = 0; visit < mistakes.data.length; visit++) {
    if (mistakes.data[visit] === 0) continue;
    const n = visit % samples;
    const k = updates.length + 1;
    const after = squaredDistance(weightsAfterEachMistake[k - 1]);
    const agreement = labels.data[n] * dot(x.data, n * features, separator);
    updates.push({
      lines: [
        {
          line: '‖w′ − αu‖² ≤ ‖w − αu‖² − 2αyuᵀx + ‖x‖²',
          left: after,
          right: before - 2 * alpha * agreement + squaredLength(x, n),
        },
        { line: '‖w′ − αu‖² ≤ ‖w − αu‖² − 2αγ + R²', left: after, right: before - 2 * alpha * margin + radius ** 2 },
        { line: '‖w′ − αu‖² ≤ ‖w − αu‖² − R²', left: after, right: before - radius ** 2 },
        { line: 'kR² ≤ ‖w₁ − αu‖²', left: k * radius ** 2, right: start },
      ],
    });
    before = after;
  }
  return { updates, largestCount: start / radius ** 2 };
}

/** Σⱼ values[from + j]·weights[j]. */
function dot(values: ArrayLike<number>, from: number, weights: Tensor): number {
  let sum = 0;
  for (let j = 0; j < weights.data.length; j++) sum += values[from + j] * weights.data[j];
  return sum;
}

/** ‖xₙ‖². */
function squaredLength(x: Tensor, n: number): number {
  const features = x.shape[1];
  let sum = 0;
  for (let j = 0; j < features; j++) sum += x.data[n * features + j] ** 2;
  return sum;
}

function checkLabels(name: string, x: Tensor, labels: Tensor): void {
  if (labels.data.length !== x.shape[0]) {
    throw new RangeError(`${name}: (C1) ${x.shape[0]} samples need as many labels, ${labels.data.length} were given`);
  }
}
