/**
 * Collects the answers that the honest forms of an operation give where numbers are not finite, or are too large for what is computed on the way: a
 * choice where another form has 0·∞, a sum that overflows in one order and not in another, a difference of infinities that arises in one
 * association alone. The same rule for every operation:
 *
 * An element of an answer is right where it is what the question expects, or
 * - NaN or an infinity that some form of the operation gives there, in some honest arithmetic,
 * - where all inputs are finite and forms part over whether something overflows: any of NaN and the infinities, for there are more
 *   orders of summation than are tried here,
 * - the number, to the last bit, that every form gives that gives one at all: what was left out was left out exactly, or everything has
 *   been divided by an infinity,
 * - or what the form that chooses is left with (the operation's `selected`), within that question's limits.
 *
 * Where all forms agree nothing is open, and where all inputs are ordinary numbers no form is asked.
 */
import { arithmeticsOf } from './forms.ts';
import type { NamedTensors } from './operation.ts';
import { prepareQuestion, type Question } from './question.ts';

const isNaNs = 1;
const isInfinity = 2;
const isMinusInfinity = 4;
const isNumber = 8;
const notFinite = isNaNs | isInfinity | isMinusInfinity;

function kindOf(value: number): number {
  if (Number.isNaN(value)) return isNaNs;
  if (Number.isFinite(value)) return isNumber;
  return value > 0 ? isInfinity : isMinusInfinity;
}

/** The elements that are open in one output. */
interface OpenOutput {
  /** The kinds that forms give, element by element. */
  readonly kinds: Uint8Array;
  /** The number that all forms agree on that give one; NaN where they do not. */
  readonly common: Float64Array;
}

interface Open {
  readonly outputs: Readonly<Record<string, OpenOutput>>;
  readonly selected: Question | undefined;
}

/** Products of numbers below this overflow in no format that is judged, whatever the sum. */
const ordinary = 2 ** 50;

function isOrdinary(tensors: NamedTensors): boolean {
  return Object.values(tensors).every(({ data }) => data.every((value) => Math.abs(value) < ordinary));
}

const found = new WeakMap<Question, Open | 'nothing'>();

function openIn(question: Question): Open | undefined {
  const known = found.get(question);
  if (known !== undefined) return known === 'nothing' ? undefined : known;
  const open = findOpen(question);
  found.set(question, open ?? 'nothing');
  return open;
}

/** Number of ways to compute one question that are enough to see where they differ. */
const mostWays = 150;

function findOpen({ operation, case: asked, expected, precision, samples }: Question): Open | undefined {
  const { forms, selected } = operation;
  if (forms === undefined || samples || (isOrdinary(asked.inputs) && isOrdinary(expected))) return undefined;
  const arithmetics = arithmeticsOf(precision.name === 'float64' ? 'float64' : 'float32');
  const ways = Object.values(forms).flatMap((form) => arithmetics.map((arithmetic) => ({ form, arithmetic })));
  const step = Math.max(1, Math.ceil(ways.length / mostWays));
  // No divisor of the number of arithmetics may leave some of them out.
  const taken = ways.filter((_, i) => i % step === Math.floor(i / step) % step);
  const finiteInputs = Object.values(asked.inputs).every(({ data }) => data.every(Number.isFinite));
  const outputs = Object.fromEntries(
    Object.entries(expected).map(([name, { data }]) => [
      name,
      {
        kinds: Uint8Array.from(data, kindOf),
        common: new Float64Array(data.length).fill(Number.NaN),
        met: new Uint8Array(data.length),
      },
    ]),
  );
  for (const { form, arithmetic } of taken) {
    for (const [name, { data }] of Object.entries(form(asked, arithmetic))) {
      const { kinds, common, met } = outputs[name];
      for (let i = 0; i < kinds.length; i++) {
        kinds[i] |= kindOf(data[i]);
        if (!Number.isFinite(data[i])) continue;
        if (met[i] === 0) common[i] = data[i];
        else if (common[i] !== data[i]) common[i] = Number.NaN;
        met[i] = 1;
      }
    }
  }
  for (const { kinds } of Object.values(outputs)) {
    for (let i = 0; i < kinds.length; i++)
      if (finiteInputs && (kinds[i] & notFinite) !== 0 && kinds[i] !== (kinds[i] & -kinds[i])) kinds[i] |= notFinite;
  }
  const left = selected?.(asked.inputs, asked.attributes);
  return { outputs, selected: left && prepareQuestion(operation, { ...asked, inputs: left }, precision) };
}

/** Tells whether an element that is not what the question expects is what another form of the operation gives. */
export function isOfAnotherForm(
  question: Question,
  output: string,
  at: number,
  actual: number,
  ratio: (expected: number, actual: number, limit: number, precision: Question['precision']) => number,
): boolean {
  const open = openIn(question);
  if (open === undefined) return false;
  const { kinds, common } = open.outputs[output];
  if (!Number.isFinite(actual)) return (kinds[at] & kindOf(actual)) !== 0;
  if ((kinds[at] & isNumber) === 0) return false;
  if (actual === common[at]) return true;
  const { selected } = open;
  return (
    selected !== undefined &&
    ratio(selected.expected[output].data[at], actual, selected.limits[output].limit[at], question.precision) <= 1
  );
}
