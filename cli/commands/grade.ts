/** `etalon grade`: what is wrong with a submission, or with those of a class, and what they are worth. */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { basename, extname, join } from 'node:path';
import { Command, Option } from 'commander';
import { strongestIsolation } from '../../backends/isolation/isolation.ts';
import { classCsv, classSummary } from '../../reports/grading/classSummary.ts';
import { type GradeOutput, gradeOutputs } from '../../reports/grading/index.ts';
import {
  type Assignment,
  AssignmentError,
  type HintLevel,
  hintLevels,
  readAssignment,
} from '../../suites/grading/assignment.ts';
import { whySecretIsOpen } from '../../suites/grading/attempt.ts';
import { classMembers, gradeClass, removeParts, writeWhole } from '../../suites/grading/gradeClass.ts';
import { gradeFile } from '../../suites/grading/gradeFile.ts';
import { type KernelLibrary, kernelLibraries } from '../../suites/grading/kernelLibraries.ts';
import { type GradingLevel, gradingLevels, IsolationError } from '../../suites/grading/launch.ts';
import { assignmentFolder, shippedAssignments } from '../../suites/grading/shipped.ts';
import type { Shard } from '../../suites/runs/shard.ts';
import { exitCodes, UsageError } from '../errors.ts';
import type { KernelCommandOptions } from '../gradeKernels.ts';
import { createProgress } from '../progress.ts';
import { countingNumber, shardOption } from '../values.ts';
import { version } from '../version.ts';

interface GradeCommandOptions {
  readonly assignment?: string;
  readonly against?: KernelLibrary;
  readonly operation?: string;
  readonly entry: string;
  readonly jsonLines?: boolean;
  readonly student?: string;
  readonly attempt: number;
  readonly secret?: string;
  readonly hints?: HintLevel;
  readonly format: GradeOutput;
  readonly output?: string;
  readonly isolation: GradingLevel;
  readonly jobs?: number;
  readonly shard?: Shard;
}

export function gradeCommand(): Command {
  return new Command('grade')
    .description('Grade a file of plain functions in JavaScript, TypeScript or Python, or those of a whole class.')
    .argument('[file...]', 'a submission; several make a class, whose results go to --output')
    .option('--assignment <name>', `an assignment that is shipped (${shippedAssignments.join(', ')}) or the folder of one`)
    .option('--student <name>', 'who handed it in (default: the name of the file)')
    .option('--attempt <number>', 'which attempt of this student it is', countingNumber, 1)
    .option(
      '--secret <file>',
      "file with the teacher's secret, which hidden cases are drawn from; without it they are for practice",
    )
    .addOption(new Option('--hints <level>', 'how much is told, if not what the assignment says').choices(hintLevels))
    .addOption(
      new Option('--isolation <level>', 'the weakest isolation that is accepted; without it nothing is graded')
        .choices(gradingLevels)
        .default('limits'),
    )
    .addOption(new Option('--format <format>', 'of one submission').choices(Object.keys(gradeOutputs)).default('terminal'))
    .option('--output <path>', 'file for one submission; folder for the results, CSV and page of a class')
    .option(
      '--jobs <number>',
      'submissions of a class that run at a time (default: one for each core that has the memory)',
      countingNumber,
    )
    .option(
      '--shard <part/of>',
      'only this part of a class, such as 2/8; the same command without it then makes the overview',
      shardOption,
    )
    .addOption(
      new Option('--against <library>', 'grade a kernel in Python on its tensors, with its speed').choices(kernelLibraries),
    )
    .option('--operation <name>', 'what the kernel computes')
    .option('--entry <name>', 'its function', 'forward')
    .option(
      '--json-lines',
      'read kernels as JSON lines on standard input, {"id","operation","entry","code"}, and answer each with its verdict',
    )
    .addHelpText(
      'after',
      `
Exit codes: 0 full points (of a class: all were graded), 1 points are missing, 2 the command line or a file of the teacher's is wrong,
3 Etalon failed, 130 interrupted (what was graded is kept; the same command goes on).

Examples:
  etalon grade mine.py --assignment convolution-gradients
  etalon grade mine.mjs --assignment ./my-assignment --student ada --attempt 2 --secret secret.txt --format html --output ada.html
  etalon grade handed-in/* --assignment activations --output grades
  etalon grade kernel.py --against torch --operation conv2d --entry forward`,
    )
    .action(dispatch);
}

function dispatch(files: readonly string[], options: GradeCommandOptions): Promise<void> {
  if (options.against) return gradeKernels(files, { ...options, against: options.against });
  if (options.jsonLines || options.operation)
    throw new UsageError('--operation and --json-lines are for kernels: --against names their library');
  if (files.length === 0) throw new UsageError('a file is needed: etalon grade mine.py --assignment NAME');
  return files.length === 1 ? gradeOne(files[0], options) : gradeMany(files, options);
}

