/** 2-D convolution (Row C1) by Conv; its gradients (Row C2) by ConvTranspose, and by Conv with other axes. */
import type { ConvolutionAttributes, Padding, Pair } from '../signatures.ts';
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';

type ConvolutionOperations =
  | 'conv2d'
  | 'conv2d.inputGradient'
  | 'conv2d.weightGradient'
  | 'conv2d.biasGradient'
  | 'conv2d.matrix';

/** ONNX's words for the attributes. Its pads are [top, left, bottom, right] too. */
function onnxAttributes({ stride, padding, dilation, groups }: ConvolutionAttributes) {
  return { strides: [...stride], pads: [...padding], dilations: [...dilation], group: groups };
}

/**
 * The number of rows and columns at the end of the padded input that no window reaches, because the stride skips them:
 * ConvTranspose's output_padding, which the gradient of such an input needs to get its size back.
 */
export function unreached(
  inputSize: Pair,
  outputSize: Pair,
  kernelSize: Pair,
  { stride, padding, dilation }: { stride: Pair; padding: Padding; dilation: Pair },
): Pair {
  const along = (axis: 0 | 1): number => {
    const reached = (outputSize[axis] - 1) * stride[axis] + (kernelSize[axis] - 1) * dilation[axis] + 1;
    return inputSize[axis] + padding[axis] + padding[axis + 2] - reached;
  };
  return [along(0), along(1)];
}

/** [batch, groups · each, height, width] → [each, groups · batch, height, width]: batch and channels change places group by group. */
function batchAsChannels(graph: Graph, x: Value, [batch, channels, ...size]: readonly number[], groups: number): Value {
  const each = channels / groups;
  const split = graph.reshape(x, [batch, groups, each, ...size]);
  const turned = graph.op('Transpose', [split], { perm: [2, 1, 0, 3, 4] });
  return graph.reshape(turned, [each, groups * batch, ...size]);
}

const pair = (shape: readonly number[]): Pair => [shape[2], shape[3]];

export const convolutionBuilders: Builders<ConvolutionOperations> = {
  conv2d: ({ graph, attributes, inputs: { x, weights, bias } }) => ({
    y: graph.op('Conv', bias ? [x, weights, bias] : [x, weights], onnxAttributes(attributes)),
  }),

  /** The adjoint of a convolution. Its weights [inputs of the adjoint, outputs / groups, …] are the convolution's own, as they lie. */
  'conv2d.inputGradient': ({ graph, attributes, shapes, inputs: { weights, dy } }) => {
    const skipped = unreached(attributes.inputSize, pair(shapes.dy), pair(shapes.weights), attributes);
    return {
      dx: graph.op('ConvTranspose', [dy, weights], { ...onnxAttributes(attributes), output_padding: [...skipped] }),
    };
  },

  /**
   * dWeights[o, i, p, q] = Σ over batch n and positions (r, c) of dy[n, o, r, c]·x[n, i, r·stride + p·dilation, …]: a convolution of
   * x with the kernel dy in which the batch is the channel that is summed over, and stride and dilation change places. Rows that
   * the stride skipped make its result longer than the kernel; what is too much is cut off.
   */
  'conv2d.weightGradient': ({ graph, attributes, shapes, inputs: { x, dy } }) => {
    const { stride, dilation, groups, kernelSize } = attributes;
    if (shapes.dy[0] === 0) {
      // Conv does not write its result when there is nothing to sum over: what comes out is what lay in that memory.
      const shape = graph.integers([shapes.dy[1], shapes.x[1] / groups, ...kernelSize]);
      return { dWeights: graph.op('Expand', [graph.number(0), shape]) };
    }
    const products = graph.op(
      'Conv',
      [batchAsChannels(graph, x, shapes.x, groups), graph.op('Transpose', [dy], { perm: [1, 0, 2, 3] })],
      { ...onnxAttributes(attributes), strides: [...dilation], dilations: [...stride] },
    );
    const ends = graph.integers(kernelSize);
    const kernel = graph.op('Slice', [products, graph.integers([0, 0]), ends, graph.integers([2, 3])]);
    return { dWeights: graph.op('Transpose', [kernel], { perm: [1, 0, 2, 3] }) };
  },

  /** Its columns are the convolutions of the images that have one 1. */
  'conv2d.matrix': ({ graph, attributes, shapes, inputs: { weights } }) => {
    const channels = shapes.weights[1] * attributes.groups;
    const pixels = channels * attributes.inputSize[0] * attributes.inputSize[1];
    const units = Array.from({ length: pixels * pixels }, (_, i) => (i % (pixels + 1) === 0 ? 1 : 0));
    const unitImages = graph.constant(units, [pixels, channels, ...attributes.inputSize]);
    const maps = graph.op('Conv', [unitImages, weights], onnxAttributes(attributes));
    return { matrix: graph.op('Transpose', [graph.op('Flatten', [maps], { axis: 1 })], { perm: [1, 0] }) };
  },

  'conv2d.biasGradient': ({ graph, inputs: { dy } }) => ({
    dBias: graph.op('ReduceSum', [dy, graph.integers([0, 2, 3])], { keepdims: 0 }),
  }),
};
