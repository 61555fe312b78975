/** A small convolutional network with a part of its two passes changed: what its known mistakes are made of. */
import type { ConvolutionalNetworkAttributes, InputsOf } from '../../../backends/signatures.ts';
import { activations } from '../../../reference/activations.ts';
import { conv2d, conv2dBiasGradient, conv2dWeightGradient } from '../../../reference/convolution.ts';
import { type ConvolutionalNetwork, flatten } from '../../../reference/convolutionalNetwork.ts';
import { dense, denseBiasGradient, denseInputGradient, denseWeightGradient } from '../../../reference/dense.ts';
import { crossEntropy } from '../../../reference/losses.ts';
import { averagePool2d, averagePool2dBackward, maxPool2d, maxPool2dBackward } from '../../../reference/pooling.ts';
import { softmax } from '../../../reference/softmax.ts';
import { combine, map, type Tensor, tensor } from '../../../reference/tensor.ts';
import { mirrored, onlyLast, readAs, scaled } from '../../judging/tensorChanges.ts';
import { weightGradientWith } from '../convolution/mistakes.ts';

type Inputs = InputsOf<'convolutionalNetwork.backward'>;
type ForwardInputs = InputsOf<'convolutionalNetwork.forward'>;
type Attributes = ConvolutionalNetworkAttributes;

export interface ForwardChange {
  readonly kernels?: (kernels: Tensor) => Tensor;
  readonly kernelBias?: (bias: Tensor) => Tensor;
  readonly active?: (net: Tensor) => Tensor;
  readonly pooled?: (active: Tensor) => Tensor;
  readonly flat?: (pooled: Tensor) => Tensor;
  readonly bias?: (bias: Tensor) => Tensor;
  readonly output?: (logits: Tensor) => Tensor;
}

/** Rows, columns, maps: the features in the order of an image whose channels come last. */
export function flattenAsNhwc(pooled: Tensor): Tensor {
  const [batch, maps, height, width] = pooled.shape;
  const data = Float64Array.from(pooled.data, (_, i) => {
    const sample = i - (i % (maps * height * width));
    const [map, position] = [i % maps, Math.floor((i % (maps * height * width)) / maps)];
    return pooled.data[sample + map * height * width + position];
  });
  return tensor([batch, maps * height * width], data);
}

export function forwardWith(
  { x, kernels, kernelBias, weights, bias }: ForwardInputs,
  { convolution, pooling }: Attributes,
  change: ForwardChange = {},
) {
  const same = (t: Tensor) => t;
  const net = conv2d(x, (change.kernels ?? same)(kernels), (change.kernelBias ?? same)(kernelBias), convolution);
  const active = (change.active ?? ((n) => map(n, activations.relu.value)))(net);
  const pooled = (change.pooled ?? ((a) => maxPool2d(a, pooling)))(active);
  const flat = (change.flat ?? flatten)(pooled);
  const logits = dense(flat, weights, (change.bias ?? same)(bias));
  return { net, active, pooled, flat, logits, probabilities: (change.output ?? softmax)(logits) };
}

const transposed = (x: Tensor) => {
  const [rows, columns] = x.shape;
  return tensor(
    [columns, rows],
    Array.from({ length: rows * columns }, (_, i) => x.data[(i % rows) * columns + Math.floor(i / rows)]),
  );
};

export const forwardMistakes: readonly {
  name: string;
  says: string;
  change: (attributes: Attributes) => ForwardChange;
}[] = [
  { name: 'rectifier-missing', says: 'the network without its rectifier', change: () => ({ active: (net) => net }) },
  {
    name: 'averages-for-maxima',
    says: 'the network with average pooling',
    change: ({ pooling }) => ({ pooled: (active) => averagePool2d(active, pooling) }),
  },
  {
    name: 'flattened-as-nhwc',
    says: 'the features in the order rows, columns, maps',
    change: () => ({ flat: flattenAsNhwc }),
  },
  {
    name: 'kernels-flipped',
    says: "the signal processor's convolution: kernels flipped in rows and columns",
    change: () => ({ kernels: (kernels) => mirrored(kernels, [2, 3]) }),
  },
  {
    name: 'kernels-read-transposed',
    says: 'the network with each kernel read column by column',
    change: () => ({ kernels: (kernels) => readAs(kernels, [0, 1, 3, 2]) }),
  },
  {
    name: 'kernel-bias-missing',
    says: "the network without the convolution's bias",
    change: () => ({ kernelBias: (bias) => scaled(bias, 0) }),
  },
  { name: 'bias-missing', says: 'the network without the last bias', change: () => ({ bias: (bias) => scaled(bias, 0) }) },
  { name: 'softmax-missing', says: 'the logits', change: () => ({ output: (logits) => logits }) },
  {
    name: 'softmax-over-the-batch',
    says: 'softmax over the samples for softmax over the classes',
    change: () => ({ output: (logits) => transposed(softmax(transposed(logits))) }),
  },
  {
    name: 'sigmoids-for-softmax',
    says: 'a sigmoid of each logit',
    change: () => ({ output: (logits) => map(logits, activations.sigmoid.value) }),
  },
];

export interface GradientChange {
  readonly dLogits?: (probabilities: Tensor, target: Tensor) => Tensor;
  readonly flat?: (pooled: Tensor) => Tensor;
  readonly dActive?: (active: Tensor, dPooled: Tensor) => Tensor;
  readonly slope?: (net: Tensor) => Tensor;
  readonly weightsBack?: (weights: Tensor, dWeights: Tensor) => Tensor;
  readonly dKernels?: (x: Tensor, dNet: Tensor, right: Tensor) => Tensor;
  readonly dKernelBias?: (dNet: Tensor, right: Tensor) => Tensor;
}

