/**
 * What a backend keeps between calls. Each operation is asked a sequence of questions: a small one, a larger one along each dimension, both
 * again; the same shapes with new numbers in one input, or in its last element alone; NaN between; one question many times; and once more
 * after all other operations. Every answer is judged, and every question that comes again is compared bit by bit with its first answer.
 */
import type { RunResult } from '../../backends/worker/worker.ts';
import { anotherAnswer, differsWhenAskedAgain, earlierInput, firstDifference } from '../judging/diagnosis/askedAgain.ts';
import { diagnose } from '../judging/diagnosis/index.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation, Case, NamedTensors, Sizes, Tensor } from '../judging/operation.ts';
import { precisionOf } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { randomFrom } from '../judging/random.ts';
import { isAffordable, recipeOf, takesSquare } from '../operations/shared/boundaries.ts';
import { type Variant, variantsOf } from '../operations/shared/boundaryAttributes.ts';
import type { PropertyOutcome } from '../runReport.ts';
import { materialize } from './cases.ts';
import { expectedFailureOf } from './expectedFailures.ts';
import type { BackendUnderTest, CheckOptions, RunListener } from './run.ts';

export const stateProperty = 'answers do not depend on earlier calls';

export interface StateOptions extends CheckOptions {
  /** Number of times that two questions of each operation are asked again, in turns. */
  readonly again: number;
}

/** What a question of a sequence may cost: each is asked several times, and one of them again and again. */
const mostCost = 20_000;
const mostCostOfSquare = 3000;
/** One dimension is as large as this in a question that is larger than the first. */
const largerSizes = [37, 17, 9, 5];

/** One call of a sequence. The same question object in two calls is the same question. */
interface Call {
  readonly what: string;
  readonly question: Question;
  /** Sent for what it leaves behind; its answer is not looked at. */
  readonly ignored?: boolean;
}

interface Answered extends Call {
  readonly result: RunResult;
}

/** Asks every operation its sequence; the first question of each comes once more after all of them. */
export async function checkState(
  backends: readonly BackendUnderTest[],
  operations: readonly AnyOperation[],
  listener: RunListener,
  options: StateOptions,
): Promise<void> {
  let done = 0;
  const total = operations.length * backends.length;
  await Promise.all(
    backends.map(async (backend) => {
      const sequences: { operation: AnyOperation; answered: Answered[] }[] = [];
      for (const operation of operations) {
        if (options.signal?.aborted) return;
        const answered = await askSequences(backend, operation, options);
        sequences.push({ operation, answered });
        listener.progress('asking again', done++, total, operation.name);
      }
      for (const { operation, answered } of sequences) {
        if (options.signal?.aborted) return;
        const first = answered.find(({ result, ignored }) => result.kind === 'outputs' && !ignored);
        const last = first && { what: 'the first question after all other operations', question: first.question };
        const all = last ? [...answered, await ask(backend, last, options)] : answered;
        const outcome = await outcomeOf(backend, operation, all, options);
        if (!options.signal?.aborted) listener.property(outcome);
      }
    }),
  );
  listener.progress('asking again', total, total);
}

async function ask(backend: BackendUnderTest, call: Call, { timeoutMs }: CheckOptions): Promise<Answered> {
  const { operation, attributes, inputs } = call.question.case;
  return { ...call, result: await backend.supervisor.run(operation, attributes, inputs, { timeoutMs }) };
}

/** Variants of the attributes that are tried until the backend supports one. */
const mostVariants = 8;

/** The first set of attributes that the backend supports, with all repetitions, and one that the seed draws. */
async function askSequences(backend: BackendUnderTest, operation: AnyOperation, options: StateOptions): Promise<Answered[]> {
  const variants = variantsOf(operation);
  const drawn = randomFrom(options.seed, operation.name, 'state').integer(1, Math.max(1, variants.length - 1));
  const order = [0, drawn, ...variants.keys()].filter((at, i, all) => at < variants.length && all.indexOf(at) === i);
  const answered: Answered[] = [];
  let asked = 0;
  for (const at of order.slice(0, mostVariants)) {
    const calls = sequenceOf(backend, operation, variants[at], options);
    if (calls.length === 0) continue;
    const [first, ...rest] = calls;
    answered.push(await ask(backend, first, options));
    if (answered.at(-1)!.result.kind === 'unsupported') continue;
    answered.push(...(await Promise.all(rest.map((call) => ask(backend, call, options)))));
    if (asked === 0) answered.push(...(await askRepeatedly(backend, calls, options)));
    if (++asked === 2) break;
  }
  return answered;
}

