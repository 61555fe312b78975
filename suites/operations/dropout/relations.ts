/** Metamorphic relation of dropout: a mask and its complement (Row V3). */
import { type Relation, requireEqual } from '../../judging/relation.ts';
import { combination, exampleOf, tensorOf } from '../shared/examples.ts';

/** What a mask keeps and what its complement keeps, together: x/keep. With keep = ½ their mean is x, whatever the mask. */
export const maskAndComplement: Relation = {
  name: 'a mask and its complement make up the scaled input',
  rows: ['V3'],
  draw: (own) => exampleOf(own),
  async check({ attributes, tensors: { x, mask } }, ask) {
    const chosen = tensorOf(
      mask.shape,
      mask.data.map((value) => Number(value > 0)),
    );
    const rest = tensorOf(
      mask.shape,
      chosen.data.map((value) => 1 - value),
    );
    const kept = await ask('dropout', attributes, { x, mask: chosen });
    const left = await ask('dropout', attributes, { x, mask: rest });
    const keep = attributes.keep as number;
    requireEqual(
      'y of a mask and of its complement',
      combination(1, kept.outputs.y, 1, left.outputs.y).data,
      x.data.map((value) => value / keep),
      (i) => kept.limits.y[i] + left.limits.y[i],
    );
    chosen.data.forEach((bit, i) => {
      if (bit === 0) requireEqual(`y[${i}], which is dropped`, [kept.outputs.y.data[i]], [0]);
    });
    return undefined;
  },
};
