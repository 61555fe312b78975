/** Metamorphic relation of the perceptron's training: Novikoff's proof, line by line (Rows N2, N3). */
import fc from 'fast-check';
import type { Tensor } from '../../../reference/tensor.ts';
import { type Relation, requireEqual } from '../../judging/relation.ts';
import { integers, tensorOf } from '../shared/examples.ts';

/** Samples that u separates with a margin of 1 at least, and their labels. */
const separable = fc
  .record({
    samples: fc.integer({ min: 1, max: 6 }),
    features: fc.integer({ min: 1, max: 4 }),
    passes: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ samples, features, passes }) =>
    fc
      .record({ x: integers([samples, features]), separator: integers([features]) })
      .map(({ x, separator }) => ({ sizes: {}, attributes: { passes }, tensors: { x, separator } })),
  )
  .filter(({ tensors: { x, separator } }) => scores(x, separator).every((score) => score !== 0));

function scores({ shape: [samples, features], data }: Tensor, weights: Tensor): number[] {
  return Array.from({ length: samples }, (_, n) => {
    let sum = 0;
    for (let j = 0; j < features; j++) sum += data[n * features + j] * weights.data[j];
    return sum;
  });
}

const squaredLength = (values: Iterable<number>) => Array.from(values).reduce((sum, value) => sum + value * value, 0);

/** Every number in it is an integer or a quotient of two: nothing here is near a tie. */
export const novikoffsProof: Relation = {
  name: 'each line of Novikoff’s proof',
  rows: ['N2', 'N3'],
  draw: () => separable,
  async check({ attributes, tensors: { x, separator } }, ask) {
    const [samples, features] = x.shape;
    const labels = tensorOf([samples], scores(x, separator).map(Math.sign));
    const { outputs } = await ask('perceptron.train', attributes, { x, labels });
    const margin = Math.min(...scores(x, separator).map(Math.abs));
    const sample = (n: number) => x.data.subarray(n * features, (n + 1) * features);
    const squaredRadius = Math.max(...Array.from({ length: samples }, (_, n) => squaredLength(sample(n))));
    const alpha = squaredRadius / margin;
    let weights = new Float64Array(features);
    const distance = () => squaredLength(weights.map((value, j) => value - alpha * separator.data[j]));
    let mistakes = 0;
    outputs.mistakes.data.forEach((erred, at) => {
      const n = at % samples;
      const score = weights.reduce((sum, value, j) => sum + value * sample(n)[j], 0) * labels.data[n];
      if (score !== 0 && erred !== Number(score < 0)) {
        throw new Error(`pass ${Math.floor(at / samples)}, sample ${n}: y·wᵀx is ${score}, and the trace says ${erred}`);
      }
      if (erred !== 1) return;
      mistakes++;
      const before = distance();
      weights = weights.map((value, j) => value + labels.data[n] * sample(n)[j]);
      if (!(distance() <= (before - squaredRadius) * (1 + 2 ** -40) + 2 ** -40 * before)) {
        throw new Error(
          `mistake ${mistakes}: ‖w − αu‖² went from ${before} to ${distance()}, by less than R² = ${squaredRadius}`,
        );
      }
    });
    const bound = (squaredLength(separator.data) * squaredRadius) / margin ** 2;
    if (!(mistakes <= bound * (1 + 2 ** -40))) throw new Error(`${mistakes} mistakes, Novikoff’s bound is ${bound}`);
    requireEqual('weights beside the sum of the mistakes', outputs.weights.data, weights);
    return undefined;
  },
};
