/** A line of the table small enough to judge by hand: y = 2x, with a limit of one part in 2²³; for tests of what walks the table. */
import fc from 'fast-check';
import { map, type Tensor } from '../../reference/tensor.ts';
import type { AnyOperation } from '../judging/operation.ts';

export const doubling: AnyOperation = {
  name: 'identity',
  title: 'Doubling',
  topic: 'Testing',
  formula: 'y = 2x',
  rows: [],
  source: 'reference/activations.ts',
  attributes: {},
  inputs: () => ({ x: { dimensions: ['rows', 'columns'], values: { kind: 'uniform', low: -8, high: 8 } } }),
  outputs: () => ({ y: { dimensions: ['rows', 'columns'] } }),
  constraints: [{ id: 'C1', text: 'rows is at most 4', holds: ({ rows }) => rows <= 4 }],
  reference: ({ x }) => ({ y: map(x, (value) => 2 * value) }),
  bound: {
    errorClass: 'elementary',
    formula: '2u|y|',
    derivation: 'For tests.',
    limits: ({ expected, precision }) => ({
      y: { limit: Float64Array.from(expected.y.data, (y) => 2 * precision.unitRoundoff * Math.abs(y)) },
    }),
  },
  tiers: ['random', 'exact'],
  cases: [{ name: 'plain', sizes: { rows: 2, columns: 3 }, attributes: {} }],
  draw: fc
    .record({ rows: fc.integer({ min: 1, max: 4 }), columns: fc.integer({ min: 1, max: 4 }) })
    .map((sizes) => ({ sizes, attributes: {} })),
  variants: [],
  knownMistakes: [],
};

/** A float32 tensor as a backend returns it. */
export function float32(shape: readonly number[], values: readonly number[]): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}
