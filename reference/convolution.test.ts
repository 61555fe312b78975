import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConvolutionOptions,
  conv2d,
  conv2dBiasGradient,
  conv2dInputGradient,
  conv2dWeightGradient,
  convolutionOutputSize,
} from './convolution.ts';
import { type Tensor, tensor, zeros } from './tensor.ts';
import { differences, inner, integers, irregular, largestDifference } from './testing/differences.ts';

const plain: ConvolutionOptions = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };
const kernel = tensor([1, 1, 2, 2], [1, 2, 3, -1]);
const count = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('by hand', () => {
  const x = tensor([1, 1, 3, 4], count(12));
  it('the kernel is not flipped', () => {
    // First element: 1·1 + 2·2 + 3·5 − 1·6.
    expect(conv2d(x, kernel, undefined, plain)).toEqual(tensor([1, 1, 2, 3], [14, 19, 24, 34, 39, 44]));
  });
  it('stride [2, 1], padding [1, 0, 0, 2], dilation [1, 2], bias 10', () => {
    // First row: the kernel's upper row is on padding, 3·x[0, c] − x[0, c + 2]. Second row: on rows 1 and 2 of x.
    const options: ConvolutionOptions = { stride: [2, 1], padding: [1, 0, 0, 2], dilation: [1, 2], groups: 1 };
    const y = conv2d(x, kernel, tensor([1], [10]), options);
    expect(y).toEqual(tensor([1, 1, 2, 4], [10, 12, 19, 22, 45, 50, 50, 54]));
  });
  it('channels add up', () => {
    const y = conv2d(tensor([1, 2, 2, 2], count(8)), tensor([1, 2, 2, 2], [1, 0, 0, 2, 0, 1, -1, 0]), undefined, plain);
    expect(y).toEqual(tensor([1, 1, 1, 1], [1 + 8 + 6 - 7]));
  });
  it('groups keep to themselves; each output channel has its bias', () => {
    const y = conv2d(tensor([1, 2, 1, 2], [1, 2, 3, 4]), tensor([4, 1, 1, 1], [1, 2, 3, -1]), tensor([4], [0, 10, 20, 30]), {
      ...plain,
      groups: 2,
    });
    expect(y).toEqual(tensor([1, 4, 1, 2], [1, 2, 12, 14, 29, 32, 27, 26]));
  });
  it('gradients', () => {
    const dy = tensor([1, 1, 2, 2], [1, 2, 3, -1]);
    const square = tensor([1, 1, 3, 3], count(9));
    expect(conv2dWeightGradient(square, dy, { ...plain, kernelSize: [2, 2] })).toEqual(tensor([1, 1, 2, 2], [12, 17, 27, 32]));
    expect(conv2dInputGradient(kernel, dy, { ...plain, inputSize: [3, 3] })).toEqual(
      tensor([1, 1, 3, 3], [1, 4, 4, 6, 10, -4, 9, -6, 1]),
    );
    expect(conv2dBiasGradient(tensor([2, 2, 1, 3], count(12)))).toEqual(
      tensor([2], [1 + 2 + 3 + 7 + 8 + 9, 4 + 5 + 6 + 10 + 11 + 12]),
    );
  });
});

it.each([
  // size, kernel, stride, before, after, dilation → positions
  [5, 3, 1, 0, 0, 1, 3],
  [5, 3, 1, 1, 1, 1, 5],
  [6, 3, 2, 0, 0, 1, 2],
  [7, 3, 2, 0, 0, 1, 3],
  [7, 3, 1, 0, 0, 3, 1],
  [8, 2, 3, 1, 0, 2, 3],
  [3, 5, 1, 0, 0, 1, -1],
])('an axis of %i under a kernel of %i, stride %i, padding %i and %i, dilation %i: %i', (...numbers) => {
  const [size, k, stride, before, after, dilation, positions] = numbers;
  expect(convolutionOutputSize(size, k, stride, before, after, dilation)).toBe(positions);
});

