import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseSize, splitter } from './bundle.ts';
import { packageClosure, projectRoot } from './packages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'etalon-bundle-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  [1, 10],
  [4, 3],
  [5, 2],
  [100, 1],
])('splits ten bytes into parts of %i: %i parts that hold the same bytes', async (partBytes, parts) => {
  const source = Readable.from([Buffer.from('0123'), Buffer.from('456789')]);
  const files = await splitter(folder, 'x', partBytes, () => {})(source);
  expect(files).toHaveLength(parts);
  expect(files[0]).toBe('x.part-001');
  // In the order of a shell's pattern, which puts them together again.
  expect([...files].sort()).toEqual(files);
  const contents = files.map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(contents.join('')).toBe('0123456789');
  expect(Math.max(...contents.map(({ length }) => length))).toBeLessThanOrEqual(partBytes);
});

it.each([
  ['64M', 64 * 2 ** 20],
  ['1g', 2 ** 30],
  ['5000', 5000],
  ['0', undefined],
  ['64 MB', undefined],
  ['-1', undefined],
])('reads %s as %s bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

it('packs what the project runs on, with what that runs on, and not what only develops it', () => {
  const names = packageClosure(projectRoot(), ['tsx']).map((path) => basename(path));
  expect(names).toEqual(
    expect.arrayContaining(['zod', 'onnxruntime-node', 'onnxruntime-common', 'tfjs-core', 'tsx', 'esbuild']),
  );
  for (const absent of ['vitest', 'playwright-core', 'axe-core', 'biome']) expect(names).not.toContain(absent);
});
