/** Which of an operation's known mistakes an answer equals. */
import type { Dtype } from '../../../reference/tensor.ts';
import { judge } from '../judge.ts';
import type { AnyOperation, NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';
import type { Hypothesis } from './hypothesis.ts';

export type AnyMistake = AnyOperation['knownMistakes'][number];

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

/** "1 − 2·tanh²(x), erratum R1" */
export function mistakeSays({ says, erratum }: AnyMistake): string {
  return erratum === undefined ? says : `${says}, erratum ${erratum}`;
}

/** The mistakes of an operation's line. */
export function knownHypotheses({ knownMistakes }: AnyOperation): Hypothesis[] {
  return knownMistakes.map((mistake) => ({
    key: `known: ${mistake.name}`,
    kind: 'known',
    cost: 0,
    says: () => `equals ${mistakeSays(mistake)}`,
    predict: ({ question: { case: asked } }) => mistake.outputs(asked.inputs, asked.attributes),
  }));
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
