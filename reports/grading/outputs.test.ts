import { expect, it } from 'vitest';
import { z } from 'zod';
import type { GradeReport } from '../../suites/grading/gradeReport.ts';
import { classCsv, classSummary } from './classSummary.ts';
import { classHtml } from './html.ts';
import { gradeOutputs } from './index.ts';
import { cut, markdownText } from './tests.ts';

/** Written from the systems' own documents: what each of them reads, and nothing beside it. */
const gradescopeSchema = z.strictObject({
  score: z.number(),
  execution_time: z.number(),
  output: z.string(),
  output_format: z.enum(['text', 'html', 'simple_format', 'md', 'ansi']),
  visibility: z.enum(['hidden', 'after_due_date', 'after_published', 'visible']),
  stdout_visibility: z.enum(['hidden', 'after_due_date', 'after_published', 'visible']),
  tests: z.array(
    z.strictObject({
      score: z.number(),
      max_score: z.number(),
      status: z.enum(['passed', 'failed']),
      name: z.string(),
      number: z.string(),
      output: z.string(),
      output_format: z.literal('md'),
      tags: z.array(z.string()),
      visibility: z.literal('visible'),
    }),
  ),
});
const prairielearnSchema = z.union([
  z.strictObject({ gradable: z.literal(false), format_errors: z.array(z.string()).min(1) }),
  z.strictObject({
    gradable: z.literal(true),
    score: z.number().min(0).max(1),
    message: z.string(),
    output: z.string(),
    tests: z.array(
      z.strictObject({
        name: z.string(),
        points: z.number(),
        max_points: z.number(),
        message: z.string(),
        output: z.string(),
        images: z.array(z.never()),
      }),
    ),
  }),
]);
const classroomSchema = z.strictObject({
  version: z.literal(1),
  status: z.enum(['pass', 'fail', 'error']),
  max_score: z.number(),
  tests: z.array(
    z.strictObject({
      name: z.string(),
      status: z.enum(['pass', 'fail', 'error']),
      message: z.string(),
      test_code: z.string(),
      filename: z.string(),
      line_no: z.int(),
      execution_time: z.string(),
      score: z.number(),
    }),
  ),
});

/** A report with points that floating-point addition would not add exactly, and text that would break each format. */
function sample(points: readonly (readonly number[])[], student = 'ada'): GradeReport {
  const tasks = points.map((given, t) => ({
    function: `f${t}`,
    operation: `operation${t}`,
    title: `Task ${t}`,
    points: Math.round(given.reduce((sum, value) => sum + value, 0) * 100) / 100,
    maximum: given.length,
    checks: given.map((value, c) => ({
      property: `property ${c}`,
      points: value,
      maximum: 1,
      passed: value === 1,
      cases: [{ name: `case-${c}/random`, hidden: false, status: value === 1 ? ('passed' as const) : ('failed' as const) }],
    })),
    findings: given.some((value) => value < 1)
      ? [
          {
            function: `f${t}`,
            kind: 'error' as const,
            headline: `\`f${t}\` says </script><b>&"'. Its | message * breaks [things](x).`,
            details: ['The smallest question that fails:\n    x = [[1]]\n    ``` is no fence here'],
            mistakes: [],
            cases: given.flatMap((value, c) => (value < 1 ? [`case-${c}`] : [])),
          },
        ]
      : [],
  }));
  return {
    schemaVersion: 1,
    etalonVersion: 'test',
    assignment: { name: 'sample', title: 'A sample', sha256: '0' },
    student,
    attempt: 1,
    submission: { file: 'ada.py', language: 'python', sha256: '0' },
    isolation: { level: 'limits', title: 'limits only: for trusted code', holds: [], doesNotHold: [] },
    hiddenCases: 'practice',
    hints: 'mistake',
    points: Math.round(tasks.reduce((sum, task) => sum + task.points, 0) * 100) / 100,
    maximum: tasks.reduce((sum, task) => sum + task.maximum, 0),
    tasks,
    seconds: 1.25,
  };
}

const decoded = (line: string) => JSON.parse(Buffer.from(line.replace('result=', ''), 'base64').toString('utf8'));

