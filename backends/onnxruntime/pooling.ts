/** Pooling (Row C7) by MaxPool and AveragePool. ONNX has no operator for their gradients: those are composed. */
import { type Shape, sizeOf } from '../../reference/tensor.ts';
import type { Pair, PoolingAttributes } from '../signatures.ts';
import { unreached } from './convolution.ts';
import type { Value } from './model.ts';
import type { BuilderContext, Builders } from './program.ts';

type PoolingOperations = 'maxPool2d' | 'maxPool2d.backward' | 'averagePool2d' | 'averagePool2d.backward';

function onnxAttributes({ window, stride, padding }: PoolingAttributes) {
  return { kernel_shape: [...window], strides: [...stride], pads: [...padding] };
}

/** Counts the real elements, not padding, of each window along one axis. */
function realElements(axis: 0 | 1, input: Pair, output: Shape, { window, stride, padding }: PoolingAttributes): number[] {
  return Array.from({ length: output[2 + axis] }, (_, position) => {
    const start = position * stride[axis] - padding[axis];
    return Math.min(start + window[axis], input[axis]) - Math.max(start, 0);
  });
}

/**
 * The gradient of MaxPool where its indices are lacking: for each place in the window a map of the windows whose first maximum stands
 * there, times dy. A ConvTranspose with one kernel per place, which is 1 there and 0 elsewhere, puts each back where its window took it
 * from.
 */
function maxPoolGradient({ graph, attributes, shapes, inputs: { x, dy } }: BuilderContext<'maxPool2d.backward'>): Value {
  const { window, stride, padding } = attributes;
  const [batch, channels, ...inputSize] = shapes.x;
  const [height, width] = shapes.dy.slice(2);
  const largest = graph.op('MaxPool', [x], onnxAttributes(attributes));
  // Padding must not be taken for the maximum: the most negative number, not an infinity, which the device may not know.
  const lowest = graph.number(-(2 - 2 ** -23) * 2 ** 127);
  const [top, left, bottom, right] = padding;
  const padded = graph.op('Pad', [x, graph.integers([0, 0, top, left, 0, 0, bottom, right]), lowest]);
  const [one, none] = [graph.number(1), graph.number(0)];
  let untaken: Value | undefined;
  const shares: Value[] = [];
  for (let row = 0; row < window[0]; row++) {
    for (let column = 0; column < window[1]; column++) {
      const ends = [row + (height - 1) * stride[0] + 1, column + (width - 1) * stride[1] + 1];
      const limits = [[row, column], ends, [2, 3], stride].map((values) => graph.integers(values));
      const here = graph.op('Where', [graph.op('Equal', [graph.op('Slice', [padded, ...limits]), largest]), one, none]);
      const first: Value = untaken === undefined ? here : graph.op('Mul', [here, untaken]);
      untaken = graph.op('Sub', [untaken ?? one, first]);
      shares.push(graph.reshape(graph.op('Mul', [first, dy]), [batch * channels, 1, height, width]));
    }
  }
  const places = sizeOf(window);
  const kernels = graph.constant(
    Array.from({ length: places * places }, (_, index) => (index % (places + 1) === 0 ? 1 : 0)),
    [places, 1, ...window],
  );
  const size: [number, number] = [inputSize[0], inputSize[1]];
  const skipped = unreached(size, [height, width], window, { stride, padding, dilation: [1, 1] });
  const spread = graph.op('ConvTranspose', [graph.op('Concat', shares, { axis: 1 }), kernels], {
    strides: [...stride],
    pads: [...padding],
    output_padding: [...skipped],
  });
  return graph.reshape(spread, shapes.x);
}

export const poolingBuilders: Builders<PoolingOperations> = {
  maxPool2d: ({ graph, attributes, inputs }) => ({ y: graph.op('MaxPool', [inputs.x], onnxAttributes(attributes)) }),

  /** Each dy is added where MaxPool says that it found the maximum: of tied elements the one whose index it gives takes all. */
  'maxPool2d.backward': (context) => {
    const { graph, attributes, shapes, inputs } = context;
    const { x, dy } = inputs;
    if (graph.lacks.has('MaxPool.Indices')) return { dx: maxPoolGradient(context) };
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