/** Every geometry that fits, small sizes first. */
const geometry = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 2 }),
    inputs: fc.integer({ min: 1, max: 2 }),
    outputs: fc.integer({ min: 1, max: 2 }),
    size: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
    kernelSize: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    padding: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
    seed: fc.integer({ min: 1, max: 1000 }),
  })
  .filter(({ size, kernelSize, dilation, padding }) =>
    [0, 1].every((axis) => size[axis] + padding[axis] + padding[axis + 2] > dilation[axis] * (kernelSize[axis] - 1)),
  )
  .map(({ batch, groups, inputs, outputs, size, kernelSize, seed, ...options }) => ({
    x: integers([batch, inputs * groups, ...size], seed),
    weights: integers([outputs * groups, inputs, ...kernelSize], seed + 1),
    bias: integers([outputs * groups], seed + 2),
    options: { ...options, groups },
    seed,
  }));

/** The definition once more, with nothing in common with the reference: an input that is really padded and a kernel that is really dilated. */
function byDefinition(
  x: Tensor,
  weights: Tensor,
  bias: Tensor,
  { stride, padding, dilation, groups }: ConvolutionOptions,
): number[] {
  const at = (t: Tensor, ...index: number[]) => t.data[index.reduce((position, i, axis) => position * t.shape[axis] + i, 0)];
  const [batch, channels, height, width] = x.shape;
  const [outputs, perGroup, kernelHeight, kernelWidth] = weights.shape;
  const [top, left, bottom, right] = padding;
  const image = (n: number, c: number) =>
    Array.from({ length: height + top + bottom }, (_, r) =>
      Array.from({ length: width + left + right }, (_, s) =>
        r >= top && r < top + height && s >= left && s < left + width ? at(x, n, c, r - top, s - left) : 0,
      ),
    );
  const spread = (o: number, c: number) => {
    const taps = Array.from({ length: (kernelHeight - 1) * dilation[0] + 1 }, () =>
      new Array((kernelWidth - 1) * dilation[1] + 1).fill(0),
    );
    // Outside its own group a channel's kernel is 0.
    if (Math.floor(c / perGroup) === Math.floor((o * groups) / outputs)) {
      for (let i = 0; i < kernelHeight; i++)
        for (let j = 0; j < kernelWidth; j++) taps[i * dilation[0]][j * dilation[1]] = at(weights, o, c % perGroup, i, j);
    }
    return taps;
  };
  const values: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const [rows, columns] = [image(n, 0).length - spread(o, 0).length, image(n, 0)[0].length - spread(o, 0)[0].length];
      for (let r = 0; r <= rows; r += stride[0]) {
        for (let s = 0; s <= columns; s += stride[1]) {
          let sum = bias.data[o];
          for (let c = 0; c < channels; c++) {
            const picture = image(n, c);
            spread(o, c).forEach((line, i) => {
              line.forEach((weight, j) => {
                sum += weight * picture[r + i][s + j];
              });
            });
          }
          values.push(sum);
        }
      }
    }
  }
  return values;
}

describe('over geometries', () => {
  it('C1: equals the definition, exactly on integers', () => {
    fc.assert(
      fc.property(geometry, ({ x, weights, bias, options }) => {
        // The sign of a zero depends on whether the padding's zeros are multiplied: + 0 takes it away on both sides.
        const unsigned = (values: Iterable<number>) => Array.from(values, (value) => value + 0);
        expect(unsigned(conv2d(x, weights, bias, options).data)).toEqual(unsigned(byDefinition(x, weights, bias, options)));
      }),
      { seed: 1 },
    );
  });
  it('C2, C5: both gradients are adjoints: ⟨conv(x), dy⟩ = ⟨x, dx⟩ = ⟨weights, dWeights⟩, exactly on integers', () => {
    let nonZero = 0;
    fc.assert(
      fc.property(geometry, ({ x, weights, options, seed }) => {
        const y = conv2d(x, weights, undefined, options);
        const dy = integers(y.shape, seed + 3);
        const [inputSize, kernelSize] = [x.shape.slice(2), weights.shape.slice(2)] as [number, number][];
        const product = inner(y, dy);
        if (product !== 0) nonZero++;
        expect(inner(x, conv2dInputGradient(weights, dy, { ...options, inputSize })) + 0).toBe(product + 0);
        expect(inner(weights, conv2dWeightGradient(x, dy, { ...options, kernelSize })) + 0).toBe(product + 0);
      }),
      { seed: 1 },
    );
    expect(nonZero).toBeGreaterThan(50);
  });
});

