/** Parts of a run, and their report. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { RunReport } from '../suites/runReport.ts';
import { etalon } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-merge-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const check = (name: string, ...words: string[]) =>
  etalon('check', '--backend', 'js', '--operation', 'relu,sigmoid,tanh', '--properties', '1', '--output', at(name), ...words);

/** Fields that hold times. */
const times = new Set(['startedAt', 'finishedAt', 'caseSeconds', 'milliseconds', 'judgingMilliseconds', 'seconds']);
const timeless = (name: string): string =>
  JSON.stringify(JSON.parse(readFileSync(join(at(name), 'run.json'), 'utf8')), (key, value) =>
    times.has(key) ? undefined : value,
  );
const read = (name: string): RunReport => JSON.parse(readFileSync(join(at(name), 'run.json'), 'utf8'));

const runs = [
  check('whole'),
  check('one', '--shard', '1/2'),
  check('two', '--shard=2/2'),
  check('other-seed', '--shard', '2/2', '--seed', '7'),
];

it('merges to the report of the undivided run, byte for byte, times aside', () => {
  expect(runs.map(({ status, stderr }) => (status === 0 ? 0 : stderr))).toEqual([0, 0, 0, 0]);
  expect(read('one').outcomes.length).toBeGreaterThan(0);
  expect(read('two').outcomes.length).toBeGreaterThan(0);
  expect(read('one').shard).toEqual({ part: 1, of: 2 });
  const { status } = etalon('merge', at('two'), at('one'), '--output', at('merged'));
  expect(status).toBe(0);
  expect(timeless('merged')).toBe(timeless('whole'));
});

it('says which part is missing, writes what the others found, and fails', () => {
  const { status, stdout } = etalon('merge', at('two'), '--output', at('half'));
  expect(status).toBe(1);
  expect(stdout).toContain('part 1 of 2 missing');
  expect(read('half').outcomes).toEqual(read('two').outcomes);
});

it.each([
  ['the same part twice', ['one', 'one'], 'are both part 1/2: give one of them'],
  ['a part of another seed', ['one', 'other-seed'], 'has another seed than'],
  ['a run without parts', ['one', 'whole'], 'is no part of a run: it was made without --shard'],
  ['a folder that is not there', ['one', 'absent'], 'cannot read'],
])('refuses %s', (_, names, says) => {
  const { status, stderr } = etalon('merge', ...names.map(at), '--output', at('none'));
  expect(stderr).toContain(says);
  expect(stderr.trim()).not.toContain('\n');
  expect(status).toBe(2);
});

it.each(['0/3', '4/3', '3'])('check --shard %s is wrong usage', (shard) => {
  const { status, stderr } = check('none', '--shard', shard);
  expect(stderr).toContain('A part and how many there are, such as 3/16.');
  expect(status).toBe(2);
});
