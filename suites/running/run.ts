/**
 * The runner: puts every case to every backend and hands what comes of it to a listener the moment it is there. Backends are
 * asked at the same time, each in its own process; a question's expected values are computed once for all of them.
 */
import { setImmediate } from 'node:timers/promises';
import type { BackendDescription } from '../../backends/contract.ts';
import type { Attributes } from '../../backends/signatures.ts';
import type { RunResult, WorkerSupervisor } from '../../backends/worker/worker.ts';
import { sizeOf } from '../../reference/tensor.ts';
import { differsWhenAskedAgain } from '../judging/diagnosis/askedAgain.ts';
import { diagnoseCases, type JudgedAnswer } from '../judging/diagnosis/cases.ts';
import { subjectOf } from '../judging/diagnosis/index.ts';
import { type Judgement, judge, judgeStrictly, vacuity } from '../judging/judge.ts';
import type { AnyOperation, NamedTensors } from '../judging/operation.ts';
import { type Precision, precisionOf, profileOf } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import type { Table } from '../judging/relation.ts';
import { effectivePrecision } from '../judging/statistics/effectivePrecision.ts';
import { operationNamed } from '../operations/index.ts';
import type {
  AlgorithmOutcome,
  BackendRecord,
  BenchmarksRecord,
  Diagnosed,
  Outcome,
  PropertyOutcome,
  RowRecord,
  Status,
  Timing,
} from '../runReport.ts';
import { type CaseReference, isBoundary, materialize } from './cases.ts';
import { type ExpectedFailure, expectedFailureOf } from './expectedFailures.ts';
import { type Answer, checkAgainstReference } from './properties.ts';
import { checkRelation } from './relations.ts';

/** A backend that is being checked: the process that answers and what is known about it. */
export interface BackendUnderTest {
  readonly name: string;
  readonly supervisor: WorkerSupervisor;
  readonly description: BackendDescription;
  readonly expectedFailures: readonly ExpectedFailure[];
  /** Options that select this backend on a command line, for replay. */
  readonly replayOptions: string;
}

/** Hears of everything as it happens. */
export interface RunListener {
  backend(record: BackendRecord): void;
  /** An answer, judged the moment it is there. */
  outcome(outcome: Outcome): void;
  /** What is said of a wrong answer that was heard before, once all cases of its operation are answered. */
  diagnosis(diagnosis: Diagnosed): void;
  /** The cases that were heard are diagnosed; they took so many seconds until now (see RunReport.caseSeconds). */
  caseSeconds(seconds: number): void;
  /** The backend is not asked any more, for this reason; may be said again. */
  stopped(backend: string, reason: string): void;
  property(outcome: PropertyOutcome): void;
  /** A number as far as it is known; a later one of the same backend and case takes its place. */
  timing(timing: Timing): void;
  benchmarks(record: BenchmarksRecord): void;
  row(row: RowRecord): void;
  algorithm(outcome: AlgorithmOutcome): void;
  /** `label` is what is being done, `done` of `total` are finished; `detail` is the one at hand. */
  progress(label: string, done: number, total: number, detail?: string): void;
}

export interface CheckOptions {
  readonly seed: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Finds an operation by its name: in the table, unless a run has operations of its own. */
  readonly table?: Table;
}

/** Inputs larger than this are not compared with every candidate of the diagnosis; the operation's other cases show what is wrong. */
const mostDiagnosed = 2 ** 16;
/** Right answers larger than this are not kept until the operation's end. */
const mostKept = 2 ** 14;

/** Questions that are prepared and not yet judged, at most: what is work for the backend and what is work for the judge even out over them. */
const ahead = 384;
/** After so many questions what has come is read, and what is ready sent: a pipe that is full, or empty, stops the worker. */
const apart = 16;

