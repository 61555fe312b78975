/** The normal distribution in double, right to 5·10⁻¹⁰ of itself far below 0 as well; rounding to float32 leaves 6·10⁻⁸. */
import { exp } from './exponential.ts';

/** From the constant term on: a Chebyshev fit of e^{a²/2}Φ(−a) in t = 4/(4 + a) for 0 ≤ a ≤ 15. */
const coefficients = [
  2.238809681e-6, 0.09967363589, 0.1004999647, 0.08794259601, 0.1075255898, -0.0233315793, 0.242791598, -0.2964939074,
  0.3527425438, -0.2320310525, 0.06209027819, 0.001089723776, -0.002501629731,
] as const;
/** Beyond it Φ(−a) is below the smallest float32. */
const furthest = 15;

/** Φ(x) = ½(1 + erf(x/√2)). */
export function distribution(x: number): number {
  const a = Math.min(Math.abs(x), furthest);
  const t = 4 / (4 + a);
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * t + coefficients[k];
  const tail = exp((-a * a) / 2) * sum;
  return x < 0 ? tail : 1 - tail;
}

/** φ(x) = e^{−x²/2}/√(2π). */
export const density = (x: number): number => exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
