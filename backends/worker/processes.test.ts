/** However we end, nothing of ours stays behind. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { isAlive, isGone } from './testing/processes.ts';

const parent = fileURLToPath(new URL('./testing/parent.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

it.each([
  ['it exits', 'exit', undefined, { code: 5, signal: null }],
  ['an exception is not caught', 'throw', undefined, { code: 1, signal: null }],
  ['SIGTERM comes', 'wait', 'SIGTERM', { code: null, signal: 'SIGTERM' }],
  ['SIGINT comes', 'wait', 'SIGINT', { code: null, signal: 'SIGINT' }],
  ['it handles SIGINT itself', 'handle', 'SIGINT', { code: 6, signal: null }],
] as const)('no worker and no folder is left when %s', async (_what, ending, signal, expected) => {
  const directory = mkdtempSync(join(tmpdir(), 'etalon-test-'));
  const child = spawn(process.execPath, ['--import', tsx, parent, directory, ending], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = new Promise((resolve) => child.once('exit', (code, by) => resolve({ code, signal: by })));
  const said: Buffer = await new Promise((resolve) => child.stdout.once('data', resolve));
  const { pid, folders } = JSON.parse(said.toString());
  expect(folders).toBe(1);
  if (signal) {
    expect(isAlive(pid)).toBe(true);
    child.kill(signal);
  }
  expect(await exited).toEqual(expected);
  expect(await isGone(pid)).toBe(true);
  expect(readdirSync(directory)).toEqual([]);
  rmSync(directory, { recursive: true });
});
