/** The setup of ONNX Runtime's CUDA provider: a copy of onnxruntime-node with the provider beside its library, where it looks for it. */
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cudaParts } from './cuda.ts';
import type { Download } from './downloads.ts';
import { packageFolder } from './packages.ts';
import type { Part, Setup, SetupChoices } from './setup.ts';
import { unpackWheel } from './unpack.ts';

const require = createRequire(import.meta.url);

/** Built from the same commit as onnxruntime-node of the same version, which has no CUDA provider of its own. */
const onnxruntimeGpu: Download = {
  kind: 'wheel',
  name: 'onnxruntime-gpu',
  version: '1.30.0',
  sha256: '4fbf0c5d7b5fb99266c2e8a802e3e64af68bdc383e0f3c7349b985f1087eedaa',
  bytes: 246_658_419,
};
const providers = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];
const binaries = join('bin', 'napi-v6', 'linux', 'x64');

export function onnxruntimeCuda({ cudaLibraries }: SetupChoices): Setup {
  const { version } = require('onnxruntime-node/package.json') as { version: string };
  if (version !== onnxruntimeGpu.version) {
    throw new Error(`onnxruntime-node ${version} is installed; the CUDA provider is known for ${onnxruntimeGpu.version}`);
  }
  return {
    summary: "ONNX Runtime's CUDA provider, and CUDA 13",
    backends: ['onnxruntime-cuda'],
    versions: { 'onnxruntime-node': version, [onnxruntimeGpu.name]: onnxruntimeGpu.version },
    parts: [library, ...cudaParts('onnxruntime-cuda', cudaLibraries)],
    tools: [],
    platforms: ['linux-x64'],
  };
}

const library: Part = {
  name: 'node_modules',
  downloads: [onnxruntimeGpu],
  diskBytes: 320_000_000,
  async build({ files: [wheel], target }) {
    const node = dirname(require.resolve('onnxruntime-node/package.json'));
    const common = packageFolder('onnxruntime-common', join(node, 'package.json'));
    if (common === undefined) throw new Error('onnxruntime-common, which onnxruntime-node needs, is not installed');
    for (const entry of ['package.json', 'dist', binaries]) {
      cpSync(join(node, entry), join(target, 'onnxruntime-node', entry), { recursive: true, dereference: true });
    }
    cpSync(common, join(target, 'onnxruntime-common'), { recursive: true, dereference: true });
    await unpackWheel(
      wheel,
      join(target, 'onnxruntime-node', binaries),
      providers.map((name) => `onnxruntime/capi/${name}`),
      'flat',
    );
  },
};
