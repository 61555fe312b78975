/** Pooling, and a small convolutional network: text.md says what is asked. */

/** x [batch][channel][row][column] → [batch][channel][row][column] */
export function maxPool2d(x, { window, stride, padding }) {
  throw new Error('not written yet');
}

/** dy as maxPool2d(x) → as x */
export function maxPool2dBackward(x, dy, { window, stride, padding }) {
  throw new Error('not written yet');
}

export function averagePool2d(x, { window, stride, padding }) {
  throw new Error('not written yet');
}

/** kernels [map][channel][row][column], kernelBias [map], weights [class][feature], bias [class] → [batch][class] */
export function networkForward(x, kernels, kernelBias, weights, bias, { convolution, pooling }) {
  throw new Error('not written yet');
}
