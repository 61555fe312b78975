/**
 * Runs an algorithm on one backend and judges its calls by teacher forcing: the expected outputs of a call, and how far an answer
 * may be from them, are computed from the inputs that the backend itself produced. The answer, right or wrong, is what goes on.
 */
import type { Attributes, NamedTensors, OperationName } from '../../../backends/signatures.ts';
import type { RunResult } from '../../../backends/worker/worker.ts';
import type { Dtype, Tensor } from '../../../reference/tensor.ts';
import { diagnose } from '../../judging/diagnosis/index.ts';
import { type Judgement, judge } from '../../judging/judge.ts';
import type { AnyOperation } from '../../judging/operation.ts';
import type { Precision } from '../../judging/precision.ts';
import { prepareQuestion, type Question } from '../../judging/question.ts';
import { randomFrom } from '../../judging/random.ts';
import { operationNamed } from '../../operations/index.ts';
import { type AlgorithmCall, type AlgorithmOutcome, jsonNumber, type Status } from '../../runReport.ts';
import { representable } from '../cases.ts';
import type { Algorithm, AlgorithmContext, AlgorithmResult } from './algorithm.ts';

/** Who computes. */
export interface Participant {
  readonly dtype: Dtype;
  readonly precision: Precision;
  readonly ask: (operation: OperationName, attributes: Attributes, inputs: NamedTensors) => Promise<RunResult>;
  /** The reference is not judged by itself. */
  readonly judged: boolean;
}

export interface ExecutionOptions {
  readonly seed: number;
  readonly thorough: boolean;
  /** An algorithm that takes longer on a backend is given up there. */
  readonly budgetMs: number;
  readonly signal?: AbortSignal;
}

export type Execution = Pick<
  AlgorithmOutcome,
  | 'status'
  | 'reason'
  | 'link'
  | 'steps'
  | 'sampling'
  | 'operations'
  | 'closest'
  | 'firstWrong'
  | 'evidence'
  | 'curves'
  | 'seconds'
>;

/** Ends an algorithm from inside one of its calls. */
class Stop extends Error {
  readonly end: Pick<AlgorithmOutcome, 'status' | 'reason' | 'link'> | 'aborted';
  constructor(end: Stop['end']) {
    super('the algorithm was ended');
    this.end = end;
  }
}

/** @returns what came of it; undefined when the run was interrupted. */
export async function executeAlgorithm(
  algorithm: Algorithm,
  participant: Participant,
  options: ExecutionOptions,
): Promise<Execution | undefined> {
  const started = performance.now();
  const ledger = createLedger();
  const sampling = options.thorough ? undefined : algorithm.judgedSteps;
  /** Output shapes by operation, attributes and input shapes: a call unlike any judged before is always judged. */
  const known = new Map<string, string>();
  let steps = 0;
  let inStep = false;

  const isSampled = () => !inStep || !sampling || steps <= sampling.first || steps % sampling.every === 0;

  async function call(name: OperationName, attributes: Attributes, inputs: NamedTensors): Promise<NamedTensors> {
    if (options.signal?.aborted) throw new Stop('aborted');
    const milliseconds = performance.now() - started;
    if (milliseconds > options.budgetMs) throw new Stop(tooSlow(milliseconds, steps));
    const result = await participant.ask(name, attributes, inputs);
    if (result.kind !== 'outputs') throw new Stop(stopped(name, steps, result));
    const { outputs } = result;
    const operation = operationNamed(name);
    const kind = JSON.stringify([name, attributes, shapesOf(inputs)]);
    const form = formOf(outputs);
    ledger.count(name);
    if (participant.judged && (isSampled() || known.get(kind) !== form)) {
      const question = questionOf(operation, attributes, inputs, participant.precision);
      const judgement = judge(question, outputs, participant.dtype);
      if (judgement.passed) known.set(kind, form);
      const diagnosis = ledger.isFirstWrong(judgement) ? diagnose(question, outputs, participant.dtype) : undefined;
      ledger.judged(operation, judgement, { step: steps, attributes, shapes: shapesOf(inputs), diagnosis });
      if (judgement.outputs.length === 0) throw new Stop({ status: 'failed' });
    }
    return Object.fromEntries(Object.entries(outputs).map(([output, tensor]) => [output, asFloat64(tensor)]));
  }

  const context: AlgorithmContext = {
    // The signature of `execute` has checked names and types; from here on an operation is a line of the table like any other.
    execute: call as unknown as AlgorithmContext['execute'],
    step: async (calls) => {
      steps++;
      inStep = true;
      const result = await calls();
      inStep = false;
      return result;
    },
    round: participant.dtype === 'float32' ? Math.fround : (value) => value,
    tensor: (shape, values) => ({
      dtype: 'float64',
      shape: [...shape],
      data: representable(Float64Array.from(values), participant.dtype),
    }),
    random: randomFrom(options.seed, 'algorithm', algorithm.name),
    seed: options.seed,
    thorough: options.thorough,
  };

  let result: AlgorithmResult = { evidence: [], curves: [] };
  let end: Pick<AlgorithmOutcome, 'status' | 'reason' | 'link'> | undefined;
  try {
    result = await algorithm.run(context);
  } catch (error) {
    if (error instanceof Stop && error.end === 'aborted') return undefined;
    end =
      error instanceof Stop
        ? (error.end as Exclude<Stop['end'], 'aborted'>)
        : { status: 'errored', reason: `step ${steps}: ${error instanceof Error ? error.message : String(error)}` };
  }
  const { firstWrong, ...calls } = ledger.summary();
  return {
    ...(firstWrong ? { status: 'failed', reason: wrongText(firstWrong) } : (end ?? verdictOf(result))),
    steps,
    sampling: participant.judged ? samplingText(sampling) : 'none: the reference is what others are judged by',
    ...calls,
    firstWrong,
    ...result,
    seconds: (performance.now() - started) / 1000,
  };
}

