import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { createOnnxRuntimeBackend, type OnnxRuntimeProvider } from './adapter.ts';
import { createProfile, requireProvider } from './profile.ts';
import { float32, shapesOf } from './testing/kernels.ts';

const provider: OnnxRuntimeProvider = {
  description: { name: 'onnxruntime-proven', device: 'cpu' },
  executionProviders: ['cpu'],
  // Overrules the adapter, which has the session refuse what falls back.
  sessionOptions: { extra: { session: { disable_cpu_ep_fallback: '0' } } },
};
const inputs = { a: float32([2, 2], [1, 2, 3, 4]), b: float32([2, 1], [1, 1]) };

async function executed(given: OnnxRuntimeProvider) {
  const kernel = await (await createOnnxRuntimeBackend(given)).prepare('matmul', {}, shapesOf(inputs));
  await kernel.load(inputs);
  await kernel.execute();
  await kernel.execute();
  const { y } = await kernel.read();
  await kernel.dispose();
  return [...y.data];
}

it('is satisfied by the provider that every node ran on', async () => {
  expect(await executed({ ...provider, provenAs: 'CPUExecutionProvider' })).toEqual([3, 7]);
});

it('makes an error of a result that another provider computed', async () => {
  await expect(executed({ ...provider, provenAs: 'CUDAExecutionProvider' })).rejects.toThrow(
    'matmul: execute: not all of the graph ran on CUDAExecutionProvider: MatMul on CPUExecutionProvider',
  );
});

it('comes after the session itself, which refuses a graph that would fall back', async () => {
  const strict = { ...provider, sessionOptions: {}, provenAs: 'CUDAExecutionProvider' };
  await expect(executed(strict)).rejects.toThrow(/matmul: prepare: .*fallback to CPU EP has been explicitly disabled/);
});

it('does not take a profile without nodes for a proof, and leaves no file behind', () => {
  expect(() => requireProvider(new Map(), 'WebGpuExecutionProvider')).toThrow('names no node');
  const profile = createProfile();
  const folder = dirname(profile.options.profileFilePrefix!);
  expect(existsSync(folder)).toBe(true);
  profile.discard();
  expect(existsSync(folder)).toBe(false);
});
