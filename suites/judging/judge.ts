/**
 * The judge: is a backend's answer right? Checks are made in the order names, dtype, shape, special values, values, statistics; the first
 * that fails is the verdict. Every comparison is written `!(error <= limit)`, so that NaN fails.
 */
import type { Dtype, Tensor, TensorData } from '../../reference/tensor.ts';
import {
  type Check,
  type JsonNumber,
  jsonNumber,
  type OutputJudgement,
  type StrictJudgement,
  type WorstElement,
} from '../runReport.ts';
import type { NamedTensors } from './operation.ts';
import { isOfAnotherForm } from './otherForms.ts';
import { algorithmNames, type Precision, precisions, ulp } from './precision.ts';
import { prepareQuestion, type Question, withExpected } from './question.ts';
import { type Sample, sampleRecord } from './sampling.ts';
import { place, unravel } from './shapes.ts';
import { outputStatistics } from './statistics/verdict.ts';

export interface Judgement {
  readonly passed: boolean;
  readonly check?: Check;
  readonly reason?: string;
  /** The right answer taken, where the operation has several. */
  readonly alternative?: string;
  readonly outputs: readonly OutputJudgement[];
}

/**
 * Judges one answer. `dtype` is the backend's own; every output must have it. Where the backend declares that it flushes subnormal
 * numbers, the answer to the question with zeros in their place is right too.
 */
export function judge(question: Question, actual: NamedTensors, dtype: Dtype): Judgement {
  const judgement = judgeChoices(question, actual, dtype);
  const { subnormals, smallestNormal } = question.precision;
  if (judgement.passed || subnormals === undefined) return judgement;
  const flushed = withFlushedInputs(question);
  if (flushed === undefined) return judgement;
  // What takes a subnormal number for zero may hand it on as it is.
  const taken = judgeChoices(flushed, flush(actual, smallestNormal), dtype);
  if (!taken.passed) return judgement;
  return { ...taken, alternative: [taken.alternative, takenForZero].filter(Boolean).join(', ') };
}

const flushedQuestions = new WeakMap<Question, Question>();

/** The question with zeros for its subnormal numbers; undefined where it has none. */
function withFlushedInputs(question: Question): Question | undefined {
  const { operation, case: whole, precision, samples, part } = question;
  const asked = part ?? whole;
  if ((samples && !part) || !holdSubnormals(asked.inputs, precision.smallestNormal)) return undefined;
  const inputs = flush(asked.inputs, precision.smallestNormal);
  const flushed = flushedQuestions.get(question) ?? {
    ...prepareQuestion(operation, { ...asked, inputs }, precision),
    ...{ case: whole, samples, part },
  };
  flushedQuestions.set(question, flushed);
  return flushed;
}

/** Tells whether it makes a difference here that the backend declares flushing. */
function mayFlush({ case: asked, expected, precision: { subnormals, smallestNormal } }: Question): boolean {
  return subnormals !== undefined && [asked.inputs, expected].some((tensors) => holdSubnormals(tensors, smallestNormal));
}

function holdSubnormals(tensors: NamedTensors, smallestNormal: number): boolean {
  const isSubnormal = (value: number) => value !== 0 && Math.abs(value) < smallestNormal;
  return Object.values(tensors).some(({ data }) => data.some(isSubnormal));
}

function flush(tensors: NamedTensors, smallestNormal: number): NamedTensors {
  const flushed = (x: Tensor) => ({ ...x, data: x.data.map((value) => (Math.abs(value) < smallestNormal ? 0 : value)) });
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, flushed(x)]));
}

function judgeChoices(question: Question, actual: NamedTensors, dtype: Dtype): Judgement {
  const { operation, case: whole, precision, samples, part } = question;
  const asked = part ?? whole;
  if ((samples && !part) || operation.hasChoice?.(asked.attributes) === false) return judgeAgainst(question, actual, dtype);
  const candidates = (operation.alternatives ?? []).map((alternative) => ({
    name: alternative.name,
    expected: alternative.outputs(asked.inputs, asked.attributes),
  }));
  // Alternatives that agree on these inputs leave nothing to choose from.
  if (!candidates.some(({ expected }) => differ(expected, question.expected))) return judgeAgainst(question, actual, dtype);
  const chosen = (expected: NamedTensors): Question => ({
    ...withExpected(operation, asked, precision, expected),
    ...{ case: whole, samples, part },
  });
  for (const { name, expected } of candidates) {
    const judgement = judgeAgainst(chosen(expected), actual, dtype);
    if (judgement.passed) return { ...judgement, alternative: [name, judgement.alternative].filter(Boolean).join(', ') };
  }
  const own = operation.choiceOf?.outputs(asked.inputs, asked.attributes, samples ? partOf(actual, question) : actual);
  const taken = own && judgeAgainst(chosen(own), actual, dtype);
  if (taken?.passed) return { ...taken, alternative: operation.choiceOf?.name };
  const judgement = judgeAgainst(question, actual, dtype);
  const names = candidates.map(({ name }) => name).join(', ');
  return { ...judgement, reason: `none of the right answers (${names}): ${judgement.reason}` };
}

