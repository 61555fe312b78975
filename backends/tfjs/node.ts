/** `tfjs-node`: TensorFlow.js on TensorFlow's processor build, through the addon of tfjs-node-gpu. */
import type { Backend } from '../contract.ts';
import { createTfjsBackend } from './adapter.ts';
import { loadTensorflow } from './tensorflow.ts';

export default async function tfjsNode(): Promise<Backend> {
  const { tf, version, upload } = await loadTensorflow('tfjs-node');
  return createTfjsBackend({
    tf,
    tfBackend: 'tensorflow',
    description: {
      name: 'tfjs-node',
      library: 'tensorflow',
      version,
      device: 'cpu',
      // TensorFlow's threads flush, and take subnormal numbers for zero.
      subnormals: 'flushed',
      notes: [`TensorFlow’s processor build, called by TensorFlow.js ${tf.version.tfjs} through the addon of tfjs-node-gpu.`],
    },
    upload,
  });
}
