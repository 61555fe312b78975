import { expect, it } from 'vitest';
import { sigmoid, softplus } from './activations.ts';
import { multiplicationGate } from './multiplicationGate.ts';

it('M11: of a square it is 8μλ²uv exactly', () => {
  // (λ(u + v))² twice, less (λ(u − v))² twice: 8λ²uv, σ₂ = 2.
  expect(multiplicationGate(3, -5, (z) => z * z, { lambda: 2, mu: 0.25 })).toBe(8 * 0.25 * 4 * -15);
});

it('M11: with softplus the error shrinks as λ²', () => {
  const error = (lambda: number) => multiplicationGate(0.8, 0.6, softplus, { lambda, mu: 1 / lambda ** 2 }) - 0.48;
  expect(error(1 / 8) / error(1 / 16)).toBeCloseTo(4, 1);
});

it('M11: with the logistic sigmoid it is 0 at 0, and a product where the operating point is moved', () => {
  expect(Math.abs(multiplicationGate(0.8, 0.6, sigmoid, { lambda: 1, mu: 1 }))).toBeLessThan(1e-15);
  const s = sigmoid(-1);
  const mu = 1 / (4 * s * (1 - s) * (1 - 2 * s) * 1e-4);
  expect(multiplicationGate(0.8, 0.6, sigmoid, { lambda: 0.01, mu, shift: -1 })).toBeCloseTo(0.48, 3);
});
