/** Gradients of hidden outputs (Row M5), linear layers as one (Row M9), and the multiplication gate (Row M11). */
import { activations, backward } from './activations.ts';
import { inputGradient } from './dense.ts';
import { squaredErrorGradient } from './losses.ts';
import { forward } from './mlp.ts';
import type { Value } from './model.ts';
import type { Builders } from './program.ts';

export const mlpIdentityBuilders: Builders<'mlp.pathGradient' | 'mlp.collapse' | 'multiplicationGate'> = {
  /** As back-propagation, which takes each sum once: the paths themselves would be a graph of exponential size. */
  'mlp.pathGradient': ({ graph, attributes: { activations: names, from }, shapes, inputs }) => {
    const layers = forward(graph, names, inputs.x, inputs);
    let dy = squaredErrorGradient(graph, layers[layers.length - 1].y, inputs.target);
    for (let number = layers.length; number > from; number--) {
      const { activation, net } = layers[number - 1];
      dy = inputGradient(graph, inputs[`weights${number}`], backward(graph, activations[activation], net, dy));
    }
    return { gradient: graph.reshape(dy, [shapes[`weights${from}`][0]]) };
  },

  'mlp.collapse': ({ graph, attributes: { depth }, inputs }) => {
    let weights = graph.op('Identity', [inputs.weights1]);
    let bias = graph.op('Identity', [inputs.bias1]);
    for (let l = 2; l <= depth; l++) {
      const own = inputs[`weights${l}`];
      weights = graph.op('MatMul', [own, weights]);
      bias = graph.op('Add', [graph.op('MatMul', [own, bias]), inputs[`bias${l}`]]);
    }
    return { weights, bias };
  },

  multiplicationGate: ({ graph, attributes: { activation, lambda, mu, shift }, inputs: { u, v } }) => {
    const [scale, point] = [graph.number(lambda), graph.number(shift)];
    const pair = (z: Value) => {
      const scaled = graph.op('Mul', [scale, z]);
      const units = ['Add', 'Sub'].map((type) => activations[activation].value(graph, graph.op(type, [point, scaled])));
      return graph.op('Add', units);
    };
    const difference = graph.op('Sub', [pair(graph.op('Add', [u, v])), pair(graph.op('Sub', [u, v]))]);
    return { y: graph.op('Mul', [graph.number(mu), difference]) };
  },
};
