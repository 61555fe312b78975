import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readAssignment } from './assignment.ts';
import { autograders, writeAutograder } from './autograders.ts';
import { assignmentFolder } from './shipped.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const assignment = readAssignment(assignmentFolder('perceptron')!);

it.each(autograders)('%s has its files and the assignment, and no solution', (kind) => {
  const written = writeAutograder(kind, assignment, join(folder, kind));
  expect(written.filter((path) => /solution|wrong/.test(path))).toEqual([]);
  expect(existsSync(join(folder, kind, 'assignment/assignment.yaml'))).toBe(true);
  for (const path of written) expect(readFileSync(path, 'utf8')).not.toMatch(/@[A-Z]+@/);
  for (const path of written.filter((name) => /\.ya?ml$/.test(name))) expect(parse(readFileSync(path, 'utf8'))).toBeTruthy();
});