/** Puts the cases to the backends. */
export async function checkCases(
  backends: readonly BackendUnderTest[],
  cases: readonly CaseReference[],
  listener: RunListener,
  options: CheckOptions,
): Promise<void> {
  const started = performance.now();
  const previous = new Map<BackendUnderTest, NamedTensors>();
  const asked: Promise<readonly AnsweredCase[]>[] = [];
  let held: HeldOutcome[] = [];
  let done = 0;
  /**
   * Says of an operation's wrong answers what all of its answers show together, and what asking again shows; what other operations did is
   * not part of it.
   */
  const diagnose = async () => {
    const answered = held;
    held = [];
    for (const backend of backends) {
      const says = new Map(diagnosesOf(answered, backend));
      for (const [one, changes] of await changesOf(answered, backend, options)) {
        const before = says.get(one);
        says.set(one, before === undefined ? changes : `${changes}; this one ${before}`);
      }
      for (const [{ outcome }, diagnosis] of says) {
        if (diagnosis !== undefined) listener.diagnosis({ backend: backend.name, caseId: outcome.caseId, diagnosis });
      }
    }
    previous.clear();
    for (const { name, supervisor } of backends) {
      const reason = supervisor.stopped();
      if (reason !== undefined && !options.signal?.aborted) listener.stopped(name, reason);
    }
    listener.caseSeconds((performance.now() - started) / 1000);
  };
  const recordOldest = async () => {
    const answers = (await asked.shift()) ?? [];
    // What was on its way when the run was stopped has no answer.
    if (options.signal?.aborted) return;
    if (held.length > 0 && held[0].outcome.operation !== answers[0]?.prepared.question.operation.name) await diagnose();
    for (const answer of answers) {
      const one = outcomeOf(answer, previous);
      listener.outcome(one.outcome);
      held.push(one);
    }
    done++;
    listener.progress('checking cases', done, cases.length);
  };
  const judged: readonly Judged[] = backends.map((backend) => {
    const precision = precisionOf(backend.description);
    return { backend, precision, key: `${backend.description.dtype} ${profileOf(precision)}` };
  });
  for (const [at, reference] of alternating(cases).entries()) {
    if (options.signal?.aborted) break;
    if (at % apart === 0) await setImmediate();
    const question = questionsOf(reference, options.seed);
    asked.push(Promise.all(judged.map((one) => askCase(one.backend, question(one), options))));
    if (asked.length === ahead) await recordOldest();
  }
  while (asked.length > 0 && !options.signal?.aborted) await recordOldest();
  await diagnose();
}

/**
 * The operations of the first and the second half in turns: large outputs and sums are work for the judge, the gradients of networks for the
 * backend, and neither is to wait for the other.
 */
function alternating(cases: readonly CaseReference[]): CaseReference[] {
  const byOperation: CaseReference[][] = [];
  for (const reference of cases) {
    if (byOperation.at(-1)?.[0].operation === reference.operation) byOperation.at(-1)?.push(reference);
    else byOperation.push([reference]);
  }
  const half = Math.ceil(byOperation.length / 2);
  return byOperation.slice(0, half).flatMap((own, i) => [...own, ...(byOperation[half + i] ?? [])]);
}

/** A backend with what it is judged by; those with the same key are judged by the same question. */
interface Judged {
  readonly backend: BackendUnderTest;
  readonly precision: Precision;
  readonly key: string;
}

interface PreparedQuestion {
  readonly question: Question;
  /** What the reference and the bound took. */
  readonly milliseconds: number;
}

/** A case with its expected values, made once for all backends of the same dtype and precision. */
function questionsOf({ operation, recipe, tier }: CaseReference, seed: number): (judged: Judged) => PreparedQuestion {
  const prepared = new Map<string, PreparedQuestion>();
  return ({ backend: { description }, precision, key }) => {
    const known = prepared.get(key);
    if (known) return known;
    const asked = materialize(operation, recipe, tier, seed, description.dtype);
    const started = performance.now();
    const question = prepareQuestion(operation, asked, precision);
    const ready = { question, milliseconds: performance.now() - started };
    prepared.set(key, ready);
    return ready;
  };
}

/** What a backend made of a question, before anyone has looked at it. */
interface AnsweredCase {
  readonly backend: BackendUnderTest;
  readonly prepared: PreparedQuestion;
  readonly result: RunResult;
  readonly milliseconds: number;
}

async function askCase(backend: BackendUnderTest, prepared: PreparedQuestion, options: CheckOptions): Promise<AnsweredCase> {
  const { question } = prepared;
  const { case: asked, operation } = question;
  const started = performance.now();
  const callOptions = { timeoutMs: options.timeoutMs, outputElements: elementsOf(question) };
  const result = await backend.supervisor.run(operation.name, asked.attributes, asked.inputs, callOptions);
  const milliseconds = result.kind === 'outputs' ? result.milliseconds : performance.now() - started;
  return { backend, prepared, result, milliseconds };
}

