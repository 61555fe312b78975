/** How time grows with size: the exponent of a power law. */
import { linearRegression } from 'simple-statistics';
import { studentQuantile } from './student.ts';

export interface Growth {
  /** p of time ≈ c·sizeᵖ. */
  readonly exponent: number;
  readonly low: number;
  readonly high: number;
  /** Coefficient c, in the times' unit. */
  readonly factor: number;
  readonly points: number;
}

/**
 * Fits a power law by least squares of the logarithms, with Student's interval of 95 % for the exponent. undefined where fewer than
 * three different sizes leave no interval.
 */
export function fitGrowth(points: readonly (readonly [size: number, time: number])[]): Growth | undefined {
  const usable = points.filter(([size, time]) => size > 0 && time > 0);
  const n = usable.length;
  if (new Set(usable.map(([size]) => size)).size < 3) return undefined;
  const logarithms = usable.map(([size, time]) => [Math.log(size), Math.log(time)]);
  const { m: exponent, b } = linearRegression(logarithms);
  const mean = logarithms.reduce((sum, [x]) => sum + x, 0) / n;
  const squares = logarithms.reduce((sum, [x]) => sum + (x - mean) ** 2, 0);
  const residuals = logarithms.reduce((sum, [x, y]) => sum + (y - b - exponent * x) ** 2, 0);
  const half = studentQuantile(0.975, n - 2) * Math.sqrt(residuals / (n - 2) / squares);
  return { exponent, low: exponent - half, high: exponent + half, factor: Math.exp(b), points: n };
}
