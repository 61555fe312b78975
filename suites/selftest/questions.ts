/** The questions of an operation, small ones first: what a mistake, a mutant and an honest variant are put to. */

import type { AnyOperation } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { casesOf, materialize } from '../running/cases.ts';

/**
 * Every case of an operation with the numbers of a seed, in float32, the smallest inputs first.
 *
 * @throws Error naming the case when a bound cannot be computed, or when nothing would be compared: such a case passes anything.
 */
export function questionsOf(operation: AnyOperation, seed: number): Question[] {
  return casesOf(operation)
    .map(({ id, recipe, tier }) => {
      const question = prepareQuestion(operation, materialize(operation, recipe, tier, seed, 'float32'), precisions.float32);
      // What has no bound is right whatever it is.
      const compared = Object.entries(question.expected).some(([output, { data }]) =>
        data.some((value, i) => !Number.isFinite(value) || question.limits[output].limit[i] < Infinity),
      );
      // An empty batch has an empty answer, of which names, type and shape are all there is to check.
      const empty = Object.values(question.case.inputs).some(({ data }) => data.length === 0);
      if (!compared && !empty) throw new Error(`${id}: no element is compared: the case passes whatever a backend answers`);
      return question;
    })
    .sort((a, b) => elementsOf(a) - elementsOf(b));
}

/** Elements of all inputs of a question. */
export function elementsOf({ case: { inputs } }: Question): number {
  return Object.values(inputs).reduce((count, { data }) => count + data.length, 0);
}
