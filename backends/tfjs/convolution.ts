/** 2-D convolution (Row C1) by tf.conv2d and tf.depthwiseConv2d, its gradients (Row C2) by tf.grad of these. */
import type { ConvolutionAttributes, Padding, Pair } from '../signatures.ts';
import { depthwiseKernels, images, kernels } from './layouts.ts';
import type { Builders, DeviceTensor, DeviceTensor4D, Layout, Tf } from './program.ts';

type ConvolutionOperations =
  | 'conv2d'
  | 'conv2d.inputGradient'
  | 'conv2d.weightGradient'
  | 'conv2d.biasGradient'
  | 'conv2d.matrix';

interface Convolution {
  /** How the weights stand on the device. */
  readonly kernels: Layout;
  readonly apply: (x: DeviceTensor, weights: DeviceTensor) => DeviceTensor;
}

/** Padding in the library's words, for NHWC images: rows and columns, before and after. */
export function explicitPadding([top, left, bottom, right]: Padding): [
  [number, number],
  [number, number],
  [number, number],
  [number, number],
] {
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

/**
 * The kernels of tfjs-node take such a padding only in tf.conv2d itself ("TF Backend supports only 'valid' and 'same' padding"):
 * elsewhere the images are padded first, by tf.pad.
 */
export function padsApart(tf: Tf, padding: Padding): boolean {
  return tf.getBackend() === 'tensorflow' && padding.some((size) => size > 0);
}

/**
 * The kernel with dilation − 1 zeros between its elements: a convolution with it at dilation 1 is the dilated convolution.
 * tfjs refuses stride and dilation together ("Either strides or dilations must be 1"), and dilation in gradients ("dilation
 * rates greater than 1 are not yet supported in gradients"); written this way, it computes both.
 */
function spread(tf: Tf, weights: DeviceTensor, [vertical, horizontal]: Pair): DeviceTensor {
  const [height, width, inputs, outputs] = weights.shape;
  // One axis after the other: on WebGPU tf.pad has no working program for more than four.
  const rows = tf.pad(tf.reshape(weights, [height, 1, width * inputs * outputs]), [
    [0, 0],
    [0, vertical - 1],
    [0, 0],
  ]);
  const cells = tf.pad(tf.reshape(rows, [height * vertical, width, 1, inputs * outputs]), [
    [0, 0],
    [0, 0],
    [0, horizontal - 1],
    [0, 0],
  ]);
  const grid = tf.reshape(cells, [height * vertical, width * horizontal, inputs, outputs]);
  return tf.slice(grid, [0, 0, 0, 0], [(height - 1) * vertical + 1, (width - 1) * horizontal + 1, inputs, outputs]);
}

const isOne = ([vertical, horizontal]: Pair): boolean => vertical === 1 && horizontal === 1;

/**
 * The library's call for these attributes, to be differentiated by its input, by its filter or not at all. Groups of one
 * channel each are tf.depthwiseConv2d, if the device has that kernel's gradient; other groups, which the library lacks, are
 * convolved apart and concatenated.
 */
export function convolution(
  tf: Tf,
  attributes: ConvolutionAttributes,
  inputChannels: number,
  gradient?: 'Input' | 'Filter',
): Convolution {
  const { groups } = attributes;
  const stride: [number, number] = [...attributes.stride];
  const padding = explicitPadding(attributes.padding);
  const padsFirst = gradient !== undefined && padsApart(tf, attributes.padding);
  const spreads = !isOne(attributes.dilation) && (gradient !== undefined || !isOne(attributes.stride));
  const dilation: [number, number] = spreads ? [1, 1] : [...attributes.dilation];
  const differentiable =
    gradient === undefined || tf.getKernel(`DepthwiseConv2dNativeBackprop${gradient}`, tf.getBackend()) !== undefined;
  const depthwise = groups > 1 && groups === inputChannels && differentiable;

  function convolve(x: DeviceTensor, weights: DeviceTensor): DeviceTensor {
    const call = depthwise ? tf.depthwiseConv2d : tf.conv2d;
    if (padsFirst)
      return call(tf.pad(x as DeviceTensor4D, padding), weights as DeviceTensor4D, stride, 'valid', 'NHWC', dilation);
    return call(x as DeviceTensor4D, weights as DeviceTensor4D, stride, padding, 'NHWC', dilation);
  }
  function apply(x: DeviceTensor, weights: DeviceTensor): DeviceTensor {
    const kernel = spreads ? spread(tf, weights, attributes.dilation) : weights;
    if (groups === 1 || depthwise) return convolve(x, kernel);
    const kernelsOfGroups = tf.split(kernel, groups, 3);
    return tf.concat(
      tf.split(x, groups, 3).map((part, group) => convolve(part, kernelsOfGroups[group])),
      3,
    );
  }
  return { kernels: depthwise ? depthwiseKernels(groups) : kernels, apply };
}

/** As in dense.ts, the point at which tf.grad differentiates is zero where the gradient does not depend on it. */
export const convolutionBuilders: Builders<ConvolutionOperations> = {
  conv2d: ({ tf, attributes, shapes }) => {
    const { kernels, apply } = convolution(tf, attributes, shapes.x[1]);
    return {
      inputLayouts: { x: images, weights: kernels },
      outputLayouts: { y: images },
      compute: ({ x, weights, bias }) => ({ y: bias ? tf.add(apply(x, weights), bias) : apply(x, weights) }),
    };
  },

  'conv2d.inputGradient': ({ tf, attributes, shapes, keep }) => {
    const inputChannels = shapes.weights[1] * attributes.groups;
    const { kernels, apply } = convolution(tf, attributes, inputChannels, 'Input');
    const origin = keep(tf.zeros([shapes.dy[0], ...attributes.inputSize, inputChannels]));
    return {
      inputLayouts: { weights: kernels, dy: images },
      outputLayouts: { dx: images },
      compute: ({ weights, dy }) => ({ dx: tf.grad((x) => apply(x, weights))(origin, dy) }),
    };
  },

  'conv2d.weightGradient': ({ tf, attributes, shapes, keep }) => {
    const inputChannels = shapes.x[1];
    const { kernels, apply } = convolution(tf, attributes, inputChannels, 'Filter');
    const shape = [shapes.dy[1], inputChannels / attributes.groups, ...attributes.kernelSize];
    const origin = keep(tf.tidy(() => kernels.toDevice(tf, tf.zeros(shape))));
    return {
      inputLayouts: { x: images, dy: images },
      outputLayouts: { dWeights: kernels },
      compute: ({ x, dy }) => ({ dWeights: tf.grad((weights) => apply(x, weights))(origin, dy) }),
    };
  },

  /** Its columns are the convolutions of the images that have one 1. */
  'conv2d.matrix': ({ tf, attributes, shapes, keep }) => {
    const inputChannels = shapes.weights[1] * attributes.groups;
    const { kernels, apply } = convolution(tf, attributes, inputChannels);
    const [height, width] = attributes.inputSize;
    const pixels = inputChannels * height * width;
    const unitImages = keep(
      tf.tidy(() => images.toDevice(tf, tf.reshape(tf.eye(pixels), [pixels, inputChannels, height, width]))),
    );
    return {
      inputLayouts: { weights: kernels },
      compute: ({ weights }) => {
        const maps = images.fromDevice(tf, apply(unitImages, weights));
        return { matrix: tf.transpose(tf.reshape(maps, [pixels, -1])) };
      },
    };
  },

  'conv2d.biasGradient': ({ tf, shapes, keep }) => {
    const [batch, channels, height, width] = shapes.dy;
    const maps = keep(tf.zeros([batch, height, width, channels]));
    const origin = keep(tf.zeros([channels]));
    return {
      inputLayouts: { dy: images },
      compute: ({ dy }) => ({ dBias: tf.grad((bias) => tf.add(maps, bias))(origin, dy) }),
    };
  },
};
