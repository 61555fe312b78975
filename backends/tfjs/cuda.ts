/** `tfjs-cuda`: TensorFlow.js on TensorFlow's CUDA build, through the addon of tfjs-node-gpu. */
import type { Backend } from '../contract.ts';
import { cudaDevice, cudaLibrariesOf, cudaPrecision, loadingError } from '../cudaLibraries.ts';
import { createTfjsBackend } from './adapter.ts';
import type { DeviceTensor, Tf } from './program.ts';
import { loadTensorflow } from './tensorflow.ts';

const name = 'tfjs-cuda';

export default async function tfjsCuda(): Promise<Backend> {
  const { tf, version, addon, upload } = await loadTensorflow(name);
  if (!addon.isUsingGpuDevice()) throw new Error(`TensorFlow ${version} loads and finds no GPU: ${reasonWithoutGpu()}`);
  return createTfjsBackend({
    tf,
    tfBackend: 'tensorflow',
    description: {
      name,
      library: 'tensorflow',
      version,
      device: 'cuda',
      driver: cudaDevice(),
      precision: cudaPrecision(),
      // TensorFlow compiles its kernels with ftz=true, which flushes.
      subnormals: 'flushed',
      notes: [`TensorFlow’s CUDA build, called by TensorFlow.js ${tf.version.tfjs} through the addon of tfjs-node-gpu.`],
    },
    upload,
    async finish(tensors) {
      await waitFor(tf, tensors);
      requireGpu(addon.takePlacements());
    },
  });
}

/** Reading one element waits for the device, which computes in order. */
async function waitFor(tf: Tf, tensors: readonly DeviceTensor[]): Promise<void> {
  const last = tensors.at(-1);
  if (last === undefined || last.size === 0) return;
  const element = tf.tidy(() => tf.slice(tf.reshape(last, [last.size]), 0, 1));
  await element.data();
  element.dispose();
}

/** TensorFlow's number of int32, whose tensors it keeps in the processor's memory even where a GPU is: shapes and indices. */
const int32 = 3;

/**
 * @param placements what the addon tells: "OPERATION DEVICE TYPE" of each output.
 * @throws Error naming the operations that were computed elsewhere: their result is the result of another device.
 */
export function requireGpu(placements: readonly string[]): void {
  const elsewhere = placements.filter((placement) => {
    const [, device, type] = placement.split(' ');
    return !/\bGPU:\d+$/.test(device) && Number(type) !== int32;
  });
  if (elsewhere.length === 0) return;
  const named = elsewhere.map((placement) => placement.split(' ')).map(([operation, device]) => `${operation} on ${device}`);
  throw new Error(`not computed on the GPU: ${named.join(', ')}`);
}

function reasonWithoutGpu(): string {
  const driver = loadingError('libcuda.so.1');
  if (driver !== undefined) return `NVIDIA's driver is not there (${driver}); it needs a GPU and its driver, 525 or newer`;
  const { missing } = cudaLibrariesOf(name);
  if (missing.length > 0) return `CUDA 12's ${missing.join(', ')} are not on this machine; run: etalon setup ${name}`;
  return 'the driver and CUDA 12 are there; nvidia-smi tells whether the driver sees a device';
}
