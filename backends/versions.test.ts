import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { backendCommand } from './index.ts';
import { isPublishedVersion, resolvedFrom, versionedName } from './versions.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-versions-'));
afterAll(() => rmSync(folder, { recursive: true }));

function installed(version: string, name: string): string {
  const place = join(folder, version);
  mkdirSync(join(place, 'node_modules', name), { recursive: true });
  writeFileSync(join(place, 'package.json'), '{}');
  const manifest = { name, version, type: 'module', exports: { '.': './index.js', './part': './part.js' } };
  writeFileSync(join(place, 'node_modules', name, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(place, 'node_modules', name, 'index.js'), `export default '${version}';`);
  writeFileSync(join(place, 'node_modules', name, 'part.js'), `export default 'part of ${version}';`);
  return place;
}

it.each(['1.0.0', '2.0.0'])('resolves a package and its parts from the folder of version %s', (version) => {
  const place = installed(version, '@scope/library');
  const program = `Promise.all([import('@scope/library'), import('@scope/library/part')]).then((all) => console.log(all.map((m) => m.default).join()))`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...resolvedFrom(place, ['@scope/library']), '--input-type=module', '-e', program],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe(`${version},part of ${version}`);
});

it('splits a name from a version, and knows a version from a range or a tag', () => {
  expect(versionedName('onnxruntime-cpu@1.24.3')).toEqual({ name: 'onnxruntime-cpu', version: '1.24.3' });
  expect(versionedName('js')).toEqual({ name: 'js' });
  expect(['1.24.3', '1.24.0-dev.20260114-c343143a49'].every(isPublishedVersion)).toBe(true);
  expect(['latest', '^1.2.3', '1.2', '../1.2.3', '1.2.3 && rm', ''].some(isPublishedVersion)).toBe(false);
});

it('refuses a version of a backend that has no package', () => {
  expect(() => backendCommand('numpy', '1.0.0')).toThrow('numpy has no npm package whose version could be chosen');
});
