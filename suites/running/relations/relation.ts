/**
 * Metamorphic relations: they hold between the answers of one backend. No expected value is looked at; what an answer may be
 * wrong by comes from its operation's derived bound, which is 0 where the numbers are integers and their sums exact.
 */
import fc from 'fast-check';
import type { Attributes, NamedTensors } from '../../../backends/signatures.ts';
import type { Dtype, Tensor } from '../../../reference/tensor.ts';
import type { Sizes } from '../../judging/operation.ts';
import type { Precision } from '../../judging/precision.ts';
import { prepareQuestion, withExpected } from '../../judging/question.ts';
import { operationNamed } from '../../operations/index.ts';
import { jsonNumber, type PropertyOutcome } from '../../runReport.ts';
import type { Answer } from '../properties.ts';

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

export interface Relation {
  /** The operation that it is about; the report shows it there. */
  readonly operation: string;
  /** kebab-case free words: 'linear in dy', 'adjoint of conv2d'. */
  readonly name: string;
  /** Rows of the inventory that state it. */
  readonly rows: readonly string[];
  readonly draw: fc.Arbitrary<Example>;
  /** Throws what is wrong; returns a remark where something is reported and not required. */
  readonly check: (example: Example, ask: Ask) => Promise<string | undefined>;
}

export interface RelationOptions {
  readonly dtype: Dtype;
  readonly precision: Precision;
  readonly seed: number;
  readonly runs: number;
  readonly ask: (operation: string, attributes: Attributes, inputs: NamedTensors) => Promise<Answer>;
}

class Refused extends Error {}

/** Thrown by a check where an example has nothing to compare, such as an image too small to be shifted: it does not count as judged. */
export class Inapplicable extends Error {}

/** Asks a backend at drawn examples whether a relation holds, and shrinks the first that breaks it. */
export async function checkRelation(
  relation: Relation,
  options: RelationOptions,
): Promise<Pick<PropertyOutcome, 'status' | 'runs' | 'skipped' | 'reason' | 'counterexample'>> {
  let judged = 0;
  let skipped = 0;
  let lastSkipped = 'no example was judged';
  let refusal: string | undefined;
  let remark: string | undefined;
  const ask: Ask = async (operation, attributes, inputs) => {
    const answer = await options.ask(operation, attributes, inputs);
    if (answer.kind === 'unsupported') throw new Refused(answer.message);
    if (answer.kind === 'fault') throw new Error(`${operation}: ${answer.message}`);
    const limits = limitsOf(operation, attributes, inputs, options);
    // What may be wrong by any amount agrees with everything.
    if (Object.values(limits).some((limit) => limit.includes(Infinity))) {
      throw new Inapplicable(`${options.precision.name} does not bound ${operation} here`);
    }
    return { outputs: answer.outputs, limits };
  };
  const property = fc.asyncProperty(relation.draw, async (example) => {
    try {
      remark = (await relation.check(example, ask)) ?? remark;
      judged++;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Inapplicable)) throw error;
      if (error instanceof Refused) refusal ??= error.message;
      skipped++;
      lastSkipped = error.message;
    }
  });
  const details = await fc.check(property, { seed: options.seed, numRuns: options.runs });
  if (details.failed && details.counterexample !== null) {
    const [{ attributes, tensors }] = details.counterexample;
    const { errorInstance } = details;
    return {
      status: 'failed',
      runs: details.numRuns,
      reason: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
      counterexample: {
        attributes,
        inputs: Object.fromEntries(
          Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, values: Array.from(data, jsonNumber) }]),
        ),
        path: details.counterexamplePath ?? '',
      },
    };
  }
  if (judged === 0) return { status: 'unsupported', runs: details.numRuns, reason: refusal ?? lastSkipped };
  return { status: 'passed', runs: judged, ...(skipped > 0 && { skipped }), reason: remark };
}

/** What the derived bound of the operation permits for these inputs. */
function limitsOf(
  name: string,
  attributes: Attributes,
  inputs: NamedTensors,
  { precision, seed }: RelationOptions,
): Answered['limits'] {
  const operation = operationNamed(name);
  const asked = { id: `${name}/relation`, operation: name, tier: 'exact' as const, seed, attributes, sizes: {}, inputs };
  const { limits } = prepareQuestion(operation, asked, precision);
  // An answer may be any of the right ones, and shares of a tie round where a single winner does not.
  const others = (operation.alternatives ?? []).map(
    ({ outputs }) => withExpected(operation, asked, precision, outputs(inputs, attributes)).limits,
  );
  const widest = (output: string) =>
    limits[output].limit.map((limit, i) => others.reduce((most, other) => Math.max(most, other[output].limit[i]), limit));
  return Object.fromEntries(Object.keys(limits).map((output) => [output, widest(output)]));
}

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
