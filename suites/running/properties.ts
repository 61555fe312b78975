/**
 * Properties: shapes, attributes and values drawn by fast-check, run on a backend, shrunk to the smallest failing example.
 * The property of every operation with a free shape is that the backend agrees with the reference within the derived limits.
 */
import fc from 'fast-check';
import type { Attributes } from '../../backends/signatures.ts';
import { type Dtype, type Shape, sizeOf, type Tensor } from '../../reference/tensor.ts';
import { diagnose } from '../judging/diagnosis/index.ts';
import { judge, vacuity } from '../judging/judge.ts';
import type { AnyOperation, Case, NamedTensors, Sizes, Values } from '../judging/operation.ts';
import type { Precision } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { randomFrom } from '../judging/random.ts';
import { fullSizes, shapeFrom } from '../judging/shapes.ts';
import { jsonNumber, type PropertyOutcome } from '../runReport.ts';
import { representable } from './cases.ts';

/** A backend's answer to drawn inputs: outputs, or why there are none. `unsupported` discards the example, `fault` fails it. */
export type Answer =
  | { readonly kind: 'outputs'; readonly outputs: NamedTensors }
  | { readonly kind: 'unsupported'; readonly message: string }
  | { readonly kind: 'fault'; readonly message: string };

export interface PropertyOptions {
  readonly dtype: Dtype;
  readonly precision: Precision;
  readonly seed: number;
  readonly runs: number;
  readonly ask: (attributes: Attributes, inputs: NamedTensors) => Promise<Answer>;
}

type PropertyVerdict = Pick<PropertyOutcome, 'status' | 'runs' | 'skipped' | 'reason' | 'diagnosis' | 'counterexample'>;

/** Asks a backend for an operation at drawn shapes, attributes and values. */
export async function checkAgainstReference(operation: AnyOperation, options: PropertyOptions): Promise<PropertyVerdict> {
  let judged = 0;
  let lastReason = '';
  /** Shrinking ends at the smallest example that fails, so that the last one to fail is the one that is shown. */
  let lastWrong: { readonly question: Question; readonly outputs: NamedTensors } | undefined;
  const property = fc.asyncProperty(drawnCase(operation, options.dtype, options.seed), async (drawn) => {
    const answer = await options.ask(drawn.attributes, drawn.inputs);
    if (answer.kind === 'unsupported') {
      lastReason ||= answer.message;
      return;
    }
    if (answer.kind === 'fault') {
      lastWrong = undefined;
      throw new Error(answer.message);
    }
    const question = prepareQuestion(operation, drawn, options.precision);
    const judgement = judge(question, answer.outputs, options.dtype);
    if (!judgement.passed) {
      lastWrong = { question, outputs: answer.outputs };
      throw new Error(judgement.reason);
    }
    const vacuous = vacuity(question, judgement);
    if (vacuous === undefined) judged++;
    else lastReason ||= vacuous;
  });
  const details = await fc.check(property, { seed: options.seed, numRuns: options.runs, endOnFailure: false });
  if (details.failed && details.counterexample !== null) {
    const [smallest] = details.counterexample;
    return {
      status: 'failed',
      runs: details.numRuns,
      reason: details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance),
      diagnosis: lastWrong && diagnose(lastWrong.question, lastWrong.outputs, options.dtype),
      counterexample: {
        attributes: smallest.attributes,
        inputs: Object.fromEntries(
          Object.entries(smallest.inputs).map(([name, { shape, data }]) => [
            name,
            { shape, values: Array.from(data, jsonNumber) },
          ]),
        ),
        path: details.counterexamplePath ?? '',
      },
    };
  }
  if (judged === 0) return { status: 'unsupported', runs: details.numRuns, reason: lastReason || 'every example was refused' };
  const skipped = details.numRuns - judged;
  return { status: 'passed', runs: judged, ...(skipped > 0 && { skipped }) };
}

