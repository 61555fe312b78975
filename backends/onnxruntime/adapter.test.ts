import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { sizeOf } from '../../reference/tensor.ts';
import type { Backend } from '../contract.ts';
import type { NamedTensors, OperationName } from '../signatures.ts';
import { createOnnxRuntimeBackend } from './adapter.ts';
import onnxRuntimeCpu from './cpu.ts';
import { builders } from './operations.ts';
import { float32, shapesOf } from './testing.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await onnxRuntimeCpu();
});

/** Positive fractions below 1. */
const fractions = (...shape: number[]) =>
  float32(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, index) => ((index * 5) % 13) / 16 + 0.0625),
  );
const xAndDy = { x: fractions(2, 3), dy: fractions(2, 3) };
const predictions = { prediction: fractions(2, 3), target: fractions(2, 3) };
const convolution = { stride: [2, 1], padding: [1, 0, 0, 2], dilation: [1, 2], groups: 2 };
const images = { x: fractions(2, 4, 5, 6), weights: fractions(6, 2, 3, 2), dy: fractions(2, 6, 2, 6) };
const pooling = { window: [2, 3], stride: [2, 1], padding: [1, 0, 0, 1] };
const pooled = { x: fractions(2, 2, 3, 4), dy: fractions(2, 2, 2, 3) };
const parameters = { weights1: fractions(4, 3), bias1: fractions(4), weights2: fractions(2, 4), bias2: fractions(2) };
const network = { x: fractions(5, 3), target: fractions(5, 2), ...parameters };
const activations = ['sigmoid', 'softplus'];
const samples = { x: fractions(3, 2), labels: float32([3], [1, -1, 1]) };
const weighed = { ...samples, weights: fractions(2) };
const slope = { weights: fractions(2, 3), gradient: fractions(2, 3) };
const connections = { weights: fractions(4, 3), mask: float32([4, 3], [1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1]) };

