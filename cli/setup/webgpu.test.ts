import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runTool } from './tools.ts';
import { webgpu } from './webgpu.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-webgpu-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('takes the loader and the driver out of the package', async () => {
  // A tarball of the package's archive alone, as npm would pack it.
  const installed = resolve(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '../..');
  symlinkSync(installed, join(folder, 'package'));
  const tarball = join(folder, 'package.tgz');
  execFileSync('tar', ['-czhf', tarball, '-C', folder, 'package/bin/swiftshader.tar.br']);
  const target = join(folder, 'setup', 'vulkan');
  mkdirSync(dirname(target));

  const [part] = webgpu().parts;
  await part.build({ files: [tarball], target, folder, run: runTool });

  expect(readdirSync(target).sort()).toEqual(['libvk_swiftshader.so', 'libvulkan.so.1', 'vk_swiftshader_icd.json']);
  const bytes = readdirSync(target).reduce((sum, name) => sum + statSync(join(target, name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(part.diskBytes);
});

it('is fetched from the registry by its exact version and checksum', () => {
  const { parts, versions } = webgpu();
  const [{ name, version, sha256 }] = parts[0].downloads!;
  expect(versions).toEqual({ [name]: version });
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
});
