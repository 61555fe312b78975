import { type Tensor, tensor } from './tensor.ts';

/**
 * Solves Ax = b by Gaussian elimination with partial pivoting. A [n, n], b [n] → x [n].
 *
 * @throws RangeError when A is singular to working precision: a pivot is 0.
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  const n = b.data.length;
  const m = Array.from({ length: n }, (_, i) => [...a.data.slice(i * n, (i + 1) * n), b.data[i]]);
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(m[i][k]) > Math.abs(m[pivot][k])) pivot = i;
    [m[k], m[pivot]] = [m[pivot], m[k]];
    if (m[k][k] === 0) throw new RangeError(`solve: the matrix is singular: no pivot in column ${k}`);
    for (let i = k + 1; i < n; i++) {
      const factor = m[i][k] / m[k][k];
      for (let j = k; j <= n; j++) m[i][j] -= factor * m[k][j];
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = m[i][n];
    for (let j = i + 1; j < n; j++) sum -= m[i][j] * x[j];
    x[i] = sum / m[i][i];
  }
  return tensor([n], x);
}

/**
 * The w with the smallest ‖Xw − y‖², from the normal equations XᵀXw = Xᵀy. x [samples, features], more samples than features.
 *
 * @throws RangeError when the columns of X are linearly dependent.
 */
export function leastSquaresSolution(x: Tensor, y: Tensor): Tensor {
  const [samples, features] = x.shape;
  const gram = new Float64Array(features * features);
  const right = new Float64Array(features);
  for (let n = 0; n < samples; n++) {
    for (let i = 0; i < features; i++) {
      right[i] += x.data[n * features + i] * y.data[n];
      for (let j = 0; j < features; j++) gram[i * features + j] += x.data[n * features + i] * x.data[n * features + j];
    }
  }
  return solve(tensor([features, features], gram), tensor([features], right));
}

/**
 * The shortest of all w with Xw = y: w = Xᵀ(XXᵀ)⁻¹y. x [samples, features], fewer samples than features. Row V2 (khe).
 *
 * @throws RangeError when the rows of X are linearly dependent.
 */
export function leastNormSolution(x: Tensor, y: Tensor): Tensor {
  const [samples, features] = x.shape;
  const gram = new Float64Array(samples * samples);
  for (let a = 0; a < samples; a++) {
    for (let b = 0; b < samples; b++) {
      for (let j = 0; j < features; j++) gram[a * samples + b] += x.data[a * features + j] * x.data[b * features + j];
    }
  }
  const z = solve(tensor([samples, samples], gram), y);
  const w = new Float64Array(features);
  for (let n = 0; n < samples; n++) for (let j = 0; j < features; j++) w[j] += x.data[n * features + j] * z.data[n];
  return tensor([features], w);
}
