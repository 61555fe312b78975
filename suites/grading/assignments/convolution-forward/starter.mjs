/** The forward pass of a convolution: text.md says what is asked. */

/**
 * x [batch][input channel][row][column], weights [output channel][input channel][kernel row][kernel column], bias [output channel]
 * → [batch][output channel][row][column]
 */
export function conv2d(x, weights, bias, { stride, padding }) {
  throw new Error('not written yet');
}