const convolutional = {
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

/** One call of each operation that is not an activation. */
const calls: Readonly<Record<string, readonly [attributes: object, inputs: NamedTensors]>> = {
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
  'convolutionalNetwork.forward': [convolutional, { ...smallNetwork }],
  'convolutionalNetwork.backward': [convolutional, { ...smallNetwork, target: float32([2, 2], [1, 0, 0, 1]) }],
  'convolutionalNetwork.trainStep': [
    { ...convolutional, learningRate: 0.25 },
    { ...smallNetwork, target: float32([2, 2], [1, 0, 0, 1]) },
  ],
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
  linearDiscriminant: [{}, { x: samples.x, weights: fractions(2), bias: float32([], [-1]) }],
  perceptronCriterion: [{}, weighed],
  batchPerceptronStep: [{ learningRate: 0.5 }, weighed],
  surrogatePerceptronStep: [{ learningRate: 0.5 }, weighed],
  stochasticPerceptronEpoch: [{ learningRate: 0.5, order: [2, 0, 1] }, weighed],
  leastSquares: [{ penalty: 0.5 }, { x: samples.x, targets: fractions(3), weights: fractions(2), bias: float32([], [1]) }],
  softMargin: [{ penalty: 0.5 }, { ...weighed, bias: float32([], [1]) }],
  softmaxRegression: [
    { penalty: 0.5 },
    { x: samples.x, targets: fractions(3, 4), weights: fractions(4, 2), bias: fractions(4) },
  ],
  gradientStep: [{ learningRate: 0.5 }, slope],
  momentumStep: [
    { learningRate: 0.5, momentum: 0.25 },
    { ...slope, change: fractions(2, 3) },
  ],
  weightDecayStep: [{ learningRate: 0.5, penalty: 0.25 }, slope],
  adagradStep: [
    { learningRate: 0.5, epsilon: 0.25 },
    { ...slope, squares: fractions(2, 3) },
  ],
  rmspropStep: [
    { learningRate: 0.5, epsilon: 0.25, decay: 0.75 },
    { ...slope, squares: fractions(2, 3) },
  ],
  adamStep: [
    { learningRate: 0.5, epsilon: 0.25, beta1: 0.75, beta2: 0.875, step: 2 },
    { ...slope, means: fractions(2, 3), squares: fractions(2, 3) },
  ],
  conjugateGradientStep: [
    {},
    { a: float32([2, 2], [2, 1, 1, 3]), x: fractions(2), residual: fractions(2), direction: float32([2], [1, -1]) },
  ],
  batchEpoch: [{ learningRate: 0.5 }, { x: samples.x, targets: fractions(3), weights: fractions(2) }],
  patternEpoch: [{ learningRate: 0.5 }, { x: samples.x, targets: fractions(3), weights: fractions(2) }],
  'novikoff.bound': [{}, { ...samples, separator: fractions(2) }],
};
function callOf(operation: string): readonly [attributes: object, inputs: NamedTensors] {
  if (operation in calls) return calls[operation];
  const attributes = operation.startsWith('scaledTanh') ? { a: 1.5, b: 0.5 } : {};
  return [attributes, operation.endsWith('.backward') ? xAndDy : { x: xAndDy.x }];
}
async function loaded(operation: string, inputs = callOf(operation)[1], where = backend) {
  const kernel = await where.prepare(operation, { ...callOf(operation)[0] }, shapesOf(inputs));
  await kernel.load(inputs);
  return kernel;
}

describe('onnxruntime-cpu describes itself', () => {
  it('with its library, version and precision', async () => {
    const { version, ...rest } = await backend.describe();
    expect(version).toMatch(/^1\.\d+\.\d+$/);
    expect(rest).toMatchObject({ name: 'onnxruntime-cpu', library: 'onnxruntime-node', device: 'cpu', dtype: 'float32' });
    expect(rest.precision).toBeUndefined();
  });

  it('supports every operation', () => {
    for (const name of Object.keys(builders)) expect(backend.supports(name, {})).toEqual({ supported: true });
  });

  it('says why it does not support what it does not know', async () => {
    const reason = "the ONNX Runtime adapter knows no operation 'fft'";
    expect(backend.supports('fft', {})).toEqual({ supported: false, reason });
    expect(backend.supports('toString', {}).supported).toBe(false);
    await expect(backend.prepare('fft', {}, {})).rejects.toThrow(`onnxruntime-cpu: fft is unsupported: ${reason}`);
  });
});

describe.each(Object.keys(builders) as OperationName[])('an onnxruntime kernel of %s', (operation) => {
  it('computes the same again in float32, and leaves alone what was read', async () => {
    const kernel = await loaded(operation);
    await kernel.execute();
    const first = await kernel.read();
    const copy = structuredClone(first);
    for (const { dtype, shape, data } of Object.values(first)) {
      expect(dtype).toBe('float32');
      expect(data).toBeInstanceOf(Float32Array);
      expect(data.length).toBe(sizeOf(shape));
      expect([...data].every(Number.isFinite)).toBe(true);
    }
    await kernel.execute();
    await kernel.load(callOf(operation)[1]);
    await kernel.execute();
    expect(await kernel.read()).toEqual(copy);
    expect(first).toEqual(copy);
    await kernel.dispose();
    expect(first).toEqual(copy);
  });
});

describe('an onnxruntime kernel', () => {
  it('takes other values of the same shapes', async () => {
    const kernel = await loaded('relu', { x: float32([2], [-1, 2]) });
    await kernel.execute();
    await kernel.load({ x: float32([2], [3, -4]) });
    await kernel.execute();
    expect([...(await kernel.read()).y.data]).toEqual([3, 0]);
    await kernel.dispose();
  });

  it.each(['identity', 'relu'])('computes %s of what was loaded, not of what became of the array', async (operation) => {
    const x = float32([2], [1, 2]);
    const kernel = await loaded(operation, { x });
    x.data[0] = 100;
    await kernel.execute();
    const { y } = await kernel.read();
    y.data[1] = 200;
    expect([...(await kernel.read()).y.data]).toEqual([1, 2]);
    await kernel.execute();
    expect([...(await kernel.read()).y.data]).toEqual([1, 2]);
    await kernel.dispose();
  });

  it('says which step of which operation failed', async () => {
    const kernel = await backend.prepare('matmul', {}, { a: [2, 3], b: [3, 1] });
    await expect(kernel.execute()).rejects.toThrow('onnxruntime-cpu: matmul: execute: nothing was loaded');
    await expect(kernel.read()).rejects.toThrow('onnxruntime-cpu: matmul: read: nothing was executed');
    const a = fractions(2, 3);
    await expect(kernel.load({ a })).rejects.toThrow('load: input b was prepared as [3, 1], got [nothing]');
    await expect(kernel.load({ a, b: fractions(3, 2) })).rejects.toThrow('input b was prepared as [3, 1], got [3, 2]');
    await kernel.dispose();
    await expect(backend.prepare('matmul', {}, { a: [2, 3], b: [4, 1] })).rejects.toThrow(
      /^onnxruntime-cpu: matmul: prepare: .*MatMul/s,
    );
  });

  it('releases its session once', async () => {
    // The library's types hide that its factory of sessions is their class.
    const { prototype } = ort.InferenceSession as unknown as { prototype: ort.InferenceSession };
    const release = vi.spyOn(prototype, 'release');
    const kernel = await loaded('tanh');
    expect(release).not.toHaveBeenCalled();
    await kernel.dispose();
    expect(release).toHaveBeenCalledTimes(1);
    release.mockRestore();
  });

  it('gives back the memory of hundreds of kernels', async () => {
    // Weights of 2 MiB: kernels that are kept show in the resident set, and beside them its noise does not.
    const wide = { x: fractions(8, 512), weights: fractions(1024, 512), bias: fractions(1024) };
    const round = async () => {
      const kernel = await loaded('dense', wide);
      await kernel.execute();
      await kernel.read();
      await kernel.dispose();
    };
    for (let warmUp = 0; warmUp < 100; warmUp++) await round();
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 300; count++) await round();
    // 300 leaked copies would be 600 MiB, garbage that is not collected yet some tens.
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(200);
  });
});

