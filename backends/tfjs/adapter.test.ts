import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../contract.ts';
import type { OperationName } from '../signatures.ts';
import { callOf, float32, fractions } from '../testing/calls.ts';
import { createTfjsBackend } from './adapter.ts';
import tfjsCpu from './cpu.ts';
import { builders } from './operations.ts';
import type { DeviceTensor } from './program.ts';
import { shapesOf } from './testing/kernels.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await tfjsCpu();
});

const plain = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };
const pool = { window: [2, 2], stride: [2, 2], padding: [1, 0, 0, 1] };

async function loaded(operation: OperationName, inputs = callOf(operation)[1]) {
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
    await expect(kernel.load({ a: fractions(2, 3) })).rejects.toThrow('input b was prepared as [4, 1], got [nothing]');
    await expect(kernel.load({ a: fractions(2, 3), b: fractions(3, 1) })).rejects.toThrow(
      'input b was prepared as [4, 1], got [3, 1]',
    );
    const before = tf.memory().numTensors;
    await kernel.load({ a: fractions(2, 3), b: fractions(4, 1) });
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
    const inputs = { a: fractions(2, 3), b: fractions(3, 1) };
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
