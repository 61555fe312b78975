/** One step of layer-wise pre-training: supervised (Row M13) and as an autoencoder (Row M14). A stage is as many of them as it takes. */
import fc from 'fast-check';
import type { LayerActivation, NamedTensors, OutputsOf, TrainStepAttributes } from '../../../backends/signatures.ts';
import { type Layer, mlpBackward, mlpForward, mlpTrainStep } from '../../../reference/mlp.ts';
import { autoencoderStep, stageOf, supervisedStep } from '../../../reference/pretraining.ts';
import { combine, scalar, type Tensor } from '../../../reference/tensor.ts';
import type {
  AnyOperation,
  CaseRecipe,
  Constraint,
  KnownMistake,
  Operation,
  OutputSpecification,
  Sizes,
  Values,
} from '../../judging/operation.ts';
import { defineOperation } from '../define.ts';
import { pretrainingStepLimits } from '../mlp/bound.ts';
import {
  gradientMistakes,
  hasRelu,
  layerActivations,
  loss,
  otherReluSlope,
  reluNames,
  sizesOf,
  stepped,
  trainingInputs,
  widthsStated,
} from '../mlp/entries.ts';
import { type BackwardChange, backwardWith, layersOf } from '../mlp/mistakes.ts';
import { every, everyIn, hiddenLayer, infinities, intermediate, saturates } from '../shared/undefinedSpecialValues.ts';

type Name = 'pretraining.supervisedStep' | 'pretraining.autoencoderStep';
type Outputs = OutputsOf<Name>;

const topic = 'Multilayer perceptron';
const source = 'reference/pretraining.ts';
const attributes = {
  activations: 'of the layers below, of the trained layer and, last, of its output layer',
  learningRate: 'η',
};

/** What a stage trains on: its input, its target and its two layers, and how many layers are below. */
interface Stage {
  readonly input: Tensor;
  readonly target: Tensor;
  readonly top: readonly Layer[];
  readonly below: number;
}

function stageFrom(inputs: NamedTensors, given: TrainStepAttributes, change: Partial<Stage> = {}): Stage {
  const layers = layersOf(inputs, given);
  const { input, top } = stageOf(inputs.x, layers);
  const own = change.input ?? input;
  return { input: own, target: inputs.target ?? own, top, below: layers.length - 2, ...change };
}

/** loss and the two layers under their numbers. */
function numberedFrom(below: number, lossValue: number, layers: readonly Pick<Layer, 'weights' | 'bias'>[]): Outputs {
  const named = layers.flatMap((layer, l) => [
    [`weights${below + l + 1}`, layer.weights],
    [`bias${below + l + 1}`, layer.bias],
  ]);
  return { loss: scalar(lossValue), ...Object.fromEntries(named) } as Outputs;
}

/** The stage's step by back-propagation with a part of it changed. */
function stepWith({ input, target, top, below }: Stage, learningRate: number, change: BackwardChange = {}): Outputs {
  const { loss: right } = mlpBackward(input, target, top);
  return numberedFrom(below, right, stepped(top, backwardWith(input, target, top, change), learningRate));
}

function outputsOf({ activations }: TrainStepAttributes): Record<string, OutputSpecification> & { loss: OutputSpecification } {
  const depth = activations.length;
  return {
    loss,
    ...Object.fromEntries(
      [depth - 1, depth].flatMap((l) => [
        [`weights${l}`, { dimensions: [`width${l}`, `width${l - 1}`] }],
        [`bias${l}`, { dimensions: [`width${l}`] }],
      ]),
    ),
  };
}

/** Even weights and odd biases, so that no net is 0 where ReLU has no derivative; small, so that three layers forward and back stay below 2²⁴. */
const drawnFrom = (...choices: readonly number[]): Values => ({
  kind: 'computed',
  draw: (random, shape) =>
    new Float64Array(shape.reduce((product, size) => product * size, 1)).map(
      () => choices[random.integer(0, choices.length - 1)],
    ),
});
const [even, odd, small] = [drawnFrom(-2, 0, 2), drawnFrom(-1, 1), drawnFrom(-2, -1, 0, 1, 2)];
function integersFor(depth: number, autoencoder: boolean): CaseRecipe['values'] {
  const layers = Array.from({ length: depth }, (_, l) => [
    [`weights${l + 1}`, even],
    [`bias${l + 1}`, odd],
  ]).flat();
  return { x: small, ...(!autoencoder && { target: small }), ...Object.fromEntries(layers) };
}

