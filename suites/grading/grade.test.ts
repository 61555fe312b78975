import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAssignment } from './assignment.ts';
import { gradeFile } from './gradeFile.ts';
import type { GradeReport } from './gradeReport.ts';
import { assignmentFolder } from './shipped.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const assignment = readAssignment(assignmentFolder('convolution-gradients')!);

async function graded(name: string, text: string | Buffer): Promise<GradeReport> {
  const path = join(folder, name);
  writeFileSync(path, text);
  return gradeFile(path, assignment, { student: 'ada', attempt: 1, etalonVersion: 'test' });
}

/** What the report says of one function, or of the whole file. */
function said(report: GradeReport, name?: string): string {
  if (report.problem) return report.problem;
  return report.tasks
    .flatMap(({ findings }) => findings)
    .filter((finding) => name === undefined || finding.function === name)
    .map(({ headline }) => headline)
    .join('\n');
}

const bias = (body: string) => `export function conv2dBiasGradient(dy) {\n${body}\n}\n`;
const pythonBias = (body: string) => `def conv2d_bias_gradient(dy):\n    ${body}\n`;

describe('files that cannot run', () => {
  it.each([
    ['empty.mjs', '', 'empty.mjs is empty.'],
    ['binary.py', Buffer.from([0x7f, 0x45, 0, 0]), 'binary.py is a binary file, not text.'],
    [
      'latin1.py',
      Buffer.from('# a\n# gr\xfc\xdfe\n', 'latin1'),
      'latin1.py, line 2: there is a character that is not UTF-8; save the file as UTF-8.',
    ],
    ['large.mjs', ' '.repeat(300 * 1024), 'large.mjs has 300 KiB; at most 256 KiB are allowed.'],
    ['notes.txt', 'x', 'notes.txt is not in a language that is graded: its name has to end in .mjs, .js, .ts, .mts, .py.'],
    [
      'broken.mjs',
      'export function f() {\n  return [1, 2;\n}\n',
      'broken.mjs, line 2: the file cannot be read as JavaScript: Unexpected token, at "return [1, 2;".',
    ],
    ['broken.ts', 'const a: number = 1;\nexport function f(x: number {}\n', 'broken.ts, line 2'],
    [
      'broken.py',
      'def f(x):\n    return [1, 2\n\n\ndef g():\n    pass\n',
      "broken.py, line 2: the file cannot be loaded: SyntaxError: '[' was never closed.",
    ],
    [
      'throws.mjs',
      'const a = 1;\nfoo();\n',
      'throws.mjs, line 2: the file cannot be loaded: ReferenceError: foo is not defined.',
    ],
    ['exits.py', 'import os\nos._exit(0)\n', 'exits.py ended its own program while it was being loaded.'],
  ])('%s', async (name, text, expected) => {
    const report = await graded(name, text);
    expect(report.problem).toContain(expected);
    expect(report.points).toBe(0);
    expect(report.tasks.map(({ maximum }) => maximum)).toEqual([2, 4, 4]);
  });

  it('a link to another file', async () => {
    symlinkSync('/etc/passwd', join(folder, 'link.py'));
    const report = await gradeFile(join(folder, 'link.py'), assignment, { student: 'ada', attempt: 1, etalonVersion: 'test' });
    expect(report.problem).toBe('link.py is a link to another file; hand in the file itself.');
  });
});

