/**
 * Which mistake a wrong answer is. It is compared with the operation's known mistakes on the same inputs, held
 * against what a backend may do that declares it (undeclared.ts), compared with what may happen to any result (candidates.ts), then looked at for what the wrong elements share (places.ts). A mistake is named only when the inputs
 * tell it from the others that were tried; otherwise those that fit are listed.
 */
import type { Dtype } from '../../../reference/tensor.ts';
import { elementErrorRatio, judge } from '../judge.ts';
import type { NamedTensors } from '../operation.ts';
import type { Question } from '../question.ts';
import { operandCandidates, resultCandidates } from './candidates.ts';
import { type AnyMistake, asAnswer, matchingMistakes } from './knownMistakes.ts';
import { equalsOutputs, equalsTensor } from './matching.ts';
import { coarserPrecision, placesOf } from './places.ts';
import { flushesUndeclared, undeclared } from './undeclared.ts';

/** More than this many candidates fit only where the inputs say next to nothing. */
const listedAtMost = 3;
/** Fewer different numbers than this are met by chance too easily for anything but the operation's own mistakes. */
const tellingValues = 3;

/**
 * The diagnosis of a failing answer in one line; nothing when no candidate fits. `previous` is what the backend answered to the
 * question before, in which a stale buffer shows.
 */
export function diagnose(question: Question, actual: NamedTensors, dtype: Dtype, previous?: NamedTensors): string | undefined {
  const names = Object.keys(question.expected);
  if (names.some((name) => actual[name] === undefined)) return undefined;
  const known = matchingMistakes(question, actual, dtype);
  // A mistake that shows in subnormal numbers alone may be none, where flushing is declared.
  if (known.length > 0)
    return [list(known.map(mistakeSays)), flushesUndeclared(question, actual, dtype)].filter(Boolean).join('; ');
  const toDeclare = undeclared(question, actual, dtype);
  if (toDeclare !== undefined) return toDeclare;
  const generic = genericMistakes(question, actual, dtype, previous);
  if (generic.length > 0) return generic.length > listedAtMost ? undefined : list(generic);
  return wrongPlaces(question, actual) ?? coarserPrecision(question, actual);
}

/** "1 − 2·tanh²(x), erratum R1" */
export function mistakeSays({ says, erratum }: AnyMistake): string {
  return erratum === undefined ? says : `${says}, erratum ${erratum}`;
}

function list(candidates: readonly string[]): string {
  const apart = candidates.length > 1 ? ': these inputs do not tell them apart' : '';
  return `equals ${candidates.join(', or ')}${apart}`;
}

/** Descriptions that fit the whole answer, or each output that is wrong. */
function genericMistakes(question: Question, actual: NamedTensors, dtype: Dtype, previous?: NamedTensors): string[] {
  const wrong = wrongOutputs(question, actual);
  const values = new Set(wrong.flatMap((name) => Array.from(actual[name].data)).filter((value) => value !== 0));
  const zero = values.size === 0 && wrong.every((name) => question.expected[name].data.some((value) => value !== 0));
  const named = wrong.map((name) =>
    resultCandidates(question, name, actual[name], previous)
      .filter(
        ({ says }) => values.size >= tellingValues || zero || /^(the result (negated|times|divided)|twice|half)/.test(says),
      )
      .filter(
        ({ tensor }) =>
          equalsTensor(question, name, asAnswer({ [name]: tensor }, dtype)[name], actual[name], dtype) &&
          refused(question, name, tensor, dtype),
      )
      .map(({ says }) => says),
  );
  const fits = named.length === 0 ? [] : named.reduce((common, says) => common.filter((one) => says.includes(one)));
  // What is said of the result need not be said of its operands: without the last row of a is without the last row.
  if (fits.length === 0 && values.size >= tellingValues) {
    const fitting: NamedTensors[] = [];
    for (const { says, outputs } of operandCandidates(question)) {
      const candidate = answered(outputs, dtype);
      if (!candidate || !equalsOutputs(question, candidate, actual, dtype)) continue;
      // The same numbers are the same mistake: without x is without its weights.
      if (judge(question, candidate, dtype).passed || fitting.some((other) => identical(other, candidate))) continue;
      fitting.push(candidate);
      fits.push(says);
    }
  }
  if (fits.length > 0) return fits;
  // Several outputs, each wrong in a way of its own.
  if (wrong.length > 1 && named.every((says) => says.length === 1))
    return [wrong.map((name, i) => `${named[i][0]} in ${name}`).join(' and ')];
  return [];
}

/** A reference asked with operands that no case has may refuse them; then there is no such candidate. */
function answered(outputs: () => NamedTensors, dtype: Dtype): NamedTensors | undefined {
  try {
    return asAnswer(outputs(), dtype);
  } catch {
    return undefined;
  }
}

function identical(a: NamedTensors, b: NamedTensors): boolean {
  return Object.keys(a).every((name) => a[name].data.every((value, i) => Object.is(value, b[name].data[i])));
}

/** Whether an output's candidate is no right answer itself. */
function refused(question: Question, name: string, tensor: NamedTensors[string], dtype: Dtype): boolean {
  const right = asAnswer(question.expected, dtype);
  return !judge(question, { ...right, ...asAnswer({ [name]: tensor }, dtype) }, dtype).passed;
}

function wrongOutputs(question: Question, actual: NamedTensors): string[] {
  return Object.entries(question.expected)
    .filter(([name, { data, shape }]) => {
      if (actual[name].shape.join() !== shape.join()) return true;
      const { limit } = question.limits[name];
      return data.some((want, i) => !(elementErrorRatio(want, actual[name].data[i], limit[i], question.precision) <= 1));
    })
    .map(([name]) => name);
}

function wrongPlaces(question: Question, actual: NamedTensors): string | undefined {
  const wrong = wrongOutputs(question, actual);
  const several = Object.keys(question.expected).length > 1;
  const places = wrong.map((name) => placesOf(question, name, actual[name])[0]);
  if (wrong.length === 0) return undefined;
  if (places.every((says) => says !== undefined)) {
    const parts = wrong.map((name, i) => `${places[i]}${several ? ` of ${name}` : ''}`);
    return `wrong only ${parts.join(' and ')}`;
  }
  return several && wrong.length < Object.keys(question.expected).length ? `wrong only in ${wrong.join(', ')}` : undefined;
}
