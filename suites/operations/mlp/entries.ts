/** The multilayer perceptron: forward, backward and one step of gradient descent (Rows M1–M4). */
import fc from 'fast-check';
import type { LayerActivation, MlpAttributes, NamedTensors, TrainStepAttributes } from '../../../backends/signatures.ts';
import { denseBiasGradient, denseWeightGradient } from '../../../reference/dense.ts';
import { squaredError } from '../../../reference/losses.ts';
import { type Layer, type MlpGradients, mlpBackward, mlpForward, mlpTrainStep } from '../../../reference/mlp.ts';
import { combine, map, scalar, type Tensor } from '../../../reference/tensor.ts';
import type {
  AnyOperation,
  CaseRecipe,
  Constraint,
  InputSpecification,
  KnownMistake,
  Operation,
  OutputSpecification,
  Sizes,
  Values,
} from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { onlyLast, readAs, rounded, scaled } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { sameBits } from '../shared/symmetries.ts';
import { intermediate, twoLayerNetwork } from '../shared/undefinedSpecialValues.ts';
import { mlpBackwardLimits, mlpForwardLimits, mlpTrainStepLimits } from './bound.ts';
import {
  type BackwardChange,
  backwardWith,
  deltaTimesWeights,
  difference,
  forwardThrough,
  layersOf,
  sendersDelta,
  slopeOf,
  slopeOfFirstUnit,
} from './mistakes.ts';
import { collapsesToDenseLayers } from './relations.ts';
import { mlpVariants } from './variants.ts';

const topic = 'Multilayer perceptron';
const source = 'reference/mlp.ts';

type Outputs = Operation<'mlp.backward'>['reference'] extends (...given: never) => infer Result ? Result : never;
type StepOutputs = Operation<'mlp.trainStep'>['reference'] extends (...given: never) => infer Result ? Result : never;

const unit: Values = { kind: 'uniform', low: -1, high: 1 };
const inputValues: Values = { kind: 'uniform', low: -2, high: 2 };
const targetValues: Values = { kind: 'uniform', low: 0, high: 1 };

/** A value for each name with a layer's number after it: weights1, bias1, weights2, … */
type ForEachLayer<Name extends string, Value> = Readonly<Record<`${Name}${number}`, Value>>;

/** Layers 1 … depth, each with its weights [width, width before] and bias [width]. */
export function layerSpecifications<Specification, Weights extends string, Bias extends string>(
  { activations }: MlpAttributes,
  [weights, bias]: readonly [Weights, Bias],
  specify: (dimensions: readonly string[]) => Specification,
): ForEachLayer<Weights | Bias, Specification> {
  return Object.fromEntries(
    activations.flatMap((_, l) => [
      [`${weights}${l + 1}`, specify([`width${l + 1}`, `width${l}`])],
      [`${bias}${l + 1}`, specify([`width${l + 1}`])],
    ]),
  ) as ForEachLayer<Weights | Bias, Specification>;
}
const layerInputs = (attributes: MlpAttributes) =>
  layerSpecifications(attributes, ['weights', 'bias'], (dimensions): InputSpecification => ({ dimensions, values: unit }));
const lastWidth = ({ activations }: MlpAttributes) => `width${activations.length}`;

function forwardInputs(attributes: MlpAttributes) {
  const x: InputSpecification = { dimensions: ['batch', 'width0'], values: inputValues };
  return { x, ...layerInputs(attributes) };
}
export function trainingInputs(attributes: MlpAttributes) {
  const { x, ...layers } = forwardInputs(attributes);
  const target: InputSpecification = { dimensions: ['batch', lastWidth(attributes)], values: targetValues };
  return { x, target, ...layers };
}
export const loss: OutputSpecification = { dimensions: [], description: '½Σ(target − y)²' };

export const widthsStated: readonly Constraint<MlpAttributes>[] = [
  {
    id: 'C1',
    text: 'there is a width for every layer, and one for the input',
    holds: (sizes, { activations }) =>
      Array.from({ length: activations.length + 1 }, (_, l) => sizes[`width${l}`]).every((width) => width >= 1),
  },
];