it.each([
  ['full points', [[1, 1], [1]]],
  ['none', [[0, 0], [0]]],
  ['fractions', [[0.1, 0.2, 0.1], [0.7], [1, 0.33]]],
])('shows the same total in every output: %s', async (_, points) => {
  const report = sample(points);
  const total = report.points;
  const cents = (values: number[]) => values.reduce((sum, value) => sum + Math.round(value * 100), 0) / 100;

  const gradescope = gradescopeSchema.parse(JSON.parse(await gradeOutputs.gradescope(report)));
  expect(gradescope.score).toBe(total);
  expect(cents(gradescope.tests.map(({ score }) => score))).toBe(total);
  expect(cents(gradescope.tests.map((test) => test.max_score))).toBe(report.maximum);

  const prairielearn = prairielearnSchema.parse(JSON.parse(await gradeOutputs.prairielearn(report)));
  if (!prairielearn.gradable) throw new Error('gradable');
  expect(cents(prairielearn.tests.map((test) => test.points))).toBe(total);
  expect(Math.round(prairielearn.score * report.maximum * 100) / 100).toBe(total);

  const classroom = classroomSchema.parse(decoded(await gradeOutputs['github-classroom'](report)));
  expect(cents(classroom.tests.map(({ score }) => score))).toBe(total);
  expect(classroom.max_score).toBe(report.maximum);
  expect(classroom.status).toBe(total === report.maximum ? 'pass' : 'fail');

  for (const format of ['terminal', 'markdown', 'html'] as const) {
    expect(await gradeOutputs[format](report)).toContain(`${total} of ${report.maximum} points`);
  }
  expect(JSON.parse(gradeOutputs.json(report)).points).toBe(total);
  expect(classCsv([report]).split('\r\n')[1]).toContain(`,${total},${report.maximum},`);
});

it('says once in every output what one cause is', async () => {
  const report = sample([[0, 0, 0]]);
  const gradescope = gradescopeSchema.parse(JSON.parse(await gradeOutputs.gradescope(report)));
  expect(gradescope.tests.filter(({ output }) => output.includes('smallest question')).length).toBe(1);
  for (const format of ['terminal', 'markdown', 'html'] as const) {
    expect((await gradeOutputs[format](report)).split('smallest question').length).toBe(2);
  }
});

it('lets no text of a submission become markup', async () => {
  const report = sample([[0]]);
  const page = await gradeOutputs.html(report);
  expect(page).not.toContain('</script><b>');
  expect(page).toContain('&lt;/script&gt;&lt;b&gt;');
  const text = await gradeOutputs.markdown(report);
  expect(text).not.toContain(' </script><b>');
  expect(text.match(/```/g)).toHaveLength(2);
  expect(markdownText('`code *is* kept` but *this* is not')).toBe('`code *is* kept` but \\*this\\* is not');
});

it('tells of a file that cannot run what is wrong with it', async () => {
  const report = { ...sample([[0], [0]]), problem: 'ada.py is empty.' };
  const prairielearn = prairielearnSchema.parse(JSON.parse(await gradeOutputs.prairielearn(report)));
  expect(prairielearn).toEqual({ gradable: false, format_errors: ['ada.py is empty.'] });
  expect(classroomSchema.parse(decoded(await gradeOutputs['github-classroom'](report))).status).toBe('error');
  for (const format of ['terminal', 'markdown', 'html', 'gradescope'] as const)
    expect(await gradeOutputs[format](report)).toContain('ada.py is empty.');
});

it('stays within a mebibyte for PrairieLearn', async () => {
  const report = sample(Array.from({ length: 200 }, () => [0]));
  const long = report.tasks.map((task) => ({
    ...task,
    findings: task.findings.map((one) => ({ ...one, details: ['ü'.repeat(50_000)] })),
  }));
  const text = await gradeOutputs.prairielearn({ ...report, tasks: long });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2 ** 20);
  prairielearnSchema.parse(JSON.parse(text));
  expect(cut('üüüü', 13)).toBe('üüüü');
  expect(Buffer.byteLength(cut('ü'.repeat(100), 50))).toBeLessThanOrEqual(50);
});

it('counts the mistakes that a class makes most, and hands no formula to a spreadsheet', () => {
  const wrong = (student: string, name: string) => {
    const report = sample([[0]], student);
    const [task] = report.tasks;
    const finding = {
      ...task.findings[0],
      kind: 'mistake' as const,
      headline: `\`f0\` (line 3) computes ${name}. Mend it.`,
      mistakes: [name],
    };
    return { ...report, tasks: [{ ...task, findings: [finding] }] };
  };
  const reports = [wrong('ada', 'a mean'), wrong('bob', 'a sum'), wrong('cyd', 'a mean'), sample([[1]], '=cmd|x!A0')];
  expect(classSummary(reports).mistakes).toEqual([
    { function: 'operation0', says: 'computes a mean', students: 2, percent: 50 },
    { function: 'operation0', says: 'computes a sum', students: 1, percent: 25 },
  ]);
  expect(classCsv(reports)).toContain("\r\n'=cmd|x!A0,");
  expect(classHtml(reports)).toContain('4 submissions, mean 0.25 of 1 points, 1 with full points');
});
