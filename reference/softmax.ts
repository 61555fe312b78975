/**
 * Softmax over the last axis, its derivatives, and the logarithm of a sum of exponentials. Rows A9, A10 (khe), J3 (basics).
 *
 * A vector is what lies along the last axis: a tensor of shape […, classes] holds one for each position of the other axes. The
 * largest input m is subtracted first, which changes nothing mathematically and keeps every exponential at most 1, so that ±1e4
 * cannot overflow. x − m is kept as a double-double pair (see `doubleDouble.ts`): rounding it would cost up to |x − m|/2 ulps.
 */
import { add, divide, exactSum, exponential, logarithmOnePlus, type Pair, pair, round, subtract } from './doubleDouble.ts';
import { type Tensor, tensor, zeros } from './tensor.ts';

/**
 * oᵢ = e^{xᵢ}/Σⱼe^{xⱼ}. x […, classes] → the same shape. Row A9.
 *
 * Each element is within 1 ulp. An element of −∞ gives 0; a vector that holds a NaN or an ∞, or nothing but −∞, gives NaN
 * everywhere; an empty axis gives an empty result.
 *
 * @throws RangeError (C1) when x is a scalar.
 */
export function softmax(x: Tensor): Tensor {
  const y = zeros(x.shape);
  forEachVector('softmax', x, (start, classes) => {
    const { exponentials, total } = exponentialsOf(x, start, classes, quotientShift);
    for (let i = 0; i < classes; i++) y.data[start + i] = quotient(exponentials[i], total);
  });
  return y;
}

/**
 * dxᵢ = oᵢ(dyᵢ − Σⱼ dyⱼoⱼ): the Jacobian times dy, without making the Jacobian. x, dy […, classes] → the same shape. Row A10.
 *
 * Where one class holds nearly everything, or dy is nearly the same everywhere, dyᵢ and the mean Σdyⱼoⱼ cancel. The outputs sum to 1, so
 * that a constant taken from every dyⱼ changes nothing: with dₖ = dyₖ − dy of the largest output, dxᵢ = oᵢ(dᵢ − Σⱼ dⱼoⱼ) keeps its
 * digits. Absolute error below (classes + 6)·2⁻⁵³·oᵢ(|dᵢ| + Σ|dⱼ|oⱼ), above the subnormal range. A dy that is not finite is taken as it is.
 *
 * @throws RangeError (C1) when x is a scalar, (C2) when the shapes differ.
 */
export function softmaxBackward(x: Tensor, dy: Tensor): Tensor {
  if (x.shape.join() !== dy.shape.join()) {
    throw new RangeError(`softmaxBackward: (C2) x is [${x.shape.join(', ')}] and dy is [${dy.shape.join(', ')}]`);
  }
  const o = softmax(x);
  const dx = zeros(x.shape);
  forEachVector('softmaxBackward', x, (start, classes) => {
    let largest = start;
    for (let j = start; j < start + classes; j++) if (o.data[j] > o.data[largest]) largest = j;
    const origin = Number.isFinite(dy.data[largest]) ? dy.data[largest] : 0;
    let mean = 0;
    for (let j = start; j < start + classes; j++) mean += (dy.data[j] - origin) * o.data[j];
    for (let i = start; i < start + classes; i++) dx.data[i] = o.data[i] * (dy.data[i] - origin - mean);
  });
  return dx;
}

/**
 * ∂oᵢ/∂xⱼ = oᵢ(1 − oᵢ) for i = j, −oᵢoⱼ otherwise. x [batch, classes] → [batch, classes, classes], symmetric, rows sum to 0.
 * Row A10.
 *
 * @throws RangeError (C1) when x has not two axes.
 */
export function softmaxJacobian(x: Tensor): Tensor {
  if (x.shape.length !== 2) {
    throw new RangeError(`softmaxJacobian: (C1) x must be [batch, classes], its shape is [${x.shape.join(', ')}]`);
  }
  const [batch, classes] = x.shape;
  const o = softmax(x);
  const jacobian = zeros([batch, classes, classes]);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < classes; i++) {
      let others = 0;
      for (let k = 0; k < classes; k++) if (k !== i) others += o.data[n * classes + k];
      for (let j = 0; j < classes; j++) {
        // 1 − oᵢ is the sum of the others, which does not cancel when oᵢ is nearly 1.
        const factor = i === j ? others : -o.data[n * classes + j];
        jacobian.data[(n * classes + i) * classes + j] = o.data[n * classes + i] * factor;
      }
    }
  }
  return jacobian;
}

/**
 * ln Σᵢe^{xᵢ} = m + ln Σᵢe^{xᵢ−m} with m the largest. x […, classes] → […]. Row J3 (basics).
 *
 * Within 1 ulp, except where m and the logarithm cancel (a sum near 1): there the absolute error is below 2⁻⁵⁸·|m|. ∞ gives ∞ unless there
 * is a NaN, which gives NaN; nothing but −∞, or an empty axis, gives −∞, the logarithm of 0.
 *
 * @throws RangeError (C1) when x is a scalar.
 */
export function logSumExp(x: Tensor): Tensor {
  const values: number[] = [];
  forEachVector('logSumExp', x, (start, classes) => values.push(round(logSumExpOf(x, start, classes))));
  return tensor(x.shape.slice(0, -1), values);
}

