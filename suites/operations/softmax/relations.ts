/** Metamorphic relations of softmax and its Jacobian. */
import { type Relation, requireEqual } from '../../judging/relation.ts';
import { exampleOf, tensorOf } from '../shared/examples.ts';

/** Relates softmax(x + c) to softmax(x). */
export const unchangedByAConstant: Relation = {
  name: 'unchanged by a constant',
  rows: ['A9'],
  draw: (own) => exampleOf(own),
  async check({ attributes, tensors: { x } }, ask) {
    const shifted = tensorOf(
      x.shape,
      x.data.map((value) => value + 1024),
    );
    const plain = await ask('softmax', attributes, { x });
    const moved = await ask('softmax', attributes, { x: shifted });
    requireEqual('softmax(x + 1024)', moved.outputs.y.data, plain.outputs.y.data, (i) => plain.limits.y[i] + moved.limits.y[i]);
    return undefined;
  },
};

/** Relates the Jacobian's rows to 0, to its columns and to the backward pass. */
export const jacobianRelation: Relation = {
  name: 'rows add up to 0, symmetric, and is what backward multiplies by',
  rows: ['A10'],
  draw: (own) => exampleOf(own, { dy: 'x' }),
  async check({ attributes, tensors: { x, dy } }, ask) {
    const [batch, classes] = x.shape;
    const { outputs, limits } = await ask('softmax.jacobian', attributes, { x });
    const backward = await ask('softmax.backward', attributes, { x, dy });
    const at = (n: number, i: number, j: number) => (n * classes + i) * classes + j;
    const { data } = outputs.jacobian;
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < classes; i++) {
        let [sum, product, permitted, productPermitted] = [0, 0, 0, 0];
        for (let j = 0; j < classes; j++) {
          const [entry, limit] = [data[at(n, i, j)], limits.jacobian[at(n, i, j)]];
          const slope = dy.data[n * classes + j];
          sum += entry;
          product += entry * slope;
          permitted += limit;
          productPermitted += limit * Math.abs(slope);
          requireEqual(`J[${n}, ${i}, ${j}]`, [entry], [data[at(n, j, i)]], () => limit + limits.jacobian[at(n, j, i)]);
        }
        const row = n * classes + i;
        requireEqual(`the sum of row ${i} of sample ${n}`, [sum], [0], () => permitted);
        const found = backward.outputs.dx.data[row];
        requireEqual('backward beside J·dy', [found], [product], () => productPermitted + backward.limits.dx[row]);
      }
    }
    return undefined;
  },
};
