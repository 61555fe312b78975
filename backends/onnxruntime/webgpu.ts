/** `onnxruntime-webgpu`: ONNX Runtime's WebGPU provider, which computes with Dawn. */
import type { Backend } from '../contract.ts';
import { describeAdapter, startDawn } from '../dawn.ts';
import { createOnnxRuntimeBackend } from './adapter.ts';
import { constantGraphs } from './constantGraphs.ts';

/** Operators that have no kernel there. */
export const lacks = ['LogSoftmax', 'MaxPool.Indices', 'Scan', 'Sign'] as const;

export default async function onnxRuntimeWebgpu(): Promise<Backend> {
  // The library does not say which adapter it took; it asks the same Dawn in the same way.
  const { driver, notes } = describeAdapter((await startDawn()).info);
  return createOnnxRuntimeBackend({
    description: {
      name: 'onnxruntime-webgpu',
      device: 'webgpu',
      driver,
      // WGSL lets a shader flush; whether it does depends on the driver.
      subnormals: 'flushed',
      notes: [
        ...notes,
        'Inputs are copied to the device and outputs back inside the library’s run: that time is part of execute.',
      ],
    },
    executionProviders: ['webgpu'],
    holes: {
      ...constantGraphs,
      maximumMargin: () => ({
        reason: 'Scan has no kernel here, and its 600 steps written out are a graph of 9,000 operators',
        link: 'https://github.com/microsoft/onnxruntime/issues/15952',
      }),
    },
    lacks,
    provenAs: 'WebGpuExecutionProvider',
  });
}
