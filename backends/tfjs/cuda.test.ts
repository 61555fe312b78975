import { expect, it } from 'vitest';
import { requireGpu } from './cuda.ts';

const gpu = '/job:localhost/replica:0/task:0/device:GPU:0';
const cpu = '/job:localhost/replica:0/task:0/device:CPU:0';

it('accepts what the GPU computed, and int32 that stays with the processor', () => {
  expect(() => requireGpu([`MatMul ${gpu} 1`, `Shape ${cpu} 3`])).not.toThrow();
});

it('names what the processor computed instead', () => {
  expect(() => requireGpu([`MatMul ${gpu} 1`, `Softmax ${cpu} 1`, `Greater ${cpu} 10`])).toThrow(
    `not computed on the GPU: Softmax on ${cpu}, Greater on ${cpu}`,
  );
});
