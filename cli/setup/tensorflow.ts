/** The setups of TensorFlow.js on TensorFlow itself: the addon of tfjs-node-gpu, compiled against a current TensorFlow. */

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cudaParts } from './cuda.ts';
import type { Download } from './downloads.ts';
import type { Part, Setup, SetupChoices } from './setup.ts';
import { tools } from './tools.ts';
import { unpackTarball, unpackWheel } from './unpack.ts';

const require = createRequire(import.meta.url);
const addonPackage = '@tensorflow/tfjs-node-gpu';

const napiHeaders: Download = {
  kind: 'npm',
  name: 'node-api-headers',
  version: '1.9.0',
  sha256: '6cbfac49542194ae2c8f1dee5fa2dc00d66bec9cbf3b59e3a4e5f16d14eb0d19',
  bytes: 16_974,
};
const tensorflowCpu: Download = {
  kind: 'wheel',
  name: 'tensorflow-cpu',
  version: '2.21.0',
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  bytes: 273_829_956,
};

const tensorflow: Download = {
  kind: 'wheel',
  name: 'tensorflow',
  version: '2.21.0',
  sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  bytes: 572_440_367,
};

const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const headers = ['tensorflow/c/', 'tensorflow/core/platform/', 'tsl/platform/', 'xla/tsl/c/'];

function tensorflowPart(wheel: Download, diskBytes: number): Part {
  return {
    name: 'tensorflow',
    downloads: [wheel],
    diskBytes,
    build: ({ files: [file], target }) =>
      unpackWheel(file, target, [
        ...libraries.map((library) => `tensorflow/${library}`),
        ...headers.map((folder) => `tensorflow/include/${folder}`),
      ]),
  };
}

const headersPart: Part = {
  name: 'node-api-headers',
  downloads: [napiHeaders],
  diskBytes: 200_000,
  build: ({ files: [file], target }) => unpackTarball(file, target),
};

/** The package's own sources, and ours beside them that tells which device executed what. */
const addonPart: Part = {
  name: 'tfjs_binding.node',
  diskBytes: 200_000,
  async build({ folder, target, run }) {
    const binding = join(dirname(require.resolve(`${addonPackage}/package.json`)), 'binding');
    const sources = readdirSync(binding).filter((name) => name.endsWith('.cc'));
    const tensorflow = join(folder, 'tensorflow', 'tensorflow');
    await run('g++', [
      ...['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
      ...[`-I${join(folder, 'node-api-headers', 'include')}`, `-I${join(tensorflow, 'include')}`],
      ...sources.map((name) => join(binding, name)),
      fileURLToPath(new URL('../../backends/tfjs/placement.cc', import.meta.url)),
      ...['-o', target, `-L${tensorflow}`, ...libraries.map((library) => `-l:${library}`)],
      // Found from where the addon lies, so that the folder may be moved.
      '-Wl,-rpath,$ORIGIN/tensorflow/tensorflow',
      ...['TFE_Execute', 'napi_define_properties'].map((name) => `-Wl,--wrap=${name}`),
    ]);
  },
};

function setupWith(wheel: Download, diskBytes: number): Pick<Setup, 'versions' | 'parts' | 'tools' | 'platforms'> {
  const { version } = require(`${addonPackage}/package.json`) as { version: string };
  return {
    versions: { [addonPackage]: version, [wheel.name]: wheel.version, [napiHeaders.name]: napiHeaders.version },
    parts: [headersPart, tensorflowPart(wheel, diskBytes), addonPart],
    tools: [tools.compiler, tools.tar],
    platforms: ['linux-x64'],
  };
}

export const tfjsNode = (): Setup => ({
  summary: 'the addon of tfjs-node-gpu, compiled against the processor build of TensorFlow',
  backends: ['tfjs-node'],
  ...setupWith(tensorflowCpu, 870_000_000),
});

export function tfjsCuda({ cudaLibraries }: SetupChoices): Setup {
  const common = setupWith(tensorflow, 1_270_000_000);
  return {
    summary: 'the addon of tfjs-node-gpu, compiled against the CUDA build of TensorFlow, and CUDA 12',
    backends: ['tfjs-cuda'],
    ...common,
    parts: [...common.parts, ...cudaParts('tfjs-cuda', cudaLibraries)],
  };
}
