/** Puts the honest forms of every operation to the judge: in each arithmetic of a format, on the cases as they are asked. */

import { asAnswer } from '../judging/diagnosis/knownMistakes.ts';
import { arithmeticsOf } from '../judging/forms.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion } from '../judging/question.ts';
import { casesOf, materialize } from '../running/cases.ts';

/**
 * What is refused of an operation's forms in one draw of its cases: each case is answered by so many pairs of a form and an arithmetic, by
 * others in each draw. One case in `everyCase` is taken.
 */
export function refusedForms(
  operation: AnyOperation,
  format: 'float32' | 'float64',
  seed: number,
  pairsEach: number,
  everyCase = 1,
): { readonly refused: string[]; readonly judged: number } {
  const pairs = Object.entries(operation.forms ?? {}).flatMap(([name, form]) =>
    arithmeticsOf(format).map((arithmetic) => ({ name, form, arithmetic })),
  );
  const refused: string[] = [];
  let judged = 0;
  casesOf(operation).forEach(({ recipe, tier }, at) => {
    if (at % everyCase !== 0) return;
    const asked = materialize(operation, recipe, tier, seed, format);
    const question = prepareQuestion(operation, asked, precisions[format]);
    for (let i = 0; i < Math.min(pairsEach, pairs.length); i++) {
      const { name, form, arithmetic } = pairs[(at * 5 + seed * pairsEach + i) % pairs.length];
      const { passed, reason } = judge(question, asAnswer(form(asked, arithmetic), format), format);
      judged++;
      if (!passed) refused.push(`${asked.id} --seed ${seed}, ${name}, ${arithmetic.name}: ${reason}`);
    }
  });
  return { refused, judged };
}
