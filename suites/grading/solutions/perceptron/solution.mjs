const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

export function perceptronTrain(x, labels, { passes }) {
  let weights = x[0].map(() => 0);
  const mistakes = [];
  for (let pass = 0; pass < passes; pass++) {
    const row = x.map(() => 0);
    for (let n = 0; n < x.length; n++) {
      if (labels[n] * dot(weights, x[n]) > 0) continue;
      row[n] = 1;
      weights = weights.map((weight, j) => weight + labels[n] * x[n][j]);
    }
    mistakes.push(row);
  }
  return { weights, mistakes };
}

export function novikoffBound(x, labels, separator) {
  const radius = Math.max(...x.map((sample) => Math.sqrt(dot(sample, sample))));
  const margin = Math.min(...x.map((sample, n) => labels[n] * dot(separator, sample)));
  return { radius, margin, bound: (dot(separator, separator) * radius ** 2) / margin ** 2 };
}
