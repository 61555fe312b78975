/**
 * The continuous multiplication gate m(u, v) = μ{σ[λ(u + v)] + σ[−λ(u + v)] − σ[λ(u − v)] − σ[λ(−u + v)]}: four hidden units whose
 * even part is, to second order, 4μσ₂λ²uv, where σ₂ = σ″ is that of the expansion σ(z) ≈ σ₀ + σ₁z + σ₂z²/2.
 *
 * An activation whose second derivative at the operating point is 0 gives no product: the logistic sigmoid is odd about 0 up to a
 * constant, so there the gate is identically 0. `shift` moves the operating point: σ[shift ± …]. Row M11 (kim).
 */
export function multiplicationGate(
  u: number,
  v: number,
  activation: (z: number) => number,
  { lambda, mu, shift = 0 }: { lambda: number; mu: number; shift?: number },
): number {
  const unit = (z: number) => activation(shift + lambda * z);
  return mu * (unit(u + v) + unit(-(u + v)) - unit(u - v) - unit(-u + v));
}
