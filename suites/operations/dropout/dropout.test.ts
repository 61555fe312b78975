import { expect, it } from 'vitest';
import { tensor } from '../../../reference/tensor.ts';
import { drawnCases, judgeAnswer } from '../../testing/tableLine.ts';
import { dropoutOperations } from './entries.ts';

const named = (name: string) => dropoutOperations.find((operation) => operation.name === name)!;

it('doubles what a mask of keep = ½ leaves (Row V3)', () => {
  const [asked] = drawnCases(named('dropout'), 1).filter(({ id }) => id === 'dropout/four-units/exact');
  expect(judgeAnswer(named('dropout'), asked, { y: tensor([1, 4], [8, 0, 12, 16]) }).passed).toBe(true);
  expect(judgeAnswer(named('dropout'), asked, { y: tensor([1, 4], [8, 0, 12, 8]) }).passed).toBe(false);
});

it('accepts a quotient and a product with the reciprocal, both in float32', () => {
  const { fround } = Math;
  for (const asked of drawnCases(named('dropout'), 4)) {
    const { x, mask } = asked.inputs;
    const keep = fround(asked.attributes.keep as number);
    for (const answer of [(v: number) => fround(v / keep), (v: number) => fround(v * fround(1 / keep))]) {
      const y = { ...x, data: x.data.map((value, i) => answer(value * mask.data[i])) };
      expect(judgeAnswer(named('dropout'), asked, { y }).reason, asked.id).toBeUndefined();
    }
  }
});

it('has an adjoint for a gradient: ⟨dropout(x), dy⟩ = ⟨x, gradient⟩', () => {
  for (const asked of drawnCases(named('dropout.backward'), 2).filter(({ tier }) => tier === 'exact')) {
    const { mask, dy } = asked.inputs;
    const x = { ...dy, data: dy.data.map((_, i) => (i % 7) - 3) };
    const { y } = named('dropout').reference({ x, mask }, asked.attributes);
    const { dx } = named('dropout.backward').reference({ mask, dy }, asked.attributes);
    const inner = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).reduce((total, value, i) => total + value * b[i], 0);
    expect(inner(y.data, dy.data)).toBe(inner(x.data, dx.data));
  }
});
