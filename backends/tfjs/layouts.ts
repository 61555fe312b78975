/** tfjs computes on NHWC images and HWIO kernels (its CPU, WASM and WebGPU devices have no other); Etalon's are NCHW and OIHW. */
import type { Layout } from './program.ts';

/** [batch, channels, height, width] ↔ [batch, height, width, channels]. */
export const images: Layout = {
  toDevice: (tf, outside) => tf.transpose(outside, [0, 2, 3, 1]),
  fromDevice: (tf, inside) => tf.transpose(inside, [0, 3, 1, 2]),
};

/** [outputChannels, inputChannels / groups, height, width] ↔ [height, width, inputChannels / groups, outputChannels]. */
export const kernels: Layout = {
  toDevice: (tf, outside) => tf.transpose(outside, [2, 3, 1, 0]),
  fromDevice: (tf, inside) => tf.transpose(inside, [3, 2, 0, 1]),
};

/** [channels · multiplier, 1, height, width] ↔ [height, width, channels, multiplier], as tf.depthwiseConv2d wants it. */
export function depthwiseKernels(channels: number): Layout {
  return {
    toDevice(tf, outside) {
      const [outputs, , height, width] = outside.shape;
      return tf.transpose(tf.reshape(outside, [channels, outputs / channels, height, width]), [2, 3, 0, 1]);
    },
    fromDevice(tf, inside) {
      const [height, width, , multiplier] = inside.shape;
      return tf.reshape(tf.transpose(inside, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
    },
  };
}
