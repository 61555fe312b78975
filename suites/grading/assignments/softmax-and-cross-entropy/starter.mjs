/** Softmax and cross entropy: text.md says what is asked. Arrays are [sample][class]. */

export function softmax(x) {
  throw new Error('not written yet');
}

/** dy is the gradient with respect to softmax(x) → the gradient with respect to x */
export function softmaxBackward(x, dy) {
  throw new Error('not written yet');
}

/** → one number */
export function crossEntropy(prediction, target) {
  throw new Error('not written yet');
}

export function crossEntropyGradient(prediction, target) {
  throw new Error('not written yet');
}
