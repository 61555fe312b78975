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
import { checkDrawnFaults, isSoOf } from './drawnDiagnosis.ts';
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

/** Diagnoses that must be right, of those asked: of known mistakes alone, and of drawn faults that have a name. */
const rightAtLeast = 0.95;
/** Faults that are drawn for each operation; in a short self-test, which draws fewer of everything, for every fourth one. */
const faultsEach = 2;
const fewestDrawsOfAll = 20;

const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;

export const diagnosisPart: SelfTestPart = {
  name: 'diagnosis',
  title: 'Diagnosis: every known mistake named wherever it fails, and faults that are on no list',
  seconds: 120,
  run({ seed, draws, progress }) {
    // Not the seed of the other parts: the cases' own numbers must not be what the diagnosis was made for.
    const seeds = [seed + 1000, seed + 2000];
    const { operations: counts, ...found } = checkDiagnosis(operations, seeds, (done, total) =>
      progress('diagnosis', done, total),
    );
    const short = draws < fewestDrawsOfAll;
    const drawn = checkDrawnFaults(
      short ? operations.filter((_, i) => (i + seed) % 4 === 0) : operations,
      seed + 3000,
      short ? 1 : faultsEach,
      (done, total) => progress('diagnosis of drawn faults', done, total),
    );
    const { asked, right, listed, silent, wrong, wrongOnes, neverApart } = found;
    const { named, nameless } = drawn;
    const ofNamed = named.right + named.silent + named.wrong;
    const ofNameless = nameless.right + nameless.silent + nameless.wrong;
    const problems = [
      ...wrongOnes.map((where) => `${where} is taken for something else`),
      ...neverApart.map((name) => `${name} is told from the operation's other mistakes by no case`),
      ...drawn.wrongOnes.map((where) => `a drawn fault is misnamed: ${where}`),
    ];
    if (!(right >= rightAtLeast * asked)) problems.push(`only ${right} of ${asked} diagnoses name the mistake alone`);
    if (!(named.right >= rightAtLeast * ofNamed))
      problems.push(`of drawn faults that have a name only ${named.right} of ${ofNamed} answers are named rightly`);
    return {
      summary: `${right} of ${asked} mistakes named alone (${percent(right, asked)}), ${listed} listed with others, ${wrong} wrong; of ${drawn.faults} drawn faults ${named.right} of ${ofNamed} answers named (${percent(named.right, ofNamed)}), ${named.wrong + nameless.wrong} wrong`,
      record: { diagnosis: { asked, right, wrong, drawn: { seed: seed + 3000, faults: drawn.faults, named, nameless } } },
      details: {
        diagnosis: { seeds, listed, silent, wrongOnes, neverApart, drawn: { kinds: drawn.kinds, wrongOnes: drawn.wrongOnes } },
      },
      operations: Object.fromEntries(counts.map(({ name, ...own }) => [name, { diagnosis: own }])),
      problems,
      tables: [
        {
          title: 'Diagnosis of every failing output that a known mistake gives, under fresh seeds',
          columns: ['asked', 'named', 'listed with others', 'nothing said', 'wrong'],
          rows: [[asked, right, listed, silent, wrong].map(String)],
          notes: [`${percent(right, asked)} are named alone; a list is given where the inputs do not tell two apart.`],
        },
        {
          title: `Diagnosis of ${drawn.faults} faults that are on no list, drawn by the seed and put to the cases of an operation each`,
          columns: ['kind of fault', 'named', 'nothing said', 'wrong'],
          rows: [
            ...drawn.kinds.map(({ kind, right, silent, wrong }) => [kind, ...[right, silent, wrong].map(String)]),
            ['all that have a name', ...[named.right, named.silent, named.wrong].map(String)],
            ['all that have none', ...[nameless.right, nameless.silent, nameless.wrong].map(String)],
          ],
          notes: [
            'A name is right when it foretells what the fault answers to the same cases with numbers drawn anew, three times; several true descriptions of one fault are all right. It is wrong when one of those answers contradicts it.',
            `${percent(named.right, ofNamed)} of the answers of faults that have a name are named rightly. Noise, scattered errors and sums of mistakes have none: nothing is said of ${percent(nameless.silent, ofNameless)} of theirs.`,
            'Half of the faults are made by arithmetic that rounds on its way, by a fifth of every limit.',
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