/** `previous` holds each backend's answer to the question before, in which a stale buffer shows; it becomes this one. */
function outcomeOf(
  { backend, prepared, result, milliseconds }: AnsweredCase,
  previous: Map<BackendUnderTest, NamedTensors>,
): HeldOutcome {
  const { question } = prepared;
  const { case: asked, operation } = question;
  const started = performance.now();
  const judgement = result.kind === 'outputs' ? judge(question, result.outputs, backend.description.dtype) : undefined;
  const verdict = verdictOf(question, result, judgement);
  const judgingMilliseconds = prepared.milliseconds + performance.now() - started;
  const listed = expectedFailureOf(backend, asked.id, verdict.status);
  const before = previous.get(backend);
  if (result.kind === 'outputs') previous.set(backend, result.outputs);
  // Known, and still worth seeing: what was found this time stands beside the reason.
  const expected =
    listed.status === 'expectedFailure' ? { ...listed, reason: `${listed.reason}; found: ${verdict.reason}` } : listed;
  const outcome: Outcome = {
    caseId: asked.id,
    operation: operation.name,
    backend: backend.name,
    tier: asked.tier,
    seed: asked.seed,
    attributes: asked.attributes,
    shapes: Object.fromEntries(Object.entries(asked.inputs).map(([name, { shape }]) => [name, shape])),
    ...verdict,
    ...expected,
    outputs:
      result.kind === 'outputs'
        ? withPrecision(question, result.outputs, compactOutputs(asked.id, verdict.status, judgement?.outputs ?? []))
        : [],
    strict: result.kind === 'outputs' ? judgeStrictly(question, result.outputs, backend.description.dtype) : undefined,
    alternative: judgement?.alternative,
    milliseconds,
    judgingMilliseconds,
    replay: `etalon check ${backend.replayOptions} --case ${asked.id} --seed ${asked.seed}`,
  };
  // What is listed has its reason already.
  const largest = Math.max(...Object.values(asked.inputs).map(({ data }) => data.length));
  const kept =
    judgement !== undefined && listed.status === undefined && largest <= (judgement.passed ? mostKept : mostDiagnosed);
  const subject =
    kept && result.kind === 'outputs' ? subjectOf(question, result.outputs, backend.description.dtype, before) : undefined;
  const passed = judgement?.passed === true;
  const wrong = subject && !passed && result.kind === 'outputs' ? { question, outputs: result.outputs } : undefined;
  return { outcome, backend, answer: subject && { ...subject, passed }, wrong };
}

/** An outcome with the answer that a diagnosis looks at when the others of its operation are there. */
interface HeldOutcome {
  readonly outcome: Outcome;
  readonly backend: BackendUnderTest;
  readonly answer?: JudgedAnswer;
  /** Kept of a wrong answer, to ask the question again. */
  readonly wrong?: { readonly question: Question; readonly outputs: NamedTensors };
}

/** Wrong answers of an operation whose questions are asked again. */
const askedAgainUpTo = 8;

/** Asks what a backend answered wrongly again. Returns those whose answer is another one then, with what to say of it. */
async function changesOf(
  held: readonly HeldOutcome[],
  backend: BackendUnderTest,
  { timeoutMs, signal }: CheckOptions,
): Promise<[HeldOutcome, string][]> {
  const changed: [HeldOutcome, string][] = [];
  const failing = held.filter((one) => one.backend === backend && one.wrong !== undefined);
  for (const one of failing.slice(0, askedAgainUpTo)) {
    if (signal?.aborted || one.wrong === undefined) break;
    const { question, outputs } = one.wrong;
    const { operation, attributes, inputs } = question.case;
    const callOptions = { timeoutMs, outputElements: elementsOf(question) };
    const result = await backend.supervisor.run(operation, attributes, inputs, callOptions);
    if (result.kind !== 'outputs') continue;
    const says = differsWhenAskedAgain(question, outputs, [result.outputs], backend.description.dtype);
    if (says !== undefined) changed.push([one, says]);
  }
  return changed;
}

/** Diagnoses the failing answers of one backend, whose answers are all to the same operation. */
function diagnosesOf(held: readonly HeldOutcome[], backend: BackendUnderTest): [HeldOutcome, string | undefined][] {
  const own = held.flatMap((one) => (one.backend === backend && one.answer ? [{ one, answer: one.answer }] : []));
  const says = diagnoseCases(own.map(({ answer }) => answer));
  return own.map(({ one }, i) => [one, says[i]]);
}

/** Leaves out the inputs behind the worst element of a passed boundary case: of many thousand cases they were a third of the report. */
function compactOutputs(id: string, status: Status, outputs: Outcome['outputs']): Outcome['outputs'] {
  if (status !== 'passed' || !isBoundary({ id })) return outputs;
  return outputs.map((output) => (output.worst ? { ...output, worst: { ...output.worst, inputs: {} } } : output));
}

function withPrecision(question: Question, actual: NamedTensors, outputs: Outcome['outputs']): Outcome['outputs'] {
  return outputs.map((output) => ({ ...output, precision: effectivePrecision(question, output.name, actual[output.name]) }));
}

/** Numbers that the outputs hold together. */
function elementsOf({ expected, samples }: Question): number {
  return Object.entries(expected).reduce((sum, [name, { shape }]) => sum + sizeOf(samples?.[name].shape ?? shape), 0);
}

