/** Activations and their derivatives. Rows A1–A8. */
export type ActivationAttributes = { readonly a?: number; readonly b?: number };

export function identity(x: number): number {
  return x;
}
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}
export function sigmoidDerivative(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return e / ((1 + e) * (1 + e));
}
export function tanhDerivative(x: number): number {
  const e = Math.exp(-2 * Math.abs(x));
  return (4 * e) / ((1 + e) * (1 + e));
}
export const activations = {
  identity: { value: (x: number) => x, derivative: (_: number) => 1 },
  sign: { value: Math.sign, derivative: (x: number) => (Number.isNaN(x) ? x : 0) },
  step: { value: (x: number) => (Number.isNaN(x) ? x : x >= 0 ? 1 : 0), derivative: (x: number) => (Number.isNaN(x) ? x : 0) },
  sigmoid: { value: sigmoid, derivative: sigmoidDerivative },
  tanh: { value: Math.tanh, derivative: tanhDerivative },
  scaledTanh: {
    value: (x: number, { a, b }: { a: number; b: number }) => a * Math.tanh(b * x),
    derivative: (x: number, { a, b }: { a: number; b: number }) => a * b * tanhDerivative(b * x),
  },
  relu: {
    value: (x: number) => (Number.isNaN(x) ? x : Math.max(x, 0)),
    derivative: (x: number) => (Number.isNaN(x) ? x : x > 0 ? 1 : 0),
  },
  hardTanh: {
    value: (x: number) => Math.max(-1, Math.min(1, x)),
    derivative: (x: number) => (Number.isNaN(x) ? x : Math.abs(x) < 1 ? 1 : 0),
  },
  softplus: { value: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), derivative: sigmoid },
};
export const softplus = activations.softplus.value;
export const relu = activations.relu.value;