/** Widths of the input and of each layer, and the layers' activations. */
interface Network {
  readonly name: string;
  readonly batch: number;
  readonly widths: readonly number[];
  readonly activations: readonly LayerActivation[];
  readonly tiers?: CaseRecipe['tiers'];
  readonly values?: CaseRecipe['values'];
  readonly given?: CaseRecipe['given'];
}

export function sizesOf({ batch, widths }: Pick<Network, 'batch' | 'widths'>): Sizes {
  return { batch, ...Object.fromEntries(widths.map((width, l) => [`width${l}`, width])) };
}

/** Even integers: with odd biases no net is 0, where ReLU has no derivative. */
const even: Values = { kind: 'computed', draw: (random, shape) => integers(shape, () => 2 * random.integer(-3, 3)) };
const odd: Values = { kind: 'computed', draw: (random, shape) => integers(shape, () => 2 * random.integer(-3, 2) + 1) };
const smallIntegers: Values = { kind: 'computed', draw: (random, shape) => integers(shape, () => random.integer(-4, 4)) };
function integers(shape: readonly number[], draw: () => number): Float64Array {
  return new Float64Array(shape.reduce((product, size) => product * size, 1)).map(draw);
}
export const integerLayers = (depth: number): CaseRecipe['values'] => ({
  x: smallIntegers,
  target: smallIntegers,
  ...Object.fromEntries(
    Array.from({ length: depth }, (_, l) => [
      [`weights${l + 1}`, even],
      [`bias${l + 1}`, odd],
    ]).flat(),
  ),
});
/** Nets of some hundreds: sigmoid and tanh within rounding of their limits, with vanishing derivatives. */
const saturating: CaseRecipe['values'] = { weights1: { kind: 'uniform', low: -60, high: 60 } };

const networks: readonly Network[] = [
  { name: 'plain', batch: 5, widths: [4, 3, 2], activations: ['tanh', 'sigmoid'] },
  { name: 'one-layer', batch: 3, widths: [5, 4], activations: ['sigmoid'] },
  { name: 'identity', batch: 3, widths: [5, 4, 2], activations: ['identity', 'identity'] },
  { name: 'relu', batch: 4, widths: [3, 7, 2], activations: ['relu', 'identity'] },
  { name: 'softplus', batch: 3, widths: [4, 5, 2], activations: ['softplus', 'sigmoid'] },
  {
    name: 'every-activation',
    batch: 2,
    widths: [3, 4, 5, 6, 4, 3],
    activations: ['relu', 'tanh', 'softplus', 'sigmoid', 'identity'],
  },
  { name: 'deep', batch: 3, widths: [4, 5, 4, 6, 5, 3, 4, 2], activations: Array(7).fill('tanh') },
  { name: 'wide', batch: 6, widths: [11, 40, 3], activations: ['tanh', 'identity'] },
  { name: 'saturated', batch: 4, widths: [3, 5, 2], activations: ['sigmoid', 'tanh'], values: saturating },
  { name: 'batch-1', batch: 1, widths: [3, 4, 2], activations: ['sigmoid', 'tanh'] },
  { name: 'widths-1', batch: 4, widths: [1, 1, 1], activations: ['tanh', 'sigmoid'] },
  {
    // Kim's example: Θ₁ as the computation has it (Row R8), no biases.
    name: 'kim-example',
    batch: 1,
    widths: [2, 3, 1],
    activations: ['sigmoid', 'sigmoid'],
    given: {
      x: [1, -0.5],
      target: [1],
      weights1: [1.2, -0.3, 2.1, -0.7, -1.5, 0.3],
      bias1: [0, 0, 0],
      weights2: [-0.2, 0.5, 1.3],
      bias2: [0],
    },
  },
  {
    name: 'half-adder',
    batch: 4,
    widths: [2, 3, 2],
    activations: ['sigmoid', 'sigmoid'],
    given: { x: [0, 0, 0, 1, 1, 0, 1, 1], target: [0, 0, 0, 1, 0, 1, 1, 0] },
  },
  {
    name: 'integers',
    batch: 3,
    widths: [4, 5, 2],
    activations: ['identity', 'identity'],
    tiers: ['exact'],
    values: integerLayers(2),
  },
  {
    name: 'integers-relu',
    batch: 3,
    widths: [4, 5, 2],
    activations: ['relu', 'identity'],
    tiers: ['exact'],
    values: integerLayers(2),
  },
  {
    name: 'integers-relu-deep',
    batch: 2,
    widths: [3, 4, 5, 2],
    activations: ['relu', 'relu', 'relu'],
    tiers: ['exact'],
    values: integerLayers(3),
  },
];

