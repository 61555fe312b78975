/**
 * The three penalized losses of linear models, p = wᵀx − b, and the straight line through points.
 *
 * Samples are rows of x [samples, features]. Every loss adds ½λ‖w‖²; the bias is not penalized. Rows J1–J3 (basics), G2 (basics).
 */
import { type Tensor, zeros } from './tensor.ts';

export interface LinearGradient {
  readonly loss: number;
  /** ∂J/∂w, in the shape of w. */
  readonly weights: Tensor;
  /** ∂J/∂b: a number for one output, [classes] for several. */
  readonly bias: Tensor;
}

/** pₙ = wᵀxₙ − b for one output. The documents subtract the bias. */
function predictions(x: Tensor, weights: Tensor, bias: number): Float64Array {
  const [samples, features] = x.shape;
  const p = new Float64Array(samples);
  for (let n = 0; n < samples; n++) {
    let sum = 0;
    for (let j = 0; j < features; j++) sum += weights.data[j] * x.data[n * features + j];
    p[n] = sum - bias;
  }
  return p;
}

/** J = Σ l(pₙ, yₙ) + ½λ‖w‖² and its gradients, from the loss l of one sample and its slope ∂l/∂p. */
function penalized(
  x: Tensor,
  targets: Tensor,
  weights: Tensor,
  bias: number,
  penalty: number,
  sample: (p: number, y: number) => { loss: number; slope: number },
): LinearGradient {
  const [samples, features] = x.shape;
  const p = predictions(x, weights, bias);
  const gradient = zeros([features]);
  const biasGradient = zeros([]);
  let loss = 0;
  for (let n = 0; n < samples; n++) {
    const { loss: own, slope } = sample(p[n], targets.data[n]);
    loss += own;
    biasGradient.data[0] -= slope; // ∂p/∂b = −1
    for (let j = 0; j < features; j++) gradient.data[j] += slope * x.data[n * features + j];
  }
  for (let j = 0; j < features; j++) {
    loss += (penalty / 2) * weights.data[j] ** 2;
    gradient.data[j] += penalty * weights.data[j];
  }
  return { loss, weights: gradient, bias: biasGradient };
}

/** J = Σ(p − y)² + ½λ‖w‖²; ∂J/∂w = Σ2(p − y)x + λw, ∂J/∂b = −Σ2(p − y). Row J1 (basics). */
export function leastSquares(x: Tensor, targets: Tensor, weights: Tensor, bias: number, penalty: number): LinearGradient {
  return penalized(x, targets, weights, bias, penalty, (p, y) => ({ loss: (p - y) ** 2, slope: 2 * (p - y) }));
}

/**
 * J = Σmax(0, 1 − y·p) + ½λ‖w‖² with y = ±1; ∂J/∂w = Σ(−y)u(1 − y·p)x + λw with u(z) = 1 for z > 0 and u(0) = 0: at the hinge the
 * slope is 0. Row J2 (basics).
 */
export function softMargin(x: Tensor, labels: Tensor, weights: Tensor, bias: number, penalty: number): LinearGradient {
  return penalized(x, labels, weights, bias, penalty, (p, y) => {
    const slack = 1 - y * p;
    return slack > 0 ? { loss: slack, slope: -y } : { loss: 0, slope: 0 };
  });
}

/**
 * J = −ΣₙΣ_c y log p + ½λ‖W‖² with p = softmax(Wx − b): multi-class cross entropy.
 *
 * log p_c = z_c − logΣe^z is computed with the largest z taken out, so that it stays finite for any finite z. The gradient is
 * Σₙ(p·Σ_c y − y)x + λW for W and −Σₙ(p·Σ_c y − y) for b.
 * x [samples, features], targets [samples, classes], weights [classes, features], bias [classes]. Row J3 (basics).
 */
export function softmaxRegression(x: Tensor, targets: Tensor, weights: Tensor, bias: Tensor, penalty: number): LinearGradient {
  const [samples, features] = x.shape;
  const classes = weights.shape[0];
  const gradient = zeros(weights.shape);
  const biasGradient = zeros([classes]);
  let loss = 0;
  for (let n = 0; n < samples; n++) {
    const z = new Float64Array(classes);
    for (let c = 0; c < classes; c++) {
      let sum = 0;
      for (let j = 0; j < features; j++) sum += weights.data[c * features + j] * x.data[n * features + j];
      z[c] = sum - bias.data[c];
    }
    const largest = Math.max(...z);
    const exponentials = z.map((value) => Math.exp(value - largest));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    const y = Array.from(targets.data.subarray(n * classes, (n + 1) * classes));
    const mass = y.reduce((sum, value) => sum + value, 0);
    for (let c = 0; c < classes; c++) {
      // 0·log p is 0, also where p underflows.
      if (y[c] !== 0) loss -= y[c] * (z[c] - largest - Math.log(total));
      const slope = (mass * exponentials[c]) / total - y[c];
      biasGradient.data[c] -= slope;
      for (let j = 0; j < features; j++) gradient.data[c * features + j] += slope * x.data[n * features + j];
    }
  }
  for (let i = 0; i < weights.data.length; i++) {
    loss += (penalty / 2) * weights.data[i] ** 2;
    gradient.data[i] += penalty * weights.data[i];
  }
  return { loss, weights: gradient, bias: biasGradient };
}

/**
 * The line y = slope·x + intercept with the smallest Σ(y − slope·x − intercept)², by the normal equations of centred data:
 * slope = Σ(x − x̄)(y − ȳ)/Σ(x − x̄)², intercept = ȳ − slope·x̄. Row G2 (basics).
 *
 * Centring is what keeps years near 2015 from cancelling. NaN when all x are equal.
 */
export function fitLine(x: ArrayLike<number>, y: ArrayLike<number>): { slope: number; intercept: number } {
  const count = x.length;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < count; i++) {
    meanX += x[i] / count;
    meanY += y[i] / count;
  }
  let products = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    products += (x[i] - meanX) * (y[i] - meanY);
    squares += (x[i] - meanX) ** 2;
  }
  const slope = products / squares;
  return { slope, intercept: meanY - slope * meanX };
}
