/** Finds the known mistakes of an operation that an answer equals. */
import type { Dtype } from '../../../reference/tensor.ts';
import { judge } from '../judge.ts';
import type { AnyOperation, NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';
import { fitOf } from './fit.ts';
import { type Fit, type Hypothesis, isToTheLastBit } from './hypothesis.ts';

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

/** Bits of evidence below which an answer says nothing of a known mistake: fewer where it is that to the last bit. */
const evidenceOfKnown = { toTheLastBit: 1.5, otherwise: 8 };

/** Tells whether there is evidence enough to name a known mistake. */
export function isEvidentMistake(fit: Fit, elements: number): boolean {
  return fit.bits >= (isToTheLastBit(fit, elements) ? evidenceOfKnown.toTheLastBit : evidenceOfKnown.otherwise);
}

/** Among those that fit, none leaves more than this many times what the best one leaves, and this much an element. */
const leftOver = { times: 4, element: 1 / 256 };

/** Of those that fit an answer of so many elements, the ones that leave no more than the best does. */
export function closest<Fitted extends { readonly fit: { readonly loss: number } }>(
  fitted: readonly Fitted[],
  elements: number,
): Fitted[] {
  const best = Math.min(...fitted.map(({ fit }) => fit.loss));
  return fitted.filter(({ fit }) => fit.loss <= leftOver.times * best + leftOver.element * elements);
}

/** Known mistakes whose result the answer is; several where the inputs do not tell them apart. */
export function matchingMistakes(
  question: Question,
  actual: NamedTensors,
  dtype: Dtype,
  answers: readonly MistakenAnswer[] = mistakenAnswers(question, dtype),
): AnyMistake[] {
  if (Object.keys(question.expected).some((name) => actual[name] === undefined)) return [];
  const elements = Object.values(question.expected).reduce((sum, { data }) => sum + data.length, 0);
  const fitted = answers.flatMap(({ mistake, outputs }) => {
    const fit = fitOf({ question, actual, dtype }, outputs);
    return fit && isEvidentMistake(fit, elements) ? [{ mistake, fit }] : [];
  });
  return closest(fitted, elements).map(({ mistake }) => mistake);
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
