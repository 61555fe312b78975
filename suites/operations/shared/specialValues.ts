/**
 * Special values, asked of every operation whose inputs are free real numbers: one of them in one such input, each in its turn, where an
 * answer that does not look at it is wrong, and the rest as its line draws them; small numbers fill the input, with nothing beside them that
 * would hide them. What is right is what IEEE 754 makes of the operation's own formula; where that leaves it open, or
 * libraries are known to choose, the entry says so in `undefinedSpecialValues`, and it is counted but not asked.
 */
import { sizeOf, type Tensor } from '../../../reference/tensor.ts';
import { float64Array } from '../../judging/memory.ts';
import type { AnyCaseRecipe, AnyOperation, InputSpecification, Values } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { specialValues } from './specialValueNames.ts';
import { inInput, noSamples, tooSmall } from './undefinedSpecialValues.ts';

const { smallestNormal } = precisions.float32;

/** Axes whose sizes are special, beside the special values. */
const specialAxes = ['empty-batch', 'size-1'];

/** The recipes for one operation: special values where an input takes free real numbers, and a batch without a sample. */
export function specialRecipes(operation: AnyOperation): AnyCaseRecipe[] {
  const [base] = operation.cases;
  return [...valueRecipes(operation, base), ...emptyRecipes(operation, base)];
}

function valueRecipes(operation: AnyOperation, base: AnyCaseRecipe): AnyCaseRecipe[] {
  const inputs = operation.inputs(base.attributes);
  return questionsOf(operation).flatMap(({ name, input, values, special }) => {
    if (values.kind !== 'uniform' || reasonAgainst(operation, name) || givenIn(operation, input, special)) return [];
    const size = Math.abs(special);
    const drawn =
      size > 0 && size <= smallestNormal
        ? allSmall(operation, inputs, input, size)
        : { ...pairedSamples(inputs), [input]: withOne(operation, inputs, input, values, special) };
    return [{ ...base, name: `special-${name}`, tiers: ['random'] as const, values: { ...base.values, ...drawn } }];
  });
}

/** Inputs that are added to what the others make: as large as usual, they would hide a number below the normal range. */
const addends = /^(bias\d*|kernelBias|targets?|predictions?|truth|change|means)$/;
/** Factors are as much larger: [2⁻¹³⁰]·[2²⁰] is a normal number, and 0 only where its factor has been flushed. */
const larger = 2 ** 20;

/**
 * An input of small numbers alone, for nothing else shows that they are not zeros: with what is added to it at 0 (all of them for a step
 * and for an addend), and with large factors, unless a function would saturate.
 */
function allSmall(
  { name, topic }: AnyOperation,
  inputs: Readonly<Record<string, InputSpecification>>,
  input: string,
  size: number,
): Record<string, Values> {
  const isAlone = /Step$|Epoch$/.test(name) || addends.test(input);
  const isFunction = topic === 'Activations' || topic === 'Softmax';
  const beside = (other: string, { values }: InputSpecification): Values => {
    if (values.kind !== 'uniform' || other === 'mask') return values;
    const factor = isAlone || addends.test(other) ? 0 : isFunction ? 1 : larger;
    return { kind: 'uniform', low: factor * values.low, high: factor * values.high };
  };
  const others = Object.entries(inputs).map(([other, own]) => [other, beside(other, own)]);
  return { ...Object.fromEntries(others), [input]: small(size) };
}

/** From `size` on, up to twice of it, of either sign. */
const small = (size: number): Values => ({
  kind: 'computed',
  draw: (random, shape) =>
    Float64Array.from({ length: sizeOf(shape) }, () => (random.next() < 0.5 ? -1 : 1) * size * (1 + random.next())),
});

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

/** Why no answer is the right one, or why none could be wrong. */
function reasonAgainst({ name: operation, undefinedSpecialValues }: AnyOperation, name: string): string | undefined {
  const known = undefinedSpecialValues?.[name];
  if (known !== undefined || !/^(subnormal|smallest-normal)/.test(name)) return known;
  const at = name.match(/-in-(.*)$/)?.[1] ?? 'first';
  return hidden[operation]?.includes(at) ? tooSmall : undefined;
}

