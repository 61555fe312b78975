/** Permuted, repeated and shifted inputs: what must move along with them and what must stay (Row C4). */
import type fc from 'fast-check';
import type { Attributes } from '../../../backends/signatures.ts';
import type { Shape, Tensor } from '../../../reference/tensor.ts';
import type { AnyOperation } from '../../judging/operation.ts';
import { type Example, type Relation, requireEqual } from '../../judging/relation.ts';
import { exampleOf, integers, rows, tensorOf } from './examples.ts';

/** Operations whose every output has one row for each sample: the samples do not know of each other. */
function treatsSamplesAlike({ name, topic, cases, inputs, outputs }: AnyOperation): boolean {
  // Integers are no probabilities.
  if (topic === 'Losses') return false;
  if (name.startsWith('mlp.')) return name === 'mlp.forward';
  const [{ attributes }] = cases;
  const leads = ({ dimensions }: { readonly dimensions: readonly string[] }) => dimensions[0] === 'batch';
  return Object.values(inputs(attributes)).some(leads) && Object.values(outputs(attributes)).every(leads);
}

/** The samples in reverse order, and the first once more at the end. */
const samples: Relation = {
  name: 'samples permuted and repeated',
  rows: [],
  draw: (own) => exampleOf(own),
  async check({ attributes, tensors }, ask, operation) {
    const specifications = operation.inputs(attributes);
    const names = Object.keys(tensors).filter((name) => specifications[name].dimensions[0] === 'batch');
    const batch = tensors[names[0]].shape[0];
    const order = [...Array.from({ length: batch }, (_, i) => batch - 1 - i), 0];
    const moved = { ...tensors, ...Object.fromEntries(names.map((name) => [name, rows(tensors[name], order)])) };
    const plain = await ask(operation.name, attributes, tensors);
    const permuted = await ask(operation.name, attributes, moved);
    for (const [name, y] of Object.entries(plain.outputs)) {
      const limits = rows(tensorOf(y.shape, plain.limits[name]), order).data;
      requireEqual(
        `${name} of samples ${order.join(', ')}`,
        permuted.outputs[name].data,
        rows(y, order).data,
        (i) => limits[i] + permuted.limits[name][i],
      );
    }
    return undefined;
  },
};

/** Makes the relation of the entries whose samples do not know of each other. */
export const samplesRelations = (entry: AnyOperation): readonly Relation[] => (treatsSamplesAlike(entry) ? [samples] : []);

/** The rows from `first` up to `end` of each channel of [batch, channels, height, width]. */
function crop(x: Tensor, first: number, end: number): Tensor {
  const [batch, channels, height, width] = x.shape;
  const shape: Shape = [batch, channels, end - first, width];
  const kept: number[] = [];
  for (let plane = 0; plane < batch * channels; plane++) {
    kept.push(...x.data.subarray((plane * height + first) * width, (plane * height + end) * width));
  }
  return tensorOf(shape, kept);
}

/** Without padding, the same image shifted by a stride gives the same feature map shifted by one. */
export const shiftedWithItsInput: Relation = {
  name: 'shifted with its input',
  rows: ['C4'],
  draw: (own) => exampleOf(own).chain(shiftable),
  async check({ attributes, tensors }, ask, { name: operation }) {
    const { x, ...others } = tensors;
    const unpadded: Attributes = { ...attributes, padding: [0, 0, 0, 0] };
    const [step] = attributes.stride as readonly number[];
    const height = x.shape[2];
    const upper = await ask(operation, unpadded, { ...others, x: crop(x, 0, height - step) });
    const lower = await ask(operation, unpadded, { ...others, x: crop(x, step, height) });
    const mapRows = upper.outputs.y.shape[2];
    const limits = (answer: typeof upper) => tensorOf(answer.outputs.y.shape, answer.limits.y);
    const [above, below] = [crop(limits(upper), 1, mapRows).data, crop(limits(lower), 0, mapRows - 1).data];
    requireEqual(
      `y of x shifted by ${step} rows`,
      crop(lower.outputs.y, 0, mapRows - 1).data,
      crop(upper.outputs.y, 1, mapRows).data,
      (i) => above[i] + below[i],
    );
    return undefined;
  },
};

/** The same example with an image in which the window has two places, one above the other, after the shift as well. */
function shiftable({ sizes, attributes, tensors }: Example): fc.Arbitrary<Example> {
  const { x, weights } = tensors;
  const [batch, channels, height, width] = x.shape;
  const [step] = attributes.stride as readonly number[];
  const tall = Math.max(height, reach(attributes, weights) + 2 * step);
  const wide = Math.max(width, across(attributes, weights));
  return integers([batch, channels, tall, wide]).map((image) => ({ sizes, attributes, tensors: { ...tensors, x: image } }));
}

/** Rows and columns that one window covers. */
function reach(attributes: Attributes, weights?: Tensor, axis = 0): number {
  const window = (weights ? weights.shape.slice(2) : (attributes.window as readonly number[]))[axis];
  const dilation = (attributes.dilation as readonly number[] | undefined)?.[axis] ?? 1;
  return dilation * (window - 1) + 1;
}
const across = (attributes: Attributes, weights?: Tensor) => reach(attributes, weights, 1);

/** Not required of anyone: threads may add up in any order. */
export const sameBits: Relation = {
  name: 'same call, same bits',
  rows: [],
  draw: (own) =>
    exampleOf(own).map((example) => ({
      ...example,
      tensors: Object.fromEntries(
        Object.entries(example.tensors).map(([input, x]) => [input, tensorOf(x.shape, x.data.map(Math.exp))]),
      ),
    })),
  async check({ attributes, tensors }, ask, { name }) {
    const first = await ask(name, attributes, tensors);
    const second = await ask(name, attributes, tensors);
    const differs = Object.entries(first.outputs).some(([output, { data }]) =>
      data.some((value, i) => !Object.is(value, second.outputs[output].data[i])),
    );
    return differs ? 'two calls with the same inputs differ in their last bits, which is allowed' : undefined;
  },
};
