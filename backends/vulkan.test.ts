import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { backendCommand, createWorkerSupervisor } from './index.ts';
import { readInstalled } from './installed.ts';
import { vulkanEnvironment } from './vulkan.ts';

const cache = mkdtempSync(join(tmpdir(), 'etalon-vulkan-'));
const linux = process.platform === 'linux';
afterAll(() => rmSync(cache, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

it('needs no variables before anything is set up', () => {
  vi.stubEnv('ETALON_CACHE', join(cache, 'nothing'));
  expect(vulkanEnvironment()).toEqual({});
});

it.skipIf(!linux)('points at what was set up, unless the user points elsewhere', () => {
  const folder = join(cache, 'done', 'webgpu');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'installed.json'), '{"versions":{}}');
  vi.stubEnv('ETALON_CACHE', join(cache, 'done'));
  vi.stubEnv('LD_LIBRARY_PATH', '/mine');
  const { LD_LIBRARY_PATH, VK_ICD_FILENAMES } = vulkanEnvironment();
  // Where the system has a loader or a device of its own, that one is taken.
  expect([`${join(folder, 'vulkan')}:/mine`, undefined]).toContain(LD_LIBRARY_PATH);
  expect([join(folder, 'vulkan', 'vk_swiftshader_icd.json'), undefined]).toContain(VK_ICD_FILENAMES);
  vi.stubEnv('VK_DRIVER_FILES', '/my/driver.json');
  expect(vulkanEnvironment().VK_ICD_FILENAMES).toBeUndefined();
});

it.skipIf(!linux).each(['onnxruntime-webgpu', 'tfjs-webgpu'])(
  '%s is unavailable without a driver, and says what mends it',
  async (name) => {
    const environment = { VK_ICD_FILENAMES: '/no/driver.json', VK_DRIVER_FILES: '/no/driver.json' };
    const supervisor = createWorkerSupervisor({ ...backendCommand(name), environment, timeoutMs: 20_000 });
    const start = await supervisor.start();
    await supervisor.close();
    expect(start).toEqual({ kind: 'unavailable', message: expect.stringContaining('run: etalon setup webgpu') });
  },
);

const setUp = readInstalled('webgpu') !== undefined;

it.skipIf(!setUp).each(['onnxruntime-webgpu', 'tfjs-webgpu'])('%s names the adapter that answered', async (name) => {
  const supervisor = createWorkerSupervisor({ ...backendCommand(name), timeoutMs: 20_000 });
  const start = await supervisor.start();
  await supervisor.close();
  expect(start).toMatchObject({ kind: 'started', hello: { device: 'webgpu', driver: expect.stringMatching(/\S/) } });
});
