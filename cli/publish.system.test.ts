/** `etalon publish` as a person runs it: what it finds, what it keeps, and what it says of files that are no reports. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sampleReport } from '../reports/testing/sample.ts';
import { schemaVersion } from '../suites/runReport.ts';
import { etalon } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-publish-'));
const at = (...parts: string[]) => join(folder, ...parts);
const write = (path: string, content: object | string) => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(at(path), typeof content === 'string' ? content : JSON.stringify(content));
};
const dated = (day: number) => ({ ...sampleReport, startedAt: `2026-03-${day}T09:30:00.000Z` });

beforeAll(() => {
  write('runs/one/run.json', dated(12));
  write('runs/two.json', dated(13));
  write('runs/two/badge.json', { schemaVersion: 1, label: 'accuracy', message: '1/1' });
  write('runs/node_modules/run.json', 'none');
});
afterAll(() => rmSync(folder, { recursive: true }));

it('publishes what it finds in folders, and adds to it', () => {
  const first = etalon('publish', at('site'), '--runs', at('runs'));
  expect(first.stdout).toMatch(/^2 runs added; \d+ files written\n/);
  expect(first.status).toBe(0);
  const before = readFileSync(at('site/index.html'), 'utf8');
  expect(before).toContain('2 runs');

  // The same runs again change nothing; the site needs no report of theirs any more.
  const again = etalon('publish', at('site'), '--runs', at('runs/two.json'));
  expect(again.stdout).toMatch(/^0 runs added, 2 were there;/);
  expect(readFileSync(at('site/index.html'), 'utf8')).toBe(before);

  write('third/run.json', dated(14));
  expect(etalon('publish', at('site'), '--runs', at('third')).stdout).toMatch(/^1 run added, 2 were there;/);
  expect(readdirSync(at('site/runs'))).toHaveLength(3);
  expect(readFileSync(at('site/index.html'), 'utf8')).toContain('3 runs');
  expect(readFileSync(at('site/documents.html'), 'utf8')).toContain('id="row-P4"');
});

it('publishes a folder of reports in place, with links to them', () => {
  cpSync(at('runs/one'), at('own/nightly 1'), { recursive: true });
  write('own/nightly 1/index.html', 'the report');
  expect(etalon('publish', at('own')).status).toBe(0);
  expect(readFileSync(at('own/runs.html'), 'utf8')).toContain('href="nightly%201/index.html"');
});

it.each([
  ['a path that is not there', ['nowhere'], /nowhere: there is no such file or folder/],
  ['a folder without a report', ['empty'], /no run report was found in/],
  ['a file that is no report', ['badge.json'], /badge\.json is not a run report/],
  ['a newer report', ['newer.json'], new RegExp(`has report schema ${schemaVersion + 1}; this version of etalon reads 1 to`)],
  ['a newer report in a folder', ['newer'], /has report schema/],
  ['a run.json that is none', ['broken'], /run\.json is not a run report: it is not JSON/],
])('refuses %s in one line', (_, paths, message) => {
  mkdirSync(at('empty'), { recursive: true });
  write('badge.json', { schemaVersion: 2 });
  write('newer.json', { ...sampleReport, schemaVersion: schemaVersion + 1 });
  write('newer/any.json', { ...sampleReport, schemaVersion: schemaVersion + 1 });
  write('broken/run.json', '{');
  const { status, stderr, stdout } = etalon('publish', at('refused'), '--runs', ...paths.map((path) => at(path)));
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(existsSync(at('refused/index.html'))).toBe(false);
});

it('reads a report of the older schema and says so', () => {
  write('old.json', JSON.stringify({ ...sampleReport, schemaVersion: 1 }).replaceAll('"errorRatio"', '"headroom"'));
  const { status, stderr } = etalon('publish', at('older'), '--runs', at('old.json'));
  expect(status).toBe(0);
  expect(stderr).toContain('old.json has report schema 1; it is read as schema');
});

it('refuses a site whose data it did not write', () => {
  write('foreign/runs/x.js', 'alert(1)');
  const { status, stderr } = etalon('publish', at('foreign'), '--runs', at('runs/two.json'));
  expect(status).toBe(2);
  expect(stderr).toMatch(/x\.js cannot be read as etalon publish wrote it/);
});