it('C2: every gradient agrees with central differences', () => {
  const options: ConvolutionOptions = { stride: [2, 1], padding: [1, 2, 0, 1], dilation: [1, 2], groups: 2 };
  const x = irregular([2, 4, 5, 6], 1);
  const weights = irregular([6, 2, 3, 2], 2);
  const bias = irregular([6], 3);
  const y = conv2d(x, weights, bias, options);
  expect(y.shape).toEqual([2, 6, 2, 7]);
  const dy = irregular(y.shape, 4);
  const slopes = {
    dx: differences((moved) => inner(conv2d(moved, weights, bias, options), dy), x),
    dWeights: differences((moved) => inner(conv2d(x, moved, bias, options), dy), weights),
    dBias: differences((moved) => inner(conv2d(x, weights, moved, options), dy), bias),
  };
  expect(largestDifference(conv2dInputGradient(weights, dy, { ...options, inputSize: [5, 6] }), slopes.dx)).toBeLessThan(1e-10);
  expect(largestDifference(conv2dWeightGradient(x, dy, { ...options, kernelSize: [3, 2] }), slopes.dWeights)).toBeLessThan(
    1e-10,
  );
  expect(largestDifference(conv2dBiasGradient(dy), slopes.dBias)).toBeLessThan(1e-10);
});

it('C4: shifting the input shifts the feature map, away from the border', () => {
  const x = zeros([1, 1, 6, 7]);
  const shifted = zeros([1, 1, 6, 7]);
  const patch = integers([3, 3], 5);
  for (let r = 0; r < 3; r++) {
    for (let s = 0; s < 3; s++) {
      x.data[(r + 1) * 7 + s + 1] = patch.data[3 * r + s];
      shifted.data[(r + 2) * 7 + s + 3] = patch.data[3 * r + s];
    }
  }
  const [y, moved] = [x, shifted].map((image) => conv2d(image, kernel, undefined, plain));
  // Both maps are [5, 6]; the map moves down 1 and right 2.
  for (let r = 0; r < 4; r++) for (let s = 0; s < 4; s++) expect(moved.data[(r + 1) * 6 + s + 2]).toBe(y.data[r * 6 + s]);
  expect(Math.max(...y.data)).toBeGreaterThan(0);
});

it('NaN reaches the outputs whose window covers it, and no others', () => {
  const x = tensor([1, 1, 3, 3], [Number.NaN, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect([...conv2d(x, kernel, undefined, plain).data]).toEqual([Number.NaN, 5, 5, 5]);
});

describe('refuses what does not fit', () => {
  const x = irregular([1, 3, 4, 4], 1);
  it('channels and groups', () => {
    expect(() => conv2d(x, irregular([2, 2, 3, 3], 2), undefined, plain)).toThrow('conv2d: (C1) 3 input and 2 output channels');
    expect(() => conv2d(x, irregular([2, 1, 3, 3], 2), undefined, { ...plain, groups: 3 })).toThrow('(C1)');
  });
  it('a kernel larger than the padded input', () => {
    expect(() => conv2d(x, irregular([2, 3, 3, 3], 2), undefined, { ...plain, dilation: [2, 1] })).toThrow(
      'conv2d: (C2) the dilated kernel [3, 3] is larger than the padded input [4, 4]',
    );
  });
  it('a dy of another shape', () => {
    const dy = irregular([1, 2, 3, 3], 3);
    expect(() => conv2dInputGradient(irregular([2, 3, 3, 3], 2), dy, { ...plain, inputSize: [4, 4] })).toThrow(
      "conv2dInputGradient: (C3) dy is [1, 2, 3, 3], the convolution's output is [1, 2, 2, 2]",
    );
    expect(() => conv2dWeightGradient(x, dy, { ...plain, kernelSize: [3, 3] })).toThrow('conv2dWeightGradient: (C3)');
  });
});
