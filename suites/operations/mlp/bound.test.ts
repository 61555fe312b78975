import { describe, expect, it } from 'vitest';
import type { LayerActivation } from '../../../backends/signatures.ts';
import { type Layer, mlpBackward, mlpTrainStep } from '../../../reference/mlp.ts';
import { scalar, tensor } from '../../../reference/tensor.ts';
import { precisions } from '../../judging/precision.ts';
import { mlpBackwardLimits, mlpForwardLimits, mlpTrainStepLimits } from './bound.ts';

const { float32, float64, tf32 } = precisions;
const u = float32.unitRoundoff;

/** One unit after another: wide enough to see where each limit comes from. */
function chain(...units: [activation: LayerActivation, weight: number, bias: number][]): Layer[] {
  return units.map(([activation, weight, bias]) => ({
    activation,
    weights: tensor([1, 1], [Math.fround(weight)]),
    bias: tensor([1], [Math.fround(bias)]),
  }));
}
const one = (value: number) => tensor([1, 1], [Math.fround(value)]);

describe('forward limits', () => {
  const limit = (x: number, layers: Layer[], precision = float32) => mlpForwardLimits(one(x), layers, precision).y.limit[0];

  it('of one identity layer are those of a dense layer: γ₂(|w||x| + |b|) and half an ulp', () => {
    const [w, x, b] = [Math.fround(0.7), Math.fround(0.9), Math.fround(0.1)];
    const bound = ((2 * u) / (1 - 2 * u)) * (w * x + b) + 2 ** -24 / 2;
    expect(limit(0.9, chain(['identity', 0.7, 0.1])) / bound).toBeCloseTo(1, 6);
  });

  it('of ReLU are those of its net, and 0 where the net is surely negative', () => {
    expect(limit(0.9, chain(['relu', 0.7, 0.1]))).toBe(limit(0.9, chain(['identity', 0.7, 0.1])));
    expect(limit(0.9, chain(['relu', -0.7, 0.1]))).toBe(0);
  });

  it('grow through a second layer by its weight', () => {
    const first = limit(0.9, chain(['identity', 0.7, 0.1]));
    const through = limit(0.9, chain(['identity', 0.7, 0.1], ['identity', 8, 0]));
    expect(through).toBeGreaterThan(8 * first);
    expect(through).toBeLessThan(8 * first + 4 * u * 8);
  });

  it('shrink where sigmoid is flat', () => {
    const steep = limit(1e-3, chain(['identity', 1000.3, 0], ['sigmoid', 1, -1]));
    const flat = limit(1e-3, chain(['identity', 1000.3, 0], ['sigmoid', 1, 12]));
    expect(flat).toBeLessThan(0.7 * steep);
  });

  it('are 0 for small integers and follow the precision elsewhere', () => {
    expect(limit(3, chain(['identity', 5, -2], ['relu', 7, 1]))).toBe(0);
    const layers = chain(['tanh', 0.7, 0.1], ['sigmoid', 0.3, -0.2]);
    expect(limit(0.9, layers, tf32) / limit(0.9, layers)).toBeGreaterThan(2 ** 12);
    expect(limit(0.9, layers, float64) / limit(0.9, layers)).toBeLessThan(2 ** -26);
  });
});

describe('backward limits', () => {
  const gradientsOf = (x: number, target: number, layers: Layer[]) => {
    const { loss, gradients } = mlpBackward(one(x), one(target), layers);
    const named = gradients.flatMap(({ weights, bias }, l) => [
      [`dWeights${l + 1}`, weights],
      [`dBias${l + 1}`, bias],
    ]);
    return { loss: scalar(loss), ...Object.fromEntries(named) };
  };

  it('belong to the derivative of ReLU at 0 that is expected', () => {
    const layers = chain(['relu', 2, -2], ['sigmoid', 0.7, 0.3]);
    const zero = gradientsOf(1, 0.9, layers);
    const limitFor = (dWeights1: number) =>
      mlpBackwardLimits(
        one(1),
        one(0.9),
        layers,
        { ...zero, dWeights1: one(dWeights1), dBias1: tensor([1], [dWeights1]) },
        float32,
      ).dWeights1.limit[0];
    // δ₁ = (σ(0.3) − 0.9)·σ′(0.3)·0.7 where ReLU′(0) is 1.
    const sigma = 1 / (1 + Math.exp(-0.3));
    const delta = (sigma - 0.9) * sigma * (1 - sigma) * 0.7;
    expect(zero.dWeights1.data[0]).toBe(0);
    expect(limitFor(0)).toBeLessThan(1e-40);
    expect(limitFor(delta)).toBeGreaterThan(u * Math.abs(delta));
    expect(limitFor(delta)).toBeLessThan(100 * u * Math.abs(delta));
  });

  it('leave both slopes of ReLU open where rounding may carry the net across 0', () => {
    // 0.1·3 − 0.3 in float32 is 3·2⁻²⁸ or 0, as the sum is rounded.
    const layers = chain(['relu', 0.1, -0.3], ['identity', 1, 0]);
    const { dWeights1 } = mlpBackwardLimits(one(3), one(-2), layers, gradientsOf(3, -2, layers), float32);
    expect(dWeights1.limit[0]).toBeGreaterThanOrEqual(6);
  });
});

describe('training step limits', () => {
  it('add the rounding of the learning rate and of the product, but for a power of two', () => {
    const layers = chain(['identity', 0, 0]);
    const [x, target] = [one(3.3), one(-20.7)];
    const relative = (learningRate: number) => {
      const { loss, layers: next } = mlpTrainStep(x, target, layers, learningRate);
      const expected = { loss: scalar(loss), weights1: next[0].weights, bias1: next[0].bias };
      const { weights1 } = mlpTrainStepLimits(x, target, layers, learningRate, expected, float32);
      return weights1.limit[0] / Math.abs(next[0].weights.data[0]);
    };
    expect((relative(0.1) - relative(0.125)) / (2 * u)).toBeCloseTo(1, 3);
  });

  it('leave open that a step below the smallest number underflows', () => {
    // The gradient is 2⁻⁷⁴·2⁻⁷⁴: a tenth of it is a fifth of float32's smallest number.
    const layers = chain(['identity', 0, 0]);
    const [x, target] = [one(2 ** -74), one(-(2 ** -74))];
    const { loss, layers: next } = mlpTrainStep(x, target, layers, 0.1);
    const expected = { loss: scalar(loss), weights1: next[0].weights, bias1: next[0].bias };
    const { weights1 } = mlpTrainStepLimits(x, target, layers, 0.1, expected, float32);
    expect(weights1.limit[0]).toBeGreaterThan(Math.abs(next[0].weights.data[0]));
    expect(weights1.limit[0]).toBeLessThan(10 * float32.smallestSubnormal);
  });
});
