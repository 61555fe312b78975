/** A whole small convolutional network: forward, all gradients, and one step of training (Row C8). */
import fc from 'fast-check';
import type {
  ConvolutionAttributes,
  ConvolutionalNetworkAttributes,
  InputsOf,
  OutputsOf,
  PoolingAttributes,
} from '../../../backends/signatures.ts';
import {
  type ConvolutionalNetwork,
  convolutionalBackward,
  convolutionalForward,
  convolutionalTrainStep,
} from '../../../reference/convolutionalNetwork.ts';
import { combine, scalar, type Tensor } from '../../../reference/tensor.ts';
import { type Enclosed, limitOf } from '../../judging/bounds/enclosure.ts';
import type {
  AnyOperation,
  BoundContext,
  CaseRecipe,
  Constraint,
  InputSpecification,
  OutputBound,
  Sizes,
  Values,
} from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { rounded } from '../../judging/tensorChanges.ts';
import { defineOperation } from '../define.ts';
import { convolutional } from '../shared/undefinedSpecialValues.ts';
import { paddingWithin, windowPositions } from '../shared/windows.ts';
import { type EnclosedGradients, encloseForward, encloseGradients, encloseLoss, encloseStep } from './bound.ts';
import { backwardWith, forwardMistakes, forwardWith, gradientMistakes } from './mistakes.ts';

type Forward = 'convolutionalNetwork.forward';
type Backward = 'convolutionalNetwork.backward';
type TrainStep = 'convolutionalNetwork.trainStep';

const topic = 'Convolution';
const source = 'reference/convolutionalNetwork.ts';

/** As a network has them that is about to be trained: nets and logits of some ones, so that the limits stay small beside them. */
const unit: Values = { kind: 'uniform', low: -1, high: 1 };
const half: Values = { kind: 'uniform', low: -0.5, high: 0.5 };
const strong: Values = { kind: 'uniform', low: -4, high: 4 };

interface Geometry {
  readonly name: string;
  readonly sizes: Sizes;
  readonly attributes: ConvolutionalNetworkAttributes;
  readonly values?: CaseRecipe['values'];
}
function geometry(
  name: string,
  [batch, inputChannels, height, width]: readonly [number, number, number, number],
  [maps, kernelHeight, kernelWidth]: readonly [number, number, number],
  classes: number,
  convolution: Partial<ConvolutionAttributes> = {},
  pooling: Partial<PoolingAttributes> = {},
  values?: CaseRecipe['values'],
): Geometry {
  const window = pooling.window ?? [2, 2];
  return {
    name,
    sizes: { batch, inputChannels, height, width, maps, kernelHeight, kernelWidth, classes },
    attributes: {
      convolution: { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1, ...convolution },
      pooling: { window, stride: window, padding: [0, 0, 0, 0], ...pooling },
    },
    ...(values && { values }),
  };
}

const oneFarAbove: Values = {
  kind: 'computed',
  draw: (random, [classes]) => Float64Array.from({ length: classes }, (_, c) => (c === 1 ? -2000 : -4000) + random.next()),
};
const secondClass: Values = {
  kind: 'computed',
  draw: (_, [batch, classes]) => Float64Array.from({ length: batch * classes }, (_, i) => (i % classes === 1 ? 1 : 0)),
};
const geometries: readonly Geometry[] = [
  geometry('plain', [3, 2, 7, 9], [4, 2, 4], 5),
  // The document's: 5 × 5 kernels, 2 × 2 subsampling, several maps, as for the digits of 8 × 8.
  geometry('digits', [4, 1, 8, 8], [3, 5, 5], 10, { padding: [2, 2, 2, 2] }),
  geometry('strided', [2, 3, 9, 8], [5, 3, 2], 4, { stride: [2, 1], padding: [1, 0, 0, 1] }),
  geometry('pooling-overlaps', [2, 2, 6, 8], [3, 2, 3], 4, {}, { window: [3, 2], stride: [1, 2] }),
  geometry('pooling-padded', [3, 1, 5, 6], [4, 2, 2], 3, {}, { window: [2, 3], stride: [2, 2], padding: [1, 0, 0, 2] }),
  geometry('rows-left-over', [2, 2, 6, 10], [3, 2, 2], 6),
  geometry('groups-and-dilation', [2, 4, 8, 7], [6, 2, 3], 3, { groups: 2, dilation: [2, 1] }),
  geometry('no-pooling', [2, 2, 4, 5], [3, 2, 3], 4, {}, { window: [1, 1] }),
  geometry('batch-1', [1, 3, 6, 7], [2, 3, 2], 5),
  // Logits far below 0, one 2,000 above the others: without the maximum of the row subtracted, exponentials overflow even in float64.
  geometry('far-logits', [3, 2, 5, 6], [3, 2, 3], 4, {}, {}, { bias: oneFarAbove, target: secondClass }),
  geometry('confident', [4, 2, 6, 5], [3, 3, 2], 4, {}, {}, { weights: strong, bias: strong }),
];

