/** Matrix product and the fully connected layer. */
import { asColumns, asRows, product } from './matmul.ts';
import type { Builders } from './program.ts';

type Names = 'matmul' | 'dense' | 'dense.inputGradient' | 'dense.weightGradient' | 'dense.biasGradient';

/** dBias[k] = Σₙ dy[n, k]. */
export function sumOverBatch(dy: Float32Array, dBias: Float32Array): void {
  const outputs = dBias.length;
  for (let k = 0; k < outputs; k++) {
    let sum = 0;
    for (let at = k; at < dy.length; at += outputs) sum += dy[at];
    dBias[k] = sum;
  }
}

export const denseKernels: Builders<Names> = {
  matmul: (_, { a: [rows, inner], b: [, columns] }) => ({
    outputs: { y: [rows, columns] },
    run: ({ a, b }, { y }) => product(asRows(a, inner), asColumns(b, columns), y, rows, columns, inner),
  }),
  dense: (_, { x: [batch, inputs], weights: [outputs] }) => ({
    outputs: { y: [batch, outputs] },
    run: ({ x, weights, bias }, { y }) => product(asRows(x, inputs), asRows(weights, inputs), y, batch, outputs, inputs, bias),
  }),
  'dense.inputGradient': (_, { weights: [outputs, inputs], dy: [batch] }) => ({
    outputs: { dx: [batch, inputs] },
    run: ({ weights, dy }, { dx }) => product(asRows(dy, outputs), asColumns(weights, inputs), dx, batch, inputs, outputs),
  }),
  'dense.weightGradient': (_, { x: [batch, inputs], dy: [, outputs] }) => ({
    outputs: { dWeights: [outputs, inputs] },
    run: ({ x, dy }, { dWeights }) => product(asColumns(dy, outputs), asColumns(x, inputs), dWeights, outputs, inputs, batch),
  }),
  'dense.biasGradient': (_, { dy: [, outputs] }) => ({
    outputs: { dBias: [outputs] },
    run: ({ dy }, { dBias }) => sumOverBatch(dy, dBias),
  }),
};
