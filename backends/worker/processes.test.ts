/** However we end, nothing of ours stays behind. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { sweepFolders } from './privateFolder.ts';
import { isAlive, isGone } from './testing/processes.ts';

const parent = fileURLToPath(new URL('./testing/parent.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

it.each([
  ['it exits', 'exit', undefined, { code: 5, signal: null }],
  ['an exception is not caught', 'throw', undefined, { code: 1, signal: null }],
  ['SIGTERM comes', 'wait', 'SIGTERM', { code: null, signal: 'SIGTERM' }],
  ['SIGINT comes', 'wait', 'SIGINT', { code: null, signal: 'SIGINT' }],
  ['it handles SIGINT itself', 'handle', 'SIGINT', { code: 6, signal: null }],
  ['SIGKILL leaves it no time', 'wait', 'SIGKILL', { code: null, signal: 'SIGKILL' }],
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
  // After SIGKILL it is another process that removes the folder.
  for (let i = 0; i < 40 && readdirSync(directory).length > 0; i++) await setTimeout(25);
  expect(readdirSync(directory)).toEqual([]);
  rmSync(directory, { recursive: true });
});

it('sweeps what killed runs of the same user left, and nothing else', () => {
  const directory = mkdtempSync(join(tmpdir(), 'etalon-test-'));
  const ended = spawnSync(process.execPath, ['-e', '']).pid;
  for (const name of [
    `etalon-worker-${ended}-abcdef`,
    `etalon-worker-${process.pid}-abcdef`,
    'etalon-worker-x-abcdef',
    'other',
  ]) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'file'), '');
  }
  symlinkSync(join(directory, 'other'), join(directory, `etalon-worker-${ended}-ghijkl`));
  sweepFolders(directory);
  expect(readdirSync(directory).sort()).toEqual(
    [`etalon-worker-${process.pid}-abcdef`, `etalon-worker-${ended}-ghijkl`, 'etalon-worker-x-abcdef', 'other'].sort(),
  );
  expect(readdirSync(join(directory, 'other'))).toEqual(['file']);
  sweepFolders(join(directory, 'absent'));
  rmSync(directory, { recursive: true });
});
