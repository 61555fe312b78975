/**
 * A lower precision inside. It is named only by what it does to every element: inputs rounded to so many bits predict each error, results
 * on a coarse grid show it in each number. That the limits of a coarser format happen to hold is no evidence.
 */
import { map } from '../../../reference/tensor.ts';
import { roundToBits, toFloat16 } from '../arithmetic.ts';
import type { NamedTensors } from '../operation.ts';
import { precisions } from '../precision.ts';
import type { Question } from '../question.ts';
import { significantBits } from '../statistics/observedPrecision.ts';
import { answered, toleranceFor, wrongElements, wrongOutputs } from './fit.ts';
import type { Fit, Hypothesis, Subject } from './hypothesis.ts';
import { withInputsChanged } from './operandChanges.ts';

/** 11 bits are those of two formats, 8 those of one. */
const formatOfBits: Readonly<Record<number, string>> = {
  8: ' (bf16)',
  11: ' (tf32, float16)',
  4: ' (float8)',
  24: ' (float32)',
};
const bitsText = (bits: number) => `${bits} significant ${bits === 1 ? 'bit' : 'bits'}${formatOfBits[bits] ?? ''}`;

/** Toward zero, to so many bits. */
const cutToBits = (bits: number) => (x: number) => {
  if (x === 0 || !Number.isFinite(x)) return x;
  const spacing = 2 ** (Math.floor(Math.log2(Math.abs(x))) + 1 - bits);
  return Math.trunc(x / spacing) * spacing;
};

const roundings: readonly { readonly says: string; readonly to: (bits: number) => (x: number) => number }[] = [
  { says: 'rounded', to: roundToBits },
  { says: 'cut', to: cutToBits },
];
/** The coarseness at which an input's rounding is tried first; the errors of others are to it as powers of two. */
const probeBits = 12;
const fewestBits = 3;
const bitsOfKnownFormat = 3;
const mostBits = 23;

/** Inputs rounded, one of them or all, to as many bits as the size of the errors says. */
export function roundedInputs(subject: Subject): Hypothesis[] {
  const { question } = subject;
  const names = Object.keys(question.case.inputs);
  const size = rootMeanSquare(question, subject.actual);
  if (!(size > 0)) return [];
  const choices = [names, ...(names.length > 1 ? names.map((name) => [name]) : [])];
  return choices.flatMap((chosen) => {
    const what = chosen.length > 1 || names.length === 1 ? (names.length === 1 ? names[0] : 'inputs') : chosen[0];
    const changed = (to: (x: number) => number) => (given: NamedTensors) =>
      Object.fromEntries(
        (chosen === names ? Object.keys(given) : chosen).flatMap((name) => (given[name] ? [[name, map(given[name], to)]] : [])),
      );
    const hypothesis = (text: string, to: (x: number) => number) =>
      withInputsChanged(text, changed(to), chosen === names ? 6 : 7);
    const probe = answered(() => hypothesis('', roundToBits(probeBits)).predict(subject));
    const unit = probe && rootMeanSquare(question, probe);
    const ofFloat16 = hypothesis(`of ${what} converted to float16`, toFloat16);
    const also = [...(chosen === names ? [ofFloat16] : [])];
    if (!unit) return also;
    const estimate = Math.round(probeBits + Math.log2(unit / size));
    const bits = [estimate - 1, estimate, estimate + 1].filter((one) => one >= fewestBits && one <= mostBits);
    return [
      ...bits.flatMap((one) => roundings.map(({ says, to }) => hypothesis(`of ${what} ${says} to ${bitsText(one)}`, to(one)))),
      ...also,
    ];
  });
}

/** Returns the root mean square of the errors, each in units of its limit, so that a large element does not speak for all. */
function rootMeanSquare(question: Question, outputs: NamedTensors): number {
  let [sum, count] = [0, 0];
  for (const [name, right] of Object.entries(question.expected)) {
    if (outputs[name]?.data.length !== right.data.length) return Number.NaN;
    const tolerance = toleranceFor(question, name, right);
    right.data.forEach((value, i) => {
      const error = (outputs[name].data[i] - value) / tolerance(i, value);
      if (!Number.isFinite(error)) return;
      sum += error * error;
      count++;
    });
  }
  return Math.sqrt(sum / count);
}

/** Results that are all on a coarse grid: of so many significant bits, or multiples of one number. */
export function coarseResults(subject: Subject): Hypothesis[] {
  return [...ofBits(subject), ...ofMultiples(subject)];
}