/** A power of two in the exact tier and elsewhere a rate that no binary format holds; 1 in Kim's example, as printed. */
function learningRateOf({ name, tiers }: Network): number {
  if (name === 'kim-example') return 1;
  return tiers?.includes('exact') ? 0.25 : 0.1;
}

/** Recipes of an operation; only the inputs that it has are given values. */
function recipesFor<Own extends MlpAttributes>(
  own: (network: Network) => Own,
  hasTarget: boolean,
): {
  name: string;
  sizes: Sizes;
  attributes: Own;
  tiers?: CaseRecipe['tiers'];
  values?: CaseRecipe['values'];
  given?: CaseRecipe['given'];
}[] {
  const without = <Item>(items: Readonly<Record<string, Item>>) =>
    Object.fromEntries(Object.entries(items).filter(([name]) => hasTarget || name !== 'target'));
  return networks.map((network) => ({
    name: network.name,
    sizes: sizesOf(network),
    attributes: own(network),
    ...(network.tiers && { tiers: network.tiers }),
    ...(network.values && { values: without(network.values) }),
    ...(network.given && { given: without(network.given) }),
  }));
}

export const layerActivations: readonly LayerActivation[] = ['identity', 'sigmoid', 'tanh', 'relu', 'softplus'];
const drawNetwork = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    firstWidth: fc.integer({ min: 1, max: 4 }),
    layers: fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(...layerActivations)), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(({ batch, firstWidth, layers }) => ({
    sizes: sizesOf({ batch, widths: [firstWidth, ...layers.map(([width]) => width)] }),
    attributes: { activations: layers.map(([, activation]) => activation) },
  }));

const benchmarkNetwork: Network = { name: 'benchmark', batch: 32, widths: [128, 128, 32], activations: ['tanh', 'sigmoid'] };
/** Multiplications and additions of one product with each layer's weights. */
const productFlops = (sizes: Sizes, { activations }: MlpAttributes) =>
  activations.reduce((total, _, l) => total + 2 * sizes.batch * sizes[`width${l}`] * sizes[`width${l + 1}`], 0);

/** Outputs by name: loss, and dWeights1, dBias1, … or weights1, bias1, …. */
function numbered(
  lossValue: number,
  [weights, bias]: readonly [string, string],
  layers: readonly { readonly weights: Tensor; readonly bias: Tensor }[],
): { loss: Tensor } & Record<string, Tensor> {
  return {
    loss: scalar(lossValue),
    ...Object.fromEntries(
      layers.flatMap((layer, l) => [
        [`${weights}${l + 1}`, layer.weights],
        [`${bias}${l + 1}`, layer.bias],
      ]),
    ),
  };
}

/** weights − learningRate·gradient. */
export function stepped(layers: readonly Layer[], gradients: MlpGradients['gradients'], learningRate: number): Layer[] {
  const step = (from: Tensor, gradient: Tensor) => combine(from, gradient, (weight, slope) => weight - learningRate * slope);
  return layers.map((layer, l) => ({
    ...layer,
    weights: step(layer.weights, gradients[l].weights),
    bias: step(layer.bias, gradients[l].bias),
  }));
}

export interface GradientMistake {
  readonly name: string;
  readonly says: string;
  readonly erratum?: string;
  readonly change: (inputs: NamedTensors) => BackwardChange;
}

