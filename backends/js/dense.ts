/** Matrix product and the fully connected layer. */
import { columnsOf, productOf, rowsOf } from './matmul.ts';
import type { Builders } from './program.ts';

type Names = 'matmul' | 'dense' | 'dense.inputGradient' | 'dense.weightGradient' | 'dense.biasGradient';

/** Number of sums kept at a time: they stay in the first cache, while dy is read row by row. */
const sums = new Float64Array(1024);

/** dBias[k] = Σₙ dy[n, k]. */
export function sumOverBatch(dy: Float32Array, dBias: Float32Array): void {
  const outputs = dBias.length;
  for (let first = 0; first < outputs; first += sums.length) {
    const count = Math.min(sums.length, outputs - first);
    sums.fill(0, 0, count);
    for (let row = first; row < dy.length; row += outputs) for (let k = 0; k < count; k++) sums[k] += dy[row + k];
    for (let k = 0; k < count; k++) dBias[first + k] = sums[k];
  }
}

export const denseKernels: Builders<Names> = {
  matmul: (_, { a: [rows, inner], b: [, columns] }) => {
    const multiply = productOf(rowsOf(rows, inner), columnsOf(inner, columns));
    return { outputs: { y: [rows, columns] }, run: ({ a, b }, { y }) => multiply(a, b, y) };
  },
  dense: (_, { x: [batch, inputs], weights: [outputs] }) => {
    const multiply = productOf(rowsOf(batch, inputs), rowsOf(outputs, inputs));
    return { outputs: { y: [batch, outputs] }, run: ({ x, weights, bias }, { y }) => multiply(x, weights, y, bias) };
  },
  'dense.inputGradient': (_, { weights: [outputs, inputs], dy: [batch] }) => {
    const multiply = productOf(rowsOf(batch, outputs), columnsOf(outputs, inputs));
    return { outputs: { dx: [batch, inputs] }, run: ({ weights, dy }, { dx }) => multiply(dy, weights, dx) };
  },
  'dense.weightGradient': (_, { x: [batch, inputs], dy: [, outputs] }) => {
    const multiply = productOf(columnsOf(batch, outputs), columnsOf(batch, inputs));
    return { outputs: { dWeights: [outputs, inputs] }, run: ({ x, dy }, { dWeights }) => multiply(dy, x, dWeights) };
  },
  'dense.biasGradient': (_, { dy: [, outputs] }) => ({
    outputs: { dBias: [outputs] },
    run: ({ dy }, { dBias }) => sumOverBatch(dy, dBias),
  }),
};