/**
 * The cross entropy of softmax(x), taken from x itself: Σ target·(ln Σⱼe^{xⱼ} − x), over all vectors. x, target […, classes]
 * → number. Row J3 (basics).
 *
 * Finite for all finite x, where −Σ target·ln(softmax(x)) is ∞ as soon as a probability underflows. Terms with target 0 count 0,
 * whatever x is. Each difference is within 1 ulp or, where it cancels, 2⁻⁵⁸·|x|.
 *
 * @throws RangeError (C1) when x is a scalar, (C2) when the shapes differ.
 */
export function softmaxCrossEntropy(x: Tensor, target: Tensor): number {
  if (x.shape.join() !== target.shape.join()) {
    throw new RangeError(`softmaxCrossEntropy: (C2) x is [${x.shape.join(', ')}] and target is [${target.shape.join(', ')}]`);
  }
  let loss = 0;
  forEachVector('softmaxCrossEntropy', x, (start, classes) => {
    const logarithm = logSumExpOf(x, start, classes);
    for (let i = 0; i < classes; i++) {
      if (target.data[start + i] === 0) continue;
      loss += target.data[start + i] * round(subtract(logarithm, pair(x.data[start + i])));
    }
  });
  return loss;
}

/**
 * ∂/∂xᵢ of `softmaxCrossEntropy`: oᵢ·Σⱼtargetⱼ − targetᵢ, which is softmax(x) − target when each target sums to 1. Row J3 (basics).
 *
 * Taken as oᵢ·Σ_{j≠i}targetⱼ − targetᵢ·Σ_{j≠i}oⱼ, which is the same and does not cancel when target is one class. Absolute error at most
 * (classes + 3)u(oᵢ·Σⱼtargetⱼ + targetᵢ), u = 2⁻⁵³.
 *
 * @throws RangeError (C1) when x is a scalar, (C2) when the shapes differ.
 */
export function softmaxCrossEntropyGradient(x: Tensor, target: Tensor): Tensor {
  if (x.shape.join() !== target.shape.join()) {
    throw new RangeError(
      `softmaxCrossEntropyGradient: (C2) x is [${x.shape.join(', ')}] and target is [${target.shape.join(', ')}]`,
    );
  }
  const o = softmax(x);
  const dx = zeros(x.shape);
  forEachVector('softmaxCrossEntropyGradient', x, (start, classes) => {
    for (let i = start; i < start + classes; i++) {
      let otherTargets = 0;
      let otherOutputs = 0;
      for (let j = start; j < start + classes; j++) {
        if (j === i) continue;
        otherTargets += target.data[j];
        otherOutputs += o.data[j];
      }
      dx.data[i] = o.data[i] * otherTargets - target.data[i] * otherOutputs;
    }
  });
  return dx;
}

/** 2¹²⁸e^{x−m} is normal wherever a softmax is not 0, so that the last factor of `quotient` alone enters the subnormal range. */
const quotientShift = 128;
/** e^{xᵢ−m}/Σⱼe^{xⱼ−m}, rounded once, of an exponential that is shifted by `quotientShift`. */
function quotient(shiftedExponential: Pair, total: Pair): number {
  return round(divide(shiftedExponential, total)) * 2 ** -quotientShift;
}

/** 2^shift·e^{xᵢ−m}, Σe^{xᵢ−m} and m, of the vector that begins at `start`. */
function exponentialsOf(x: Tensor, start: number, classes: number, shift = 0) {
  let largest = -Infinity;
  for (let i = 0; i < classes; i++) largest = Math.max(largest, x.data[start + i]);
  const exponentials: Pair[] = [];
  let total = pair(0);
  for (let i = 0; i < classes; i++) {
    const value = x.data[start + i];
    // −∞ beside a finite m has no rounding error to keep, and exactSum would make one.
    const difference = value === -Infinity && largest > -Infinity ? pair(-Infinity) : exactSum(value, -largest);
    exponentials.push(exponential(difference, shift));
    total = add(total, exponentials[i]);
  }
  return { exponentials, total: { high: total.high * 2 ** -shift, low: total.low * 2 ** -shift }, largest };
}

/** ln Σe^{xᵢ} of the vector that begins at `start`, as a pair. */
function logSumExpOf(x: Tensor, start: number, classes: number): Pair {
  const { exponentials, largest } = exponentialsOf(x, start, classes);
  if (!Number.isFinite(largest)) return pair(largest);
  // The largest input's own exponential is 1. Left out of the sum, it cannot swallow small ones, which ln(1 + others) needs in full.
  const at = x.data.indexOf(largest, start) - start;
  let others = pair(0);
  for (let i = 0; i < classes; i++) if (i !== at) others = add(others, exponentials[i]);
  return add(pair(largest), logarithmOnePlus(others));
}

/** Calls `visit` with the position of each vector's first element and its length. */
function forEachVector(name: string, x: Tensor, visit: (start: number, classes: number) => void): void {
  if (x.shape.length === 0) throw new RangeError(`${name}: (C1) x needs at least one axis, its shape is []`);
  const classes = x.shape[x.shape.length - 1];
  const vectors = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  for (let vector = 0; vector < vectors; vector++) visit(vector * classes, classes);
}