/** The calls of one set of attributes, in their order. */
function sequenceOf(backend: BackendUnderTest, operation: AnyOperation, variant: Variant, { seed }: StateOptions): Call[] {
  const smallest = variant.fit(variant.smallest, []) ?? variant.sizes;
  const precision = precisionOf(backend.description);
  const mostCostHere = takesSquare(operation) ? mostCostOfSquare : mostCost;
  const questionAt = (sizes: Sizes, title: string): Question | undefined => {
    const recipe = recipeOf(operation, { sizes, variant }, title, title);
    if (recipe.sampled || !isAffordable(operation, sizes, variant, mostCostHere)) return undefined;
    const [tier] = recipe.tiers ?? operation.tiers;
    const drawn = materialize(operation, recipe, tier, seed, backend.description.dtype);
    return prepareQuestion(operation, { ...drawn, id: `${operation.name}/state/${tier}` }, precision);
  };
  const withInputs = (question: Question, inputs: NamedTensors) =>
    prepareQuestion(operation, { ...question.case, inputs }, precision);
  const small = questionAt(smallest, 'state-small');
  const other = questionAt(smallest, 'state-other');
  if (small === undefined || other === undefined) return [];
  const calls: Call[] = [{ what: 'the first question', question: small }];
  const next = (what: string, question: Question) => calls.push({ what, question });
  const smallAgain = (after: string) => next(`the first question again, after ${after}`, small);

  for (const dimension of Object.keys(smallest)) {
    const larger = largerSizes.flatMap((size) => {
      const sizes = size > smallest[dimension] ? variant.fit({ ...smallest, [dimension]: size }, [dimension]) : undefined;
      return (sizes && questionAt(sizes, `state-larger-${dimension}`)) ?? [];
    })[0];
    if (larger === undefined) continue;
    next(`a question with more ${dimension}`, larger);
    smallAgain(`one with more ${dimension}`);
    next(`the question with more ${dimension} again, after the first one`, larger);
  }
  for (const [name, changed] of changedInputs(operation, small.case, other.case)) {
    next(`the same shapes with new numbers in ${name}`, withInputs(small, changed));
  }
  next('the same shapes with new numbers', other);
  smallAgain('the same shapes with other numbers');
  const broken = withNaN(operation, small.case);
  if (broken) {
    calls.push({
      what: 'NaN in the first input',
      question: { ...small, case: { ...small.case, inputs: broken } },
      ignored: true,
    });
    smallAgain('one with NaN');
  }
  return calls;
}

/** Repetitions that are on their way at a time. */
const atATime = 32;

/** The first question and the largest one in turns, again and again. */
async function askRepeatedly(backend: BackendUnderTest, asked: readonly Call[], options: StateOptions): Promise<Answered[]> {
  const repeated = largestOf(asked);
  const answered: Answered[] = [];
  while (answered.length < options.again && !options.signal?.aborted) {
    const count = Math.min(atATime, options.again - answered.length);
    const calls = Array.from({ length: count }, (_, i): Call => {
      return { what: 'the same question again and again', question: i % 2 === 0 ? repeated : asked[0].question };
    });
    answered.push(...(await Promise.all(calls.map((call) => ask(backend, call, options)))));
  }
  return answered;
}

/** The question with the most elements of those that have been asked. */
function largestOf(calls: readonly Call[]): Question {
  const sizeOf = ({ question }: Call) => Object.values(question.expected).reduce((sum, { data }) => sum + data.length, 0);
  return calls.reduce((most, call) => (!call.ignored && sizeOf(call) > sizeOf(most) ? call : most)).question;
}

/** One input with other numbers, and one with another last element alone; only where inputs are drawn independently of each other. */
function changedInputs(operation: AnyOperation, own: Case, other: Case): [string, NamedTensors][] {
  const specifications = Object.entries(operation.inputs(own.attributes)).filter(([name]) => own.inputs[name]);
  // A label that a separator classifies rightly belongs to its separator.
  if (operation.bound.errorClass === 'trajectory' || specifications.some(([, { values }]) => isDependent(values))) return [];
  return specifications.flatMap(([name, { values }]): [string, NamedTensors][] => {
    const { data } = own.inputs[name];
    const last = data.length - 1;
    const one: Tensor = {
      ...own.inputs[name],
      data: Float64Array.from(data, (value, i) => (i === last ? other.inputs[name].data[i] : value)),
    };
    const isFree = values.kind === 'uniform' || values.kind === 'regimes';
    return [
      ...(isFree && last > 0
        ? [[`the last element of ${name}`, { ...own.inputs, [name]: one }] as [string, NamedTensors]]
        : []),
      [name, { ...own.inputs, [name]: other.inputs[name] }],
    ];
  });
}

const isDependent = ({ kind }: { readonly kind: string }) => kind === 'computed';

