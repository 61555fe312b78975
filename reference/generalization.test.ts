import { describe, expect, it } from 'vitest';
import {
  biasVariance,
  dropconnect,
  dropout,
  ensemble,
  kFolds,
  meanSquaredError,
  trainingSamples,
  trainWithEarlyStopping,
} from './generalization.ts';
import { tensor } from './tensor.ts';

describe('V3', () => {
  it('drops what the mask drops and divides the rest by the probability of keeping it', () => {
    const [x, mask] = [tensor([1, 4], [4, -2, 6, 8]), tensor([1, 4], [1, 0, 1, 1])];
    expect(dropout(x, mask, 0.25)).toEqual(tensor([1, 4], [16, -0, 24, 32]));
    expect(dropconnect(x, mask, 0.25)).toEqual(dropout(x, mask, 0.25));
  });
  it('has the unit itself as its mean over all masks, each with its probability', () => {
    const x = tensor([2], [3, -5]);
    const keep = 0.75;
    let mean = 0;
    for (const a of [0, 1]) {
      for (const b of [0, 1]) {
        const probability = (a ? keep : 1 - keep) * (b ? keep : 1 - keep);
        const { data } = dropout(x, tensor([2], [a, b]), keep);
        mean += probability * (data[0] + data[1]);
      }
    }
    expect(mean).toBeCloseTo(-2, 14);
  });
});

describe('V5', () => {
  it('cuts an order into folds, the larger ones first', () => {
    const folds = kFolds([4, 0, 6, 2, 5, 1, 3], 3);
    expect(folds).toEqual([
      [4, 0, 6],
      [2, 5],
      [1, 3],
    ]);
    expect(trainingSamples(folds, 1)).toEqual([4, 0, 6, 1, 3]);
  });
  it.each([1, 8, 2.5])('refuses %d folds of seven samples', (folds) => {
    expect(() => kFolds([0, 1, 2, 3, 4, 5, 6], folds)).toThrow(`kFolds: (C1) folds must be a whole number in [2, 7]`);
  });
});

describe('V4', () => {
  const stop = (losses: readonly number[], patience: number) =>
    trainWithEarlyStopping(
      0,
      (step) => step + 1,
      { training: () => 0, validation: (step) => losses[step] },
      { steps: losses.length - 1, patience },
    );
  it('returns the earliest state of the smallest loss that it met', () => {
    const { best, bestStep, validationLosses } = stop([5, 3, 2, 4, 2, 3, 3, 1], 3);
    expect([best, bestStep, validationLosses.length]).toEqual([2, 2, 6]);
  });
  it('goes to the end while the loss falls', () => {
    expect(stop([9, 8, 6, 5, 3, 2], 1)).toMatchObject({ best: 5, bestStep: 5 });
  });
  it('returns the start where nothing is better', () => {
    expect(stop([2, 3, 5, 7], 2)).toMatchObject({ best: 0, validationLosses: [2, 3, 5] });
  });
});

it('V6: averages models, whose mean is never worse than they are on average', () => {
  const models = [
    [1, 8, 3],
    [3, 2, 5],
  ];
  expect(ensemble(models)).toEqual([2, 5, 4]);
  expect(meanSquaredError([2, 5, 4], [3, 3, 4])).toBeCloseTo(5 / 3, 15);
  expect(models.map((own) => meanSquaredError(own, [3, 3, 4]))).toEqual([10, 2 / 3]);
});

it('V1: bias and variance of two models at two points, by hand', () => {
  // Means 2 and 5 against 3 and 3; deviations ±1 and ±3.
  const { squaredBias, variance } = biasVariance(
    [
      [1, 8],
      [3, 2],
    ],
    [3, 3],
  );
  expect([squaredBias, variance]).toEqual([2.5, 5]);
});