function recipesFor<Own extends object>(
  own: Own,
): {
  name: string;
  sizes: Sizes;
  attributes: ConvolutionalNetworkAttributes & Own;
  values?: CaseRecipe['values'];
}[] {
  return geometries.map(({ attributes, ...rest }) => ({ ...rest, attributes: { ...attributes, ...own } }));
}

/** Rows and columns of the feature maps before and after pooling. */
function mapSizes(
  { height, width, kernelHeight, kernelWidth }: Sizes,
  { convolution, pooling }: ConvolutionalNetworkAttributes,
) {
  const net = windowPositions([height, width], [kernelHeight, kernelWidth], convolution);
  return { net, pooled: windowPositions(net, pooling.window, pooling) };
}
function derivedSizes(sizes: Sizes, attributes: ConvolutionalNetworkAttributes): Sizes {
  const { net, pooled } = mapSizes(sizes, attributes);
  return {
    inputChannelsPerGroup: sizes.inputChannels / attributes.convolution.groups,
    netHeight: net[0],
    netWidth: net[1],
    features: sizes.maps * pooled[0] * pooled[1],
  };
}

const constraints: readonly Constraint<ConvolutionalNetworkAttributes>[] = [
  {
    id: 'C1',
    text: 'groups divides inputChannels and maps',
    holds: ({ inputChannels, maps }, a) => [inputChannels, maps].every((size) => size % a.convolution.groups === 0),
  },
  {
    id: 'C2',
    text: 'the dilated kernel fits into the padded image',
    holds: (sizes, a) => mapSizes(sizes, a).net.every((size) => size >= 1),
  },
  {
    id: 'C3',
    text: 'the window fits into the padded feature map',
    holds: (sizes, a) => mapSizes(sizes, a).pooled.every((size) => size >= 1),
  },
  {
    id: 'C4',
    text: "the pooling's padding is less than its window",
    holds: (_, a) => a.pooling.padding.every((value, side) => value >= 0 && value < a.pooling.window[side % 2]),
  },
];

const attributeTexts = {
  convolution: 'stride, padding, dilation and groups of the convolution',
  pooling: 'window, stride and padding of the max pooling',
};

const parameters: Readonly<Record<keyof ConvolutionalNetwork, InputSpecification>> = {
  kernels: { dimensions: ['maps', 'inputChannelsPerGroup', 'kernelHeight', 'kernelWidth'], values: half },
  kernelBias: { dimensions: ['maps'], values: unit },
  weights: {
    dimensions: ['classes', 'features'],
    values: half,
    description: 'features in the order maps, rows, columns',
  },
  bias: { dimensions: ['classes'], values: unit },
};
const x: InputSpecification = { dimensions: ['batch', 'inputChannels', 'height', 'width'], values: unit };
const target: InputSpecification = { dimensions: ['batch', 'classes'], values: { kind: 'oneHot' } };
const loss = { dimensions: [], description: '−Σ target·ln(probability)' };

const upTo = (max: number) => fc.integer({ min: 1, max });
const drawGeometry = fc
  .record({
    batch: upTo(2),
    groups: upTo(2),
    channels: upTo(2),
    mapsPerGroup: upTo(2),
    kernel: fc.tuple(upTo(3), upTo(3)),
    stride: fc.tuple(upTo(2), upTo(2)),
    window: fc.tuple(upTo(2), upTo(3)),
    poolingStride: fc.tuple(upTo(2), upTo(2)),
    beyond: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
    padding: fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 1 }), fc.nat({ max: 1 }), fc.nat({ max: 1 })),
    classes: upTo(4),
  })
  .map(({ batch, groups, channels, mapsPerGroup, kernel, stride, window, poolingStride, beyond, padding, classes }) => {
    const own = paddingWithin(padding, kernel);
    // As many rows as the window needs, and a few more.
    const [height, width] = kernel.map((size, axis) =>
      Math.max(1, (window[axis] - 1) * stride[axis] + size - own[axis] - own[axis + 2] + beyond[axis]),
    );
    const attributes: ConvolutionalNetworkAttributes = {
      convolution: { stride, padding: own, dilation: [1, 1], groups },
      pooling: { window, stride: poolingStride, padding: [0, 0, 0, 0] },
    };
    const sizes: Sizes = {
      batch,
      inputChannels: groups * channels,
      height,
      width,
      maps: groups * mapsPerGroup,
      kernelHeight: kernel[0],
      kernelWidth: kernel[1],
      classes,
    };
    return { sizes, attributes };
  });

