/** Honest products of matrices: the terms of every element, added up as `sum` does it. */
import { type Tensor, tensor } from '../../../reference/tensor.ts';
import type { HonestVariant, InputsOf, OutputsOf } from '../../judging/operation.ts';
import { exactProduct as product, type Sum } from '../shared/honestSums.ts';
import { inEveryOrder } from '../shared/variants.ts';

/** Each element as the list of its terms, given to `sum`. */
function made(rows: number, columns: number, terms: (row: number, column: number) => number[], sum: Sum): Tensor {
  const values = Array.from({ length: rows * columns }, (_, i) => sum(terms(Math.floor(i / columns), i % columns)));
  return tensor([rows, columns], values);
}
const upTo = (length: number) => Array.from({ length }, (_, i) => i);

/** The products of matrices and of dense layers, each element from the list of its terms. */
type DenseName = 'matmul' | 'dense' | `dense.${'input' | 'weight' | 'bias'}Gradient`;
export const honestDense: { readonly [Name in DenseName]: (inputs: InputsOf<Name>, sum: Sum) => OutputsOf<Name> } = {
  matmul: ({ a, b }, sum) => {
    const [[rows, inner], columns] = [a.shape, b.shape[1]];
    const terms = (i: number, j: number) => upTo(inner).map((k) => product(a.data[i * inner + k], b.data[k * columns + j]));
    return { y: made(rows, columns, terms, sum) };
  },
  dense: ({ x, weights, bias }, sum) => {
    const [[batch, inputs], outputs] = [x.shape, bias.shape[0]];
    const terms = (n: number, k: number) => [
      bias.data[k],
      ...upTo(inputs).map((i) => product(x.data[n * inputs + i], weights.data[k * inputs + i])),
    ];
    return { y: made(batch, outputs, terms, sum) };
  },
  'dense.inputGradient': ({ weights, dy }, sum) => {
    const [[outputs, inputs], batch] = [weights.shape, dy.shape[0]];
    const terms = (n: number, i: number) =>
      upTo(outputs).map((k) => product(dy.data[n * outputs + k], weights.data[k * inputs + i]));
    return { dx: made(batch, inputs, terms, sum) };
  },
  'dense.weightGradient': ({ x, dy }, sum) => {
    const [[batch, inputs], outputs] = [x.shape, dy.shape[1]];
    const terms = (k: number, i: number) => upTo(batch).map((n) => product(dy.data[n * outputs + k], x.data[n * inputs + i]));
    return { dWeights: made(outputs, inputs, terms, sum) };
  },
  'dense.biasGradient': ({ dy }, sum) => {
    const [batch, outputs] = dy.shape;
    return {
      dBias: tensor(
        [outputs],
        upTo(outputs).map((k) => sum(upTo(batch).map((n) => dy.data[n * outputs + k]))),
      ),
    };
  },
};

/** Makes the variants of a product: its terms in every order. */
export const denseVariants = <Name extends DenseName>(name: Name): readonly HonestVariant<Name>[] =>
  inEveryOrder<Name>(({ inputs }, sum) => honestDense[name](inputs, sum));
