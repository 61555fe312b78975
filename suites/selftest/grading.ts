/**
 * Does a student hear the right name? Every known mistake of every operation is handed in, then faults that are on no list, drawn by the seed.
 * A fault is misnamed when the mistake that is named does not explain what the fault answers to the same cases with numbers drawn anew.
 */

import type { AskedCase } from '../grading/assignment.ts';
import { nameMistakes } from '../grading/audit.ts';
import { explanations } from '../grading/feedback.ts';
import { type CaseResult, caseName } from '../grading/grade.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation, NamedTensors } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { randomFrom } from '../judging/random.ts';
import { operations } from '../operations/index.ts';
import { materialize } from '../running/cases.ts';
import { drawFault, type Fault } from './drawnFaults.ts';
import type { SelfTestPart } from './part.ts';

/** Cases that an assignment would ask of an operation: all but empty ones, and those that leave an input out. */
function askedOf(operation: AnyOperation): AskedCase[] {
  return operation.cases
    .filter(({ sizes, without }) => !Object.values(sizes).includes(0) && without === undefined)
    .flatMap((recipe) => (recipe.tiers ?? operation.tiers).map((tier) => ({ recipe, tier, hidden: true })));
}

interface MistakeCounts {
  /** Known mistakes that lose points. */
  readonly asked: number;
  readonly named: number;
  readonly besideOthers: number;
  readonly silent: readonly string[];
  readonly wrong: readonly string[];
}

/** Hands in every known mistake of the operations. */
export function checkNames(
  all: readonly AnyOperation[],
  seed: number,
  progress: (done: number) => void = () => {},
): MistakeCounts {
  const found = all.flatMap((operation, i) => {
    progress(i);
    const check = { property: 'all', points: 1, cases: askedOf(operation) };
    return nameMistakes({ operation, checks: [check] }, seed)
      .filter(({ failed }) => failed > 0)
      .map((one) => ({ ...one, where: `${operation.name}: ${one.mistake}` }));
  });
  const right = found.filter(({ mistake, names }) => names.includes(mistake));
  return {
    asked: found.length,
    named: right.filter(({ names }) => names.length === 1).length,
    besideOthers: right.filter(({ names }) => names.length > 1).length,
    silent: found.filter(({ names }) => names.length === 0).map(({ where }) => where),
    wrong: found
      .filter(({ mistake, names }) => names.length > 0 && !names.includes(mistake))
      .map(({ where, names }) => `${where} is called ${names.join(', ')}`),
  };
}

interface FaultCounts {
  readonly faults: number;
  /** A known mistake is named, and explains the fault's answers to other numbers too. */
  readonly named: number;
  readonly silent: number;
  readonly wrong: readonly string[];
}

const elementsUpTo = 4096;
const casesAsked = 12;

/** Hands in faults that are on no list. */
export function checkFaults(
  all: readonly AnyOperation[],
  seed: number,
  faultsEach: number,
  progress: (done: number) => void = () => {},
  draw: typeof drawFault = drawFault,
): FaultCounts {
  const counts = { faults: 0, named: 0, silent: 0 };
  const wrong: string[] = [];
  all.forEach((operation, i) => {
    progress(i);
    for (let number = 0; number < faultsEach; number++) {
      const random = randomFrom(seed, operation.name, `submission ${number}`);
      const asked = askedOf(operation)
        .map((one) => ({ one, order: random.next() }))
        .toSorted((a, b) => a.order - b.order)
        .map(({ one }) => one)
        .slice(0, casesAsked);
      const questions = questionsOf(operation, asked, seed + number);
      const fault =
        questions.length === 0
          ? undefined
          : draw(
              random,
              operation,
              questions.map(({ question }) => question),
            );
      const results = fault && answersOf(fault, questions);
      if (!fault || !results || results.every(({ status }) => status === 'passed')) continue;
      counts.faults++;
      const names = namesOf(results);
      if (names.length === 0) counts.silent++;
      else {
        // A truth that does not show in these numbers need not show in others; what is named has to.
        const anew = [1, 2, 3].map(
          (draw) => answersOf(fault, questionsOf(operation, asked, seed + number + 7919 * draw)) ?? [],
        );
        const isSo = names.some((name) => fault.parts?.includes(name) || anew.every((again) => agrees(again, name)));
        if (isSo) counts.named++;
        else wrong.push(`${operation.name}, ${fault.truth}: called ${names.join(', ')}`);
      }
    }
  });
  return { ...counts, wrong };
}

