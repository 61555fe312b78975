import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const etalon = join(root, 'dist/cli/main.js');
const solution = readFileSync(join(root, 'suites/grading/solutions/activations/solution.mjs'), 'utf8');
const wrong = solution.replace('1 / Math.cosh(x) ** 2', '1 - 2 * Math.tanh(x) ** 2');
const folder = mkdtempSync(join(tmpdir(), 'etalon-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [etalon, ...argv], { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
}

describe('a class', () => {
  const handedIn = join(folder, 'class');
  const files = () => readdirSync(handedIn).map((name) => join('class', name));
  beforeAll(() => {
    mkdirSync(handedIn);
    for (let i = 0; i < 8; i++) writeFileSync(join(handedIn, `s${i}.mjs`), i % 2 === 0 ? solution : wrong);
    writeFileSync(join(handedIn, 'loop.py'), 'while True: pass\n');
  });

  it('gives the same overview twice, times aside, and grades nothing twice', () => {
    const argv = ['--assignment', 'activations', '--output'];
    expect(run('grade', ...files(), ...argv, 'first').status).toBe(0);
    expect(run('grade', ...files(), ...argv, 'second').status).toBe(0);
    for (const file of ['grades.csv', 'index.html']) {
      expect(readFileSync(join(folder, 'first', file), 'utf8')).toBe(readFileSync(join(folder, 'second', file), 'utf8'));
    }
    const csv = readFileSync(join(folder, 'first/grades.csv'), 'utf8');
    expect(csv).toContain('s1,s1.mjs,1,10.5,12,');
    expect(csv).toContain('loop,loop.py,1,0,12,');
    const results = readdirSync(join(folder, 'first/results')).map((name) => join(folder, 'first/results', name));
    const before = results.map((path) => statSync(path).mtimeMs);
    // A third student hands in again: only that one is graded again.
    writeFileSync(join(handedIn, 's1.mjs'), solution);
    expect(run('grade', ...files(), ...argv, 'first').stderr).toContain('8 kept from before');
    const changed = results.filter((path, i) => statSync(path).mtimeMs !== before[i]);
    expect(changed.map((path) => path.split('/').at(-1))).toEqual(['s1.json']);
    writeFileSync(join(handedIn, 's1.mjs'), wrong);
  });

  it('is the same in parts as whole', () => {
    for (const part of ['1/2', '2/2']) {
      expect(run('grade', ...files(), '--assignment', 'activations', '--output', 'parts', '--shard', part).status).toBe(0);
    }
    expect(run('grade', ...files(), '--assignment', 'activations', '--output', 'parts').stderr).toContain('9 kept from before');
    expect(readFileSync(join(folder, 'parts/grades.csv'), 'utf8')).toBe(
      readFileSync(join(folder, 'second/grades.csv'), 'utf8'),
    );
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('keeps what was graded when %s ends it, and nothing half', async (signal) => {
    const output = `after-${signal}`;
    const argv = [etalon, 'grade', ...files(), '--assignment', 'activations', '--output', output, '--jobs', '1'];
    const temporary = join(folder, `temporary-${signal}`);
    mkdirSync(temporary);
    const child = spawn(process.execPath, argv, { cwd: folder, stdio: 'ignore', env: { ...process.env, TMPDIR: temporary } });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const results = join(folder, output, 'results');
    const done = () =>
      statSync(results, { throwIfNoEntry: false }) ? readdirSync(results).filter((name) => name.endsWith('.json')) : [];
    while (done().length < 2) await wait(20);
    child.kill(signal);
    const code = await ended;
    if (signal === 'SIGINT') expect(code).toBe(130);
    // Whoever ends it, copies of submissions do not stay.
    for (let i = 0; i < 200 && readdirSync(temporary).length > 0; i++) await wait(50);
    expect(readdirSync(temporary)).toEqual([]);
    expect(done().length).toBeLessThan(9);
    for (const name of done()) expect(JSON.parse(readFileSync(join(results, name), 'utf8')).maximum).toBe(12);
    expect(run(...argv.slice(1)).stderr).toMatch(/[2-8] kept from before/);
    expect(readFileSync(join(folder, output, 'grades.csv'), 'utf8')).toBe(
      readFileSync(join(folder, 'second/grades.csv'), 'utf8'),
    );
    expect(readdirSync(results).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

it('grades 200 submissions, ten of them with loops without an end, within ten minutes on two cores', () => {
  const large = join(folder, 'large');
  mkdirSync(large);
  const solutions = join(root, 'suites/grading/solutions/convolution-gradients');
  const [javascript, python] = ['solution.mjs', 'solution.py'].map((name) => readFileSync(join(solutions, name), 'utf8'));
  const starter = readFileSync(join(root, 'suites/grading/assignments/convolution-gradients/starter.py'), 'utf8');
  const flipped = javascript.replace('export function conv2dWeightGradient', 'function unused').concat('\n');
  const kinds = [
    ['mjs', javascript],
    ['py', python],
    ['mjs', flipped],
    ['py', starter],
  ] as const;
  for (let i = 0; i < 200; i++) {
    const [ending, text] = kinds[i % kinds.length];
    const loop = ending === 'py' ? 'def conv2d_bias_gradient(dy):\n    while True: pass\n' : 'for (;;);\n';
    // Every file is another, as if each student had written it.
    const comment = `${ending === 'py' ? '#' : '//'} ${i}\n`;
    writeFileSync(
      join(large, `s${String(i).padStart(3, '0')}.${ending}`),
      i % 20 === 9 ? `${loop}${comment}` : `${text}${comment}`,
    );
  }
  const started = performance.now();
  const files = readdirSync(large).map((name) => join('large', name));
  const { status, stdout } = run(
    'grade',
    ...files,
    '--assignment',
    'convolution-gradients',
    '--output',
    'grades',
    '--jobs',
    '2',
  );
  expect(status).toBe(0);
  expect(stdout).toContain('200 submissions graded');
  expect((performance.now() - started) / 1000).toBeLessThan(600);
  const lines = readFileSync(join(folder, 'grades/grades.csv'), 'utf8').trim().split('\r\n').slice(1);
  expect(lines).toHaveLength(200);
  expect(lines.filter((line) => /timed out|had not finished loading/.test(line))).toHaveLength(10);
  expect(lines.filter((line) => line.includes(',10,10,'))).toHaveLength(
    lines.filter((_, i) => i % 4 < 2 && i % 20 !== 9).length,
  );
}, 600_000);
