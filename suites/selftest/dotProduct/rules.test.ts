/** The constants of the anchor rules, each on both sides of its threshold, by hand. */
import { describe, expect, it } from 'vitest';
import { type DotProducts, outputs } from './data.ts';
import { anchorRules } from './rules.ts';

const length = 100;
const u = 2 ** -24;

/** All outputs expect y with Σ|a||b| = scale. */
function data(y: number, scale: number): DotProducts {
  const all = (value: number) => new Float64Array(outputs).fill(value);
  return { length, expected: all(y), scale: all(scale) } as DotProducts;
}

function accepts(name: string, y: number, scale: number, error: number | ((i: number) => number)): boolean {
  const rule = anchorRules.find((one) => one.name === name)!;
  const errors = typeof error === 'number' ? () => error : error;
  return rule.accepts(
    data(y, scale),
    Float64Array.from({ length: outputs }, (_, i) => y + errors(i)),
  );
}

describe.each([
  ['JAX', 3, 1, 1e-6 * 100 * 4],
  ['ONNX backend tests', 3, 1, 1e-7 + 3e-3],
  ['tfjs', 3, 1, 1e-3],
  ['PyTorch float32', 3, 1, 1e-5 + 3.9e-6],
  ['Higham γ_K alone', 3, 5, ((100 * u) / (1 - 100 * u)) * 5],
  ['WebNN', 1, 5, 200 * 2 ** -23],
  ['reference BLAS', 3, 5, 16 * 2 ** -23 * 5],
])('%s', (name, y, scale, threshold) => {
  it('accepts less than its threshold, and nothing above it in a single element', () => {
    expect(accepts(name, y, scale, 0.999 * threshold)).toBe(true);
    expect(accepts(name, y, scale, (i) => (i === 700 ? 1.02 * threshold : 0))).toBe(false);
    expect(accepts(name, y, scale, (i) => (i === 700 ? Number.NaN : 0))).toBe(false);
  });
});

describe('TOSA', () => {
  const unit = 5 * u;
  const sign = (i: number) => (i % 2 === 0 ? 1 : -1);
  it('each element', () => {
    expect(accepts('TOSA', 3, 5, (i) => (i === 700 ? 199 * unit : 0))).toBe(true);
    expect(accepts('TOSA', 3, 5, (i) => (i === 700 ? 201 * unit : 0))).toBe(false);
  });
  it('variance, 4·0.4·K', () => {
    expect(accepts('TOSA', 3, 5, (i) => sign(i) * Math.sqrt(159) * unit)).toBe(true);
    expect(accepts('TOSA', 3, 5, (i) => sign(i) * Math.sqrt(161) * unit)).toBe(false);
  });
  it('bias, √(10·4·0.4·K·T)', () => {
    const largest = Math.sqrt((10 * 160) / outputs);
    expect(accepts('TOSA', 3, 5, 0.99 * largest * unit)).toBe(true);
    expect(accepts('TOSA', 3, 5, 1.01 * largest * unit)).toBe(false);
  });
});
