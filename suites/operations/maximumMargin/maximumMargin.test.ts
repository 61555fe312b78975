import { describe, expect, it } from 'vitest';
import { maximumMargin } from '../../../reference/maximumMargin.ts';
import { scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import { precisions } from '../../judging/precision.ts';
import { drawnCases, judgeAnswer, refusedCases } from '../../testing/tableLine.ts';
import { maximumMarginOperations } from './entries.ts';

const [operation] = maximumMarginOperations;
const { fround } = Math;
const row = (x: Tensor, n: number) => Array.from(x.data.subarray(n * x.shape[1], (n + 1) * x.shape[1]));
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, j) => fround(sum + fround(value * b[j])), 0);

/** Dual coordinate ascent in float32 from beginning to end, for a fixed number of sweeps. */
function ascended({ x, labels }: { readonly [name: string]: Tensor }, sweeps: number) {
  const [samples, features] = x.shape;
  let u: number[] = Array(features).fill(0);
  const alpha: number[] = Array(samples).fill(0);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let n = 0; n < samples; n++) {
      const slack = fround(1 - fround(labels.data[n] * dot(row(x, n), u)));
      const next = Math.max(0, fround(alpha[n] + fround(slack / dot(row(x, n), row(x, n)))));
      const change = fround(fround(next - alpha[n]) * labels.data[n]);
      u = u.map((value, j) => fround(value + fround(change * row(x, n)[j])));
      alpha[n] = next;
    }
  }
  const smallest = Math.min(...alpha.map((_, n) => fround(labels.data[n] * dot(row(x, n), u))));
  const squared = dot(u, u);
  return {
    separator: tensor(
      [features],
      u.map((value) => fround(value / smallest)),
    ),
    margin: scalar(smallest / Math.sqrt(squared)),
    primal: scalar(squared / (2 * smallest ** 2)),
    dual: scalar(alpha.reduce((sum, value) => fround(sum + value), 0) - squared / 2),
  };
}

describe('maximumMargin', () => {
  it('accepts float32 coordinate ascent that has converged, and not one that has not', () => {
    for (const seed of [1, 2]) expect(refusedCases(operation, seed, ({ inputs }) => ascended(inputs, 400))).toEqual([]);
    expect(refusedCases(operation, 1, ({ inputs }) => ascended(inputs, 2)).length).toBeGreaterThan(3);
  });

  it('accepts a gap within the tolerance and refuses one that is not, in each output', () => {
    for (const asked of drawnCases(operation, 1)) {
      const right = operation.reference(asked.inputs, asked.attributes);
      const tolerance = asked.attributes.tolerance as number;
      const verdict = (name: string, factor: number) =>
        judgeAnswer(operation, asked, { ...right, [name]: scalar(right[name].data[0] * factor) }).passed;
      for (const [name, sign] of [
        ['primal', 1],
        ['dual', -1],
        ['margin', -1],
      ] as const) {
        expect(verdict(name, 1 + 0.9 * sign * tolerance), `${asked.id} ${name}`).toBe(true);
        expect(verdict(name, 1 + 2 * sign * tolerance), `${asked.id} ${name}`).toBe(false);
      }
    }
  });

  it('encloses the optimum, and puts every feasible u with such a gap within its limit', () => {
    for (const asked of drawnCases(operation, 2)) {
      const { x, labels } = asked.inputs;
      const { separator, primal, dual } = maximumMargin(x, labels, { tolerance: 1e-10 });
      expect((primal - dual) / primal).toBeLessThanOrEqual(1e-10);
      const { limit } = operation.bound.limits({
        inputs: asked.inputs,
        attributes: asked.attributes,
        expected: operation.reference(asked.inputs, asked.attributes),
        precision: precisions.float32,
      }).separator;
      // A looser tolerance stops earlier, with a gap of its own.
      const early = maximumMargin(x, labels, { tolerance: asked.attributes.tolerance as number });
      for (const [j, value] of early.separator.data.entries())
        expect(Math.abs(value - separator.data[j])).toBeLessThanOrEqual(limit[j]);
      // The square root of a gap of 2⁻¹² and what rounding adds: some hundredths of the length.
      expect(limit[0] / Math.hypot(...separator.data)).toBeLessThan(0.03);
    }
  });
});
