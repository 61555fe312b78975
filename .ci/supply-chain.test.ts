/** The supply chain: the package holds a bill of materials, and a locked package without a digest or a licence is refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../cli/testing/command.ts';
import { problemsOf } from './supply-chain.ts';

const fromRoot = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const integrity = `sha512-${'A'.repeat(86)}==`;
const problems = (entry: object) => problemsOf({ packages: { '': {}, 'node_modules/a/node_modules/@b/c': entry } });

describe('a locked package', () => {
  it('has a digest', () => {
    expect(problems({ integrity, license: 'MIT' })).toEqual([]);
    expect(problems({ license: 'MIT' })).toEqual(['@b/c has no sha512 digest']);
    expect(problems({ integrity: 'sha1-AAAA', license: 'MIT' })).toEqual(['@b/c has no sha512 digest']);
  });

  it('has a licence that may be used: fewer where it is handed on', () => {
    expect(problems({ integrity, license: '(GPL-3.0-only OR Apache-2.0)' })).toEqual([]);
    expect(problems({ integrity, license: 'MIT AND GPL-3.0-only' })[0]).toContain('has the licence MIT AND GPL-3.0-only');
    expect(problems({ integrity, license: 'MPL-2.0', dev: true })).toEqual([]);
    expect(problems({ integrity, license: 'MPL-2.0' })[0]).toContain('has the licence MPL-2.0');
    expect(problems({ integrity, license: 'see LICENSE' })[0]).toContain('has the licence see LICENSE');
    expect(problems({ integrity })[0]).toContain('has the licence (none)');
  });

  it('of this project is one', () => {
    expect(problemsOf(fromRoot('package-lock.json'))).toEqual([]);
  });
});

it('the bill of materials names what the package depends on, with version, licence and digest', () => {
  const { bomFormat, metadata, components } = fromRoot('dist/sbom.cdx.json');
  expect(bomFormat).toBe('CycloneDX');
  expect(metadata.component).toMatchObject({ name: 'etalon', version: fromRoot('package.json').version });
  const listed = (components as { name: string; group?: string; purl: string; licenses: unknown[]; hashes: unknown[] }[]).map(
    ({ purl, licenses, hashes }) => [
      decodeURIComponent(purl.replace(/^pkg:npm\/|@[^@]*$/g, '')),
      licenses.length,
      hashes.length,
    ],
  );
  const names = listed.map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(fromRoot('package.json').dependencies)));
  expect(names).not.toContain('vitest');
  expect(listed.filter(([, licenses, hashes]) => licenses === 0 || hashes === 0)).toEqual([]);
});

it('the README says of each package why it is here', () => {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = fromRoot('package.json');
  const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies });
  const rows = readFileSync(join(root, 'cli/README.md'), 'utf8').split('## Dependencies')[1];
  expect(names.filter((name) => !name.startsWith('@types/') && !rows.includes(name))).toEqual([]);
});