/** NaN for the first element of the first input that takes free numbers. */
function withNaN(operation: AnyOperation, { attributes, inputs }: Case): NamedTensors | undefined {
  const free = Object.entries(operation.inputs(attributes)).find(
    ([name, { values }]) => inputs[name]?.data.length > 0 && (values.kind === 'uniform' || values.kind === 'regimes'),
  );
  if (free === undefined) return undefined;
  const [name] = free;
  const data = Float64Array.from(inputs[name].data);
  data[0] = Number.NaN;
  return { ...inputs, [name]: { ...inputs[name], data } };
}

// --- What came of it -------------------------------------------------------------------------------------------------------------------

interface Wrong {
  readonly call: Answered;
  readonly at: number;
  readonly reason: string;
  readonly outputs?: NamedTensors;
  readonly before?: NamedTensors;
}

async function outcomeOf(
  backend: BackendUnderTest,
  operation: AnyOperation,
  answered: readonly Answered[],
  options: StateOptions,
): Promise<PropertyOutcome> {
  const { dtype, deterministic } = backend.description;
  const first = new Map<Question, { readonly outputs: NamedTensors; readonly at: number; readonly passed: boolean }>();
  let wrong: Wrong | undefined;
  let refusal: Answered | undefined;
  let looked = 0;
  let before: NamedTensors | undefined;
  const others: { readonly at: number; readonly says: string }[] = [];
  for (const [at, call] of answered.entries()) {
    const { result, question } = call;
    if (result.kind === 'unsupported' || result.kind === 'notAsked') {
      refusal ??= call;
      continue;
    }
    if (call.ignored) continue;
    looked++;
    if (result.kind !== 'outputs') {
      wrong ??= { call, at, reason: `${result.kind}: ${result.message}` };
      continue;
    }
    const { outputs } = result;
    const known = first.get(question);
    const difference = known && firstDifference(known.outputs, outputs);
    if (known === undefined || difference !== undefined) {
      const { passed, reason = '' } = judge(question, outputs, dtype);
      if (known === undefined) first.set(question, { outputs, at, passed });
      if (difference) others.push({ at, says: difference });
      if (!passed) wrong ??= { call, at, reason, outputs, before };
    }
    before = outputs;
  }
  const notAsked = answered.find(({ result }) => result.kind === 'notAsked');
  const verdict = (): Pick<PropertyOutcome, 'status' | 'reason' | 'diagnosis'> => {
    if (wrong) {
      const reason = `call ${wrong.at + 1} of ${answered.length}, ${wrong.call.what}: ${wrong.reason}`;
      return { status: 'failed', reason };
    }
    if (notAsked?.result.kind === 'notAsked') return { status: 'notAsked', reason: notAsked.result.message };
    if (looked === 0) {
      const message = refusal?.result.kind === 'unsupported' ? refusal.result.message : 'there was no question to ask';
      return { status: 'unsupported', reason: message };
    }
    if (others.length === 0) return { status: 'passed' };
    const [{ at, says }] = others;
    const times = `other bits when asked again in ${others.length} of ${looked} answers, first in call ${at + 1}: ${says}`;
    if (!deterministic) return { status: 'passed', reason: `${times}; all of them within their limits` };
    return {
      status: 'failed',
      reason: `${times}; the backend declares itself deterministic`,
      diagnosis: anotherAnswer,
    };
  };
  const found = verdict();
  const diagnosis = found.diagnosis ?? (wrong && (await diagnosisOf(backend, wrong, first, answered, options)));
  return {
    operation: operation.name,
    backend: backend.name,
    property: stateProperty,
    runs: looked,
    seed: options.seed,
    ...found,
    ...(diagnosis !== undefined && { diagnosis }),
    replay: `etalon check ${backend.replayOptions} --operation ${operation.name} --seed ${options.seed}`,
    ...expectedFailureOf(backend, `${operation.name}/property`, found.status),
  };
}

/** Names what is wrong: another answer to the same question, or the numbers of an earlier one. */
async function diagnosisOf(
  backend: BackendUnderTest,
  { call, outputs, before }: Wrong,
  first: ReadonlyMap<Question, { readonly outputs: NamedTensors; readonly passed: boolean }>,
  answered: readonly Answered[],
  options: StateOptions,
): Promise<string | undefined> {
  if (outputs === undefined) return undefined;
  const { question } = call;
  const { dtype } = backend.description;
  const known = first.get(question);
  const repeated = answered.filter(({ question: other, result }) => other === question && result.kind === 'outputs');
  // After itself, and after its own answer.
  const asked = [...repeated, await ask(backend, call, options), await ask(backend, call, options)];
  const answers = asked.flatMap(({ result }) => (result.kind === 'outputs' ? [result.outputs] : []));
  const other = differsWhenAskedAgain(question, outputs, answers, dtype);
  if (other !== undefined) return other;
  const earlier = known && earlierInput(question, outputs, [...first.keys()], dtype);
  return earlier ?? diagnose(question, outputs, dtype, before);
}