describe('functions that give no answer', () => {
  it.each([
    [
      'misspelt.mjs',
      'export function conv2dBiasGradients(dy) { return []; }',
      'The file has no function `conv2dBiasGradient`. It has `conv2dBiasGradients` in line 1: is it that one, under another name?',
    ],
    ['private.mjs', 'function conv2dBiasGradient(dy) { return []; }', 'exports nothing: put `export` before `function`.'],
    [
      'undefined.mjs',
      bias(''),
      '`conv2dBiasGradient` (line 1) does not give numbers that can be judged: it returned undefined (is a return missing?); numbers are needed.',
    ],
    ['string.mjs', bias('return dy[0].map(() => "1");'), 'the result[0] is a string; a number is needed.'],
    ['ragged.mjs', bias('return [[1, 2], [3]];'), 'the result[1] has 1 entries, its neighbours have 2.'],
    ['mixed.mjs', bias('return [1, [2]];'), 'the result[1] is an array where its neighbours are numbers.'],
    ['sparse.mjs', bias('const a = []; a[2] = 1; return a;'), 'the result[0] is undefined'],
    [
      'error.mjs',
      bias('  return dy[99].length;'),
      "`conv2dBiasGradient` (line 1) stops with an error in 8 cases, in line 2: TypeError: Cannot read properties of undefined (reading 'length'). In the first of them it is called with dy [2, 3, 4, 5].",
    ],
    [
      'short.mjs',
      bias('return [1, 2];'),
      'returns an array of shape [2] where an array of shape [3] is due. One output channels position is missing',
    ],
    ['none.py', pythonBias('pass'), 'it returned None (is a return missing?); numbers are needed.'],
    [
      'arity.py',
      'def conv2d_bias_gradient(dy, x):\n    return 0\n',
      'line 1: conv2d_bias_gradient takes 2 arguments (dy, x); it is called with 1 argument (dy).',
    ],
    ['complex.py', pythonBias('return [1j]'), 'the result[0] is a complex number; a number is needed.'],
    [
      'exit.py',
      pythonBias('raise SystemExit'),
      'stops with an error in 8 cases, in line 2: it called sys.exit, which ends the program.',
    ],
    [
      'kill.py',
      pythonBias('import os; os._exit(1)'),
      'The program ended while `conv2d_bias_gradient` (line 1) was running, before it returned anything.',
    ],
  ])('%s', async (name, text, expected) => {
    const report = await graded(name, text);
    const own = name.endsWith('.py') ? 'conv2d_bias_gradient' : 'conv2dBiasGradient';
    expect(said(report, own)).toContain(expected);
    expect(report.points).toBe(0);
  });

  it('ends a loop without an end, and asks that function nothing more', async () => {
    const path = join(folder, 'loop.mjs');
    writeFileSync(path, `${bias('for (;;);')}export function conv2dInputGradient() { throw new Error('not written yet'); }\n`);
    const quick = { ...assignment, limits: { ...assignment.limits, secondsPerCall: 0.5 } };
    const report = await gradeFile(path, quick, { student: 'ada', attempt: 1, etalonVersion: 'test' });
    expect(said(report, 'conv2dBiasGradient')).toBe(
      '`conv2dBiasGradient` (line 1) had not answered after 0.5 s and was ended. Look for a loop whose condition never becomes false; its other cases were not asked.',
    );
    expect(said(report, 'conv2dInputGradient')).toContain('is not written yet');
    expect(report.seconds).toBeLessThan(10);
  });
});

it('takes points from a function that answers by what it was asked before', async () => {
  const report = await graded(
    'state.mjs',
    bias(
      'globalThis.calls = (globalThis.calls ?? 0) + 1;\nreturn dy[0].map((_, o) => dy.reduce((sum, image) => sum + image[o].flat().reduce((a, b) => a + b, 0), globalThis.calls > 8 ? 1 : 0));',
    ),
  );
  expect(said(report, 'conv2dBiasGradient')).toContain('answers the same question differently the second time');
  expect(report.points).toBe(0);
});

it('draws hidden cases from the secret, the student and the attempt, and nothing else', async () => {
  const { hiddenSeed } = await import('./attempt.ts');
  const seed = hiddenSeed({ student: 'ada', attempt: 1, secret: 's' }, 'a', 'c');
  expect(hiddenSeed({ student: 'ada', attempt: 1, secret: 's' }, 'a', 'c')).toBe(seed);
  const others = [
    hiddenSeed({ student: 'bob', attempt: 1, secret: 's' }, 'a', 'c'),
    hiddenSeed({ student: 'ada', attempt: 2, secret: 's' }, 'a', 'c'),
    hiddenSeed({ student: 'ada', attempt: 1, secret: 't' }, 'a', 'c'),
    hiddenSeed({ student: 'ada', attempt: 1, secret: 's' }, 'b', 'c'),
    hiddenSeed({ student: 'ada', attempt: 1, secret: 's' }, 'a', 'd'),
    hiddenSeed({ student: 'ada', attempt: 1 }, 'a', 'c'),
  ];
  expect(new Set([seed, ...others]).size).toBe(7);
});

it.each([
  [0o100644, 'otherUser', true],
  [0o100600, 'otherUser', false],
  [0o100640, 'otherUser', false],
  [0o100644, 'bubblewrap', false],
] as const)('a secret of mode %o at %s is open to submissions: %s', async (mode, level, isOpen) => {
  const { whySecretIsOpen } = await import('./attempt.ts');
  expect(whySecretIsOpen(mode, level) !== undefined).toBe(isOpen);
});

it.each([
  ['throws', 'throw new Error("leak " + dy)', 'stops with an error in'],
  ['returns no numbers', 'return [`leak`, dy]', 'does not give numbers that can be judged in'],
  ['returns another shape', 'return new Array(77).fill(0)', 'returns an array of a wrong shape in'],
])(
  'says of a function that %s in hidden cases alone which property fails, and nothing in its words',
  async (name, body, says) => {
    const sum = 'return dy[0].map((_, o) => dy.reduce((all, image) => image[o].flat().reduce((a, b) => a + b, all), 0));';
    const report = await graded(`${name.replaceAll(' ', '-')}.mjs`, bias(`if (dy[0].length === 1) ${body};\n${sum}`));
    const headline = said(report, 'conv2dBiasGradient');
    expect(headline).toContain(`${says} 2 hidden cases, and in no visible one. It fails: one number for each output channel`);
    const [task] = report.tasks;
    expect(JSON.stringify(task.findings)).not.toMatch(/leak|77|string/);
  },
);
