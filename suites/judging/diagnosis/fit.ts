/**
 * How well a wrong answer agrees with what a hypothesis predicts. Every element must agree within the rounding that an honest
 * implementation of the prediction may add, and what is left must be small beside what is explained: a coarse limit proves nothing.
 */
import type { Dtype, Tensor } from '../../../reference/tensor.ts';
import { elementErrorRatio } from '../judge.ts';
import type { NamedTensors, OutputBound } from '../operation.ts';
import type { Question } from '../question.ts';
import type { Fit, Hypothesis, Slack, Subject } from './hypothesis.ts';

/** Roundings that a candidate's own last steps may add, beyond the operation's limit. */
const lastRoundings = 8;
/**
 * Where the operation's limit is 0 (integers, every sum exact) a mistake's result may still round: this many times at the largest element,
 * but for one that stands far above the others.
 */
const roundingsOfInexactSums = 64;
const farAbove = 64;
/** An operation that only compares is mistaken into one that rounds a few times. */
const roundingsOfExact = 4;
/** Sums of a candidate are larger than the right ones by no more than this, as far as their roundings go. */
const growthAtMost = 1024;
/** Left over is at most this part of what is explained, both as root mean squares. */
const leftAtMost = 1 / 8;
/** One element is no more evidence than this, in bits; NaN or an infinity in its place less, and a number that stood elsewhere already least. */
const bitsOfNumber = 20;
const bitsOfSpecial = 3;
const bitsOfRepetition = 0.5;

/** How the whole answer agrees; undefined where it does not. Outputs that are not predicted must be right. */
export function fitOf(subject: Subject, predicted: NamedTensors, slack?: Slack): Fit | undefined {
  const { question, actual, dtype } = subject;
  let [bits, left, explained, loss] = [0, 0, 0, 0];
  for (const name of Object.keys(question.expected)) {
    const fit = compare(question, name, predicted[name] ?? question.expected[name], actual[name], dtype, slack);
    if (fit === undefined) return undefined;
    bits += fit.bits;
    left += fit.loss;
    loss += fit.loss;
    explained += fit.explained;
  }
  // It may be so all the same; this answer is no evidence for it.
  return { bits: left <= leftAtMost ** 2 * explained ? bits : 0, loss };
}

/** How one output agrees, whatever the others are. */
export function fitOfOutput(
  { question, actual, dtype }: Subject,
  name: string,
  predicted: Tensor,
  slack?: Slack,
): Fit | undefined {
  const fit = compare(question, name, predicted, actual[name], dtype, slack);
  return fit && { bits: fit.loss <= leftAtMost ** 2 * fit.explained ? fit.bits : 0, loss: fit.loss };
}

/** How an answer agrees with a hypothesis; undefined where it does not, or where the hypothesis does not speak of the question. */
export function fitOfHypothesis(hypothesis: Hypothesis, subject: Subject): Fit | undefined {
  if (hypothesis.fit) return hypothesis.fit(subject);
  const predicted = answered(() => hypothesis.predict(subject));
  return predicted && fitOf(subject, predicted, hypothesis.slack);
}

/** A reference asked with operands or attributes that no case has may refuse them; then there is no such candidate. */
export function answered<Result>(ask: () => Result): Result | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

function compare(question: Question, name: string, whole: Tensor, actual: Tensor, dtype: Dtype, slack: Slack = () => 0) {
  const candidate = drawnOf(whole, question, name);
  if (candidate.shape.join() !== actual.shape.join()) return undefined;
  const right = question.expected[name];
  const isRightShape = candidate.shape.join() === right.shape.join();
  const tolerance = toleranceFor(question, name, candidate);
  const grain = grainOf(right, actual);
  const keepsSigns = question.operation.keepsSignOfZero;
  const seen = new Set<number>();
  let [bits, loss, explained] = [0, 0, 0];
  for (let i = 0; i < candidate.data.length; i++) {
    const want = dtype === 'float32' ? Math.fround(candidate.data[i]) : candidate.data[i];
    const got = actual.data[i];
    const due = isRightShape ? right.data[i] : 0;
    const allowed = tolerance(i, want) + slack(want);
    if (!Number.isFinite(want) || !Number.isFinite(got)) {
      if (!Object.is(want, got)) return undefined;
      if (!Object.is(due, got)) bits += seen.has(got) ? bitsOfRepetition : bitsOfSpecial;
      if (!Object.is(due, got)) explained++;
      seen.add(got);
      continue;
    }
    const left = Math.abs(got - want);
    if (!(left <= allowed)) return undefined;
    if (keepsSigns && want === 0 && got === 0 && due === 0) {
      if (!Object.is(want, got)) return undefined;
      if (!Object.is(due, got)) [bits, explained] = [bits + bitsOfSpecial, explained + 1];
    }
    loss += (left / allowed) ** 2;
    const moved = Math.abs(want - due);
    if (moved <= allowed) continue;
    if (Number.isFinite(moved)) {
      explained += Math.min(moved / allowed, 2 ** 40) ** 2;
      const ofNumber = Math.min(bitsOfNumber, Math.log2(1 + moved / Math.max(allowed, grain)));
      bits += seen.has(got) ? Math.min(bitsOfRepetition, ofNumber) : ofNumber;
    } else {
      explained++;
      bits += seen.has(got) ? bitsOfRepetition : bitsOfSpecial;
    }
    seen.add(got);
  }
  return { bits, loss, explained };
}

