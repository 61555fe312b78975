/** `tfjs-webgpu`: TensorFlow.js on WebGPU, which Dawn brings to Node. */
import type { Backend } from '../contract.ts';
import { describeAdapter, startDawn } from '../dawn.ts';
import { createTfjsBackend } from './adapter.ts';
import type { DeviceTensor } from './program.ts';

/** The members of the library's backend that are used beyond the library's own interface. */
interface WebgpuBackend {
  readonly device: GPUDevice;
  readonly commandEncoder: GPUCommandEncoder | null;
  readonly tensorMap: { get(dataId: object): { readonly resource?: object | null } };
  uploadToGPU(dataId: object): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

const filters = ['validation', 'out-of-memory', 'internal'] as const;

export default async function tfjsWebgpu(): Promise<Backend> {
  const { gpu, globals } = await startDawn();
  // The library looks for what a page has.
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  const tf = await import('@tensorflow/tfjs');
  await import('@tensorflow/tfjs-backend-webgpu');
  // Otherwise small operations run on the processor, and nothing says so.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs-webgpu: the library cannot start its WebGPU device');
  const backend = tf.backend() as unknown as WebgpuBackend;
  const { device } = backend;

  let lost: string | undefined;
  device.lost.then(({ message }) => {
    lost = `the device was lost: ${message}`;
  });
  // An error belongs to the call that made it: the event 'uncapturederror' may come during a later one.
  const watch = () => {
    for (const filter of filters) device.pushErrorScope(filter);
  };
  watch();

  /** Waits until the device has computed what it was given; what it complained of meanwhile. */
  async function drain(): Promise<string | undefined> {
    if (backend.commandEncoder) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    const done = device.queue.onSubmittedWorkDone();
    const scopes = filters.map(() => device.popErrorScope());
    watch();
    await done;
    const errors = await Promise.all(scopes);
    return lost ?? errors.find((error) => error !== null)?.message;
  }

  const { driver, notes } = describeAdapter(device.adapterInfo);
  return createTfjsBackend({
    tf,
    tfBackend: 'webgpu',
    description: {
      name: 'tfjs-webgpu',
      version: tf.version.tfjs,
      device: 'webgpu',
      driver,
      // WGSL lets a shader flush; whether it does depends on the driver.
      subnormals: 'flushed',
      notes: [...notes, 'WEBGPU_CPU_FORWARD is off: with it the library computes small operations on the processor.'],
    },
    upload(tensor) {
      backend.uploadToGPU(tensor.dataId);
      return tensor;
    },
    async finish(tensors: readonly DeviceTensor[]) {
      const complaint = await drain();
      if (complaint !== undefined) throw new Error(`tfjs-webgpu: WebGPU reports: ${complaint}`);
      // A tensor with elements and without a buffer on the device was computed on the processor.
      const elsewhere = tensors.filter(({ dataId, size }) => size > 0 && !backend.tensorMap.get(dataId).resource);
      if (elsewhere.length > 0) {
        throw new Error(`tfjs-webgpu: ${elsewhere.length} of ${tensors.length} tensors were computed on the processor`);
      }
    },
    // Work that is pending when the process ends can end it with a fault.
    dispose: async () => {
      await drain();
    },
  });
}
