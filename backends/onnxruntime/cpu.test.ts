import { expect, it, vi } from 'vitest';
import onnxRuntimeCpu from './cpu.ts';

const load = vi.hoisted(() => vi.fn());
vi.mock('onnxruntime-node', () => {
  load();
  return { env: { versions: { common: '0', node: '1.2.3' } } };
});

it('loads onnxruntime-node when the backend is started, and not before', async () => {
  expect(load).not.toHaveBeenCalled();
  const backend = await onnxRuntimeCpu();
  expect(load).toHaveBeenCalledTimes(1);
  expect((await backend.describe()).version).toBe('1.2.3');
});
