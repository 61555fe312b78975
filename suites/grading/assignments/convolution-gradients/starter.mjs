/** Gradients of a convolution: text.md says what is asked. Arrays are nested arrays; result[0] of a batch is the first image's. */

/** dy [batch][output channel][row][column] → [output channel] */
export function conv2dBiasGradient(dy) {
  throw new Error('not written yet');
}

/** x [batch][input channel][row][column], dy as y → [output channel][input channel][kernel row][kernel column] */
export function conv2dWeightGradient(x, dy, { stride, padding, kernelSize }) {
  throw new Error('not written yet');
}

/** weights [output channel][input channel][kernel row][kernel column], dy as y → as x */
export function conv2dInputGradient(weights, dy, { stride, padding, inputSize }) {
  throw new Error('not written yet');
}
