import { describe, expect, it } from 'vitest';
import type {
  ConvolutionAttributes,
  ConvolutionWeightGradientAttributes,
  Padding,
  Pair,
} from '../../../backends/signatures.ts';
import { precisions } from '../../judging/precision.ts';
import { prepareQuestion } from '../../judging/question.ts';
import { fullSizes } from '../../judging/shapes.ts';
import { materialize } from '../../running/cases.ts';
import { describeVariants } from '../../testing/tableLine.ts';
import type { Sum } from '../shared/honestSums.ts';
import { convolutionOperations } from './entries.ts';
import { honestConvolution as honest } from './variants.ts';

const named = (name: string) => convolutionOperations.find((operation) => operation.name === name)!;

for (const operation of convolutionOperations) describeVariants(operation);

describe('the number of terms', () => {
  it.each(['conv2d', 'conv2d.inputGradient', 'conv2d.weightGradient', 'conv2d.biasGradient'])(
    'of %s is that of its longest sum, padding included',
    (name) => {
      const operation = named(name);
      for (const recipe of operation.cases) {
        const asked = materialize(operation, recipe, 'random', 1, 'float32');
        const [bound] = Object.values(prepareQuestion(operation, asked, precisions.float32).limits);
        let longest = 0;
        const answer: (asked: never, sum: Sum) => unknown = honest[name as keyof typeof honest];
        answer(asked as never, (terms) => {
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
