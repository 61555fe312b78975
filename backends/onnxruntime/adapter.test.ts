import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { sizeOf } from '../../reference/tensor.ts';
import type { Backend } from '../contract.ts';
import type { OperationName } from '../signatures.ts';
import { callOf, float32, fractions, pooling } from '../testing/calls.ts';
import { createOnnxRuntimeBackend } from './adapter.ts';
import onnxRuntimeCpu from './cpu.ts';
import { builders } from './operations.ts';
import { shapesOf } from './testing/kernels.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await onnxRuntimeCpu();
});

async function loaded(operation: OperationName, inputs = callOf(operation)[1], where = backend) {
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

  it.each(['identity', 'relu'] as const)(
    'computes %s of what was loaded, not of what became of the array',
    async (operation) => {
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
    },
  );

  it('says which step of which operation failed', async () => {
    const kernel = await backend.prepare('matmul', {}, { a: [2, 3], b: [3, 1] });
    await expect(kernel.execute()).rejects.toThrow('onnxruntime-cpu: matmul: execute: nothing was loaded');
    await expect(kernel.read()).rejects.toThrow('onnxruntime-cpu: matmul: read: nothing was executed');
    const a = fractions(2, 3);
    await expect(kernel.load({ a })).rejects.toThrow('load: input b was prepared as [3, 1], got [nothing]');
    await expect(kernel.load({ a, b: fractions(3, 2) })).rejects.toThrow('input b was prepared as [3, 1], got [3, 2]');
    await kernel.dispose();
    const unfit = await backend.prepare('matmul', {}, { a: [2, 3], b: [4, 1] });
    await unfit.load({ a, b: fractions(4, 1) });
    await expect(unfit.execute()).rejects.toThrow(/^onnxruntime-cpu: matmul: execute: .*MatMul/s);
    await unfit.dispose();
    await expect(backend.prepare('matmul', {}, { a: [2, 3], b: [] })).rejects.toThrow(
      /^onnxruntime-cpu: matmul: prepare: .*MatMul/s,
    );
  });

  it('serves shapes of one graph by one session, which the last kernel releases', async () => {
    const [small, large] = [await backend.prepare('tanh', {}, { x: [2, 3] }), await backend.prepare('tanh', {}, { x: [5, 1] })];
    await small.load({ x: fractions(2, 3) });
    await large.load({ x: fractions(5, 1) });
    for (const kernel of [small, large]) await kernel.execute();
    const before = await large.read();
    await small.dispose();
    await large.execute();
    expect(await large.read()).toEqual(before);
    expect(before.y.shape).toEqual([5, 1]);
    await large.dispose();
    await expect(large.execute()).rejects.toThrow();
  });

  it('keeps the session of a small graph until it is disposed itself, and releases each once', async () => {
    // The library's types hide that its factory of sessions is their class.
    const { prototype } = ort.InferenceSession as unknown as { prototype: ort.InferenceSession };
    const release = vi.spyOn(prototype, 'release');
    const own = await onnxRuntimeCpu();
    for (const rows of [2, 2, 3]) await (await own.prepare('tanh', {}, { x: [rows, 3] })).dispose();
    const large = await own.prepare('tanh', {}, { x: [64, 64] });
    expect(release).not.toHaveBeenCalled();
    await large.dispose();
    expect(release).toHaveBeenCalledTimes(1);
    await own.dispose?.();
    await own.dispose?.();
    expect(release).toHaveBeenCalledTimes(2);
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
    expect(lacking.supports('maxPool2d', { ...pooling })).toEqual({ supported: false, reason: 'no padding here', link });
    expect(lacking.supports('maxPool2d', { ...pooling, padding: [0, 0, 0, 0] })).toEqual({ supported: true });
    await expect(lacking.prepare('maxPool2d', { ...pooling }, { x: [1, 1, 3, 3] })).rejects.toThrow('no padding here');
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