/** Mistakes in the gradients; a training step with such gradients makes them too. */
export const gradientMistakes: readonly GradientMistake[] = [
  {
    name: 'delta-times-weights',
    says: "δ·Θ for δ·h: the layer's old weights in place of its inputs",
    erratum: 'R9',
    change: () => ({
      weightGradient: ({ input, delta, weights, first }) =>
        first ? denseWeightGradient(input, delta) : deltaTimesWeights(delta, weights),
    }),
  },
  {
    name: 'derivative-of-another-unit',
    says: "oₖ(1 − o₁) for oₖ(1 − oₖ): another unit's output in the sigmoid's derivative",
    erratum: 'R18',
    change: () => ({ slope: slopeOfFirstUnit }),
  },
  {
    name: 'weight-times-input',
    says: "w·x for x: the weight left in the rectifier's derivative with respect to it",
    erratum: 'R4',
    change: () => ({
      weightGradient: ({ input, delta, weights, activation }) => {
        const right = denseWeightGradient(input, delta);
        return activation === 'relu' ? combine(right, weights, (slope, weight) => slope * weight) : right;
      },
    }),
  },
  {
    name: 'delta-of-the-sending-unit',
    says: 'δᵢ for δⱼ in the gradient of the weight from unit i to unit j',
    erratum: 'R26',
    change: () => ({ weightGradient: ({ input, delta }) => sendersDelta(input, delta) }),
  },
  {
    name: 'derivative-at-the-output',
    says: "f'(f(net)) for f'(net)",
    change: () => ({ slope: ({ output, activation }) => slopeOf(output, activation) }),
  },
  {
    name: 'output-derivative-missing',
    says: "y − t for (y − t)·f'(net) in the output layer",
    change: () => ({
      slope: ({ net, activation, last }) => (last ? map(net, () => 1) : slopeOf(net, activation)),
    }),
  },
  {
    name: 'hidden-derivative-missing',
    says: "the hidden layers' δ without f'(net)",
    change: () => ({
      slope: ({ net, activation, last }) => (last ? slopeOf(net, activation) : map(net, () => 1)),
    }),
  },
  {
    name: 'mean-over-the-batch',
    says: 'the mean over the batch for the sum',
    change: ({ x }) => ({ outputGradient: (y, target) => scaled(difference(y, target), 1 / x.shape[0]) }),
  },
  {
    name: 'not-summed-over-the-batch',
    says: "the last sample's gradients alone",
    change: () => ({ outputGradient: (y, target) => onlyLast(difference(y, target), 0) }),
  },
  {
    name: 'factor-two',
    says: 'the gradients of Σ(t − y)² without the ½',
    change: () => ({ outputGradient: (y, target) => scaled(difference(y, target), 2) }),
  },
  {
    name: 'wrong-sign',
    says: 'the gradients with the opposite sign: a step along them climbs',
    erratum: 'R17',
    change: () => ({ outputGradient: (y, target) => difference(target, y) }),
  },
  {
    name: 'weights-read-transposed-going-back',
    says: 'δ sent back through the weights read as [inputs, outputs]',
    change: () => ({ weightsBack: ({ weights }) => readAs(weights, [1, 0]) }),
  },
  {
    name: 'written-transposed',
    says: "the weights' gradients written as [inputs, outputs]",
    change: () => ({ weightGradient: ({ input, delta }) => readAs(denseWeightGradient(input, delta), [1, 0]) }),
  },
  {
    name: 'bias-gradient-missing',
    says: 'no gradient for the biases',
    change: () => ({ biasGradient: (delta) => scaled(denseBiasGradient(delta), 0) }),
  },
];

const tf32 = (layer: Layer) => ({ weights: rounded(layer.weights, precisions.tf32) });

const backwardMistake = ({ name, says, erratum, change }: GradientMistake): KnownMistake<'mlp.backward'> => ({
  name,
  says,
  ...(erratum && { erratum }),
  outputs: (inputs, attributes) => {
    const layers = layersOf(inputs, attributes);
    const { loss: right } = mlpBackward(inputs.x, inputs.target, layers);
    const gradients = backwardWith(inputs.x, inputs.target, layers, change(inputs));
    return numbered(right, ['dWeights', 'dBias'], gradients) as Outputs;
  },
});

const stepMistake = ({ name, says, erratum, change }: GradientMistake): KnownMistake<'mlp.trainStep'> => ({
  name,
  says: `the step with ${says}`,
  // The step that the document prints from R9's gradient is R10.
  ...(erratum && { erratum: erratum === 'R9' ? 'R10' : erratum }),
  outputs: (inputs, attributes) => {
    const layers = layersOf(inputs, attributes);
    const { loss: right } = mlpBackward(inputs.x, inputs.target, layers);
    const gradients = backwardWith(inputs.x, inputs.target, layers, change(inputs));
    return numbered(right, ['weights', 'bias'], stepped(layers, gradients, attributes.learningRate)) as StepOutputs;
  },
});

