import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../contract.ts';
import type { NamedTensors, OperationName } from '../signatures.ts';
import { createTfjsBackend } from './adapter.ts';
import tfjsCpu from './cpu.ts';
import { builders } from './operations.ts';
import type { DeviceTensor } from './program.ts';
import { float32, shapesOf } from './testing.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await tfjsCpu();
});

const plain = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };
const pool = { window: [2, 2], stride: [2, 2], padding: [1, 0, 0, 1] };
const count = (shape: number[]) =>
  float32(
    shape,
    Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, index) => (index % 7) / 8 + 0.0625),
  );
const network = {
  x: count([2, 3]),
  target: count([2, 2]),
  weights1: count([4, 3]),
  bias1: count([4]),
  weights2: count([2, 4]),
  bias2: count([2]),
};
const { target, ...forward } = network;
const elementwise = { x: count([3, 2]), dy: count([3, 2]) };
const losses = { prediction: count([2, 3]), target: count([2, 3]) };
const samples = { x: count([3, 2]), labels: float32([3], [1, -1, 1]) };
const weighed = { ...samples, weights: count([2]) };
const slope = { weights: count([2, 3]), gradient: count([2, 3]) };
const connections = { weights: count([4, 3]), mask: float32([4, 3], [1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1]) };

const convolutional = {
  convolution: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 },
  pooling: { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] },
};
const smallNetwork = {
  x: count([2, 2, 5, 4]),
  kernels: count([3, 2, 2, 3]),
  kernelBias: count([3]),
  weights: count([2, 6]),
  bias: count([2]),
};

