import { describe, expect, it } from 'vitest';
import type { ConvolutionAttributes, ConvolutionWeightGradientAttributes, Padding, Pair } from '../../backends/signatures.ts';
import { sizeOf, type Tensor, tensor } from '../../reference/tensor.ts';
import { fullSizes, materialize } from '../cases.ts';
import { prepareQuestion } from '../comparison.ts';
import type { Case, NamedTensors } from '../operation.ts';
import { precisions } from '../precision.ts';
import { honestSums, product, type Sum } from '../testing/honestSums.ts';
import { describeLine, refusedCases } from '../testing/tableLine.ts';
import { convolutionOperations } from './convolution.ts';

const named = (name: string) => convolutionOperations.find((operation) => operation.name === name)!;

for (const operation of convolutionOperations) describeLine(operation, operation.name === 'conv2d.biasGradient' ? 6 : 12);

/**
 * The terms of every element of y, dx and dWeights, by matching indices instead of the reference's offsets: a product x·w belongs to
 * (sample, output channel, position), and its three factors to each other.
 */
function termsOf(asked: Case, wanted: 'y' | 'dx' | 'dWeights'): Tensor & { readonly terms: number[][] } {
  const { sizes } = asked;
  const { stride, padding, dilation } = asked.attributes as unknown as ConvolutionAttributes;
  const x = { shape: [sizes.batch, sizes.inputChannels, sizes.height, sizes.width], name: 'x' };
  const w = {
    shape: [sizes.outputChannels, sizes.inputChannelsPerGroup, sizes.kernelHeight, sizes.kernelWidth],
    name: 'weights',
  };
  const y = { shape: [sizes.batch, sizes.outputChannels, sizes.outputHeight, sizes.outputWidth], name: 'dy' };
  const offset = ({ shape }: { shape: number[] }, ...index: number[]) => index.reduce((at, i, axis) => at * shape[axis] + i, 0);
  const { shape } = { y, dx: x, dWeights: w }[wanted];
  const terms = Array.from({ length: sizeOf(shape) }, () => [] as number[]);
  const outputChannelsPerGroup = sizes.outputChannels / (sizes.inputChannels / sizes.inputChannelsPerGroup);
  for (let n = 0; n < sizes.batch; n++)
    for (let o = 0; o < sizes.outputChannels; o++)
      for (let i = 0; i < sizes.inputChannelsPerGroup; i++)
        for (let p = 0; p < sizes.kernelHeight; p++)
          for (let q = 0; q < sizes.kernelWidth; q++)
            for (let u = 0; u < sizes.height; u++)
              for (let v = 0; v < sizes.width; v++) {
                const r = (u + padding[0] - p * dilation[0]) / stride[0];
                const s = (v + padding[1] - q * dilation[1]) / stride[1];
                if (!(Number.isInteger(r) && r >= 0 && r < sizes.outputHeight)) continue;
                if (!(Number.isInteger(s) && s >= 0 && s < sizes.outputWidth)) continue;
                const channel = Math.floor(o / outputChannelsPerGroup) * sizes.inputChannelsPerGroup + i;
                const at = { y: offset(y, n, o, r, s), dx: offset(x, n, channel, u, v), dWeights: offset(w, o, i, p, q) };
                const values = asked.inputs;
                const factors = {
                  y: () => product(values.x.data[at.dx], values.weights.data[at.dWeights]),
                  dx: () => product(values.dy.data[at.y], values.weights.data[at.dWeights]),
                  dWeights: () => product(values.dy.data[at.y], values.x.data[at.dx]),
                };
                terms[at[wanted]].push(factors[wanted]());
              }
  return { ...tensor(shape, new Float64Array(sizeOf(shape))), terms };
}

const summed = ({ shape, terms }: { shape: readonly number[]; terms: number[][] }, sum: Sum) => tensor(shape, terms.map(sum));

const honest: Record<string, (asked: Case, sum: Sum) => NamedTensors> = {
  conv2d: (asked, sum) => {
    const y = termsOf(asked, 'y');
    const { bias } = asked.inputs;
    const area = y.shape[2] * y.shape[3];
    if (bias) for (const [i, terms] of y.terms.entries()) terms.push(bias.data[Math.floor(i / area) % bias.data.length]);
    return { y: summed(y, sum) };
  },
  'conv2d.inputGradient': (asked, sum) => ({ dx: summed(termsOf(asked, 'dx'), sum) }),
  'conv2d.weightGradient': (asked, sum) => ({ dWeights: summed(termsOf(asked, 'dWeights'), sum) }),
  'conv2d.biasGradient': ({ inputs: { dy } }, sum) => {
    const [, channels, height, width] = dy.shape;
    const terms = Array.from({ length: channels }, () => [] as number[]);
    dy.data.forEach((value, i) => {
      terms[Math.floor(i / (height * width)) % channels].push(value);
    });
    return { dBias: summed({ shape: [channels], terms }, sum) };
  },
};