async function gradeKernels(files: readonly string[], options: KernelCommandOptions): Promise<void> {
  const { gradeKernelFile, gradeKernelLines } = await import('../gradeKernels.ts');
  await interruptible((signal) =>
    options.jsonLines
      ? gradeKernelLines(options, process.stdin, process.stdout, signal)
      : gradeKernelFile(files, options, signal),
  );
}

/** @throws UsageError where there is none, or where its files are wrong. */
export function requireAssignment(nameOrFolder: string): Assignment {
  const folder = assignmentFolder(nameOrFolder);
  if (!folder) {
    throw new UsageError(
      `--assignment ${nameOrFolder}: no assignment of this name is shipped (${shippedAssignments.join(', ')}), and no folder of this name has an assignment.yaml`,
    );
  }
  try {
    return readAssignment(folder);
  } catch (error) {
    if (error instanceof AssignmentError) throw new UsageError(error.message);
    throw error;
  }
}

function readOptions({ assignment: name, hints, secret, attempt, isolation }: GradeCommandOptions) {
  if (name === undefined) throw new UsageError("required option '--assignment <name>' not specified");
  const assignment = requireAssignment(name);
  return {
    assignment: hints ? { ...assignment, hints } : assignment,
    common: {
      attempt,
      secret: secret === undefined ? undefined : readSecret(secret),
      etalonVersion: version,
      leastIsolation: isolation,
    },
  };
}

function readSecret(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--secret ${file}: ${(error as Error).message}`);
  }
  const open = whySecretIsOpen(statSync(file).mode, strongestIsolation());
  if (open) throw new UsageError(`--secret ${file}: ${open}`);
  if (text.length < 16)
    throw new UsageError(
      `--secret ${file}: it has ${text.length} characters; at least 16 are needed, so that it cannot be guessed`,
    );
  return text;
}

function requireFile(file: string): string {
  if (!existsSync(file)) throw new UsageError(`${file}: there is no such file`);
  return file;
}

async function gradeOne(file: string, options: GradeCommandOptions): Promise<void> {
  const { assignment, common } = readOptions(options);
  const student = options.student ?? basename(file, extname(file));
  await interruptible(async (signal) => {
    const report = await gradeFile(requireFile(file), assignment, { ...common, student, signal });
    const text = await gradeOutputs[options.format](report);
    if (options.output) write(options.output, text);
    else process.stdout.write(text);
    process.exitCode = report.points === report.maximum ? exitCodes.asExpected : exitCodes.failureFound;
  });
}

async function gradeMany(files: readonly string[], options: GradeCommandOptions): Promise<void> {
  const { output: folder } = options;
  if (!folder) throw new UsageError('the results of a class need a folder: --output grades');
  for (const name of ['student', 'format'] as const) {
    if (options[name] !== undefined && options[name] !== 'terminal')
      throw new UsageError(`--${name} is for one submission, ${files.length} were given`);
  }
  const { assignment, common } = readOptions(options);
  const members = membersOf(files);
  const jobs = options.jobs ?? affordableJobs(assignment);
  const progress = createProgress(process.stderr);
  await interruptible(async (signal) => {
    removeParts(join(folder, 'results'));
    const reports = await gradeClass(members, assignment, {
      ...common,
      folder,
      jobs,
      shard: options.shard,
      signal,
      progress: (done, total, kept) => progress.update(kept > 0 ? `grading, ${kept} kept from before` : 'grading', done, total),
    });
    progress.clear();
    if (!options.shard) {
      write(join(folder, 'grades.csv'), classCsv(reports));
      write(join(folder, 'index.html'), (await import('../../reports/grading/html.ts')).classHtml(reports));
    }
    const { students, mean, maximum, full } = classSummary(reports);
    const where = options.shard ? join(folder, 'results') : join(folder, 'index.html');
    process.stdout.write(
      `${students} submissions graded, mean ${mean} of ${maximum} points, ${full} with full points: ${where}\n`,
    );
  }).finally(() => progress.clear());
}

function membersOf(files: readonly string[]) {
  try {
    return classMembers(files.map(requireFile));
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function affordableJobs({ limits }: Assignment): number {
  const byMemory = Math.floor(freemem() / 2 ** 20 / limits.memoryMiB);
  return Math.max(1, Math.min(availableParallelism(), byMemory));
}

function write(path: string, text: string): void {
  try {
    if (path.includes('/')) mkdirSync(join(path, '..'), { recursive: true });
    writeWhole(path, text);
  } catch (error) {
    throw new UsageError(`--output ${path}: ${(error as Error).message}`);
  }
}

/** Ctrl-C ends what runs and keeps what is whole. */
async function interruptible(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  try {
    await task(controller.signal);
  } catch (error) {
    if (error instanceof IsolationError) throw new UsageError(error.message);
    if (!controller.signal.aborted) throw error;
    process.stderr.write('interrupted; what was graded is kept\n');
    process.exitCode = exitCodes.interrupted;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}
