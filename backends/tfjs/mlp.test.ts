import { describe, expect, it } from 'vitest';
import { calculate, closeTo, float32 } from './testing/kernels.ts';

/** Row M2: ŷ to 12 digits; Row M3 and R9 give the gradients for y = 1. */
const kim = {
  x: float32([1, 2], [1, -0.5]),
  weights1: float32([3, 2], [1.2, -0.3, 2.1, -0.7, -1.5, 0.3]),
  bias1: float32([3], [0, 0, 0]),
  weights2: float32([1, 3], [-0.2, 0.5, 1.3]),
  bias2: float32([1], [0]),
};
const sigmoids = { activations: ['sigmoid', 'sigmoid'] };

/** Two samples, two inputs, a hidden rectifier layer of three, one output; integers, so that float32 is exact. */
const small = {
  x: float32([2, 2], [1, 2, -1, 1]),
  target: float32([2, 1], [2, 3]),
  weights1: float32([3, 2], [1, 1, 2, -1, -1, 3]),
  bias1: float32([3], [0, 1, -2]),
  weights2: float32([1, 3], [1, -2, 3]),
  bias2: float32([1], [-1]),
};
/**
 * Hidden: net (3, 1, 3) and (0, −2, 2), h (3, 1, 3) and (0, 0, 2); y = 9 and 5; errors 7 and 2; loss ½(49 + 4).
 * The second sample's first two units are off (net 0 counts as off: the library takes ReLU′(0) = 0).
 */
const gradients = {
  dWeights2: [7 * 3, 7, 7 * 3 + 2 * 2],
  dBias2: [9],
  // δ of the hidden units: 7·(1, −2, 3) and 2·(0, 0, 3).
  dWeights1: [7, 14, -14, -28, 21 - 6, 42 + 6],
  dBias1: [7, -14, 27],
};
const rectifier = { activations: ['relu', 'identity'] };

describe('tfjs multilayer perceptron', () => {
  it('computes the worked example forward', async () => {
    const { y } = await calculate('mlp.forward', sigmoids, kim);
    expect(y.shape).toEqual([1, 1]);
    expect(y.values).toSatisfy((actual: number[]) => closeTo(actual, [0.625016596053]));
  });

  it('computes the worked example backward', async () => {
    const outputs = await calculate('mlp.backward', sigmoids, { ...kim, target: float32([1, 1], [1]) });
    expect(outputs.loss.values).toSatisfy((actual: number[]) => closeTo(actual, [(1 - 0.625016596053) ** 2 / 2]));
    expect(outputs.dWeights2.values.map((value) => value.toFixed(3))).toEqual(['-0.070', '-0.081', '-0.014']);
  });

  it('sums gradients over the batch', async () => {
    const { loss, ...outputs } = await calculate('mlp.backward', rectifier, small);
    expect(loss).toEqual({ shape: [], values: [26.5] });
    expect(outputs).toEqual({
      dWeights1: { shape: [3, 2], values: gradients.dWeights1 },
      dBias1: { shape: [3], values: gradients.dBias1 },
      dWeights2: { shape: [1, 3], values: gradients.dWeights2 },
      dBias2: { shape: [1], values: gradients.dBias2 },
    });
  });

  it('takes one step against the gradient and reports the loss before it', async () => {
    const outputs = await calculate('mlp.trainStep', { ...rectifier, learningRate: 0.5 }, small);
    const stepped = (weights: { data: Iterable<number> }, gradient: number[]) =>
      [...weights.data].map((value, index) => value - 0.5 * gradient[index]);
    expect(Object.fromEntries(Object.entries(outputs).map(([name, { values }]) => [name, values]))).toEqual({
      loss: [26.5],
      weights1: stepped(small.weights1, gradients.dWeights1),
      bias1: stepped(small.bias1, gradients.dBias1),
      weights2: stepped(small.weights2, gradients.dWeights2),
      bias2: stepped(small.bias2, gradients.dBias2),
    });
  });
});
