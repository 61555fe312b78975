/** Activations and their derivatives: text.md says what is asked. x and the result are [sample][unit]. */

export function sigmoid(x) {
  throw new Error('not written yet');
}

export function sigmoidDerivative(x) {
  throw new Error('not written yet');
}

export function tanh(x) {
  throw new Error('not written yet');
}

export function tanhDerivative(x) {
  throw new Error('not written yet');
}

export function relu(x) {
  throw new Error('not written yet');
}

export function reluDerivative(x) {
  throw new Error('not written yet');
}

export function softplus(x) {
  throw new Error('not written yet');
}

export function softplusDerivative(x) {
  throw new Error('not written yet');
}
