/**
 * The matrix product and the fully connected layer. Rows M1, M4 (cai), M9 (khe).
 *
 * The weights of a layer are [outputs, inputs]: row k holds what output k multiplies its inputs by. Each result is a sum of n
 * products, added in the order of the index: its error is at most γₙ = nu/(1 − nu), u = 2⁻⁵³, times the same sum of absolute values
 * (n + 1 in place of n with a bias). NaN and ∞ follow the rules of float64; an empty sum is 0.
 */
import { type Tensor, zeros } from './tensor.ts';

/**
 * y[i, j] = Σₖ a[i, k]·b[k, j]. a [rows, inner], b [inner, columns] → [rows, columns]. Row M9 (khe).
 *
 * @throws RangeError (C1) when the inner sizes differ.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const [rows, inner] = a.shape;
  const columns = b.shape[1];
  if (b.shape[0] !== inner) {
    throw new RangeError(`matmul: (C1) inner sizes differ: a is [${a.shape.join(', ')}], b is [${b.shape.join(', ')}]`);
  }
  const y = zeros([rows, columns]);
  const [ofA, ofB] = [a.data, b.data];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += ofA[i * inner + k] * ofB[k * columns + j];
      y.data[i * columns + j] = sum;
    }
  }
  return y;
}

/**
 * y[n, k] = bias[k] + Σⱼ weights[k, j]·x[n, j]. x [batch, inputs], weights [outputs, inputs], bias [outputs] → [batch, outputs].
 * Row M1 (cai).
 *
 * @throws RangeError (C1) when x and weights have different numbers of inputs, (C2) when bias and weights differ in outputs.
 */
export function dense(x: Tensor, weights: Tensor, bias: Tensor): Tensor {
  const [batch, inputs] = x.shape;
  const [outputs, weightInputs] = weights.shape;
  if (weightInputs !== inputs) {
    throw new RangeError(`dense: (C1) x has ${inputs} inputs, weights [${weights.shape.join(', ')}] take ${weightInputs}`);
  }
  if (bias.data.length !== outputs) {
    throw new RangeError(
      `dense: (C2) bias has ${bias.data.length} values, weights [${weights.shape.join(', ')}] need ${outputs}`,
    );
  }
  const y = zeros([batch, outputs]);
  const [ofX, ofWeights] = [x.data, weights.data];
  for (let n = 0; n < batch; n++) {
    for (let k = 0; k < outputs; k++) {
      let sum = bias.data[k];
      for (let j = 0; j < inputs; j++) sum += ofWeights[k * inputs + j] * ofX[n * inputs + j];
      y.data[n * outputs + k] = sum;
    }
  }
  return y;
}

/**
 * dx[n, j] = Σₖ dy[n, k]·weights[k, j]: dx = dy·weights. weights [outputs, inputs], dy [batch, outputs] → [batch, inputs]. Row M4 (cai).
 *
 * @throws RangeError (C1) when dy and weights have different numbers of outputs.
 */
export function denseInputGradient(weights: Tensor, dy: Tensor): Tensor {
  if (dy.shape[1] !== weights.shape[0]) {
    throw new RangeError(
      `denseInputGradient: (C1) dy has ${dy.shape[1]} outputs, weights [${weights.shape.join(', ')}] have ${weights.shape[0]}`,
    );
  }
  return matmul(dy, weights);
}

/**
 * dWeights[k, j] = Σₙ dy[n, k]·x[n, j]: dWeights = dyᵀ·x, summed over the batch. x [batch, inputs], dy [batch, outputs]
 * → [outputs, inputs]. Row M4 (cai).
 *
 * @throws RangeError (C1) when x and dy have different batches.
 */
export function denseWeightGradient(x: Tensor, dy: Tensor): Tensor {
  const [batch, inputs] = x.shape;
  const outputs = dy.shape[1];
  if (dy.shape[0] !== batch) {
    throw new RangeError(`denseWeightGradient: (C1) x has a batch of ${batch}, dy of ${dy.shape[0]}`);
  }
  const dWeights = zeros([outputs, inputs]);
  const [ofX, ofDy] = [x.data, dy.data];
  for (let k = 0; k < outputs; k++) {
    for (let j = 0; j < inputs; j++) {
      let sum = 0;
      for (let n = 0; n < batch; n++) sum += ofDy[n * outputs + k] * ofX[n * inputs + j];
      dWeights.data[k * inputs + j] = sum;
    }
  }
  return dWeights;
}

/** dBias[k] = Σₙ dy[n, k], summed over the batch. dy [batch, outputs] → [outputs]. Row M4 (cai). */
export function denseBiasGradient(dy: Tensor): Tensor {
  const [batch, outputs] = dy.shape;
  const dBias = zeros([outputs]);
  const [ofDy, ofDBias] = [dy.data, dBias.data];
  for (let n = 0; n < batch; n++) for (let k = 0; k < outputs; k++) ofDBias[k] += ofDy[n * outputs + k];
  return dBias;
}
