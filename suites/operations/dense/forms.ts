/** Products of matrices and dense layers as sums of products, the bias last or first. */
import type { Arithmetic, Forms } from '../../judging/forms.ts';
import { column, matrix, rowsOf, upTo, vector } from '../shared/formTensors.ts';

/** Rows times the rows of another: a·bᵀ. */
export const timesRows = (a: readonly number[][], b: readonly number[][], m: Arithmetic): number[][] =>
  a.map((row) => b.map((other) => m.dot(row, other)));

export const transposed = (rows: readonly number[][], columns = rows[0]?.length ?? 0): number[][] =>
  upTo(columns).map((j) => column(rows, j));

export const denseForms: Forms = {
  matmul: {
    Σab: ({ inputs: { a, b } }, m) => ({ y: matrix(timesRows(rowsOf(a), transposed(rowsOf(b), b.shape[1]), m), b.shape[1]) }),
  },
  dense: {
    'Σwx + b': ({ inputs: { x, weights, bias } }, m) => ({
      y: matrix(
        rowsOf(x).map((row) => rowsOf(weights).map((w, k) => m.dot(row, w, bias.data[k]))),
        weights.shape[0],
      ),
    }),
    'b among the terms': ({ inputs: { x, weights, bias } }, m) => ({
      y: matrix(
        rowsOf(x).map((row) => rowsOf(weights).map((w, k) => m.dot([1, ...row], [bias.data[k], ...w]))),
        weights.shape[0],
      ),
    }),
  },
  'dense.inputGradient': {
    dy·W: ({ inputs: { weights, dy } }, m) => ({
      dx: matrix(timesRows(rowsOf(dy), transposed(rowsOf(weights)), m), weights.shape[1]),
    }),
  },
  'dense.weightGradient': {
    dyᵀ·x: ({ inputs: { x, dy } }, m) => ({
      dWeights: matrix(timesRows(transposed(rowsOf(dy), dy.shape[1]), transposed(rowsOf(x), x.shape[1]), m), x.shape[1]),
    }),
  },
  'dense.biasGradient': {
    Σdy: ({ inputs: { dy } }, m) => ({ dBias: vector(transposed(rowsOf(dy), dy.shape[1]).map(m.sum)) }),
    dyᵀ·1: ({ inputs: { dy } }, m) => ({
      dBias: vector(
        transposed(rowsOf(dy), dy.shape[1]).map((terms) =>
          m.dot(
            terms,
            terms.map(() => 1),
          ),
        ),
      ),
    }),
  },
};
