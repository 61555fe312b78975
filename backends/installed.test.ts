import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cacheFolder, readInstalled, requireInstalled } from './installed.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'etalon-installed-'));
  vi.stubEnv('ETALON_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

function install(content: string): void {
  mkdirSync(join(cache, 'mine'), { recursive: true });
  writeFileSync(join(cache, 'mine', 'installed.json'), content);
}

it('looks in ETALON_CACHE, and without it in the home folder', () => {
  expect(cacheFolder()).toBe(cache);
  vi.stubEnv('ETALON_CACHE', '');
  expect(cacheFolder()).toBe(join(homedir(), '.cache', 'etalon'));
});

it('says what is missing and the command that mends it', () => {
  expect(() => requireInstalled('mine')).toThrow(
    `there is no ${join(cache, 'mine', 'installed.json')}; run: etalon setup mine`,
  );
});

it('takes a file that was not written to its end for none', () => {
  install('{"versions":{"a":');
  expect(readInstalled('mine')).toBeUndefined();
});

it('refuses what was set up for another version', () => {
  install(JSON.stringify({ versions: { library: '1.0.0' } }));
  expect(requireInstalled('mine', { library: '1.0.0' })).toBe(join(cache, 'mine'));
  expect(() => requireInstalled('mine', { library: '1.1.0' })).toThrow(
    'set up for library 1.0.0, but 1.1.0 is in use; run: etalon setup mine',
  );
  expect(() => requireInstalled('mine', { other: '1' })).toThrow('set up for other no version of it');
});