/** The questions that a property puts to a backend until one fails: the same for the same seed. */
export function drawnQuestions(operation: AnyOperation, options: Omit<PropertyOptions, 'ask'>): Question[] {
  const { dtype, precision, seed, runs } = options;
  return fc
    .sample(drawnCase(operation, dtype, seed), { seed, numRuns: runs })
    .map((drawn) => prepareQuestion(operation, drawn, precision));
}

function drawnCase(operation: AnyOperation, dtype: Dtype, seed: number): fc.Arbitrary<Case> {
  return operation.draw.chain(({ sizes: stated, attributes }) => {
    const sizes = fullSizes(operation, stated, attributes);
    const specifications = Object.entries(operation.inputs(attributes));
    const shapes = specifications.map(([name, { dimensions }]) =>
      shapeFrom(dimensions, sizes, `${operation.name}: input ${name}`),
    );
    return fc.tuple(...specifications.map(([, { values }], i) => rawValues(values, shapes[i]))).map((raw) => {
      const inputs: Record<string, Tensor> = {};
      specifications.forEach(([name, { values }], i) => {
        const data = settle(values, raw[i], shapes[i], inputs);
        inputs[name] = { dtype: 'float64', shape: shapes[i], data: representable(data, dtype) };
      });
      return caseOf(operation, seed, attributes, sizes, inputs);
    });
  });
}

function caseOf(operation: AnyOperation, seed: number, attributes: Attributes, sizes: Sizes, inputs: NamedTensors): Case {
  return { id: `${operation.name}/property`, operation: operation.name, tier: 'random', seed, attributes, sizes, inputs };
}

/** Numbers that shrink towards whole ones and towards 0; for computed values a seed. */
function rawValues(values: Values, shape: Shape): fc.Arbitrary<readonly number[]> {
  const count = sizeOf(shape);
  const list = (element: fc.Arbitrary<number>, length = count) => fc.array(element, { minLength: length, maxLength: length });
  const quarters = (low: number, high: number) =>
    fc.integer({ min: Math.ceil(low * 4), max: Math.floor(high * 4) }).map((number) => number / 4);
  // The fraction comes first, so that it is the first to shrink: 1 is simpler than ¼.
  const mixed = (low: number, high: number) =>
    fc
      .tuple(fc.nat({ max: 3 }), fc.integer({ min: Math.ceil(low), max: Math.floor(high) }))
      .map(([fourths, whole]) => Math.min(high, whole + fourths / 4));
  const between = (low: number, high: number) =>
    fc.oneof(
      { withCrossShrink: true },
      { weight: 3, arbitrary: Math.ceil(low) <= Math.floor(high) ? mixed(low, high) : quarters(low, high) },
      { weight: 1, arbitrary: fc.double({ min: low, max: high, noNaN: true }) },
    );
  switch (values.kind) {
    case 'uniform':
      return list(between(values.low, values.high));
    case 'regimes':
      return list(fc.oneof({ withCrossShrink: true }, between(values.low, values.high), fc.constantFrom(...values.always)));
    case 'labels':
      return list(fc.constantFrom(1, -1));
    case 'oneHot':
      return list(fc.nat({ max: Math.max(0, (shape.at(-1) ?? 1) - 1) }), count / (shape.at(-1) || 1));
    case 'distribution':
      return list(fc.integer({ min: 1, max: 16 }));
    case 'computed':
      return list(fc.nat(), 1);
  }
}

function settle(values: Values, raw: readonly number[], shape: Shape, drawn: NamedTensors): Float64Array {
  const last = shape.at(-1) ?? 1;
  switch (values.kind) {
    case 'oneHot': {
      const data = new Float64Array(sizeOf(shape));
      raw.forEach((position, row) => {
        data[row * last + position] = 1;
      });
      return data;
    }
    case 'distribution':
      return Float64Array.from(raw, (weight, i) => {
        const start = i - (i % last);
        return weight / raw.slice(start, start + last).reduce((a, b) => a + b, 0);
      });
    case 'computed':
      return values.draw(randomFrom(raw[0], 'property'), shape, drawn, 'random');
    default:
      return Float64Array.from(raw);
  }
}
