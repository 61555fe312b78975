/**
 * Grades a kernel: one function on a library's own tensors, as a program or a person wrote it to replace one of the library's. The same
 * verdicts as for a submission, fresh numbers for every run, and its speed against the library's own call.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
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
const blocks = 9;
const callsInBlock = 3;

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
    forbidden: forbidden[operation.name] ?? [],
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
    const timed = graded.problem ? { speedUnavailable: 'it could not be run' } : await speedOf(options, launch.worker, secret);
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

/** The library's own kernels that would be the answer, by PyTorch's names of them. */
const forbidden: Readonly<Record<string, readonly string[]>> = {
  conv2d: ['convolution', 'conv2d', 'mkldnn_convolution', 'slow_conv2d', 'thnn_conv2d'],
  'conv2d.inputGradient': ['convolution', 'convolution_backward', 'conv_transpose2d'],
  'conv2d.weightGradient': ['convolution', 'convolution_backward'],
  matmul: ['mm', 'matmul', 'addmm', 'bmm', 'einsum'],
  dense: ['mm', 'addmm', 'linear', 'matmul', 'bmm'],
  softmax: ['_softmax', 'softmax', '_log_softmax'],
  maxPool2d: ['max_pool2d', 'max_pool2d_with_indices'],
  averagePool2d: ['avg_pool2d'],
  relu: ['relu', 'threshold'],
  sigmoid: ['sigmoid'],
  tanh: ['tanh'],
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

/** Blocks of calls in turns with the library's own, each with inputs of its own; the last answer of each block is judged. */
async function speedOf(
  { operation, against }: KernelOptions,
  worker: Omit<WorkerOptions, 'timeoutMs'>,
  secret: string,
): Promise<Timed> {
  const recipe = operation.benchmark;
  if (!recipe) return { speedUnavailable: `${operation.name} has no size for timing` };
  const kernel = createWorkerSupervisor({ ...worker, timeoutMs: 60_000 });
  const library = createWorkerSupervisor({ ...backendCommand(against), timeoutMs: 60_000 });
  try {
    const [ours, theirs] = [await kernel.start(), await library.start()];
    for (const start of [ours, theirs]) if (start.kind === 'unavailable') return { speedUnavailable: start.message };
    const kernelMs: number[] = [];
    const libraryMs: number[] = [];
    let right = true;
    for (let block = 0; block < blocks; block++) {
      const seed = Number.parseInt(secret.slice(block, block + 7), 16);
      const question = prepareQuestion(
        operation,
        materialize(operation, recipe, 'random', seed, 'float32'),
        precisions.float32,
      );
      const own = await timedBlock(kernel, question);
      const other = await timedBlock(library, question);
      if ('message' in own) return { speedUnavailable: `the kernel was not timed: ${own.message}` };
      if ('message' in other) return { speedUnavailable: `the library was not timed: ${other.message}` };
      right &&= own.right;
      // The first block compiles and warms up.
      if (block > 0) {
        kernelMs.push(own.ms);
        libraryMs.push(other.ms);
      }
    }
    const [a, b] = [median(kernelMs), median(libraryMs)];
    return { speed: { kernelMs: a, libraryMs: b, ratio: b / a, right } };
  } finally {
    await Promise.all([kernel.close(), library.close()]);
  }
}

async function timedBlock(
  supervisor: WorkerSupervisor,
  question: Question,
): Promise<{ ms: number; right: boolean } | { message: string }> {
  const { operation, case: asked } = question;
  const started = performance.now();
  const result = await supervisor.bench(operation.name, asked.attributes, asked.inputs, {
    warmup: 0,
    iterations: callsInBlock,
    timeoutMs: 120_000,
  });
  const interval = performance.now() - started;
  if (result.kind !== 'timed') return { message: result.message };
  const total = result.executeMs.reduce((sum, value) => sum + value, 0);
  // Its clock is its own word; ours bounds it from above.
  if (!(total <= interval))
    return { message: `its times sum to ${total.toFixed(1)} ms, by our clock ${interval.toFixed(1)} ms passed` };
  const answer = answerOf(question, { kind: 'outputs', outputs: result.outputs, milliseconds: 0 });
  const dtype = Object.values(result.outputs)[0]?.dtype ?? 'float64';
  return { ms: median(result.executeMs), right: answer !== undefined && judge(question, answer, dtype).passed };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