/** One call of each operation that is not an activation. */
const calls: Record<string, [attributes: object, inputs: NamedTensors]> = {
  softmax: [{}, { x: elementwise.x }],
  'softmax.backward': [{}, elementwise],
  'softmax.jacobian': [{}, { x: elementwise.x }],
  matmul: [{}, { a: count([2, 3]), b: count([3, 4]) }],
  dense: [{}, { x: count([2, 3]), weights: count([4, 3]), bias: count([4]) }],
  'dense.inputGradient': [{}, { weights: count([4, 3]), dy: count([2, 4]) }],
  'dense.weightGradient': [{}, { x: count([2, 3]), dy: count([2, 4]) }],
  'dense.biasGradient': [{}, { dy: count([2, 4]) }],
  squaredError: [{}, losses],
  'squaredError.gradient': [{}, losses],
  crossEntropy: [{}, losses],
  'crossEntropy.gradient': [{}, losses],
  binaryCrossEntropy: [{}, losses],
  'binaryCrossEntropy.gradient': [{}, losses],
  conv2d: [
    { ...plain, stride: [2, 1], dilation: [1, 2], groups: 2 },
    { x: count([2, 4, 5, 6]), weights: count([6, 2, 3, 2]) },
  ],
  'conv2d.inputGradient': [
    { ...plain, dilation: [2, 2], groups: 2, inputSize: [5, 6] },
    { weights: count([6, 2, 2, 3]), dy: count([2, 6, 3, 2]) },
  ],
  'conv2d.weightGradient': [
    { ...plain, dilation: [2, 2], groups: 4, kernelSize: [2, 3] },
    { x: count([2, 4, 5, 6]), dy: count([2, 4, 3, 2]) },
  ],
  'conv2d.biasGradient': [{}, { dy: count([2, 6, 3, 2]) }],
  locallyConnected2d: [
    { stride: [1, 1], padding: [0, 0, 0, 0] },
    { x: count([2, 3, 5, 4]), weights: count([4, 3, 4, 3, 2, 2]) },
  ],
  'locallyConnected2d.inputGradient': [
    { stride: [1, 1], padding: [0, 0, 0, 0], inputSize: [5, 4] },
    { weights: count([4, 3, 4, 3, 2, 2]), dy: count([2, 4, 4, 3]) },
  ],
  'locallyConnected2d.weightGradient': [
    { stride: [1, 1], padding: [0, 0, 0, 0], kernelSize: [2, 2] },
    { x: count([2, 3, 5, 4]), dy: count([2, 4, 4, 3]) },
  ],
  'locallyConnected2d.biasGradient': [{}, { dy: count([2, 4, 4, 3]) }],
  maxPool2d: [pool, { x: count([1, 2, 3, 3]) }],
  'maxPool2d.backward': [pool, { x: count([1, 2, 3, 3]), dy: count([1, 2, 2, 2]) }],
  averagePool2d: [pool, { x: count([1, 2, 3, 3]) }],
  'averagePool2d.backward': [{ ...pool, inputSize: [3, 3] }, { dy: count([1, 2, 2, 2]) }],
  'convolutionalNetwork.forward': [convolutional, { ...smallNetwork }],
  'convolutionalNetwork.backward': [convolutional, { ...smallNetwork, target: float32([2, 2], [1, 0, 0, 1]) }],
  'convolutionalNetwork.trainStep': [
    { ...convolutional, learningRate: 0.25 },
    { ...smallNetwork, target: float32([2, 2], [1, 0, 0, 1]) },
  ],
  'mlp.forward': [{ activations: ['tanh', 'identity'] }, forward],
  'mlp.backward': [{ activations: ['tanh', 'identity'] }, network],
  'mlp.trainStep': [{ activations: ['tanh', 'identity'], learningRate: 0.25 }, network],
  'mlp.pathGradient': [
    { activations: ['tanh', 'identity'], from: 1 },
    { ...network, x: count([1, 3]), target: count([1, 2]) },
  ],
  'mlp.collapse': [{ depth: 2 }, { weights1: count([4, 3]), bias1: count([4]), weights2: count([2, 4]), bias2: count([2]) }],
  multiplicationGate: [
    { activation: 'softplus', lambda: 0.5, mu: 4, shift: 0.25 },
    { u: count([5]), v: count([5]) },
  ],
  'pretraining.supervisedStep': [
    { activations: ['tanh', 'sigmoid', 'identity'], learningRate: 0.25 },
    { ...network, target: count([2, 3]), weights3: count([3, 2]), bias3: count([3]) },
  ],
  'pretraining.autoencoderStep': [
    { activations: ['tanh', 'sigmoid', 'identity'], learningRate: 0.25 },
    {
      x: network.x,
      weights1: network.weights1,
      bias1: network.bias1,
      weights2: network.weights2,
      bias2: network.bias2,
      weights3: count([4, 2]),
      bias3: count([4]),
    },
  ],
  'perceptron.train': [{ passes: 2 }, samples],
  dropout: [{ keep: 0.5 }, { x: count([2, 3]), mask: float32([2, 3], [1, 0, 1, 1, 1, 0]) }],
  'dropout.backward': [{ keep: 0.5 }, { mask: float32([2, 3], [1, 0, 1, 1, 1, 0]), dy: count([2, 3]) }],
  dropconnect: [{ keep: 0.8 }, { x: count([2, 3]), ...connections, bias: count([4]) }],
  'dropconnect.backward': [{ keep: 0.8 }, { x: count([2, 3]), ...connections, dy: count([2, 4]) }],
  kFolds: [{ folds: 2 }, { order: float32([5], [3, 0, 4, 1, 2]) }],
  earlyStopping: [{ patience: 2 }, { losses: float32([5], [3, 1, 2, 2, 0]), weights: count([5, 2]) }],
  ensemble: [{}, { predictions: count([3, 5]), target: count([5]) }],
  biasVariance: [{}, { predictions: count([3, 5]), truth: count([5]) }],
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
  linearDiscriminant: [{}, { x: samples.x, weights: count([2]), bias: float32([], [-1]) }],
  perceptronCriterion: [{}, weighed],
  batchPerceptronStep: [{ learningRate: 0.5 }, weighed],
  surrogatePerceptronStep: [{ learningRate: 0.5 }, weighed],
  stochasticPerceptronEpoch: [{ learningRate: 0.5, order: [2, 0, 1] }, weighed],
  leastSquares: [{ penalty: 0.5 }, { x: samples.x, targets: count([3]), weights: count([2]), bias: float32([], [1]) }],
  softMargin: [{ penalty: 0.5 }, { ...weighed, bias: float32([], [1]) }],
  softmaxRegression: [{ penalty: 0.5 }, { x: samples.x, targets: count([3, 4]), weights: count([4, 2]), bias: count([4]) }],
  gradientStep: [{ learningRate: 0.5 }, slope],
  momentumStep: [
    { learningRate: 0.5, momentum: 0.25 },
    { ...slope, change: count([2, 3]) },
  ],
  weightDecayStep: [{ learningRate: 0.5, penalty: 0.25 }, slope],
  adagradStep: [
    { learningRate: 0.5, epsilon: 0.25 },
    { ...slope, squares: count([2, 3]) },
  ],
  rmspropStep: [
    { learningRate: 0.5, epsilon: 0.25, decay: 0.75 },
    { ...slope, squares: count([2, 3]) },
  ],
  adamStep: [
    { learningRate: 0.5, epsilon: 0.25, beta1: 0.75, beta2: 0.875, step: 2 },
    { ...slope, means: count([2, 3]), squares: count([2, 3]) },
  ],
  conjugateGradientStep: [
    {},
    { a: float32([2, 2], [2, 1, 1, 3]), x: count([2]), residual: count([2]), direction: float32([2], [1, -1]) },
  ],
  batchEpoch: [{ learningRate: 0.5 }, { x: samples.x, targets: count([3]), weights: count([2]) }],
  patternEpoch: [{ learningRate: 0.5 }, { x: samples.x, targets: count([3]), weights: count([2]) }],
  'novikoff.bound': [{}, { ...samples, separator: count([2]) }],
};
function callOf(operation: string): [attributes: object, inputs: NamedTensors] {
  if (operation in calls) return calls[operation];
  const attributes = operation.startsWith('scaledTanh') ? { a: 1.5, b: 0.5 } : {};
  return [attributes, operation.endsWith('.backward') ? elementwise : { x: elementwise.x }];
}
async function loaded(operation: string, inputs = callOf(operation)[1]) {
  const kernel = await backend.prepare(operation, { ...callOf(operation)[0] }, shapesOf(inputs));
  await kernel.load(inputs);
  return kernel;
}

