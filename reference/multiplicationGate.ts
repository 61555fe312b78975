/** Row M11 (kim): four hidden units that multiply. */
import { type ActivationName, activations } from './activations.ts';

export interface GateOptions {
  readonly lambda: number;
  readonly mu: number;
  /** Operating point: what is added to every unit's argument. */
  readonly shift?: number;
}

/**
 * The continuous multiplication gate m(u, v) = μ{σ[s + λ(u + v)] + σ[s − λ(u + v)] − σ[s + λ(u − v)] − σ[s + λ(−u + v)]}: four hidden
 * units whose even part is, to second order, 4μσ₂λ²uv, where σ₂ = σ″ is that of the expansion σ(z) ≈ σ₀ + σ₁z + σ₂z²/2 at the
 * operating point s = `shift`.
 *
 * An activation whose second derivative there is 0 gives no product: the logistic sigmoid is odd about 0 up to a constant, so at
 * s = 0 the gate is identically 0.
 *
 * For small λ the four units nearly cancel and their sum keeps few digits. With cosh λ(u + v) − cosh λ(u − v) = 2 sinh λu sinh λv the
 * gates of sigmoid, tanh and softplus are quotients without a difference, right to (40 + 8|λ|(|u| + |v|) + 4|s|)·2⁻⁵³ of the value
 * while no argument exceeds 300; there the units are summed, as they are for other activations. Row M11 (kim).
 */
export function multiplicationGate(
  u: number,
  v: number,
  activation: ActivationName | ((z: number) => number),
  { lambda, mu, shift = 0 }: GateOptions,
): number {
  const [sum, difference] = [lambda * (u + v), lambda * (u - v)];
  const closed = typeof activation === 'string' ? closedForms[activation] : undefined;
  if (closed !== undefined && Math.max(Math.abs(sum), Math.abs(difference), Math.abs(shift)) <= 300) {
    return mu * closed(lambda * u, lambda * v, sum, difference, shift);
  }
  const value = typeof activation === 'string' ? activations[activation].value : activation;
  const unit = (z: number) => value(shift + lambda * z);
  return mu * (unit(u + v) + unit(-(u + v)) - unit(u - v) - unit(-u + v));
}

/** The sum of the four units from λu, λv, p = λ(u + v), q = λ(u − v) and s. */
type ClosedForm = (x: number, y: number, p: number, q: number, s: number) => number;

const { sinh, cosh } = Math;

/** −2 sinh s · sinh λu · sinh λv / ((cosh s + cosh p)(cosh s + cosh q)) */
const sigmoidGate: ClosedForm = (x, y, p, q, s) =>
  -2 * (sinh(s) / (cosh(s) + cosh(p))) * ((sinh(x) * sinh(y)) / (cosh(s) + cosh(q)));

const closedForms: Readonly<Partial<Record<ActivationName, ClosedForm>>> = {
  sigmoid: sigmoidGate,
  // tanh z = 2σ(2z) − 1
  tanh: (x, y, p, q, s) => 2 * sigmoidGate(2 * x, 2 * y, 2 * p, 2 * q, 2 * s),
  // ln((cosh s + cosh p)/(cosh s + cosh q)): of the two ways to write it the one whose logarithm is of more than 1.
  softplus: (x, y, p, q, s) => {
    const numerator = 2 * sinh(x) * sinh(y);
    return numerator >= 0 ? Math.log1p(numerator / (cosh(s) + cosh(q))) : -Math.log1p(-numerator / (cosh(s) + cosh(p)));
  },
};
