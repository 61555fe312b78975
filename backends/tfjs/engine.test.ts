import { afterAll, expect, it } from 'vitest';
import createCpu from './cpu.ts';
import createWasm from './wasm.ts';

const cpu = await createCpu();
afterAll(() => cpu.dispose?.());

it('refuses a second backend of the library in one process: it would compute for the first as well', async () => {
  await expect(createWasm()).rejects.toThrow("tfjs-wasm: TensorFlow.js computes on 'cpu' in this process already");
});
