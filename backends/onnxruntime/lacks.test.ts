import { beforeAll, expect, it } from 'vitest';
import type { Backend } from '../contract.ts';
import type { NamedTensors } from '../signatures.ts';
import { createOnnxRuntimeBackend } from './adapter.ts';
import { float32, shapesOf } from './testing/kernels.ts';
import { lacks } from './webgpu.ts';

// On the processor: what the graphs compute does not depend on where they run.
let backend: Backend;
beforeAll(async () => {
  const description = { name: 'onnxruntime-composed', device: 'cpu' };
  backend = await createOnnxRuntimeBackend({
    description,
    executionProviders: ['cpu'],
    lacks,
  });
});

async function calculate(operation: string, attributes: object, inputs: NamedTensors) {
  const kernel = await backend.prepare(operation, { ...attributes }, shapesOf(inputs));
  await kernel.load(inputs);
  await kernel.execute();
  const outputs = Object.entries(await kernel.read()).map(([name, { shape, data }]) => [name, [...shape], [...data]]);
  await kernel.dispose();
  return outputs;
}

it('sign is exact down to the smallest number, and keeps zeros and NaN', async () => {
  const x = float32([8], [3, -0.5, 2 ** -149, -(2 ** -149), 0, -0, Number.NaN, -Infinity]);
  expect(await calculate('sign', {}, { x })).toEqual([['y', [8], [1, -1, 1, -1, 0, -0, Number.NaN, -1]]]);
});

it('maxPool2d.backward gives each gradient to the first maximum of its window', async () => {
  // The −5 is the maximum of two windows; all is negative.
  const x = float32([1, 1, 3, 3], [-9, -5, -6, -7, -8, -8, -3, -8, -3]);
  const dy = float32([1, 1, 2, 2], [1, 10, 100, 1000]);
  const attributes = { window: [2, 2], stride: [1, 1], padding: [0, 0, 0, 0] };
  expect(await calculate('maxPool2d.backward', attributes, { x, dy })).toEqual([
    ['dx', [1, 1, 3, 3], [0, 11, 0, 0, 0, 0, 100, 0, 1000]],
  ]);
});

it('maxPool2d.backward leaves padding and rows that the stride skips out', async () => {
  // One column of padding on the left, which a padding with 0 would let win; stride 2 over height 3: the last row is in no window. Ties go to the first.
  const x = float32([1, 2, 3, 2], [-1, -2, -3, -4, 9, 9, 7, 7, 7, 7, 9, 9]);
  const dy = float32([1, 2, 1, 2], [1, 2, 3, 4]);
  const attributes = { window: [2, 2], stride: [2, 1], padding: [0, 1, 0, 0] };
  expect(await calculate('maxPool2d.backward', attributes, { x, dy })).toEqual([
    ['dx', [1, 2, 3, 2], [3, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0]],
  ]);
});

it('perceptron.train writes out its steps', async () => {
  // One sample and its opposite label, over and over: w = 0 errs, w = x is right, so a single mistake.
  const x = float32([40, 1], Array(40).fill(2));
  const labels = float32([40], Array(40).fill(1));
  const [[, , weights], [, , mistakes]] = await calculate('perceptron.train', { passes: 1 }, { x, labels });
  expect(weights).toEqual([2]);
  expect(mistakes).toEqual([1, ...Array(39).fill(0)]);
});

it('softmaxRegression takes the logarithm of the softmax apart', async () => {
  // Scores 0 and ln 3: probabilities ¼ and ¾, a loss of ln 4 for the first class.
  const inputs = {
    x: float32([1, 1], [1]),
    targets: float32([1, 2], [1, 0]),
    weights: float32([2, 1], [0, Math.log(3)]),
    bias: float32([2], [0, 0]),
  };
  const [[, , loss], [, , dWeights]] = await calculate('softmaxRegression', { penalty: 0 }, inputs);
  expect(loss).toEqual([expect.closeTo(Math.log(4), 6)]);
  expect(dWeights).toEqual([expect.closeTo(-0.75, 6), expect.closeTo(0.75, 6)]);
});
