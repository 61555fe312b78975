/**
 * Large answers are judged on parts: each part is a question of its own, whose outputs are some of the elements of the whole answer.
 * Reference and bound are those of every other question: nothing is loosened.
 */
import type { Attributes } from '../../backends/signatures.ts';
import { sizeOf, type Tensor } from '../../reference/tensor.ts';
import type { AnyOperation, Case, NamedTensors } from '../judging/operation.ts';
import type { Random } from '../judging/random.ts';

export interface Part {
  readonly inputs: NamedTensors;
  readonly attributes: Attributes;
  /** Where each element of the part's output stands in the whole output, in order. */
  readonly positions: readonly number[];
}

type Parts = (asked: Case, random: Random) => Part[];

/** Of each answer; a number has two answers from every process, and all of them must be right. */
const drawnElements = 256;

/** Returns the way to cut an operation's answer into parts; undefined where only the whole can be judged. */
export function partsOf(operation: AnyOperation, asked: Case): Parts | undefined {
  if (operation.element) return byElement(operation);
  const cut = byName[operation.name] ?? (isElementwise(operation, asked) ? elements : undefined);
  return cut && ((...drawn) => cut(...drawn).filter((part) => hasOneAnswer(operation, part)));
}

/** Every input and output has the same axes, and none of them is summed over. */
function isElementwise(operation: AnyOperation, { attributes }: Case): boolean {
  const specifications = [...Object.values(operation.inputs(attributes)), ...Object.values(operation.outputs(attributes))];
  const axes = specifications.map(({ dimensions }) => dimensions.join());
  return new Set(axes).size === 1 && !operation.name.startsWith('softmax');
}

/** Where several answers are right (tied maxima, a kink), only the whole can be judged: such a part is left out. */
function hasOneAnswer({ alternatives = [], reference }: AnyOperation, { inputs, attributes }: Part): boolean {
  if (alternatives.length === 0) return true;
  const first = reference(inputs, attributes);
  return alternatives.every(({ outputs }) =>
    Object.entries(outputs(inputs, attributes)).every(([name, { data }]) =>
      data.every((value, i) => Object.is(value, first[name].data[i])),
    ),
  );
}

const integers = <Item>(count: number, draw: () => Item) => Array.from({ length: count }, draw);

function taken({ dtype, data }: Tensor, shape: readonly number[], positions: readonly number[]): Tensor {
  return { dtype, shape, data: Float64Array.from(positions, (position) => data[position]) };
}

const elementsOfPart = 32;

const elements: Parts = ({ inputs, attributes }, random) => {
  const tensors = Object.entries(inputs);
  const [, { shape }] = tensors[0];
  const own = [...shape.slice(1).map(() => 1), elementsOfPart];
  return integers(drawnElements / elementsOfPart, () => {
    const positions = integers(elementsOfPart, () => random.integer(0, sizeOf(shape) - 1));
    const part = Object.fromEntries(tensors.map(([name, tensor]) => [name, taken(tensor, own, positions)]));
    return { attributes, positions, inputs: part };
  });
};

function byElement(operation: AnyOperation): Parts {
  return ({ inputs, attributes, sizes }, random) => {
    const [[, { dimensions }]] = Object.entries(operation.outputs(attributes));
    const total = sizeOf(dimensions.map((dimension) => sizes[dimension]));
    return integers(drawnElements, () => random.integer(0, total - 1)).map((position) => ({
      ...operation.element!(inputs, attributes, position),
      positions: [position],
    }));
  };
}

/** Rows of [batch, width] inputs. */
const rows: Parts = ({ inputs, attributes }, random) => {
  const tensors = Object.entries(inputs);
  const [batch, width] = tensors[0][1].shape;
  const chosen = integers(Math.min(batch, Math.max(2, Math.ceil(drawnElements / width))), () => random.integer(0, batch - 1));
  const positions = chosen.flatMap((row) => integers(width, counter(row * width)));
  const shape = [chosen.length, width];
  return [
    {
      attributes,
      positions,
      inputs: Object.fromEntries(tensors.map(([name, tensor]) => [name, taken(tensor, shape, positions)])),
    },
  ];
};

function counter(from: number): () => number {
  let next = from;
  return () => next++;
}

/** Images of one channel. */
function plane({ dtype, shape, data }: Tensor, image: number, channel: number): Tensor {
  const [, channels, height, width] = shape;
  const from = (image * channels + channel) * height * width;
  return { dtype, shape: [1, 1, height, width], data: data.slice(from, from + height * width) };
}

/** Whole planes of pooled images and of their gradients; `output` are the height and the width of the answer. */
function planes(outputOf: (asked: Case) => readonly [height: number, width: number]): Parts {
  return (asked, random) => {
    const { inputs, attributes } = asked;
    const tensors = Object.entries(inputs);
    const [batch, channels] = tensors[0][1].shape;
    const [height, width] = outputOf(asked);
    return integers(4, () => random.integer(0, batch * channels - 1)).map((at) => ({
      attributes,
      inputs: Object.fromEntries(
        tensors.map(([name, tensor]) => [name, plane(tensor, Math.floor(at / channels), at % channels)]),
      ),
      positions: integers(height * width, counter(at * height * width)),
    }));
  };
}

