const functions = {
  identity: (x) => x,
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  tanh: Math.tanh,
  relu: (x) => Math.max(x, 0),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

export function dense(x, weights, bias) {
  return x.map((sample) => weights.map((row, k) => row.reduce((sum, weight, i) => sum + weight * sample[i], bias[k])));
}

export function mlpForward(x, weights, bias, { activations }) {
  let y = x;
  for (let k = 0; k < weights.length; k++) {
    const activation = functions[activations[k]];
    y = dense(y, weights[k], bias[k]).map((row) => row.map((net) => activation(net)));
  }
  return y;
}
