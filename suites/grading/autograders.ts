/** Folders that make other systems grade an assignment: each is copied with the assignment in it, without its solutions. */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Assignment } from './assignment.ts';

export const autograders = ['gradescope', 'prairielearn', 'github-classroom', 'slurm', 'kubernetes'] as const;
export type Autograder = (typeof autograders)[number];

const sources = fileURLToPath(new URL('./autograders/', import.meta.url));
/** What students may have of an assignment. */
const assignmentFiles = ['assignment.yaml', 'text.md', 'starter.mjs', 'starter.py'];

/** Writes the folder and returns the files, with the way to them. */
export function writeAutograder(kind: Autograder, assignment: Assignment, folder: string): string[] {
  mkdirSync(join(folder, 'assignment'), { recursive: true });
  const written = readdirSync(join(sources, kind)).map((name) => {
    const path = join(folder, name);
    const text = readFileSync(join(sources, kind, name), 'utf8');
    // The title stands in a JSON string.
    const title = JSON.stringify(assignment.title).slice(1, -1);
    writeFileSync(path, text.replaceAll('@NAME@', assignment.name).replaceAll('@TITLE@', title));
    if (text.startsWith('#!')) chmodSync(path, 0o755);
    return path;
  });
  for (const name of assignmentFiles.filter((file) => existsSync(join(assignment.folder, file)))) {
    const path = join(folder, 'assignment', name);
    copyFileSync(join(assignment.folder, name), path);
    written.push(path);
  }
  return written;
}
