/** The online perceptron and Novikoff's bound. */
import type { Builders } from './program.ts';

/** Σⱼ x[from + j]·w[j]. */
export function dot(x: Float32Array, from: number, w: ArrayLike<number>, features: number): number {
  let sum = 0;
  for (let j = 0; j < features; j++) sum += x[from + j] * w[j];
  return sum;
}

export const perceptronKernels: Builders<'perceptron.train' | 'novikoff.bound'> = {
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
};
