import { expect, it } from 'vitest';
import { describeAdapter } from './dawn.ts';

const info = { vendor: 'nvidia', architecture: 'hopper', device: '', description: 'NVIDIA H200', isFallbackAdapter: false };

it('names the adapter, by its description or by what else it says', () => {
  expect(describeAdapter(info as GPUAdapterInfo)).toEqual({ driver: 'NVIDIA H200', notes: [] });
  expect(describeAdapter({ ...info, description: '' } as GPUAdapterInfo).driver).toBe('nvidia hopper');
});

it.each([
  { description: 'SwiftShader driver 5.0.0', isFallbackAdapter: true },
  { architecture: 'swiftshader', description: '' },
  { description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
])('says that $description computes on the processor', (software) => {
  const { driver, notes } = describeAdapter({ ...info, ...software } as GPUAdapterInfo);
  expect(driver).toContain('(fallback adapter: computes on the processor)');
  expect(notes).toEqual([expect.stringContaining('Timings')]);
});
