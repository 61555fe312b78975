/** Kim's worked example as layers, for the rows and errata that use it. */
import type { RowFixture } from '../../fixtures/documents/row.ts';
import type { Layer } from '../../reference/mlp.ts';
import { type Tensor, tensor, zeros } from '../../reference/tensor.ts';
import { matrixOf, numberOf, numbersOf } from './experiment.ts';

export function kimExample(fixture: RowFixture): { x: Tensor; target: Tensor; layers: Layer[] } {
  return {
    x: tensor([1, 2], numbersOf(fixture, 'x')),
    target: tensor([1, 1], [numberOf(fixture, 'target')]),
    layers: [
      { weights: tensor([3, 2], matrixOf(fixture, 'theta1').flat()), bias: zeros([3]), activation: 'sigmoid' },
      { weights: tensor([1, 3], numbersOf(fixture, 'theta2')), bias: zeros([1]), activation: 'sigmoid' },
    ],
  };
}
