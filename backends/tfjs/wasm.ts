/** `tfjs-wasm`: TensorFlow.js compiled to WebAssembly (XNNPACK's kernels), with SIMD and threads. */

import type { Holes } from '../adapterHost.ts';
import type { Backend } from '../contract.ts';
import { createTfjsBackend } from './adapter.ts';
import { withThreads } from './threads.ts';

const noFilterGradient = () => ({
  reason: "Kernel 'Conv2DBackpropFilter' not registered for backend 'wasm'",
  link: 'https://github.com/tensorflow/tfjs/issues/8474',
});
const holes: Holes = {
  'conv2d.weightGradient': noFilterGradient,
  'convolutionalNetwork.backward': noFilterGradient,
  'convolutionalNetwork.trainStep': noFilterGradient,
  'locallyConnected2d.inputGradient': () => ({
    reason: "Kernel 'UnsortedSegmentSum', which the gradient of tf.gather calls, not registered for backend 'wasm'",
    link: 'https://github.com/tensorflow/tfjs/issues/8082',
  }),
};

export default async function tfjsWasm(): Promise<Backend> {
  const tf = await import('@tensorflow/tfjs');
  const { getThreadsCount, version_wasm: version } = await import('@tensorflow/tfjs-backend-wasm');
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
  const start = () => tf.setBackend('wasm');
  if (!(await withThreads(start))) throw new Error('tfjs-wasm: the library cannot start its build with SIMD and threads');
  const notes = [`The library's build with SIMD and threads; threads that it takes (half of the cores): ${getThreadsCount()}.`];
  return createTfjsBackend({
    tf,
    tfBackend: 'wasm',
    // XNNPACK's sigmoid and softmax make zero of what is below the normal range.
    description: { name: 'tfjs-wasm', version, device: 'wasm', subnormals: 'flushed', notes },
    holes,
    // Ends the threads.
    dispose: () => tf.removeBackend('wasm'),
  });
}
