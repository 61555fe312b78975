/** An operation whose usual graph the WebGPU provider cannot run, composed of operators that it has. */
import { sizeOf } from '../../reference/tensor.ts';
import { unreached } from './convolution.ts';
import type { Value } from './model.ts';
import type { Builders } from './program.ts';

export const composedBuilders: Builders<'maxPool2d.backward'> = {
  /**
   * Without MaxPool's indices: for each place in the window a map of the windows whose first maximum stands there, times dy. A
   * ConvTranspose with one kernel per place, which is 1 there and 0 elsewhere, puts each back where its window took it from.
   */
  'maxPool2d.backward': ({ graph, attributes: { window, stride, padding }, shapes, inputs: { x, dy } }) => {
    const [batch, channels, ...inputSize] = shapes.x;
    const [height, width] = shapes.dy.slice(2);
    const pooled = { kernel_shape: [...window], strides: [...stride], pads: [...padding] };
    const largest = graph.op('MaxPool', [x], pooled);
    // What is padded must not be taken for the maximum: the most negative number, not an infinity, which the device may not know.
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
    return { dx: graph.reshape(spread, shapes.x) };
  },
};
