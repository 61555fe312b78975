/** Back-propagation through a multilayer perceptron: text.md says what is asked. */

export function squaredErrorGradient(prediction, target) {
  throw new Error('not written yet');
}

export function tanhBackward(x, dy) {
  throw new Error('not written yet');
}

/** x [sample][input], dy [sample][unit] → [unit][input] */
export function denseWeightGradient(x, dy) {
  throw new Error('not written yet');
}

/** dy [sample][unit] → [unit] */
export function denseBiasGradient(dy) {
  throw new Error('not written yet');
}

/** weights [unit][input], dy [sample][unit] → [sample][input] */
export function denseInputGradient(weights, dy) {
  throw new Error('not written yet');
}

/** weights[k] and bias[k] are those of layer k, activations[k] is its name → { loss, dWeights, dBias } */
export function mlpBackward(x, target, weights, bias, { activations }) {
  throw new Error('not written yet');
}
