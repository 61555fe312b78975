/** Honest convolutions and their gradients: every term found by matching indices, added up as `sum` does it. */
import { sizeOf, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { Case, HonestVariant, InputsOf, OutputsOf } from '../../judging/operation.ts';
import { exactProduct as product, type Sum } from '../shared/honestSums.ts';
import { inEveryOrder } from '../shared/variants.ts';

type Terms = Tensor & { readonly terms: readonly (readonly number[])[] };
type Asked = Case<'conv2d' | 'conv2d.inputGradient' | 'conv2d.weightGradient'>;
const found = new WeakMap<Asked, Terms>();

/** The terms of the operation's one output, found once for all orders in which they are added up. */
function termsFor(asked: Asked, wanted: 'y' | 'dx' | 'dWeights'): Terms {
  const terms = found.get(asked) ?? termsOf(asked, wanted);
  found.set(asked, terms);
  return terms;
}

/**
 * The terms of every element of y, dx and dWeights, by matching indices instead of the reference's offsets: a product x·w belongs to
 * (sample, output channel, position), and its three factors to each other.
 */
function termsOf(asked: Asked, wanted: 'y' | 'dx' | 'dWeights'): Terms {
  const { sizes } = asked;
  const { stride, padding, dilation } = asked.attributes;
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
                const values: Partial<InputsOf<'conv2d'> & InputsOf<'conv2d.inputGradient'>> = asked.inputs;
                const factors = {
                  y: () => product(values.x!.data[at.dx], values.weights!.data[at.dWeights]),
                  dx: () => product(values.dy!.data[at.y], values.weights!.data[at.dWeights]),
                  dWeights: () => product(values.dy!.data[at.y], values.x!.data[at.dx]),
                };
                terms[at[wanted]].push(factors[wanted]());
              }
  return { ...tensor(shape, new Float64Array(sizeOf(shape))), terms };
}

const summed = ({ shape, terms }: Pick<Terms, 'shape' | 'terms'>, sum: Sum) => tensor(shape, terms.map(sum));

type ConvolutionName = 'conv2d' | `conv2d.${'input' | 'weight' | 'bias'}Gradient`;
export const honestConvolution: {
  readonly [Name in ConvolutionName]: (asked: Case<Name>, sum: Sum) => OutputsOf<Name>;
} = {
  conv2d: (asked, sum) => {
    const { shape, terms } = termsFor(asked, 'y');
    const { bias } = asked.inputs;
    const area = shape[2] * shape[3];
    const withBias = bias ? terms.map((own, i) => [...own, bias.data[Math.floor(i / area) % bias.data.length]]) : terms;
    return { y: summed({ shape, terms: withBias }, sum) };
  },
  'conv2d.inputGradient': (asked, sum) => ({ dx: summed(termsFor(asked, 'dx'), sum) }),
  'conv2d.weightGradient': (asked, sum) => ({ dWeights: summed(termsFor(asked, 'dWeights'), sum) }),
  'conv2d.biasGradient': ({ inputs: { dy } }, sum) => {
    const [, channels, height, width] = dy.shape;
    const terms = Array.from({ length: channels }, () => [] as number[]);
    dy.data.forEach((value, i) => {
      terms[Math.floor(i / (height * width)) % channels].push(value);
    });
    return { dBias: summed({ shape: [channels], terms }, sum) };
  },
};

/** Makes the variants of a convolution or a gradient of it: its terms in every order. */
export const convolutionVariants = <Name extends ConvolutionName>(name: Name): readonly HonestVariant<Name>[] =>
  inEveryOrder<Name>((asked, sum) => honestConvolution[name](asked, sum));
