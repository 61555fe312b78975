/** An operation of your own, judged like those of the table:  etalon check --operations ./operations.mjs --adapter ./mine.mjs */
import { defineOperation, drawSizes } from 'etalon';

const rows = ['rows', 'columns'];
const map = ({ shape, data }, f) => ({ dtype: 'float64', shape, data: Float64Array.from(data, f) });

const cube = defineOperation({
  name: 'cube',
  title: 'Cube',
  topic: 'My operations',
  formula: 'y = x^3',
  source: 'operations.mjs',
  rows: [],
  attributes: {},
  inputs: () => ({ x: { dimensions: rows, values: { kind: 'uniform', low: -9, high: 9 } } }),
  outputs: () => ({ y: { dimensions: rows } }),
  constraints: [],
  reference: ({ x }) => ({ y: map(x, (v) => v ** 3) }),
  bound: {
    errorClass: 'sum of products',
    formula: '2u(1 + u)|y|',
    derivation: 'Two products, each rounded once.',
    // Integers whose cube a float32 holds have one right answer; numbers near 0 may end below the smallest normal one.
    limits: ({ expected: { y }, inputs: { x }, precision: { unitRoundoff: u, smallestSubnormal } }) => {
      const exact = x.data.every((v) => Number.isInteger(v) && Math.abs(v) <= 256);
      return { y: { limit: y.data.map((v) => (exact ? 0 : 2 * u * (1 + u) * Math.abs(v) + smallestSubnormal)) } };
    },
  },
  tiers: ['random', 'exact'],
  cases: [
    { name: 'plain', sizes: { rows: 3, columns: 7 }, attributes: {} },
    { name: 'one-row', sizes: { rows: 1, columns: 65 }, attributes: {} },
  ],
  draw: drawSizes({ rows: [1, 4], columns: [1, 5] }),
  knownMistakes: [{ name: 'square', says: 'x²: one factor is missing', outputs: ({ x }) => ({ y: map(x, (v) => v * v) }) }],
  variants: [],
});

export default [cube];
