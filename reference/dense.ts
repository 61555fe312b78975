/** Matrix product and the fully connected layer. Weights are [outputs, inputs]: row k holds what output k multiplies its inputs by. */
import { type Tensor, zeros } from './tensor.ts';

/**
 * y = ab: y[i, j] = Σₖ a[i, k]·b[k, j]. a [rows, inner], b [inner, columns] → [rows, columns]. Row M9 (khe).
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
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a.data[i * inner + k] * b.data[k * columns + j];
      y.data[i * columns + j] = sum;
    }
  }
  return y;
}

/**
 * A fully connected layer: y[n, k] = Σⱼ weights[k, j]·x[n, j] + bias[k].
 *
 * x [batch, inputs], weights [outputs, inputs], bias [outputs] → [batch, outputs]. Row M1 (cai).
 *
 * @throws RangeError (C1) when x and weights have different numbers of inputs.
 */
export function dense(x: Tensor, weights: Tensor, bias: Tensor): Tensor {
  const [batch, inputs] = x.shape;
  const outputs = weights.shape[0];
  if (weights.shape[1] !== inputs) {
    throw new RangeError(
      `dense: (C1) x has ${inputs} inputs, weights of shape [${weights.shape.join(', ')}] take ${weights.shape[1]}`,
    );
  }
  const y = zeros([batch, outputs]);
  for (let n = 0; n < batch; n++) {
    for (let k = 0; k < outputs; k++) {
      let sum = bias.data[k];
      for (let j = 0; j < inputs; j++) sum += weights.data[k * inputs + j] * x.data[n * inputs + j];
      y.data[n * outputs + k] = sum;
    }
  }
  return y;
}

/** dx[n, j] = Σₖ dy[n, k]·weights[k, j]. weights [outputs, inputs], dy [batch, outputs] → [batch, inputs]. Row M4 (cai). */
export function denseInputGradient(weights: Tensor, dy: Tensor): Tensor {
  return matmul(dy, weights);
}

/** dWeights[k, j] = Σₙ dy[n, k]·x[n, j]. x [batch, inputs], dy [batch, outputs] → [outputs, inputs]. Row M4 (cai). */
export function denseWeightGradient(x: Tensor, dy: Tensor): Tensor {
  const [batch, inputs] = x.shape;
  const outputs = dy.shape[1];
  const dWeights = zeros([outputs, inputs]);
  for (let k = 0; k < outputs; k++) {
    for (let j = 0; j < inputs; j++) {
      let sum = 0;
      for (let n = 0; n < batch; n++) sum += dy.data[n * outputs + k] * x.data[n * inputs + j];
      dWeights.data[k * inputs + j] = sum;
    }
  }
  return dWeights;
}

/** dBias[k] = Σₙ dy[n, k]. dy [batch, outputs] → [outputs]. Row M4 (cai). */
export function denseBiasGradient(dy: Tensor): Tensor {
  const [batch, outputs] = dy.shape;
  const dBias = zeros([outputs]);
  for (let k = 0; k < outputs; k++) for (let n = 0; n < batch; n++) dBias.data[k] += dy.data[n * outputs + k];
  return dBias;
}
