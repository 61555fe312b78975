/** How people get the linear discriminant and the training of perceptrons wrong. */
import type { InputsOf, OutputsOf } from '../../../backends/signatures.ts';
import {
  linearDiscriminant,
  perceptronCriterion,
  squaredSignLoss,
  stochasticPerceptronEpoch,
  surrogatePerceptronStep,
} from '../../../reference/linear.ts';
import { combine, map, scalar, sum, type Tensor, zeros } from '../../../reference/tensor.ts';
import type { KnownMistake } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { rounded, scaled, withoutLast } from '../../judging/tensorChanges.ts';
import { matrixTimesVector } from './bound.ts';

const plus = (a: Tensor, b: Tensor) => combine(a, b, (x, y) => x + y);
const times = (a: Tensor, b: Tensor) => combine(a, b, (x, y) => x * y);
const length = (w: Tensor) => Math.sqrt(sum(times(w, w)));

type Discriminant = OutputsOf<'linearDiscriminant'>;
const discriminantWith = (
  name: string,
  says: string,
  change: (right: Discriminant, inputs: InputsOf<'linearDiscriminant'>) => Partial<Discriminant>,
  erratum?: string,
): KnownMistake<'linearDiscriminant'> => ({
  name,
  says,
  ...(erratum && { erratum }),
  outputs: (inputs) => {
    const right = linearDiscriminant(inputs.x, inputs.weights, inputs.bias.data[0]);
    return { ...right, ...change(right, inputs) };
  },
});

export const linearDiscriminantMistakes: readonly KnownMistake<'linearDiscriminant'>[] = [
  discriminantWith('bias-forgotten', 'wᵀx without b', (_, { x, weights }) => linearDiscriminant(x, weights, 0)),
  discriminantWith(
    'bias-subtracted',
    'wᵀx − b',
    (_, { x, weights, bias }) => linearDiscriminant(x, weights, -bias.data[0]),
    'R12',
  ),
  discriminantWith('augmented-twice', 'wᵀx + 2b: the bias in the augmented form and beside it', (_, { x, weights, bias }) =>
    linearDiscriminant(x, weights, 2 * bias.data[0]),
  ),
  discriminantWith('distance-by-the-squared-length', 'f/‖w‖² for f/‖w‖', ({ values }, { weights }) => ({
    distances: scaled(values, 1 / length(weights) ** 2),
  })),
  discriminantWith(
    'distance-by-the-augmented-length',
    'f/‖[w, b]‖: the length of the augmented weights',
    ({ values }, { weights, bias }) => ({ distances: scaled(values, 1 / Math.hypot(length(weights), bias.data[0])) }),
  ),
  discriminantWith('distance-without-the-bias', 'wᵀx/‖w‖', ({ values }, { weights, bias }) => ({
    distances: map(values, (value) => (value - bias.data[0]) / length(weights)),
  })),
  discriminantWith('distance-without-its-sign', '|f|/‖w‖', ({ distances }) => ({ distances: map(distances, Math.abs) })),
  discriminantWith('surface-in-the-first-class', 'class +1 where f = 0', ({ classes }) => ({
    classes: map(classes, (c) => (c === 0 ? 1 : c)),
  })),
  discriminantWith('classes-0-and-1', 'step(f) for sign(f)', ({ classes }) => ({
    classes: map(classes, (c) => (c >= 0 ? 1 : 0)),
  })),
  discriminantWith('last-feature-missing', 'f without its last feature', (_, { x, weights, bias }) =>
    linearDiscriminant(withoutLast(x, 1), weights, bias.data[0]),
  ),
  discriminantWith('tf32', 'the result with x and w rounded to TF32', (_, { x, weights, bias }) =>
    linearDiscriminant(rounded(x, precisions.tf32), rounded(weights, precisions.tf32), bias.data[0]),
  ),
];

type Samples = InputsOf<'perceptronCriterion'>;

/** J and its gradient over the samples that `counts` selects by yₙwᵀxₙ; the loss of a sample may be another one. */
function criterionOver(
  { x, labels, weights }: Samples,
  counts: (agreement: number) => boolean,
  { signed = labels, loss = (agreement: number) => -agreement } = {},
): { loss: Tensor; gradient: Tensor } {
  const features = x.shape[1];
  const agreements = times(labels, matrixTimesVector(x, weights));
  const gradient = zeros([features]);
  let total = 0;
  agreements.data.forEach((agreement, n) => {
    if (!counts(agreement)) return;
    total += loss(agreement);
    for (let j = 0; j < features; j++) gradient.data[j] -= signed.data[n] * x.data[n * features + j];
  });
  return { loss: scalar(total), gradient };
}

