import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

beforeAll(() => {
  writeFileSync(join(folder, 'ada.mjs'), solution);
  writeFileSync(join(folder, 'bob.mjs'), wrong);
});

describe('one submission', () => {
  it('gets its points and hears its mistake', () => {
    expect(run('grade', 'ada.mjs', '--assignment', 'activations')).toMatchObject({ status: 0, stderr: '' });
    const { status, stdout } = run('grade', 'bob.mjs', '--assignment', 'activations');
    expect(status).toBe(1);
    expect(stdout).toContain('10.5 of 12 points');
    expect(stdout.replace(/\s+/g, ' ')).toContain('`tanhDerivative` (line 7) computes 1 − 2·tanh²(x). The slide prints');
  });

  it('is told as little as the teacher wants', () => {
    const property = run('grade', 'bob.mjs', '--assignment', 'activations', '--hints', 'property').stdout;
    expect(property).toContain('`tanhDerivative` (line 7) returns wrong numbers');
    expect(property).not.toMatch(/tanh²|should be|smallest/);
    const place = run('grade', 'bob.mjs', '--assignment', 'activations', '--hints', 'place').stdout;
    expect(place).toMatch(/should be/);
    expect(place).not.toMatch(/tanh²|R1/);
  });

  it.each([
    [['grade', 'nobody.py', '--assignment', 'activations'], 'nobody.py: there is no such file'],
    [['grade', 'ada.mjs', '--assignment', 'activation'], 'no assignment of this name is shipped (perceptron, activations,'],
    [['grade', 'ada.mjs'], "required option '--assignment <name>' not specified"],
    [['grade', 'ada.mjs', 'bob.mjs', '--assignment', 'activations'], 'the results of a class need a folder'],
    [['grade', 'ada.mjs', '--assignment', 'activations', '--secret', 'ada'], '--secret ada: ENOENT'],
    [['grade', 'ada.mjs', '--assignment', 'activations', '--shard', '3/2'], 'A part and how many there are'],
    [['grade', 'ada.mjs', '--assignment', 'activations', '--isolation', 'total'], 'Allowed choices are bubblewrap'],
    [['assignment', 'new', '.', '--operation', 'relu'], '. exists already'],
    [['assignment', 'check', 'nothing'], 'no assignment of this name'],
  ])('%j is wrong usage', (argv, message) => {
    const { status, stderr } = run(...argv);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it("names file and line of what is wrong in a teacher's file", () => {
    expect(run('assignment', 'new', 'exercise', '--operation', 'relu').status).toBe(0);
    const file = join(folder, 'exercise/assignment.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('operation: relu', 'operation: relo'));
    const { status, stderr } = run('grade', 'ada.mjs', '--assignment', 'exercise');
    expect(stderr).toMatch(/exercise\/assignment\.yaml:8: tasks\.0\.operation: no operation is called relo/);
    expect(status).toBe(2);
  });
});

it('ships no solution', () => {
  const paths = readdirSync(join(root, 'dist/suites/grading'), { recursive: true, encoding: 'utf8' });
  expect(paths).toContain('assignments/activations/starter.py');
  expect(paths.filter((path) => /^solutions\/|solution\.(mjs|py)$|wrong\.yaml/.test(path))).toEqual([]);
});