describe.each(Object.keys(honestSums))('float32 sums, %s,', (order) => {
  it.each(Object.keys(honest))('%s is accepted', (name) => {
    for (const seed of [1, 2]) {
      expect(refusedCases(named(name), seed, (asked) => honest[name](asked, honestSums[order]))).toEqual([]);
    }
  });
});

describe('the number of terms', () => {
  it.each(['conv2d', 'conv2d.inputGradient', 'conv2d.weightGradient', 'conv2d.biasGradient'])(
    'of %s is that of its longest sum, padding included',
    (name) => {
      const operation = named(name);
      for (const recipe of operation.cases) {
        const asked = materialize(operation, recipe, 'random', 1, 'float32');
        const [bound] = Object.values(prepareQuestion(operation, asked, precisions.float32).limits);
        let longest = 0;
        honest[name](asked, (terms) => {
          longest = Math.max(longest, terms.length);
          return 0;
        });
        expect(bound.terms, recipe.name).toBeGreaterThanOrEqual(longest);
        const padded = (asked.attributes as Partial<ConvolutionAttributes>).padding?.some((side) => side > 0);
        const skips =
          recipe.name.includes('stride') || recipe.name === 'kernel-covers-image' || recipe.name.includes('swapped');
        if (!padded && !skips && name !== 'conv2d.inputGradient') expect(bound.terms, recipe.name).toBe(longest);
      }
    },
  );

  it('of the input gradient leaves out the kernel positions that the stride keeps apart', () => {
    const operation = named('conv2d.inputGradient');
    const sizes = { batch: 1, inputChannels: 1, height: 9, width: 8, outputChannels: 2, kernelHeight: 3, kernelWidth: 4 };
    const attributes = { stride: [2, 4], padding: [0, 0, 0, 0], dilation: [1, 2], groups: 1, inputSize: [9, 8] };
    const asked = materialize(operation, { name: 'apart', sizes, attributes }, 'random', 1, 'float32');
    // Rows 0 and 2 of the kernel meet on even rows; columns 0 and 2 (dilation 2, stride 4) on every fourth column.
    expect(prepareQuestion(operation, asked, precisions.float32).limits.dx.terms).toBe(2 * 2 * 2);
  });
});

describe('constraints', () => {
  const conv2d = named('conv2d');
  const [plain] = conv2d.cases;
  const refusal = (changes: Partial<ConvolutionAttributes>) => () =>
    fullSizes(conv2d, plain.sizes, { ...plain.attributes, ...changes });

  it('are numbered in the messages', () => {
    expect(refusal({})).not.toThrow();
    expect(refusal({ groups: 2 })).toThrow('conv2d: (C1) groups divides inputChannels');
    expect(refusal({ groups: 5 })).toThrow('conv2d: (C2) groups divides outputChannels');
    expect(refusal({ stride: [0, 1] as Pair })).toThrow('conv2d: (C3)');
    expect(refusal({ padding: [3, 0, 0, 0] as Padding })).toThrow('conv2d: (C4)');
    expect(refusal({ padding: [0, 3, 2, 0] as Padding })).not.toThrow();
    expect(refusal({ dilation: [4, 1] as Pair })).toThrow('conv2d: (C5)');
  });

  it('tie inputSize and kernelSize to the sizes', () => {
    for (const [name, wrong] of [
      ['conv2d.inputGradient', { inputSize: [8, 11] }],
      ['conv2d.weightGradient', { kernelSize: [4, 3] }],
    ] as const) {
      const operation = named(name);
      const [recipe] = operation.cases;
      expect(() => fullSizes(operation, recipe.sizes, { ...recipe.attributes, ...wrong })).toThrow(`${name}: (C6)`);
    }
  });
});

it('asks the plain case with all sizes different, so that no axis can be taken for another', () => {
  const operation = named('conv2d.weightGradient');
  const [{ sizes, attributes }] = operation.cases;
  const all = Object.values(
    fullSizes(operation, sizes, attributes as unknown as Record<keyof ConvolutionWeightGradientAttributes, unknown>),
  );
  // inputChannelsPerGroup is inputChannels where there is one group.
  expect(new Set(all).size).toBe(all.length - 1);
  expect(all).not.toContain(1);
});