interface CriterionMistake {
  readonly name: string;
  readonly says: string;
  readonly criterion: (inputs: Samples) => { loss: Tensor; gradient: Tensor };
}
const right = (inputs: Samples) => criterionOver(inputs, (agreement) => agreement <= 0);

/** Mistakes in the gradient: a batch step along it makes them too. */
const gradientMistakes: readonly CriterionMistake[] = [
  {
    name: 'surface-counts-as-right',
    says: 'the sum over yₙwᵀxₙ < 0: from w = 0 nothing is learnt',
    criterion: (inputs) => criterionOver(inputs, (agreement) => agreement < 0),
  },
  {
    name: 'all-samples',
    says: 'the sum over all samples, right or wrong',
    criterion: (inputs) => criterionOver(inputs, () => true),
  },
  {
    name: 'right-samples',
    says: 'the sum over the samples that are right',
    criterion: (inputs) => criterionOver(inputs, (agreement) => agreement > 0),
  },
  {
    name: 'labels-forgotten',
    says: '−Σx for −Σyx',
    criterion: (inputs) => criterionOver(inputs, (agreement) => agreement <= 0, { signed: map(inputs.labels, () => 1) }),
  },
  {
    name: 'mean-for-the-sum',
    says: 'the sum divided by the number of samples',
    criterion: (inputs) => {
      const { loss, gradient } = right(inputs);
      const share = 1 / inputs.x.shape[0];
      return { loss: scaled(loss, share), gradient: scaled(gradient, share) };
    },
  },
  {
    name: 'climbs',
    says: 'the gradient with the opposite sign: a step along it climbs',
    criterion: (inputs) => {
      const { loss, gradient } = right(inputs);
      return { loss, gradient: scaled(gradient, -1) };
    },
  },
];

export const perceptronCriterionMistakes: readonly KnownMistake<'perceptronCriterion'>[] = [
  ...gradientMistakes.map(({ name, says, criterion }) => ({ name, says, outputs: criterion })),
  {
    name: 'mistakes-counted',
    says: 'the number of misclassified samples for J',
    outputs: (inputs) => criterionOver(inputs, (agreement) => agreement <= 0, { loss: () => 1 }),
  },
  {
    name: 'negative-loss',
    says: 'J without its minus sign',
    outputs: (inputs) => criterionOver(inputs, (agreement) => agreement <= 0, { loss: (agreement) => agreement }),
  },
  {
    name: 'hinge',
    says: 'the hinge loss Σmax(0, 1 − yₙwᵀxₙ)',
    outputs: (inputs) => criterionOver(inputs, (agreement) => agreement < 1, { loss: (agreement) => 1 - agreement }),
  },
];

const batchStep = ({ weights }: Samples, gradient: Tensor, learningRate: number) => ({
  weights: plus(weights, scaled(gradient, -learningRate)),
});

export const batchPerceptronStepMistakes: readonly KnownMistake<'batchPerceptronStep'>[] = [
  ...gradientMistakes.map(({ name, says, criterion }) => ({
    name,
    says: `the step along ${says}`,
    outputs: (inputs: Samples, { learningRate }: { learningRate: number }) =>
      batchStep(inputs, criterion(inputs).gradient, learningRate),
  })),
  {
    name: 'rate-forgotten',
    says: 'the step without η',
    outputs: (inputs) => batchStep(inputs, perceptronCriterion(inputs.x, inputs.labels, inputs.weights).gradient, 1),
  },
  {
    name: 'online-rule',
    says: 'the online rule: each sample judged by weights that the ones before it have moved',
    outputs: (inputs, { learningRate }) => {
      let w = inputs.weights;
      const [samples, features] = inputs.x.shape;
      for (let n = 0; n < samples; n++) {
        const x = { ...inputs.x, shape: [1, features], data: inputs.x.data.subarray(n * features, (n + 1) * features) };
        const labels = { ...inputs.labels, shape: [1], data: inputs.labels.data.subarray(n, n + 1) };
        w = batchStep({ x, labels, weights: w }, perceptronCriterion(x, labels, w).gradient, learningRate).weights;
      }
      return { weights: w };
    },
  },
];

/** W + ηΣ error·x with the error that `error` gives for a net and its label. */
function deltaRule(
  { x, labels, weights }: Samples,
  learningRate: number,
  error: (net: number, label: number) => number,
): Tensor {
  const [samples, features] = x.shape;
  const nets = matrixTimesVector(x, weights);
  const w = plus(weights, zeros(weights.shape));
  for (let n = 0; n < samples; n++) {
    for (let j = 0; j < features; j++)
      w.data[j] += learningRate * error(nets.data[n], labels.data[n]) * x.data[n * features + j];
  }
  return w;
}

