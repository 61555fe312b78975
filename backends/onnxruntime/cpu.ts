/** `onnxruntime-cpu`: ONNX Runtime's own kernels (MLAS) on the processor. Every operation has a graph: no holes. */
import type { Backend } from '../contract.ts';
import { createOnnxRuntimeBackend } from './adapter.ts';

/** `intraOpNumThreads` is the number of threads one operator may use; without it the library takes one per core. */
export default function onnxRuntimeCpu(options: { readonly intraOpNumThreads?: number } = {}): Promise<Backend> {
  return createOnnxRuntimeBackend({
    description: { name: 'onnxruntime-cpu', device: 'cpu' },
    executionProviders: ['cpu'],
    // Some 50 KiB each, and half a millisecond to create another.
    idleSessions: 768,
    // Idle threads of a session sleep: with the library's default they spin, and take the cores from every other session and process.
    sessionOptions: { ...options, extra: { session: { intra_op: { allow_spinning: '0' } } } },
  });
}