function namesOf(results: readonly CaseResult[]): string[] {
  const wrong = results.filter(({ status }) => status === 'failed');
  return explanations(
    wrong,
    results.filter(({ status }) => status === 'passed'),
  ).map(({ name }) => name);
}

/** Whether a name would be given to these answers too, or they show nothing wrong. */
function agrees(results: readonly CaseResult[], name: string): boolean {
  return results.every(({ status }) => status === 'passed') || namesOf(results).includes(name);
}

type Asked = { readonly asked: AskedCase; readonly question: Question };

function questionsOf(operation: AnyOperation, asked: readonly AskedCase[], seed: number): Asked[] {
  return asked
    .map((one) => ({
      asked: one,
      question: prepareQuestion(operation, materialize(operation, one.recipe, one.tier, seed, 'float32'), precisions.float32),
    }))
    .filter(({ question }) => Object.values(question.case.inputs).every(({ data }) => data.length <= elementsUpTo));
}

/** The fault's answers; undefined where it makes inputs that the operation refuses. */
function answersOf(fault: Fault, questions: readonly Asked[]): CaseResult[] | undefined {
  let previous: NamedTensors | undefined;
  try {
    return questions.map(({ asked, question }) => {
      const answer = fault.answer(question, previous);
      previous = answer;
      const judgement = judge(question, answer, 'float64');
      return { asked, name: caseName(asked), question, answer, judgement, status: judgement.passed ? 'passed' : 'failed' };
    });
  } catch {
    return undefined;
  }
}

const namedAtLeast = 0.95;
const faultsEach = 4;
const fewestDrawsOfAll = 20;

export const gradingPart: SelfTestPart = {
  name: 'grading',
  title: 'Feedback: every known mistake named to whoever hands it in, and no fault misnamed',
  seconds: 60,
  run({ seed, draws, progress }) {
    // Not the numbers that the assignments ask.
    const short = draws < fewestDrawsOfAll;
    const chosen = short ? operations.filter((_, i) => (i + seed) % 4 === 0) : operations;
    const known = checkNames(chosen, seed + 4000, (done) => progress('names of mistakes', done, chosen.length));
    const drawn = checkFaults(chosen, seed + 5000, short ? 1 : faultsEach, (done) =>
      progress('names of faults', done, chosen.length),
    );
    const problems = [
      ...known.wrong,
      ...drawn.wrong.map((where) => `a drawn fault is misnamed: ${where}`),
      ...(known.named >= namedAtLeast * known.asked ? [] : [`only ${known.named} of ${known.asked} mistakes are named alone`]),
    ];
    const percent = ((100 * known.named) / known.asked).toFixed(1);
    const { asked, named, besideOthers, silent, wrong } = known;
    return {
      record: { feedback: { asked, named, wrong: wrong.length, faults: drawn.faults, misnamed: drawn.wrong.length } },
      summary: `${named} of ${asked} mistakes that are handed in are named alone (${percent} %), ${wrong.length} wrongly; of ${drawn.faults} drawn faults ${drawn.wrong.length} are misnamed`,
      details: { feedback: { known, drawn } },
      problems,
      tables: [
        {
          title: 'What students are told: a known mistake of the operation',
          columns: ['handed in', 'number', 'named', 'beside others', 'no name', 'wrong name'],
          rows: [
            ['known mistakes', asked, named, besideOthers, silent.length, wrong.length].map(String),
            ['drawn faults', drawn.faults, drawn.named, '', drawn.silent, drawn.wrong.length].map(String),
          ],
          notes: silent.map((where) => `${where}: no name`),
        },
      ],
    };
  },
};