const surrogateWith = (
  name: string,
  says: string,
  error: (net: number, label: number) => number,
): KnownMistake<'surrogatePerceptronStep'> => ({
  name,
  says,
  outputs: (inputs, { learningRate }) => ({
    loss: scalar(squaredSignLoss(inputs.x, inputs.labels, inputs.weights)),
    weights: deltaRule(inputs, learningRate, error),
  }),
});

export const surrogatePerceptronStepMistakes: readonly KnownMistake<'surrogatePerceptronStep'>[] = [
  surrogateWith('climbs', 'W − ηΣ(Y − y)X', (net, label) => Math.sign(net) - label),
  surrogateWith(
    'net-for-the-output',
    'Y − wᵀx for Y − sign(wᵀx): the delta rule of a linear unit',
    (net, label) => label - net,
  ),
  surrogateWith('half-the-error', 'Y for Y − y at a mistake: half the step', (net, label) => (label - Math.sign(net)) / 2),
  surrogateWith('derivative-of-the-sign', 'no step at all: the derivative of sign is 0', () => 0),
  surrogateWith('surface-in-the-first-class', 'sign(0) = 1', (net, label) => label - (net >= 0 ? 1 : -1)),
  surrogateWith('outputs-0-and-1', 'step(wᵀx) for sign(wᵀx)', (net, label) => label - (net >= 0 ? 1 : 0)),
  {
    name: 'rate-forgotten',
    says: 'the step without η',
    outputs: ({ x, labels, weights }) => ({
      loss: scalar(squaredSignLoss(x, labels, weights)),
      weights: surrogatePerceptronStep(x, labels, weights, 1),
    }),
  },
  {
    name: 'half-forgotten',
    says: 'Σ(Y − y)² without the ½',
    outputs: ({ x, labels, weights }, { learningRate }) => ({
      loss: scalar(2 * squaredSignLoss(x, labels, weights)),
      weights: surrogatePerceptronStep(x, labels, weights, learningRate),
    }),
  },
  {
    name: 'loss-after-the-step',
    says: 'the loss of the new weights',
    outputs: ({ x, labels, weights }, { learningRate }) => {
      const next = surrogatePerceptronStep(x, labels, weights, learningRate);
      return { loss: scalar(squaredSignLoss(x, labels, next)), weights: next };
    },
  },
];

const inOrder = (count: number) => Array.from({ length: count }, (_, n) => n);

export const stochasticPerceptronEpochMistakes: readonly KnownMistake<'stochasticPerceptronEpoch'>[] = [
  {
    name: 'order-ignored',
    says: 'the samples in the order in which they stand',
    outputs: ({ x, labels, weights }, { learningRate }) => ({
      weights: stochasticPerceptronEpoch(x, labels, weights, learningRate, inOrder(x.shape[0])),
    }),
  },
  {
    name: 'order-backwards',
    says: 'the samples from the last of the order to the first',
    outputs: ({ x, labels, weights }, { learningRate, order }) => ({
      weights: stochasticPerceptronEpoch(x, labels, weights, learningRate, order.toReversed()),
    }),
  },
  {
    name: 'batch-rule',
    says: 'the batch rule: every sample judged by the first weights',
    outputs: ({ x, labels, weights }, { learningRate }) => ({
      weights: surrogatePerceptronStep(x, labels, weights, learningRate),
    }),
  },
  {
    name: 'labels-not-reordered',
    says: "the samples in order, each with another one's label",
    outputs: ({ x, labels, weights }, { learningRate, order }) => {
      const moved = zeros(labels.shape);
      order.forEach((n, k) => {
        moved.data[n] = labels.data[k];
      });
      return { weights: stochasticPerceptronEpoch(x, moved, weights, learningRate, order) };
    },
  },
  {
    name: 'climbs',
    says: 'W − η(Y − y)X',
    outputs: ({ x, labels, weights }, { learningRate, order }) => ({
      weights: stochasticPerceptronEpoch(x, labels, weights, -learningRate, order),
    }),
  },
  {
    name: 'half-the-error',
    says: 'half of each step: ηYX at a mistake, as the online perceptron takes it',
    outputs: ({ x, labels, weights }, { learningRate, order }) => ({
      weights: stochasticPerceptronEpoch(x, labels, weights, learningRate / 2, order),
    }),
  },
  {
    name: 'last-sample-missing',
    says: 'the epoch without the last of its order',
    outputs: ({ x, labels, weights }, { learningRate, order }) => ({
      weights: stochasticPerceptronEpoch(x, labels, weights, learningRate, order.slice(0, -1)),
    }),
  },
];
