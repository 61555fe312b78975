/** A teacher's own files of an assignment: its solutions, and wrong ones that are a solution but for one line. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Assignment, AssignmentError } from './assignment.ts';
import { readSubmission, type Submission } from './submission.ts';

export const solutionFiles = ['solution.mjs', 'solution.py'] as const;

const wrongSchema = z.array(
  z.strictObject({
    file: z.enum(solutionFiles),
    /** Text of the solution, found in it once, and what stands there instead. */
    replace: z.string().min(1),
    by: z.string(),
    /** Function, in the file's language, whose feedback must name the mistake. */
    function: z.string(),
    /** Known mistake of its operation, or a pattern that the feedback must say. */
    mistake: z.string().optional(),
    says: z.string().optional(),
  }),
);

export interface WrongSolution {
  readonly name: string;
  readonly submission: Submission;
  readonly function: string;
  readonly mistake?: string;
  readonly says?: string;
}

export function readSolution(
  folder: string,
  file: (typeof solutionFiles)[number],
  { limits }: Assignment,
): Submission | undefined {
  const path = join(folder, file);
  return existsSync(path) ? readSubmission(path, limits) : undefined;
}

/**
 * The wrong solutions of `wrong.yaml`.
 *
 * @throws AssignmentError where the list is wrong, or a text to replace is not in the solution exactly once.
 */
export function readWrongSolutions(folder: string, assignment: Assignment): WrongSolution[] {
  const path = join(folder, 'wrong.yaml');
  if (!existsSync(path)) return [];
  const parsed = wrongSchema.safeParse(parse(readFileSync(path, 'utf8')));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AssignmentError(`${path}: ${issue.path.join('.')}: ${issue.message}`);
  }
  return parsed.data.map(({ file, replace, by, ...expected }) => {
    const solution = readSolution(folder, file, assignment);
    const parts = solution?.text.split(replace) ?? [];
    if (!solution || parts.length !== 2)
      throw new AssignmentError(`${path}: ${file} has ${Math.max(parts.length - 1, 0)} times, not once: ${replace}`);
    const name = `${expected.function} ${expected.mistake ?? expected.says ?? ''}`.trim();
    return { name, submission: { ...solution, text: parts.join(by) }, ...expected };
  });
}
