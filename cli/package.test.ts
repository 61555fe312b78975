/** What `npm run package` makes, installed into an empty folder as a user would, and run there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-package-'));
const run = (command: string, ...words: string[]) =>
  execFileSync(command, words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(() => {
  execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: root, stdio: 'ignore' });
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  run(
    'npm',
    'install',
    '--ignore-scripts',
    '--omit=optional',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    join(folder, tarball),
  );
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is small: the libraries that it checks are left to whoever checks them', () => {
  const bytes = Number(run('du', '-sb', 'node_modules').split('\t')[0]);
  expect(bytes).toBeLessThan(60e6);
});

it('runs the command: checks a backend and writes a report', () => {
  const { status, stdout, stderr } = spawnSync(
    'npx',
    ['etalon', 'check', '--backend', 'js', '--operation', 'relu*', '--output', 'report'],
    { cwd: folder, encoding: 'utf8' },
  );
  expect(stderr).not.toContain('Error');
  expect(status).toBe(0);
  expect(stdout).toMatch(/✓ js +\d+ of \d+ passed/);
  expect(readFileSync(join(folder, 'report', 'index.html'), 'utf8')).toContain('</html>');
}, 60_000);

it('checks a worker in Python at once', () => {
  const etalon = (...words: string[]) => spawnSync('npx', ['etalon', ...words], { cwd: folder, encoding: 'utf8' });
  expect(etalon('new', 'backend', '--language', 'python').status).toBe(0);
  const { status, stderr } = etalon('check', '--worker', 'python3 mine.py', '--no-documents', '--boundaries', '0.05');
  expect({ status, stderr: stderr.match(/.*rror.*/)?.[0] }).toEqual({ status: 0, stderr: undefined });
}, 120_000);

it('checks operations of a user with an adapter of the user', () => {
  copyFileSync(join(folder, 'node_modules/etalon/dist/suites/starters/operations.mjs'), join(folder, 'operations.mjs'));
  const adapter = (answer: string) => `
    const f = Math.fround;
    export default async () => ({
      describe: async () => ({ name: 'cubes', library: 'mine', version: '1', device: 'cpu', dtype: 'float32' }),
      supports: (operation) => (operation === 'cube' ? { supported: true } : { supported: false, reason: 'only cubes' }),
      prepare: async () => {
        let x;
        const y = () => ({ dtype: 'float32', shape: x.shape, data: Float32Array.from(x.data, (v) => ${answer}) });
        return { load: async (given) => { x = given.x; }, execute: async () => {}, read: async () => ({ y: y() }), dispose: async () => {} };
      },
    });`;
  writeFileSync(join(folder, 'right.mjs'), adapter('f(f(v * v) * v)'));
  writeFileSync(join(folder, 'wrong.mjs'), adapter('f(v * v)'));
  const check = (file: string) =>
    spawnSync('npx', ['etalon', 'check', '--operations', 'operations.mjs', '--adapter', file, '--output', 'cubes'], {
      cwd: folder,
      encoding: 'utf8',
    });
  expect(check('./right.mjs').status).toBe(0);
  const { status, stdout } = check('./wrong.mjs');
  expect(status).toBe(1);
  expect(stdout).toContain('x²: one factor is missing');
  expect(stdout.replace(/\s+/g, ' ')).toContain('--operations operations.mjs');
}, 120_000);

it('says of a library that is absent which command brings it', () => {
  const words = [
    'etalon',
    'check',
    '--backend',
    'onnxruntime-cpu',
    '--operation',
    'relu',
    '--no-documents',
    '--output',
    'absent',
  ];
  const { status, stdout, stderr } = spawnSync('npx', words, { cwd: folder, encoding: 'utf8' });
  expect(status).toBe(1);
  expect((stdout + stderr).replace(/\s+/g, ' ')).toMatch(
    /the package (onnxruntime-node|onnx-proto) is not installed; run: npm install --ignore-scripts onnxruntime-node/,
  );
}, 60_000);

it('is a library: reference, backends, table and judge, reporters', () => {
  writeFileSync(
    join(folder, 'use.js'),
    `import { judge, operations } from 'etalon';
     import { conv2d, tensor } from 'etalon/reference';
     import { embeddedBackends } from 'etalon/backends';
     import { reporters } from 'etalon/reports';
     const y = conv2d(tensor([1, 1, 2, 2], [1, 2, 3, 4]), tensor([1, 1, 2, 2], [1, 0, 0, 1]), undefined, { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 });
     console.log(JSON.stringify([Array.from(y.data), typeof judge, operations.length > 50, Object.keys(embeddedBackends).includes('js'), Object.keys(reporters).includes('html')]));`,
  );
  expect(JSON.parse(run('node', 'use.js'))).toEqual([[5], 'function', true, true, true]);
});

it('carries types and no sources of tests', () => {
  const installed = join(folder, 'node_modules/etalon/dist');
  for (const file of ['reference/index.d.ts', 'backends/index.d.ts', 'suites/index.d.ts', 'reports/index.d.ts'])
    expect(existsSync(join(installed, file)), file).toBe(true);
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => file.includes('.test.') || (file.endsWith('.ts') && !file.endsWith('.d.ts')))).toEqual([]);
  expect(files.filter((file) => file.split('/').includes('testing'))).toEqual([]);
});
