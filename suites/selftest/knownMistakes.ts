/** Are the mistakes that people make refused? Every known mistake of every operation is put to the operation's own cases. */

import { asAnswer } from '../judging/diagnosis/knownMistakes.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation } from '../judging/operation.ts';
import { operations } from '../operations/index.ts';
import type { Check } from '../runReport.ts';
import type { SelfTestPart } from './part.ts';
import { elementsOf, questionsOf } from './questions.ts';

export interface MistakeRecord {
  readonly operation: string;
  readonly mistake: string;
  readonly says: string;
  readonly erratum?: string;
  /** Link to where it was met outside the documents. */
  readonly link?: string;
  /** The smallest case that refuses it and the check that did. */
  readonly killedBy?: { readonly caseId: string; readonly check: Check; readonly reason: string; readonly elements: number };
  /** How many of the operation's cases refuse it. */
  readonly refusals: number;
  readonly cases: number;
  /** Why it survives: it equals the right answer wherever it is asked, or stays within the limits. */
  readonly survives?: string;
}

export interface KnownMistakesRecord {
  readonly total: number;
  readonly killed: number;
  readonly mistakes: readonly MistakeRecord[];
}

/** Puts every known mistake of the operations to their cases, with the numbers of a seed. */
export function checkKnownMistakes(
  operations: readonly AnyOperation[],
  seed: number,
  progress: (done: number, total: number) => void = () => {},
): KnownMistakesRecord {
  const mistakes = operations.flatMap((operation, i) => {
    progress(i, operations.length);
    return recordsOf(operation, seed);
  });
  progress(operations.length, operations.length);
  return { total: mistakes.length, killed: mistakes.filter(({ killedBy }) => killedBy !== undefined).length, mistakes };
}

/** The part for some operations. */
export const knownMistakesOf = (examined: readonly AnyOperation[]): SelfTestPart => ({
  name: 'known-mistakes',
  title: 'Known mistakes: each refused by a case',
  seconds: 20,
  run({ seed, progress }) {
    const record = checkKnownMistakes(examined, seed, (done, total) => progress('known mistakes', done, total));
    const { mistakes, total, killed } = record;
    const byCheck = new Map<string, number>();
    for (const { killedBy } of mistakes)
      byCheck.set(killedBy?.check ?? 'none', (byCheck.get(killedBy?.check ?? 'none') ?? 0) + 1);
    return {
      summary: `${killed} of ${total} killed`,
      record: { knownMistakes: { total, killed } },
      details: { knownMistakes: mistakes },
      operations: Object.fromEntries(
        examined.map(({ name }) => {
          const own = mistakes.filter(({ operation }) => operation === name);
          const dead = own.filter(({ killedBy }) => killedBy !== undefined).length;
          return [name, { cases: own[0]?.cases ?? 0, knownMistakes: { total: own.length, killed: dead } }];
        }),
      ),
      problems: mistakes.flatMap(({ operation, mistake, survives }) =>
        survives === undefined ? [] : [`${operation}/${mistake} survives: ${survives}`],
      ),
      tables: [
        {
          title: 'Known mistakes: which check refuses each, and on which smallest case',
          columns: ['operation', 'mistake', 'refused by', 'smallest case', 'elements', 'refused in'],
          rows: mistakes.map(({ operation, mistake, killedBy, refusals, cases }) => [
            operation,
            mistake,
            killedBy?.check ?? 'nothing',
            killedBy?.caseId.slice(operation.length + 1) ?? '',
            String(killedBy?.elements ?? ''),
            `${refusals} of ${cases}`,
          ]),
          notes: [
            `${killed} of ${total} known mistakes are refused: ${[...byCheck].map(([check, count]) => `${count} by ${check}`).join(', ')}.`,
          ],
        },
      ],
    };
  },
});

export const knownMistakesPart = knownMistakesOf(operations);

function recordsOf(operation: AnyOperation, seed: number): MistakeRecord[] {
  const questions = questionsOf(operation, seed);
  return operation.knownMistakes.map(({ name, says, erratum, link, outputs }) => {
    let killedBy: MistakeRecord['killedBy'];
    let refusals = 0;
    let differs = false;
    for (const question of questions) {
      const { inputs, attributes, id } = question.case;
      const answer = asAnswer(outputs(inputs, attributes), 'float32');
      const { passed, check, reason } = judge(question, answer, 'float32');
      differs ||= Object.entries(asAnswer(question.expected, 'float32')).some(
        ([output, { data }]) =>
          answer[output]?.data.length !== data.length || data.some((value, at) => !Object.is(value, answer[output].data[at])),
      );
      if (passed) continue;
      refusals++;
      // The smallest comes first.
      killedBy ??= { caseId: id, check: check!, reason: reason!, elements: elementsOf(question) };
    }
    const survives =
      killedBy === undefined
        ? differs
          ? 'its result stays within the limits of every case'
          : 'it equals the right answer on the inputs of every case'
        : undefined;
    return {
      ...{ operation: operation.name, mistake: name, says, erratum, link, killedBy, refusals },
      ...{ cases: questions.length, survives },
    };
  });
}
