const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const functions = {
  identity: [(x) => x, () => 1],
  sigmoid: [sigmoid, (x) => sigmoid(x) * sigmoid(-x)],
  tanh: [Math.tanh, (x) => 1 / Math.cosh(x) ** 2],
  relu: [(x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0)],
  softplus: [(x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), sigmoid],
};
const combine = (a, b, f) => a.map((row, n) => row.map((value, i) => f(value, b[n][i])));

export function squaredErrorGradient(prediction, target) {
  return combine(prediction, target, (p, t) => p - t);
}

export function tanhBackward(x, dy) {
  return combine(x, dy, (net, upstream) => upstream * functions.tanh[1](net));
}

export function denseWeightGradient(x, dy) {
  return dy[0].map((_, k) => x[0].map((_, i) => x.reduce((sum, sample, n) => sum + dy[n][k] * sample[i], 0)));
}

export function denseBiasGradient(dy) {
  return dy[0].map((_, k) => dy.reduce((sum, row) => sum + row[k], 0));
}

export function denseInputGradient(weights, dy) {
  return dy.map((row) => weights[0].map((_, i) => row.reduce((sum, upstream, k) => sum + upstream * weights[k][i], 0)));
}

export function mlpBackward(x, target, weights, bias, { activations }) {
  const inputs = [x];
  const nets = [];
  for (let k = 0; k < weights.length; k++) {
    nets.push(inputs[k].map((sample) => weights[k].map((row, j) => row.reduce((sum, w, i) => sum + w * sample[i], bias[k][j]))));
    inputs.push(nets[k].map((row) => row.map(functions[activations[k]][0])));
  }
  const prediction = inputs[weights.length];
  const loss = 0.5 * combine(prediction, target, (p, t) => (t - p) ** 2).flat().reduce((a, b) => a + b, 0);
  const [dWeights, dBias] = [[], []];
  let upstream = squaredErrorGradient(prediction, target);
  for (let k = weights.length - 1; k >= 0; k--) {
    const delta = combine(nets[k], upstream, (net, dy) => dy * functions[activations[k]][1](net));
    dWeights[k] = denseWeightGradient(inputs[k], delta);
    dBias[k] = denseBiasGradient(delta);
    upstream = denseInputGradient(weights[k], delta);
  }
  return { loss, dWeights, dBias };
}