function ofBits(subject: Subject): Hypothesis[] {
  const bits = bitsHeld(subject);
  if (bits === undefined) return [];
  const make = (key: string, says: string, cost: number, accepts: Accepts): Hypothesis => ({
    ...{ key: `${key} ${bits}`, kind: 'result', cost, says: () => says },
    predict: ({ question }) => withResults(question, roundToBits(bits)),
    fit: (asked) => fitOfGrid(asked, bits, accepts),
  });
  const spacing = (value: number) => 2 ** (Math.floor(Math.log2(Math.abs(value))) + 1 - bits);
  return [
    make(
      'rounded',
      `equals the result rounded to ${bitsText(bits)}`,
      4,
      (right, got, slack) => Math.abs(got - right) <= spacing(right) / 2 + slack,
    ),
    make('cut', `equals the result cut to ${bitsText(bits)}`, 4, (right, got, slack) => {
      const below = Math.abs(right) - Math.abs(got);
      return below >= -slack && below < spacing(right) + slack;
    }),
    make(
      'summed',
      `has no more than ${bitsText(bits)} in any number and errors as large as sums in this format make: a lower precision inside`,
      6,
      (_, __, ___, withinFormat) => withinFormat,
    ),
  ];
}

type Accepts = (right: number, got: number, slack: number, withinFormat: boolean) => boolean;

/** Bits that no number of the wrong outputs exceeds. */
function bitsHeld(subject: Subject): number | undefined {
  let held = 0;
  for (const name of wrongOutputs(subject)) {
    if (subject.actual[name].shape.join() !== subject.question.expected[name].shape.join()) return undefined;
    subject.actual[name].data.forEach((value) => {
      held = Math.max(held, significantBits(value));
    });
  }
  return held >= fewestBits && held < mostBits ? held : undefined;
}

function withResults({ expected }: Question, change: (x: number) => number): NamedTensors {
  return Object.fromEntries(Object.entries(expected).map(([name, x]) => [name, map(x, change)]));
}

/** Evidence: a number that has to be rounded is on the grid by accident in one of 2^(24 − bits). Errors may have either sign. */
function fitOfGrid(subject: Subject, bits: number, accepts: Accepts): Fit | undefined {
  const { question, actual } = subject;
  const coarse = { ...precisions.float32, unitRoundoff: 2 ** -bits, epsilon: 2 ** (1 - bits) };
  const limits = answered(() =>
    question.operation.bound.limits({
      ...{ inputs: question.case.inputs, attributes: question.case.attributes, expected: question.expected },
      precision: coarse,
    }),
  );
  if (limits === undefined || question.samples) return undefined;
  let [evidence, wrong, off] = [0, 0, 0];
  for (const [name, right] of Object.entries(question.expected)) {
    const got = actual[name].data;
    if (got.length !== right.data.length) return undefined;
    const tolerance = toleranceFor(question, name, right);
    for (let i = 0; i < got.length; i++) {
      const due = right.data[i];
      if (!Number.isFinite(due) || due === 0) {
        if (!Object.is(due, got[i]) && Math.abs(got[i] - due) > tolerance(i, due)) return undefined;
        continue;
      }
      if (significantBits(got[i]) > bits) return undefined;
      const slack = tolerance(i, due);
      const within = Math.abs(got[i] - due) <= limits[name].limit[i] && limits[name].limit[i] < Math.abs(due) / 8;
      if (!accepts(due, got[i], slack, within)) return undefined;
      if (significantBits(Math.fround(due)) <= bits) continue;
      // That numbers have no more bits than so many is certain at once; that the format has no more, half as likely with each number.
      evidence += formatOfBits[bits] ? bitsOfKnownFormat : 1;
      off++;
      if (Math.abs(got[i] - due) > slack) wrong++;
    }
  }
  return wrong > 0 && off >= 3 ? { bits: evidence, loss: 0 } : undefined;
}

const grids = Array.from({ length: 21 }, (_, power) => 2 ** -power);

/** Multiples of 2⁻ᵏ, the coarsest grid that holds all numbers of the wrong outputs. */
function ofMultiples(subject: Subject): Hypothesis[] {
  const wrong = wrongOutputs(subject);
  const values = wrong.flatMap((name) => Array.from(subject.actual[name].data));
  const grid = grids.find((step) => values.every((value) => Number.isFinite(value) && value % step === 0));
  if (grid === undefined || grid === 1 || values.length < 3) return [];
  const power = -Math.log2(grid);
  return (['rounded', 'cut'] as const).map((how) => ({
    ...{ key: `${how} to multiples of ${grid}`, kind: 'result', cost: 9 },
    says: () => `equals the result ${how} to multiples of 2^−${power}: a fixed point`,
    predict: ({ question }) =>
      withResults(question, (x) => (how === 'cut' ? Math.trunc(x / grid) : Math.round(x / grid)) * grid),
  }));
}

/** Tells whether most elements of every wrong output are wrong: a coarser format shows in most. */
export function isWrongThroughout(subject: Subject): boolean {
  return wrongOutputs(subject).some((name) => {
    const wrong = wrongElements(subject, name);
    return wrong.filter(Boolean).length * 4 >= wrong.length;
  });
}