/** The right loss and gradients, then a wrong loss. */
const lossMistake = (
  name: string,
  says: string,
  factor: (y: Tensor) => number,
  erratum?: string,
): KnownMistake<'mlp.backward'> => ({
  name,
  says,
  ...(erratum && { erratum }),
  outputs: (inputs, attributes) => {
    const layers = layersOf(inputs, attributes);
    const { loss: right, gradients } = mlpBackward(inputs.x, inputs.target, layers);
    return numbered(right * factor(inputs.target), ['dWeights', 'dBias'], gradients) as Outputs;
  },
});

/** A right answer where a net is 0: ReLU has no derivative there (Row A5). */
export const otherReluSlope: BackwardChange = {
  slope: ({ net, activation }) => {
    const slope = slopeOf(net, activation);
    return activation === 'relu' ? combine(net, slope, (value, s) => (value === 0 ? 1 : s)) : slope;
  },
};
/** Tells whether a net of 0 leaves a choice of slopes. */
export const hasRelu = ({ activations }: { readonly activations: readonly string[] }): boolean => activations.includes('relu');
export const reluNames = ["ReLU'(0) = 0", "ReLU'(0) = 1"] as const;

function trainStepWith(
  { x, target, ...rest }: NamedTensors,
  attributes: TrainStepAttributes,
  change: (layers: readonly Layer[], gradients: MlpGradients['gradients']) => Layer[],
): StepOutputs {
  const layers = layersOf(rest, attributes);
  const { loss: right, gradients } = mlpBackward(x, target, layers);
  return numbered(right, ['weights', 'bias'], change(layers, gradients)) as StepOutputs;
}

