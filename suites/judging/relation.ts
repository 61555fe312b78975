/**
 * Metamorphic relations: they hold between the answers of one backend. No expected value is looked at; what an answer may be
 * wrong by comes from its operation's derived bound, which is 0 where the numbers are integers and their sums exact.
 */
import type fc from 'fast-check';
import type { Attributes, NamedTensors } from '../../backends/signatures.ts';
import type { Tensor } from '../../reference/tensor.ts';
import type { AnyOperation, Sizes } from './operation.ts';

/** The inputs that a relation is asked with: small integers, so that a failure is one that a person can work by hand. */
export interface Example {
  readonly sizes: Sizes;
  readonly attributes: Attributes;
  readonly tensors: NamedTensors;
}

/** One answer of the backend with the largest error that its bound permits, element by element. */
export interface Answered {
  readonly outputs: NamedTensors;
  readonly limits: Readonly<Record<string, Float64Array>>;
}

export type Ask = (operation: string, attributes: Attributes, inputs: NamedTensors) => Promise<Answered>;

/** Finds an operation of the table by its name. */
export type Table = (name: string) => AnyOperation;

export interface Relation {
  /** Free words: 'linear in dy', 'adjoint of conv2d'. */
  readonly name: string;
  /** Rows of the inventory that state it. */
  readonly rows: readonly string[];
  /** Examples for the entry that has the relation. */
  readonly draw: (own: AnyOperation, table: Table) => fc.Arbitrary<Example>;
  /** Throws what is wrong; returns a remark where something is reported and not required. */
  readonly check: (example: Example, ask: Ask, own: AnyOperation) => Promise<string | undefined>;
}

/** Thrown by a check where an example has nothing to compare, such as an image too small to be shifted: it does not count as judged. */
export class Inapplicable extends Error {}

/**
 * Compares two lists of numbers, element by element.
 *
 * @throws Error saying where they differ by more than their limits permit.
 */
export function requireEqual(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  limit: (i: number) => number = () => 0,
): void {
  if (actual.length !== expected.length) throw new Error(`${what}: ${actual.length} numbers, not ${expected.length}`);
  for (let i = 0; i < actual.length; i++) {
    // Examples are of small integers: nothing that is due is infinite or NaN, and two NaN agree in nothing.
    if (actual[i] === expected[i] && Number.isFinite(actual[i])) continue;
    const error = Math.abs(actual[i] - expected[i]);
    if (!(error <= limit(i))) {
      throw new Error(`${what}: element ${i} is ${actual[i]}, not ${expected[i]} (apart ${error}, permitted ${limit(i)})`);
    }
  }
}

/** Σaᵢbᵢ in float64. */
export function innerProduct(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i] * b.data[i];
  return sum;
}

/** Σ|aᵢ|·limitᵢ: what an inner product with an answer may be wrong by, and a little for its own rounding in float64. */
export function innerLimit(a: Tensor, answer: Tensor, limit: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < limit.length; i++) sum += Math.abs(a.data[i]) * (limit[i] + 2 ** -44 * Math.abs(answer.data[i]));
  return sum;
}
