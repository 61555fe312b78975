/** The forward pass of a multilayer perceptron: text.md says what is asked. */

/** x [sample][input], weights [unit][input], bias [unit] → [sample][unit] */
export function dense(x, weights, bias) {
  throw new Error('not written yet');
}

/** weights[k] and bias[k] are those of layer k, activations[k] is its name → [sample][unit of the last layer] */
export function mlpForward(x, weights, bias, { activations }) {
  throw new Error('not written yet');
}
