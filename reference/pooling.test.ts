import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePool2d,
  averagePool2dBackward,
  maxPool2d,
  maxPool2dBackward,
  type PoolingOptions,
  type TieRule,
} from './pooling.ts';
import { tensor } from './tensor.ts';
import { differences, inner, irregular, largestDifference } from './testing/differences.ts';

const two: PoolingOptions = { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] };
const overlapping: PoolingOptions = { window: [2, 3], stride: [1, 2], padding: [1, 0, 0, 1] };

describe('by hand', () => {
  const x = tensor([1, 2, 2, 4], [1, 2, 5, -3, 4, 3, 0, -1, -8, -2, 7, 7, -4, -6, 7, 7]);
  it('2 × 2 windows, plane by plane', () => {
    expect(maxPool2d(x, two)).toEqual(tensor([1, 2, 1, 2], [4, 5, -2, 7]));
    expect(averagePool2d(x, two)).toEqual(tensor([1, 2, 1, 2], [2.5, 0.25, -5, 7]));
  });
  it.each<[TieRule, number[]]>([
    ['first', [40, 0, 0, 0]],
    ['last', [0, 0, 0, 40]],
    ['even', [10, 10, 10, 10]],
  ])('the gradient goes to the largest element, by the rule "%s" in the tie', (rule, [a, b, c, d]) => {
    const dx = maxPool2dBackward(x, tensor([1, 2, 1, 2], [10, 20, 30, 40]), two, rule);
    expect(dx).toEqual(tensor([1, 2, 2, 4], [0, 0, 20, 0, 10, 0, 0, 0, 0, 30, a, b, 0, 0, c, d]));
  });
  it('the rule is "first" unless stated', () => {
    const dx = maxPool2dBackward(x, tensor([1, 2, 1, 2], [0, 0, 0, 40]), two);
    expect([dx.data[10], dx.data[15]]).toEqual([40, 0]);
  });
  it('each element gets its share of an average', () => {
    const dx = averagePool2dBackward(tensor([1, 1, 1, 2], [4, 8]), { ...two, inputSize: [3, 4] });
    // The third row is under no window.
    expect(dx).toEqual(tensor([1, 1, 3, 4], [1, 1, 2, 2, 1, 1, 2, 2, 0, 0, 0, 0]));
  });
  it('padding counts neither in a maximum nor in an average', () => {
    // Windows of 2 rows and 3 columns at columns 0 and 2; one row of padding above, one column to the right.
    const negative = tensor([1, 1, 2, 4], [-1, -2, -3, -4, -5, -6, -7, -8]);
    expect(maxPool2d(negative, overlapping)).toEqual(tensor([1, 1, 2, 2], [-1, -3, -1, -3]));
    expect(averagePool2d(negative, overlapping)).toEqual(tensor([1, 1, 2, 2], [-2, -3.5, -4, -5.5]));
    const dx = averagePool2dBackward(tensor([1, 1, 2, 2], [3, 2, 6, 4]), { ...overlapping, inputSize: [2, 4] });
    expect(dx).toEqual(tensor([1, 1, 2, 4], [2, 2, 4, 2, 1, 1, 2, 1]));
  });
});

describe('gradients', () => {
  const x = irregular([2, 3, 4, 6], 1);
  for (const options of [two, overlapping]) {
    const y = maxPool2d(x, options);
    const dy = irregular(y.shape, 2);
    it(`agree with central differences: window ${options.window}, stride ${options.stride}`, () => {
      // Two elements of one window differ by more than 2h, so no step crosses a kink.
      const maximum = differences((moved) => inner(maxPool2d(moved, options), dy), x, 1e-5);
      expect(largestDifference(maxPool2dBackward(x, dy, options), maximum)).toBeLessThan(1e-9);
      const average = differences((moved) => inner(averagePool2d(moved, options), dy), x);
      expect(largestDifference(averagePool2dBackward(dy, { ...options, inputSize: [4, 6] }), average)).toBeLessThan(1e-11);
    });
    it(`average pooling and its gradient are adjoint: window ${options.window}`, () => {
      const dx = averagePool2dBackward(dy, { ...options, inputSize: [4, 6] });
      expect(inner(x, dx)).toBeCloseTo(inner(averagePool2d(x, options), dy), 12);
    });
  }
  it('whatever the tie rule, what goes in comes out', () => {
    const small = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(small, fc.constantFrom<TieRule>('first', 'last', 'even'), (values, rule) => {
        const image = tensor([1, 1, 4, 6], values);
        const dy = irregular(maxPool2d(image, overlapping).shape, 3);
        const dx = maxPool2dBackward(image, dy, overlapping, rule);
        const total = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => a + b, 0);
        expect(total(dx.data)).toBeCloseTo(total(dy.data), 12);
        // On the maximum itself the gradient is worth the same: ⟨x, dx⟩ = ⟨y, dy⟩, as max is homogeneous.
        expect(inner(image, dx)).toBeCloseTo(inner(maxPool2d(image, overlapping), dy), 12);
      }),
    );
  });
});

describe('special values', () => {
  const x = tensor([1, 1, 2, 4], [1, Number.NaN, -Infinity, -Infinity, 2, 3, -Infinity, -Infinity]);
  it('NaN and −∞', () => {
    expect([...maxPool2d(x, two).data]).toEqual([Number.NaN, -Infinity]);
    expect([...averagePool2d(x, two).data]).toEqual([Number.NaN, -Infinity]);
    expect([...maxPool2dBackward(x, tensor([1, 1, 1, 2], [5, 6]), two).data]).toEqual([0, 5, 6, 0, 0, 0, 0, 0]);
  });
});

it('refuses what does not fit', () => {
  const x = irregular([1, 1, 2, 3], 1);
  expect(() => maxPool2d(x, { ...two, window: [3, 2] })).toThrow(
    'maxPool2d: (C1) window [3, 2] is larger than the padded input [2, 3]',
  );
  expect(() => averagePool2d(x, { ...two, padding: [2, 0, 0, 0] })).toThrow(
    'averagePool2d: (C2) the window at [0, 0] holds padding alone',
  );
  expect(() => maxPool2dBackward(x, irregular([1, 1, 1, 2], 1), two)).toThrow(
    "maxPool2dBackward: (C3) dy is [1, 1, 1, 2], the pooling's output is [1, 1, 1, 1]",
  );
  expect(() => averagePool2dBackward(irregular([1, 1, 1, 2], 1), { ...two, inputSize: [2, 3] })).toThrow(
    'averagePool2dBackward: (C3)',
  );
});
