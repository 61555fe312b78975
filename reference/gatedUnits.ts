/**
 * Activations that weigh x by a probability: x·σ(z) and its slope. Arithmetic is double-double, rounded once (see `activations.ts`).
 */
import { add, divide, exponential, multiply, type Pair, pair, round } from './doubleDouble.ts';

/** Beyond it, and beyond what rounds to 0 on the other side, the weight is 1 or 0. */
const largestArgument = 800;

/**
 * x·σ(x): the sigmoid linear unit, or swish.
 *
 * −0.278 at −1.278, its smallest; −∞ gives 0, ∞ gives ∞. Within 1 ulp. Elfwing, Uchibe, Doya, *Sigmoid-weighted linear units for neural
 * network function approximation in reinforcement learning* (2018).
 */
export function silu(x: number): number {
  return weighted(x, pair(x));
}

/**
 * σ(x) + x·σ(x)(1 − σ(x)).
 *
 * ½ at 0, 0 at −1.278 and at −∞, 1 at ∞. Within 1 ulp, or 2⁻⁵⁸ absolutely where its terms cancel.
 */
export function siluDerivative(x: number): number {
  return weightedSlope(x, pair(x), pair(1));
}

/** x·σ(z) = x/(1 + e^−z), for negative z as x·e^z/(1 + e^z). */
function weighted(x: number, z: Pair): number {
  if (Number.isNaN(x) || z.high > largestArgument) return x;
  if (z.high < -largestArgument) return 0;
  if (z.high >= 0) return round(divide(pair(x), add(pair(1), exponential(negative(z)))));
  // 2⁶⁶e^z is normal wherever x·e^z is not 0, so the subnormal range is entered by the last factor alone.
  return round(divide(multiply(pair(x), exponential(z, 66)), add(pair(1), exponential(z)))) * 2 ** -66;
}

/** σ(z) + x·z′·σ(z)(1 − σ(z)): with e = e^−|z| it is (1 + e + x·z′·e)/(1 + e)² for z ≥ 0, and e(1 + e + x·z′)/(1 + e)² below. */
function weightedSlope(x: number, z: Pair, slope: Pair): number {
  if (Number.isNaN(x)) return x;
  if (z.high > largestArgument) return 1;
  if (z.high < -largestArgument) return 0;
  const isPositive = z.high >= 0;
  const e = exponential(isPositive ? negative(z) : z);
  const onePlus = add(pair(1), e);
  const square = multiply(onePlus, onePlus);
  const moved = multiply(pair(x), slope);
  if (isPositive) return round(divide(add(onePlus, multiply(moved, e)), square));
  return round(divide(multiply(exponential(z, 66), add(onePlus, moved)), square)) * 2 ** -66;
}

const negative = ({ high, low }: Pair): Pair => ({ high: -high, low: -low });
