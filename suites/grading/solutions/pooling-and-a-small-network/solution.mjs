/** Every window of one map, as the list of [row, column] that lie in the image, arranged as the output is. */
function windows(height, width, [windowHeight, windowWidth], stride, [top, left, bottom, right]) {
  const rows = Math.floor((height + top + bottom - windowHeight) / stride[0]) + 1;
  const columns = Math.floor((width + left + right - windowWidth) / stride[1]) + 1;
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length: columns }, (_, s) => {
      const inside = [];
      for (let i = 0; i < windowHeight; i++)
        for (let j = 0; j < windowWidth; j++) {
          const [row, column] = [r * stride[0] + i - top, s * stride[1] + j - left];
          if (row >= 0 && row < height && column >= 0 && column < width) inside.push([row, column]);
        }
      return inside;
    }),
  );
}

function pool(x, { window, stride, padding }, reduce) {
  const places = windows(x[0][0].length, x[0][0][0].length, window, stride, padding);
  return x.map((image) => image.map((map) => places.map((row) => row.map((inside) => reduce(inside.map(([r, s]) => map[r][s]))))));
}

export function maxPool2d(x, options) {
  return pool(x, options, (values) => values.reduce((a, b) => Math.max(a, b)));
}

export function averagePool2d(x, options) {
  return pool(x, options, (values) => values.reduce((a, b) => a + b) / values.length);
}

export function maxPool2dBackward(x, dy, { window, stride, padding }) {
  const places = windows(x[0][0].length, x[0][0][0].length, window, stride, padding);
  return x.map((image, n) =>
    image.map((map, c) => {
      const dx = map.map((row) => row.map(() => 0));
      places.forEach((row, r) => {
        row.forEach((inside, s) => {
          const [i, j] = inside.reduce((best, place) => (map[place[0]][place[1]] > map[best[0]][best[1]] ? place : best));
          dx[i][j] += dy[n][c][r][s];
        });
      });
      return dx;
    }),
  );
}

function conv2d(x, kernels, bias, { stride, padding }) {
  const [top, left, bottom, right] = padding;
  const at = (map, r, s) => map[r]?.[s] ?? 0;
  return x.map((image) =>
    kernels.map((kernel, o) => {
      const rows = Math.floor((image[0].length + top + bottom - kernel[0].length) / stride[0]) + 1;
      const columns = Math.floor((image[0][0].length + left + right - kernel[0][0].length) / stride[1]) + 1;
      return Array.from({ length: rows }, (_, r) =>
        Array.from({ length: columns }, (_, s) => {
          let sum = bias[o];
          kernel.forEach((plane, c) => {
            plane.forEach((row, i) => {
              row.forEach((weight, j) => {
                sum += weight * at(image[c], r * stride[0] + i - top, s * stride[1] + j - left);
              });
            });
          });
          return sum;
        }),
      );
    }),
  );
}

export function networkForward(x, kernels, kernelBias, weights, bias, { convolution, pooling }) {
  const net = conv2d(x, kernels, kernelBias, convolution);
  const rectified = net.map((image) => image.map((map) => map.map((row) => row.map((value) => Math.max(value, 0)))));
  return maxPool2d(rectified, pooling).map((image) => {
    const features = image.flat(2);
    const scores = weights.map((row, k) => row.reduce((sum, weight, i) => sum + weight * features[i], bias[k]));
    const largest = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - largest));
    const total = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / total);
  });
}
