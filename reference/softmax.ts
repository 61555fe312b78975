/** Softmax over the last axis, its Jacobian and its vector–Jacobian product. Rows A9, A10 (khe). */
import { type Tensor, zeros } from './tensor.ts';

/**
 * oᵢ = e^{xᵢ}/Σⱼe^{xⱼ} over the last axis. The largest input is subtracted first, which changes nothing and keeps the exponentials
 * at most 1, so that ±1e4 cannot overflow. Row A9.
 */
export function softmax(x: Tensor): Tensor {
  const classes = x.shape[x.shape.length - 1];
  const y = zeros(x.shape);
  for (let start = 0; start < x.data.length; start += classes) {
    let largest = -Infinity;
    for (let i = 0; i < classes; i++) largest = Math.max(largest, x.data[start + i]);
    let sum = 0;
    for (let i = 0; i < classes; i++) {
      y.data[start + i] = Math.exp(x.data[start + i] - largest);
      sum += y.data[start + i];
    }
    for (let i = 0; i < classes; i++) y.data[start + i] /= sum;
  }
  return y;
}

/** dxᵢ = oᵢ(dyᵢ − Σⱼ dyⱼoⱼ): the Jacobian times dy, without making the Jacobian. Row A10. */
export function softmaxBackward(x: Tensor, dy: Tensor): Tensor {
  const classes = x.shape[x.shape.length - 1];
  const o = softmax(x);
  const dx = zeros(x.shape);
  for (let start = 0; start < x.data.length; start += classes) {
    let mean = 0;
    for (let j = 0; j < classes; j++) mean += dy.data[start + j] * o.data[start + j];
    for (let i = 0; i < classes; i++) dx.data[start + i] = o.data[start + i] * (dy.data[start + i] - mean);
  }
  return dx;
}

/** ∂oᵢ/∂xⱼ = oᵢ(1 − oᵢ) for i = j, −oᵢoⱼ otherwise. [batch, classes] → [batch, classes, classes]. Row A10. */
export function softmaxJacobian(x: Tensor): Tensor {
  const [batch, classes] = x.shape;
  const o = softmax(x);
  const jacobian = zeros([batch, classes, classes]);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < classes; i++) {
      let others = 0;
      for (let k = 0; k < classes; k++) if (k !== i) others += o.data[n * classes + k];
      for (let j = 0; j < classes; j++) {
        // 1 − oᵢ is the sum of the others, which does not cancel.
        const factor = i === j ? others : -o.data[n * classes + j];
        jacobian.data[(n * classes + i) * classes + j] = o.data[n * classes + i] * factor;
      }
    }
  }
  return jacobian;
}