/** Columns of a [rows, columns] matrix. */
function columns({ dtype, shape: [height, width], data }: Tensor, chosen: readonly number[]): Tensor {
  const part = new Float64Array(height * chosen.length);
  for (let row = 0; row < height; row++)
    for (const [at, column] of chosen.entries()) part[row * chosen.length + at] = data[row * width + column];
  return { dtype, shape: [height, chosen.length], data: part };
}

/** The gradient of a dense layer's input: rows of dy, all weights. */
const denseInputGradient: Parts = ({ inputs: { weights, dy }, attributes }, random) => {
  const [batch, outputs] = dy.shape;
  const width = weights.shape[1];
  const chosen = integers(2, () => random.integer(0, batch - 1));
  const from = chosen.flatMap((row) => integers(outputs, counter(row * outputs)));
  const positions = chosen.flatMap((row) => integers(width, counter(row * width)));
  return [{ attributes, positions, inputs: { weights, dy: taken(dy, [2, outputs], from) } }];
};

/** The gradient of a dense layer's weights: the rows that belong to some of the outputs. */
const denseWeightGradient: Parts = ({ inputs: { x, dy }, attributes }, random) => {
  const width = x.shape[1];
  const chosen = integers(2, () => random.integer(0, dy.shape[1] - 1));
  const positions = chosen.flatMap((row) => integers(width, counter(row * width)));
  return [{ attributes, positions, inputs: { x, dy: columns(dy, chosen) } }];
};

/** The gradient of a convolution's input: planes of one image and one input channel. */
const convolutionInputGradient: Parts = ({ inputs: { weights, dy }, attributes, sizes }, random) => {
  const { batch, inputChannels, height, width } = sizes;
  const [maps, perGroup, kernelHeight, kernelWidth] = weights.shape;
  const groups = Number(attributes.groups);
  const mapsPerGroup = maps / groups;
  const kernel = kernelHeight * kernelWidth;
  const [, , dyHeight, dyWidth] = dy.shape;
  const plane = dyHeight * dyWidth;
  return integers(2, () => random.integer(0, batch * inputChannels - 1)).map((at) => {
    const [image, channel] = [Math.floor(at / inputChannels), at % inputChannels];
    const first = Math.floor(channel / perGroup) * mapsPerGroup;
    const own = integers(mapsPerGroup, counter(first));
    const kernels = own.flatMap((map) => integers(kernel, counter((map * perGroup + (channel % perGroup)) * kernel)));
    const gradients = own.flatMap((map) => integers(plane, counter((image * maps + map) * plane)));
    return {
      attributes: { ...attributes, groups: 1 },
      inputs: {
        weights: taken(weights, [mapsPerGroup, 1, kernelHeight, kernelWidth], kernels),
        dy: taken(dy, [1, mapsPerGroup, dyHeight, dyWidth], gradients),
      },
      positions: integers(height * width, counter(at * height * width)),
    };
  });
};

/** The gradient of a convolution's kernels: those between one input channel and one map. */
const convolutionWeightGradient: Parts = ({ inputs: { x, dy }, attributes, sizes }, random) => {
  const { batch, inputChannels, outputChannels, kernelHeight, kernelWidth } = sizes;
  const groups = Number(attributes.groups);
  const perGroup = inputChannels / groups;
  const kernel = kernelHeight * kernelWidth;
  const ofAllImages = (tensor: Tensor, channel: number): Tensor => {
    const [, channels, height, width] = tensor.shape;
    const positions = integers(batch, counter(0)).flatMap((image) =>
      integers(height * width, counter((image * channels + channel) * height * width)),
    );
    return taken(tensor, [batch, 1, height, width], positions);
  };
  return integers(16, () => random.integer(0, outputChannels * perGroup - 1)).map((at) => {
    const [map, inGroup] = [Math.floor(at / perGroup), at % perGroup];
    const channel = Math.floor(map / (outputChannels / groups)) * perGroup + inGroup;
    return {
      attributes: { ...attributes, groups: 1 },
      inputs: { x: ofAllImages(x, channel), dy: ofAllImages(dy, map) },
      positions: integers(kernel, counter(at * kernel)),
    };
  });
};

const pooled = planes(({ sizes }) => [sizes.outputHeight, sizes.outputWidth]);
const unpooled = planes(({ sizes }) => [sizes.height, sizes.width]);

const byName: Readonly<Record<string, Parts>> = {
  softmax: rows,
  'softmax.backward': rows,
  averagePool2d: pooled,
  'averagePool2d.backward': unpooled,
  'maxPool2d.backward': unpooled,
  'dense.inputGradient': denseInputGradient,
  'dense.weightGradient': denseWeightGradient,
  'conv2d.inputGradient': convolutionInputGradient,
  'conv2d.weightGradient': convolutionWeightGradient,
};