/** Loss and gradients with a part of the backward pass changed. */
export function backwardWith(
  inputs: Inputs,
  attributes: Attributes,
  change: GradientChange = {},
): { loss: number; gradients: ConvolutionalNetwork } {
  const { convolution, pooling } = attributes;
  const { x, target, kernels, weights } = inputs;
  const { net, active, pooled, probabilities } = forwardWith(inputs, attributes);
  const dLogits = (change.dLogits ?? ((p, t) => combine(p, t, (a, b) => a - b)))(probabilities, target);
  const dWeights = denseWeightGradient((change.flat ?? flatten)(pooled), dLogits);
  const back = denseInputGradient(change.weightsBack?.(weights, dWeights) ?? weights, dLogits);
  const dPooled: Tensor = { ...back, shape: pooled.shape };
  const dActive = change.dActive?.(active, dPooled) ?? maxPool2dBackward(active, dPooled, pooling);
  const slope = change.slope?.(net) ?? map(net, activations.relu.derivative);
  const dNet = combine(dActive, slope, (d, s) => d * s);
  const kernelSize: readonly [number, number] = [kernels.shape[2], kernels.shape[3]];
  const dKernels = conv2dWeightGradient(x, dNet, { ...convolution, kernelSize });
  const dKernelBias = conv2dBiasGradient(dNet);
  return {
    loss: crossEntropy(probabilities, target),
    gradients: {
      kernels: change.dKernels?.(x, dNet, dKernels) ?? dKernels,
      kernelBias: change.dKernelBias?.(dNet, dKernelBias) ?? dKernelBias,
      weights: dWeights,
      bias: denseBiasGradient(dLogits),
    },
  };
}

const difference = (p: Tensor, t: Tensor) => combine(p, t, (a, b) => a - b);

export const gradientMistakes: readonly {
  name: string;
  says: string;
  erratum?: string;
  change: (inputs: Inputs, attributes: Attributes) => GradientChange;
}[] = [
  {
    name: 'softmax-slope-of-one-class',
    says: "(p − t)·p(1 − p): a sigmoid's slope on top of softmax and cross entropy",
    change: () => ({ dLogits: (p, t) => combine(p, t, (a, b) => (a - b) * a * (1 - a)) }),
  },
  {
    name: 'mean-over-the-batch',
    says: 'the mean over the batch for the sum',
    change: ({ x }) => ({ dLogits: (p, t) => scaled(difference(p, t), 1 / x.shape[0]) }),
  },
  {
    name: 'not-summed-over-the-batch',
    says: "the last sample's gradients alone",
    change: () => ({ dLogits: (p, t) => onlyLast(difference(p, t), 0) }),
  },
  {
    name: 'wrong-sign',
    says: 'the gradients with target − probability: a step along them climbs',
    erratum: 'R17',
    change: () => ({ dLogits: (p, t) => difference(t, p) }),
  },
  {
    name: 'rectifier-slope-missing',
    says: 'the gradients of the kernels without the rectifier’s slope',
    change: () => ({ slope: (net) => map(net, () => 1) }),
  },
  {
    name: 'rectifier-slope-of-the-gradient',
    says: 'the gradients passed on where dy is positive, not where the net is',
    change: (_, { pooling }) => ({
      dActive: (active, dPooled) => map(maxPool2dBackward(active, dPooled, pooling), (d) => Math.max(d, 0)),
      slope: (net) => map(net, () => 1),
    }),
  },
  {
    name: 'pooling-gradient-spread',
    says: 'the gradient of average pooling: a share for every element of the window',
    change: (_, { pooling }) => ({
      dActive: (active, dPooled) =>
        averagePool2dBackward(dPooled, { ...pooling, inputSize: [active.shape[2], active.shape[3]] }),
    }),
  },
  {
    name: 'flattened-as-nhwc',
    says: 'the gradient of the weights with features in the order rows, columns, maps',
    change: () => ({ flat: flattenAsNhwc }),
  },
  {
    name: 'input-does-not-move',
    says: 'Σⱼ δⱼ·zᵢ with zᵢ from the first window for every position j',
    erratum: 'R6',
    change: ({ kernels }, { convolution }) => ({
      dKernels: (x, dNet) =>
        weightGradientWith(
          x,
          dNet,
          { ...convolution, kernelSize: [kernels.shape[2], kernels.shape[3]] },
          ({ kernelRow, kernelColumn }) => ({
            row: kernelRow * convolution.dilation[0] - convolution.padding[0],
            column: kernelColumn * convolution.dilation[1] - convolution.padding[1],
          }),
        ),
    }),
  },
  {
    name: 'kernel-gradient-flipped',
    says: "the kernels' gradient flipped in rows and columns",
    change: () => ({ dKernels: (_x, _dNet, right) => mirrored(right, [2, 3]) }),
  },
  {
    name: 'mean-over-positions',
    says: "the mean over the feature map's positions for the sum, in the kernels' gradient",
    change: () => ({ dKernels: (_, dNet, right) => scaled(right, 1 / (dNet.shape[2] * dNet.shape[3])) }),
  },
  {
    name: 'kernel-bias-of-one-position',
    says: "the gradient of the convolution's bias from the last row of each map alone",
    change: () => ({ dKernelBias: (dNet) => conv2dBiasGradient(onlyLast(dNet, 2)) }),
  },
];