describe('tfjs-cpu describes itself', () => {
  it('with its library, version and precision', async () => {
    expect(await backend.describe()).toMatchObject({
      name: 'tfjs-cpu',
      library: '@tensorflow/tfjs',
      version: tf.version.tfjs,
      device: 'cpu',
      dtype: 'float32',
    });
    expect(tf.getBackend()).toBe('cpu');
  });

  it('supports every operation', () => {
    for (const name of Object.keys(builders)) expect(backend.supports(name, {})).toEqual({ supported: true });
  });

  it('says why it does not support what it does not know', async () => {
    expect(backend.supports('fft', {})).toEqual({ supported: false, reason: "the tfjs adapter knows no operation 'fft'" });
    expect(backend.supports('toString', {}).supported).toBe(false);
    await expect(backend.prepare('fft', {}, {})).rejects.toThrow(
      "tfjs-cpu: fft is unsupported: the tfjs adapter knows no operation 'fft'",
    );
  });

  it('writes nothing to the console', async () => {
    const written = vi.spyOn(console, 'warn');
    const kernel = await loaded('tanh');
    await kernel.execute();
    await kernel.dispose();
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });
});

describe.each(Object.keys(builders) as OperationName[])('a tfjs kernel of %s', (operation) => {
  it('computes the same again, frees everything, and leaves what was read alone', async () => {
    const before = tf.memory();
    const kernel = await loaded(operation);
    await kernel.execute();
    const first = await kernel.read();
    const held = tf.memory();
    const copy = structuredClone(first);
    for (let call = 0; call < 5; call++) await kernel.execute();
    await kernel.load(callOf(operation)[1]);
    await kernel.execute();
    expect(await kernel.read()).toEqual(copy);
    expect(first).toEqual(copy);
    expect(tf.memory()).toEqual(held);
    await kernel.dispose();
    expect(tf.memory()).toEqual(before);
  });

  it('returns float32 numbers that are finite for ordinary inputs', async () => {
    const kernel = await loaded(operation);
    await kernel.execute();
    for (const { dtype, shape, data } of Object.values(await kernel.read())) {
      expect(dtype).toBe('float32');
      expect(data).toBeInstanceOf(Float32Array);
      expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
      expect([...data].every(Number.isFinite)).toBe(true);
    }
    await kernel.dispose();
  });
});

