import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { UsageError } from '../errors.ts';
import { isInstalled, type Part, runSetup, type Setup } from './setup.ts';

let cache: string;
let said: string;
const output = {
  write(text: string) {
    said += text;
  },
};
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'etalon-setup-'));
  said = '';
  vi.stubEnv('ETALON_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

/** A part that counts how often it was made. */
function part(name: string, more: Partial<Omit<Part, 'build'>> = {}) {
  const build = vi.fn<Part['build']>(async ({ target }) => writeFileSync(target, name));
  return { name, diskBytes: 10, build, ...more };
}

function setupOf(parts: readonly Part[], more: Partial<Setup> = {}): Setup {
  const here = `${process.platform}-${process.arch}` as const;
  return { summary: 'a test', backends: [], versions: { thing: '1' }, parts, tools: [], platforms: [here], ...more };
}

const run = (setup: Setup) => runSetup('mine', setup, { output });

it('makes each part, says what it needs before, and the second time does nothing', async () => {
  const parts = [part('a'), part('folder/b')];
  const folder = await run(setupOf(parts));
  expect(folder).toBe(join(cache, 'mine'));
  expect(readFileSync(join(folder, 'folder/b'), 'utf8')).toBe('folder/b');
  expect(said).toMatch(/a test\n.*downloads 0\.0 MB, takes 0\.0 MB of the .* free in .*\n.*part 1 of 2: a\n/s);
  expect(isInstalled('mine', setupOf(parts))).toBe(true);
  await run(setupOf(parts));
  expect(said).toContain('is set up already');
  expect(parts.map(({ build }) => build.mock.calls.length)).toEqual([1, 1]);
});

it('goes on with the part that was interrupted', async () => {
  const parts = [part('a'), part('b')];
  parts[1].build.mockImplementationOnce(async ({ target }) => {
    mkdirSync(target);
    throw new Error('the network went away');
  });
  await expect(run(setupOf(parts))).rejects.toThrow('the network went away');
  expect(existsSync(join(cache, 'mine', 'b'))).toBe(false);
  expect(isInstalled('mine', setupOf(parts))).toBe(false);
  await run(setupOf(parts));
  expect(parts.map(({ build }) => build.mock.calls.length)).toEqual([1, 2]);
  expect(readFileSync(join(cache, 'mine', 'b'), 'utf8')).toBe('b');
});

it('makes all parts anew for other versions', async () => {
  const parts = [part('a')];
  await run(setupOf(parts));
  await run(setupOf(parts, { versions: { thing: '2' } }));
  expect(parts[0].build).toHaveBeenCalledTimes(2);
});

it('leaves out what is not needed here, and makes it when it is', async () => {
  let reason: string | undefined = 'the machine has it';
  const parts = [part('a'), part('b', { unneeded: () => reason })];
  await run(setupOf(parts));
  expect(said).toContain('b is not needed: the machine has it');
  expect(parts[1].build).not.toHaveBeenCalled();
  reason = undefined;
  await run(setupOf(parts));
  expect(parts.map(({ build }) => build.mock.calls.length)).toEqual([1, 1]);
});

it('says everything that is missing before it starts', async () => {
  const parts = [part('a', { diskBytes: 1e18 })];
  const compiler = {
    name: 'no-such-compiler',
    purpose: 'compiles',
    probe: ['etalon-has-no-such-program'],
    advice: 'write one',
  } as const;
  const attempt = run(setupOf(parts, { tools: [compiler] }));
  await expect(attempt).rejects.toThrow(UsageError);
  await expect(attempt).rejects.toThrow(/no-such-compiler \(compiles\): write one\n.*disk space in /);
  expect(parts[0].build).not.toHaveBeenCalled();
  await expect(run(setupOf(parts, { platforms: ['aix-ppc64'] }))).rejects.toThrow('exists for aix-ppc64, this is');
});

it('is made by one process at a time, and the lock of one that is gone does not count', async () => {
  mkdirSync(join(cache, 'mine'));
  const parts = [part('a')];
  const lock = join(cache, 'mine', '.lock');
  writeFileSync(join(cache, 'mine', 'begun.json'), JSON.stringify({ versions: { thing: '1' } }));
  writeFileSync(lock, String(process.pid));
  await expect(run(setupOf(parts))).rejects.toThrow(`another one is running (process ${process.pid})`);
  writeFileSync(lock, '999999999');
  await run(setupOf(parts));
  expect(existsSync(lock)).toBe(false);
});
