import { describe, expect, it } from 'vitest';
import {
  type ConvolutionalNetwork,
  convolutionalBackward,
  convolutionalForward,
  convolutionalTrainStep,
  type NetworkGeometry,
} from './convolutionalNetwork.ts';
import { type Tensor, tensor } from './tensor.ts';
import { differences, irregular, largestDifference } from './testing/differences.ts';

describe('C8 by hand', () => {
  // Nets 2, 4, −6; rectified and pooled over two: 4, 4. Logits 4 + 4 − 8 and 0.
  const geometry: NetworkGeometry = {
    convolution: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 },
    pooling: { window: [1, 2], stride: [1, 1], padding: [0, 0, 0, 0] },
  };
  const x = tensor([1, 1, 1, 3], [1, 2, -3]);
  const network: ConvolutionalNetwork = {
    kernels: tensor([1, 1, 1, 1], [2]),
    kernelBias: tensor([1], [0]),
    weights: tensor([2, 2], [1, 1, 0, 0]),
    bias: tensor([2], [-8, 0]),
  };
  it('forward', () => {
    const { net, active, pooled, probabilities } = convolutionalForward(x, network, geometry);
    expect([net, active, pooled, probabilities].map(({ data }) => [...data])).toEqual([
      [2, 4, -6],
      [2, 4, 0],
      [4, 4],
      [0.5, 0.5],
    ]);
  });
  it('backward: δ = (−½, ½), all of it on the net 4, under which the input 2 lies', () => {
    const { loss, gradients, dNet } = convolutionalBackward(x, tensor([1, 2], [1, 0]), network, geometry);
    expect(loss).toBeCloseTo(Math.LN2, 15);
    expect([...dNet.data]).toEqual([0, -1, 0]);
    expect([...gradients.kernels.data, ...gradients.kernelBias.data]).toEqual([-2, -1]);
    expect([...gradients.weights.data, ...gradients.bias.data]).toEqual([-2, -2, 2, 2, -0.5, 0.5]);
  });
});

describe('C8, larger', () => {
  const geometry: NetworkGeometry = {
    convolution: { stride: [1, 2], padding: [1, 0, 0, 1], dilation: [1, 1], groups: 1 },
    pooling: { window: [2, 2], stride: [2, 1], padding: [0, 0, 0, 0] },
  };
  const x = irregular([3, 2, 6, 7], 1);
  const target = tensor([3, 4], [0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0]);
  const network: ConvolutionalNetwork = {
    kernels: irregular([3, 2, 3, 2], 2),
    kernelBias: irregular([3], 3),
    weights: irregular([4, 18], 4),
    bias: irregular([4], 5),
  };
  const names = ['kernels', 'kernelBias', 'weights', 'bias'] as const;
  const { loss, gradients } = convolutionalBackward(x, target, network, geometry);

  it.each(names)('the gradient of the %s agrees with differences of the loss', (name) => {
    const lossAt = (moved: Tensor) => convolutionalBackward(x, target, { ...network, [name]: moved }, geometry).loss;
    // Short steps: none carries a net across 0 or makes another element of a window the largest.
    expect(largestDifference(gradients[name], differences(lossAt, network[name], 1e-5))).toBeLessThan(1e-8);
  });

  it('steps against all gradients at the weights before the step', () => {
    const step = convolutionalTrainStep(x, target, network, geometry, 0.25);
    expect(step.loss).toBe(loss);
    for (const name of names) {
      expect([...step.network[name].data]).toEqual(
        Array.from(network[name].data, (w, i) => w - 0.25 * gradients[name].data[i]),
      );
    }
    expect(convolutionalBackward(x, target, step.network, geometry).loss).toBeLessThan(loss);
  });
});
