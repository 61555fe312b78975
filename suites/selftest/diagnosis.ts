/**
 * Is the diagnosis right? Every known mistake is made under fresh seeds, and each failing output is asked which mistake it is; then faults
 * that are on no list are drawn by the seed (drawnDiagnosis.ts).
 */

import type { Subject } from '../judging/diagnosis/hypothesis.ts';
import { fittingsOf, say, subjectOf, toSay } from '../judging/diagnosis/index.ts';
import { asAnswer, type MistakenAnswer, matchingMistakes, mistakenAnswers } from '../judging/diagnosis/knownMistakes.ts';
import type { AnyOperation } from '../judging/operation.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { operations } from '../operations/index.ts';
import { materialize } from '../running/cases.ts';
import { isSoOf } from './drawnDiagnosis.ts';
import type { SelfTestPart } from './part.ts';
import { questionsOf } from './questions.ts';

export interface DiagnosisRecord {
  /** Failing outputs: a known mistake on the inputs of a case that refuses it. */
  readonly asked: number;
  /** The mistake was named, and no other. */
  readonly right: number;
  /** It was listed with others that these inputs do not tell from it. */
  readonly listed: number;
  /** Nothing was said. */
  readonly silent: number;
  /** Something else was said. */
  readonly wrong: number;
  readonly wrongOnes: readonly string[];
  /** Mistakes that no case of any seed tells from another of the same operation. */
  readonly neverApart: readonly string[];
  readonly operations: readonly { readonly name: string; readonly asked: number; readonly right: number }[];
}

export function checkDiagnosis(
  operations: readonly AnyOperation[],
  seeds: readonly number[],
  progress: (done: number, total: number) => void = () => {},
): DiagnosisRecord {
  const counts = { right: 0, listed: 0, silent: 0, wrong: 0 };
  const wrongOnes: string[] = [];
  const neverApart: string[] = [];
  const records: DiagnosisRecord['operations'][number][] = [];
  operations.forEach((operation, i) => {
    progress(i, operations.length);
    const before = { ...counts };
    const named = new Set<string>();
    for (const seed of seeds) {
      for (const question of questionsOf(operation, seed)) {
        const answers = mistakenAnswers(question, 'float32');
        for (const answer of answers) {
          const verdict = verdictOn(question, answer, answers);
          counts[verdict]++;
          if (verdict === 'right') named.add(answer.mistake.name);
          if (verdict === 'wrong') wrongOnes.push(`${question.case.id} (seed ${seed}): ${answer.mistake.name}`);
        }
      }
    }
    neverApart.push(
      ...operation.knownMistakes.filter(({ name }) => !named.has(name)).map(({ name }) => `${operation.name}/${name}`),
    );
    const { right, listed, silent, wrong } = counts;
    const asked = right + listed + silent + wrong - before.right - before.listed - before.silent - before.wrong;
    records.push({ name: operation.name, asked, right: right - before.right });
  });
  progress(operations.length, operations.length);
  const asked = counts.right + counts.listed + counts.silent + counts.wrong;
  return { asked, ...counts, wrongOnes, neverApart, operations: records };
}

/** Diagnoses that must be right, of those asked. */
const rightAtLeast = 0.95;

export const diagnosisPart: SelfTestPart = {
  name: 'diagnosis',
  title: 'Diagnosis: every known mistake named wherever it fails',
  seconds: 50,
  run({ seed, progress }) {
    // Not the seed of the other parts: the cases' own numbers must not be what the diagnosis was made for.
    const seeds = [seed + 1000, seed + 2000];
    const { operations: counts, ...found } = checkDiagnosis(operations, seeds, (done, total) =>
      progress('diagnosis', done, total),
    );
    const { asked, right, listed, silent, wrong, wrongOnes, neverApart } = found;
    const problems = [
      ...wrongOnes.map((where) => `${where} is taken for something else`),
      ...neverApart.map((name) => `${name} is told from the operation's other mistakes by no case`),
    ];
    if (!(right >= rightAtLeast * asked)) problems.push(`only ${right} of ${asked} diagnoses name the mistake alone`);
    return {
      summary: `${right} of ${asked} mistakes named alone (${((100 * right) / asked).toFixed(1)} %), ${listed} listed with others, ${wrong} wrong`,
      record: { diagnosis: { asked, right, wrong } },
      details: { diagnosis: { seeds, listed, silent, wrongOnes, neverApart } },
      operations: Object.fromEntries(counts.map(({ name, ...own }) => [name, { diagnosis: own }])),
      problems,
      tables: [
        {
          title: 'Diagnosis of every failing output that a known mistake gives, under fresh seeds',
          columns: ['asked', 'named', 'listed with others', 'nothing said', 'wrong'],
          rows: [[asked, right, listed, silent, wrong].map(String)],
          notes: [
            `${((100 * right) / asked).toFixed(1)} % are named alone; a list is given where the inputs do not tell two apart.`,
          ],
        },
      ],
    };
  },
};

function verdictOn(
  question: Question,
  { mistake, outputs }: MistakenAnswer,
  answers: readonly MistakenAnswer[],
): 'right' | 'listed' | 'silent' | 'wrong' {
  const found = matchingMistakes(question, outputs, 'float32', answers);
  if (found.includes(mistake)) return found.length === 1 ? 'right' : 'listed';
  const subject = subjectOf(question, outputs, 'float32')!;
  // Not recognized as what it is: what is said is right all the same where it is so of the mistake's answers to other numbers.
  const says = fittingsOf(subject);
  if (say(says, subject) === undefined) return 'silent';
  const anew = againOf(question).map((asked): Subject => {
    const { inputs, attributes } = asked.case;
    return { question: asked, actual: asAnswer(mistake.outputs(inputs, attributes), 'float32'), dtype: 'float32' };
  });
  return toSay(says, subject).some((hypothesis) => isSoOf(hypothesis, anew)) ? 'listed' : 'wrong';
}

/** The same case with other numbers. */
function againOf({ operation, case: { id, tier, seed }, precision }: Question): Question[] {
  const recipe = operation.cases.find(({ name }) => id.split('/')[1] === name)!;
  return [1, 2].map((other) =>
    prepareQuestion(operation, materialize(operation, recipe, tier, seed + other, 'float32'), precision),
  );
}
