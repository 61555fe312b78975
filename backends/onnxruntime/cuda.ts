/** `onnxruntime-cuda`: ONNX Runtime's CUDA provider, in the copy of the library that `etalon setup onnxruntime-cuda` made. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Backend } from '../contract.ts';
import { cudaDevice, cudaLibrariesOf, cudaPrecision, loadingError } from '../cudaLibraries.ts';
import { requireInstalled } from '../installed.ts';
import { createOnnxRuntimeBackend, type Ort } from './adapter.ts';
import { constantGraphs } from './constantGraphs.ts';

const name = 'onnxruntime-cuda';
const provider = 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so';

export default async function onnxRuntimeCuda(): Promise<Backend> {
  const require = createRequire(import.meta.url);
  const { version } = require('onnxruntime-node/package.json') as { version: string };
  const library = join(requireInstalled(name, { 'onnxruntime-node': version }), 'node_modules', 'onnxruntime-node');
  requireLibraries(join(library, provider));
  const backend = await createOnnxRuntimeBackend({
    ort: require(library) as Ort,
    description: {
      name,
      device: 'cuda',
      driver: cudaDevice(),
      precision: cudaPrecision(),
      notes: ['Inputs are copied to the device and outputs back inside the library’s run: that time is part of execute.'],
    },
    executionProviders: ['cuda'],
    provenAs: 'CUDAExecutionProvider',
    holes: constantGraphs,
  });
  // The library starts the device with its first session: a device that cannot start is a backend that is not there.
  const trial = await backend.prepare('relu', {}, { x: [1] });
  await trial.dispose();
  return backend;
}

/** @throws Error with the loader's own reason, which the library tells nobody. */
function requireLibraries(file: string): void {
  const refused = loadingError(file);
  if (refused === undefined) return;
  const { missing } = cudaLibrariesOf(name);
  if (missing.length > 0) {
    throw new Error(`CUDA 13's ${missing.join(', ')} are not on this machine; run: etalon setup ${name}`);
  }
  if (refused.includes('libcuda.so.1')) {
    throw new Error(
      `the provider and CUDA's libraries are there, NVIDIA's driver is not: ${refused}; it needs a GPU and its driver, 580 or newer`,
    );
  }
  throw new Error(`the CUDA provider does not load: ${refused}`);
}