interface Question {
  readonly name: string;
  readonly batch: number;
  readonly hidden: readonly number[];
  readonly outputs: number;
  readonly activations: readonly LayerActivation[];
  readonly exact?: boolean;
}
/** `hidden` are the widths of the input and of the hidden layers; the output layer is `outputs` wide, or as wide as its stage's input. */
const questions: readonly Question[] = [
  { name: 'first-stage', batch: 5, hidden: [4, 3], outputs: 2, activations: ['tanh', 'identity'] },
  { name: 'second-stage', batch: 4, hidden: [3, 6, 5], outputs: 2, activations: ['tanh', 'sigmoid', 'identity'] },
  { name: 'third-stage', batch: 3, hidden: [4, 5, 7, 6], outputs: 2, activations: ['sigmoid', 'tanh', 'softplus', 'sigmoid'] },
  { name: 'rectifiers', batch: 4, hidden: [3, 5, 6], outputs: 2, activations: ['relu', 'relu', 'identity'] },
  { name: 'equal-widths', batch: 3, hidden: [4, 4, 4], outputs: 4, activations: ['tanh', 'tanh', 'sigmoid'] },
  { name: 'batch-1', batch: 1, hidden: [3, 5, 4], outputs: 2, activations: ['tanh', 'sigmoid', 'tanh'] },
  { name: 'wide', batch: 6, hidden: [7, 30, 20], outputs: 3, activations: ['tanh', 'tanh', 'identity'] },
  { name: 'integers', batch: 3, hidden: [3, 4, 5], outputs: 2, activations: ['identity', 'identity', 'identity'], exact: true },
  { name: 'integers-relu', batch: 2, hidden: [4, 3], outputs: 2, activations: ['relu', 'identity'], exact: true },
];

/** Recipes; the autoencoder's output layer has the width of what it reconstructs, and no target is drawn for it. */
function recipesFor(autoencoder: boolean) {
  return questions.map(({ name, batch, hidden, outputs, activations, exact }) => {
    const widths = [...hidden, autoencoder ? hidden[hidden.length - 2] : outputs];
    return {
      name,
      sizes: sizesOf({ batch, widths }),
      // A power of two in the exact tier, and elsewhere a rate that no binary format holds.
      attributes: { activations, learningRate: exact ? 0.25 : 0.1 },
      ...(exact && { tiers: ['exact'] as const, values: integersFor(activations.length, autoencoder) }),
    };
  });
}

const drawStage = (autoencoder: boolean) =>
  fc
    .record({
      batch: fc.integer({ min: 1, max: 3 }),
      hidden: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }),
      outputs: fc.integer({ min: 1, max: 3 }),
      activations: fc.array(fc.constantFrom(...layerActivations), { minLength: 4, maxLength: 4 }),
      learningRate: fc.constantFrom(0.5, 0.1),
    })
    .map(({ batch, hidden, outputs, activations, learningRate }) => ({
      sizes: sizesOf({ batch, widths: [...hidden, autoencoder ? hidden[hidden.length - 2] : outputs] }),
      attributes: { activations: activations.slice(0, hidden.length), learningRate },
    }));

const stages: readonly Constraint<TrainStepAttributes>[] = [
  ...widthsStated,
  {
    id: 'C2',
    text: 'there are at least two layers: the one that is trained and its output layer',
    holds: (_, { activations }) => activations.length >= 2,
  },
  { id: 'C3', text: 'learningRate is a positive number', holds: (_, { learningRate }) => learningRate > 0 },
];
const reconstructs: Constraint<TrainStepAttributes> = {
  id: 'C4',
  text: "the output layer is as wide as the trained layer's input",
  holds: (sizes: Sizes, { activations }) => {
    const depth = activations.length;
    return sizes[`width${depth}`] === sizes[`width${depth - 2}`];
  },
};

type Mistake = Omit<KnownMistake<Name>, 'outputs'> & {
  readonly outputs: (inputs: NamedTensors, attributes: TrainStepAttributes) => Outputs;
};
const gradientNames = [
  'delta-times-weights',
  'derivative-at-the-output',
  'hidden-derivative-missing',
  'mean-over-the-batch',
  'not-summed-over-the-batch',
  'factor-two',
  'wrong-sign',
];
const unchanged = ({ weights, bias }: Layer) => ({ weights, bias });

