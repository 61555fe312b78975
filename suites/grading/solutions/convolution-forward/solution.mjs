/** x[r][s], and 0 outside the image. */
const at = (image, r, s) => (r >= 0 && r < image.length && s >= 0 && s < image[0].length ? image[r][s] : 0);

export function conv2d(x, weights, bias, { stride, padding }) {
  const [top, left, bottom, right] = padding;
  const [kernelHeight, kernelWidth] = [weights[0][0].length, weights[0][0][0].length];
  const rows = Math.floor((x[0][0].length + top + bottom - kernelHeight) / stride[0]) + 1;
  const columns = Math.floor((x[0][0][0].length + left + right - kernelWidth) / stride[1]) + 1;
  const y = [];
  for (const image of x) {
    const maps = [];
    for (let o = 0; o < weights.length; o++) {
      const map = [];
      for (let r = 0; r < rows; r++) {
        const row = [];
        for (let s = 0; s < columns; s++) {
          let sum = bias[o];
          for (let c = 0; c < image.length; c++)
            for (let i = 0; i < kernelHeight; i++)
              for (let j = 0; j < kernelWidth; j++)
                sum += weights[o][c][i][j] * at(image[c], r * stride[0] + i - top, s * stride[1] + j - left);
          row.push(sum);
        }
        map.push(row);
      }
      maps.push(map);
    }
    y.push(maps);
  }
  return y;
}
