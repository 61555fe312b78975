/** Student's t distribution, by quadrature: exact to about twelve digits. */

/**
 * Returns the quantile of Student's t distribution: P(T ≤ t) = probability.
 *
 * With t = √ν·tan θ the density becomes cos^(ν−1) θ, which is smooth on [0, π/2]; the quantile is found by bisection.
 *
 * @throws RangeError when the probability is not inside (0, 1) or the degrees of freedom are below 1.
 */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0 && probability < 1))
    throw new RangeError(`studentQuantile: probability ${probability} is not inside (0, 1)`);
  if (!(degreesOfFreedom >= 1))
    throw new RangeError(`studentQuantile: ${degreesOfFreedom} degrees of freedom; 1 or more are needed`);
  if (probability === 0.5) return 0;
  if (probability < 0.5) return -studentQuantile(1 - probability, degreesOfFreedom);
  const half = area(Math.PI / 2, degreesOfFreedom);
  const wanted = (probability - 0.5) * 2 * half;
  let [low, high] = [0, Math.PI / 2];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (area(middle, degreesOfFreedom) < wanted) low = middle;
    else high = middle;
  }
  return Math.sqrt(degreesOfFreedom) * Math.tan(low);
}

/** ∫₀^θ cos^(ν−1), Simpson's rule. */
function area(theta: number, degreesOfFreedom: number): number {
  const panels = 512;
  const density = (i: number) => Math.cos((theta * i) / panels) ** (degreesOfFreedom - 1);
  let sum = density(0) + density(panels);
  for (let i = 1; i < panels; i++) sum += (i % 2 === 1 ? 4 : 2) * density(i);
  return (sum * theta) / panels / 3;
}
