/**
 * Pooling (Row C7) by tf.maxPool and tf.avgPool, gradients by tf.grad of these. The library's kernels leave the padding out of
 * the maximum and out of the divisor, as Etalon's operations do.
 */
import type { PoolingAttributes } from '../signatures.ts';
import { explicitPadding, padsApart } from './convolution.ts';
import { images } from './layouts.ts';
import type { Builders, DeviceTensor, DeviceTensor4D, Tf } from './program.ts';

type PoolingOperations = 'maxPool2d' | 'maxPool2d.backward' | 'averagePool2d' | 'averagePool2d.backward';

type Pooling = (x: DeviceTensor) => DeviceTensor;

export function pooling(tf: Tf, kind: 'maxPool' | 'avgPool', attributes: PoolingAttributes): Pooling {
  const padding = explicitPadding(attributes.padding);
  if (padsApart(tf, attributes.padding))
    return kind === 'maxPool' ? paddedMaximum(tf, attributes) : paddedAverage(tf, attributes);
  return (x) => tf[kind](x as DeviceTensor4D, [...attributes.window], [...attributes.stride], padding);
}

/** The padding never wins: it is −∞. */
function paddedMaximum(tf: Tf, { padding, window, stride }: PoolingAttributes): Pooling {
  return (x) => tf.maxPool(tf.pad(x as DeviceTensor4D, explicitPadding(padding), -Infinity), [...window], [...stride], 'valid');
}

/** The sum of each window, by a convolution with ones of the images padded with zeros, divided by its number of real elements. */
function paddedAverage(tf: Tf, { padding, window, stride }: PoolingAttributes): Pooling {
  const sums = (x: DeviceTensor4D): DeviceTensor4D =>
    tf.depthwiseConv2d(tf.pad(x, explicitPadding(padding)), tf.ones([...window, x.shape[3], 1]), [...stride], 'valid');
  return (x) => tf.div(sums(x as DeviceTensor4D), sums(tf.onesLike(x as DeviceTensor4D)));
}

export const poolingBuilders: Builders<PoolingOperations> = {
  maxPool2d: ({ tf, attributes }) => {
    const pool = pooling(tf, 'maxPool', attributes);
    return { inputLayouts: { x: images }, outputLayouts: { y: images }, compute: ({ x }) => ({ y: pool(x) }) };
  },

  'maxPool2d.backward': ({ tf, attributes }) => {
    const gradient = tf.grad(pooling(tf, 'maxPool', attributes));
    return {
      inputLayouts: { x: images, dy: images },
      outputLayouts: { dx: images },
      compute: ({ x, dy }) => ({ dx: gradient(x, dy) }),
    };
  },

  averagePool2d: ({ tf, attributes }) => {
    const pool = pooling(tf, 'avgPool', attributes);
    return { inputLayouts: { x: images }, outputLayouts: { y: images }, compute: ({ x }) => ({ y: pool(x) }) };
  },

  /** The gradient does not depend on x: it is taken at zero. */
  'averagePool2d.backward': ({ tf, attributes, shapes, keep }) => {
    const [batch, channels] = shapes.dy;
    const origin = keep(tf.zeros([batch, ...attributes.inputSize, channels]));
    const gradient = tf.grad(pooling(tf, 'avgPool', attributes));
    return {
      inputLayouts: { dy: images },
      outputLayouts: { dx: images },
      compute: ({ dy }) => ({ dx: gradient(origin, dy) }),
    };
  },
};
