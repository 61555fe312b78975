/**
 * Grades a kernel: one function on a library's own tensors, as a program or a person wrote it to replace one of the library's. The same
 * verdicts as for a submission, fresh numbers for every run, and its speed against the library's own call.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { backendCommand } from '../../backends/index.ts';
import { requireInstalled } from '../../backends/installed.ts';
import { createWorkerSupervisor, type WorkerOptions, type WorkerSupervisor } from '../../backends/worker/worker.ts';
import { judge } from '../judging/judge.ts';
import type { AnyOperation } from '../judging/operation.ts';
import { precisions } from '../judging/precision.ts';
import { prepareQuestion, type Question } from '../judging/question.ts';
import { materialize } from '../running/cases.ts';
import { type Assignment, collected, type Limits } from './assignment.ts';
import { answerOf, grade } from './grade.ts';
import type { KernelLibrary } from './kernelLibraries.ts';
import type { KernelReport, KernelSpeed } from './kernelReport.ts';
import { type GradingLevel, launchSubmission, requireIsolation } from './launch.ts';
import { processorMs } from './processorTime.ts';
import type { Submission } from './submission.ts';

export interface KernelOptions {
  readonly operation: AnyOperation;
  /** Name of the function. */
  readonly entry: string;
  readonly against: KernelLibrary;
  readonly etalonVersion: string;
  readonly leastIsolation?: GradingLevel;
  readonly signal?: AbortSignal;
}

const limits: Limits = { secondsPerCall: 30, seconds: 600, memoryMiB: 8192, processes: 256, fileKiB: 1024 };
const blocks = 13;
/** Blocks at the beginning that compile and warm up. */
const untimed = 2;

/** @throws RangeError where the library is not set up, with the command that brings it. */
export async function gradeKernel(submission: Submission, options: KernelOptions): Promise<KernelReport> {
  const { operation, entry, against, signal } = options;
  const library = setUp(against);
  const assignment = kernelAssignment(operation, entry);
  const [task] = assignment.tasks;
  const functions = [{ operation: operation.name, function: entry, arguments: task.arguments, outputs: task.outputs }];
  const level = requireIsolation(options.leastIsolation);
  const launch = launchSubmission(submission, functions, limits, level, {
    arrays: against,
    forbidden: forbidden[against][operation.name.split('.')[0]],
    packages: library.packages,
  });
  try {
    // Nobody has seen these numbers before, and nobody will again.
    const secret = randomBytes(32).toString('hex');
    const common = { assignment, submission, worker: launch.worker, isolation: launch.isolation, signal };
    const graded = await grade({ ...common, student: entry, attempt: 1, secret, etalonVersion: options.etalonVersion });
    const cases = graded.tasks.flatMap(({ checks }) => checks.flatMap((check) => check.cases));
    const passed = cases.filter(({ status }) => status === 'passed').length;
    const right = graded.points === graded.maximum;
    const timed = graded.problem
      ? { speedUnavailable: 'it could not be run' }
      : await speedOf(options, launch.worker, secret, level);
    return {
      operation: operation.name,
      entry,
      against,
      right: right && timed.speed?.right !== false,
      cases: { passed, of: cases.length },
      verdict: verdictOf(right && timed.speed?.right !== false, timed.speed),
      problem: graded.problem,
      findings: graded.tasks.flatMap(({ findings }) => findings),
      ...timed,
      isolation: launch.isolation,
    };
  } finally {
    launch.remove();
  }
}

function verdictOf(right: boolean, speed: KernelSpeed | undefined): string {
  if (!speed) return right ? 'right' : 'wrong';
  const fast = speed.ratio >= 1;
  if (right) return `right and ${fast ? 'fast' : 'slow'}`;
  return `${fast ? 'fast' : 'slow'} and wrong`;
}

const products = '(^|_)[a-z]*mm($|_)|matmul|mv_?$|dot|linear|attention';
/** Names of the libraries' own kernels that would be the answer, by the first word of an operation's name. */
const forbidden: Readonly<Record<KernelLibrary, Readonly<Record<string, string>>>> = {
  torch: {
    matmul: products,
    dense: products,
    conv2d: 'conv(?!ert)',
    softmax: 'softmax|attention',
    maxPool2d: 'max_pool',
    averagePool2d: 'avg_pool',
    relu: 'relu|threshold|hardtanh',
    leakyRelu: 'relu',
    elu: 'elu',
    silu: 'silu',
    softplus: 'softplus|log_sigmoid|logaddexp',
    hardTanh: 'hardtanh',
    sigmoid: 'sigmoid|silu',
    tanh: 'tanh',
    scaledTanh: 'tanh',
    squaredError: 'mse_loss',
    crossEntropy: 'cross_entropy|nll_loss',
    binaryCrossEntropy: 'binary_cross_entropy',
  },
  numpy: Object.fromEntries(
    ['matmul', 'dense'].map((name) => [
      name,
      '^(__r?matmul__|matmul|v?dot|inner|einsum|tensordot|multi_dot|vecdot|matvec|vecmat|linalg)$',
    ]),
  ),
};

