/**
 * The locally connected layer (Row C3), which the library does not have in two dimensions: its patches by tf.gather, multiplied
 * position by position in one batch of matrix products; the gradients by tf.grad of that.
 */
import type { LocallyConnectedAttributes, Pair } from '../signatures.ts';
import type { Builders, DeviceTensor, Tf } from './program.ts';

type LocalOperations =
  | 'locallyConnected2d'
  | 'locallyConnected2d.inputGradient'
  | 'locallyConnected2d.weightGradient'
  | 'locallyConnected2d.biasGradient';

/** The places of each patch's elements in one padded image, position by position. */
export function patchPlaces(
  [channels, height, width]: readonly [number, number, number],
  [outputHeight, outputWidth]: Pair,
  [kernelHeight, kernelWidth]: Pair,
  { stride, padding: [top, left, bottom, right] }: LocallyConnectedAttributes,
): number[] {
  const [paddedHeight, paddedWidth] = [height + top + bottom, width + left + right];
  const places: number[] = [];
  for (let r = 0; r < outputHeight; r++)
    for (let s = 0; s < outputWidth; s++)
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < kernelHeight; i++)
          for (let j = 0; j < kernelWidth; j++)
            places.push((c * paddedHeight + r * stride[0] + i) * paddedWidth + s * stride[1] + j);
  return places;
}

/** y without bias: x [batch, channels, height, width] and weights as they lie. */
function layer(
  tf: Tf,
  attributes: LocallyConnectedAttributes,
  [batch, channels, height, width]: readonly number[],
  [outputHeight, outputWidth, outputs, , kernelHeight, kernelWidth]: readonly number[],
  keep: <Kept extends { dispose(): void }>(kept: Kept) => Kept,
): (x: DeviceTensor, weights: DeviceTensor) => DeviceTensor {
  const [top, left, bottom, right] = attributes.padding;
  const [positions, patch] = [outputHeight * outputWidth, channels * kernelHeight * kernelWidth];
  const places = patchPlaces([channels, height, width], [outputHeight, outputWidth], [kernelHeight, kernelWidth], attributes);
  const indices = keep(tf.tensor1d(places, 'int32'));
  return (x, weights) => {
    const padded = tf.pad(x, [
      [0, 0],
      [0, 0],
      [top, bottom],
      [left, right],
    ]);
    const pixels = tf.transpose(tf.reshape(padded, [batch, channels * (top + height + bottom) * (left + width + right)]));
    const patches = tf.reshape(tf.gather(pixels, indices), [positions, patch, batch]);
    // [positions, outputs, patch] times [positions, patch, batch].
    const y = tf.matMul(tf.reshape(weights, [positions, outputs, patch]), patches);
    return tf.reshape(tf.transpose(y, [2, 1, 0]), [batch, outputs, outputHeight, outputWidth]);
  };
}

/** As in dense.ts, the point at which tf.grad differentiates is zero where the gradient does not depend on it. */
export const locallyConnectedBuilders: Builders<LocalOperations> = {
  locallyConnected2d: ({ tf, attributes, shapes, keep }) => {
    const apply = layer(tf, attributes, shapes.x, shapes.weights, keep);
    return { compute: ({ x, weights, bias }) => ({ y: bias ? tf.add(apply(x, weights), bias) : apply(x, weights) }) };
  },

  'locallyConnected2d.inputGradient': ({ tf, attributes, shapes, keep }) => {
    const xShape = [shapes.dy[0], shapes.weights[3], ...attributes.inputSize];
    const apply = layer(tf, attributes, xShape, shapes.weights, keep);
    const origin = keep(tf.zeros(xShape));
    return { compute: ({ weights, dy }) => ({ dx: tf.grad((x) => apply(x, weights))(origin, dy) }) };
  },

  'locallyConnected2d.weightGradient': ({ tf, attributes, shapes, keep }) => {
    const [, outputs, outputHeight, outputWidth] = shapes.dy;
    const wShape = [outputHeight, outputWidth, outputs, shapes.x[1], ...attributes.kernelSize];
    const apply = layer(tf, attributes, shapes.x, wShape, keep);
    const origin = keep(tf.zeros(wShape));
    return { compute: ({ x, dy }) => ({ dWeights: tf.grad((weights) => apply(x, weights))(origin, dy) }) };
  },

  'locallyConnected2d.biasGradient': ({ tf, shapes, keep }) => {
    const maps = keep(tf.zeros([...shapes.dy]));
    const origin = keep(tf.zeros(shapes.dy.slice(1)));
    return { compute: ({ dy }) => ({ dBias: tf.grad((bias) => tf.add(maps, bias))(origin, dy) }) };
  },
};
