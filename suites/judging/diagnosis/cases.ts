/**
 * One fault, one name: what all cases of an operation on a backend say together. The hypothesis that explains every failing case, and would
 * have done no harm in those that pass, is said of each; what explains one case and is refuted by others is a coincidence.
 */
import { judge } from '../judge.ts';
import type { Question } from '../question.ts';
import { answered, fitOfHypothesis } from './fit.ts';
import type { Hypothesis, Subject } from './hypothesis.ts';
import {
  chosen,
  count,
  type Effort,
  effortOfAnswer,
  type Fitting,
  fittingsOf,
  isEvident,
  say,
  sentence,
  toSay,
} from './index.ts';
import { asAnswer } from './knownMistakes.ts';
import { flushing, keepsSubnormals } from './undeclared.ts';

/** An answer to one case of an operation, right or wrong. */
export interface JudgedAnswer extends Subject {
  readonly passed: boolean;
}

/** Failing answers, smallest first, that are held against every hypothesis; the others are held against what these gave. */
const examinedUpTo = 5;
/** Answers on which a hypothesis is tried, failing and passing each. */
const triedUpTo = 24;
/** For one backend's answers to one operation. What is said of them does not depend on what else was asked: part of a run says the same. */
const effortOfOperation = 2e7;
/** A cause that is refuted elsewhere needs this much more evidence, and this share of the failing cases. */
const refutedMargin = 24;
const refutedShare = 1 / 3;
const refutedShareOfRead = 2 / 3;

/** A hypothesis with the failing answers that it explains. */
interface Explaining {
  readonly hypothesis: Hypothesis;
  readonly explains: ReadonlySet<number>;
  readonly bits: number;
  readonly loss: number;
  /** A passing answer would have been wrong, or a failing one is wrong in another way. */
  readonly refuted: boolean;
  readonly harmless: boolean;
}

/** What is said of each answer in turn; nothing of those that are right. One name for all of them wherever there is one. */
export function diagnoseCases(answers: readonly JudgedAnswer[]): readonly (string | undefined)[] {
  return diagnoseHypotheses(answers).says;
}

export interface HypothesesOfCases {
  readonly says: readonly (string | undefined)[];
  readonly hypotheses: readonly (readonly Hypothesis[])[];
}

/** The same with the hypotheses themselves. */
export function diagnoseHypotheses(answers: readonly JudgedAnswer[]): HypothesesOfCases {
  const failing = [...answers.keys()]
    .filter((i) => !answers[i].passed)
    .toSorted((a, b) => sizeOf(answers[a]) - sizeOf(answers[b]));
  const passing = answers.filter(({ passed }) => passed).toSorted((a, b) => sizeOf(a) - sizeOf(b));
  if (failing.length === 0) return { says: answers.map(() => undefined), hypotheses: answers.map(() => []) };
  return diagnosed(answers, failing, passing, { left: effortOfOperation });
}

function diagnosed(
  answers: readonly JudgedAnswer[],
  failing: readonly number[],
  passing: readonly JudgedAnswer[],
  effort: Effort,
): HypothesesOfCases {
  const own = new Map<number, Fitting[]>();
  for (const i of failing.slice(0, examinedUpTo)) own.set(i, fittings(answers[i], effort, true));
  const explaining = explainedBy([...own.values()].flat(), answers, failing, passing, effort);
  const best = bestOfAll(explaining, failing, answers);
  const says: (string | undefined)[] = answers.map(() => undefined);
  const hypotheses: (readonly Hypothesis[])[] = answers.map(() => []);
  if (best.length > 0) {
    const said = failing.length === 1 ? sentence(best, answers[failing[0]].question) : sentence(best);
    for (const i of failing) [says[i], hypotheses[i]] = [said, best];
    return { says, hypotheses };
  }
  const byKey = new Map(explaining.map((one) => [one.hypothesis.key, one]));
  for (const i of failing) {
    const found = own.get(i) ?? fittings(answers[i], effort, false);
    const elements = count(answers[i].question.expected);
    const untried = found.filter((one) => isEvident(one, elements) && !byKey.has(one.hypothesis.key));
    for (const one of explainedBy(untried, answers, failing, passing, effort)) byKey.set(one.hypothesis.key, one);
    const known = found.filter(({ hypothesis }) => isTenable(byKey.get(hypothesis.key), failing));
    const likely = preferred(known, byKey, failing, elements);
    hypotheses[i] = toSay(likely, answers[i]);
    says[i] = say(likely, answers[i]);
  }
  return { says, hypotheses };
}

function fittings(answer: Subject, ofOperation: Effort, thorough: boolean): Fitting[] {
  const granted = Math.min(ofOperation.left, effortOfAnswer);
  const effort = { left: granted };
  const found = granted > 0 ? fittingsOf(answer, { thorough, effort }) : [];
  ofOperation.left -= granted - effort.left;
  return found;
}

