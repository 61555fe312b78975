/** The backends that Etalon hosts itself, and what `etalon/backends` exports: the contract and the workers. */
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend } from './contract.ts';
import { cudaEnvironment } from './cudaLibraries.ts';
import { setupFolder } from './installed.ts';
import { resolvedFrom, versionFolder } from './versions.ts';
import { vulkanEnvironment } from './vulkan.ts';
import { hostCommand } from './worker/hostCommand.ts';
import type { WorkerOptions } from './worker/startWorker.ts';

export interface EmbeddedBackend {
  /** One line for a list of backends. */
  readonly summary: string;
  /** Imports the adapter, and with it the library that it adapts: only ever done in the backend's own process. */
  readonly load?: () => Promise<{ readonly default: () => Promise<Backend> }>;
  /** npm packages that the adapter drives, the one that gives the version first; whoever checks them chooses the version. */
  readonly packages?: readonly string[];
  /** Instead of an adapter: the command of a program that speaks the protocol itself. */
  readonly program?: () => readonly [command: string, ...rest: string[]];
  /** What `etalon setup` must have fetched and built before it runs; without it the packages are all it needs. */
  readonly setup?: string;
  /** Variables that its process is started with, where a native library reads them before the adapter could set them. */
  readonly environment?: () => Readonly<Record<string, string>>;
  /** Failures that the adapter's author knows of, with reasons. */
  readonly expectedFailures?: URL;
}

/** A worker in Python, with the packages that its setup has put into a folder of their own. */
function pythonProgram(script: string, setup: string): Pick<EmbeddedBackend, 'program' | 'setup' | 'environment'> {
  return {
    setup,
    program: () => ['python3', fileURLToPath(new URL(`./process/${script}`, import.meta.url))],
    environment: () => ({
      PYTHONPATH: ['packages', 'numpy'].map((part) => join(setupFolder(setup), part)).join(delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
    }),
  };
}

const tfjsFailures = new URL('./tfjs/expected-failures.json', import.meta.url);
const onnxruntimeFailures = new URL('./onnxruntime/expected-failures.json', import.meta.url);

const tfjsPackages = ['@tensorflow/tfjs'];

/** By the name that users type. */
export const embeddedBackends: Readonly<Record<string, EmbeddedBackend>> = {
  js: {
    summary: 'plain JavaScript loops, the pace that others are compared with',
    load: () => import('./js/index.ts'),
  },
  'tfjs-cpu': {
    summary: 'TensorFlow.js in plain JavaScript',
    packages: tfjsPackages,
    load: () => import('./tfjs/cpu.ts'),
    expectedFailures: tfjsFailures,
  },
  'tfjs-wasm': {
    summary: 'TensorFlow.js in WebAssembly',
    packages: [...tfjsPackages, '@tensorflow/tfjs-backend-wasm'],
    load: () => import('./tfjs/wasm.ts'),
    expectedFailures: tfjsFailures,
  },
  'tfjs-webgpu': {
    summary: 'TensorFlow.js on WebGPU, on the graphics device or on a Vulkan driver in software',
    setup: 'webgpu',
    packages: [...tfjsPackages, '@tensorflow/tfjs-backend-webgpu'],
    load: () => import('./tfjs/webgpu.ts'),
    environment: vulkanEnvironment,
    expectedFailures: tfjsFailures,
  },
  'tfjs-node': {
    summary: "TensorFlow.js on TensorFlow's processor build, through the addon of tfjs-node-gpu",
    setup: 'tfjs-node',
    load: () => import('./tfjs/node.ts'),
    expectedFailures: tfjsFailures,
  },
  'tfjs-cuda': {
    summary: "TensorFlow.js on TensorFlow's CUDA build, through the addon of tfjs-node-gpu",
    setup: 'tfjs-cuda',
    load: () => import('./tfjs/cuda.ts'),
    environment: () => ({ TF_FORCE_GPU_ALLOW_GROWTH: 'true', ...cudaEnvironment('tfjs-cuda') }),
    expectedFailures: tfjsFailures,
  },
  'onnxruntime-cpu': {
    summary: "ONNX Runtime's own kernels on the processor",
    packages: ['onnxruntime-node'],
    load: () => import('./onnxruntime/cpu.ts'),
    expectedFailures: onnxruntimeFailures,
  },
  'onnxruntime-webgpu': {
    summary: "ONNX Runtime's WebGPU provider, on the graphics device or on a Vulkan driver in software",
    setup: 'webgpu',
    packages: ['onnxruntime-node'],
    load: () => import('./onnxruntime/webgpu.ts'),
    environment: vulkanEnvironment,
    expectedFailures: onnxruntimeFailures,
  },
  'onnxruntime-cuda': {
    summary: "ONNX Runtime's CUDA provider",
    setup: 'onnxruntime-cuda',
    load: () => import('./onnxruntime/cuda.ts'),
    environment: () => cudaEnvironment('onnxruntime-cuda'),
    expectedFailures: onnxruntimeFailures,
  },
  numpy: {
    summary: 'NumPy, every formula written out, through the Python client',
    ...pythonProgram('numpy_backend.py', 'python'),
  },
  torch: {
    summary: 'PyTorch on the processor, its own functions and automatic differentiation, through the Python client',
    ...pythonProgram('torch_backend.py', 'torch'),
    expectedFailures: new URL('./process/expected-failures.json', import.meta.url),
  },
};

/**
 * Returns the command that starts an embedded backend, with the variables it needs. With a version its packages come from the folder of that
 * version, which must be there.
 *
 * @throws RangeError when a version is asked of a backend that has no package to choose.
 */
export function backendCommand(
  name: string,
  version?: string,
): Pick<WorkerOptions, 'command' | 'arguments' | 'replyDescriptor' | 'environment'> {
  const { program, environment, packages } = embeddedBackends[name];
  const [command, ...rest] = program?.() ?? [];
  const started = command === undefined ? hostCommand(name) : { command, arguments: rest, replyDescriptor: 1 as const };
  if (version !== undefined) {
    if (packages === undefined) throw new RangeError(`${name} has no npm package whose version could be chosen`);
    const options = resolvedFrom(versionFolder(packages, version), packages);
    return { ...started, arguments: [...options, ...(started.arguments ?? [])], environment: environment?.() };
  }
  return { ...started, environment: environment?.() };
}

export type * from './contract.ts';
export type * from './signatures.ts';
export { activationNames } from './signatures.ts';
export { hostCommand, programCommand } from './worker/hostCommand.ts';
export { descriptionOf, type Hello, protocolVersion } from './worker/protocol.ts';
export * from './worker/worker.ts';
