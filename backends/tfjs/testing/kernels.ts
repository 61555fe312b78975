/** What the tests of this adapter share: its kernels on the processor. */
import { kernelsOf } from '../../testing/kernels.ts';
import tfjsCpu from '../cpu.ts';

export { closeTo, float32, shapesOf } from '../../testing/kernels.ts';
export const { calculate } = kernelsOf(tfjsCpu);
