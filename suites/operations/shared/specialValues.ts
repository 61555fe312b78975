/**
 * Special values, asked of every operation whose inputs are free real numbers: one of them in the middle of one such input, each in its
 * turn, and the rest as its line draws them. What is right is what IEEE 754 makes of the operation's own formula; where that leaves it open, or
 * libraries are known to choose, it stands below as undefined, with the reason, and is counted but not asked.
 */
import { float64Array, sizeOf } from '../../../reference/tensor.ts';
import type { AnyCaseRecipe, AnyOperation, Values } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';

const { largest, smallestNormal } = precisions.float32;

export const specialValues: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  infinity: Infinity,
  'minus-infinity': -Infinity,
  largest,
  'smallest-normal': smallestNormal,
  subnormal: 1.5 * smallestNormal * 2 ** -10,
  zero: 0,
  'minus-zero': -0,
};

const choice = 'a comparison with NaN is false, and which branch that takes is the implementation’s choice';
const selects =
  'where the slope is 0, a choice of 0 in place of the product lets neither NaN nor an infinity through; libraries do either';
const interpolates = 'a mean by interpolation, m + (g − m)(1 − β), has Inf − Inf';
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
/** The name of a special value in another input than the first: `nan-in-kernel-bias`. */
const inInput = (value: string, input: string) =>
  `${value}-in-${input.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
/** The same in each of these inputs that are not the first. */
const everyIn = (inputs: readonly string[], reason: string, values: readonly string[]) =>
  every(
    reason,
    inputs.flatMap((input) => values.map((value) => inInput(value, input))),
  );
const infinities = ['infinity', 'minus-infinity'];
const notFinite = ['nan', ...infinities];
const twoLayerNetwork = {
  ...every(saturates, infinities),
  ...everyIn(['weights1', 'bias1', 'weights2', 'bias2'], saturates, infinities),
};
const hiddenLayer = ['weights1', 'bias1'];
const convolutionalParameters = ['kernels', 'kernelBias', 'weights', 'bias'];
const convolutional = {
  nan: ignoresNaN,
  ...everyIn(convolutionalParameters, ignoresNaN, ['nan']),
  ...every(saturates, infinities),
  ...everyIn(convolutionalParameters, saturates, infinities),
  largest: intermediate,
  ...everyIn(convolutionalParameters, intermediate, ['largest']),
};
const probabilities = {
  ...every(noProbability, ['nan', 'infinity', 'minus-infinity', 'largest']),
  ...every(beyondLogarithms, ['zero', 'minus-zero']),
};
const binaryProbabilities = {
  ...probabilities,
  ...every(beyondLogarithms, ['smallest-normal', 'subnormal']),
  ...everyIn(['target'], noProbability, [...notFinite, 'largest']),
};

/** Of an operation, by special value and, but for the first, input (`nan-in-weights`): why no answer is the right one. */
export const undefinedSpecialValues: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Slopes that are constant, or have a step in them.
  'identity.derivative': { nan: constant },
  'identity.backward': { nan: constant },
  'sign.derivative': { nan: choice },
  'sign.backward': { nan: choice, ...everyIn(['dy'], selects, notFinite) },
  'step.derivative': { nan: choice },
  'step.backward': { nan: choice, ...everyIn(['dy'], selects, notFinite) },
  'relu.derivative': { nan: choice },
  'relu.backward': { nan: choice, ...everyIn(['dy'], selects, notFinite) },
  'hardTanh.derivative': { nan: choice },
  'hardTanh.backward': { nan: choice, ...everyIn(['dy'], selects, notFinite) },
  'scaledTanh.backward': { 'largest-in-dy': intermediate },
  'softplus.backward': { 'largest-in-dy': intermediate },
  matmul: { 'empty-batch': noColumns },
  crossEntropy: { ...probabilities, subnormal: beyondLogarithms },
  'crossEntropy.gradient': { ...probabilities, subnormal: beyondLogarithms },
  binaryCrossEntropy: binaryProbabilities,
  'binaryCrossEntropy.gradient': binaryProbabilities,
  stochasticPerceptronEpoch: every(wholeNumbers),
  'perceptron.train': every(wholeNumbers),
  thresholdNetwork: every(wholeNumbers),
  'novikoff.bound': every(noMargin),
  maximumMargin: every(noMargin),
  kFolds: { ...every(sampleNumbers), 'size-1': 'two folds need two samples' },
  maxPool2d: { nan: ignoresNaN },
  'maxPool2d.backward': { nan: ignoresNaN },
  'conv2d.matrix': { nan: byUnitImages, infinity: byUnitImages, 'minus-infinity': byUnitImages },
  softMargin: { ...every(choice, ['nan', 'nan-in-weights', 'nan-in-bias']), 'largest-in-weights': intermediate },
  perceptronCriterion: {
    ...every(choice, ['nan', 'nan-in-weights']),
    ...every(weighed, infinities),
    ...everyIn(['weights'], weighed, infinities),
  },
  batchPerceptronStep: { ...every(choice, ['nan', 'nan-in-weights']), ...every(weighed, infinities) },
  surrogatePerceptronStep: { largest: intermediate },
  leastSquares: { largest: intermediate, ...everyIn(['weights', 'bias', 'targets'], intermediate, ['largest']) },
  softmaxRegression: {
    ...every(intermediate, ['largest', 'largest-in-weights', 'largest-in-bias']),
    ...everyIn(['weights'], saturates, infinities),
    'infinity-in-bias': saturates,
  },
  adagradStep: { 'largest-in-gradient': intermediate },
  rmspropStep: { 'largest-in-gradient': intermediate },
  adamStep: { ...everyIn(['gradient', 'means'], intermediate, ['largest']), ...everyIn(['means'], interpolates, infinities) },
  batchEpoch: { largest: intermediate, ...everyIn(['targets', 'weights'], intermediate, ['largest']) },
  patternEpoch: { largest: intermediate, ...everyIn(['targets', 'weights'], intermediate, ['largest']) },
  'dropout.backward': { largest: intermediate },
  dropconnect: { 'largest-in-weights': intermediate },
  'dropconnect.backward': every(intermediate, ['largest', 'largest-in-weights', 'largest-in-dy']),
  linearDiscriminant: { largest: intermediate },
  'convolutionalNetwork.forward': convolutional,
  'convolutionalNetwork.backward': convolutional,
  'convolutionalNetwork.trainStep': convolutional,
  'mlp.forward': twoLayerNetwork,
  'mlp.backward': { ...twoLayerNetwork, 'largest-in-target': intermediate },
  'mlp.trainStep': { ...twoLayerNetwork, 'largest-in-target': intermediate },
  'mlp.pathGradient': {
    ...twoLayerNetwork,
    ...everyIn(['target', 'weights3', 'bias3'], intermediate, ['largest']),
  },
  'pretraining.supervisedStep': {
    ...every(saturates, infinities),
    ...everyIn(hiddenLayer, saturates, infinities),
    ...everyIn(['target', 'weights2', 'bias2'], intermediate, ['largest']),
  },
  'pretraining.autoencoderStep': {
    ...every(saturates, infinities),
    ...everyIn(hiddenLayer, saturates, infinities),
    ...every(intermediate, ['largest', 'largest-in-weights2', 'largest-in-bias2']),
  },
};

/** Axes whose sizes are special, beside the special values. */
const specialAxes = ['empty-batch', 'size-1'];

/** The recipes for one operation: special values where an input takes free real numbers, and a batch without a sample. */
export function specialRecipes(operation: AnyOperation): AnyCaseRecipe[] {
  const [base] = operation.cases;
  return [...valueRecipes(operation, base), ...emptyRecipes(operation, base)];
}

function valueRecipes(operation: AnyOperation, base: AnyCaseRecipe): AnyCaseRecipe[] {
  return questionsOf(operation).flatMap(({ name, input, values, special }) => {
    if (values.kind !== 'uniform' || isUndefined(operation, name) || givenIn(operation, input, special)) return [];
    const drawn = { ...base.values, [input]: withOne(values, special) };
    return [{ ...base, name: `special-${name}`, tiers: ['random'] as const, values: drawn }];
  });
}

/** A special value in one of an operation's inputs. */
interface SpecialQuestion {
  /** `nan` in the first of the inputs, `nan-in-weights` in another. */
  readonly name: string;
  readonly input: string;
  /** What the input draws otherwise. */
  readonly values: Values;
  readonly special: number;
}

/** Every special value in every input that takes free real numbers. */
function questionsOf(operation: AnyOperation): SpecialQuestion[] {
  const [{ attributes, without }] = operation.cases;
  const free = Object.entries(operation.inputs(attributes)).filter(
    ([input, { values }]) =>
      !without?.includes(input) &&
      (values.kind === 'regimes' || (values.kind === 'uniform' && values.low < 1 && values.high - values.low > 0.5)),
  );
  return free.flatMap(([input, { values }], at) =>
    Object.entries(specialValues).map(([value, special]) => ({
      name: at === 0 ? value : inInput(value, input),
      ...{ input, values, special },
    })),
  );
}

function isUndefined({ name: operation }: AnyOperation, name: string): boolean {
  return undefinedSpecialValues[operation]?.[name] !== undefined;
}

/** The recipe of the operation's own line that holds the value: several of them in one case, for functions of one number. */
function givenIn({ cases }: AnyOperation, input: string, special: number): string | undefined {
  const isSubnormal = special !== 0 && Math.abs(special) < smallestNormal;
  const holds = (value: number) =>
    Object.is(value, special) || (isSubnormal && value !== 0 && Math.abs(value) < smallestNormal);
  return cases.find(({ name, given }) => (name === 'special-values' || name === 'subnormal') && given?.[input]?.some(holds))
    ?.name;
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
  const questions = questionsOf(operation);
  // What takes no free number at all still has to say so of each value.
  const names = questions.length > 0 ? questions.map(({ name }) => name) : Object.keys(specialValues);
  for (const name of [...names, ...specialAxes]) {
    const question = questions.find((one) => one.name === name);
    const recipe = operation.cases.find((one) => one.name === `special-${name}`)?.name ?? recipeWith(operation, name, question);
    const reason = undefinedSpecialValues[operation.name]?.[name] ?? (name === 'empty-batch' ? noSamples : undefined);
    if (recipe !== undefined) asked[name] = recipe;
    else if (reason !== undefined) open[name] = reason;
    else throw new Error(`${operation.name}: the special value ${name} is neither asked nor undefined`);
  }
  return { asked, undefined: open };
}

function recipeWith(operation: AnyOperation, name: string, question?: SpecialQuestion): string | undefined {
  if (name === 'size-1') return operation.cases.find(({ sizes }) => Object.values(sizes).includes(1))?.name;
  return question && givenIn(operation, question.input, question.special);
}

/** Uniform values, and the special one in the middle. */
function withOne({ low, high }: Extract<Values, { kind: 'uniform' }>, special: number): Values {
  return {
    kind: 'computed',
    draw: (random, shape) => {
      const data = float64Array(sizeOf(shape));
      random.fill(data, low, high);
      data[data.length >> 1] = special;
      return data;
    },
  };
}
