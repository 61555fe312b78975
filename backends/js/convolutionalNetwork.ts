/** A small convolutional network, composed of this backend's own kernels; every intermediate is a buffer of its own. */
import { type Shape, sizeOf } from '../../reference/tensor.ts';
import type { ConvolutionalNetworkAttributes } from '../signatures.ts';
import { convolutionKernels } from './convolution.ts';
import { denseKernels, sumOverBatch } from './dense.ts';
import { poolingKernels } from './pooling.ts';
import type { Builders } from './program.ts';
import { softmaxKernels } from './softmax.ts';

type Names = 'convolutionalNetwork.forward' | 'convolutionalNetwork.backward' | 'convolutionalNetwork.trainStep';
type Weights = Readonly<Record<'kernels' | 'kernelBias' | 'weights' | 'bias', Float32Array>>;
type NetworkShapes = Readonly<Record<'x' | 'kernels' | 'kernelBias' | 'weights' | 'bias', Shape>>;

const buffer = (shape: Shape) => new Float32Array(sizeOf(shape));

function forwardPass({ convolution, pooling }: ConvolutionalNetworkAttributes, shapes: NetworkShapes) {
  const [batch] = shapes.x;
  const conv = convolutionKernels.conv2d(convolution, { x: shapes.x, weights: shapes.kernels, bias: shapes.kernelBias });
  const netShape = conv.outputs.y;
  const pool = poolingKernels.maxPool2d(pooling, { x: netShape });
  const pooledShape = pool.outputs.y;
  const features: Shape = [batch, shapes.weights[1]];
  const layer = denseKernels.dense({}, { x: features, weights: shapes.weights, bias: shapes.bias });
  const outputShape = layer.outputs.y;
  const normalize = softmaxKernels.softmax({}, { x: outputShape });
  const [net, active, pooled] = [buffer(netShape), buffer(netShape), buffer(pooledShape)];
  const logits = buffer(outputShape);
  return {
    ...{ netShape, pooledShape, outputShape, net, active, pooled, logits },
    run(x: Float32Array, { kernels, kernelBias, weights, bias }: Weights, probabilities: Float32Array): void {
      conv.run({ x, weights: kernels, bias: kernelBias }, { y: net });
      for (let i = 0; i < net.length; i++) active[i] = Math.max(net[i], 0);
      pool.run({ x: active }, { y: pooled });
      layer.run({ x: pooled, weights, bias }, { y: logits });
      normalize.run({ x: logits }, { y: probabilities });
    },
  };
}

/** Σ over samples of ln Σe^z − z of the right class, each logit beside the largest of its row. */
function crossEntropy(logits: Float32Array, target: Float32Array, classes: number): number {
  let loss = 0;
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const logarithm = Math.log(row.reduce((sum, z) => sum + Math.exp(z - largest), 0));
    for (let c = 0; c < classes; c++) if (target[start + c] !== 0) loss += target[start + c] * (logarithm - (row[c] - largest));
  }
  return loss;
}

function backwardPass(attributes: ConvolutionalNetworkAttributes, shapes: NetworkShapes) {
  const forward = forwardPass(attributes, shapes);
  const { netShape, pooledShape, outputShape, net, active, pooled, logits } = forward;
  const [, , kernelHeight, kernelWidth] = shapes.kernels;
  const features: Shape = [shapes.x[0], shapes.weights[1]];
  const throughLayer = denseKernels['dense.inputGradient']({}, { weights: shapes.weights, dy: outputShape });
  const ofWeights = denseKernels['dense.weightGradient']({}, { x: features, dy: outputShape });
  const throughPool = poolingKernels['maxPool2d.backward'](attributes.pooling, { x: netShape, dy: pooledShape });
  const ofKernels = convolutionKernels['conv2d.weightGradient'](
    { ...attributes.convolution, kernelSize: [kernelHeight, kernelWidth] },
    { x: shapes.x, dy: netShape },
  );
  const ofKernelBias = convolutionKernels['conv2d.biasGradient']({}, { dy: netShape });
  const [probabilities, dLogits] = [buffer(outputShape), buffer(outputShape)];
  const [dPooled, dNet] = [buffer(pooledShape), buffer(netShape)];
  /** Fills the gradients and returns the loss. */
  return (x: Float32Array, target: Float32Array, weights: Weights, gradients: Weights): number => {
    forward.run(x, weights, probabilities);
    for (let i = 0; i < dLogits.length; i++) dLogits[i] = probabilities[i] - target[i];
    ofWeights.run({ x: pooled, dy: dLogits }, { dWeights: gradients.weights });
    sumOverBatch(dLogits, gradients.bias);
    throughLayer.run({ weights: weights.weights, dy: dLogits }, { dx: dPooled });
    throughPool.run({ x: active, dy: dPooled }, { dx: dNet });
    for (let i = 0; i < dNet.length; i++) if (!(net[i] > 0)) dNet[i] = 0;
    ofKernels.run({ x, dy: dNet }, { dWeights: gradients.kernels });
    ofKernelBias.run({ dy: dNet }, { dBias: gradients.kernelBias });
    return crossEntropy(logits, target, outputShape[1]);
  };
}

const names = ['kernels', 'kernelBias', 'weights', 'bias'] as const;

export const convolutionalNetworkKernels: Builders<Names> = {
  'convolutionalNetwork.forward': (attributes, shapes) => {
    const { outputShape, run } = forwardPass(attributes, shapes);
    return {
      outputs: { probabilities: outputShape },
      run: ({ x, ...weights }, { probabilities }) => run(x, weights, probabilities),
    };
  },

  'convolutionalNetwork.backward': (attributes, shapes) => {
    const backward = backwardPass(attributes, shapes);
    return {
      outputs: {
        loss: [],
        dKernels: shapes.kernels,
        dKernelBias: shapes.kernelBias,
        dWeights: shapes.weights,
        dBias: shapes.bias,
      },
      run: ({ x, target, ...weights }, { loss, dKernels, dKernelBias, dWeights, dBias }) => {
        const gradients = { kernels: dKernels, kernelBias: dKernelBias, weights: dWeights, bias: dBias };
        loss[0] = backward(x, target, weights, gradients);
      },
    };
  },

  'convolutionalNetwork.trainStep': ({ learningRate, ...attributes }, shapes) => {
    const backward = backwardPass(attributes, shapes);
    const { kernels, kernelBias, weights, bias } = shapes;
    const gradients = {
      kernels: buffer(kernels),
      kernelBias: buffer(kernelBias),
      weights: buffer(weights),
      bias: buffer(bias),
    };
    return {
      outputs: { loss: [], kernels, kernelBias, weights, bias },
      run: ({ x, target, ...before }, { loss, ...after }) => {
        loss[0] = backward(x, target, before, gradients);
        for (const name of names)
          for (let i = 0; i < after[name].length; i++) after[name][i] = before[name][i] - learningRate * gradients[name][i];
      },
    };
  },
};
