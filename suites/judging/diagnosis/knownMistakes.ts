/** Which of an operation's known mistakes an answer equals. */
import type { Dtype } from '../../../reference/tensor.ts';
import { judge } from '../judge.ts';
import type { AnyOperation, NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';
import { elementsOff, equalsOutputs } from './matching.ts';

export type AnyMistake = AnyOperation['knownMistakes'][number];

/** So many elements do not all round to another mistake's numbers by chance. */
const tellingElements = 4;

/** A mistake with what it gives for the inputs of a question. */
export interface MistakenAnswer {
  readonly mistake: AnyMistake;
  readonly outputs: NamedTensors;
}

/**
 * What each known mistake gives for a question's inputs, less those that these inputs do not tell from a right answer: a stride of
 * the wrong order is no mistake where both strides are equal.
 */
export function mistakenAnswers(question: Question, dtype: Dtype): MistakenAnswer[] {
  const { inputs, attributes } = question.case;
  return question.operation.knownMistakes
    .map((mistake) => ({ mistake, outputs: asAnswer(mistake.outputs(inputs, attributes), dtype) }))
    .filter(({ outputs }) => !judge(question, outputs, dtype).passed);
}

/** Known mistakes whose result the answer is; several where the inputs do not tell them apart. */
export function matchingMistakes(
  question: Question,
  actual: NamedTensors,
  dtype: Dtype,
  answers: readonly MistakenAnswer[] = mistakenAnswers(question, dtype),
): AnyMistake[] {
  const near = answers.filter(({ outputs }) => equalsOutputs(question, outputs, actual, dtype));
  if (near.length < 2) return near.map(({ mistake }) => mistake);
  const off = near.map(({ outputs }) => elementsOff(question, outputs, actual));
  // Where the answer is one mistake to the last bit, what is only near it was not made.
  const same = off.includes(0) ? near.filter((_, i) => off[i] < tellingElements) : near;
  return same.map(({ mistake }) => mistake);
}

/** Outputs as a backend of an element type returns them: rounded once. */
export function asAnswer(outputs: NamedTensors, dtype: Dtype): NamedTensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, data }]) => [
      name,
      { dtype, shape, data: dtype === 'float32' ? new Float32Array(data) : new Float64Array(data) },
    ]),
  );
}
