/** Grades a file: reads it, copies it to where it runs, and starts its process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { functionsCommand } from '../../backends/functions/hostFunctions.ts';
import type { Assignment } from './assignment.ts';
import { grade } from './grade.ts';
import type { GradeReport } from './gradeReport.ts';
import { readSubmission, type Submission, stageSubmission } from './submission.ts';

export interface GradeFileOptions {
  readonly student: string;
  readonly attempt: number;
  readonly secret?: string;
  readonly etalonVersion: string;
  readonly signal?: AbortSignal;
}

export async function gradeFile(path: string, assignment: Assignment, options: GradeFileOptions): Promise<GradeReport> {
  return gradeSubmission(readSubmission(path, assignment.limits), assignment, options);
}

export async function gradeSubmission(
  submission: Submission,
  assignment: Assignment,
  options: GradeFileOptions,
): Promise<GradeReport> {
  const folder = mkdtempSync(join(tmpdir(), 'etalon-grade-'));
  try {
    const file = stageSubmission(submission, join(folder, 'submission'));
    const functions = assignment.tasks.map((task) => ({
      operation: task.operation.name,
      function: task.function[submission.language],
      arguments: task.arguments,
      outputs: task.outputs,
    }));
    const worker = { ...functionsCommand(submission.language, file, functions), directory: folder };
    const isolation = { level: 'limits', says: 'a process of its own' };
    return await grade({ ...options, assignment, submission, worker, isolation });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
