/**
 * Is the diagnosis right about faults that it was not made for? Faults are drawn by the seed and put to the cases of an operation, as a
 * backend's answers are.
 *
 * The rule. A name is right when what it says is so of the fault, that is when it foretells the fault's answers to the same cases with
 * numbers drawn anew, which the diagnosis has not seen; several true descriptions of one fault are all right, and a list is right when
 * one of its names is, and of a sum of two mistakes naming one is, where the other does not show. It is wrong when an answer contradicts it. Where nothing is said, the diagnosis is silent.
 */
import { diagnoseHypotheses, type JudgedAnswer } from '../judging/diagnosis/cases.ts';
import { fitOfHypothesis } from '../judging/diagnosis/fit.ts';
import type { Hypothesis, Subject } from '../judging/diagnosis/hypothesis.ts';
import { asAnswer } from '../judging/diagnosis/knownMistakes.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation, NamedTensors } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { randomFrom } from '../judging/random.ts';
import { casesOf, materialize } from '../running/cases.ts';
import { drawFault, type Fault } from './drawnFaults.ts';

export type DrawnVerdict = 'right' | 'silent' | 'wrong';

/** One failing answer of a drawn fault, and what was said of it. */
export interface DrawnDiagnosis {
  readonly caseId: string;
  readonly kind: string;
  readonly truth: string;
  readonly hasName: boolean;
  readonly says?: string;
  readonly verdict: DrawnVerdict;
}

/** Draws anew against which a name must hold. */
const freshDraws = 3;
/** Cases of an operation that a fault is put to, drawn among those that are not large. */
const casesAsked = 10;
const elementsUpTo = 4096;

/** Puts one fault, drawn by the seed and a number, to an operation. Empty where the draw does not apply or no case refuses it. */
export function diagnoseDrawnFault(operation: AnyOperation, seed: number, number: number): DrawnDiagnosis[] {
  const random = randomFrom(seed, operation.name, `fault ${number}`);
  const references = casesOf(operation)
    .map((reference) => ({ reference, order: random.next() }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, casesAsked)
    .map(({ reference }) => reference);
  const questionsOf = (own: number) =>
    references.map(({ recipe, tier }) =>
      prepareQuestion(operation, materialize(operation, recipe, tier, own, 'float32'), precisions.float32),
    );
  const questions = questionsOf(seed + number).filter(({ case: { inputs } }) =>
    Object.values(inputs).every(({ data }) => data.length <= elementsUpTo && data.length > 0),
  );
  if (questions.length === 0) return [];
  const fault = drawFault(random, operation, questions);
  if (fault === undefined) return [];
  const rounds = random.next() < 0.5;
  const answers = answersOf(fault, questions, rounds);
  if (answers === undefined || answers.every(({ passed }) => passed)) return [];
  const { hypotheses, says } = diagnoseHypotheses(answers);
  const fresh = Array.from({ length: freshDraws }, (_, draw) => {
    const own = questionsOf(seed + number + 7919 * (draw + 1));
    const byId = new Map(own.map((question) => [question.case.id, question]));
    return (
      answersOf(
        fault,
        answers.map(({ question }) => byId.get(question.case.id)!),
        rounds,
      ) ?? []
    );
  });
  return answers.flatMap((answer, i): DrawnDiagnosis[] => {
    if (answer.passed) return [];
    const again = fresh.flatMap((own) => own[i] ?? []);
    const { kind, truth, hasName } = fault;
    const verdict = says[i] === undefined ? 'silent' : hypotheses[i].some((one) => isSoOf(one, again)) ? 'right' : 'wrong';
    return [{ caseId: answer.question.case.id, kind, truth, hasName, says: says[i], verdict }];
  });
}

/** Whether every answer that is wrong agrees with a hypothesis. */
export function isSoOf(hypothesis: Hypothesis, answers: readonly Subject[]): boolean {
  return answers.every(
    (answer) => judge(answer.question, answer.actual, answer.dtype).passed || fitOfHypothesis(hypothesis, answer) !== undefined,
  );
}

/** A backend's own rounding: a part of every limit, drawn. */
const roundingPart = 0.2;

/** The question as a backend sees it whose arithmetic rounds on its way: the right answers, and those to other inputs, are a little off. */
function withRounding(question: Question, seed: number): Question {
  const { operation, case: asked, limits, expected } = question;
  const random = randomFrom(seed, asked.id, 'rounding');
  const off = (outputs: NamedTensors): NamedTensors =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, x]) => {
        const limit = limits[name]?.limit;
        const usual = x.shape.join() === expected[name]?.shape.join();
        const data = Float64Array.from(x.data, (value, i) => {
          const part = usual && limit[i] < Infinity ? limit[i] : 2 ** -23 * Math.abs(value);
          return Number.isFinite(value) && value !== 0 ? value + roundingPart * part * (2 * random.next() - 1) : value;
        });
        return [name, { ...x, data }];
      }),
    );
  const reference: AnyOperation['reference'] = (inputs, attributes) => off(operation.reference(inputs, attributes));
  return { ...question, expected: off(expected), operation: { ...operation, reference } };
}

