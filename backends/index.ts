/** The backends that Etalon hosts itself, and what `etalon/backends` exports: the contract and the workers. */
import type { Backend } from './contract.ts';

export interface EmbeddedBackend {
  /** One line for a list of backends. */
  readonly summary: string;
  /** Imports the adapter, and with it the library that it adapts: only ever done in the backend's own process. */
  readonly load: () => Promise<{ readonly default: () => Promise<Backend> }>;
  /** What `etalon setup` must have fetched and built before it runs; without it the packages are all it needs. */
  readonly setup?: string;
  /** Variables that its process is started with, where a native library reads them before the adapter could set them. */
  readonly environment?: () => Readonly<Record<string, string>>;
  /** Failures that the adapter's author knows of, with reasons. */
  readonly expectedFailures?: URL;
}

const tfjsFailures = new URL('./tfjs/expected-failures.json', import.meta.url);
const onnxruntimeFailures = new URL('./onnxruntime/expected-failures.json', import.meta.url);

/** By the name that users type. */
export const embeddedBackends: Readonly<Record<string, EmbeddedBackend>> = {
  js: {
    summary: 'plain JavaScript loops, the pace that others are compared with',
    load: () => import('./js/index.ts'),
  },
  'tfjs-cpu': {
    summary: 'TensorFlow.js in plain JavaScript',
    load: () => import('./tfjs/cpu.ts'),
    expectedFailures: tfjsFailures,
  },
  'tfjs-wasm': {
    summary: 'TensorFlow.js in WebAssembly',
    load: () => import('./tfjs/wasm.ts'),
    expectedFailures: tfjsFailures,
  },
  'tfjs-node': {
    summary: "TensorFlow.js on TensorFlow's processor build, through the addon of tfjs-node-gpu",
    setup: 'tfjs-node',
    load: () => import('./tfjs/node.ts'),
    expectedFailures: tfjsFailures,
  },
  'onnxruntime-cpu': {
    summary: "ONNX Runtime's own kernels on the processor",
    load: () => import('./onnxruntime/cpu.ts'),
    expectedFailures: onnxruntimeFailures,
  },
};

export type * from './contract.ts';
export type * from './signatures.ts';
export { activationNames } from './signatures.ts';
export { hostCommand, programCommand } from './worker/hostCommand.ts';
export { descriptionOf, type Hello, protocolVersion } from './worker/protocol.ts';
export * from './worker/worker.ts';
