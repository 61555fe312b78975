import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { conformance } from './vitest.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(root, 'node_modules', '.conformance-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// What a backend's author writes; these are tests of this run.
conformance({ adapter: 'js', operations: ['relu', 'dense*'], properties: 3 });

/** A test file of an author's, run by vitest as the author would: the state of each of its tests by name. */
function authorsRun(content: string, messages: Record<string, string> = {}): Record<string, string> {
  const file = join(folder, 'author.test.ts');
  writeFileSync(file, `import { conformance } from ${JSON.stringify(join(root, 'cli/vitest.ts'))};\n${content}`);
  writeFileSync(join(folder, 'vitest.config.ts'), 'export default {};');
  const words = ['run', '--root', folder, '--reporter', 'json'];
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/vitest'), words, { cwd: folder, encoding: 'utf8' });
  const { testResults } = JSON.parse(stdout.slice(stdout.indexOf('{')));
  const results: { ancestorTitles: string[]; title: string; status: string; failureMessages: string[] }[] =
    testResults[0].assertionResults;
  for (const { ancestorTitles, title, failureMessages } of results)
    messages[`${ancestorTitles.at(-1)}: ${title}`] = failureMessages.join('\n');
  return Object.fromEntries(results.map(({ ancestorTitles, title, status }) => [`${ancestorTitles.at(-1)}: ${title}`, status]));
}

describe('in an author’s own run', () => {
  it('a wrong operation is red, a right one green, what the backend lacks or lists is skipped', () => {
    writeFileSync(
      join(folder, 'expected.json'),
      JSON.stringify([{ backend: 'example', case: 'tanh.derivative/plain/*', reason: 'written like this on the slide' }]),
    );
    const example = join(root, 'backends/process/example.py');
    const messages: Record<string, string> = {};
    const states = authorsRun(
      `conformance({ worker: ${JSON.stringify(`python3 '${example}'`)}, operations: ['relu', 'tanh*'], properties: 3,
         expectedFailures: ${JSON.stringify(join(folder, 'expected.json'))} });`,
      messages,
    );
    expect(states).toMatchObject({
      'relu: plain, random': 'passed',
      'relu: properties': 'passed',
      'tanh: plain, random': 'skipped',
      'tanh.derivative: plain, random': 'skipped',
      'tanh.derivative: one-row, random': 'failed',
      'tanh.derivative: properties': 'failed',
    });
    // What is wrong is said as the report says it.
    expect(messages['tanh.derivative: one-row, random']).toMatch(
      /diagnosis: equals 1 − 2·tanh²\(x\)[\s\S]*x \[1, \d+\][\s\S]*with x = [\s\S]*etalon check --worker/,
    );
    expect(messages['tanh.derivative: properties']).toMatch(/with x \[1, 1\] = \[/);
  }, 60_000);
});

it('says what it needs', () => {
  expect(() => conformance({})).toThrow('needs one of worker (a command) and adapter (a module)');
  expect(() => conformance({ adapter: 'js', operations: ['reluu'] })).toThrow('no operation is called reluu');
});
