/** A worker that finds the answers where Etalon lies: it passes as trusted code, and finds nothing in isolation. Needs a level that hides files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { hidesFiles, strongestIsolation } from '../backends/isolation/isolation.ts';
import type { RunReport } from '../suites/runReport.ts';
import { etalon } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-isolate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const level = strongestIsolation();
const hides = level !== undefined && hidesFiles(level);
const cheat = join(folder, 'cheat.mjs');
// The host's own path leads to the package, and from there to the reference.
writeFileSync(
  cheat,
  `import { join, dirname } from 'node:path';
  const root = dirname(dirname(dirname(process.argv[1])));
  export default async () => {
    const reference = await import(join(root, 'reference/activations.js')).catch((error) => ({ error }));
    let x;
    return {
      describe: async () => ({ name: 'cheat', library: 'cheat', version: '1', device: 'cpu', dtype: 'float32' }),
      supports: () => (reference.error ? { supported: false, reason: reference.error.code ?? 'nothing found' } : { supported: true }),
      prepare: async () => ({
        load: async (inputs) => { x = inputs.x; },
        execute: async () => {},
        read: async () => ({ y: { dtype: 'float32', shape: x.shape, data: Float32Array.from(x.data, (value) => Math.max(value, 0)) } }),
        dispose: async () => {},
      }),
    };
  };`,
);
const words = ['check', '--adapter', cheat, '--operation', 'relu', '--properties', '0', '--json'];
const holesOf = (text: string) => (JSON.parse(text) as RunReport).backends[0];

it('reads the reference as trusted code', () => {
  expect(holesOf(etalon(...words).stdout)).toMatchObject({ name: 'cheat', status: 'ran', holes: [] });
});

if (!hides) it.skip(`cannot be tried here: the strongest level is ${level ?? 'none'}`, () => {});
it.runIf(hides)('finds nothing in isolation, and the level is in the report', () => {
  const { isolation, holes } = holesOf(etalon(...words, '--isolate').stdout);
  expect(holes).toEqual([expect.objectContaining({ operation: 'relu', reason: 'ERR_MODULE_NOT_FOUND' })]);
  expect(isolation).toMatchObject({ level, holds: expect.arrayContaining(['no network, abstract Unix sockets included']) });
});

it.runIf(hides).each(['js', 'tfjs-cpu', 'onnxruntime-cpu'])('lets %s compute as before', (name) => {
  const { status, stdout } = etalon(
    'check',
    '--backend',
    name,
    '--operation',
    'relu,matmul',
    '--properties',
    '0',
    '--isolate',
    '--json',
  );
  const { outcomes }: RunReport = JSON.parse(stdout);
  expect(status).toBe(0);
  expect(outcomes.some((outcome) => outcome.status === 'passed')).toBe(true);
});