/** Reduces an answer to the part alone. */
function partOf(actual: NamedTensors, { expected, samples }: Question): NamedTensors {
  return Object.fromEntries(
    Object.entries(actual).map(([name, tensor]) => {
      const sample = samples?.[name];
      if (sample === undefined || tensor.shape.join() !== sample.shape.join()) return [name, tensor];
      return [name, { ...tensor, shape: expected[name].shape, data: drawnFrom(tensor, sample).data.slice() }];
    }),
  );
}

function judgeAgainst(question: Question, actual: NamedTensors, dtype: Dtype): Judgement {
  const { expected } = question;
  const names = Object.keys(expected);
  const missing = names.filter((name) => !(name in actual));
  const unknown = Object.keys(actual).filter((name) => !(name in expected));
  if (missing.length > 0 || unknown.length > 0) {
    const parts = [
      missing.length > 0 && `missing ${missing.join(', ')}`,
      unknown.length > 0 && `unknown ${unknown.join(', ')}`,
    ];
    return refused('names', `outputs should be ${names.join(', ')}: ${parts.filter(Boolean).join('; ')}`);
  }
  for (const name of names) {
    if (actual[name].dtype !== dtype)
      return refused('dtype', `output ${name} is ${actual[name].dtype}, the backend declared ${dtype}`);
  }
  for (const name of names) {
    const [want, got] = [question.samples?.[name].shape ?? expected[name].shape, actual[name].shape];
    if (want.join() !== got.join())
      return refused('shape', `output ${name} should have shape [${want.join(', ')}], has [${got.join(', ')}]`);
  }
  const outputs = names.map((name) => compareOutput(question, name, drawnFrom(actual[name], question.samples?.[name])));
  const failed = outputs.find(({ check }) => check !== undefined);
  return {
    passed: failed === undefined,
    check: failed?.check,
    reason: failed?.reason,
    alternative: !failed && outputs.some(({ open }) => (open ?? 0) > 0) ? anotherForm : undefined,
    outputs: outputs.map(({ judgement }) => judgement),
  };
}

/** The right answer taken, where numbers are not finite. */
const anotherForm = 'as another form of the operation gives it where numbers are not finite';

/** Holds the elements that are being compared; used again, because memory that was never written to is slow. */
let compared = new Float64Array(2 ** 12);

/**
 * The elements of an answer that are compared, until the next call, as float64: loops that meet one type of array only are compiled once.
 */
function drawnFrom({ shape, data }: Tensor, sample: Sample | undefined): Tensor {
  const count = sample ? sample.positions.length : data.length;
  if (count > compared.length) compared = new Float64Array(count);
  const drawn = compared.subarray(0, count);
  if (sample) for (let i = 0; i < count; i++) drawn[i] = data[sample.positions[i]];
  else drawn.set(data);
  return { dtype: 'float64', shape, data: drawn };
}

/** Returns an element's indices in the whole output. */
function indexOf({ samples, expected }: Question, name: string, at: number): number[] {
  const sample = samples?.[name];
  return sample ? unravel(sample.positions[at], sample.shape) : unravel(at, expected[name].shape);
}

/** The right answer taken, of a backend that declares flushing. */
const takenForZero = 'subnormal numbers taken for zero';

const strictQuestions = new WeakMap<Question, Question>();

/**
 * The same answer against strict float32, without what else is declared. Undefined where the backend declares no less, and where nothing
 * that it declares beside its format made the limits larger.
 */
export function judgeStrictly(question: Question, actual: NamedTensors, dtype: Dtype): StrictJudgement | undefined {
  const { precision, limits } = question;
  const coarse = precision.unitRoundoff > precisions.float32.unitRoundoff;
  const allowed = Object.values(limits).some(({ algorithms }) => algorithms) || mayFlush(question);
  if (!coarse && !allowed) return undefined;
  const format = precisions[coarse ? 'float32' : precision.name];
  const strict = strictQuestions.get(question) ?? prepareQuestion(question.operation, question.case, format);
  strictQuestions.set(question, strict);
  const { passed, check, outputs } = judge(strict, actual, dtype);
  const largest = outputs.reduce<JsonNumber>(
    (most, { errorRatio }) => (errorRatio === 'inf' || (most !== 'inf' && errorRatio > most) ? errorRatio : most),
    0,
  );
  return { passed, errorRatio: outputs.length > 0 ? largest : 'inf', check };
}