const networkOf = ({ kernels, kernelBias, weights, bias }: ConvolutionalNetwork): ConvolutionalNetwork => ({
  kernels,
  kernelBias,
  weights,
  bias,
});

/** Gradients under their names as outputs. */
function named(value: number, { kernels, kernelBias, weights, bias }: ConvolutionalNetwork): OutputsOf<Backward> {
  return { loss: scalar(value), dKernels: kernels, dKernelBias: kernelBias, dWeights: weights, dBias: bias };
}
/** Weights − learningRate·gradients. */
function stepped(from: ConvolutionalNetwork, gradients: ConvolutionalNetwork, learningRate: number): ConvolutionalNetwork {
  const step = (name: keyof ConvolutionalNetwork): Tensor =>
    combine(from[name], gradients[name], (w, g) => w - learningRate * g);
  return { kernels: step('kernels'), kernelBias: step('kernelBias'), weights: step('weights'), bias: step('bias') };
}

/** Loss and gradients with what they may be off by. */
function enclose({ inputs, attributes, precision }: Pick<BoundContext<Backward>, 'inputs' | 'attributes' | 'precision'>): {
  loss: Enclosed;
  gradients: EnclosedGradients;
} {
  const network = networkOf(inputs);
  const forward = encloseForward(inputs.x, network, attributes, precision);
  return {
    loss: encloseLoss(forward, inputs.target, precision),
    gradients: encloseGradients(forward, inputs.target, network, attributes, precision),
  };
}

const boundFormula =
  '\\Delta(a \\star b) \\le \\Delta a (|b| + \\Delta b) + |a| \\Delta b + \\gamma_n \\sum (|a| + \\Delta a)(|b| + \\Delta b), \\quad \\Delta p \\le p\\,(e^{2 \\Delta z} - 1) + \\varepsilon_{\\mathrm{softmax}}';
const forwardDerivation =
  "Running error analysis, stage by stage: convolution and dense layer as sums of products, a maximum off by no more than its window's elements, softmax as e^z/Σe^z or as e^{z − ln Σe^z}.";
const backwardDerivation = `${forwardDerivation} Back: probability − target, or the two slopes apart; where rounding may make another element the largest of its window, the gradient may go to either, and where it may carry a net across 0, either slope of the rectifier is right.`;

const forwardFlops = ({
  batch,
  maps,
  features,
  netHeight,
  netWidth,
  inputChannelsPerGroup,
  kernelHeight,
  kernelWidth,
  classes,
}: Sizes) =>
  2 * batch * (maps * netHeight * netWidth * inputChannelsPerGroup * kernelHeight * kernelWidth + features * classes);
const benchmarkGeometry = geometry('benchmark', [16, 1, 8, 8], [8, 5, 5], 10, { padding: [2, 2, 2, 2] });

