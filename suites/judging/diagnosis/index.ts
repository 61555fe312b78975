/**
 * Finds the mistake behind a wrong answer. Hypotheses, each a sentence with the numbers it predicts, are compared with the answer: the operation's
 * known mistakes, what may happen to any result (resultChanges.ts), to any operand or attribute, a lower precision (coarser.ts), and a
 * place with what stands there (places.ts). Named is the one that explains every element and that needs the least to be said; several are
 * listed where the inputs do not tell them apart, and nothing is said of more. What all cases of an operation say together: cases.ts.
 */
import type { Dtype } from '../../../reference/tensor.ts';
import { judge } from '../judge.ts';
import type { NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';
import { attributeHypotheses } from './attributeChanges.ts';
import { coarseResults, isWrongThroughout, roundedInputs } from './coarser.ts';
import { answered, fitOfHypothesis, wrongOutputs } from './fit.ts';
import type { Fit, Hypothesis, Subject } from './hypothesis.ts';
import { asAnswer, closest, isEvidentMistake, knownHypotheses } from './knownMistakes.ts';
import { operandHypotheses } from './operandChanges.ts';
import { placeHypotheses } from './places.ts';
import { resultHypotheses } from './resultChanges.ts';
import { declarations, flushing } from './undeclared.ts';

/** A hypothesis with how well an answer agrees with it. */
export interface Fitting {
  readonly hypothesis: Hypothesis;
  readonly fit: Fit;
}

/** More than this many that fit alike are no diagnosis. */
const listedAtMost = 3;
/** Evidence beyond what a hypothesis costs: one false name among some hundred tried is then met once in many answers. */
const margin = 8;
const marginOfObservation = 5;
/** Largest number of input and output elements for which the reference is asked again with operands and attributes changed. */
const operandsUpTo = 4096;
const outputsUpTo = 2 ** 14;
const knownUpTo = 2 ** 16;
/** Largest output whose elements are gone through one by one for what they have in common. */
const elementsUpTo = 2 ** 17;
/**
 * What a diagnosis may cost, in elements that are computed or compared: counted, not timed, so that a slow machine says the same. A
 * million take about a tenth of a second. What has been found when it is spent counts.
 */
export interface Effort {
  left: number;
}
export const effortOfAnswer = 4e6;
/** Elements of the reference's work on an element of its inputs, roughly. */
const workOfReference = 4;

/** An answer as it is looked at: of a large output, the elements that were drawn. Undefined where an output is missing. */
export function subjectOf(
  question: Question,
  actual: NamedTensors,
  dtype: Dtype,
  previous?: NamedTensors,
): Subject | undefined {
  const names = Object.keys(question.expected);
  if (names.some((name) => actual[name] === undefined)) return undefined;
  const { samples } = question;
  if (!samples) return thinned({ question, actual, dtype, previous });
  const drawn: Record<string, NamedTensors[string]> = {};
  for (const name of names) {
    const { shape, data } = actual[name];
    if (shape.join() !== samples[name].shape.join()) return undefined;
    drawn[name] = { ...question.expected[name], data: Float64Array.from(samples[name].positions, (at) => data[at]) };
  }
  return { question, actual: drawn, dtype, previous };
}

/** Of one output larger than this, some elements stand in for the whole. */
const wholeUpTo = 2 ** 14;
const drawnOfLarge = 2048;

/** A large answer by its first and last elements, those around every power of two, and others spread over the whole. */
function thinned(subject: Subject): Subject {
  const { question, actual } = subject;
  const [[name, right], ...others] = Object.entries(question.expected);
  const { length } = right.data;
  if (others.length > 0 || length <= wholeUpTo || actual[name].shape.join() !== right.shape.join()) return subject;
  const chosen = new Set<number>();
  for (let i = 0; i < drawnOfLarge; i++) {
    chosen.add(Math.floor((i * length) / drawnOfLarge));
    if (i < drawnOfLarge / 8) chosen.add(i).add(length - 1 - i);
  }
  for (let power = 2; power < length; power *= 2)
    for (let at = power - 2; at <= Math.min(power + 1, length - 1); at++) chosen.add(at);
  const positions = [...chosen].toSorted((a, b) => a - b);
  const { scale, ...bound } = question.limits[name];
  const pick = (values: ArrayLike<number>) => Float64Array.from(positions, (at) => values[at]);
  const few = (x: NamedTensors[string]) => ({ ...x, dtype: 'float64' as const, shape: [positions.length], data: pick(x.data) });
  return {
    ...subject,
    question: {
      ...question,
      expected: { [name]: few(right) },
      limits: { [name]: { ...bound, limit: pick(bound.limit), ...(scale && { scale: pick(scale) }) } },
      samples: { [name]: { shape: right.shape, positions, drawn: 0 } },
    },
    actual: { [name]: few(actual[name]) },
  };
}

/** Hypotheses that an answer agrees with, whatever the evidence: all of them, or those that come before the first with evidence. */
export function fittingsOf(
  subject: Subject,
  { thorough = false, effort = { left: effortOfAnswer } as Effort } = {},
): Fitting[] {
  const { question } = subject;
  const outputs = count(question.expected);
  const inputs = count(question.case.inputs);
  const fittings: Fitting[] = [];
  const consider = (hypotheses: readonly Hypothesis[], cost = outputs) => {
    for (const hypothesis of hypotheses) {
      if (effort.left < 0) return;
      effort.left -= cost;
      const fit = fitOfHypothesis(hypothesis, subject);
      if (fit && !isRightItself(hypothesis, subject)) fittings.push({ hypothesis, fit });
    }
  };
  const found = () => !thorough && fittings.some((one) => isEvident(one, outputs));
  if (outputs > elementsUpTo) return [];
  const work = outputs + workOfReference * inputs;
  const mistakes = knownHypotheses(question.operation);
  const isQuick = !question.samples || (mistakes.length + 1) * workOfReference * inputs < effort.left / 2;
  if (isQuick) consider(mistakes, work);
  consider(declarations(question), work);
  // As many changes of the result as of the operands, and no reference.
  effort.left -= outputs * 100;
  consider(resultHypotheses(subject));
  if (found()) return fittings;
  consider(coarseResults(subject));
  for (const name of wrongOutputs(subject)) {
    effort.left -= outputs * 50;
    if (effort.left > 0) consider(placeHypotheses(subject, name), 4 * outputs);
  }
  // The reference's own work on a large question is worth it once for each mistake, not for each change.
  if (!isQuick && inputs <= knownUpTo && !found()) consider(mistakes, work);
  if (found() || question.samples || inputs > operandsUpTo || outputs > outputsUpTo) return fittings;
  const values = new Set(wrongOutputs(subject).flatMap((name) => Array.from(subject.actual[name].data)));
  // Answers of one number are what they are, and every operand that is missing would give them.
  if (values.size < 2 && outputs > 1) return fittings;
  consider(attributeHypotheses(question), work);
  consider(operandHypotheses(question), work);
  if (isWrongThroughout(subject)) consider(roundedInputs(subject), work);
  return fittings;
}

export function count(tensors: NamedTensors): number {
  return Object.values(tensors).reduce((total, { data }) => total + data.length, 0);
}

/** What does no harm explains none. */
function isRightItself(hypothesis: Hypothesis, subject: Subject): boolean {
  if (hypothesis.fit) return false;
  const { question, dtype } = subject;
  if (question.samples) return false;
  const predicted = answered(() => hypothesis.predict(subject));
  return predicted !== undefined && judge(question, asAnswer({ ...question.expected, ...predicted }, dtype), dtype).passed;
}

/** Tells whether there is evidence enough to say it of answers of so many elements. */
export function isEvident({ hypothesis: { kind, cost }, fit }: Fitting, elements: number): boolean {
  if (kind === 'known') return isEvidentMistake(fit, elements);
  return fit.bits >= cost + (kind === 'observation' ? marginOfObservation : margin);
}

/**
 * The hypotheses that are said of one answer: those with evidence, that leave no more than the best does, and of these the cheapest.
 */
export function chosen(fittings: readonly Fitting[], subject: Subject): Hypothesis[] {
  const elements = count(subject.question.expected);
  const evident = fittings.filter((one) => isEvident(one, elements));
  if (evident.length === 0) return [];
  const explaining = evident.filter(({ hypothesis }) => hypothesis.kind !== 'where');
  if (explaining.length === 0) return cheapest(evident);
  const close = closest(explaining, elements);
  const ofKind = (...kinds: Hypothesis['kind'][]) => close.filter(({ hypothesis }) => kinds.includes(hypothesis.kind));
  const isConstant = ofKind('observation').some(({ hypothesis: { key } }) => /^(0|NaN|constant)/.test(key));
  // An answer of one number tells no mistake from another: it is that number.
  if (isConstant && ofKind('known').length !== 1) return cheapest(ofKind('observation'));
  if (ofKind('known').length > 0) return ofKind('known').map(({ hypothesis }) => hypothesis);
  return cheapest(close);
}

function cheapest(fittings: readonly Fitting[]): Hypothesis[] {
  if (fittings.length === 0) return [];
  const least = Math.min(...fittings.map(({ hypothesis }) => hypothesis.cost));
  return fittings.filter(({ hypothesis }) => hypothesis.cost === least).map(({ hypothesis }) => hypothesis);
}

/** "equals A, or B: these inputs do not tell them apart", of one question or of several; undefined of more than are worth reading. */
export function sentence(hypotheses: readonly Hypothesis[], question?: Question): string | undefined {
  const says = [...new Set(hypotheses.map((hypothesis) => hypothesis.says(question)))];
  if (says.length === 0 || says.length > listedAtMost) return undefined;
  if (says.length === 1) return says[0];
  const common = says.every((one) => one.startsWith('equals '));
  return `${common ? says.map((one, i) => (i === 0 ? one : one.slice('equals '.length))).join(', or ') : says.join(', or ')}: these inputs do not tell them apart`;
}

/**
 * The diagnosis of one failing answer in one line; nothing when no hypothesis has evidence. `previous` is what the backend answered to
 * the question before, in which a stale buffer shows.
 */
export function diagnose(question: Question, actual: NamedTensors, dtype: Dtype, previous?: NamedTensors): string | undefined {
  const subject = subjectOf(question, actual, dtype, previous);
  return subject && say(fittingsOf(subject), subject);
}

/** The hypotheses that `say` speaks of. */
export function toSay(fittings: readonly Fitting[], subject: Subject): Hypothesis[] {
  const flushed = fittings.filter(({ hypothesis }) => hypothesis.key === flushing.key).map(({ hypothesis }) => hypothesis);
  const others = chosen(
    fittings.filter(({ hypothesis }) => hypothesis.key !== flushing.key),
    subject,
  );
  return flushed.length === 0 || others.some(({ kind }) => kind === 'known') ? [...others, ...flushed] : flushed;
}

/** What fittings say of their answer. */
export function say(fittings: readonly Fitting[], subject: Subject): string | undefined {
  const { question } = subject;
  const flushed = fittings.some(({ hypothesis }) => hypothesis.key === flushing.key);
  const others = fittings.filter(({ hypothesis }) => hypothesis.key !== flushing.key);
  const text = sentence(chosen(others, subject), question);
  // A mistake that shows in subnormal numbers alone may be none, where flushing is declared.
  if (!flushed) return text;
  const known = others.some(({ hypothesis }) => hypothesis.kind === 'known');
  return text !== undefined && known ? `${text}; ${flushing.says(question)}` : flushing.says(question);
}

export { mistakeSays } from './knownMistakes.ts';