function questionOf(operation: AnyOperation, attributes: Attributes, inputs: NamedTensors, precision: Precision): Question {
  const { name } = operation;
  const asked = { id: name, operation: name, tier: 'random', seed: 0, attributes, sizes: {}, inputs } as const;
  // Real data repeats itself (the blank corners of every image), and so do its rounding errors: they are not independent draws.
  return { ...prepareQuestion(operation, asked, precision), statistics: false };
}

/** Counts calls and keeps the two that say most. */
function createLedger() {
  const operations = new Map<string, { calls: number; judged: number; wrong: number; errorRatio: number }>();
  let calls = 0;
  let closest: { errorRatio: number; call: AlgorithmCall } | undefined;
  let firstWrong: AlgorithmCall | undefined;
  return {
    count(name: string) {
      calls++;
      const line = operations.get(name) ?? { calls: 0, judged: 0, wrong: 0, errorRatio: 0 };
      operations.set(name, { ...line, calls: line.calls + 1 });
    },
    isFirstWrong: ({ passed }: Judgement) => !passed && firstWrong === undefined,
    judged(operation: AnyOperation, judgement: Judgement, at: Omit<AlgorithmCall, 'operation' | 'call' | 'outputs'>) {
      const line = operations.get(operation.name)!;
      const errorRatio = Math.max(0, ...judgement.outputs.map((output) => asNumber(output.errorRatio)));
      line.judged++;
      line.errorRatio = Math.max(line.errorRatio, errorRatio);
      const call = { operation: operation.name, call: calls, ...at };
      if (!judgement.passed) {
        line.wrong++;
        const { check, reason, outputs } = judgement;
        firstWrong ??= { ...call, check, reason, outputs };
      } else if (errorRatio > (closest?.errorRatio ?? 0)) {
        closest = {
          errorRatio,
          call: { ...call, outputs: judgement.outputs.filter((output) => output.errorRatio === errorRatio) },
        };
      }
    },
    summary: () => ({
      operations: Array.from(operations, ([operation, { errorRatio, ...line }]) => ({
        operation,
        ...line,
        errorRatio: jsonNumber(errorRatio),
      })),
      closest: closest?.call,
      firstWrong,
    }),
  };
}

function asNumber(errorRatio: number | string): number {
  return typeof errorRatio === 'number' ? errorRatio : Infinity;
}

const statusOfKind: Readonly<Record<Exclude<RunResult['kind'], 'outputs'>, Status>> = {
  unsupported: 'unsupported',
  invalid: 'errored',
  failed: 'errored',
  crashed: 'crashed',
  timedOut: 'timedOut',
  protocol: 'failed',
  notAsked: 'notAsked',
};

function stopped(operation: string, step: number, result: Exclude<RunResult, { kind: 'outputs' }>) {
  const where = step === 0 || result.kind === 'unsupported' ? operation : `${operation} in step ${step}`;
  const link = result.kind === 'unsupported' ? result.link : undefined;
  // Some refusals begin with the operation themselves.
  const reason = result.message.startsWith(operation) ? result.message : `${where}: ${result.message}`;
  return { status: statusOfKind[result.kind], reason, link };
}

function tooSlow(milliseconds: number, steps: number) {
  const seconds = Math.round(milliseconds / 1000);
  return { status: 'unsupported' as const, reason: `too slow here: given up after ${seconds} s, at step ${steps}` };
}

function verdictOf({ evidence }: AlgorithmResult): Pick<AlgorithmOutcome, 'status' | 'reason'> {
  const missed = evidence.filter(({ passed }) => !passed);
  if (evidence.length > 0 && missed.length === 0) return { status: 'passed' };
  const reasons = missed.map(({ label, expected, actual }) => `${label} should be ${expected}, is ${actual}`);
  return { status: 'failed', reason: reasons.join('; ') || 'nothing was asked of the result' };
}

function wrongText({ operation, step, reason }: AlgorithmCall): string {
  return `${operation} in step ${step}: ${reason}`;
}

function samplingText(sampling: Algorithm['judgedSteps']): string {
  if (!sampling) return 'every call';
  const { first, every } = sampling;
  return `the calls of the first ${first} steps and of every ${every}th, those outside steps, and the first of each kernel and shape`;
}

function shapesOf(tensors: NamedTensors): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
}

/** Names, element types and shapes: what can be compared without computing anything. */
function formOf(outputs: NamedTensors): string {
  return Object.entries(outputs)
    .map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape.join('×')}`)
    .sort()
    .join(', ');
}

function asFloat64({ dtype, shape, data }: Tensor): Tensor {
  return { dtype: 'float64', shape, data: dtype === 'float64' ? data : Float64Array.from(data) };
}
