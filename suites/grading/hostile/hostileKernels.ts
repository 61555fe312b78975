/** Grades kernels that try to look right and fast without being so. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { readInstalled } from '../../../backends/installed.ts';
import { operationNamed } from '../../operations/index.ts';
import { gradeKernel } from '../kernel.ts';
import { type KernelLibrary, kernelLibraries } from '../kernelLibraries.ts';
import type { KernelReport } from '../kernelReport.ts';
import { readSubmission } from '../submission.ts';

const schema = z.array(
  z.strictObject({
    name: z.string(),
    /** Cheat that generated kernels were caught at. */
    row: z.string(),
    library: z.array(z.enum(kernelLibraries)).default(['numpy']),
    due: z.enum(['wrong', 'slow']),
    says: z.string().optional(),
    code: z.string(),
  }),
);

export interface HostileKernel extends Omit<z.infer<typeof schema>[number], 'library'> {
  readonly library: KernelLibrary;
}

export interface HostileKernelRecord {
  readonly name: string;
  readonly row: string;
  readonly library: KernelLibrary;
  readonly held: boolean;
  /** The verdict, or what was not held. */
  readonly says: string;
  readonly seconds: number;
}

/** One line for each library that a kernel is written for. */
export const hostileKernels: readonly HostileKernel[] = schema
  .parse(parse(readFileSync(new URL('kernels.yaml', import.meta.url), 'utf8')))
  .flatMap(({ library, ...kernel }) => library.map((one) => ({ ...kernel, library: one })));

/** Libraries that are set up here. */
export function kernelLibrariesHere(): KernelLibrary[] {
  return kernelLibraries.filter((library) => readInstalled(library === 'torch' ? 'torch' : 'python') !== undefined);
}

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

export async function tryHostileKernel(kernel: HostileKernel): Promise<HostileKernelRecord> {
  const { name, row, library, due, says } = kernel;
  const folder = mkdtempSync(join(tmpdir(), 'etalon-hostile-'));
  const code = kernel.code
    .replaceAll('RIGHT(', 'right_product(')
    .replaceAll('SHAPE', '(a.shape[0], b.shape[1])')
    .replaceAll('SIZE', '(a.shape[0] * a.shape[1])')
    .replaceAll('LIB', library)
    .replaceAll('ROOT', root);
  const right = 'def right_product(a, b): return (a[:, :, None] * b[None, :, :]).sum(1)';
  writeFileSync(join(folder, 'kernel.py'), `import ${library}\n${right}\n${code}`);
  const started = performance.now();
  let problem: string | undefined;
  let report: KernelReport | undefined;
  try {
    report = await gradeKernel(readSubmission(join(folder, 'kernel.py'), { fileKiB: 64 }), {
      operation: operationNamed('matmul'),
      entry: 'forward',
      against: library,
      etalonVersion: 'selftest',
    });
    problem = shortOf(report, due, says);
  } catch (error) {
    problem = `the harness failed: ${(error as Error).message}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const seconds = (performance.now() - started) / 1000;
  return { name, row, library, held: problem === undefined, says: problem ?? report?.verdict ?? '', seconds };
}

function shortOf(report: KernelReport, due: HostileKernel['due'], says: string | undefined): string | undefined {
  if (due === 'wrong' && report.right) return `it is taken to be ${report.verdict}`;
  if (due === 'slow' && report.verdict === 'right and fast')
    return `it is taken to be right and fast, ${report.speed?.ratio.toPrecision(3)} times as fast`;
  return says === undefined || new RegExp(says).test(JSON.stringify(report)) ? undefined : `the report does not say ${says}`;
}
