/** One step of layer-wise pre-training (Rows M13, M14): the layers below forward, then a step of the two on top. */
import { backPropagation, forward, type Parameters } from './mlp.ts';
import type { Value } from './model.ts';
import type { BuilderContext, Builders } from './program.ts';

type Steps = 'pretraining.supervisedStep' | 'pretraining.autoencoderStep';

function pretrainingStep({ graph, attributes: { activations, learningRate }, inputs }: BuilderContext<Steps>) {
  const named = inputs as { x: Value; target?: Value } & Parameters;
  const below = activations.length - 2;
  const given = forward(graph, activations.slice(0, below), named.x, named).at(-1)?.y ?? named.x;
  // The two on top, numbered from 1.
  const top: Record<`weights${number}` | `bias${number}`, Value> = {};
  for (const number of [1, 2]) {
    top[`weights${number}`] = named[`weights${below + number}`];
    top[`bias${number}`] = named[`bias${below + number}`];
  }
  const layers = forward(graph, activations.slice(below), given, top);
  const { loss, gradients } = backPropagation(graph, layers, named.target ?? given, top);
  const rate = graph.number(learningRate);
  const descended = (parameter: Value, gradient: Value) => graph.op('Sub', [parameter, graph.op('Mul', [rate, gradient])]);
  const outputs: { loss: Value } & Record<string, Value> = { loss };
  for (const { number, dWeights, dBias } of gradients) {
    outputs[`weights${below + number}`] = descended(top[`weights${number}`], dWeights);
    outputs[`bias${below + number}`] = descended(top[`bias${number}`], dBias);
  }
  return outputs;
}

export const pretrainingBuilders: Builders<Steps> = {
  'pretraining.supervisedStep': pretrainingStep,
  'pretraining.autoencoderStep': pretrainingStep,
};