function setUp(against: KernelLibrary): { readonly packages: readonly string[] } {
  const setup = against === 'torch' ? 'torch' : 'python';
  const folder = requireInstalled(setup);
  return { packages: ['packages', 'numpy'].map((part) => join(folder, part)).filter((path) => existsSync(path)) };
}

/** Everything that the operation's line of the table asks of ordinary numbers; hidden, so that numbers are drawn for this run alone. */
function kernelAssignment(operation: AnyOperation, entry: string): Assignment {
  const recipes = operation.cases.filter(
    ({ name, sizes, without }) => !/special|subnormal|infinit|nan/.test(name) && !Object.values(sizes).includes(0) && !without,
  );
  const [{ attributes }] = recipes;
  const cases = recipes.flatMap((recipe) => (recipe.tiers ?? operation.tiers).map((tier) => ({ recipe, tier, hidden: true })));
  return {
    name: operation.name,
    folder: '',
    title: operation.title,
    hints: 'mistake',
    exempt: [],
    limits,
    seed: 1,
    points: 1,
    sha256: '',
    tasks: [
      {
        operation,
        function: { javascript: entry, python: entry },
        arguments: [...collected(Object.keys(operation.inputs(attributes))), ...Object.keys(operation.attributes)],
        outputs: collected(Object.keys(operation.outputs(attributes))),
        checks: [{ property: 'every shape and attribute of the operation', points: 1, cases }],
        stages: [],
        mistakes: {},
      },
    ],
  };
}

type Timed = Pick<KernelReport, 'speed' | 'speedUnavailable'>;

/**
 * Blocks in turns with the library's own call. Each asks one question that nobody has asked before, and judges what comes back while the clock
 * runs: a second call with the same numbers could be answered from memory.
 */
async function speedOf(
  { operation, against }: KernelOptions,
  worker: Omit<WorkerOptions, 'timeoutMs'>,
  secret: string,
  level: GradingLevel,
): Promise<Timed> {
  const recipe = operation.benchmark;
  if (!recipe) return { speedUnavailable: `${operation.name} has no size for timing` };
  const questionOf = (block: number) => {
    const seed = Number.parseInt(secret.slice(block, block + 7), 16);
    return prepareQuestion(operation, materialize(operation, recipe, 'random', seed, 'float32'), precisions.float32);
  };
  const nothing = launchNothing(questionOf(0), against, level);
  const supervisors = [worker, backendCommand(against), nothing.worker].map((one) =>
    createWorkerSupervisor({ ...one, timeoutMs: 60_000 }),
  );
  const [kernel, library, transfer] = supervisors;
  try {
    for (const one of supervisors) {
      const start = await one.start();
      if (start.kind === 'unavailable') return { speedUnavailable: start.message };
    }
    const timed: TimedBlock[] = [];
    const processor = { before: [0, 0], after: [0, 0] };
    const processorOfBoth = () => [kernel, transfer].map((one) => processorMs(one.pid() ?? 0) ?? Number.NaN);
    let right = true;
    for (let block = 0; block < blocks; block++) {
      if (block === untimed) processor.before = processorOfBoth();
      const question = questionOf(block);
      const own = await timedBlock(kernel, question);
      const other = await timedBlock(library, question);
      const empty = await timedBlock(transfer, question);
      if ('message' in own) return { speedUnavailable: `the kernel was not timed: ${own.message}` };
      if ('message' in other) return { speedUnavailable: `the library was not timed: ${other.message}` };
      if ('message' in empty) return { speedUnavailable: `the transfer was not timed: ${empty.message}` };
      right &&= own.right;
      if (block < untimed) continue;
      timed.push({ ownMs: own.ms, libraryMs: other.ms, intervalMs: own.intervalMs, emptyMs: empty.intervalMs });
    }
    processor.after = processorOfBoth();
    const [kernelMsOfProcessor, emptyMsOfProcessor] = processor.after.map((after, i) => after - processor.before[i]);
    const libraryMs = undisturbed(timed.map((block) => block.libraryMs));
    const { kernelMs, clock } = believed(timed, { kernelMs: kernelMsOfProcessor, emptyMs: emptyMsOfProcessor });
    return { speed: { kernelMs, clock, libraryMs, ratio: libraryMs / kernelMs, right } };
  } finally {
    await Promise.all(supervisors.map((one) => one.close()));
    nothing.remove();
  }
}

