/** Grades a file: reads it, copies it to where it runs, and starts its process in isolation. */
import type { Assignment } from './assignment.ts';
import { grade } from './grade.ts';
import type { GradeReport } from './gradeReport.ts';
import { type GradingLevel, launchSubmission, requireIsolation } from './launch.ts';
import { readSubmission, type Submission } from './submission.ts';

export interface GradeFileOptions {
  readonly student: string;
  readonly attempt: number;
  readonly secret?: string;
  readonly etalonVersion: string;
  /** The weakest isolation that is accepted. */
  readonly leastIsolation?: GradingLevel;
  /** Another level than the strongest, to try what it holds. */
  readonly level?: GradingLevel;
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
  const functions = assignment.tasks.map((task) => ({
    operation: task.operation.name,
    function: task.function[submission.language],
    arguments: task.arguments,
    outputs: task.outputs,
  }));
  const level = options.level ?? requireIsolation(options.leastIsolation);
  const launch = launchSubmission(submission, functions, assignment.limits, level);
  try {
    return await grade({ ...options, assignment, submission, worker: launch.worker, isolation: launch.isolation });
  } finally {
    launch.remove();
  }
}