describe('another execution provider', () => {
  const link = 'https://onnxruntime.ai/docs/execution-providers/';

  it('states its holes by attributes, with a link, and keeps its own notes first', async () => {
    const lacking = await createOnnxRuntimeBackend({
      description: { name: 'onnxruntime-other', device: 'other', notes: ['slow'] },
      executionProviders: ['cpu'],
      sessionOptions: { intraOpNumThreads: 1 },
      holes: {
        maxPool2d: ({ padding }) => (padding.some((size) => size > 0) ? { reason: 'no padding here', link } : undefined),
      },
    });
    expect(lacking.supports('maxPool2d', pooling)).toEqual({ supported: false, reason: 'no padding here', link });
    expect(lacking.supports('maxPool2d', { ...pooling, padding: [0, 0, 0, 0] })).toEqual({ supported: true });
    await expect(lacking.prepare('maxPool2d', pooling, { x: [1, 1, 3, 3] })).rejects.toThrow('no padding here');
    expect((await lacking.describe()).notes?.slice(0, 2)).toEqual(['slow', 'Threads that one operator may use: 1.']);
    const kernel = await loaded('tanh', undefined, lacking);
    await kernel.execute();
    await kernel.dispose();
  });

  it('fails to prepare when the library does not have it', async () => {
    const none = await createOnnxRuntimeBackend({
      description: { name: 'onnxruntime-none', device: 'none' },
      executionProviders: ['none'],
    });
    await expect(none.prepare('tanh', {}, { x: [1] })).rejects.toThrow(/^onnxruntime-none: tanh: prepare: .*none/);
  });

  it('hands its session options to the library', async () => {
    const refused = await createOnnxRuntimeBackend({
      description: { name: 'onnxruntime-set', device: 'cpu' },
      executionProviders: ['cpu'],
      // Severity 4, because the library also prints this error.
      sessionOptions: { logSeverityLevel: 4, extra: { session: { disable_cpu_ep_fallback: '1' } } },
    });
    await expect(refused.prepare('tanh', {}, { x: [1] })).rejects.toThrow(/fallback to CPU EP has been explicitly disabled/);
  });
});
