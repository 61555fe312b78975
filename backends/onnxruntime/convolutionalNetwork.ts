/** A small convolutional network (Row C8) as one graph, its gradients composed of those that this folder has for each stage. */
import type { Shape } from '../../reference/tensor.ts';
import type { ConvolutionalNetworkAttributes, Padding, Pair } from '../signatures.ts';
import { activations, backward } from './activations.ts';
import { convolutionBuilders } from './convolution.ts';
import { biasGradient, dense, inputGradient, weightGradient } from './dense.ts';
import type { Graph, Value } from './model.ts';
import { poolingBuilders } from './pooling.ts';
import type { Builders } from './program.ts';
import { logSoftmax } from './softmax.ts';

type NetworkOperations = 'convolutionalNetwork.forward' | 'convolutionalNetwork.backward' | 'convolutionalNetwork.trainStep';
type Weights = Readonly<Record<'kernels' | 'kernelBias' | 'weights' | 'bias', Value>>;
type NetworkShapes = Readonly<Record<'x' | 'kernels', Shape>>;

interface Windows {
  readonly stride: Pair;
  readonly padding: Padding;
  readonly dilation?: Pair;
}
/** Maps of as many positions as windows of this size fit. */
function mapsOf(shape: Shape, maps: number, window: Pair, { stride, padding, dilation = [1, 1] }: Windows): Shape {
  const along = (axis: 0 | 1) => {
    const free = shape[2 + axis] + padding[axis] + padding[axis + 2] - dilation[axis] * (window[axis] - 1) - 1;
    return Math.floor(free / stride[axis]) + 1;
  };
  return [shape[0], maps, along(0), along(1)];
}

function forward(
  graph: Graph,
  { convolution, pooling }: ConvolutionalNetworkAttributes,
  shapes: NetworkShapes,
  x: Value,
  { kernels, kernelBias, weights, bias }: Weights,
) {
  const [maps, , kernelHeight, kernelWidth] = shapes.kernels;
  const netShape = mapsOf(shapes.x, maps, [kernelHeight, kernelWidth], convolution);
  const pooledShape = mapsOf(netShape, maps, pooling.window, pooling);
  const { y: net } = convolutionBuilders.conv2d({
    graph,
    attributes: convolution,
    shapes: { x: shapes.x, weights: shapes.kernels },
    inputs: { x, weights: kernels, bias: kernelBias },
  });
  const active = activations.relu.value(graph, net);
  const { y: pooled } = poolingBuilders.maxPool2d({
    graph,
    attributes: pooling,
    shapes: { x: netShape },
    inputs: { x: active },
  });
  const features = graph.reshape(pooled, [pooledShape[0], pooledShape[1] * pooledShape[2] * pooledShape[3]]);
  return { netShape, pooledShape, net, active, features, logits: dense(graph, features, weights, bias) };
}

/** Loss and gradients; of softmax and cross entropy together the slope is probability − target. */
function backPropagation(
  graph: Graph,
  attributes: ConvolutionalNetworkAttributes,
  shapes: NetworkShapes,
  { x, target, ...weights }: Weights & { readonly x: Value; readonly target: Value },
): { loss: Value; gradients: Weights } {
  const { netShape, pooledShape, net, active, features, logits } = forward(graph, attributes, shapes, x, weights);
  const logarithms = logSoftmax(graph, logits);
  const sum = graph.op('ReduceSum', [graph.op('Mul', [target, logarithms])], { keepdims: 0 });
  const dLogits = graph.op('Sub', [graph.op('Softmax', [logits], { axis: -1 }), target]);
  const dPooled = graph.reshape(inputGradient(graph, weights.weights, dLogits), pooledShape);
  const { dx: dActive } = poolingBuilders['maxPool2d.backward']({
    graph,
    attributes: attributes.pooling,
    shapes: { x: netShape, dy: pooledShape },
    inputs: { x: active, dy: dPooled },
  });
  const dNet = backward(graph, activations.relu, net, dActive);
  const [, , kernelHeight, kernelWidth] = shapes.kernels;
  const { dWeights: dKernels } = convolutionBuilders['conv2d.weightGradient']({
    graph,
    attributes: { ...attributes.convolution, kernelSize: [kernelHeight, kernelWidth] },
    shapes: { x: shapes.x, dy: netShape },
    inputs: { x, dy: dNet },
  });
  const { dBias: dKernelBias } = convolutionBuilders['conv2d.biasGradient']({
    graph,
    attributes: {},
    shapes: { dy: netShape },
    inputs: { dy: dNet },
  });
  return {
    loss: graph.op('Neg', [sum]),
    gradients: {
      kernels: dKernels,
      kernelBias: dKernelBias,
      weights: weightGradient(graph, features, dLogits),
      bias: biasGradient(graph, dLogits),
    },
  };
}

export const convolutionalNetworkBuilders: Builders<NetworkOperations> = {
  'convolutionalNetwork.forward': ({ graph, attributes, shapes, inputs: { x, ...weights } }) => {
    const { logits } = forward(graph, attributes, shapes, x, weights);
    return { probabilities: graph.op('Softmax', [logits], { axis: -1 }) };
  },

  'convolutionalNetwork.backward': ({ graph, attributes, shapes, inputs }) => {
    const { loss, gradients } = backPropagation(graph, attributes, shapes, inputs);
    return {
      loss,
      dKernels: gradients.kernels,
      dKernelBias: gradients.kernelBias,
      dWeights: gradients.weights,
      dBias: gradients.bias,
    };
  },

  /** Every gradient is of the weights before the step. */
  'convolutionalNetwork.trainStep': ({ graph, attributes, shapes, inputs }) => {
    const { loss, gradients } = backPropagation(graph, attributes, shapes, inputs);
    const learningRate = graph.number(attributes.learningRate);
    const descended = (name: keyof Weights) =>
      graph.op('Sub', [inputs[name], graph.op('Mul', [learningRate, gradients[name]])]);
    return {
      loss,
      kernels: descended('kernels'),
      kernelBias: descended('kernelBias'),
      weights: descended('weights'),
      bias: descended('bias'),
    };
  },
};
