/**
 * The setup of the WebGPU backends: a Vulkan loader, and SwiftShader, a Vulkan driver that computes on the processor. Both come out of
 * the npm package @sparticuz/chromium, which carries them for its browser. A driver of a real device is preferred where there is one.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { Download } from './downloads.ts';
import type { Part, Setup } from './setup.ts';
import { tools } from './tools.ts';
import { unpackTarball } from './unpack.ts';

const chromium: Download = {
  kind: 'npm',
  name: '@sparticuz/chromium',
  version: '143.0.4',
  sha256: 'd69d6790c17a62b70dc3e8acfd774b6c1f780f229e5601f50264dbc434b5cf94',
  bytes: 66_555_040,
};

const archive = 'bin/swiftshader.tar.br';
const members = ['libvulkan.so.1', 'libvk_swiftshader.so', 'vk_swiftshader_icd.json'];

const vulkanPart: Part = {
  name: 'vulkan',
  downloads: [chromium],
  diskBytes: 7_000_000,
  async build({ files: [file], target, run }) {
    const unpacked = `${target}.package`;
    await unpackTarball(file, unpacked, [archive]);
    mkdirSync(target);
    const tar = brotliDecompressSync(readFileSync(join(unpacked, archive)));
    await run('tar', ['-xf', '-', '-C', target, ...members], { input: tar });
  },
};

export const webgpu = (): Setup => ({
  summary: 'a Vulkan loader and SwiftShader, a Vulkan driver that computes on the processor',
  backends: ['onnxruntime-webgpu', 'tfjs-webgpu'],
  versions: { [chromium.name]: chromium.version },
  parts: [vulkanPart],
  tools: [tools.tar],
  platforms: ['linux-x64'],
});
