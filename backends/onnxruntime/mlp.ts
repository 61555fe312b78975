/** Multilayer perceptron (Rows M1, M4), unrolled: one graph for as many layers as there are activations. */
import type { LayerActivation } from '../signatures.ts';
import { activations, backward } from './activations.ts';
import { biasGradient, dense, inputGradient, weightGradient } from './dense.ts';
import { squaredError, squaredErrorGradient } from './losses.ts';
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';

export type Parameters = Readonly<Record<`weights${number}` | `bias${number}`, Value>>;

interface Layer {
  readonly activation: LayerActivation;
  /** The layer's input. */
  readonly x: Value;
  /** x·weightsᵀ + bias. */
  readonly net: Value;
  readonly y: Value;
}

/** Feed-forward: y = f(x·weightsᵀ + bias), layer after layer. */
export function forward(graph: Graph, names: readonly LayerActivation[], x: Value, parameters: Parameters): Layer[] {
  const layers: Layer[] = [];
  names.forEach((activation, index) => {
    const given = layers.at(-1)?.y ?? x;
    const net = dense(graph, given, parameters[`weights${index + 1}`], parameters[`bias${index + 1}`]);
    layers.push({ activation, x: given, net, y: activations[activation].value(graph, net) });
  });
  return layers;
}

/** Back-propagation: δ = (y − target)·f′(net) in the last layer, δ = (δ·weights)·f′(net) in each before it; from the last to the first. */
export function backPropagation(graph: Graph, layers: readonly Layer[], target: Value, parameters: Parameters) {
  const prediction = layers[layers.length - 1].y;
  let dy = squaredErrorGradient(graph, prediction, target);
  const gradients: { number: number; dWeights: Value; dBias: Value }[] = [];
  for (let number = layers.length; number >= 1; number--) {
    const { activation, net, x } = layers[number - 1];
    const delta = backward(graph, activations[activation], net, dy);
    gradients.unshift({ number, dWeights: weightGradient(graph, x, delta), dBias: biasGradient(graph, delta) });
    if (number > 1) dy = inputGradient(graph, parameters[`weights${number}`], delta);
  }
  return { loss: squaredError(graph, prediction, target), gradients };
}

export const mlpBuilders: Builders<'mlp.forward' | 'mlp.backward' | 'mlp.trainStep'> = {
  'mlp.forward': ({ graph, attributes, inputs }) => {
    const layers = forward(graph, attributes.activations, inputs.x, inputs);
    return { y: layers[layers.length - 1].y };
  },

  'mlp.backward': ({ graph, attributes, inputs }) => {
    const layers = forward(graph, attributes.activations, inputs.x, inputs);
    const { loss, gradients } = backPropagation(graph, layers, inputs.target, inputs);
    const outputs: { loss: Value } & Record<string, Value> = { loss };
    for (const { number, dWeights, dBias } of gradients) {
      outputs[`dWeights${number}`] = dWeights;
      outputs[`dBias${number}`] = dBias;
    }
    return outputs;
  },

  /** Every gradient is of the weights before the step. */
  'mlp.trainStep': ({ graph, attributes, inputs }) => {
    const layers = forward(graph, attributes.activations, inputs.x, inputs);
    const { loss, gradients } = backPropagation(graph, layers, inputs.target, inputs);
    const learningRate = graph.number(attributes.learningRate);
    const descended = (parameter: Value, gradient: Value) =>
      graph.op('Sub', [parameter, graph.op('Mul', [learningRate, gradient])]);
    const outputs: { loss: Value } & Record<string, Value> = { loss };
    for (const { number, dWeights, dBias } of gradients) {
      outputs[`weights${number}`] = descended(inputs[`weights${number}`], dWeights);
      outputs[`bias${number}`] = descended(inputs[`bias${number}`], dBias);
    }
    return outputs;
  },
};
