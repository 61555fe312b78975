/** Pooling (Row C7) by MaxPool and AveragePool. ONNX has no operator for their gradients: those are composed. */
import { type Shape, sizeOf } from '../../reference/tensor.ts';
import type { Pair, PoolingAttributes } from '../signatures.ts';
import { unreached } from './convolution.ts';
import type { Builders } from './program.ts';

type PoolingOperations = 'maxPool2d' | 'maxPool2d.backward' | 'averagePool2d' | 'averagePool2d.backward';

function onnxAttributes({ window, stride, padding }: PoolingAttributes) {
  return { kernel_shape: [...window], strides: [...stride], pads: [...padding] };
}

/** How many real elements, not padding, each window along one axis has. */
function realElements(axis: 0 | 1, input: Pair, output: Shape, { window, stride, padding }: PoolingAttributes): number[] {
  return Array.from({ length: output[2 + axis] }, (_, position) => {
    const start = position * stride[axis] - padding[axis];
    return Math.min(start + window[axis], input[axis]) - Math.max(start, 0);
  });
}

export const poolingBuilders: Builders<PoolingOperations> = {
  maxPool2d: ({ graph, attributes, inputs }) => ({ y: graph.op('MaxPool', [inputs.x], onnxAttributes(attributes)) }),

  /** Each dy is added where MaxPool says that it found the maximum: of tied elements the one whose index it gives takes all. */
  'maxPool2d.backward': ({ graph, attributes, shapes, inputs: { x, dy } }) => {
    const [, found] = graph.ops('MaxPool', [x], 2, onnxAttributes(attributes));
    const zeros = graph.op('Expand', [graph.number(0), graph.integers([sizeOf(shapes.x)])]);
    const windows = [sizeOf(shapes.dy)];
    const places = [zeros, graph.reshape(found, windows), graph.reshape(dy, windows)];
    return { dx: graph.reshape(graph.op('ScatterElements', places, { axis: 0, reduction: 'add' }), shapes.x) };
  },

  averagePool2d: ({ graph, attributes, inputs }) => ({
    y: graph.op('AveragePool', [inputs.x], { ...onnxAttributes(attributes), count_include_pad: 0 }),
  }),

  /** Each dy, divided by the number of elements it is the mean of, is spread over its window: ConvTranspose with ones. */
  'averagePool2d.backward': ({ graph, attributes, shapes, inputs }) => {
    const { window, inputSize } = attributes;
    const [batch, channels, ...size] = shapes.dy;
    const rows = realElements(0, inputSize, shapes.dy, attributes);
    const columns = realElements(1, inputSize, shapes.dy, attributes);
    const counts = graph.constant(
      rows.flatMap((row) => columns.map((column) => row * column)),
      [rows.length, columns.length],
    );
    const shares = graph.op('Div', [inputs.dy, counts]);
    // One channel after another, as if they were the batch, because a window does not mix them.
    const planes = graph.reshape(shares, [batch * channels, 1, ...size]);
    const ones = graph.constant(Array<number>(sizeOf(window)).fill(1), [1, 1, ...window]);
    const skipped = unreached(inputSize, [size[0], size[1]], window, { ...attributes, dilation: [1, 1] });
    const spread = graph.op('ConvTranspose', [planes, ones], {
      strides: [...attributes.stride],
      pads: [...attributes.padding],
      output_padding: [...skipped],
    });
    return { dx: graph.reshape(spread, [batch, channels, ...inputSize]) };
  },
};