function refused(check: Check, reason: string): Judgement {
  return { passed: false, check, reason, outputs: [] };
}

/**
 * Why a right answer is no pass: it has elements, and a coarse format bounds not one of them. Undefined where something was compared, and of
 * an empty output, whose shape was.
 */
export function vacuity({ case: asked, precision }: Question, { passed, outputs }: Judgement): string | undefined {
  const free = outputs.reduce((sum, { unconstrained }) => sum + unconstrained, 0);
  if (!passed || free === 0 || outputs.some(({ compared }) => compared > 0)) return undefined;
  return `nothing is asked of ${precision.name} here: it bounds none of the ${free} elements of ${asked.id}`;
}

interface ComparedOutput {
  judgement: OutputJudgement;
  check?: Check;
  reason?: string;
  open?: number;
}

/** The findings of going through an output element by element. */
interface Scan {
  /** Position of the element with the largest error / limit; −1 of none. */
  readonly worst: number;
  readonly worstErrorRatio: number;
  readonly largestUlps: number;
  readonly wrong: number;
  /** Position of the first NaN or infinity that is missing or out of place; −1 of none. */
  readonly special: number;
  /** Elements that nothing is known of. */
  readonly unconstrained: number;
  /** Elements that another form of the operation gives, where numbers are not finite. */
  readonly open: number;
}

/** `isOpen` is asked of an element that is not what is expected. */
function scan(
  expected: TensorData,
  actual: TensorData,
  limit: Float64Array,
  precision: Precision,
  isOpen: (at: number) => boolean,
): Scan {
  let worst = -1;
  let worstErrorRatio = -1;
  let largestUlps = 0;
  let wrong = 0;
  let special = -1;
  let unconstrained = 0;
  let open = 0;
  for (let i = 0; i < expected.length; i++) {
    const want = expected[i];
    const got = actual[i];
    if (limit[i] === Infinity && Number.isFinite(want)) {
      unconstrained++;
      continue;
    }
    if (want === got && worst >= 0) continue;
    const errorRatio = elementErrorRatio(want, got, limit[i], precision);
    if (!(errorRatio <= 1) && isOpen(i)) {
      open++;
      continue;
    }
    if (special < 0 && !(errorRatio <= 1) && !(Number.isFinite(want) && Number.isFinite(got))) special = i;
    if (!(errorRatio <= 1)) wrong++;
    if (errorRatio > worstErrorRatio) {
      worst = i;
      worstErrorRatio = errorRatio;
    }
    const ulps = Math.abs(got - want) / ulp(want, precision);
    if (!(ulps <= largestUlps) && want !== got && !(Number.isNaN(want) && Number.isNaN(got)))
      largestUlps = Number.isNaN(ulps) ? Infinity : ulps;
  }
  return { worst, worstErrorRatio, largestUlps, wrong, special, unconstrained, open };
}

/** What was found, and zeros whose sign is lost where the operation hands numbers on as they are. */
function withSignsOfZero({ operation }: Question, expected: TensorData, actual: TensorData, found: Scan): Scan {
  if (!operation.keepsSignOfZero) return found;
  let [lost, first] = [0, -1];
  for (let i = 0; i < expected.length; i++) {
    if (expected[i] !== 0 || actual[i] !== 0 || Object.is(expected[i], actual[i])) continue;
    lost++;
    if (first < 0) first = i;
  }
  if (lost === 0) return found;
  const { special, wrong } = found;
  return { ...found, worst: first, worstErrorRatio: Infinity, special: special < 0 ? first : special, wrong: wrong + lost };
}

/** Elements that are 0 where a subnormal number is due. */
function flushedIn({ data }: Tensor, actual: Tensor, { smallestNormal, smallestSubnormal }: Precision): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(data[i]);
    if (size < smallestNormal && size >= smallestSubnormal && actual.data[i] === 0) count++;
  }
  return count;
}