type Verdict = Pick<Outcome, 'status' | 'reason' | 'check' | 'link'>;

const statusOfKind: Readonly<Record<Exclude<RunResult['kind'], 'outputs'>, Status>> = {
  unsupported: 'unsupported',
  invalid: 'errored',
  failed: 'errored',
  crashed: 'crashed',
  timedOut: 'timedOut',
  protocol: 'failed',
  notAsked: 'notAsked',
};

function verdictOf(question: Question, result: RunResult, judgement: Judgement | undefined): Verdict {
  if (result.kind !== 'outputs') {
    const check = result.kind === 'protocol' ? 'reply' : undefined;
    return {
      status: statusOfKind[result.kind],
      reason: result.message,
      link: result.kind === 'unsupported' ? result.link : undefined,
      check,
    };
  }
  const vacuous = judgement && vacuity(question, judgement);
  if (vacuous !== undefined) return { status: 'unsupported', reason: vacuous };
  if (judgement?.passed) return { status: 'passed' };
  return { status: 'failed', reason: judgement?.reason, check: judgement?.check };
}

/** Runs the properties of every operation on every backend: agreement with the reference, and the metamorphic relations. */
export async function checkProperties(
  backends: readonly BackendUnderTest[],
  operations: readonly AnyOperation[],
  listener: RunListener,
  options: CheckOptions & { readonly runs: number },
): Promise<void> {
  let done = 0;
  for (const operation of operations) {
    if (options.signal?.aborted) return;
    listener.progress('checking properties', done, operations.length);
    await Promise.all(
      backends.map(async (backend) => {
        const outcomes = await propertiesOf(backend, operation, options);
        if (!options.signal?.aborted) for (const outcome of outcomes) listener.property(outcome);
      }),
    );
    done++;
  }
  listener.progress('checking properties', done, operations.length);
}

/** How an answer's names differ from those that are due. */
function whatIsMisnamed(table: Table, name: string, attributes: Attributes, outputs: NamedTensors): string | undefined {
  const due = Object.keys(table(name).outputs(attributes));
  const given = Object.keys(outputs);
  const missing = due.filter((output) => !given.includes(output));
  if (missing.length === 0) return undefined;
  const called =
    given.length === 0
      ? 'there is no output'
      : `the ${given.length === 1 ? 'output is' : 'outputs are'} called ${given.join(', ')}`;
  return `${called}, ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} due`;
}

async function propertiesOf(
  backend: BackendUnderTest,
  operation: AnyOperation,
  options: CheckOptions & { readonly runs: number },
): Promise<PropertyOutcome[]> {
  const { seed, runs, timeoutMs, table = operationNamed } = options;
  const { dtype } = backend.description;
  const asking = { dtype, precision: precisionOf(backend.description), seed, runs };
  let notAsked: string | undefined;
  const answer = async (name: string, attributes: Attributes, inputs: NamedTensors): Promise<Answer> => {
    const result = await backend.supervisor.run(name, attributes, inputs, { timeoutMs });
    if (result.kind === 'notAsked') notAsked = result.message;
    if (result.kind === 'unsupported' || result.kind === 'notAsked') return { kind: 'unsupported', message: result.message };
    if (result.kind !== 'outputs') return { kind: 'fault', message: result.message };
    const misnamed = whatIsMisnamed(table, name, attributes, result.outputs);
    return misnamed === undefined ? { kind: 'outputs', outputs: result.outputs } : { kind: 'fault', message: misnamed };
  };
  /** An example that nobody looked at says nothing. */
  const settled = <Found extends { readonly status: Status; readonly reason?: string }>(found: Found): Found =>
    notAsked === undefined || found.status === 'failed' ? found : { ...found, status: 'notAsked', reason: notAsked };
  const common = {
    operation: operation.name,
    backend: backend.name,
    seed,
    replay: `etalon check ${backend.replayOptions} --operation ${operation.name} --seed ${seed}`,
  };
  const agreement = settled(
    await checkAgainstReference(operation, {
      ...asking,
      ask: (attributes, inputs) => answer(operation.name, attributes, inputs),
    }),
  );
  const outcomes: PropertyOutcome[] = [
    {
      ...common,
      property: 'agrees with the reference',
      ...agreement,
      ...expectedFailureOf(backend, `${operation.name}/property`, agreement.status),
    },
  ];
  for (const relation of operation.relations ?? []) {
    const verdict = settled(await checkRelation(operation, relation, { ...asking, table, ask: answer }));
    outcomes.push({
      ...common,
      property: relation.name,
      ...verdict,
      ...expectedFailureOf(backend, `${operation.name}/property`, verdict.status),
    });
  }
  return outcomes;
}
