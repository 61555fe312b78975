/**
 * Special values, asked of every operation whose inputs are free real numbers: one of them in the middle of the first such input, and
 * the rest as its line draws them. What is right is what IEEE 754 makes of the operation's own formula; where that leaves it open, or
 * libraries are known to choose, it stands below as undefined, with the reason, and is counted but not asked.
 */
import { sizeOf } from '../../reference/tensor.ts';
import type { AnyCaseRecipe, AnyOperation, Values } from '../operation.ts';
import { precisions } from '../precision.ts';

const { largest, smallestNormal } = precisions.float32;

export const specialValues: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  infinity: Infinity,
  'minus-infinity': -Infinity,
  largest,
  'smallest-normal': smallestNormal,
  subnormal: 1.5 * smallestNormal * 2 ** -10,
  'minus-zero': -0,
};

const choice = 'a comparison with NaN is false, and which branch that takes is the implementation’s choice';
const ignoresNaN = 'ONNX leaves open whether a maximum propagates NaN or passes over it; libraries do either';
const intermediate = 'whether an intermediate result overflows depends on the order of the operations';
const saturates = 'Inf − Inf and 0·Inf arise inside, and the bound of the layers in between is not finite';

const weighed =
  'a sum over the mistaken samples alone leaves the others out; over all samples with weights of 0 and 1 it has 0·Inf';

const byUnitImages =
  'the matrix as copies of the weights has them where they stand; as the convolution of images of zeros and one 1 it has 0·Inf and 0·NaN';

/** Of an operation, by special value: why no answer is the right one. */
export const undefinedSpecialValues: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  maxPool2d: { nan: ignoresNaN },
  'maxPool2d.backward': { nan: ignoresNaN },
  'conv2d.matrix': { nan: byUnitImages, infinity: byUnitImages, 'minus-infinity': byUnitImages },
  softMargin: { nan: choice },
  perceptronCriterion: { nan: choice, infinity: weighed, 'minus-infinity': weighed },
  batchPerceptronStep: { nan: choice, infinity: weighed, 'minus-infinity': weighed },
  surrogatePerceptronStep: { largest: intermediate },
  leastSquares: { largest: intermediate },
  softmaxRegression: { largest: intermediate },
  batchEpoch: { largest: intermediate },
  patternEpoch: { largest: intermediate },
  'dropout.backward': { largest: intermediate },
  'dropconnect.backward': { largest: intermediate },
  linearDiscriminant: { largest: intermediate },
  'convolutionalNetwork.forward': { nan: ignoresNaN, infinity: saturates, 'minus-infinity': saturates, largest: intermediate },
  'convolutionalNetwork.backward': { nan: ignoresNaN, infinity: saturates, 'minus-infinity': saturates, largest: intermediate },
  'convolutionalNetwork.trainStep': {
    nan: ignoresNaN,
    infinity: saturates,
    'minus-infinity': saturates,
    largest: intermediate,
  },
  'mlp.forward': { infinity: saturates, 'minus-infinity': saturates },
  'mlp.backward': { infinity: saturates, 'minus-infinity': saturates },
  'mlp.trainStep': { infinity: saturates, 'minus-infinity': saturates },
  'mlp.pathGradient': { infinity: saturates, 'minus-infinity': saturates },
  'pretraining.supervisedStep': { infinity: saturates, 'minus-infinity': saturates },
  'pretraining.autoencoderStep': { infinity: saturates, 'minus-infinity': saturates, largest: intermediate },
};

/** The recipes for one operation: special values where an input takes free real numbers, and a batch without a sample. */
export function specialRecipes(operation: AnyOperation): AnyCaseRecipe[] {
  const [base] = operation.cases;
  return [...valueRecipes(operation, base), ...emptyRecipes(operation, base)];
}

function valueRecipes(operation: AnyOperation, base: AnyCaseRecipe): AnyCaseRecipe[] {
  if (operation.cases.some(({ name }) => name === 'special-values')) return [];
  const free = Object.entries(operation.inputs(base.attributes)).find(
    ([, { values, optional }]) => !optional && values.kind === 'uniform' && values.low < 0,
  );
  if (!free) return [];
  const [input, { values }] = free;
  return Object.entries(specialValues)
    .filter(([name]) => undefinedSpecialValues[operation.name]?.[name] === undefined)
    .map(([name, special]) => ({
      ...base,
      name: `special-${name}`,
      tiers: ['random'],
      values: { ...base.values, [input]: withOne(values, special) },
    }));
}

/** An operation whose samples do not know of each other has an answer for none of them. */
function emptyRecipes({ constraints }: AnyOperation, base: AnyCaseRecipe): AnyCaseRecipe[] {
  const { sizes, attributes } = base;
  const empty = { ...sizes, batch: 0 };
  const refused = sizes.batch === undefined || constraints.some(({ holds }) => !holds(empty, attributes));
  return refused || base.given ? [] : [{ ...base, name: 'special-empty-batch', sizes: empty, tiers: ['random'] }];
}

/** Uniform values, and the special one in the middle. */
function withOne(values: Values, special: number): Values {
  const { low, high } = values as Extract<Values, { kind: 'uniform' }>;
  return {
    kind: 'computed',
    draw: (random, shape) => {
      const data = Float64Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random.next());
      data[data.length >> 1] = special;
      return data;
    },
  };
}
