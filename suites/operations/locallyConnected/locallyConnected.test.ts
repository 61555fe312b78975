import { expect, it } from 'vitest';
import { conv2d, conv2dBiasGradient, conv2dInputGradient, conv2dWeightGradient } from '../../../reference/convolution.ts';
import { type Tensor, tensor } from '../../../reference/tensor.ts';
import { drawnCases, judgeAnswer } from '../../testing/tableLine.ts';
import { locallyConnectedOperations } from './entries.ts';

const [forward, inputGradient, weightGradient, biasGradient] = locallyConnectedOperations;

const convolving = { stride: [1, 1], padding: [1, 0, 1, 2], dilation: [1, 1], groups: 1 } as const;
const attributes = { stride: convolving.stride, padding: convolving.padding };
const integers = (shape: readonly number[], step: number): Tensor =>
  tensor(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * step + 3) % 11) - 5),
  );
const x = integers([2, 3, 4, 5], 7);
const kernel = integers([4, 3, 3, 3], 5);
const bias = integers([4], 3);
const dy = integers([2, 4, 4, 5], 9);
/** Every position has the kernel: [4, 5, 4, 3, 3, 3]. */
const everywhere = tensor([4, 5, 4, 3, 3, 3], Array.from({ length: 20 }, () => [...kernel.data]).flat());

it('is a convolution where all positions have the same weights (Row C3)', () => {
  const biases = tensor(
    [4, 4, 5],
    [...bias.data].flatMap((b) => Array<number>(20).fill(b)),
  );
  const { y } = forward.reference({ x, weights: everywhere, bias: biases }, attributes);
  expect(y).toEqual(conv2d(x, kernel, bias, convolving));
  const { dx } = inputGradient.reference({ weights: everywhere, dy }, { ...attributes, inputSize: [4, 5] });
  expect(dx).toEqual(conv2dInputGradient(kernel, dy, { ...convolving, inputSize: [4, 5] }));
});

it('has gradients that sum to those of the convolution (Row C3)', () => {
  const { dWeights } = weightGradient.reference({ x, dy }, { ...attributes, kernelSize: [3, 3] });
  const sums = Array<number>(kernel.data.length).fill(0);
  dWeights.data.forEach((value, i) => {
    sums[i % sums.length] += value;
  });
  expect(sums).toEqual([...conv2dWeightGradient(x, dy, { ...convolving, kernelSize: [3, 3] }).data]);
  const { dBias } = biasGradient.reference({ dy }, {});
  const perChannel = [0, 1, 2, 3].map((o) => Array.from(dBias.data.subarray(o * 20, (o + 1) * 20)).reduce((a, b) => a + b, 0));
  expect(perChannel).toEqual([...conv2dBiasGradient(dy).data]);
});

it('does not take the weights of a neighbouring position', () => {
  const [asked] = drawnCases(forward, 1).filter(({ id }) => id === 'locallyConnected2d/plain/exact');
  const { weights } = asked.inputs;
  const patch = weights.data.length / (weights.shape[0] * weights.shape[1]);
  const moved = { ...weights, data: Float64Array.from([...weights.data.slice(patch), ...weights.data.slice(0, patch)]) };
  const answer = forward.reference({ ...asked.inputs, weights: moved }, asked.attributes);
  expect(judgeAnswer(forward, asked, answer).passed).toBe(false);
});