/** The fault's answers, each with the one before it; undefined where it makes inputs that the operation refuses. */
function answersOf(fault: Fault, questions: readonly Question[], rounds: boolean): JudgedAnswer[] | undefined {
  let previous: NamedTensors | undefined;
  try {
    return questions.map((question) => {
      const seen = rounds ? withRounding(question, question.case.seed) : question;
      const actual = asAnswer(fault.answer(seen, previous), 'float32');
      const answer = {
        question,
        actual,
        dtype: 'float32' as const,
        previous,
        passed: judge(question, actual, 'float32').passed,
      };
      previous = actual;
      return answer;
    });
  } catch {
    return undefined;
  }
}

/** What the drawn faults come to: those that have a name, and those of which the right thing to say is nothing. */
export interface DrawnRecord {
  readonly faults: number;
  readonly named: Readonly<Record<DrawnVerdict, number>>;
  readonly nameless: Readonly<Record<DrawnVerdict, number>>;
  /** By kind of fault, in the order in which they were met. */
  readonly kinds: readonly ({ readonly kind: string } & Readonly<Record<DrawnVerdict, number>>)[];
  /** "conv2d/plain/random, times 3: equals half the result" */
  readonly wrongOnes: readonly string[];
}

/** Draws so many faults for every operation and puts them to its cases. */
export function checkDrawnFaults(
  operations: readonly AnyOperation[],
  seed: number,
  faultsEach: number,
  progress: (done: number, total: number) => void = () => {},
): DrawnRecord {
  const found = operations.flatMap((operation, i) => {
    progress(i, operations.length);
    return Array.from({ length: faultsEach }, (_, number) => diagnoseDrawnFault(operation, seed, number));
  });
  progress(operations.length, operations.length);
  const all = found.flat();
  const counts = (own: readonly DrawnDiagnosis[]): Record<DrawnVerdict, number> => ({
    right: own.filter(({ verdict }) => verdict === 'right').length,
    silent: own.filter(({ verdict }) => verdict === 'silent').length,
    wrong: own.filter(({ verdict }) => verdict === 'wrong').length,
  });
  const kinds = [...new Set(all.map(({ kind }) => kind))].toSorted();
  return {
    faults: found.filter((own) => own.length > 0).length,
    named: counts(all.filter(({ hasName }) => hasName)),
    nameless: counts(all.filter(({ hasName }) => !hasName)),
    kinds: kinds.map((kind) => ({ kind, ...counts(all.filter((one) => one.kind === kind)) })),
    wrongOnes: all
      .filter(({ verdict }) => verdict === 'wrong')
      .map(({ caseId, truth, says }) => `${caseId}, ${truth}: ${says}`),
  };
}
