import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { strongestIsolation } from '../../backends/isolation/isolation.ts';
import { readAssignment } from './assignment.ts';
import { writeAutograder } from './autograders.ts';
import { assignmentFolder, solutionsFolder } from './shipped.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const assignment = readAssignment(assignmentFolder('perceptron')!);
const solution = readFileSync(join(solutionsFolder(assignment.folder)!, 'solution.py'), 'utf8');
const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const etalon = `${process.execPath} --import ${createRequire(import.meta.url).resolve('tsx')} ${main}`;
const isIsolated = strongestIsolation() !== undefined && strongestIsolation() !== 'limits';

it.skipIf(!isIsolated)("grades in the layout of Gradescope's container", () => {
  const root = join(folder, 'autograder');
  writeAutograder('gradescope', assignment, join(root, 'source'));
  writeFileSync(join(root, 'source/secret.txt'), 'a secret that nobody guesses\n');
  mkdirSync(join(root, 'submission'));
  writeFileSync(
    join(root, 'submission/perceptron.py'),
    solution
      .replace('min(label * dot(separator', 'min(dot(separator')
      .replace('for label, sample in zip(labels, x))', 'for sample in x)'),
  );
  writeFileSync(
    join(root, 'submission_metadata.json'),
    JSON.stringify({ id: 7, users: [{ id: 42, email: 'ada@example.org', name: 'Ada' }], previous_submissions: [{}, {}] }),
  );
  const env = { ...process.env, AUTOGRADER_ROOT: root, ETALON: etalon };
  const run = (name: string) => spawnSync(join(root, 'source', name), { env, encoding: 'utf8', cwd: root });
  expect(run('setup.sh')).toMatchObject({ status: 0 });
  expect(run('run_autograder')).toMatchObject({ status: 0 });
  const results = JSON.parse(readFileSync(join(root, 'results/results.json'), 'utf8'));
  expect(results.score).toBe(5);
  expect(results.tests).toHaveLength(3);
  expect(results.tests[2].output).toContain('the margin min uᵀxᵢ without the labels');
  // The teacher's own mistake costs no student a point without a word.
  writeFileSync(join(root, 'source/assignment/assignment.yaml'), 'title: broken\n');
  run('run_autograder');
  expect(JSON.parse(readFileSync(join(root, 'results/results.json'), 'utf8')).output).toContain('It is not your fault');
});

it.skipIf(!isIsolated)("grades in the layout of PrairieLearn's container", () => {
  const root = join(folder, 'grade');
  const own = join(root, 'serverFilesCourse/etalon');
  writeAutograder('prairielearn', assignment, own);
  mkdirSync(join(root, 'student'));
  mkdirSync(join(root, 'data'));
  writeFileSync(join(root, 'data/data.json'), JSON.stringify({ variant_seed: '123', params: {}, submitted_answers: {} }));
  const run = () => {
    const { status } = spawnSync(join(own, 'run.sh'), {
      env: { ...process.env, GRADE_ROOT: root, ETALON: etalon },
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    return JSON.parse(readFileSync(join(root, 'results/results.json'), 'utf8'));
  };
  writeFileSync(join(root, 'student/answer.py'), solution);
  expect(run()).toMatchObject({ gradable: true, score: 1 });
  writeFileSync(join(root, 'student/answer.py'), 'def f(:\n');
  expect(run()).toMatchObject({ gradable: false, format_errors: [expect.stringContaining('answer.py, line 1')] });
});