/** Inputs, and `first` for the first, in which a number below the normal range changes nothing that is not rounded away. */
const hidden: Readonly<Record<string, readonly string[]>> = {
  softmax: ['first'],
  'softmax.backward': ['first'],
  'softmax.jacobian': ['first'],
  squaredError: ['first', 'target'],
  binaryCrossEntropy: ['target'],
  'binaryCrossEntropy.gradient': ['target'],
  'convolutionalNetwork.forward': ['first', 'kernels', 'kernel-bias', 'weights', 'bias'],
  'convolutionalNetwork.backward': ['bias'],
  'convolutionalNetwork.trainStep': ['first', 'bias'],
  'mlp.forward': ['first', 'weights1', 'bias1', 'weights2', 'bias2'],
  'mlp.backward': ['target', 'bias1', 'weights2', 'bias2'],
  'mlp.trainStep': ['first', 'target', 'bias2'],
  'mlp.collapse': ['bias1'],
  'mlp.pathGradient': ['first', 'target', 'weights1', 'bias1', 'bias2', 'weights3', 'bias3'],
  'pretraining.supervisedStep': ['first'],
  batchPerceptronStep: ['first'],
  surrogatePerceptronStep: ['first'],
  multiplicationGate: ['first', 'v'],
  softMargin: ['first', 'weights', 'bias'],
  softmaxRegression: ['first', 'weights', 'bias'],
  ensemble: ['target'],
  biasVariance: ['first', 'truth'],
  conjugateGradientStep: ['first'],
  batchEpoch: ['first', 'targets'],
  patternEpoch: ['first', 'targets'],
};

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
    const reason = reasonAgainst(operation, name) ?? (name === 'empty-batch' ? noSamples : undefined);
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

/** Uniform values, and the special one where it shows: in the middle, unless a mask, a slope or a choice hides what stands there. */
function withOne(
  { name, topic }: AnyOperation,
  inputs: Readonly<Record<string, InputSpecification>>,
  input: string,
  { low, high }: Extract<Values, { kind: 'uniform' }>,
  special: number,
): Values {
  const isMasked = inputs.mask !== undefined && inputs.mask.dimensions.join() === inputs[input].dimensions.join();
  return {
    kind: 'computed',
    draw: (random, shape, drawn) => {
      const data = float64Array(sizeOf(shape));
      // Of a window that holds it, a special value is the largest, and 0 or 1 in its place would not be.
      random.fill(data, topic === 'Pooling' && input === 'x' ? 2 : low, high);
      const middle = data.length >> 1;
      // The first element of a mask is 1.
      let place = isMasked ? 0 : middle;
      if (input === 'dy' && drawn.x?.data.length === data.length) place = placeOfSlope(drawn.x, name === 'relu.backward');
      if (name === 'earlyStopping') place = shape[1] * bestOf(drawn.losses);
      data[place] = special;
      if (input === 'x' && inputs.labels !== undefined) pairRows(data, shape[1], place);
      return data;
    },
  };
}

/** The last place where an activation has a slope: a rectifier above 0, the others near it. */
function placeOfSlope({ data }: Tensor, isRectifier: boolean): number {
  return Math.max(
    0,
    data.findLastIndex((x) => (isRectifier ? x > 0 : Math.abs(x) < 1)),
  );
}

const bestOf = ({ data }: Tensor) => data.indexOf(Math.min(...data));

/** A sample and the same with the other label: whatever the weights, one of the two is mistaken. */
function pairedSamples(inputs: Readonly<Record<string, InputSpecification>>): Record<string, Values> {
  if (inputs.x === undefined || inputs.labels?.values.kind !== 'labels' || inputs.x.values.kind !== 'uniform') return {};
  const { low, high } = inputs.x.values;
  return {
    x: {
      kind: 'computed',
      draw: (random, shape) => {
        const data = float64Array(sizeOf(shape));
        random.fill(data, low, high);
        pairRows(data, shape[1], data.length >> 1);
        return data;
      },
    },
    labels: {
      kind: 'computed',
      draw: (_, [samples]) => Float64Array.from({ length: samples }, (_unused, n) => (n % 2 ? -1 : 1)),
    },
  };
}

/** Copies the row of a place to its neighbour. */
function pairRows(data: Float64Array, columns: number, place: number): void {
  const row = Math.floor(place / columns);
  const neighbour = row % 2 ? row - 1 : row + 1;
  if ((neighbour + 1) * columns <= data.length) data.copyWithin(neighbour * columns, row * columns, (row + 1) * columns);
}
