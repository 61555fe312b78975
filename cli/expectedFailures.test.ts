/** A file of expected failures that a run writes makes the next run green. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, expect, it } from 'vitest';
import { expectedFailuresJsonSchema } from '../suites/running/expectedFailures.ts';
import { etalon } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-known-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Keeps the sign that relu takes away. */
const adapter = join(folder, 'identity.mjs');
writeFileSync(
  adapter,
  `export default async () => ({
  describe: async () => ({ name: 'identity', library: 'identity', version: '1.0.0', device: 'cpu', dtype: 'float32' }),
  supports: (operation) => operation === 'relu' ? { supported: true } : { supported: false, reason: 'no kernel' },
  prepare: async () => {
    let inputs;
    return {
      load: async (given) => { inputs = given; },
      execute: async () => {},
      read: async () => ({ y: { ...inputs.x, data: inputs.x.data.slice() } }),
      dispose: async () => {},
    };
  },
});
`,
);
const check = (...words: string[]) =>
  etalon('check', '--adapter', adapter, '--operation', 'relu', '--properties', '1', '--output', join(folder, 'out'), ...words);
const known = join(folder, 'lists', 'known.json');
const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(expectedFailuresJsonSchema());

it('lists what fails under its diagnosis, and the next run is as expected', () => {
  const first = check('--write-expected-failures', known);
  expect(first.status).toBe(1);
  const entries: { case: string[]; reason: string }[] = JSON.parse(readFileSync(known, 'utf8'));
  expect(validate(entries), JSON.stringify(validate.errors)).toBe(true);
  expect(entries[0].case.length).toBeGreaterThan(1);
  expect(first.stdout).toContain(entries[0].reason.slice(0, 20));

  const second = check('--expected-failures', known, '--write-expected-failures', join(folder, 'again.json'));
  expect(second.status, second.stdout).toBe(0);
  expect(JSON.parse(readFileSync(join(folder, 'again.json'), 'utf8'))).toEqual(entries);
});

it.each([
  ['a list that is none', {}],
  ['no reason', [{ backend: 'mine', case: 'relu/*' }]],
  ['no case', [{ backend: 'mine', case: [], reason: 'x' }]],
  ['a field that does not exist', [{ backend: 'mine', case: 'relu/*', reason: 'x', because: 'y' }]],
])('has a schema that refuses %s', (_, content) => {
  expect(validate(content)).toBe(false);
});

it('says where it cannot write before it asks anything', () => {
  const { status, stderr } = check('--write-expected-failures', folder);
  expect(stderr).toContain(`cannot write to ${folder}: a folder lies there`);
  expect(status).toBe(2);
});
