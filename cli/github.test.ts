import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sampleReport } from '../reports/testing/sample.ts';
import { tellGitHub } from './github.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-github-'));
afterAll(() => rmSync(folder, { recursive: true }));
const summary = join(folder, 'summary.md');

function told(environment: NodeJS.ProcessEnv): string {
  let printed = '';
  tellGitHub(sampleReport, (text) => (printed += text), environment);
  return printed;
}

it('annotates and appends to the summary of the step in GitHub’s runner, and nowhere else', () => {
  expect(told({})).toBe('');
  writeFileSync(summary, 'before\n');
  const printed = told({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary });
  expect(printed.match(/^::error title=/gm)?.length).toBeLessThanOrEqual(10);
  expect(readFileSync(summary, 'utf8')).toMatch(/^before\n# Etalon: 15 results are not as expected/);
});

it('leaves a summary that is full as it is, and says so', () => {
  writeFileSync(summary, 'x'.repeat(1024 * 1024));
  expect(told({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary })).toContain(
    '::notice title=etalon::The summary of this step is full',
  );
  expect(readFileSync(summary, 'utf8')).toHaveLength(1024 * 1024);
  expect(told({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(folder, 'no', 'where') })).toContain('cannot be written');
});
