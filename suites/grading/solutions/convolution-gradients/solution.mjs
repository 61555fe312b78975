const zeros = (size, ...inner) => Array.from({ length: size }, () => (inner.length === 0 ? 0 : zeros(...inner)));

export function conv2dBiasGradient(dy) {
  const dBias = zeros(dy[0].length);
  for (const image of dy) {
    image.forEach((map, o) => {
      for (const row of map) for (const value of row) dBias[o] += value;
    });
  }
  return dBias;
}

/** Every product of the forward pass: y[n][o][r][s] takes weights[o][c][i][j] times x[n][c][row][column]. */
function products(dy, channels, [height, width], [kernelHeight, kernelWidth], stride, padding, visit) {
  for (let n = 0; n < dy.length; n++)
    for (let o = 0; o < dy[n].length; o++)
      for (let r = 0; r < dy[n][o].length; r++)
        for (let s = 0; s < dy[n][o][r].length; s++)
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < kernelHeight; i++)
              for (let j = 0; j < kernelWidth; j++) {
                const row = r * stride[0] + i - padding[0];
                const column = s * stride[1] + j - padding[1];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                visit(n, o, r, s, c, i, j, row, column);
              }
}

export function conv2dWeightGradient(x, dy, { stride, padding, kernelSize }) {
  const channels = x[0].length;
  const dWeights = zeros(dy[0].length, channels, ...kernelSize);
  const size = [x[0][0].length, x[0][0][0].length];
  products(dy, channels, size, kernelSize, stride, padding, (n, o, r, s, c, i, j, row, column) => {
    dWeights[o][c][i][j] += dy[n][o][r][s] * x[n][c][row][column];
  });
  return dWeights;
}

export function conv2dInputGradient(weights, dy, { stride, padding, inputSize }) {
  const channels = weights[0].length;
  const dx = zeros(dy.length, channels, ...inputSize);
  const kernelSize = [weights[0][0].length, weights[0][0][0].length];
  products(dy, channels, inputSize, kernelSize, stride, padding, (n, o, r, s, c, i, j, row, column) => {
    dx[n][c][row][column] += dy[n][o][r][s] * weights[o][c][i][j];
  });
  return dx;
}
