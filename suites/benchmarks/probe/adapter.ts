/** A worker that measures the machine instead of a library: the pinned reference kernel, and how fast memory is copied. */
import type { Backend, Kernel } from '../../../backends/contract.ts';
import { referenceKernel } from './referenceKernel.ts';

type Program = (x: Float32Array, y: Float32Array) => void;

/** What becomes of x. */
const programs: Readonly<Record<string, Program>> = {
  referenceKernel: (_x, y) => {
    y[0] = referenceKernel();
  },
  copy: (x, y) => y.set(x),
};

export default async function machine(): Promise<Backend> {
  return {
    describe: async () => ({ name: 'machine', library: 'none', version: '1', device: 'cpu', dtype: 'float32' }),
    supports: (operation) =>
      Object.hasOwn(programs, operation) ? { supported: true } : { supported: false, reason: `there is no probe ${operation}` },
    async prepare(operation, _attributes, { x: shape }): Promise<Kernel> {
      const x = new Float32Array(shape.reduce((product, size) => product * size, 1));
      const y = new Float32Array(x.length);
      return {
        load: async (inputs) => x.set(inputs.x.data),
        execute: async () => programs[operation](x, y),
        // One number says that there was a result; the rest is not asked for.
        read: async () => ({ y: { dtype: 'float32', shape: [1], data: y.slice(-1) } }),
        dispose: async () => {},
      };
    },
  };
}
