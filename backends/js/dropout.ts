/** Dropout and dropconnect with masks that are given. */
import { sumOverBatch } from './dense.ts';
import { columnsOf, productOf, rowsOf } from './matmul.ts';
import type { Builders } from './program.ts';

type Names = 'dropout' | 'dropout.backward' | 'dropconnect' | 'dropconnect.backward';

/** to = from·mask/keep. */
function masked(from: Float32Array, mask: Float32Array, keep: number, to: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i] = (from[i] * mask[i]) / keep;
}

export const dropoutKernels: Builders<Names> = {
  dropout: ({ keep }, { x: shape }) => ({
    outputs: { y: shape },
    run: ({ x, mask }, { y }) => masked(x, mask, keep, y),
  }),
  'dropout.backward': ({ keep }, { dy: shape }) => ({
    outputs: { dx: shape },
    run: ({ mask, dy }, { dx }) => masked(dy, mask, keep, dx),
  }),
  dropconnect: ({ keep }, { x: [batch, inputs], weights: [outputs] }) => {
    const taking = new Float32Array(outputs * inputs);
    const multiply = productOf(rowsOf(batch, inputs), rowsOf(outputs, inputs));
    return {
      outputs: { y: [batch, outputs] },
      run: ({ x, weights, mask, bias }, { y }) => {
        masked(weights, mask, keep, taking);
        multiply(x, taking, y, bias);
      },
    };
  },
  'dropconnect.backward': ({ keep }, { x: [batch, inputs], weights: [outputs] }) => {
    const taking = new Float32Array(outputs * inputs);
    const throughWeights = productOf(rowsOf(batch, outputs), columnsOf(outputs, inputs));
    const ofWeights = productOf(columnsOf(batch, outputs), columnsOf(batch, inputs));
    return {
      outputs: { dx: [batch, inputs], dWeights: [outputs, inputs], dBias: [outputs] },
      run: ({ x, weights, mask, dy }, { dx, dWeights, dBias }) => {
        masked(weights, mask, keep, taking);
        throughWeights(dy, taking, dx);
        ofWeights(dy, x, dWeights);
        masked(dWeights, mask, keep, dWeights);
        sumOverBatch(dy, dBias);
      },
    };
  },
};
