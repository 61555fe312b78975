/** Other arithmetics than float32, computed in float64: what implementations are suspected of, and what is put into them on purpose. */

/** Rounded to a significand of so many bits, to nearest: Veltkamp's splitting. Exponents stay float64's. */
export function roundToBits(digits: number): (x: number) => number {
  const factor = 2 ** (53 - digits) + 1;
  return (x) => {
    const scaled = x * factor;
    return scaled - (scaled - x);
  };
}

/** All of them at once, for speed: float32 numbers rounded to so many bits. */
export function roundAllToBits(x: Float32Array, digits: number): Float32Array {
  const factor = 2 ** (53 - digits) + 1;
  const rounded = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const scaled = x[i] * factor;
    rounded[i] = scaled - (scaled - x[i]);
  }
  return rounded;
}

const elevenBits = roundToBits(11);
/** Adding it to a number below 2⁻¹³ rounds to a multiple of float16's smallest subnormal, 2⁻²⁴, ties to even. */
const subnormalShift = 1.5 * 2 ** (52 - 24);

/** IEEE float16: 11 bits, subnormals from 2⁻¹⁴ down, infinity beyond 65504. */
export function toFloat16(x: number): number {
  if (Math.abs(x) < 2 ** -14) return x + subnormalShift - subnormalShift;
  const rounded = elevenBits(x);
  return Math.abs(rounded) > 65504 ? Math.sign(x) * Infinity : rounded;
}

/** Significant bits of the formats with float32's exponents. */
export const tf32Bits = 11;
export const bf16Bits = 8;
export const toTf32 = roundToBits(tf32Bits);
export const toBf16 = roundToBits(bf16Bits);

const float = new Float32Array(1);
const integer = new Int32Array(float.buffer);

/** To float32 toward zero. */
export function truncate(x: number): number {
  float[0] = x;
  // Signed-magnitude: one less is one step toward zero, whatever the sign.
  if (Math.abs(float[0]) > Math.abs(x)) integer[0]--;
  return float[0];
}

/** To float32, subnormal results to zero. */
export function flush(x: number): number {
  const rounded = Math.fround(x);
  return Math.abs(rounded) < 2 ** -126 ? 0 : rounded;
}