export const convolutionalNetworkOperations: readonly AnyOperation[] = [
  defineOperation<Forward>({
    name: 'convolutionalNetwork.forward',
    undefinedSpecialValues: convolutional,
    title: 'Small convolutional network',
    topic,
    formula: 'p = \\mathrm{softmax}\\left(W\\, \\mathrm{maxpool}(\\max(0, x \\star K + b_K)) + b\\right)',
    rows: ['C8'],
    source,
    attributes: attributeTexts,
    inputs: () => ({ x, ...parameters }),
    outputs: () => ({ probabilities: { dimensions: ['batch', 'classes'] } }),
    derivedSizes,
    constraints,
    independent: ['batch'],
    reference: ({ x: images, ...network }, attributes) => ({
      probabilities: convolutionalForward(images, network, attributes).probabilities,
    }),
    bound: {
      errorClass: 'composed',
      formula: boundFormula,
      derivation: forwardDerivation,
      limits: ({ inputs: { x: images, ...network }, attributes, expected, precision }) => ({
        probabilities: limitOf(encloseForward(images, network, attributes, precision).probabilities, expected.probabilities),
      }),
    },
    tiers: ['random'],
    cases: recipesFor({}),
    draw: drawGeometry,
    variants: [],
    knownMistakes: [
      ...forwardMistakes.map(({ name, says, change }) => ({
        name,
        says,
        outputs: (inputs: InputsOf<Forward>, attributes: ConvolutionalNetworkAttributes) => ({
          probabilities: forwardWith(inputs, attributes, change(attributes)).probabilities,
        }),
      })),
      {
        name: 'tf32-inside',
        says: 'the network with images and kernels rounded to the 11 significant bits of TF32',
        outputs: ({ x: images, kernels, ...rest }, attributes) => {
          const { tf32 } = precisions;
          const coarse = { x: rounded(images, tf32), kernels: rounded(kernels, tf32), ...rest };
          return { probabilities: forwardWith(coarse, attributes).probabilities };
        },
      },
    ],
    benchmark: benchmarkGeometry,
    flops: forwardFlops,
  }),

  defineOperation<Backward>({
    name: 'convolutionalNetwork.backward',
    undefinedSpecialValues: convolutional,
    title: 'Small convolutional network, gradients',
    topic,
    formula:
      "\\delta = p - t, \\quad \\frac{\\partial E}{\\partial W} = \\delta^\\top h, \\quad \\delta_{\\mathrm{net}} = \\mathrm{maxpool}'(\\delta W)\\, [\\mathrm{net} > 0], \\quad \\frac{\\partial E}{\\partial K} = x \\star \\delta_{\\mathrm{net}}",
    rows: ['C8', 'C2', 'R6'],
    source,
    attributes: attributeTexts,
    inputs: () => ({ x, target, ...parameters }),
    outputs: () => ({
      loss,
      dKernels: { dimensions: parameters.kernels.dimensions },
      dKernelBias: { dimensions: parameters.kernelBias.dimensions },
      dWeights: { dimensions: parameters.weights.dimensions },
      dBias: { dimensions: parameters.bias.dimensions },
    }),
    derivedSizes,
    constraints,
    reference: ({ x: images, target: wanted, ...network }, attributes) => {
      const { loss: value, gradients } = convolutionalBackward(images, wanted, network, attributes);
      return named(value, gradients);
    },
    bound: {
      errorClass: 'composed',
      formula: boundFormula,
      derivation: backwardDerivation,
      limits: (context) => {
        const { expected } = context;
        const { loss: value, gradients } = enclose(context);
        return {
          loss: limitOf(value, expected.loss),
          dKernels: limitOf(gradients.kernels, expected.dKernels),
          dKernelBias: limitOf(gradients.kernelBias, expected.dKernelBias),
          dWeights: limitOf(gradients.weights, expected.dWeights),
          dBias: limitOf(gradients.bias, expected.dBias),
        };
      },
    },
    tiers: ['random'],
    cases: recipesFor({}),
    draw: drawGeometry,
    variants: [],
    knownMistakes: [
      ...gradientMistakes.map(({ name, says, erratum, change }) => ({
        name,
        says,
        ...(erratum && { erratum }),
        outputs: (inputs: InputsOf<Backward>, attributes: ConvolutionalNetworkAttributes) => {
          const { loss: value, gradients } = backwardWith(inputs, attributes, change(inputs, attributes));
          return named(value, gradients);
        },
      })),
      {
        name: 'loss-averaged',
        says: 'the mean over the batch for the loss',
        outputs: (inputs, attributes) => {
          const { loss: value, gradients } = backwardWith(inputs, attributes);
          return named(value / inputs.x.shape[0], gradients);
        },
      },
    ],
  }),

  defineOperation<TrainStep>({
    name: 'convolutionalNetwork.trainStep',
    undefinedSpecialValues: convolutional,
    title: 'Small convolutional network, one step of gradient descent',
    topic,
    formula: '(K, b_K, W, b) \\leftarrow (K, b_K, W, b) - \\eta \\nabla E, \\quad E = -\\sum t \\ln p',
    rows: ['C8'],
    source,
    attributes: { ...attributeTexts, learningRate: 'η' },
    inputs: () => ({ x, target, ...parameters }),
    outputs: () => ({
      loss,
      kernels: { dimensions: parameters.kernels.dimensions },
      kernelBias: { dimensions: parameters.kernelBias.dimensions },
      weights: { dimensions: parameters.weights.dimensions },
      bias: { dimensions: parameters.bias.dimensions },
    }),
    derivedSizes,
    constraints: [
      ...constraints,
      { id: 'C5', text: 'learningRate is a positive number', holds: (_, { learningRate }) => (learningRate as number) > 0 },
    ],
    reference: ({ x: images, target: wanted, ...network }, { learningRate, ...attributes }) => {
      const step = convolutionalTrainStep(images, wanted, network, attributes, learningRate);
      return { loss: scalar(step.loss), ...step.network };
    },
    bound: {
      errorClass: 'composed',
      formula: boundFormula,
      derivation: `${backwardDerivation} The step: the learning rate, the product with it and the difference round once each.`,
      limits: ({ inputs, attributes, expected, precision }) => {
        const { loss: value, gradients } = enclose({ inputs, attributes, precision });
        const limitAfter = (name: keyof ConvolutionalNetwork): OutputBound =>
          limitOf(encloseStep(inputs[name], gradients[name], attributes.learningRate, precision), expected[name]);
        return {
          loss: limitOf(value, expected.loss),
          kernels: limitAfter('kernels'),
          kernelBias: limitAfter('kernelBias'),
          weights: limitAfter('weights'),
          bias: limitAfter('bias'),
        };
      },
    },
    tiers: ['random'],
    cases: recipesFor({ learningRate: 0.1 }),
    draw: fc
      .tuple(drawGeometry, fc.constantFrom(0.5, 0.1))
      .map(([{ sizes, attributes }, learningRate]) => ({ sizes, attributes: { ...attributes, learningRate } })),
    variants: [],
    knownMistakes: [
      ...gradientMistakes.map(({ name, says, erratum, change }) => ({
        name,
        says: `the step with ${says}`,
        ...(erratum && { erratum }),
        outputs: (inputs: InputsOf<TrainStep>, attributes: ConvolutionalNetworkAttributes & { learningRate: number }) => {
          const { loss: value, gradients } = backwardWith(inputs, attributes, change(inputs, attributes));
          return { loss: scalar(value), ...stepped(networkOf(inputs), gradients, attributes.learningRate) };
        },
      })),
      {
        name: 'weights-updated-before-use',
        says: 'the step with δ sent back through weights that have already been updated',
        outputs: (inputs, attributes) => {
          const { learningRate } = attributes;
          const weightsBack = (weights: Tensor, dWeights: Tensor) => combine(weights, dWeights, (w, g) => w - learningRate * g);
          const { loss: value, gradients } = backwardWith(inputs, attributes, { weightsBack });
          return { loss: scalar(value), ...stepped(networkOf(inputs), gradients, learningRate) };
        },
      },
      {
        name: 'kernels-not-trained',
        says: 'the step of the dense layer alone',
        outputs: (inputs, attributes) => {
          const { loss: value, gradients } = backwardWith(inputs, attributes);
          const after = stepped(networkOf(inputs), gradients, attributes.learningRate);
          return { loss: scalar(value), ...after, kernels: inputs.kernels, kernelBias: inputs.kernelBias };
        },
      },
      {
        name: 'loss-after-the-step',
        says: 'the loss of the new weights',
        outputs: ({ x: images, target: wanted, ...network }, attributes) => {
          const after = convolutionalTrainStep(images, wanted, network, attributes, attributes.learningRate).network;
          return { loss: scalar(convolutionalBackward(images, wanted, after, attributes).loss), ...after };
        },
      },
      {
        name: 'learning-rate-missing',
        says: 'a step of the whole gradient, without the learning rate',
        outputs: (inputs, attributes) => {
          const { loss: value, gradients } = backwardWith(inputs, attributes);
          return { loss: scalar(value), ...stepped(networkOf(inputs), gradients, 1) };
        },
      },
    ],
    benchmark: { ...benchmarkGeometry, attributes: { ...benchmarkGeometry.attributes, learningRate: 0.01 } },
    flops: (sizes) => 3 * forwardFlops(sizes) - 2 * sizes.batch * sizes.features * sizes.classes,
  }),
];
