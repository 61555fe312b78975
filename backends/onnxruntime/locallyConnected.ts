/**
 * The locally connected layer (Row C3), for which ONNX has no operator: Gather takes the patches, one batch of matrix products
 * multiplies them position by position, and ScatterElements adds their gradients back.
 */
import { sizeOf } from '../../reference/tensor.ts';
import type { LocallyConnectedAttributes, Pair } from '../signatures.ts';
import type { Graph, Value } from './model.ts';
import type { Builders } from './program.ts';

type LocalOperations =
  | 'locallyConnected2d'
  | 'locallyConnected2d.inputGradient'
  | 'locallyConnected2d.weightGradient'
  | 'locallyConnected2d.biasGradient';

/** The sizes that both passes need. */
function localGeometry(
  { stride, padding: [top, left, bottom, right] }: LocallyConnectedAttributes,
  [batch, channels, height, width]: readonly number[],
  [outputHeight, outputWidth]: Pair,
  [kernelHeight, kernelWidth]: Pair,
) {
  const padded = [batch, channels, height + top + bottom, width + left + right];
  /** The places of each patch's elements in one padded image, position by position. */
  const places: number[] = [];
  for (let r = 0; r < outputHeight; r++)
    for (let s = 0; s < outputWidth; s++)
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < kernelHeight; i++)
          for (let j = 0; j < kernelWidth; j++)
            places.push((c * padded[2] + r * stride[0] + i) * padded[3] + s * stride[1] + j);
  return { padded, places, positions: outputHeight * outputWidth, patch: channels * kernelHeight * kernelWidth };
}
type Geometry = ReturnType<typeof localGeometry>;

/** [positions, batch, patch]: every patch of the padded image. */
function patchesOf(
  graph: Graph,
  x: Value,
  { padding: [top, left, bottom, right] }: LocallyConnectedAttributes,
  geometry: Geometry,
) {
  const { padded, places, positions, patch } = geometry;
  const [batch] = padded;
  const image = graph.op('Pad', [x, graph.integers([0, 0, top, left, 0, 0, bottom, right])]);
  const rows = graph.reshape(image, [batch, sizeOf(padded.slice(1))]);
  const gathered = graph.op('Gather', [rows, graph.integers(places)], { axis: 1 });
  return graph.op('Transpose', [graph.reshape(gathered, [batch, positions, patch])], { perm: [1, 0, 2] });
}

/** dy [batch, outputs, height, width] → [positions, batch, outputs]. */
function byPosition(graph: Graph, dy: Value, [batch, outputs, height, width]: readonly number[]): Value {
  return graph.op('Transpose', [graph.reshape(dy, [batch, outputs, height * width])], { perm: [2, 0, 1] });
}

export const locallyConnectedBuilders: Builders<LocalOperations> = {
  locallyConnected2d: ({ graph, attributes, shapes, inputs: { x, weights, bias } }) => {
    const [outputHeight, outputWidth, outputs, , kernelHeight, kernelWidth] = shapes.weights;
    const geometry = localGeometry(attributes, shapes.x, [outputHeight, outputWidth], [kernelHeight, kernelWidth]);
    const matrices = graph.reshape(weights, [geometry.positions, outputs, geometry.patch]);
    const transposed = graph.op('Transpose', [matrices], { perm: [0, 2, 1] });
    const products = graph.op('MatMul', [patchesOf(graph, x, attributes, geometry), transposed]);
    const maps = graph.op('Transpose', [products], { perm: [1, 2, 0] });
    const y = graph.reshape(maps, [shapes.x[0], outputs, outputHeight, outputWidth]);
    return { y: bias ? graph.op('Add', [y, bias]) : y };
  },

  'locallyConnected2d.inputGradient': ({ graph, attributes, shapes, inputs: { weights, dy } }) => {
    const [outputHeight, outputWidth, outputs, channels, kernelHeight, kernelWidth] = shapes.weights;
    const [batch] = shapes.dy;
    const [height, width] = attributes.inputSize;
    const [top, left] = attributes.padding;
    const geometry = localGeometry(
      attributes,
      [batch, channels, height, width],
      [outputHeight, outputWidth],
      [kernelHeight, kernelWidth],
    );
    const { padded, places, positions, patch } = geometry;
    const matrices = graph.reshape(weights, [positions, outputs, patch]);
    const dPatches = graph.op('MatMul', [byPosition(graph, dy, shapes.dy), matrices]);
    const updates = graph.reshape(graph.op('Transpose', [dPatches], { perm: [1, 0, 2] }), [batch, positions * patch]);
    const zeros = graph.op('Expand', [graph.number(0), graph.integers([batch, sizeOf(padded.slice(1))])]);
    const indices = graph.op('Expand', [graph.integers(places), graph.integers([batch, places.length])]);
    const added = graph.op('ScatterElements', [zeros, indices, updates], { axis: 1, reduction: 'add' });
    const image = graph.reshape(added, padded);
    const ends = graph.integers([top + height, left + width]);
    return { dx: graph.op('Slice', [image, graph.integers([top, left]), ends, graph.integers([2, 3])]) };
  },

  'locallyConnected2d.weightGradient': ({ graph, attributes, shapes, inputs: { x, dy } }) => {
    const [, outputs, outputHeight, outputWidth] = shapes.dy;
    const geometry = localGeometry(attributes, shapes.x, [outputHeight, outputWidth], attributes.kernelSize);
    const perOutput = graph.op('Transpose', [byPosition(graph, dy, shapes.dy)], { perm: [0, 2, 1] });
    const products = graph.op('MatMul', [perOutput, patchesOf(graph, x, attributes, geometry)]);
    return {
      dWeights: graph.reshape(products, [outputHeight, outputWidth, outputs, shapes.x[1], ...attributes.kernelSize]),
    };
  },

  'locallyConnected2d.biasGradient': ({ graph, inputs: { dy } }) => ({
    dBias: graph.op('ReduceSum', [dy, graph.integers([0])], { keepdims: 0 }),
  }),
};
