/** `tfjs-cpu`: TensorFlow.js in plain JavaScript. It has a kernel for every operation: no holes. */
import type { Backend } from '../contract.ts';
import { createTfjsBackend } from './adapter.ts';

export default async function tfjsCpu(): Promise<Backend> {
  // The whole library, not only its core and the CPU device: the Node bundle of the core registers no gradients.
  const tf = await import('@tensorflow/tfjs');
  return createTfjsBackend({
    tf,
    tfBackend: 'cpu',
    description: { name: 'tfjs-cpu', version: tf.version.tfjs, device: 'cpu' },
  });
}
