/** One call of each operation, for tests that any adapter must pass: the compiler asks for a line when an operation is new. */
import { type Shape, sizeOf, type Tensor } from '../../reference/tensor.ts';
import {
  type ActivationName,
  type AttributesOf,
  activationNames,
  type ConvolutionAttributes,
  type ConvolutionalNetworkAttributes,
  type InputsOf,
  type LayerActivation,
  type NamedTensors,
  type OperationName,
  type PlainActivation,
  type PoolingAttributes,
} from '../signatures.ts';

/** A float32 tensor from numbers in row-major order. */
export function float32(shape: Shape, values: Iterable<number>): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

/** Positive fractions below 1. */
export const fractions = (...shape: number[]) =>
  float32(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, index) => ((index * 5) % 13) / 16 + 0.0625),
  );
const xAndDy = { x: fractions(2, 3), dy: fractions(2, 3) };
const predictions = { prediction: fractions(2, 3), target: fractions(2, 3) };
const convolution: ConvolutionAttributes = { stride: [2, 1], padding: [1, 0, 0, 2], dilation: [1, 2], groups: 2 };
const images = { x: fractions(2, 4, 5, 6), weights: fractions(6, 2, 3, 2), dy: fractions(2, 6, 2, 6) };
export const pooling: PoolingAttributes = { window: [2, 3], stride: [2, 1], padding: [1, 0, 0, 1] };
const pooled = { x: fractions(2, 2, 3, 4), dy: fractions(2, 2, 2, 3) };
const parameters = { weights1: fractions(4, 3), bias1: fractions(4), weights2: fractions(2, 4), bias2: fractions(2) };
const network = { x: fractions(5, 3), target: fractions(5, 2), ...parameters };
const activations: readonly LayerActivation[] = ['sigmoid', 'softplus'];
const samples = { x: fractions(3, 2), labels: float32([3], [1, -1, 1]) };
const connections = { weights: fractions(4, 3), mask: float32([4, 3], [1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1]) };

const convolutional: ConvolutionalNetworkAttributes = {
  convolution: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 },
  pooling: { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] },
};
const smallNetwork = {
  x: fractions(2, 2, 5, 4),
  kernels: fractions(3, 2, 2, 3),
  kernelBias: fractions(3),
  weights: fractions(2, 6),
  bias: fractions(2),
};
const labelled = { ...samples, weights: fractions(2) };
const model = { x: samples.x, weights: fractions(2), bias: fractions() };
const slope = { weights: fractions(3, 2), gradient: fractions(3, 2) };

type ActivationOperation = ActivationName | `${ActivationName}.derivative` | `${ActivationName}.backward`;
type Call<Name extends OperationName> = readonly [attributes: AttributesOf<Name>, inputs: InputsOf<Name>];

