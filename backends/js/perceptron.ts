/** The online perceptron, Novikoff's bound, the separator with the largest margin, and networks of threshold units. */
import type { Builders } from './program.ts';

/** Σⱼ x[from + j]·w[j]. */
export function dot(x: Float32Array, from: number, w: ArrayLike<number>, features: number): number {
  let sum = 0;
  for (let j = 0; j < features; j++) sum += x[from + j] * w[j];
  return sum;
}

/** Sweeps after which a set counts as not separable through the origin. */
const mostSweeps = 100_000;

export const perceptronKernels: Builders<'perceptron.train' | 'novikoff.bound' | 'maximumMargin' | 'thresholdNetwork'> = {
  'perceptron.train': ({ passes }, { x: [samples, features] }) => ({
    outputs: { weights: [features], mistakes: [passes, samples] },
    run: ({ x, labels }, { weights, mistakes }) => {
      weights.fill(0);
      mistakes.fill(0);
      for (let pass = 0; pass < passes; pass++) {
        for (let n = 0; n < samples; n++) {
          if (labels[n] * dot(x, n * features, weights, features) > 0) continue;
          mistakes[pass * samples + n] = 1;
          for (let j = 0; j < features; j++) weights[j] += labels[n] * x[n * features + j];
        }
      }
    },
  }),
  'novikoff.bound': (_, { x: [samples, features] }) => ({
    outputs: { radius: [], margin: [], bound: [] },
    run: ({ x, labels, separator }, { radius, margin, bound }) => {
      let squaredRadius = 0;
      let smallest = Infinity;
      for (let n = 0; n < samples; n++) {
        const row = x.subarray(n * features, (n + 1) * features);
        squaredRadius = Math.max(squaredRadius, dot(row, 0, row, features));
        smallest = Math.min(smallest, labels[n] * dot(row, 0, separator, features));
      }
      radius[0] = Math.sqrt(squaredRadius);
      margin[0] = smallest;
      bound[0] = (dot(separator, 0, separator, features) * squaredRadius) / (smallest * smallest);
    },
  }),

  /** Dual coordinate ascent, sweep after sweep until primal and dual are within the tolerance. */
  maximumMargin: ({ tolerance }, { x: [samples, features] }) => {
    const multipliers = new Float64Array(samples);
    const u = new Float64Array(features);
    return {
      outputs: { separator: [features], margin: [], primal: [], dual: [] },
      run: ({ x, labels }, { separator, margin, primal, dual }) => {
        multipliers.fill(0);
        u.fill(0);
        for (let sweep = 0; sweep < mostSweeps; sweep++) {
          for (let n = 0; n < samples; n++) {
            const row = x.subarray(n * features, (n + 1) * features);
            const slack = 1 - labels[n] * dot(row, 0, u, features);
            const next = Math.max(0, multipliers[n] + slack / dot(row, 0, row, features));
            const change = (next - multipliers[n]) * labels[n];
            multipliers[n] = next;
            for (let j = 0; j < features; j++) u[j] += change * row[j];
          }
          let smallest = Infinity;
          for (let n = 0; n < samples; n++) smallest = Math.min(smallest, labels[n] * dot(x, n * features, u, features));
          if (!(smallest > 0)) continue;
          const squared = u.reduce((sum, value) => sum + value * value, 0);
          const above = squared / (2 * smallest * smallest);
          const below = multipliers.reduce((sum, value) => sum + value, 0) - squared / 2;
          if (above - below > tolerance * above) continue;
          for (let j = 0; j < features; j++) separator[j] = u[j] / smallest;
          margin[0] = smallest / Math.sqrt(squared);
          primal[0] = above;
          dual[0] = below;
          return;
        }
        throw new RangeError(`maximumMargin: no separator within the tolerance after ${mostSweeps} sweeps`);
      },
    };
  },

  thresholdNetwork: (_, { x: [rows, inputs], hiddenBias: [units] }) => ({
    outputs: { hidden: [rows, units], y: [rows] },
    run: ({ x, hiddenWeights, hiddenBias, outputWeights, outputBias }, { hidden, y }) => {
      for (let r = 0; r < rows; r++) {
        const bits = x.subarray(r * inputs, (r + 1) * inputs);
        for (let k = 0; k < units; k++) {
          hidden[r * units + k] = dot(hiddenWeights, k * inputs, bits, inputs) + hiddenBias[k] >= 0 ? 1 : 0;
        }
        y[r] = dot(hidden, r * units, outputWeights, units) + outputBias[0] >= 0 ? 1 : 0;
      }
    },
  }),
};
