import { describe, expect, it } from 'vitest';
import { calculate, closeTo, float32 } from './testing/kernels.ts';

const prediction = float32([2, 2], [0.25, 0.75, 0.5, 0.125]);
const target = float32([2, 2], [0, 1, 0.5, 0.25]);

/** Loss and gradient of predictions ¼, ¾, ½, ⅛ for targets 0, 1, ½, ¼, by hand. */
const expected = {
  // ½(1/16 + 1/16 + 0 + 1/64)
  squaredError: { loss: 9 / 128, gradient: [0.25, -0.25, 0, -0.125] },
  // −ln ¾ − ½·ln ½ − ¼·ln ⅛; −target/prediction
  crossEntropy: { loss: Math.log(4 / 3) + 1.25 * Math.log(2), gradient: [0, -4 / 3, -1, -2] },
  // −ln ¾ − ln ¾ − ln ½ − ¼·ln ⅛ − ¾·ln ⅞; (prediction − target)/(prediction·(1 − prediction))
  binaryCrossEntropy: {
    loss: 2 * Math.log(4 / 3) + 1.75 * Math.log(2) + 0.75 * Math.log(8 / 7),
    gradient: [4 / 3, -4 / 3, 0, -8 / 7],
  },
};

describe.each(['squaredError', 'crossEntropy', 'binaryCrossEntropy'] as const)('tfjs %s', (name) => {
  it('is summed over all elements', async () => {
    const { loss } = await calculate(name, {}, { prediction, target });
    expect(loss.shape).toEqual([]);
    expect(loss.values).toSatisfy((actual: number[]) => closeTo(actual, [expected[name].loss]));
  });

  it('has the right gradient', async () => {
    const { dPrediction } = await calculate(`${name}.gradient`, {}, { prediction, target });
    expect(dPrediction.shape).toEqual([2, 2]);
    expect(dPrediction.values).toSatisfy((actual: number[]) => closeTo(actual, expected[name].gradient));
  });
});
