/**
 * Layer-wise pre-training of deep networks: each layer is first trained alone, as the hidden layer of a network of depth two, so
 * that back-propagation through all of them starts from a good point. Rows M13, M14 (pena).
 */
import { type Layer, mlpForward, mlpTrainStep } from './mlp.ts';
import type { Tensor } from './tensor.ts';

export interface Schedule {
  readonly learningRate: number;
  readonly steps: number;
}

export interface TrainingCurve {
  readonly layers: readonly Layer[];
  /** The loss before each step. */
  readonly losses: readonly number[];
}

/** Plain gradient descent on ½Σ(target − y)². */
export function train(x: Tensor, target: Tensor, start: readonly Layer[], { learningRate, steps }: Schedule): TrainingCurve {
  let layers = start;
  const losses: number[] = [];
  for (let k = 0; k < steps; k++) {
    const step = mlpTrainStep(x, target, layers, learningRate);
    losses.push(step.loss);
    layers = step.layers;
  }
  return { layers, losses };
}

/** One step of a stage: the loss before it, the layer that is being trained and the output layer on top of it. */
export interface PretrainingStep {
  readonly loss: number;
  readonly layers: readonly Layer[];
}

/**
 * One step of a supervised stage. Of `layers` the last is the stage's output layer and the one before it is trained; those below are
 * trained already and only carry x upwards. Row M13.
 *
 * @throws RangeError when there are fewer than two layers.
 */
export function supervisedStep(x: Tensor, target: Tensor, layers: readonly Layer[], learningRate: number): PretrainingStep {
  const { input, top } = stageOf(x, layers);
  return mlpTrainStep(input, target, top, learningRate);
}

/** One step of an autoencoder's stage: the same, with the trained layer's own input as the target. Row M14. */
export function autoencoderStep(x: Tensor, layers: readonly Layer[], learningRate: number): PretrainingStep {
  const { input, top } = stageOf(x, layers);
  return mlpTrainStep(input, input, top, learningRate);
}

/** The inputs of a stage, and its network of depth two. */
export function stageOf(x: Tensor, layers: readonly Layer[]): { input: Tensor; top: readonly Layer[] } {
  if (layers.length < 2) throw new RangeError(`pretraining: (C2) a stage has at least two layers, got ${layers.length}`);
  return { input: mlpForward(x, layers.slice(0, -2)).y, top: layers.slice(-2) };
}

export interface Pretraining {
  /** The pre-trained hidden layers with the output layer of the last stage on top. */
  readonly layers: readonly Layer[];
  /** Losses of each stage, first layer first. */
  readonly stages: readonly (readonly number[])[];
}

/**
 * Supervised version: layer l is trained as the hidden layer of a depth-two network whose input is the output of the layers below,
 * already trained, and whose target is the original one.
 *
 * `hidden` are the layers as they start; `head(l)` makes the output layer of stage l. Row M13.
 */
export function pretrainSupervised(
  x: Tensor,
  target: Tensor,
  hidden: readonly Layer[],
  head: (stage: number) => Layer,
  schedule: Schedule,
): Pretraining {
  return pretrain(x, hidden, schedule, (_, stage) => ({ target, head: head(stage) }));
}

/**
 * Unsupervised version: every hidden layer but the last learns an encoding of its own input, as an autoencoder; the last one and
 * the output layer are trained on the original target. `decoder(l)` makes the output layer of stage l's autoencoder. Row M14.
 */
export function pretrainUnsupervised(
  x: Tensor,
  target: Tensor,
  hidden: readonly Layer[],
  decoder: (stage: number) => Layer,
  head: Layer,
  schedule: Schedule,
): Pretraining {
  return pretrain(x, hidden, schedule, (input, stage) =>
    stage < hidden.length - 1 ? { target: input, head: decoder(stage) } : { target, head },
  );
}

function pretrain(
  x: Tensor,
  hidden: readonly Layer[],
  schedule: Schedule,
  task: (input: Tensor, stage: number) => { target: Tensor; head: Layer },
): Pretraining {
  let input = x;
  const trained: Layer[] = [];
  const stages: (readonly number[])[] = [];
  let top: Layer | undefined;
  hidden.forEach((layer, stage) => {
    const { target, head } = task(input, stage);
    const { layers, losses } = train(input, target, [layer, head], schedule);
    trained.push(layers[0]);
    top = layers[1];
    stages.push(losses);
    input = mlpForward(input, [layers[0]]).y;
  });
  return { layers: top ? [...trained, top] : trained, stages };
}
