const sum = (values) => values.reduce((total, value) => total + value, 0);

export function softmax(x) {
  return x.map((row) => {
    const largest = Math.max(...row);
    const powers = row.map((value) => Math.exp(value - largest));
    const total = sum(powers);
    return powers.map((power) => power / total);
  });
}

export function softmaxBackward(x, dy) {
  return softmax(x).map((y, n) => {
    const mean = sum(y.map((value, i) => value * dy[n][i]));
    return y.map((value, i) => value * (dy[n][i] - mean));
  });
}

export function crossEntropy(prediction, target) {
  return -sum(target.flatMap((row, n) => row.map((t, i) => (t === 0 ? 0 : t * Math.log(prediction[n][i])))));
}

export function crossEntropyGradient(prediction, target) {
  return target.map((row, n) => row.map((t, i) => -t / prediction[n][i]));
}
