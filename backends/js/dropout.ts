/** Dropout and dropconnect with masks that are given. */
import { sumOverBatch } from './dense.ts';
import { asColumns, asRows, product } from './matmul.ts';
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
    return {
      outputs: { y: [batch, outputs] },
      run: ({ x, weights, mask, bias }, { y }) => {
        masked(weights, mask, keep, taking);
        product(asRows(x, inputs), asRows(taking, inputs), y, batch, outputs, inputs, bias);
      },
    };
  },
  'dropconnect.backward': ({ keep }, { x: [batch, inputs], weights: [outputs] }) => {
    const taking = new Float32Array(outputs * inputs);
    return {
      outputs: { dx: [batch, inputs], dWeights: [outputs, inputs], dBias: [outputs] },
      run: ({ x, weights, mask, dy }, { dx, dWeights, dBias }) => {
        masked(weights, mask, keep, taking);
        product(asRows(dy, outputs), asColumns(taking, inputs), dx, batch, inputs, outputs);
        product(asColumns(dy, outputs), asColumns(x, inputs), dWeights, outputs, inputs, batch);
        masked(dWeights, mask, keep, dWeights);
        sumOverBatch(dy, dBias);
      },
    };
  },
};
