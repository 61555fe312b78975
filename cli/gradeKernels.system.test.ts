import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const etalon = join(root, 'dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'etalon-test-'));
const env = { ...process.env, ETALON_CACHE: join(folder, 'cache') };
afterAll(() => rmSync(folder, { recursive: true }));

function run(argv: readonly string[], input?: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [etalon, ...argv], {
    encoding: 'utf8',
    cwd: folder,
    env,
    input,
  });
  return { status, stdout, stderr };
}
const kernel = (name: string, body: string) => {
  writeFileSync(join(folder, name), `import numpy\ndef forward(a, b):\n    ${body}\n`);
  return run(['grade', name, '--against', 'numpy', '--operation', 'matmul', '--format', 'json']);
};

/** NumPy comes from the registry; where there is none, nothing can be tried. */
const isSetUp = run(['setup', 'python']).status === 0;

/** Cheats are in suites/grading/hostile/kernels.yaml: etalon selftest --only hostile --attacks kernel. */
describe.skipIf(!isSetUp)('a kernel on numpy arrays', () => {
  it('is right, and timed against the library', () => {
    const { status, stdout } = kernel('good.py', 'return (a[:, :, None] * b[None, :, :]).sum(axis=1)');
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ right: true, verdict: 'right and slow', findings: [] });
    expect(report.cases.passed).toBe(report.cases.of);
    expect(report.speed.libraryMs).toBeGreaterThan(0);
    expect(status).toBe(0);
  });

  it('is fast and wrong when it computes nothing', () => {
    const { status, stdout } = kernel('zeros.py', 'return numpy.zeros((a.shape[0], b.shape[1]), numpy.float32)');
    expect(JSON.parse(stdout)).toMatchObject({ right: false, verdict: 'fast and wrong', speed: { right: false } });
    expect(status).toBe(1);
  });
});

describe.skipIf(!isSetUp)('kernels as JSON lines', () => {
  it('are answered one by one, what is wrong with a line too', () => {
    const lines = [
      'nonsense',
      '{"id":"1","operation":"softmax"}',
      '{"id":"2","operation":"softmux","code":"x"}',
      '{"id":"3","operation":"relu","code":"def forward(x:"}',
    ];
    const { status, stdout } = run(['grade', '--against', 'numpy', '--json-lines'], `${lines.join('\n')}\n`);
    const answers = stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(answers[0]).toEqual({ id: null, error: expect.stringContaining('not JSON') });
    expect(answers[1]).toMatchObject({ id: '1', error: expect.stringContaining('code') });
    expect(answers[2].error).toContain('did you mean softmax');
    expect(answers[3]).toMatchObject({ id: '3', verdict: 'wrong', problem: expect.stringContaining('line 1') });
    expect(status).toBe(0);
  });

  it('tell a generator what is wrong, until it is right', () => {
    const example = join(root, 'suites/grading/kernels/example.py');
    const { stdout, status } = spawnSync(
      'python3',
      [example, process.execPath, etalon, 'grade', '--against', 'numpy', '--json-lines'],
      { encoding: 'utf8', env },
    );
    expect(stdout).toContain('attempt 0: ');
    expect(stdout).toContain('computes softmax over the first axis');
    expect(stdout).toMatch(/attempt 1: right/);
    expect(status).toBe(0);
  });
});

describe('wrong usage', () => {
  beforeAll(() => writeFileSync(join(folder, 'k.py'), 'def forward(x): return x\n'));
  it.each([
    [['grade', 'k.py', '--against', 'torch', '--operation', 'relu'], 'run: etalon setup torch'],
    [['grade', 'k.py', '--against', 'numpy'], '--operation says what the kernel computes'],
    [['grade', 'k.py', '--against', 'numpy', '--operation', 'rely'], 'did you mean relu'],
    [['grade', 'k.py', '--operation', 'relu'], '--against names their library'],
  ])('%j', (argv, message) => {
    const { status, stderr } = run(argv);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
