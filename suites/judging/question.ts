/** A case with its expected outputs and limits: all that is needed to judge an answer to it. */
import type { AnyOperation, Case, NamedTensors, OutputBound } from './operation.ts';
import { takePart } from './part.ts';
import { type Precision, roundsInputs } from './precision.ts';
import { drawSample, type Sample } from './sampling.ts';
import { place, unravel } from './shapes.ts';

/** A case with everything that is needed to judge an answer to it; made once, used for every backend of the same precision. */
export interface Question {
  readonly operation: AnyOperation;
  readonly case: Case;
  readonly precision: Precision;
  readonly expected: NamedTensors;
  readonly limits: Readonly<Record<string, OutputBound>>;
  /** False where the elements are judged one by one and not together. */
  readonly statistics?: boolean;
  /** Where only some elements of the outputs are known, by output: `expected` and `limits` are theirs, in the order of their positions. */
  readonly samples?: Readonly<Record<string, Sample>>;
  /** The question about these elements alone, where they are a part of the axes. */
  readonly part?: Case;
}

/**
 * Computes the expected outputs and how far an answer may be from them.
 *
 * @throws Error naming the case when a limit cannot be computed (NaN, negative, wrong length): such a case could pass anything.
 */
export function prepareQuestion(operation: AnyOperation, question: Case, precision: Precision): Question {
  // A fast algorithm's errors come from a whole tile: its limits are those of the whole output.
  const whole = operation.bound.algorithms?.some((algorithm) => precision.algorithms?.includes(algorithm));
  if (question.sampled === 'part' && !whole) {
    const { case: part, samples } = takePart(operation, question);
    return { ...prepareQuestion(operation, part, precision), case: question, samples, part };
  }
  if (question.sampled !== 'elements' || whole) {
    return withExpected(operation, question, precision, operation.reference(question.inputs, question.attributes));
  }
  const sampled = { operation, case: question, precision, statistics: false, ...drawSample(operation, question, precision) };
  requireLimits(sampled);
  return sampled;
}

/** Makes the question of a case whose expected outputs are known: the reference's, or another right answer's. */
export function withExpected(operation: AnyOperation, question: Case, precision: Precision, expected: NamedTensors): Question {
  const { inputs } = question;
  const derived = limitsOf(operation, question, precision, expected);
  const limits = isHeld(inputs, precision) ? derived : withoutRounding(derived);
  const prepared = { operation, case: question, precision, expected, limits };
  requireLimits(prepared);
  return prepared;
}

/**
 * The operation's own limits. Where a number is due that a product of 0 and an infinity leaves without a limit, that of what a choice is
 * left with is the limit.
 */
function limitsOf(
  operation: AnyOperation,
  { inputs, attributes }: Case,
  precision: Precision,
  expected: NamedTensors,
): Question['limits'] {
  const limits = operation.bound.limits({ inputs, attributes, expected, precision });
  const { selected } = operation;
  const isWithout = (name: string) =>
    limits[name].limit.some((limit, i) => Number.isNaN(limit) && Number.isFinite(expected[name].data[i]));
  if (selected === undefined || !Object.keys(limits).some(isWithout)) return limits;
  const left = operation.bound.limits({ inputs: selected(inputs, attributes), attributes, expected, precision });
  const filled = (name: string) => limits[name].limit.map((limit, i) => (Number.isNaN(limit) ? left[name].limit[i] : limit));
  return Object.fromEntries(Object.entries(limits).map(([name, bound]) => [name, { ...bound, limit: filled(name) }]));
}

/** Tells whether a format that rounds its inputs holds them: float32's largest number becomes an infinity in a coarser one. */
function isHeld(inputs: NamedTensors, precision: Precision): boolean {
  if (!roundsInputs(precision)) return true;
  const beyond = (value: number) => Math.abs(value) > precision.largest && Number.isFinite(value);
  return !Object.values(inputs).some(({ data }) => data.some(beyond));
}

/** What is not rounded is still exact; of the rest nothing is known. */
function withoutRounding(limits: Question['limits']): Question['limits'] {
  return Object.fromEntries(
    Object.entries(limits).map(([name, bound]) => [
      name,
      { ...bound, limit: bound.limit.map((limit) => (limit > 0 ? Infinity : limit)) },
    ]),
  );
}

function requireLimits({ case: question, expected, limits }: Question): void {
  for (const [name, { data, shape }] of Object.entries(expected)) {
    const limit = limits[name]?.limit;
    if (limit === undefined || limit.length !== data.length) {
      throw new Error(
        `${question.id}: the bound of output ${name} has ${limit?.length ?? 'no'} limits for ${data.length} elements`,
      );
    }
    // Where NaN or an infinity is due, only that is right and no limit is looked at.
    let broken = 0;
    while (broken < limit.length && (limit[broken] >= 0 || !Number.isFinite(data[broken]))) broken++;
    if (broken < limit.length) {
      throw new Error(`${question.id}: the limit of output ${name} at ${place(unravel(broken, shape))} is ${limit[broken]}`);
    }
  }
}
