/** The multilayer perceptron, composed of the dense kernels' parts; every intermediate is a buffer of its own. */
import type { Shape } from '../../reference/tensor.ts';
import type { MlpAttributes } from '../signatures.ts';
import { functions, activations as loops } from './activations.ts';
import { sumOverBatch } from './dense.ts';
import { columnsOf, productOf, rowsOf } from './matmul.ts';
import type { Builders } from './program.ts';

type Names = 'mlp.forward' | 'mlp.backward' | 'mlp.trainStep';
type Named = Readonly<Record<string, Float32Array>>;

/** Buffers of a network and the two passes over them. Its layers are those after the first `below`. */
export function network({ activations }: MlpAttributes, shapes: Readonly<Record<string, Shape>>, below = 0) {
  const [batch, inputs] = shapes.x;
  const layers = activations.map((name, l) => {
    const number = below + l + 1;
    const [width, from] = shapes[`weights${number}`];
    const buffer = () => new Float32Array(batch * width);
    return {
      activation: loops[name],
      throughWeights: productOf(rowsOf(batch, from), rowsOf(width, from)),
      backThroughWeights: productOf(rowsOf(batch, width), columnsOf(width, from)),
      ofWeights: productOf(columnsOf(batch, width), columnsOf(batch, from)),
      width,
      from,
      net: buffer(),
      output: buffer(),
      delta: buffer(),
      weights: `weights${number}`,
      bias: `bias${number}`,
    };
  });
  const last = layers[layers.length - 1];
  const slopeOfLast = functions[activations[activations.length - 1]].slope;

  function forward(named: Named): void {
    let x = named.x;
    for (const { activation, throughWeights, net, output, weights, bias } of layers) {
      throughWeights(x, named[weights], net, named[bias]);
      activation.values(net, output);
      x = output;
    }
  }

  /** Fills every layer's delta = ∂E/∂net from the output backwards, hands each layer's gradients to `use`, and returns the loss. */
  function backward(named: Named, use: (layer: (typeof layers)[number], input: Float32Array) => void): number {
    let loss = 0;
    for (let i = 0; i < last.output.length; i++) {
      const difference = last.output[i] - named.target[i];
      loss += (difference * difference) / 2;
      last.delta[i] = difference * slopeOfLast(last.net[i]);
    }
    for (let l = layers.length - 1; l >= 0; l--) {
      const layer = layers[l];
      if (l > 0) {
        const below = layers[l - 1];
        layer.backThroughWeights(layer.delta, named[layer.weights], below.delta);
        below.activation.gradient(below.net, below.delta, below.delta);
      }
      use(layer, l > 0 ? layers[l - 1].output : named.x);
    }
    return loss;
  }

  function gradients(
    { delta, ofWeights }: (typeof layers)[number],
    x: Float32Array,
    dWeights: Float32Array,
    dBias: Float32Array,
  ): void {
    ofWeights(delta, x, dWeights);
    sumOverBatch(delta, dBias);
  }

  return { batch, inputs, layers, last, forward, backward, gradients };
}

/** Shapes of every layer's weights and bias under a prefix: dWeights1, dBias1, … or weights1, bias1, …. */
function layerShapes(
  shapes: Readonly<Record<string, Shape>>,
  depth: number,
  weights: string,
  bias: string,
  below = 0,
): Record<string, Shape> {
  const entries = Array.from({ length: depth }, (_, l): [string, Shape][] => [
    [`${weights}${below + l + 1}`, shapes[`weights${below + l + 1}`]],
    [`${bias}${below + l + 1}`, shapes[`bias${below + l + 1}`]],
  ]);
  return Object.fromEntries(entries.flat());
}

/** One step of gradient descent on ½Σ(target − y)² of the layers after the first `below`; `before` has x and target. */
export function trainStep(
  attributes: MlpAttributes,
  learningRate: number,
  shapes: Readonly<Record<string, Shape>>,
  below = 0,
): { outputs: Record<string, Shape>; run: (before: Named, after: Record<string, Float32Array>) => void } {
  const { layers, forward, backward, gradients } = network(attributes, shapes, below);
  const steps = layers.map(({ width, from }) => ({ weights: new Float32Array(width * from), bias: new Float32Array(width) }));
  return {
    outputs: { loss: [], ...layerShapes(shapes, layers.length, 'weights', 'bias', below) },
    run: (before, after) => {
      forward(before);
      // All gradients first: the backward pass needs the weights as they were.
      after.loss[0] = backward(before, (layer, x) => {
        const step = steps[layers.indexOf(layer)];
        gradients(layer, x, step.weights, step.bias);
      });
      layers.forEach(({ weights, bias }, l) => {
        for (let i = 0; i < steps[l].weights.length; i++)
          after[weights][i] = before[weights][i] - learningRate * steps[l].weights[i];
        for (let i = 0; i < steps[l].bias.length; i++) after[bias][i] = before[bias][i] - learningRate * steps[l].bias[i];
      });
    },
  };
}

export const mlpKernels: Builders<Names> = {
  'mlp.forward': (attributes, shapes) => {
    const { batch, last, forward } = network(attributes, shapes);
    return {
      outputs: { y: [batch, last.width] },
      run: (named, { y }) => {
        forward(named as Named);
        y.set(last.output);
      },
    };
  },

  'mlp.backward': (attributes, shapes) => {
    const { layers, forward, backward, gradients } = network(attributes, shapes);
    return {
      outputs: { loss: [], ...layerShapes(shapes, layers.length, 'dWeights', 'dBias') },
      run: (named, outputs) => {
        const into = outputs as Record<string, Float32Array>;
        forward(named as Named);
        into.loss[0] = backward(named as Named, (layer, x) =>
          gradients(layer, x, into[`dW${layer.weights.slice(1)}`], into[`dB${layer.bias.slice(1)}`]),
        );
      },
    };
  },

  'mlp.trainStep': ({ learningRate, ...attributes }, shapes) => {
    const { outputs, run } = trainStep(attributes, learningRate, shapes);
    return {
      outputs: outputs as { loss: Shape },
      run: (before, after) => run(before as Named, after as Record<string, Float32Array>),
    };
  },
};
