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
const constant = 'the slope is 1 everywhere: whether NaN shows in it is the implementation’s choice';
const ignoresNaN = 'ONNX leaves open whether a maximum propagates NaN or passes over it; libraries do either';
const intermediate = 'whether an intermediate result overflows depends on the order of the operations';
const saturates = 'Inf − Inf and 0·Inf arise inside, and the bound of the layers in between is not finite';

const wholeNumbers = 'the operation is defined on whole numbers, of which alone no decision depends on rounding';
const sampleNumbers = 'an order holds the numbers of the samples and nothing else';
const noProbability = 'no probability: libraries refuse it, clamp it or compute with it';
const beyondLogarithms = 'libraries clamp the logarithm or the divisor of a probability that small';
const noMargin = 'the bound is of samples that a separator of finite numbers classifies rightly';
const noColumns = 'a list of no rows has no columns in many languages; the dense layer is asked for no sample';
/** An operation without an axis of samples that do not know of each other. */
const noSamples = 'none of its axes is of samples that do not know of each other: of nothing there is nothing to compute';

const weighed =
  'a sum over the mistaken samples alone leaves the others out; over all samples with weights of 0 and 1 it has 0·Inf';

const byUnitImages =
  'the matrix as copies of the weights has them where they stand; as the convolution of images of zeros and one 1 it has 0·Inf and 0·NaN';

const every = (reason: string, values: readonly string[] = Object.keys(specialValues)) =>
  Object.fromEntries(values.map((value) => [value, reason]));
const probabilities = every(noProbability, ['nan', 'infinity', 'minus-infinity', 'largest', 'minus-zero']);

/** Of an operation, by special value: why no answer is the right one. */
const undefinedSpecialValues: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Slopes that are constant, or have a step in them.
  'identity.derivative': { nan: constant },
  'identity.backward': { nan: constant },
  'sign.derivative': { nan: choice },
  'sign.backward': { nan: choice },
  'step.derivative': { nan: choice },
  'step.backward': { nan: choice },
  'relu.derivative': { nan: choice },
  'relu.backward': { nan: choice },
  'hardTanh.derivative': { nan: choice },
  'hardTanh.backward': { nan: choice },
  matmul: { 'empty-batch': noColumns },
  crossEntropy: { ...probabilities, subnormal: beyondLogarithms },
  'crossEntropy.gradient': { ...probabilities, subnormal: beyondLogarithms },
  binaryCrossEntropy: { ...probabilities, ...every(beyondLogarithms, ['smallest-normal', 'subnormal']) },
  'binaryCrossEntropy.gradient': { ...probabilities, ...every(beyondLogarithms, ['smallest-normal', 'subnormal']) },
  stochasticPerceptronEpoch: every(wholeNumbers),
  'perceptron.train': every(wholeNumbers),
  thresholdNetwork: every(wholeNumbers),
  'novikoff.bound': every(noMargin),
  maximumMargin: every(noMargin),
  kFolds: { ...every(sampleNumbers), 'size-1': 'two folds need two samples' },
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

/** Axes whose sizes are special, beside the special values. */
const specialAxes = ['empty-batch', 'size-1'];

/** The recipes for one operation: special values where an input takes free real numbers, and a batch without a sample. */
export function specialRecipes(operation: AnyOperation): AnyCaseRecipe[] {
  const [base] = operation.cases;
  return [...valueRecipes(operation, base), ...emptyRecipes(operation, base)];
}

function valueRecipes(operation: AnyOperation, base: AnyCaseRecipe): AnyCaseRecipe[] {
  const free = Object.entries(operation.inputs(base.attributes)).find(
    ([, { values, optional }]) => !optional && values.kind === 'uniform' && values.low < 1 && values.high - values.low > 0.5,
  );
  if (!free) return [];
  const [input, { values }] = free;
  return Object.entries(specialValues)
    .filter(([name, special]) => undefinedSpecialValues[operation.name]?.[name] === undefined && !givenIn(operation, special))
    .map(([name, special]) => ({
      ...base,
      name: `special-${name}`,
      tiers: ['random'],
      values: { ...base.values, [input]: withOne(values, special) },
    }));
}

/** The recipe of the operation's own line that holds the value: several of them in one case, for functions of one number. */
function givenIn({ cases }: AnyOperation, special: number): string | undefined {
  const isSubnormal = special !== 0 && Math.abs(special) < smallestNormal;
  const holds = (value: number) =>
    Object.is(value, special) || (isSubnormal && value !== 0 && Math.abs(value) < smallestNormal);
  return cases.find(
    ({ name, given }) =>
      (name === 'special-values' || name === 'subnormal') && Object.values(given ?? {}).some((values) => values.some(holds)),
  )?.name;
}

/** An operation whose samples do not know of each other has an answer for none of them. */
function emptyRecipes({ constraints }: AnyOperation, base: AnyCaseRecipe): AnyCaseRecipe[] {
  const { sizes, attributes } = base;
  const empty = { ...sizes, batch: 0 };
  const refused = sizes.batch === undefined || constraints.some(({ holds }) => !holds(empty, attributes));
  return refused || base.given ? [] : [{ ...base, name: 'special-empty-batch', sizes: empty, tiers: ['random'] }];
}

/** Every special value and axis of an operation: the recipe that asks it, or why no answer is the right one. */
export interface SpecialValueTable {
  readonly asked: Readonly<Record<string, string>>;
  readonly undefined: Readonly<Record<string, string>>;
}

/** @throws Error naming what is neither asked nor written down. */
export function specialValueTable(operation: AnyOperation): SpecialValueTable {
  const asked: Record<string, string> = {};
  const open: Record<string, string> = {};
  for (const name of [...Object.keys(specialValues), ...specialAxes]) {
    const recipe = operation.cases.find((one) => one.name === `special-${name}`)?.name ?? recipeWith(operation, name);
    const reason = undefinedSpecialValues[operation.name]?.[name] ?? (name === 'empty-batch' ? noSamples : undefined);
    if (recipe !== undefined) asked[name] = recipe;
    else if (reason !== undefined) open[name] = reason;
    else throw new Error(`${operation.name}: the special value ${name} is neither asked nor undefined`);
  }
  return { asked, undefined: open };
}

function recipeWith(operation: AnyOperation, name: string): string | undefined {
  if (name === 'size-1') return operation.cases.find(({ sizes }) => Object.values(sizes).includes(1))?.name;
  return name in specialValues ? givenIn(operation, specialValues[name]) : undefined;
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
