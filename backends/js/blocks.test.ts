/** Products against sums written out, on sizes at, beside and between the multiples of tiles (2 × 3), blocks (240 and 128) and pieces (2048). */
import { describe, expect, it } from 'vitest';
import { addProduct } from './blocks.ts';
import { columnsOf, productOf, rowsOf } from './matmul.ts';

/** Small integers without a pattern: every sum of their products is exact. */
function integers(count: number, start: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (((i + start) * 7919) % 31) - 15);
}

const layouts = { rows: rowsOf, columns: columnsOf } as const;
type Layout = keyof typeof layouts;

/** A matrix of `outer` rows that are summed over, as it lies and as it is meant. */
function matrix(outer: number, inner: number, layout: Layout, start: number) {
  const data = integers(outer * inner, start);
  const at = (i: number, k: number) => data[layout === 'rows' ? i * inner + k : k * outer + i];
  return { data, at, offsets: layout === 'rows' ? rowsOf(outer, inner) : columnsOf(inner, outer) };
}

const layoutPairs = [
  ['rows', 'rows'],
  ['rows', 'columns'],
  ['columns', 'rows'],
  ['columns', 'columns'],
] as const;

describe.each([
  [1, 1, 1],
  [1, 3, 5],
  [2, 4, 3],
  [3, 2, 4],
  [3, 3, 3],
  [4, 5, 6],
  [5, 9, 7],
  [6, 127, 2],
  [7, 128, 8],
  [8, 129, 9],
  [3, 256, 10],
  [239, 6, 241],
  [240, 7, 240],
  [241, 8, 239],
  [242, 130, 243],
  [482, 5, 3],
  [3, 5, 481],
  [4, 385, 244],
  [1, 9, 2047],
  [1, 16, 2048],
  [2, 23, 2049],
  [1, 2047, 3],
  [2, 2048, 4],
  [1, 2049, 5],
  [1, 2064, 4100],
  [2050, 8, 1],
  [2051, 17, 2],
])('%i × %i and %i columns', (rows, inner, columns) => {
  it.each(layoutPairs)('sum %s and %s', (ofA, ofB) => {
    const a = matrix(rows, inner, ofA, 1);
    const b = matrix(columns, inner, ofB, 3);
    const bias = integers(columns, 5);
    const y = new Float32Array(rows * columns).fill(Number.NaN);
    productOf(a.offsets, b.offsets)(a.data, b.data, y, bias);
    // Compared outside expect, which takes long for a million numbers.
    let wrong = 0;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = bias[j];
        for (let k = 0; k < inner; k++) sum += a.at(i, k) * b.at(j, k);
        if (y[i * columns + j] !== sum) wrong++;
      }
    }
    expect(wrong).toBe(0);
  });
});

describe('a product', () => {
  const square = [rowsOf(5, 5), columnsOf(5, 5)] as const;

  it('without a bias writes over what was there', () => {
    const y = new Float32Array(25).fill(Number.NaN);
    productOf(...square)(new Float32Array(25).fill(2), new Float32Array(25).fill(3), y);
    expect([...y]).toEqual(new Array(25).fill(30));
  });

  it('keeps sums in double', () => {
    // 2²⁵ + 1 − 2²⁵ loses its 1 in float32.
    const a = Float32Array.of(2 ** 25, 1, -(2 ** 25));
    for (const rows of [1, 4]) {
      const y = new Float32Array(rows * 3);
      const left = Float32Array.from({ length: 3 * rows }, (_, i) => a[i % 3]);
      productOf(rowsOf(rows, 3), rowsOf(3, 3))(left, new Float32Array(9).fill(1), y);
      expect([...y]).toEqual(new Array(rows * 3).fill(1));
    }
  });

  it.each([1, 2, 3, 5])('lets an infinity and NaN reach their own row and column and nothing else, with %i rows', (rows) => {
    const inner = 9;
    const columns = 7;
    const a = new Float32Array(rows * inner).fill(1);
    const b = new Float32Array(columns * inner).fill(1);
    a[(rows - 1) * inner + 8] = Infinity;
    b[6 * inner + 2] = Number.NaN;
    for (const ofB of ['rows', 'columns'] as const) {
      const right = ofB === 'rows' ? b : Float32Array.from(b, (_, at) => b[(at % columns) * inner + Math.floor(at / columns)]);
      const y = new Float32Array(rows * columns);
      productOf(rowsOf(rows, inner), ofB === 'rows' ? rowsOf(columns, inner) : columnsOf(inner, columns))(a, right, y);
      const expected = Array.from({ length: rows * columns }, (_, at) =>
        at % columns === 6 ? Number.NaN : Math.floor(at / columns) === rows - 1 ? Infinity : inner,
      );
      expect([...y]).toEqual(expected);
    }
  });

  it('adds to what is there, where the offsets say', () => {
    const offsets = { outer: Int32Array.of(0, 10), inner: Int32Array.of(0, 3) };
    const y = new Float32Array(20).fill(1);
    const two = { data: Float32Array.of(9, 2, 2), at: 1, offsets: { outer: Int32Array.of(0, 1), inner: Int32Array.of(0) } };
    addProduct(two, two, { data: y, at: 4, offsets });
    expect([...y.entries()].filter(([, value]) => value !== 1)).toEqual([4, 7, 14, 17].map((at) => [at, 5]));
  });

  it('of nothing is nothing', () => {
    const y = new Float32Array(12).fill(7);
    productOf(columnsOf(0, 4), columnsOf(0, 3))(new Float32Array(0), new Float32Array(0), y);
    expect([...y]).toEqual(new Array(12).fill(0));
  });
});
