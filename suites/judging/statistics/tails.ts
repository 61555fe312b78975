/**
 * Thresholds with a stated false-alarm probability. Each is the solution of a tail inequality, so the stated probability is an
 * upper bound that holds for every number of outputs, not an approximation for many of them.
 */

/**
 * The smallest s for which Bennett's inequality says P(Σ(X − EX) > s) ≤ α, for independent X ≤ EX + largest whose second
 * moments add up to secondMoments: exp(−(v/M²)·h(Ms/v)) = α with h(x) = (1 + x)·ln(1 + x) − x.
 */
export function bennettThreshold(probability: number, secondMoments: number, largest: number): number {
  const wanted = (Math.log(1 / probability) * largest ** 2) / secondMoments;
  const h = (x: number) => (1 + x) * Math.log1p(x) - x;
  let [low, high] = [0, 1];
  while (h(high) < wanted) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (h(middle) < wanted) low = middle;
    else high = middle;
  }
  return (high * secondMoments) / largest;
}

/** P(Z > z) of a standard normal Z, z ≥ 0: its density over the continued fraction z + 1/(z + 2/(z + 3/…)), or a power series near 0. */
export function normalTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 2) {
    // Φ(z) − ½ = density·(z + z³/3 + z⁵/(3·5) + …)
    let [sum, term] = [0, z];
    for (let k = 3; term > 1e-18 * sum; k += 2) {
      sum += term;
      term *= (z * z) / k;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let k = 200; k >= 1; k--) fraction = z + k / fraction;
  return density / fraction;
}

/** The z that a standard normal exceeds with the given probability, at most ½. */
export function normalQuantile(probability: number): number {
  let [low, high] = [0, 40];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