/** One call warms up, with the numbers in another order; one is timed. */
const callsInBlock = 2;

/** Starts a kernel that computes nothing: what its calls take by our clock is the way there and back. */
function launchNothing(question: Question, against: KernelLibrary, level: GradingLevel) {
  const { operation, expected, case: asked } = question;
  const shapes = Object.entries(expected).map(
    ([name, { shape }]) => `${JSON.stringify(name)}: ${against}.zeros(${JSON.stringify(shape)})`,
  );
  const text = `import ${against}\ndef forward(*given, **named):\n    return {${shapes.join(', ')}}\n`;
  const submission: Submission = { path: '', file: 'nothing.py', language: 'python', text, sha256: '', lines: {} };
  const functions = [
    {
      operation: operation.name,
      function: 'forward',
      arguments: [...Object.keys(asked.inputs), ...Object.keys(asked.attributes)],
      outputs: Object.keys(expected),
    },
  ];
  return launchSubmission(submission, functions, limits, level, { arrays: against, packages: setUp(against).packages });
}

interface TimedBlock {
  /** Of one call, by the clock of the process that made it. */
  readonly ownMs: number;
  readonly libraryMs: number;
  /** Of the whole block by our clock, and of one in which nothing is computed. */
  readonly intervalMs: number;
  readonly emptyMs: number;
}

/** Processor time that all blocks together took, and that blocks took in which nothing is computed; NaN where it is not known. */
interface ProcessorTime {
  readonly kernelMs: number;
  readonly emptyMs: number;
}

/** Processor time of the way there and back differs by so large a part of it from process to process. */
const processorWobble = 1 / 4;

/**
 * Milliseconds of a call: the word of the process that made it, unless at least twice as much passed. That word is the kernel's as well, which
 * runs in the same process; two things are not. By our clock, less the way there and back: what else runs here only makes blocks longer, so the
 * shortest count, and they are known as well as the third shortest agree with them. By the processor time that the system counts, which
 * nothing else makes longer: divided by the cores it is the least that can have passed.
 */
export function believed(
  timed: readonly TimedBlock[],
  processor: ProcessorTime,
  cores = availableParallelism(),
): Pick<KernelSpeed, 'kernelMs' | 'clock'> {
  const own = undisturbed(timed.map(({ ownMs }) => ownMs));
  const whole = timed.map(({ intervalMs }) => intervalMs).sort((a, b) => a - b);
  const empty = timed.map(({ emptyMs }) => emptyMs).sort((a, b) => a - b);
  const seen = (whole[0] - empty[0]) / callsInBlock;
  const unsure = (whole[2] - whole[0] + empty[2] - empty[0]) / callsInBlock;
  const worked = (processor.kernelMs - (1 + processorWobble) * processor.emptyMs) / (timed.length * callsInBlock * cores);
  const least = Math.max(seen - unsure, Number.isFinite(worked) ? worked : 0);
  return least > 2 * own ? { kernelMs: Math.max(seen, least), clock: 'ours' } : { kernelMs: own, clock: 'own' };
}

async function timedBlock(
  supervisor: WorkerSupervisor,
  question: Question,
): Promise<{ ms: number; intervalMs: number; right: boolean } | { message: string }> {
  const { operation, case: asked } = question;
  const started = performance.now();
  const result = await supervisor.bench(operation.name, asked.attributes, asked.inputs, {
    warmup: callsInBlock - 1,
    iterations: 1,
    timeoutMs: 120_000,
  });
  const intervalMs = performance.now() - started;
  if (result.kind !== 'timed') return { message: result.message };
  const [ms] = result.executeMs;
  // Its clock is its own word; ours bounds it from above.
  if (!(ms <= intervalMs)) return { message: `it says ${ms.toFixed(1)} ms, by our clock ${intervalMs.toFixed(1)} ms passed` };
  const answer = answerOf(question, { kind: 'outputs', outputs: result.outputs, milliseconds: 0 });
  const dtype = Object.values(result.outputs)[0]?.dtype ?? 'float64';
  return { ms, intervalMs, right: answer !== undefined && judge(question, answer, dtype).passed };
}

/** The lower quartile: what else runs on the machine only makes a call longer, one that waits for several threads by hundreds of times. */
function undisturbed(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 4)];
}