/** Mistakes of both versions. */
const stepMistakes: readonly Mistake[] = [
  ...gradientMistakes
    .filter(({ name }) => gradientNames.includes(name))
    .map(({ name, says, erratum, change }) => ({
      name,
      says: `the step with ${says}`,
      ...(erratum && { erratum: erratum === 'R9' ? 'R10' : erratum }),
      outputs: (inputs: NamedTensors, given: TrainStepAttributes) =>
        stepWith(stageFrom(inputs, given), given.learningRate, change(inputs)),
    })),
  {
    name: 'trained-on-the-first-input',
    says: "the layer trained on the network's input in place of the output of the layers below",
    outputs: (inputs, given) => {
      const stage = stageFrom(inputs, given);
      // Only where the widths allow it.
      return stage.input.shape.join() === inputs.x.shape.join()
        ? stepWith(stageFrom(inputs, given, { input: inputs.x }), given.learningRate)
        : stepWith(stage, given.learningRate);
    },
  },
  {
    name: 'layers-below-without-activation',
    says: 'the layer trained on what the layers below give without their activations',
    outputs: (inputs, given) => {
      const below = layersOf(inputs, given)
        .slice(0, -2)
        .map((layer) => ({ ...layer, activation: 'identity' as const }));
      return stepWith(stageFrom(inputs, given, { input: mlpForward(inputs.x, below).y }), given.learningRate);
    },
  },
  {
    name: 'output-layer-not-trained',
    says: 'the step of the hidden layer alone, the output layer as it was',
    outputs: (inputs, given) => {
      const { input, target, top, below } = stageFrom(inputs, given);
      const { loss: value, layers } = mlpTrainStep(input, target, top, given.learningRate);
      return numberedFrom(below, value, [layers[0], unchanged(top[1])]);
    },
  },
  {
    name: 'hidden-layer-not-trained',
    says: 'the step of the output layer alone, the layer that should learn as it was',
    outputs: (inputs, given) => {
      const { input, target, top, below } = stageFrom(inputs, given);
      const { loss: value, layers } = mlpTrainStep(input, target, top, given.learningRate);
      return numberedFrom(below, value, [unchanged(top[0]), layers[1]]);
    },
  },
  {
    name: 'output-layer-updated-first',
    says: 'δ sent back through the output layer after its own step',
    outputs: (inputs, given) =>
      stepWith(stageFrom(inputs, given), given.learningRate, {
        weightsBack: ({ weights }, gradient) => combine(weights, gradient, (w, g) => w - given.learningRate * g),
      }),
  },
  {
    name: 'loss-after-the-step',
    says: 'the loss of the new weights',
    outputs: (inputs, given) => {
      const { input, target, top, below } = stageFrom(inputs, given);
      const { layers } = mlpTrainStep(input, target, top, given.learningRate);
      return numberedFrom(below, mlpBackward(input, target, layers).loss, layers);
    },
  },
  {
    name: 'learning-rate-missing',
    says: 'a step of the whole gradient, without the learning rate',
    outputs: (inputs, given) => stepWith(stageFrom(inputs, given), 1),
  },
];

const bound = {
  errorClass: 'composed' as const,
  formula:
    "\\Delta(WH) \\le \\Delta W(|H| + \\Delta H) + |W|\\Delta H + \\gamma_n \\sum (|W| + \\Delta W)(|H| + \\Delta H), \\quad \\Delta f(a) \\le \\Delta a \\sup |f'| + \\varepsilon_f",
  derivation:
    "Running error analysis: what the layers below carry upwards is the stage's input with its error; a step of gradient descent on the two layers above carries it on, forward and back. An autoencoder's target has the same error.",
};
const lineOf = <Own extends Name>(
  own: Pick<Operation<Own>, 'title' | 'formula' | 'rows' | 'inputs' | 'reference' | 'undefinedSpecialValues'> & {
    readonly name: Own;
  },
  autoencoder: boolean,
  mistakes: readonly Mistake[],
): AnyOperation =>
  defineOperation<Name>({
    ...(own as unknown as Pick<Operation<Name>, 'name' | 'title' | 'formula' | 'rows' | 'inputs' | 'reference'>),
    topic,
    source,
    attributes,
    outputs: outputsOf,
    constraints: autoencoder ? [...stages, reconstructs] : stages,
    bound: {
      ...bound,
      limits: ({ inputs, attributes: given, expected, precision }) => {
        const named = inputs as NamedTensors;
        return pretrainingStepLimits(named.x, named.target, layersOf(named, given), given.learningRate, expected, precision);
      },
    },
    hasChoice: hasRelu,
    alternatives: [
      {
        name: reluNames[0],
        outputs: (inputs, given) => stepWith(stageFrom(inputs as NamedTensors, given), given.learningRate),
      },
      {
        name: reluNames[1],
        outputs: (inputs, given) => stepWith(stageFrom(inputs as NamedTensors, given), given.learningRate, otherReluSlope),
      },
    ],
    tiers: ['random'],
    cases: recipesFor(autoencoder),
    draw: drawStage(autoencoder),
    variants: [],
    knownMistakes: [...stepMistakes, ...mistakes] as readonly KnownMistake<Name>[],
  });

