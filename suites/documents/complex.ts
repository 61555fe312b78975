/** Complex numbers as pairs, as much of them as the complex step needs: the functions written out once more, not taken from the reference. */
export type Complex = readonly [re: number, im: number];

export const real = (value: number): Complex => [value, 0];
export const add = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]];
export const scale = (factor: number, [re, im]: Complex): Complex => [factor * re, factor * im];
export const subtract = (a: Complex, b: Complex): Complex => add(a, scale(-1, b));
export const multiply = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
export const divide = ([a, b]: Complex, [c, d]: Complex): Complex => [
  (a * c + b * d) / (c * c + d * d),
  (b * c - a * d) / (c * c + d * d),
];
export const exponential = ([re, im]: Complex): Complex => [Math.exp(re) * Math.cos(im), Math.exp(re) * Math.sin(im)];
export const logarithm = ([re, im]: Complex): Complex => [Math.log(Math.hypot(re, im)), Math.atan2(im, re)];
export const total = (values: readonly Complex[]): Complex => values.reduce(add, real(0));
export const square = (z: Complex) => multiply(z, z);

export const sigmoid = (z: Complex) => divide(real(1), add(real(1), exponential(scale(-1, z))));
export const tanh = (z: Complex) =>
  divide(subtract(exponential(z), exponential(scale(-1, z))), add(exponential(z), exponential(scale(-1, z))));
export const softplus = (z: Complex) => logarithm(add(real(1), exponential(z)));
export const logSumExp = (row: readonly Complex[]) => logarithm(total(row.map(exponential)));
export function softmax(row: readonly Complex[]): Complex[] {
  const sum = total(row.map(exponential));
  return row.map((z) => divide(exponential(z), sum));
}

/** W·x + b for W [outputs, inputs] as a list of rows. */
export const layer = (weights: readonly (readonly Complex[])[], bias: readonly Complex[], x: readonly Complex[]): Complex[] =>
  weights.map((row, k) => add(total(row.map((w, j) => multiply(w, x[j]))), bias[k]));

/** The list cut into rows of a length. */
export const rowsOf = <Item>(items: readonly Item[], columns: number): Item[][] =>
  Array.from({ length: items.length / columns }, (_, r) => items.slice(r * columns, (r + 1) * columns));
