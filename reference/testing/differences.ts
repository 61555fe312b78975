/** Numerical differentiation and made-up numbers for the tests of the reference. */
import { type Tensor, tensor } from '../tensor.ts';

/**
 * ∂f/∂x by central differences with five points, (8(f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h)))/12h: error of order h⁴, and about 1e-16/h of
 * rounding, so that h = 1e-3 leaves some 12 digits of a smooth function of size 1.
 */
export function differences(f: (x: Tensor) => number, x: Tensor, h = 1e-3): Tensor {
  const slopes = Array.from(x.data, (value, i) => {
    const at = (moved: number) => {
      const data = Float64Array.from(x.data);
      data[i] = value + moved;
      return f({ ...x, data });
    };
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  });
  return tensor(x.shape, slopes);
}

/** Largest |a − b| over the elements; NaN when one is NaN, ∞ when the shapes differ. */
export function largestDifference(a: Tensor, b: Tensor): number {
  if (a.shape.join() !== b.shape.join()) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) {
    const difference = Math.abs(a.data[i] - b.data[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** ⟨a, b⟩ = Σ aᵢbᵢ. */
export function inner(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i] * b.data[i];
  return sum;
}

/** Numbers in (−1, 1) that look irregular and are the same every time: the fractional parts of multiples of an irrational number. */
export function irregular(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(
    shape,
    Array.from({ length: size }, (_, i) => {
      const v = (i + 1) * Math.SQRT2 * (seed + 0.618);
      return 2 * (v - Math.floor(v)) - 1;
    }),
  );
}

/** Integers −3 … 3, for which every sum here is exact. */
export function integers(shape: readonly number[], seed: number): Tensor {
  const { data } = irregular(shape, seed);
  return tensor(
    shape,
    // + 0 makes 0 of −0.
    Array.from(data, (v) => Math.round(3 * v) + 0),
  );
}
