import { describe, expect, it } from 'vitest';
import type { ConvolutionalNetworkAttributes } from '../../../backends/signatures.ts';
import { conv2d, conv2dWeightGradient } from '../../../reference/convolution.ts';
import { convolutionalBackward } from '../../../reference/convolutionalNetwork.ts';
import { dense, denseInputGradient, denseWeightGradient } from '../../../reference/dense.ts';
import { maxPool2d, maxPool2dBackward, type TieRule } from '../../../reference/pooling.ts';
import { combine, map, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { Case, NamedTensors } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { drawnCases, judgeAnswer } from '../../testing/tableLine.ts';
import { convolutionalNetworkOperations } from './entries.ts';

const [forward, backward, trainStep] = convolutionalNetworkOperations;
const { fround } = Math;

it('gives the loss and the gradients of a network by hand', () => {
  // Image (1, 2, −3), kernel 2: nets 2, 4, −6, rectified and pooled over two: 4 and 4 (the second window 4, 0). Logits 4 + 4·1 and 0.
  const attributes = {
    convolution: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 },
    pooling: { window: [1, 2], stride: [1, 1], padding: [0, 0, 0, 0] },
  };
  const inputs = {
    x: tensor([1, 1, 1, 3], [1, 2, -3]),
    kernels: tensor([1, 1, 1, 1], [2]),
    kernelBias: tensor([1], [0]),
    weights: tensor([2, 2], [1, 1, 0, 0]),
    bias: tensor([2], [-8, 0]),
    target: tensor([1, 2], [1, 0]),
  };
  // Both logits are 0: p = ½, δ = (−½, ½); both features have the gradient −½, all of it on the net 4, whose input is 2.
  const outputs = backward.reference(inputs, attributes);
  expect(outputs.loss.data[0]).toBeCloseTo(Math.LN2, 15);
  expect([...outputs.dBias.data]).toEqual([-0.5, 0.5]);
  expect([...outputs.dWeights.data]).toEqual([-2, -2, 2, 2]);
  expect([...outputs.dKernels.data]).toEqual([-2]);
  expect([...outputs.dKernelBias.data]).toEqual([-1]);
});

it('steps by the gradients at the weights before the step', () => {
  for (const asked of drawnCases(trainStep, 2).slice(0, 3)) {
    const { x, target, ...network } = asked.inputs as Record<
      'x' | 'target' | 'kernels' | 'kernelBias' | 'weights' | 'bias',
      Tensor
    >;
    const { gradients } = convolutionalBackward(
      x,
      target,
      network,
      asked.attributes as unknown as ConvolutionalNetworkAttributes,
    );
    const outputs = trainStep.reference(asked.inputs, asked.attributes);
    expect(outputs.kernels).toEqual(combine(network.kernels, gradients.kernels, (w, g) => w - 0.1 * g));
    expect(outputs.bias).toEqual(combine(network.bias, gradients.bias, (w, g) => w - 0.1 * g));
  }
});

/** Every number rounded to float32 after each stage. */
const round = (t: Tensor) => map(t, fround);
const softmaxes: Record<string, (row: readonly number[]) => number[]> = {
  'e^z/Σe^z': (row) => {
    const powers = row.map((z) => fround(Math.exp(fround(z - Math.max(...row)))));
    const sum = powers.reduce((a, b) => fround(a + b), 0);
    return powers.map((power) => fround(power / sum));
  },
  'e^(z − ln Σe^z)': (row) => {
    const largest = Math.max(...row);
    const sum = row.reduce((a, z) => fround(a + fround(Math.exp(fround(z - largest)))), 0);
    const logarithm = fround(largest + fround(Math.log(sum)));
    return row.map((z) => fround(Math.exp(fround(z - logarithm))));
  },
};
const byRow = (x: Tensor, f: (row: readonly number[]) => number[]) => {
  const [rows, columns] = x.shape;
  return tensor(
    x.shape,
    Array.from({ length: rows }, (_, n) => f(Array.from(x.data.subarray(n * columns, (n + 1) * columns)))).flat(),
  );
};

describe.each(Object.entries(softmaxes))('honest float32 arithmetic, %s', (_, softmax) => {
  function run({ inputs, attributes }: Case) {
    const { convolution, pooling } = attributes as unknown as ConvolutionalNetworkAttributes;
    const { x, kernels, kernelBias, weights, bias } = inputs;
    const net = round(conv2d(x, kernels, kernelBias, convolution));
    const active = map(net, (v) => Math.max(v, 0));
    const pooled = maxPool2d(active, pooling);
    const features = { ...pooled, shape: [pooled.shape[0], weights.shape[1]] };
    const logits = round(dense(features, weights, bias));
    return { net, active, pooled, features, probabilities: byRow(logits, softmax) };
  }
  it('forward', () => {
    for (const asked of [3, 4].flatMap((seed) => drawnCases(forward, seed))) {
      const { probabilities } = run(asked);
      expect(judgeAnswer(forward, asked, { probabilities }).reason, asked.id).toBeUndefined();
    }
  });

  it.each<TieRule>(['first', 'last'])('backward, the %s of tied maxima, by the two slopes apart', (rule) => {
    for (const asked of [3, 4].flatMap((seed) => drawnCases(backward, seed))) {
      const { convolution, pooling } = asked.attributes as unknown as ConvolutionalNetworkAttributes;
      const { x, target, kernels, weights } = asked.inputs as Record<string, Tensor>;
      const { net, active, pooled, features, probabilities } = run(asked);
      if (probabilities.data.some((p) => p === 0)) continue;
      const upstream = combine(target, probabilities, (t, p) => fround(-t / p));
      const classes = target.shape[1];
      const dLogits = map(probabilities, (p) => p);
      dLogits.data.forEach((p, i) => {
        const start = i - (i % classes);
        let mean = 0;
        for (let c = start; c < start + classes; c++) mean = fround(mean + fround(upstream.data[c] * probabilities.data[c]));
        dLogits.data[i] = fround(p * fround(upstream.data[i] - mean));
      });
      const dPooled = { ...round(denseInputGradient(weights, dLogits)), shape: pooled.shape };
      const dNet = combine(round(maxPool2dBackward(active, dPooled, pooling, rule)), net, (d, n) => (n > 0 ? d : 0));
      const [kernelHeight, kernelWidth] = kernels.shape.slice(2);
      const terms = Array.from(probabilities.data, (p, i) => (target.data[i] === 0 ? 0 : fround(Math.log(p))));
      const loss = terms.reduce((sum, term) => fround(sum - term), 0);
      const answer: NamedTensors = {
        ...backward.reference(asked.inputs, asked.attributes),
        loss: tensor([], [loss]),
        dKernels: conv2dWeightGradient(x, dNet, { ...convolution, kernelSize: [kernelHeight, kernelWidth] }),
        dWeights: denseWeightGradient(features, dLogits),
      };
      expect(judgeAnswer(backward, asked, answer).reason, asked.id).toBeUndefined();
    }
  });
});

it('bounds every element by less than five thousandths of the largest', () => {
  for (const asked of drawnCases(backward, 5)) {
    // Where the network is certain and right, there is nothing to be a part of: loss and gradients are 0.
    if (asked.id.includes('/far-logits/')) continue;
    const { limits, expected } = prepareQuestion(backward, asked, precisions.float32);
    for (const [name, { data }] of Object.entries(expected)) {
      const largest = Math.max(...Array.from(data, Math.abs));
      expect(Math.max(...limits[name].limit) / largest, `${asked.id} ${name}`).toBeLessThan(5e-3);
    }
  }
});
