import { describe, expect, it } from 'vitest';
import { adapters } from './testing/adapters.ts';
import { float32 } from './testing/kernels.ts';

describe.each(adapters)('$adapter: validation and ensembles', ({ calculate }) => {
  it('cuts 3, 0, 4, 1, 2 into {3, 0, 4} and {1, 2}', async () => {
    const { validation, training } = await calculate('kFolds', { folds: 2 }, { order: float32([5], [3, 0, 4, 1, 2]) });
    expect(validation).toEqual({ shape: [2, 5], values: [1, 0, 0, 1, 1, 0, 1, 1, 0, 0] });
    expect(training).toEqual({ shape: [2, 5], values: [0, 1, 1, 0, 0, 1, 0, 0, 1, 1] });
  });

  it('returns the weights of the first smallest loss that patience lets it meet', async () => {
    const inputs = { losses: float32([5], [3, 1, 2, 1, 0]), weights: float32([5, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) };
    expect(await calculate('earlyStopping', { patience: 2 }, inputs)).toEqual({
      weights: { shape: [2], values: [3, 4] },
      bestStep: { shape: [], values: [1] },
      lastStep: { shape: [], values: [3] },
    });
  });

  it('measures no loss against a first one that is no number, and takes none later for an improvement', async () => {
    const weights = float32([5, 1], [1, 2, 3, 4, 5]);
    const started = await calculate('earlyStopping', { patience: 2 }, { losses: float32([5], [NaN, 3, 2, 1, 0]), weights });
    expect(started).toMatchObject({ bestStep: { values: [0] }, lastStep: { values: [2] } });
    const later = await calculate('earlyStopping', { patience: 2 }, { losses: float32([5], [2, NaN, 1, NaN, NaN]), weights });
    expect(later).toMatchObject({ weights: { values: [3] }, bestStep: { values: [2] }, lastStep: { values: [4] } });
  });

  it('takes memory in proportion to samples and steps, not to their squares', async () => {
    const count = 70_001;
    const folds = await calculate('kFolds', { folds: 2 }, { order: float32([count], Array(count).keys()) });
    expect(folds.validation.values.indexOf(0)).toBe(35_001);
    const inputs = { losses: float32([count], Array(count).fill(1)), weights: float32([count, 1], Array(count).keys()) };
    const { bestStep, lastStep } = await calculate('earlyStopping', { patience: 66_000 }, inputs);
    expect([bestStep.values, lastStep.values]).toEqual([[0], [66_000]]);
  });

  it('averages models and their errors', async () => {
    // Two models, two points: means 2 and 5; (2 − 3)², (5 − 3)²; members (4 + 25)/2 and (0 + 1)/2; spread 1 and 9.
    const predictions = float32([2, 2], [1, 8, 3, 2]);
    const target = float32([2], [3, 3]);
    expect(await calculate('ensemble', {}, { predictions, target })).toEqual({
      prediction: { shape: [2], values: [2, 5] },
      squaredError: { shape: [], values: [2.5] },
      memberErrors: { shape: [2], values: [14.5, 0.5] },
    });
    expect(await calculate('biasVariance', {}, { predictions, truth: target })).toEqual({
      squaredBias: { shape: [], values: [2.5] },
      variance: { shape: [], values: [5] },
    });
  });
});
