import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findLibraries, loadingError } from './cudaLibraries.ts';

let root: string;
let folders: Record<'own' | 'cuda12' | 'cuda13' | 'empty', string>;

/** Files that begin like libraries: what they call stands behind four mebibytes, across the end of the first read. */
function library(folder: string, name: string, calls = ''): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), Buffer.concat([Buffer.alloc(2 ** 22 - 5), Buffer.from(`\0${calls}\0`)]));
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'etalon-cuda-'));
  folders = {
    own: join(root, 'own'),
    cuda12: join(root, 'cuda12'),
    cuda13: join(root, 'cuda13'),
    empty: join(root, 'empty'),
  };
  library(folders.own, 'libcublas.so.13');
  for (const [folder, major] of [
    [folders.cuda12, 12],
    [folders.cuda13, 13],
  ] as const) {
    library(folder, 'libcudnn.so.9');
    library(folder, 'libcudnn_adv.so.9', `libcublasLt.so.${major}`);
    library(folder, `libcublas.so.${major}`);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

it('takes of the libraries that are called alike those of the wanted CUDA', () => {
  const all = [folders.cuda12, folders.cuda13];
  expect(findLibraries(['libcudnn.so.9'], 13, all)).toEqual({ folders: [folders.cuda13], missing: [] });
  expect(findLibraries(['libcudnn.so.9'], 12, all)).toEqual({ folders: [folders.cuda12], missing: [] });
  expect(findLibraries(['libcudnn.so.9'], 13, [folders.cuda12])).toEqual({ folders: [], missing: ['libcudnn.so.9'] });
});

it('takes the first folder that has a library, each folder once, and names what is in none', () => {
  const found = findLibraries(['libcublas.so.13', 'libcudnn.so.9', 'libcudart.so.13'], 13, [
    folders.empty,
    folders.own,
    folders.cuda12,
    folders.cuda13,
  ]);
  expect(found).toEqual({ folders: [folders.own, folders.cuda13], missing: ['libcudart.so.13'] });
});

it('gives the reason of the loader', () => {
  expect(loadingError('libetalon-has-no-such-library.so.1')).toMatch(/libetalon-has-no-such-library\.so\.1/);
  expect(loadingError(join(folders.own, 'libcublas.so.13'))).toMatch(/invalid ELF header|not a mach-o|not valid/i);
});
