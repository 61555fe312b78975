/** Tests that need the addon: run by npm run test:backends, which sets it up. */
import { describe, expect, it } from 'vitest';
import { readInstalled } from '../installed.ts';
import { requireGpu } from './cuda.ts';
import { loadTensorflow } from './tensorflow.ts';

describe.skipIf(!readInstalled('tfjs-node'))('the addon of tfjs-node', () => {
  it('tells the operations that were executed and their device, once, and a check for the GPU refuses the processor', async () => {
    const { tf, addon, upload } = await loadTensorflow('tfjs-node');
    await tf.setBackend('tensorflow');
    const x = upload(tf.tensor([1, 2, 3, 4], [2, 2]));
    addon.takePlacements();
    const y = tf.matMul(x as never, x as never);
    expect(await y.data()).toEqual(Float32Array.of(7, 10, 15, 22));
    const placements = addon.takePlacements();
    expect(placements).toEqual(['BatchMatMulV2 /job:localhost/replica:0/task:0/device:CPU:0 1']);
    expect(addon.takePlacements()).toEqual([]);
    expect(() => requireGpu(placements)).toThrow('not computed on the GPU: BatchMatMulV2 on /job:localhost');
    expect(addon.isUsingGpuDevice()).toBe(false);
    expect(addon.TF_Version).toMatch(/^2\.\d+\.\d+$/);
  });
});
