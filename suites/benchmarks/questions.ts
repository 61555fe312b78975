/** The questions behind a number: what is sent, and what the outputs that come back are judged by. */
import type { Dtype } from '../../reference/tensor.ts';
import { diagnose } from '../judging/diagnosis/index.ts';
import { type Judgement, judge } from '../judging/judge.ts';
import type { AnyOperation, Case, InputSpecification, NamedTensors, OutputBound, Tensor } from '../judging/operation.ts';
import type { Precision } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { randomFrom } from '../judging/random.ts';
import { shapeFrom } from '../judging/shapes.ts';
import { materialize } from '../running/cases.ts';
import { partsOf } from './parts.ts';
import type { BenchmarkSize } from './sizes.ts';

/** Answers with more elements than this are judged on parts, where the operation can be cut. */
const judgedWhole = 4096;

/** One block's inputs, how they are turned from call to call, and the judge of the answers to the turns that are looked at. */
export interface BlockQuestion {
  readonly case: Case;
  /** Elements by which each input is turned per turn; inputs that are not named stay as they are. */
  readonly shift: Readonly<Record<string, number>>;
  /** The inputs of a turn. */
  inputs(turn: number): NamedTensors;
  /** The reason of a wrong answer ends with its diagnosis, where there is one. */
  judge(turn: number, actual: NamedTensors, precision: Precision): Judgement;
}

/** Draws a block's inputs. `round` makes them others in every process. The questions are made when they are first needed. */
export function blockQuestion(
  { operation, recipe }: BenchmarkSize,
  { seed, round, dtype }: { readonly seed: number; readonly round: number; readonly dtype: Dtype },
): BlockQuestion {
  const asked = materialize(operation, recipe, 'random', seed * 1000 + round, dtype);
  const shift = shiftOf(operation, asked);
  const questions = new Map<string, Question>();
  const inputs = (turn: number) => turned(asked.inputs, shift, turn);
  return {
    case: asked,
    shift,
    inputs,
    judge(turn, actual, precision) {
      const key = JSON.stringify([turn, precision.name, precision.algorithms, precision.subnormals]);
      const question = questions.get(key) ?? questionOf(operation, { ...asked, inputs: inputs(turn) }, precision);
      questions.set(key, question);
      const judgement = judge(question, actual, dtype);
      const says = judgement.passed ? undefined : diagnose(question, actual, dtype);
      return says === undefined ? judgement : { ...judgement, reason: `${judgement.reason}; diagnosis: ${says}` };
    },
  };
}

/**
 * Inputs whose elements are all drawn alike may be turned by any number of elements, those with a meaning along their last axis (one-hot
 * rows, distributions) by whole rows. What was computed from other inputs stays as it is.
 */
function shiftOf(operation: AnyOperation, { attributes, inputs }: Case): Record<string, number> {
  const shifts: Record<string, number> = {};
  for (const [name, specification] of Object.entries(operation.inputs(attributes))) {
    if (inputs[name]) shifts[name] = stepOf(specification, inputs[name]);
  }
  const computed = Object.values(operation.inputs(attributes)).some(({ values }) => values.kind === 'computed');
  // A computed input belongs to the others as they were drawn, except a mask, which is drawn by itself.
  return computed && !operation.name.startsWith('drop') ? {} : shifts;
}

/** About a golden section of the whole, so that turns do not meet again soon. */
function stepOf({ values }: InputSpecification, { shape, data }: Tensor): number {
  const row = values.kind === 'oneHot' || values.kind === 'distribution' ? (shape.at(-1) ?? 1) : 1;
  const rows = Math.floor(data.length / row);
  return rows < 2 ? 0 : row * Math.max(1, Math.round(rows * 0.382));
}

/** Element j becomes element j + turn·shift, round the end: as the worker does it (backends/worker/bench.ts). */
export function turned(inputs: NamedTensors, shift: Readonly<Record<string, number>>, turn: number): NamedTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => {
      const { data } = tensor;
      const by = data.length === 0 ? 0 : (turn * (shift[name] ?? 0)) % data.length;
      if (by === 0) return [name, tensor];
      const moved = data.slice();
      moved.set(data.subarray(by));
      moved.set(data.subarray(0, by), data.length - by);
      return [name, { ...tensor, data: moved }];
    }),
  );
}

function questionOf(operation: AnyOperation, asked: Case, precision: Precision): Question {
  const outputs = Object.entries(operation.outputs(asked.attributes)).map(
    ([name, { dimensions }]) => [name, shapeFrom(dimensions, asked.sizes, asked.id)] as const,
  );
  const largest = Math.max(...outputs.map(([, shape]) => elementsOf(shape)));
  const cut = largest > judgedWhole ? partsOf(operation, asked) : undefined;
  // A fast algorithm's errors come from a whole tile: its limits are those of the whole output.
  const declared = operation.bound.algorithms?.some((algorithm) => precision.algorithms?.includes(algorithm)) ?? false;
  const parts = cut && !declared ? cut(asked, randomFrom(asked.seed, asked.id, 'parts')) : [];
  if (parts.length === 0) return { ...prepareQuestion(operation, asked, precision), statistics: false };
  const positions = parts.flatMap((part) => part.positions);
  const expected: Record<string, Tensor> = {};
  const limits: Record<string, OutputBound> = {};
  const answers = parts.map(({ inputs, attributes }) => {
    const answer = operation.reference(inputs, attributes);
    return { answer, bounds: operation.bound.limits({ inputs, attributes, expected: answer, precision }) };
  });
  for (const [name] of outputs) {
    const data = joined(answers.map(({ answer }) => answer[name].data));
    const limit = joined(answers.map(({ bounds }) => bounds[name].limit));
    const usable = limit.every((value, i) => value >= 0 || !Number.isFinite(data[i]));
    if (data.length !== positions.length || limit.length !== data.length || !usable) {
      throw new Error(
        `${asked.id}: output ${name}: ${data.length} values and ${limit.length} limits for ${positions.length} elements`,
      );
    }
    expected[name] = { dtype: 'float64', shape: [data.length], data };
    limits[name] = { limit };
  }
  return {
    ...{ operation, case: asked, precision, expected, limits, statistics: false },
    samples: Object.fromEntries(outputs.map(([name, shape]) => [name, { shape, positions, drawn: positions.length }])),
  };
}

const elementsOf = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

function joined(arrays: readonly ArrayLike<number>[]): Float64Array {
  const whole = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}
