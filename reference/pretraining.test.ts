import { expect, it } from 'vitest';
import { type Layer, mlpForward, mlpTrainStep } from './mlp.ts';
import { autoencoderStep, pretrainSupervised, pretrainUnsupervised, supervisedStep, train } from './pretraining.ts';
import { irregular } from './testing/differences.ts';

const layer = (outputs: number, inputs: number, seed: number): Layer => ({
  weights: irregular([outputs, inputs], seed),
  bias: irregular([outputs], seed + 1),
  activation: 'tanh',
});
const [x, target] = [irregular([6, 3], 1), irregular([6, 2], 2)];
const hidden = [layer(4, 3, 3), layer(5, 4, 5)];
const [head, decoder] = [layer(2, 5, 7), layer(3, 4, 9)];
const firstHead = layer(2, 4, 11);
const schedule = { learningRate: 0.05, steps: 30 };

it('a step trains two layers on what the layers below give, and leaves those alone', () => {
  const input = mlpForward(x, [hidden[0]]).y;
  const expected = mlpTrainStep(input, target, [hidden[1], head], 0.05);
  expect(supervisedStep(x, target, [hidden[0], hidden[1], head], 0.05)).toEqual(expected);
  const back = layer(4, 5, 13);
  expect(autoencoderStep(x, [hidden[0], hidden[1], back], 0.05)).toEqual(mlpTrainStep(input, input, [hidden[1], back], 0.05));
  expect(() => supervisedStep(x, target, [head], 0.05)).toThrow('pretraining: (C2) a stage has at least two layers, got 1');
});

it('M13: supervised, every stage lowers its loss and starts from the layers trained before it', () => {
  const { layers, stages } = pretrainSupervised(x, target, hidden, (stage) => [firstHead, head][stage], schedule);
  for (const losses of stages) expect(losses[losses.length - 1]).toBeLessThan(losses[0]);
  const first = train(x, target, [hidden[0], firstHead], schedule);
  expect(layers[0]).toEqual(first.layers[0]);
  const second = train(mlpForward(x, [first.layers[0]]).y, target, [hidden[1], head], schedule);
  expect(layers.slice(1)).toEqual(second.layers);
  expect(stages).toEqual([first.losses, second.losses]);
});

it('M14: unsupervised, the first stage reconstructs its own input and the last one learns the target', () => {
  const { layers, stages } = pretrainUnsupervised(x, target, hidden, () => decoder, head, schedule);
  const first = train(x, x, [hidden[0], decoder], schedule);
  expect(layers[0]).toEqual(first.layers[0]);
  const second = train(mlpForward(x, [first.layers[0]]).y, target, [hidden[1], head], schedule);
  expect(layers.slice(1)).toEqual(second.layers);
  expect(stages).toEqual([first.losses, second.losses]);
  expect(first.losses[first.losses.length - 1]).toBeLessThan(first.losses[0]);
});
