import { expect, it } from 'vitest';
import { conv2d, conv2dBiasGradient, conv2dInputGradient, conv2dWeightGradient } from './convolution.ts';
import {
  locallyConnected2d,
  locallyConnected2dBiasGradient,
  locallyConnected2dInputGradient,
  locallyConnected2dWeightGradient,
  weightCounts,
} from './locallyConnected.ts';
import { tensor } from './tensor.ts';
import { inner, integers } from './testing/differences.ts';

const options = { stride: [2, 1], padding: [1, 0, 0, 2] } as const;
const [xShape, wShape, yShape] = [
  [2, 3, 5, 4],
  [2, 4, 5, 3, 3, 3],
  [2, 5, 2, 4],
];
const [x, weights, dy, bias] = [integers(xShape, 1), integers(wShape, 2), integers(yShape, 3), integers(yShape.slice(1), 4)];

it('gives every position weights and a bias of its own', () => {
  // One image of one channel, 1 × 3; kernels of two: (1, 10) at the first position, (100, −1) at the second.
  const image = tensor([1, 1, 1, 3], [1, 2, 3]);
  const own = tensor([1, 2, 1, 1, 1, 2], [1, 10, 100, -1]);
  const plain = { stride: [1, 1], padding: [0, 0, 0, 0] } as const;
  expect([...locallyConnected2d(image, own, tensor([1, 1, 2], [5, 7]), plain).data]).toEqual([26, 204]);
  expect([...locallyConnected2d(image, own, undefined, plain).data]).toEqual([21, 197]);
});

it('has adjoints for gradients: ⟨f(x), dy⟩ = ⟨x, ∂x⟩ = ⟨weights, ∂weights⟩, and ⟨bias, ∂bias⟩ for the bias alone', () => {
  const y = locallyConnected2d(x, weights, undefined, options);
  expect(y.shape).toEqual(yShape);
  const both = inner(y, dy);
  expect(inner(x, locallyConnected2dInputGradient(xShape, weights, dy, options))).toBe(both);
  expect(inner(weights, locallyConnected2dWeightGradient(x, wShape, dy, options))).toBe(both);
  const withBias = inner(locallyConnected2d(x, weights, bias, options), dy);
  expect(inner(bias, locallyConnected2dBiasGradient(dy))).toBe(withBias - both);
});

it('C3: with the same weights everywhere it is a convolution, and its gradients sum to the convolution’s', () => {
  const kernel = integers([5, 3, 3, 3], 5);
  const everywhere = tensor(wShape, Array.from({ length: 8 }, () => [...kernel.data]).flat());
  const convolution = { ...options, dilation: [1, 1], groups: 1 } as const;
  expect(locallyConnected2d(x, everywhere, undefined, options)).toEqual(conv2d(x, kernel, undefined, convolution));
  expect(locallyConnected2dInputGradient(xShape, everywhere, dy, options)).toEqual(
    conv2dInputGradient(kernel, dy, { ...convolution, inputSize: [5, 4] }),
  );
  const summed = (data: ArrayLike<number>, size: number) =>
    Array.from({ length: size }, (_, k) => Array.from(data).reduce((sum, value, i) => sum + (i % size === k ? value : 0), 0));
  const own = locallyConnected2dWeightGradient(x, wShape, dy, options);
  expect(summed(own.data, kernel.data.length)).toEqual([
    ...conv2dWeightGradient(x, dy, { ...convolution, kernelSize: [3, 3] }).data,
  ]);
  const perChannel = Array.from({ length: 5 }, (_, o) =>
    Array.from(locallyConnected2dBiasGradient(dy).data.subarray(8 * o, 8 * o + 8)).reduce((a, b) => a + b, 0),
  );
  expect(perChannel).toEqual([...conv2dBiasGradient(dy).data]);
});

it('C6: weights of the three layers for an image of 200 × 200, 40 maps and kernels of 10 × 10', () => {
  const positions = 191 * 191;
  expect(weightCounts([1, 200, 200], 40, [10, 10])).toEqual({
    fullyConnected: 40_000 * 40 * positions,
    locallyConnected: 100 * 40 * positions,
    convolutional: 4000,
  });
});
