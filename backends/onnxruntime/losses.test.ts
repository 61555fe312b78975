import { describe, expect, it } from 'vitest';
import { calculate, closeTo, float32 } from './testing/kernels.ts';

const prediction = float32([2, 2], [0.25, 0.5, 0.75, 0.125]);
const target = float32([2, 2], [1, 0.5, 0, 0.625]);

/** By hand, for predictions ¼, ½, ¾, ⅛ and targets 1, ½, 0, ⅝. */
const expected = {
  // ½(9/16 + 0 + 9/16 + 1/4)
  squaredError: { loss: 11 / 16, gradient: [-0.75, 0, 0.75, -0.5] },
  // ln 4 + ½·ln 2 + ⅝·ln 8 = (2 + ½ + 15/8)·ln 2; −target/prediction
  crossEntropy: { loss: 4.375 * Math.LN2, gradient: [-4, -1, 0, -5] },
  // ln 4 + ln 2 + ln 4 + ⅝·ln 8 + ⅜·ln(8/7); (prediction − target)/(prediction·(1 − prediction))
  binaryCrossEntropy: {
    loss: 6.875 * Math.LN2 + 0.375 * Math.log(8 / 7),
    gradient: [-4, 0, 4, -32 / 7],
  },
};

describe.each(['squaredError', 'crossEntropy', 'binaryCrossEntropy'] as const)('onnxruntime %s', (name) => {
  it('is summed over all elements to a scalar', async () => {
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

describe('onnxruntime cross entropies', () => {
  // Certain predictions that are right: 0·ln 0 counts as 0.
  const certain = { prediction: float32([1, 2], [0, 1]), target: float32([1, 2], [0, 1]) };

  it.each(['crossEntropy', 'binaryCrossEntropy'] as const)('%s of certainty is 0', async (name) => {
    expect((await calculate(name, {}, certain)).loss.values.map(Math.abs)).toEqual([0]);
  });

  it('crossEntropy has a gradient there', async () => {
    const { dPrediction } = await calculate('crossEntropy.gradient', {}, certain);
    expect(dPrediction.values.map((value) => value + 0)).toEqual([0, -1]);
  });
});

describe('onnxruntime binary cross entropy, gradient', () => {
  it('keeps its digits where prediction and target are nearly equal', async () => {
    // −2⁻²³ / ¼, where the two quotients of the other printed form are 1 + 2⁻²² and 1 − 2⁻²².
    const near = { prediction: float32([1, 1], [0.5]), target: float32([1, 1], [0.5 + 2 ** -23]) };
    const { dPrediction } = await calculate('binaryCrossEntropy.gradient', {}, near);
    expect(dPrediction.values).toEqual([-(2 ** -21)]);
  });
});
