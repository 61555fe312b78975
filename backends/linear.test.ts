import { describe, expect, it } from 'vitest';
import { adapters } from './testing/adapters.ts';
import { float32 } from './testing/kernels.ts';

const vector = (...values: number[]) => float32([values.length], values);
/** wᵀx = 3, 0 and −2: right, on the surface and, labelled +1, wrong. */
const samples = {
  x: float32([3, 2], [1, 1, 2, -4, -1, 0]),
  labels: vector(1, -1, 1),
  weights: vector(2, 1),
};

describe.each(adapters)('$adapter: linear models', ({ calculate }) => {
  it('the discriminant is wᵀx + b, its sign and its distance', async () => {
    const given = { x: float32([3, 2], [1, 2, -1, 3, 4, 3]), weights: vector(3, -4), bias: float32([], [5]) };
    const { values, classes, distances } = await calculate('linearDiscriminant', {}, given);
    expect(values).toEqual({ shape: [3], values: [0, -10, 5] });
    expect(classes.values).toEqual([0, -1, 1]);
    expect(distances.values).toEqual([0, -2, 1]);
  });

  it('the criterion sums over what is wrong or on the surface', async () => {
    // −(−1·0) − (1·−2) = 2; the gradient is −(−1·(2, −4)) − (−1, 0).
    const { loss, gradient } = await calculate('perceptronCriterion', {}, samples);
    expect(loss).toEqual({ shape: [], values: [2] });
    expect(gradient.values).toEqual([3, -4]);
  });

  it('a batch step goes against its gradient', async () => {
    const { weights } = await calculate('batchPerceptronStep', { learningRate: 0.5 }, samples);
    expect(weights.values).toEqual([0.5, 3]);
  });

  it('a surrogate step weighs every sample by its error: 0, 1 on the surface, 2', async () => {
    // Errors 0, −1 and 2: ½(1 + 4); ½(−(2, −4) + 2·(−1, 0)) = (−2, 2).
    const { loss, weights } = await calculate('surrogatePerceptronStep', { learningRate: 0.5 }, samples);
    expect(loss.values).toEqual([2.5]);
    expect(weights.values).toEqual([0, 3]);
  });

  it('a stochastic epoch goes through the samples in the order asked for', async () => {
    // Sample 2: error 2, w = (2, 1) + (−1, 0) = (1, 1); sample 0: 2, right; sample 1: −2, label −1: right.
    const { weights } = await calculate('stochasticPerceptronEpoch', { learningRate: 0.5, order: [2, 0, 1] }, samples);
    expect(weights.values).toEqual([1, 1]);
    // Sample 1 first: error −1, w = (1, 3); sample 2: −1, error 2, w = (0, 3); sample 0: 3, right.
    const other = await calculate('stochasticPerceptronEpoch', { learningRate: 0.5, order: [1, 2, 0] }, samples);
    expect(other.weights.values).toEqual([0, 3]);
  });
});