export const mlpOperations: readonly AnyOperation[] = [
  defineOperation<'mlp.forward'>({
    name: 'mlp.forward',
    undefinedSpecialValues: twoLayerNetwork,
    title: 'Multilayer perceptron',
    topic,
    formula: 'h_l = f_l(W_l h_{l-1} + b_l), \\quad h_0 = x, \\quad y = h_L',
    rows: ['M1', 'M2'],
    source,
    attributes: { activations: 'one for each layer; their number is the depth' },
    inputs: forwardInputs,
    outputs: (attributes) => ({ y: { dimensions: ['batch', lastWidth(attributes)] } }),
    constraints: widthsStated,
    independent: (attributes) => ['batch', lastWidth(attributes)],
    reference: ({ x, ...rest }, attributes) => ({ y: mlpForward(x, layersOf(rest, attributes)).y }),
    bound: {
      errorClass: 'composed',
      formula:
        "\\Delta(WH) \\le \\Delta W(|H| + \\Delta H) + |W|\\Delta H + \\gamma_n \\sum (|W| + \\Delta W)(|H| + \\Delta H), \\quad \\Delta f(a) \\le \\Delta a \\sup |f'| + \\varepsilon_f",
      derivation:
        'Running error analysis, layer by layer: what reaches a layer is carried through its products and its activation, and each adds its own rounding, γₙ for a sum of n products and the limit of the activation itself. Integers through identity and ReLU that stay on their grid add nothing.',
      limits: ({ inputs, attributes, precision }) => mlpForwardLimits(inputs.x, layersOf(inputs, attributes), precision),
    },
    tiers: ['random'],
    cases: recipesFor(({ activations }) => ({ activations }), false),
    draw: drawNetwork,
    relations: [collapsesToDenseLayers],
    variants: mlpVariants('mlp.forward'),
    knownMistakes: [
      {
        name: 'last-activation-missing',
        says: "the output layer's net: its activation missing",
        outputs: (inputs, attributes) => ({
          y: forwardThrough(inputs.x, layersOf(inputs, attributes), (_, l) =>
            l === attributes.activations.length - 1 ? { activation: 'identity' } : {},
          ),
        }),
      },
      {
        name: 'hidden-activations-missing',
        says: 'the layers with no activation but the last',
        outputs: (inputs, attributes) => ({
          y: forwardThrough(inputs.x, layersOf(inputs, attributes), (_, l) =>
            l < attributes.activations.length - 1 ? { activation: 'identity' } : {},
          ),
        }),
      },
      {
        name: 'first-activation-for-all',
        says: "the first layer's activation in every layer",
        outputs: (inputs, attributes) => ({
          y: forwardThrough(inputs.x, layersOf(inputs, attributes), () => ({ activation: attributes.activations[0] })),
        }),
      },
      {
        name: 'activations-reversed',
        says: 'the activations from the last layer to the first',
        outputs: (inputs, attributes) => ({
          y: forwardThrough(inputs.x, layersOf(inputs, attributes), (_, l) => ({
            activation: attributes.activations.at(-1 - l),
          })),
        }),
      },
      {
        name: 'biases-missing',
        says: 'the layers without their biases',
        outputs: (inputs, attributes) => ({
          y: forwardThrough(inputs.x, layersOf(inputs, attributes), ({ bias }) => ({ bias: scaled(bias, 0) })),
        }),
      },
      {
        name: 'biases-subtracted',
        says: 'w·x − b in every layer: the biases taken for thresholds',
        erratum: 'R12',
        outputs: (inputs, attributes) => ({
          y: forwardThrough(inputs.x, layersOf(inputs, attributes), ({ bias }) => ({ bias: scaled(bias, -1) })),
        }),
      },
      {
        name: 'weights-read-transposed',
        says: 'the weights read as [inputs, outputs]',
        outputs: (inputs, attributes) => ({
          y: forwardThrough(inputs.x, layersOf(inputs, attributes), ({ weights }) => ({ weights: readAs(weights, [1, 0]) })),
        }),
      },
      {
        name: 'minus-sign-lost',
        says: "the first layer with its last row's first weight without the minus sign",
        erratum: 'R8',
        outputs: (inputs, attributes) => ({
          y: forwardThrough(inputs.x, layersOf(inputs, attributes), ({ weights }, l) => {
            const [units, width] = weights.shape;
            const at = (units - 1) * width;
            return l === 0 ? { weights: { ...weights, data: weights.data.map((w, i) => (i === at ? Math.abs(w) : w)) } } : {};
          }),
        }),
      },
      {
        name: 'tf32-inside',
        says: 'the layers with weights rounded to the 11 significant bits of TF32',
        outputs: (inputs, attributes) => ({ y: forwardThrough(inputs.x, layersOf(inputs, attributes), tf32) }),
      },
    ],
    benchmark: {
      name: 'benchmark',
      sizes: sizesOf(benchmarkNetwork),
      attributes: { activations: benchmarkNetwork.activations },
    },
    flops: productFlops,
  }),

  defineOperation<'mlp.backward'>({
    name: 'mlp.backward',
    undefinedSpecialValues: { ...twoLayerNetwork, 'largest-in-target': intermediate },
    title: 'Back-propagation',
    topic,
    formula:
      "\\delta_L = (y - t) f_L'(\\mathrm{net}_L), \\quad \\delta_{l-1} = f_{l-1}'(\\mathrm{net}_{l-1})\\, W_l^\\top \\delta_l, \\quad \\frac{\\partial E}{\\partial W_l} = \\delta_l h_{l-1}^\\top, \\quad \\frac{\\partial E}{\\partial b_l} = \\delta_l",
    rows: ['M3', 'M4', 'R9', 'R11', 'R18'],
    source,
    attributes: { activations: 'one for each layer; their number is the depth' },
    inputs: trainingInputs,
    outputs: (attributes) => ({
      loss,
      ...layerSpecifications(attributes, ['dWeights', 'dBias'], (dimensions): OutputSpecification => ({ dimensions })),
    }),
    constraints: widthsStated,
    reference: ({ x, target, ...rest }, attributes) => {
      const { loss: value, gradients } = mlpBackward(x, target, layersOf(rest, attributes));
      return numbered(value, ['dWeights', 'dBias'], gradients) as Outputs;
    },
    bound: {
      errorClass: 'composed',
      formula:
        "\\Delta(WH) \\le \\Delta W(|H| + \\Delta H) + |W|\\Delta H + \\gamma_n \\sum (|W| + \\Delta W)(|H| + \\Delta H), \\quad \\Delta f(a) \\le \\Delta a \\sup |f'| + \\varepsilon_f",
      derivation:
        'Running error analysis, forward and back: δ is a product of enclosed factors, and so are the gradients; f′ is off by Δnet·(|f″| + Δnet·sup|f‴|) and by the limit of the derivative itself. Where rounding may carry a net across the kink of ReLU, either slope is right.',
      limits: ({ inputs, attributes, expected, precision }) =>
        mlpBackwardLimits(inputs.x, inputs.target, layersOf(inputs, attributes), expected, precision),
    },
    hasChoice: hasRelu,
    alternatives: [
      {
        name: reluNames[0],
        outputs: (inputs, attributes) => {
          const { loss: value, gradients } = mlpBackward(inputs.x, inputs.target, layersOf(inputs, attributes));
          return numbered(value, ['dWeights', 'dBias'], gradients) as Outputs;
        },
      },
      {
        name: reluNames[1],
        outputs: (inputs, attributes) => {
          const layers = layersOf(inputs, attributes);
          const { loss: value } = mlpBackward(inputs.x, inputs.target, layers);
          const gradients = backwardWith(inputs.x, inputs.target, layers, otherReluSlope);
          return numbered(value, ['dWeights', 'dBias'], gradients) as Outputs;
        },
      },
    ],
    tiers: ['random'],
    cases: recipesFor(({ activations }) => ({ activations }), true),
    draw: drawNetwork,
    relations: [sameBits],
    variants: mlpVariants('mlp.backward'),
    knownMistakes: [
      ...gradientMistakes.map(backwardMistake),
      lossMistake('loss-without-the-half', 'Σ(t − y)² for the loss', () => 2),
      {
        name: 'loss-of-the-rounded-output',
        says: 'the loss of outputs rounded to two decimals',
        erratum: 'R11',
        outputs: (inputs, attributes) => {
          const layers = layersOf(inputs, attributes);
          const { gradients } = mlpBackward(inputs.x, inputs.target, layers);
          const y = map(mlpForward(inputs.x, layers).y, (value) => Math.round(100 * value) / 100);
          return numbered(squaredError(y, inputs.target), ['dWeights', 'dBias'], gradients) as Outputs;
        },
      },
      lossMistake('loss-averaged', 'the mean ½(t − y)² for the sum', ({ data }) => 1 / data.length, 'R15'),
    ],
    benchmark: {
      name: 'benchmark',
      sizes: sizesOf(benchmarkNetwork),
      attributes: { activations: benchmarkNetwork.activations },
    },
    flops: (sizes, attributes) => 3 * productFlops(sizes, attributes) - 2 * sizes.batch * sizes.width0 * sizes.width1,
  }),

  defineOperation<'mlp.trainStep'>({
    name: 'mlp.trainStep',
    undefinedSpecialValues: { ...twoLayerNetwork, 'largest-in-target': intermediate },
    title: 'One step of gradient descent',
    topic,
    formula:
      'W_l \\leftarrow W_l - \\eta \\frac{\\partial E}{\\partial W_l}, \\quad b_l \\leftarrow b_l - \\eta \\frac{\\partial E}{\\partial b_l}',
    rows: ['M4', 'R10', 'R17'],
    source,
    attributes: { activations: 'one for each layer; their number is the depth', learningRate: 'η' },
    inputs: trainingInputs,
    outputs: (attributes) => ({
      loss,
      ...layerSpecifications(attributes, ['weights', 'bias'], (dimensions): OutputSpecification => ({ dimensions })),
    }),
    constraints: [
      ...widthsStated,
      { id: 'C2', text: 'learningRate is a positive number', holds: (_, { learningRate }) => (learningRate as number) > 0 },
    ],
    reference: ({ x, target, ...rest }, attributes) => {
      const { loss: value, layers } = mlpTrainStep(x, target, layersOf(rest, attributes), attributes.learningRate);
      return numbered(value, ['weights', 'bias'], layers) as StepOutputs;
    },
    bound: {
      errorClass: 'composed',
      formula:
        "\\Delta(WH) \\le \\Delta W(|H| + \\Delta H) + |W|\\Delta H + \\gamma_n \\sum (|W| + \\Delta W)(|H| + \\Delta H), \\quad \\Delta f(a) \\le \\Delta a \\sup |f'| + \\varepsilon_f",
      derivation:
        'The limits of back-propagation, times the learning rate, which rounds once, as do the product with it (neither where it is a power of two) and the difference.',
      limits: ({ inputs, attributes, expected, precision }) =>
        mlpTrainStepLimits(inputs.x, inputs.target, layersOf(inputs, attributes), attributes.learningRate, expected, precision),
    },
    hasChoice: hasRelu,
    alternatives: [
      {
        name: reluNames[0],
        outputs: (inputs, attributes) =>
          trainStepWith(inputs, attributes, (layers, gradients) => stepped(layers, gradients, attributes.learningRate)),
      },
      {
        name: reluNames[1],
        outputs: (inputs, attributes) =>
          trainStepWith(inputs, attributes, (layers) =>
            stepped(layers, backwardWith(inputs.x, inputs.target, layers, otherReluSlope), attributes.learningRate),
          ),
      },
    ],
    tiers: ['random'],
    cases: recipesFor((network) => ({ activations: network.activations, learningRate: learningRateOf(network) }), true),
    draw: fc
      .tuple(drawNetwork, fc.constantFrom(1, 0.5, 0.1, 0.01))
      .map(([{ sizes, attributes }, learningRate]) => ({ sizes, attributes: { ...attributes, learningRate } })),
    variants: mlpVariants('mlp.trainStep'),
    knownMistakes: [
      // Without a gradient the biases are not updated, which is below under its own name.
      ...gradientMistakes.filter(({ name }) => name !== 'bias-gradient-missing').map(stepMistake),
      {
        name: 'weights-updated-before-use',
        says: 'the step with δ sent back through weights that have already been updated',
        erratum: 'R27',
        outputs: (inputs, attributes) =>
          trainStepWith(inputs, attributes, (layers) => {
            const weightsBack: BackwardChange['weightsBack'] = ({ weights }, gradient) =>
              combine(weights, gradient, (weight, slope) => weight - attributes.learningRate * slope);
            return stepped(layers, backwardWith(inputs.x, inputs.target, layers, { weightsBack }), attributes.learningRate);
          }),
      },
      {
        name: 'loss-after-the-step',
        says: 'the loss of the new weights',
        outputs: (inputs, attributes) => {
          const { layers } = mlpTrainStep(inputs.x, inputs.target, layersOf(inputs, attributes), attributes.learningRate);
          return numbered(mlpBackward(inputs.x, inputs.target, layers).loss, ['weights', 'bias'], layers) as StepOutputs;
        },
      },
      {
        name: 'learning-rate-missing',
        says: 'a step of the whole gradient, without the learning rate',
        outputs: (inputs, attributes) =>
          trainStepWith(inputs, attributes, (layers, gradients) => stepped(layers, gradients, 1)),
      },
      {
        name: 'biases-not-updated',
        says: 'the step with the biases as they were',
        outputs: (inputs, attributes) =>
          trainStepWith(inputs, attributes, (layers, gradients) =>
            stepped(layers, gradients, attributes.learningRate).map((layer, l) => ({ ...layer, bias: layers[l].bias })),
          ),
      },
      {
        name: 'last-layer-alone',
        says: 'the step of the last layer alone',
        outputs: (inputs, attributes) =>
          trainStepWith(inputs, attributes, (layers, gradients) =>
            stepped(layers, gradients, attributes.learningRate).map((layer, l) => (l < layers.length - 1 ? layers[l] : layer)),
          ),
      },
      {
        name: 'gradients-returned',
        says: 'the gradients in place of the weights',
        outputs: (inputs, attributes) =>
          trainStepWith(inputs, attributes, (layers, gradients) => layers.map((layer, l) => ({ ...layer, ...gradients[l] }))),
      },
    ],
    benchmark: {
      name: 'benchmark',
      sizes: sizesOf(benchmarkNetwork),
      attributes: { activations: benchmarkNetwork.activations, learningRate: 0.1 },
    },
    flops: (sizes, attributes) => 3 * productFlops(sizes, attributes) - 2 * sizes.batch * sizes.width0 * sizes.width1,
  }),
];
