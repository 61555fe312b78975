import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Backend } from '../contract.ts';
import { float32, shapesOf } from './testing/kernels.ts';
import tfjsWasm from './wasm.ts';

let backend: Backend;
beforeAll(async () => {
  // The library takes half of the cores: with four it has two threads.
  const os = createRequire(import.meta.url)('node:os') as typeof import('node:os');
  vi.spyOn(os, 'cpus').mockReturnValue(Array(4).fill(os.cpus()[0]));
  backend = await tfjsWasm();
});
afterAll(() => backend.dispose?.());

const plain = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };

it('runs on the build with SIMD and threads', async () => {
  const { device, notes } = await backend.describe();
  expect(device).toBe('wasm');
  expect(notes).toContainEqual(expect.stringMatching(/SIMD and threads.*: 2\.$/));
});

it('computes a product that its threads share', async () => {
  // aᵢⱼ = i and bᵢⱼ = j: yᵢⱼ = 64·i·j.
  const square = (value: (i: number, j: number) => number) =>
    float32(
      [64, 64],
      Array.from({ length: 64 * 64 }, (_, index) => value(Math.floor(index / 64), index % 64)),
    );
  const inputs = { a: square((i) => i), b: square((_, j) => j) };
  const kernel = await backend.prepare('matmul', {}, shapesOf(inputs));
  await kernel.load(inputs);
  await kernel.execute();
  expect((await kernel.read()).y.data).toEqual(square((i, j) => 64 * i * j).data);
  await kernel.dispose();
});

it('computes a convolution and its gradient by the input', async () => {
  const x = float32([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]);
  const weights = float32([1, 1, 2, 2], [1, 10, 100, 1000]);
  const dy = float32([1, 1, 1, 2], [1, 2]);
  for (const [operation, attributes, inputs, expected] of [
    // y = 1·1 + 10·2 + 100·4 + 1000·5, and one column on.
    ['conv2d', plain, { x, weights }, [5421, 6532]],
    ['conv2d.inputGradient', { ...plain, inputSize: [2, 3] }, { weights, dy }, [1, 12, 20, 100, 1200, 2000]],
  ] as const) {
    const kernel = await backend.prepare(operation, { ...attributes }, shapesOf(inputs));
    await kernel.load(inputs);
    await kernel.execute();
    const [output] = Object.values(await kernel.read());
    expect([...output.data], operation).toEqual(expected);
    await kernel.dispose();
  }
});

it('says that the library has no gradient by the weights, and where it says so', () => {
  expect(backend.supports('conv2d.weightGradient', { ...plain, kernelSize: [2, 2] })).toEqual({
    supported: false,
    reason: expect.stringContaining('Conv2DBackpropFilter'),
    link: 'https://github.com/tensorflow/tfjs/issues/8474',
  });
});
