import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { operationNamed } from '../operations/index.ts';
import { parseAssignment, readAssignment } from './assignment.ts';
import { mistakeRecords } from './audit.ts';
import { gradeSubmission } from './gradeFile.ts';
import { newAssignment } from './newAssignment.ts';
import { assignmentFolder, shippedAssignments, solutionsFolder } from './shipped.ts';
import { readWrongSolutions } from './solutions.ts';

const assignments = shippedAssignments.map((name) => readAssignment(assignmentFolder(name)!));

describe.each(assignments)('$name', (assignment) => {
  it('has a text, two starters, two solutions and five wrong ones', () => {
    for (const file of ['text.md', 'starter.mjs', 'starter.py'])
      expect(existsSync(join(assignment.folder, file)), file).toBe(true);
    const solutions = solutionsFolder(assignment.folder)!;
    for (const file of ['solution.mjs', 'solution.py']) expect(existsSync(join(solutions, file)), file).toBe(true);
    expect(readWrongSolutions(solutions, assignment).length).toBeGreaterThanOrEqual(5);
  });

  it('states the points of each function in its text', () => {
    const text = readFileSync(join(assignment.folder, 'text.md'), 'utf8');
    for (const task of assignment.tasks) {
      const points = task.checks.reduce((sum, check) => sum + check.points, 0);
      const row = text.split('\n').find((line) => line.startsWith(`| \`${task.function.javascript}(`));
      expect(row, task.function.javascript).toMatch(new RegExp(`\\| ${points} \\|$`));
      expect(row).toContain(`\`${task.function.python}(`);
    }
  });

  it('names the mistake of a wrong solution in words', async () => {
    const [wrong] = readWrongSolutions(solutionsFolder(assignment.folder)!, assignment);
    const report = await gradeSubmission(wrong.submission, assignment, { student: 'ada', attempt: 1, etalonVersion: 'test' });
    const [finding, ...others] = report.tasks.flatMap(({ findings }) => findings);
    // What follows from it is said to follow.
    expect(others.filter(({ kind }) => kind !== 'stage')).toEqual([]);
    expect(finding.mistakes).toEqual(wrong.mistake === undefined ? [] : [wrong.mistake]);
    expect(finding.headline).toContain(wrong.says ?? '');
    expect([finding.headline, ...finding.details].join('\n\n')).toMatchSnapshot();
  });
});

/** The others are asked in assignments.system.test.ts. */
it('takes points for every known mistake of its operations and names it, and no other', () => {
  const { tasks } = assignments.find(({ name }) => name === 'convolution-gradients')!;
  const records = tasks.flatMap((task) => mistakeRecords(task));
  expect(records.length).toBeGreaterThan(40);
  expect(records.filter(({ says }) => !['loses points and is named', 'not asked: it is exempt'].includes(says))).toEqual([]);
});

it('asks for more than 240 known mistakes', () => {
  const count = assignments
    .flatMap(({ tasks }) => tasks)
    .reduce((sum, { operation }) => sum + operation.knownMistakes.length, 0);
  expect(count).toBeGreaterThan(240);
});

describe("a teacher's mistake is named with file and line", () => {
  const good = readFileSync(join(assignmentFolder('convolution-gradients')!, 'assignment.yaml'), 'utf8');
  const parse = (text: string) => parseAssignment(text, 'a.yaml', '/nowhere/a');
  it.each([
    ['title: x\ntasks: [\n', 'a.yaml:3: Flow sequence'],
    [
      good.replace('conv2d.biasGradient', 'conv2d.biasGradiant'),
      'a.yaml:4: tasks.0.operation: no operation is called conv2d.biasGradiant; etalon operations lists them',
    ],
    [good.replace('points: 2', 'points: -2'), 'a.yaml:9: tasks.0.checks.0.points: '],
    [good.replace('points: 2', 'points: 0.333'), 'a.yaml:9: tasks.0.checks.0.points: at most two decimals are allowed'],
    [
      good.replace('[plain, batch-1]', '[plain, batch-2]'),
      'a.yaml:10: tasks.0.checks.0.visible.1: conv2d.biasGradient has no case batch-2; it has plain, ',
    ],
    [
      good.replace('[plain, batch-1-channels-1]', '[plain, dilation-rows]'),
      'the case dilation-rows asks for what is exempt: dilation',
    ],
    [
      good.replace(', padding, kernelSize]', ', kernelSize]'),
      'the attribute padding of conv2d.weightGradient is missing: the cases need ',
    ],
    [
      good.replace('arguments: [dy]', 'arguments: [dz]'),
      'a.yaml:6: tasks.0.arguments.0: dz is no input or attribute of conv2d.biasGradient; it has dy',
    ],
    [good.replace('overwritten:', 'overwriten:'), 'conv2d.biasGradient has no known mistake overwriten; it has '],
    [good.replace('function: conv2dWeightGradient', 'function: conv2dBiasGradient'), 'conv2dBiasGradient is asked twice'],
    [`${good}colour: red\n`, 'Unrecognized key: "colour"'],
    ['title: x\ntasks: []\n', 'a.yaml:2: tasks: '],
  ])('%#', (text, expected) => {
    expect(text).not.toBe(good);
    expect(() => parse(text)).toThrow(expected);
  });
});

it('makes a new assignment that can be read', () => {
  const names = ['conv2d', 'mlp.backward', 'leastSquares', 'relu', 'perceptron.train'] as const;
  const files = newAssignment(
    'A title: with a colon',
    names.map((name) => operationNamed(name)!),
  );
  const assignment = parseAssignment(files['assignment.yaml'], 'new/assignment.yaml', 'new');
  expect(assignment.title).toBe('A title: with a colon');
  expect(assignment.tasks.map(({ operation }) => operation.name)).toEqual(names);
  expect(files['starter.py']).toContain('def perceptron_train(x, labels, passes):');
  expect(files['starter.mjs']).toContain('export function mlpBackward(x, target, weights, bias, { activations })');
});
