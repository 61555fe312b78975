/**
 * Grades a class: several submissions at a time, each result written whole the moment it is there. What was graded is kept, however the run
 * ends, and the same command goes on with the rest.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { type Shard, shardOf } from '../runs/shard.ts';
import type { Assignment } from './assignment.ts';
import { type GradeFileOptions, gradeSubmission } from './gradeFile.ts';
import type { GradeReport } from './gradeReport.ts';
import { readSubmission, type Submission } from './submission.ts';

export interface ClassOptions extends Omit<GradeFileOptions, 'student'> {
  /** Where results go. */
  readonly folder: string;
  /** Submissions that run at a time. */
  readonly jobs: number;
  /** This part of how many, from 1: of the submissions in the order of their students. */
  readonly shard?: Shard;
  readonly progress: (done: number, total: number, kept: number) => void;
}

export interface ClassMember {
  readonly student: string;
  readonly path: string;
}

/**
 * Students by the names of their files, in order.
 *
 * @throws RangeError where two files have one name.
 */
export function classMembers(paths: readonly string[]): ClassMember[] {
  const members = paths.map((path) => ({ student: basename(path, extname(path)), path }));
  members.sort((a, b) => (a.student < b.student ? -1 : Number(a.student > b.student)));
  for (const [i, { student, path }] of members.entries()) {
    if (i > 0 && members[i - 1].student === student) {
      throw new RangeError(`${members[i - 1].path} and ${path} have the same name; each student needs a file of another`);
    }
  }
  return members;
}

/** The results of this shard's submissions, in the order of their students; those that were there already are not graded again. */
export async function gradeClass(
  members: readonly ClassMember[],
  assignment: Assignment,
  options: ClassOptions,
): Promise<GradeReport[]> {
  const { folder, jobs, shard, signal } = options;
  const results = join(folder, 'results');
  mkdirSync(results, { recursive: true });
  const key = keyOf(assignment, options);
  const own = shard ? shardOf(members, () => 1, shard) : members;
  const reports: GradeReport[] = new Array(own.length);
  let next = 0;
  let done = 0;
  let kept = 0;
  options.progress(0, own.length, 0);
  const work = async () => {
    for (let i = next++; i < own.length && !signal?.aborted; i = next++) {
      const { student, path } = own[i];
      const file = join(results, `${student}.json`);
      const submission = readSubmission(path, assignment.limits);
      const before = read(file, key, submission);
      if (before) kept++;
      reports[i] = before ?? (await gradeSubmission(submission, assignment, { ...options, student }));
      if (!before) writeWhole(file, `${JSON.stringify({ key, ...reports[i] }, null, 2)}\n`);
      options.progress(++done, own.length, kept);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, own.length) }, work));
  signal?.throwIfAborted();
  return reports;
}

/** Everything beside the submission that a result depends on. Two runs with another secret share no result. */
function keyOf(assignment: Assignment, { secret, attempt, etalonVersion }: ClassOptions): string {
  const parts = [assignment.name, assignment.sha256, assignment.hints, secret ?? null, attempt, etalonVersion];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function read(file: string, key: string, submission: Submission): GradeReport | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const { key: own, ...report } = JSON.parse(readFileSync(file, 'utf8')) as GradeReport & { key: string };
    return own === key && report.submission.sha256 === submission.sha256 ? report : undefined;
  } catch {
    // Not one of ours: it is graded again.
    return undefined;
  }
}

/** Another process, or this one after it was killed, finds the whole text or nothing. */
export function writeWhole(file: string, text: string): void {
  const unfinished = `${file}.${process.pid}.part`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}

/** Removes what killed runs left half written. */
export function removeParts(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) if (/\.\d+\.part$/.test(name)) rmSync(join(folder, name), { force: true });
}