describe('a tfjs kernel', () => {
  it('takes other values of the same shapes', async () => {
    const kernel = await loaded('relu', { x: float32([2], [-1, 2]) });
    await kernel.load({ x: float32([2], [3, -4]) });
    await kernel.execute();
    expect([...(await kernel.read()).y.data]).toEqual([3, 0]);
    await kernel.dispose();
  });

  it('computes with what was loaded, not with what became of the array afterwards', async () => {
    const x = float32([2], [1, 2]);
    const kernel = await loaded('identity', { x });
    x.data[0] = 100;
    await kernel.execute();
    const { y } = await kernel.read();
    y.data[1] = 200;
    expect([...(await kernel.read()).y.data]).toEqual([1, 2]);
    await kernel.dispose();
  });

  it('says which step of which operation failed', async () => {
    const shapes = { a: [2, 3], b: [4, 1] };
    const kernel = await backend.prepare('matmul', {}, shapes);
    await expect(kernel.execute()).rejects.toThrow('tfjs-cpu: matmul: execute: nothing was loaded');
    await expect(kernel.read()).rejects.toThrow('tfjs-cpu: matmul: read: nothing was executed');
    await expect(kernel.load({ a: count([2, 3]) })).rejects.toThrow('input b was prepared as [4, 1], got [nothing]');
    await expect(kernel.load({ a: count([2, 3]), b: count([3, 1]) })).rejects.toThrow(
      'input b was prepared as [4, 1], got [3, 1]',
    );
    const before = tf.memory().numTensors;
    await kernel.load({ a: count([2, 3]), b: count([4, 1]) });
    await expect(kernel.execute()).rejects.toThrow(/^tfjs-cpu: matmul: execute: .*inner shapes/);
    await kernel.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('does not leak over hundreds of kernels', async () => {
    const before = tf.memory().numTensors;
    for (let round = 0; round < 300; round++) {
      const kernel = await loaded('mlp.trainStep');
      await kernel.execute();
      await kernel.read();
      await kernel.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('another device', () => {
  const link = 'https://github.com/tensorflow/tfjs';
  const finished: number[] = [];
  let uploads = 0;
  let other: Backend;
  beforeAll(async () => {
    other = await createTfjsBackend({
      tf,
      tfBackend: 'cpu',
      description: { name: 'tfjs-other', version: '0', device: 'other', notes: ['slow'] },
      holes: {
        maxPool2d: ({ padding }) => (padding.some((size) => size > 0) ? { reason: 'no padding here', link } : undefined),
      },
      upload: (tensor: DeviceTensor) => {
        uploads++;
        return tf.clone(tensor);
      },
      finish: async (tensors) => {
        finished.push(tensors.length);
      },
    });
  });

  it('states its holes by attributes, with a link', () => {
    expect(other.supports('maxPool2d', pool)).toEqual({ supported: false, reason: 'no padding here', link });
    expect(other.supports('maxPool2d', { ...pool, padding: [0, 0, 0, 0] })).toEqual({ supported: true });
  });

  it('keeps its own notes first', async () => {
    expect((await other.describe()).notes?.[0]).toBe('slow');
  });

  it('uploads while loading and waits for the device after each step', async () => {
    const before = tf.memory();
    const inputs = { a: count([2, 3]), b: count([3, 1]) };
    const kernel = await other.prepare('matmul', {}, shapesOf(inputs));
    await kernel.load(inputs);
    expect({ uploads, finished }).toEqual({ uploads: 2, finished: [2] });
    await kernel.execute();
    expect(finished).toEqual([2, 1]);
    await kernel.dispose();
    expect(tf.memory()).toEqual(before);
  });

  it('splits the channels of a depthwise convolution where the device cannot differentiate that kernel', async () => {
    function depthwiseConv2d(): never {
      throw new Error('the depthwise kernel was called');
    }
    const lacking = await createTfjsBackend({
      tf: { ...tf, depthwiseConv2d, getKernel: () => undefined as never },
      tfBackend: 'cpu',
      description: { name: 'tfjs-lacking', version: '0', device: 'other' },
    });
    // Two channels with kernels 2 and 3: dx = (2·1, 2·4, 3·10, 3·40), dWeights = (1·1 + 5·4, 7·10 + 9·40).
    const attributes = { ...plain, groups: 2 };
    const weights = float32([2, 1, 1, 1], [2, 3]);
    const x = float32([1, 2, 1, 2], [1, 5, 7, 9]);
    const dy = float32([1, 2, 1, 2], [1, 4, 10, 40]);
    const answers = [];
    for (const [operation, changes, inputs] of [
      ['conv2d.inputGradient', { inputSize: [1, 2] }, { weights, dy }],
      ['conv2d.weightGradient', { kernelSize: [1, 1] }, { x, dy }],
    ] as const) {
      const kernel = await lacking.prepare(operation, { ...attributes, ...changes }, shapesOf(inputs));
      await kernel.load(inputs);
      await kernel.execute();
      answers.push(...Object.values(await kernel.read()).map(({ data }) => [...data]));
      await kernel.dispose();
    }
    expect(answers).toEqual([
      [2, 8, 30, 120],
      [21, 430],
    ]);
    const forward = { x, weights };
    const kernel = await lacking.prepare('conv2d', attributes, shapesOf(forward));
    await kernel.load(forward);
    await expect(kernel.execute()).rejects.toThrow('the depthwise kernel was called');
    await kernel.dispose();
  });

  it('fails when the library does not have it', async () => {
    const description = { name: 'tfjs-none', version: '0', device: 'none' };
    await expect(createTfjsBackend({ tf, tfBackend: 'none', description })).rejects.toThrow(/none/);
    expect(tf.getBackend()).toBe('cpu');
  });
});
