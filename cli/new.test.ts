/** Every starting point runs as it is written, and is not written over. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../suites/runReport.ts';
import { etalon } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-new-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runs(program: string, ...words: string[]): boolean {
  return spawnSync(program, words).status === 0;
}

const languages = [
  {
    language: 'python',
    missing: runs('python3', '--version') ? '' : 'python3',
    options: (directory: string) => ['--worker', `python3 '${directory}/mine.py'`],
  },
  {
    language: 'javascript',
    missing: '',
    options(directory: string) {
      // What npm init writes.
      writeFileSync(join(directory, 'package.json'), '{ "type": "commonjs" }');
      return ['--adapter', join(directory, 'mine.mjs')];
    },
  },
  {
    language: 'cpp',
    missing: runs('g++', '--version') ? '' : 'g++',
    options(directory: string) {
      execFileSync('g++', ['-std=c++17', '-O1', '-Wall', '-Wextra', '-Werror', '-o', 'mine', 'mine.cpp'], { cwd: directory });
      return ['--worker', `'${directory}/mine'`];
    },
  },
];

describe.each(languages)('etalon new backend --language $language', ({ language, missing, options }) => {
  // A space in the path, because people have them.
  const directory = join(folder, `my ${language}`);
  const withoutIt = missing ? ` (SKIPPED: this machine has no ${missing})` : '';

  it.skipIf(missing)(`writes a backend that passes, and times${withoutIt}`, () => {
    expect(etalon('new', 'backend', '--language', language, '--directory', directory).stdout).toContain('etalon check --');
    const mine = options(directory);
    const { status, stdout, stderr } = etalon('check', ...mine, '--operation', 'relu,matmul,tanh', '--json');
    expect(stderr).not.toContain('Error');
    const { backends, outcomes }: RunReport = JSON.parse(stdout);
    expect(backends).toMatchObject([{ name: 'mine', status: 'ran' }]);
    const statuses = (operation: string) => new Set(outcomes.filter((o) => o.operation === operation).map((o) => o.status));
    expect(statuses('relu')).toEqual(new Set(['passed']));
    expect(statuses('matmul')).toEqual(new Set(['passed']));
    expect(statuses('tanh')).toEqual(new Set(['unsupported']));
    expect(status).toBe(0);
    const bench = etalon('bench', ...mine, '--operation', 'relu', '--size', '1e3', '--iterations', '3', '--json');
    const { timings }: RunReport = JSON.parse(bench.stdout);
    expect(timings.map(({ operation, size, status }) => `${operation} ${size} ${status}`)).toEqual(['relu 1e3 valid']);
  });

  it.skipIf(missing)('leaves a file alone that is there', () => {
    const file = join(directory, { python: 'mine.py', javascript: 'mine.mjs', cpp: 'mine.cpp' }[language]!);
    writeFileSync(file, 'my own work');
    const { status, stderr } = etalon('new', 'backend', '--language', language, '--directory', directory);
    expect(stderr).toContain('exists already; --directory names another folder');
    expect(status).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('my own work');
  });
});

it('tells two programs apart that call themselves the same', () => {
  const first = join(folder, 'first');
  const second = join(folder, 'second');
  for (const directory of [first, second]) etalon('new', 'backend', '--language', 'javascript', '--directory', directory);
  const file = join(second, 'mine.mjs');
  writeFileSync(file, readFileSync(file, 'utf8').replace('value < 0 ? 0', 'value < 1 ? 0'));
  const adapters = ['--adapter', join(first, 'mine.mjs'), '--adapter', file];
  const { status, stdout } = etalon('check', ...adapters, '--operation', 'relu', '--json');
  const { outcomes }: RunReport = JSON.parse(stdout);
  expect(status).toBe(1);
  const failed = outcomes.filter((outcome) => outcome.status === 'failed').map(({ backend }) => backend);
  expect(new Set(failed)).toEqual(new Set(['mine-2']));
});

describe('etalon new operation', () => {
  it('writes a module of operations outside a clone, and nothing over it', () => {
    const directory = join(folder, 'operations');
    expect(etalon('new', 'operation', '--directory', directory).stdout).toContain('etalon check --operations');
    expect(readFileSync(join(directory, 'operations.mjs'), 'utf8')).toContain('defineOperation');
    expect(etalon('new', 'operation', '--directory', directory)).toMatchObject({ status: 2 });
  });

  it('writes reference and entry in a clone, and asks for a name', () => {
    const directory = join(folder, 'clone');
    mkdirSync(join(directory, 'suites/operations'), { recursive: true });
    writeFileSync(join(directory, 'suites/operations/index.ts'), '');
    const { status, stdout } = etalon('new', 'operation', 'leakyRelu', '--directory', directory);
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('...leakyReluOperations,') });
    const entry = readFileSync(join(directory, 'suites/operations/leakyRelu/entries.ts'), 'utf8');
    expect(entry).toContain("title: 'Leaky relu'");
    expect(entry).not.toMatch(/NAME|TITLE/);
    expect(readFileSync(join(directory, 'reference/leakyRelu.ts'), 'utf8')).toContain('export function leakyRelu(x: Tensor)');
    expect(etalon('new', 'operation', 'leaky-relu', '--directory', directory)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('a name like leakyRelu is needed'),
    });
  });
});