function withoutTarget(given: TrainStepAttributes) {
  const { target: _, ...rest } = trainingInputs(given);
  return rest;
}
const stepOutputs = (given: TrainStepAttributes, { loss: value, layers }: { loss: number; layers: readonly Layer[] }) =>
  numberedFrom(given.activations.length - 2, value, layers);

export const pretrainingOperations: readonly AnyOperation[] = [
  lineOf<'pretraining.supervisedStep'>(
    {
      name: 'pretraining.supervisedStep',
      undefinedSpecialValues: {
        ...every(saturates, infinities),
        ...everyIn(hiddenLayer, saturates, infinities),
        ...everyIn(['target', 'weights2', 'bias2'], intermediate, ['largest']),
      },
      title: 'One step of pre-training, supervised',
      formula:
        '(W_l, V) \\leftarrow (W_l, V) - \\eta \\nabla \\tfrac12 \\sum \\left\\lVert t - g(V f(W_l h_{l-1})) \\right\\rVert^2, \\quad h_{l-1} \\text{ from the layers below, which stay}',
      rows: ['M13'],
      inputs: trainingInputs,
      reference: ({ x, target, ...rest }, given) =>
        stepOutputs(given, supervisedStep(x, target, layersOf(rest, given), given.learningRate)),
    },
    false,
    [
      {
        name: 'input-for-the-target',
        says: "an autoencoder's step: the layer's own input for the target",
        outputs: (inputs, given) => {
          const stage = stageFrom(inputs, given);
          const possible = stage.input.shape.join() === stage.target.shape.join();
          return stepWith(possible ? { ...stage, target: stage.input } : stage, given.learningRate);
        },
      },
    ],
  ),
  lineOf<'pretraining.autoencoderStep'>(
    {
      name: 'pretraining.autoencoderStep',
      undefinedSpecialValues: {
        ...every(saturates, infinities),
        ...everyIn(hiddenLayer, saturates, infinities),
        ...every(intermediate, ['largest', 'largest-in-weights2', 'largest-in-bias2']),
      },
      title: 'One step of pre-training, as an autoencoder',
      formula:
        '(W_l, V) \\leftarrow (W_l, V) - \\eta \\nabla \\tfrac12 \\sum \\left\\lVert h_{l-1} - g(V f(W_l h_{l-1})) \\right\\rVert^2, \\quad h_{l-1} \\text{ from the layers below, which stay}',
      rows: ['M14'],
      inputs: withoutTarget,
      reference: ({ x, ...rest }, given) => stepOutputs(given, autoencoderStep(x, layersOf(rest, given), given.learningRate)),
    },
    true,
    [
      {
        name: 'first-input-reconstructed',
        says: "the network's input as the target, not the layer's own",
        outputs: (inputs, given) => {
          const stage = stageFrom(inputs, given);
          const possible = inputs.x.shape.join() === stage.target.shape.join();
          return stepWith(possible ? { ...stage, target: inputs.x } : stage, given.learningRate);
        },
      },
      {
        name: 'decoder-without-activation',
        says: 'the step with a linear decoder',
        outputs: (inputs, given) => {
          const stage = stageFrom(inputs, given);
          const top = [stage.top[0], { ...stage.top[1], activation: 'identity' as const }];
          return stepWith({ ...stage, top }, given.learningRate);
        },
      },
    ],
  ),
];
