/** `etalon diff`: outputs, exit codes, wrong usage. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { afterAll, expect, it } from 'vitest';
import type { RunReport } from '../suites/runReport.ts';
import { etalon } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-diff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

etalon('check', '--backend', 'js', '--operation', 'relu', '--properties', '0', '--output', at('base'));
const base: RunReport = JSON.parse(readFileSync(join(at('base'), 'run.json'), 'utf8'));
const hostile = '<script>alert(1)</script> | `a` @everyone';
writeFileSync(
  at('worse.json'),
  JSON.stringify({
    ...base,
    outcomes: base.outcomes.map((one, i) => (i === 0 ? { ...one, status: 'failed', reason: hostile } : one)),
  }),
);
writeFileSync(at('text.json'), 'no report');

it('exits with 1 for a regression that was asked for, and else with 0', () => {
  const codes = [[], ['--fail-on', 'accuracy'], ['--fail-on', 'speed,accuracy'], ['--fail-on', 'support,speed']].map(
    (words) => etalon('diff', at('base'), at('worse.json'), ...words).status,
  );
  expect(codes).toEqual([0, 1, 1, 0]);
  const same = etalon('diff', at('base'), at('base'), '--fail-on', 'accuracy,support,speed');
  expect(same.stdout).toContain(
    `no regression, 0 other changes; ${base.outcomes.length + base.properties.length} answers compared`,
  );
  expect(same.status).toBe(0);
});

it('names the case in each output, and strangers’ text is inert', () => {
  const outputs = ['text', 'markdown', 'html', 'json'].map(
    (format) => etalon('diff', at('base'), at('worse.json'), '--format', format).stdout,
  );
  for (const output of outputs) expect(output).toContain('newly failing');
  const [text, markdown, html, json] = outputs;
  expect(text).toContain(base.outcomes[0].caseId);
  expect(markdown).not.toMatch(/<script>|@everyone|[^\\]`a/);
  const cells = markdown.split('\n').filter((line) => line.startsWith('|'));
  expect(cells).toHaveLength(3);
  expect(cells[2].split(/(?<!\\)\|/)).toHaveLength(cells[0].split('|').length);
  expect(html).not.toContain('<script>');
  expect(XMLValidator.validate(html.replace('<!doctype html>', ''), { unpairedTags: ['meta'] })).toBe(true);
  expect(JSON.parse(json).changes).toHaveLength(1);
});

it.each([
  ['a file that is none', ['text.json', 'base'], [], 'is not a run report: it is not JSON'],
  ['a folder without a run', ['absent', 'base'], [], 'cannot read'],
  ['a kind that does not exist', ['base', 'base'], ['--fail-on', 'beauty'], '"beauty" is none of accuracy, support, speed'],
])('refuses %s', (_, names, words, says) => {
  const { status, stderr } = etalon('diff', ...names.map(at), ...words);
  expect(stderr).toContain(says);
  expect(status).toBe(2);
});
