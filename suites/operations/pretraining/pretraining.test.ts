import { expect, it } from 'vitest';
import type { Layer } from '../../../reference/mlp.ts';
import { pretrainSupervised, pretrainUnsupervised } from '../../../reference/pretraining.ts';
import { type Tensor, tensor } from '../../../reference/tensor.ts';
import type { AnyOperation, NamedTensors } from '../../judging/operation.ts';
import { randomFrom } from '../../judging/random.ts';
import { pretrainingOperations } from './entries.ts';

const [supervised, autoencoder] = pretrainingOperations;

it('is a step of a network of depth two, by hand', () => {
  // h = 2·1 − 1 = 1; V·1 + 0 = 3 against 5: loss 2; ∂V = −2, ∂c = −2, δ = −6: ∂W = −6, ∂b = −6.
  const inputs = {
    x: tensor([1, 1], [1]),
    target: tensor([1, 1], [5]),
    weights1: tensor([1, 1], [2]),
    bias1: tensor([1], [-1]),
    weights2: tensor([1, 1], [3]),
    bias2: tensor([1], [0]),
  };
  const outputs = supervised.reference(inputs, { activations: ['identity', 'identity'], learningRate: 0.5 });
  expect(Object.entries(outputs).map(([name, { data }]) => [name, ...data])).toEqual([
    ['loss', 2],
    ['weights1', 5],
    ['bias1', 2],
    ['weights2', 4],
    ['bias2', 1],
  ]);
});

const random = randomFrom(3, 'pretraining');
const drawn = (...shape: number[]): Tensor =>
  tensor(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random.next() - 1),
  );
const layer = (outputs: number, inputs: number, activation: Layer['activation']): Layer => ({
  weights: drawn(outputs, inputs),
  bias: drawn(outputs),
  activation,
});
const [x, target] = [drawn(5, 3), drawn(5, 2)];
const hidden = [layer(4, 3, 'tanh'), layer(6, 4, 'sigmoid'), layer(5, 6, 'tanh')];
const schedule = { learningRate: 0.05, steps: 7 };

/** All stages, every step by the operation, each from the state that the step before left. */
function byOperation(stepOf: (stage: number) => { operation: AnyOperation; head: Layer; target?: Tensor }): Layer[] {
  const layers = [...hidden];
  let top = hidden[0];
  for (let stage = 0; stage < hidden.length; stage++) {
    const { operation, head, target: wanted } = stepOf(stage);
    const stack = [...layers.slice(0, stage + 1), head];
    for (let k = 0; k < schedule.steps; k++) {
      const inputs: Record<string, Tensor> = { x, ...(wanted && { target: wanted }) };
      stack.forEach(({ weights, bias }, l) => {
        Object.assign(inputs, { [`weights${l + 1}`]: weights, [`bias${l + 1}`]: bias });
      });
      const activations = stack.map(({ activation }) => activation);
      const step: NamedTensors = operation.reference(inputs, { activations, learningRate: schedule.learningRate });
      for (const l of [stage, stage + 1]) {
        stack[l] = { ...stack[l], weights: step[`weights${l + 1}`], bias: step[`bias${l + 1}`] };
      }
    }
    layers[stage] = stack[stage];
    top = stack[stage + 1];
  }
  return [...layers, top];
}

it('makes the whole of supervised pre-training, step by step (Row M13)', () => {
  const heads = hidden.map(({ weights }) => layer(2, weights.shape[0], 'identity'));
  const whole = pretrainSupervised(x, target, hidden, (stage) => heads[stage], schedule);
  expect(byOperation((stage) => ({ operation: supervised, head: heads[stage], target }))).toEqual(whole.layers);
});

it('makes the whole of unsupervised pre-training: autoencoders, and a supervised stage at the end (Row M14)', () => {
  const decoders = hidden.map(({ weights: { shape } }) => layer(shape[1], shape[0], 'identity'));
  const head = layer(2, 5, 'identity');
  const whole = pretrainUnsupervised(x, target, hidden, (stage) => decoders[stage], head, schedule);
  const steps = byOperation((stage) =>
    stage < hidden.length - 1 ? { operation: autoencoder, head: decoders[stage] } : { operation: supervised, head, target },
  );
  expect(steps).toEqual(whole.layers);
});