const calls: { readonly [Name in Exclude<OperationName, ActivationOperation>]: Call<Name> } = {
  softmax: [{}, { x: xAndDy.x }],
  'softmax.backward': [{}, xAndDy],
  'softmax.jacobian': [{}, { x: xAndDy.x }],
  matmul: [{}, { a: fractions(2, 3), b: fractions(3, 4) }],
  dense: [{}, { x: fractions(5, 3), weights: parameters.weights1, bias: parameters.bias1 }],
  'dense.inputGradient': [{}, { weights: parameters.weights1, dy: fractions(5, 4) }],
  'dense.weightGradient': [{}, { x: fractions(5, 3), dy: fractions(5, 4) }],
  'dense.biasGradient': [{}, { dy: fractions(5, 4) }],
  squaredError: [{}, predictions],
  'squaredError.gradient': [{}, predictions],
  crossEntropy: [{}, predictions],
  'crossEntropy.gradient': [{}, predictions],
  binaryCrossEntropy: [{}, predictions],
  'binaryCrossEntropy.gradient': [{}, predictions],
  conv2d: [convolution, { x: images.x, weights: images.weights }],
  'conv2d.inputGradient': [
    { ...convolution, inputSize: [5, 6] },
    { weights: images.weights, dy: images.dy },
  ],
  'conv2d.weightGradient': [
    { ...convolution, kernelSize: [3, 2] },
    { x: images.x, dy: images.dy },
  ],
  'conv2d.matrix': [{ ...convolution, inputSize: [5, 6] }, { weights: images.weights }],
  'conv2d.biasGradient': [{}, { dy: images.dy }],
  locallyConnected2d: [
    { stride: [1, 1], padding: [0, 0, 0, 0] },
    { x: fractions(2, 3, 5, 4), weights: fractions(4, 3, 4, 3, 2, 2) },
  ],
  'locallyConnected2d.inputGradient': [
    { stride: [1, 1], padding: [0, 0, 0, 0], inputSize: [5, 4] },
    { weights: fractions(4, 3, 4, 3, 2, 2), dy: fractions(2, 4, 4, 3) },
  ],
  'locallyConnected2d.weightGradient': [
    { stride: [1, 1], padding: [0, 0, 0, 0], kernelSize: [2, 2] },
    { x: fractions(2, 3, 5, 4), dy: fractions(2, 4, 4, 3) },
  ],
  'locallyConnected2d.biasGradient': [{}, { dy: fractions(2, 4, 4, 3) }],
  maxPool2d: [pooling, { x: pooled.x }],
  'maxPool2d.backward': [pooling, pooled],
  averagePool2d: [pooling, { x: pooled.x }],
  'averagePool2d.backward': [{ ...pooling, inputSize: [3, 4] }, { dy: pooled.dy }],
  'mlp.forward': [{ activations }, { x: network.x, ...parameters }],
  'mlp.backward': [{ activations }, network],
  'mlp.trainStep': [{ activations, learningRate: 0.25 }, network],
  'mlp.pathGradient': [
    { activations, from: 1 },
    { ...network, x: fractions(1, 3), target: fractions(1, 2) },
  ],
  'mlp.collapse': [{ depth: 2 }, { ...parameters }],
  multiplicationGate: [
    { activation: 'softplus', lambda: 0.5, mu: 4, shift: 0.25 },
    { u: fractions(5), v: fractions(5) },
  ],
  'pretraining.supervisedStep': [
    { activations: ['tanh', 'sigmoid', 'identity'], learningRate: 0.25 },
    { ...network, target: fractions(5, 3), weights3: fractions(3, 2), bias3: fractions(3) },
  ],
  'pretraining.autoencoderStep': [
    { activations: ['tanh', 'sigmoid', 'identity'], learningRate: 0.25 },
    { x: network.x, ...parameters, weights3: fractions(4, 2), bias3: fractions(4) },
  ],
  'perceptron.train': [{ passes: 2 }, samples],
  dropout: [{ keep: 0.5 }, { x: fractions(2, 3), mask: float32([2, 3], [1, 0, 1, 1, 1, 0]) }],
  'dropout.backward': [{ keep: 0.5 }, { mask: float32([2, 3], [1, 0, 1, 1, 1, 0]), dy: fractions(2, 3) }],
  dropconnect: [{ keep: 0.8 }, { x: fractions(2, 3), ...connections, bias: fractions(4) }],
  'dropconnect.backward': [{ keep: 0.8 }, { x: fractions(2, 3), ...connections, dy: fractions(2, 4) }],
  kFolds: [{ folds: 2 }, { order: float32([5], [3, 0, 4, 1, 2]) }],
  earlyStopping: [{ patience: 2 }, { losses: float32([5], [3, 1, 2, 2, 0]), weights: fractions(5, 2) }],
  ensemble: [{}, { predictions: fractions(3, 5), target: fractions(5) }],
  biasVariance: [{}, { predictions: fractions(3, 5), truth: fractions(5) }],
  'novikoff.bound': [{}, { ...samples, separator: fractions(2) }],
  'convolutionalNetwork.forward': [convolutional, { ...smallNetwork }],
  'convolutionalNetwork.backward': [convolutional, { ...smallNetwork, target: float32([2, 2], [1, 0, 0, 1]) }],
  'convolutionalNetwork.trainStep': [
    { ...convolutional, learningRate: 0.25 },
    { ...smallNetwork, target: float32([2, 2], [1, 0, 0, 1]) },
  ],
  maximumMargin: [{ tolerance: 1e-3 }, samples],
  thresholdNetwork: [
    {},
    {
      x: float32([4, 2], [0, 0, 0, 1, 1, 0, 1, 1]),
      hiddenWeights: float32([3, 2], [1, 1, -1, -1, 1, -1]),
      hiddenBias: float32([3], [-1, 1, 0]),
      outputWeights: float32([3], [1, 1, -1]),
      outputBias: float32([], [-1]),
    },
  ],
  linearDiscriminant: [{}, model],
  perceptronCriterion: [{}, labelled],
  batchPerceptronStep: [{ learningRate: 0.5 }, labelled],
  surrogatePerceptronStep: [{ learningRate: 0.5 }, labelled],
  stochasticPerceptronEpoch: [{ learningRate: 0.5, order: [2, 0, 1] }, labelled],
  leastSquares: [{ penalty: 0.5 }, { ...model, targets: fractions(3) }],
  softMargin: [{ penalty: 0.5 }, { ...model, labels: samples.labels }],
  softmaxRegression: [
    { penalty: 0.5 },
    { x: samples.x, targets: fractions(3, 4), weights: fractions(4, 2), bias: fractions(4) },
  ],
  gradientStep: [{ learningRate: 0.5 }, slope],
  momentumStep: [
    { learningRate: 0.5, momentum: 0.75 },
    { ...slope, change: fractions(3, 2) },
  ],
  weightDecayStep: [{ learningRate: 0.5, penalty: 0.25 }, slope],
  adagradStep: [
    { learningRate: 0.5, epsilon: 0.125 },
    { ...slope, squares: fractions(3, 2) },
  ],
  rmspropStep: [
    { learningRate: 0.5, epsilon: 0.125, decay: 0.75 },
    { ...slope, squares: fractions(3, 2) },
  ],
  adamStep: [
    { learningRate: 0.5, epsilon: 0.125, beta1: 0.75, beta2: 0.5, step: 2 },
    { ...slope, means: fractions(3, 2), squares: fractions(3, 2) },
  ],
  conjugateGradientStep: [
    {},
    { a: float32([2, 2], [3, 1, 1, 2]), x: fractions(2), residual: fractions(2), direction: fractions(2) },
  ],
  batchEpoch: [{ learningRate: 0.25 }, { x: samples.x, weights: fractions(2), targets: fractions(3) }],
  patternEpoch: [{ learningRate: 0.25 }, { x: samples.x, weights: fractions(2), targets: fractions(3) }],
};

/** Attributes of the activations that have any. */
const activationAttributes: { readonly [Name in Exclude<ActivationName, PlainActivation>]: AttributesOf<Name> } = {
  scaledTanh: { a: 1.5, b: 0.5 },
  leakyRelu: { alpha: 0.25 },
  elu: { alpha: 3 },
  gelu: { approximate: 'none' },
};

/** Attributes and inputs of one ordinary call: small fractions, no output infinite. */
export function callOf(operation: OperationName): readonly [attributes: object, inputs: NamedTensors] {
  if (!activationNames.some((name) => operation === name || operation.startsWith(`${name}.`))) {
    return calls[operation as keyof typeof calls] as unknown as readonly [object, NamedTensors];
  }
  const attributes = (activationAttributes as Readonly<Record<string, object>>)[operation.split('.')[0]] ?? {};
  return [attributes, operation.endsWith('.backward') ? xAndDy : { x: xAndDy.x }];
}