function compareOutput(question: Question, name: string, actual: Tensor): ComparedOutput {
  const { precision } = question;
  const expected = question.expected[name];
  const { limit, algorithms } = question.limits[name];
  const count = expected.data.length;
  const flushed = precision.subnormals === undefined ? 0 : flushedIn(expected, actual, precision);
  const { worst, worstErrorRatio, largestUlps, wrong, special, unconstrained, open } = withSignsOfZero(
    question,
    expected.data,
    actual.data,
    scan(expected.data, actual.data, limit, precision, (at) =>
      isOfAnotherForm(question, name, at, actual.data[at], elementErrorRatio),
    ),
  );
  const judgement: OutputJudgement = {
    name,
    shape: question.samples?.[name].shape ?? expected.shape,
    compared: count - unconstrained,
    unconstrained,
    sample: question.samples && sampleRecord(question.samples[name]),
    algorithms: algorithms?.map((algorithm) => algorithmNames[algorithm]),
    errorRatio: jsonNumber(Math.max(worstErrorRatio, 0)),
    largestUlps: jsonNumber(largestUlps),
    worst: worst >= 0 ? describeElement(question, name, actual, special >= 0 ? special : worst) : undefined,
    wrong,
    flushed: flushed > 0 ? flushed : undefined,
  };
  if (wrong === 0) return { ...withStatistics(question, name, actual, judgement), open };
  const at = `${name}${place(indexOf(question, name, special >= 0 ? special : worst))}`;
  if (special >= 0) {
    return {
      judgement,
      check: 'special values',
      reason: `${at} ${shouldBe(expected.data[special], actual.data[special])}`,
    };
  }
  const error = Math.abs(actual.data[worst] - expected.data[worst]);
  const over =
    limit[worst] === 0
      ? 'where only the exact value is right'
      : `${show(worstErrorRatio)} times its limit ${show(limit[worst])}`;
  return {
    judgement,
    check: 'values',
    reason: `${at} ${shouldBe(expected.data[worst], actual.data[worst])}: error ${show(error)}, ${over}; ${wrong} of ${count - unconstrained} elements wrong`,
  };
}

function withStatistics(question: Question, name: string, actual: Tensor, judgement: OutputJudgement): ComparedOutput {
  const { expected, limits, precision } = question;
  const statistics =
    question.statistics === false ? undefined : outputStatistics(expected[name], limits[name], precision, actual.data);
  if (statistics === undefined) return { judgement };
  const { record, reason } = statistics;
  return {
    judgement: { ...judgement, statistics: record },
    ...(reason !== undefined && { check: 'statistics', reason: `${name}: ${reason}` }),
  };
}

/** error / limit, where at most 1 passes; Infinity where NaN or an infinity is out of place or a limit of 0 is missed. */
export function elementErrorRatio(expected: number, actual: number, limit: number, precision: Precision): number {
  if (expected === actual) return 0;
  if (Number.isNaN(expected)) return Number.isNaN(actual) ? 0 : Infinity;
  if (!Number.isFinite(expected)) return Infinity;
  // Nothing is asked of what the format cannot bound.
  if (limit === Infinity) return 0;
  // Beyond the format's largest number a correctly rounded result is an infinity; on the verge of it, either is right.
  const mayOverflow = Math.abs(expected) + limit > precision.largest;
  if (mayOverflow && actual === Math.sign(expected) * Infinity) return 0;
  const errorRatio = Math.abs(actual - expected) / limit;
  // What a backend that declares it may flush: a result that honest rounding may bring below the normal range.
  if (precision.subnormals && actual === 0 && Math.abs(expected) - limit < precision.smallestNormal)
    return Math.min(errorRatio, 1);
  return errorRatio >= 0 ? errorRatio : Infinity;
}

const showAllUpTo = 16;

function describeElement(question: Question, name: string, actual: Tensor, at: number): WorstElement {
  const expected = question.expected[name];
  const inputs: Record<string, JsonNumber | JsonNumber[]> = {};
  for (const [input, { shape, data }] of Object.entries(question.case.inputs)) {
    if (data.length === expected.data.length && shape.join() === expected.shape.join() && !question.samples)
      inputs[input] = jsonNumber(data[at]);
    else if (data.length <= showAllUpTo) inputs[input] = [...data].map(jsonNumber);
  }
  return {
    index: indexOf(question, name, at),
    expected: jsonNumber(expected.data[at]),
    actual: jsonNumber(actual.data[at]),
    absoluteError: jsonNumber(Math.abs(actual.data[at] - expected.data[at])),
    limit: question.limits[name].limit[at],
    ulps: jsonNumber(Math.abs(actual.data[at] - expected.data[at]) / ulp(expected.data[at], question.precision)),
    inputs,
  };
}

function differ(a: NamedTensors, b: NamedTensors): boolean {
  return Object.keys(a).some((name) => a[name].data.some((value, i) => value !== b[name].data[i]));
}

/** "should be 0.75, is 0.7500005": as many digits as tell the two apart, six at least. */
function shouldBe(expected: number, actual: number): string {
  const said = (digits: number) => [show(expected, digits), show(actual, digits)];
  for (let digits = 6; digits < 17; digits++) {
    const [due, given] = said(digits);
    if (Number(due) !== Number(given)) return `should be ${due}, is ${given}`;
  }
  const [due, given] = said(17);
  return `should be ${due}, is ${given}`;
}

function show(value: number, digits = 6): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isInteger(value) && Math.abs(value) < 1e7 ? String(value) : value.toPrecision(digits);
}
