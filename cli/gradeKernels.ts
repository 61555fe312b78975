/** `etalon grade --against LIBRARY`: one kernel in a file, or kernels one after the other as JSON lines. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { guard, release } from '../backends/worker/guardian.ts';
import { kernelText } from '../reports/grading/kernel.ts';
import { gradeKernel } from '../suites/grading/kernel.ts';
import type { KernelLibrary } from '../suites/grading/kernelLibraries.ts';
import type { KernelReport } from '../suites/grading/kernelReport.ts';
import type { GradingLevel } from '../suites/grading/launch.ts';
import { readSubmission } from '../suites/grading/submission.ts';
import { operations } from '../suites/operations/index.ts';
import { exitCodes, UsageError } from './errors.ts';
import { requireName } from './selection.ts';
import { version } from './version.ts';

export interface KernelCommandOptions {
  readonly against: KernelLibrary;
  readonly operation?: string;
  readonly entry: string;
  readonly format: string;
  readonly isolation: GradingLevel;
  readonly jsonLines?: boolean;
}

const mostKiB = 1024;

export async function gradeKernelFile(
  files: readonly string[],
  options: KernelCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const [file] = files;
  if (files.length !== 1) throw new UsageError(`one kernel is graded at a time, ${files.length} files were given`);
  if (!existsSync(file)) throw new UsageError(`${file}: there is no such file`);
  if (options.operation === undefined)
    throw new UsageError('--operation says what the kernel computes; etalon operations lists them');
  if (!['terminal', 'json'].includes(options.format))
    throw new UsageError(`--format ${options.format}: a kernel is shown as terminal or json`);
  const report = await gradeAs(file, options.operation, options.entry, options, signal);
  process.stdout.write(options.format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : kernelText(report));
  process.exitCode = report.right ? exitCodes.asExpected : exitCodes.failureFound;
}

async function gradeAs(
  file: string,
  name: string,
  entry: string,
  { against, isolation }: KernelCommandOptions,
  signal: AbortSignal,
): Promise<KernelReport> {
  requireName(
    'operation',
    name,
    operations.map((one) => one.name),
  );
  const operation = operations.find((one) => one.name === name)!;
  const submission = readSubmission(file, { fileKiB: mostKiB });
  if (submission.language !== 'python') throw new UsageError(`${file}: a kernel on ${against} is written in Python`);
  try {
    return await gradeKernel(submission, {
      operation,
      entry,
      against,
      etalonVersion: version,
      leastIsolation: isolation,
      signal,
    });
  } catch (error) {
    // The library is not set up; the message has the command that brings it.
    if (error instanceof Error && /etalon setup/.test(error.message))
      throw new UsageError(`--against ${against}: unavailable: ${error.message}`);
    throw error;
  }
}

const line = z.strictObject({ id: z.string(), operation: z.string(), entry: z.string().default('forward'), code: z.string() });

/** Every line is answered with one line: `{"id","verdict",…}`, or `{"id","error"}` where the line itself is wrong. */
export async function gradeKernelLines(
  options: KernelCommandOptions,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  for await (const text of createInterface({ input, signal })) {
    if (text.trim() === '') continue;
    output.write(`${JSON.stringify(await answer(text, options, signal))}\n`);
  }
}

async function answer(text: string, options: KernelCommandOptions, signal: AbortSignal): Promise<object> {
  let json: { id?: unknown };
  try {
    json = JSON.parse(text);
  } catch {
    return { id: null, error: 'the line is not JSON; {"id","operation","entry","code"} is needed' };
  }
  const parsed = line.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { id: json?.id ?? null, error: [issue.path.join('.'), issue.message].filter(Boolean).join(': ') };
  }
  const { id, operation, entry, code } = parsed.data;
  const folder = mkdtempSync(join(tmpdir(), 'etalon-kernel-'));
  guard(`folder ${folder}`);
  try {
    const file = join(folder, 'kernel.py');
    writeFileSync(file, code);
    return { id, ...(await gradeAs(file, operation, entry, options, signal)) };
  } catch (error) {
    if (error instanceof UsageError) return { id, error: error.message };
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    release(`folder ${folder}`);
  }
}
