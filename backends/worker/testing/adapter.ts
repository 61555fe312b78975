/** A backend for tests: sound at 'identity', and with every other operation something goes wrong in a way of its own. */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import type { Tensor } from '../../../reference/tensor.ts';
import type { Backend, Kernel } from '../../contract.ts';
import type { NamedTensors } from '../../signatures.ts';

const counts = { prepared: 0, disposed: 0 };

/** What becomes of x. */
const operations: Readonly<Record<string, (x: Tensor) => NamedTensors | Promise<NamedTensors>>> = {
  identity: (x) => ({ y: { ...x, data: x.data.slice() } }),
  counts: () => ({ y: { dtype: 'float32', shape: [2], data: Float32Array.of(counts.prepared, counts.disposed) } }),
  prints(x) {
    console.log('{"id":"a line that looks like a reply","ok":{}}');
    writeSync(1, 'written by native code without a line end');
    writeSync(2, 'and to the other one\n');
    return { y: x };
  },
  throws() {
    throw new Error('the library says no');
  },
  doubles: (x) => ({ y: { dtype: 'float64', shape: x.shape, data: Float64Array.from(x.data) } }),
  mislabels: (x) => ({ y: { dtype: 'float32', shape: x.shape, data: Float64Array.from(x.data) } }),
  /** Four budgets of 5 ms and more. */
  async takesLong(x) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    return { y: { ...x, data: x.data.slice() } };
  },
  crashes() {
    process.kill(process.pid, 'SIGSEGV');
    return {};
  },
  exits: () => process.exit(0),
  hangs() {
    for (;;);
  },
  waits() {
    setInterval(() => {}, 1000);
    return new Promise(() => {});
  },
  rejectsLater(x) {
    setTimeout(() => Promise.reject(new Error('nobody waits for me')), 1);
    return new Promise((resolve) => setTimeout(() => resolve({ y: x }), 5000));
  },
  /** Leaves a process of its own, in another group, and says which. */
  async leavesProcess(): Promise<NamedTensors> {
    const child = spawn('sleep', ['1000'], { detached: true, stdio: 'inherit' });
    return { y: { dtype: 'float32', shape: [], data: Float32Array.of(child.pid!) } };
  },
};

export default async function testBackend(): Promise<Backend> {
  return {
    describe: async () => ({
      name: 'test',
      library: 'none',
      version: '1',
      device: 'cpu',
      dtype: 'float32',
      notes: ['for tests'],
    }),
    supports: (operation) =>
      Object.hasOwn(operations, operation)
        ? { supported: true }
        : { supported: false, reason: `nobody wrote ${operation}`, link: 'https://example.org/why' },
    async prepare(operation): Promise<Kernel> {
      counts.prepared++;
      let x: Tensor | undefined;
      let outputs: NamedTensors = {};
      return {
        load: async (inputs) => {
          x = inputs.x;
        },
        execute: async () => {
          outputs = await operations[operation](x!);
        },
        read: async () => outputs,
        dispose: async () => {
          counts.disposed++;
        },
      };
    },
  };
}
