/**
 * eˣ, eˣ − 1 and ln(1 + u) in double by tables and short series: relative errors below 10⁻¹¹, of which rounding to float32 (6·10⁻⁸) leaves
 * nothing. Math.exp, Math.expm1 and Math.log1p are right to the last bit of a double, and take two to three times as long: each is a call
 * out of the compiled loop.
 */

/**
 * eˣ = 2^(n/1024)·eʳ with the n that makes |r| ≤ ln 2/2048 = 0.00034: three terms of eʳ − 1 = r + r²/2 + r³/6 + … are then right to
 * r³/24 = 2·10⁻¹² of it. The table takes 8 kB of the first cache (32 kB or more).
 */
const parts = 1024;
const perUnit = parts / Math.LN2;
const unit = Math.LN2 / parts;
const partialPowers = new Float64Array(parts);
for (let j = 0; j < parts; j++) partialPowers[j] = 2 ** (j / parts);

/** Beyond these eˣ is 0 or ∞ as a double; the powers of two between them. */
const least = -746;
const most = 710;
const leastPower = -1077;
const wholePowers = new Float64Array(1025 - leastPower);
for (let i = 0; i < wholePowers.length; i++) wholePowers[i] = 2 ** (i + leastPower);

const bounded = (x: number) => Math.max(least, Math.min(most, x));
const nearest = (x: number) => Math.floor(x * perUnit + 0.5);
/** 2^(n/1024). */
const power = (n: number) => partialPowers[n & (parts - 1)] * wholePowers[(n >> 10) - leastPower];
const seriesOf = (r: number) => r * (1 + r * (1 / 2 + r / 6));

/** eˣ. */
export function exp(x: number): number {
  const z = bounded(x);
  const n = nearest(z);
  return power(n) * (1 + seriesOf(z - n * unit));
}

/** eˣ − 1, without cancellation near 0. */
export function expm1(x: number): number {
  const z = bounded(x);
  const n = nearest(z);
  const p = power(n);
  return p * seriesOf(z - n * unit) + (p - 1);
}

const logarithms = new Float64Array(parts + 1);
for (let j = 0; j < logarithms.length; j++) logarithms[j] = Math.log1p(j / parts);

/** ln(1 + u) for 0 ≤ u ≤ 1: with c the nearest of 1, 1 + 1/1024, …, 2 it is ln c + 2·artanh((1 + u − c)/(1 + u + c)). */
export function log1p(u: number): number {
  const j = Math.floor(u * parts + 0.5);
  const tabulated = j / parts;
  const s = (u - tabulated) / (2 + u + tabulated);
  return logarithms[j] + 2 * s * (1 + (s * s) / 3);
}
