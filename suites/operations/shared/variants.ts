/** Helpers that make the honest variants of several operations. */
import { map, type Tensor } from '../../../reference/tensor.ts';
import type { AttributesOf, Case, HonestVariant, InputsOf, Known, OutputsOf } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import type { Random } from '../../judging/random.ts';
import { everySum, type Sum } from './honestSums.ts';

/** Draws one of several values. */
export const oneOf = <Value>(values: readonly Value[], random: Random): Value => values[random.integer(0, values.length - 1)];

/** Draws one of a table's values. */
export const anyOf = <Value>(table: Readonly<Record<string, Value>>, random: Random): Value =>
  oneOf(Object.values(table), random);

/** Draws an order of summation. */
export const anySum = (random: Random): Sum => anyOf(everySum, random);

/** Makes results below the smallest normal number zeros of their sign, which is how processors flush. */
function flushed<Tensors extends object>(tensors: Tensors): Tensors {
  const { smallestNormal } = precisions.float32;
  const flush = (x: Tensor) => map(x, (value) => (Math.abs(Math.fround(value)) < smallestNormal ? 0 * value : value));
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, flush(x)])) as Tensors;
}

type Reference<Of extends Known> = (inputs: InputsOf<Of>, attributes: AttributesOf<Of>) => OutputsOf<Of>;

/** Flushes the reference's results. */
export const flushedResults = <Of extends Known>(reference: Reference<Of>): HonestVariant<Of> => ({
  name: 'activations: subnormal results flushed to 0 where declared',
  outputs: ({ inputs, attributes }) => flushed(reference(inputs, attributes)),
  declared: { subnormals: 'flushed' },
});

/** Flushes the inputs, then the reference's results. */
export const flushedInputs = <Of extends Known>(reference: Reference<Of>): HonestVariant<Of> => ({
  name: 'activations: subnormal numbers taken for 0 where declared',
  outputs: ({ inputs, attributes }) => flushed(reference(flushed(inputs), attributes)),
  declared: { subnormals: 'flushed' },
});

/** Makes a variant of each order in which a sum's terms can be added up. */
export const inEveryOrder = <Of extends Known>(
  outputs: (asked: Case<Of>, sum: Sum) => OutputsOf<Of>,
): readonly HonestVariant<Of>[] =>
  Object.entries(everySum).map(([order, sum]) => ({
    name: `sums of products: ${order}`,
    outputs: (asked) => outputs(asked, sum),
  }));