/** Tries every hypothesis that fits one answer on the others. */
function explainedBy(
  found: readonly Fitting[],
  answers: readonly JudgedAnswer[],
  failing: readonly number[],
  passing: readonly JudgedAnswer[],
  effort: Effort,
): Explaining[] {
  const hypotheses = new Map(found.map(({ hypothesis }) => [hypothesis.key, hypothesis]));
  const tried = failing.slice(0, triedUpTo);
  const explaining: Explaining[] = [];
  for (const hypothesis of hypotheses.values()) {
    if (effort.left < 0) break;
    effort.left -=
      tried.reduce((sum, i) => sum + sizeOf(answers[i]), 0) +
      passing.slice(0, triedUpTo).reduce((sum, answer) => sum + sizeOf(answer), 0);
    const explains = new Set<number>();
    let [bits, loss] = [0, 0];
    let refuted = false;
    for (const i of tried) {
      const fit = fitOfHypothesis(hypothesis, answers[i]);
      if (fit) explains.add(i);
      else refuted = true;
      bits += fit?.bits ?? 0;
      loss += fit?.loss ?? 0;
    }
    const harmless = !passing.slice(0, triedUpTo).some((answer) => harms(hypothesis, answer));
    explaining.push({ hypothesis, explains, bits, loss, refuted: refuted || !harmless, harmless });
  }
  return explaining;
}

/** Tells whether a hypothesis would have made a wrong answer of one that is right. */
function harms(hypothesis: Hypothesis, answer: JudgedAnswer): boolean {
  if (hypothesis.key === flushing.key) return keepsSubnormals(answer);
  const { question, dtype } = answer;
  const predicted = answered(() => hypothesis.predict(answer));
  if (predicted === undefined || question.samples) return false;
  return !judge(question, asAnswer({ ...question.expected, ...predicted }, dtype), dtype).passed;
}

/** What explains every failing answer: rather what does no harm in the others, then what needs least to be said. */
function bestOfAll(
  explaining: readonly Explaining[],
  failing: readonly number[],
  answers: readonly JudgedAnswer[],
): Hypothesis[] {
  const tried = failing.slice(0, triedUpTo);
  const elements = tried.reduce((sum, i) => sum + count(answers[i].question.expected), 0);
  const all = explaining.filter(({ hypothesis, explains, bits, loss }) => {
    return explains.size === tried.length && isEvident({ hypothesis, fit: { bits, loss } }, elements);
  });
  const harmless = all.filter((one) => one.harmless);
  // What only some sizes do wrong is right where they are not; a declaration is for all of them.
  const candidates =
    harmless.length > 0 ? harmless : all.filter(({ hypothesis }) => !/^(algorithm|flushing)/.test(hypothesis.key));
  if (candidates.length === 0) return [];
  const flushed = candidates.find(({ hypothesis }) => hypothesis.key === flushing.key);
  if (flushed && !candidates.some(({ hypothesis }) => hypothesis.kind === 'known')) return [flushed.hypothesis];
  // Those that fit every answer are told apart in the answer that has most to say.
  const telling = tried.reduce((best, i) => (sizeOf(answers[i]) > sizeOf(answers[best]) ? i : best), tried[0]);
  const said = candidates
    .filter(({ hypothesis }) => hypothesis.key !== flushing.key)
    .flatMap(({ hypothesis, bits }) => {
      const fit = fitOfHypothesis(hypothesis, answers[telling]);
      return fit ? [{ hypothesis, fit: { bits, loss: fit.loss } }] : [];
    });
  return chosen(said, answers[telling]);
}

/** Tells whether what explains some failing answers may be said of them although it does not explain all. */
function isTenable(one: Explaining | undefined, failing: readonly number[]): boolean {
  // Untried for want of evidence, or of time: nothing is said of it.
  if (one === undefined) return false;
  if (!one.refuted) return true;
  const { kind, cost, key, read } = one.hypothesis;
  // A declaration is proposed for what it explains everywhere, or not at all.
  if (/^(algorithm|flushing)/.test(key)) return false;
  const plain = kind === 'observation' || kind === 'result' || kind === 'place' || kind === 'where';
  if (plain && !read) return true;
  const share = one.explains.size / Math.min(failing.length, triedUpTo);
  return share >= (read ? refutedShareOfRead : refutedShare) && one.bits >= cost + refutedMargin;
}

/** Of several that fit one answer, those that explain most of the others. */
function preferred(
  known: readonly Fitting[],
  byKey: ReadonlyMap<string, Explaining>,
  failing: readonly number[],
  elements: number,
): Fitting[] {
  const evident = known.filter((one) => isEvident(one, elements));
  const explained = ({ hypothesis }: Fitting) => byKey.get(hypothesis.key)?.explains.size ?? 0;
  const most = Math.max(0, ...evident.map(explained));
  return most * 2 > failing.length ? evident.filter((one) => explained(one) === most) : [...known];
}

function sizeOf({ question: { case: asked, expected } }: { readonly question: Question }): number {
  return count(asked.inputs) + count(expected);
}
