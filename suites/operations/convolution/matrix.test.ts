import { expect, it } from 'vitest';
import { tensor } from '../../../reference/tensor.ts';
import { convolutionMatrixOperations } from './matrix.ts';

const [matrix] = convolutionMatrixOperations;

it('repeats the kernel (10, 1) along its diagonals, by hand (Row C5)', () => {
  const attributes = {
    stride: [1, 1],
    padding: [0, 1, 0, 0],
    dilation: [1, 1],
    groups: 1,
    inputSize: [2, 2],
  };
  const outputs = matrix.reference({ weights: tensor([1, 1, 1, 2], [10, 1]) }, attributes);
  expect(outputs.matrix.shape).toEqual([4, 4]);
  expect([...outputs.matrix.data]).toEqual([1, 0, 0, 0, 10, 1, 0, 0, 0, 0, 1, 0, 0, 0, 10, 1]);
});