/** Of a prediction of a whole output, the elements that stand in for it. */
function drawnOf(whole: Tensor, { samples, expected }: Question, name: string): Tensor {
  const sample = samples?.[name];
  if (sample === undefined || whole.shape.join() !== sample.shape.join()) return whole;
  return {
    dtype: whole.dtype,
    shape: expected[name].shape,
    data: Float64Array.from(sample.positions, (at) => whole.data[at]),
  };
}

/**
 * s·limit + (8 + r)·u·|candidate|, r the roundings that a limit of this output usually counts, and s ≥ 1 is how much larger a candidate's sums are than the right ones: their rounding errors grow with them.
 */
export function toleranceFor(question: Question, name: string, candidate: Tensor): (at: number, want: number) => number {
  const { limit } = question.limits[name];
  const { unitRoundoff, smallestSubnormal } = question.precision;
  const largest = largestMagnitude(candidate);
  const sameShape = limit.length === candidate.data.length;
  // Another shape than the limits' own has only its rounding; so has a sum whose limit is 0.
  const { errorClass } = question.operation.bound;
  let floor: number | undefined;
  const floorOfSums = () => {
    floor ??= unitRoundoff * roundingsOf(errorClass === 'exact', largest, usualMagnitude(candidate));
    return floor;
  };
  const summed = errorClass !== 'elementary' && errorClass !== 'set-valued';
  // Element by element nothing grows but the element itself, which has its roundings below.
  const ratio = largest / largestMagnitude(question.expected[name]);
  const growth = summed && ratio < Infinity ? Math.min(growthAtMost, Math.max(1, ratio)) : 1;
  const relative = lastRoundings + usualRoundings(question, name);
  return (at, want) => {
    const own = sameShape && Number.isFinite(limit[at]) ? limit[at] : 0;
    return (own === 0 && summed ? floorOfSums() : own * growth) + relative * unitRoundoff * Math.abs(want) + smallestSubnormal;
  };
}

const grains = [1, 2 ** -2, 2 ** -6, 2 ** -10];

function roundingsOf(compares: boolean, largest: number, usually: number): number {
  return compares ? roundingsOfExact * usually : roundingsOfInexactSums * Math.min(largest, farAbove * usually);
}

/** Numbers that have moved bring their own limits with them: in the middle no more than so many roundings of themselves. */
const usualRoundingsAtMost = 64;
const usual = new WeakMap<OutputBound, number>();

function usualRoundings({ limits, expected, precision }: Question, name: string): number {
  const bound = limits[name];
  const known = usual.get(bound);
  if (known !== undefined) return known;
  const ratios = bound.limit
    .map((limit, i) => limit / Math.abs(expected[name].data[i]))
    .filter((ratio) => ratio > 0 && ratio < Infinity)
    .sort();
  const middle = ratios.length === 0 ? 0 : ratios[ratios.length >> 1] / precision.unitRoundoff;
  const roundings = Math.min(usualRoundingsAtMost, middle);
  usual.set(bound, roundings);
  return roundings;
}

/** The grid on which all numbers stand: whole numbers meet each other by accident, and so do quarters. */
function grainOf(right: Tensor, actual: Tensor): number {
  const isOn = (grain: number) => (value: number) => !Number.isFinite(value) || value % grain === 0;
  for (const grain of grains) if (actual.data.every(isOn(grain)) && right.data.every(isOn(grain))) return grain / 2;
  return 0;
}

/** Which elements of an output are over their limits, and which close to it. */
export function wrongElements({ question, actual }: Subject, name: string): boolean[] {
  const { data } = question.expected[name];
  const { limit } = question.limits[name];
  const got = actual[name].data;
  return Array.from(data, (want, i) => !(elementErrorRatio(want, got[i], limit[i], question.precision) <= 1));
}

/** Outputs with an element over its limit, or of another shape. */
export function wrongOutputs(subject: Subject): string[] {
  const { question, actual } = subject;
  return Object.keys(question.expected).filter(
    (name) => actual[name].shape.join() !== question.expected[name].shape.join() || wrongElements(subject, name).includes(true),
  );
}

export function largestMagnitude({ data }: Tensor): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(data[i]);
    if (magnitude > largest && magnitude < Infinity) largest = magnitude;
  }
  return largest;
}

/** The middle of the magnitudes that are not 0. */
function usualMagnitude({ data }: Tensor): number {
  const magnitudes = Float64Array.from(data, Math.abs)
    .filter((value) => value > 0 && value < Infinity)
    .sort();
  return magnitudes.length === 0 ? 0 : magnitudes[magnitudes.length >> 1];
}
