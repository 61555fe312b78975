/**
 * Pooling (Row C7) by tf.maxPool and tf.avgPool, gradients by tf.grad of these. The library's kernels leave the padding out of
 * the maximum and out of the divisor, as Etalon's operations do.
 */
import type { PoolingAttributes } from '../signatures.ts';
import { explicitPadding } from './convolution.ts';
import { images } from './layouts.ts';
import type { Builders, DeviceTensor, DeviceTensor4D, Tf } from './program.ts';

type PoolingOperations = 'maxPool2d' | 'maxPool2d.backward' | 'averagePool2d' | 'averagePool2d.backward';

function pooling(tf: Tf, kind: 'maxPool' | 'avgPool', attributes: PoolingAttributes) {
  const padding = explicitPadding(attributes.padding);
  return (x: DeviceTensor): DeviceTensor =>
    tf[kind](x as DeviceTensor4D, [...attributes.window], [...attributes.stride], padding);
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
