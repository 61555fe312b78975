import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { embeddedBackends } from '../../backends/index.ts';
import { expectedFailureOf, fits, parseExpectedFailures, readExpectedFailures } from './expectedFailures.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-expected-'));
afterAll(() => rmSync(folder, { recursive: true }));

function backend(version: string) {
  const expectedFailures = [{ backend: 'mine', versions: '<2', case: 'sigmoid/*', reason: 'clamped below -18' }];
  return { name: 'mine', description: { version }, expectedFailures };
}

describe('an expected failure', () => {
  it('turns a failure into an expected one and a pass into an unexpected one', () => {
    expect(expectedFailureOf(backend('1.9.0'), 'sigmoid/regimes/random', 'failed')).toMatchObject({
      status: 'expectedFailure',
      reason: 'clamped below -18',
    });
    expect(expectedFailureOf(backend('1.9.0'), 'sigmoid/regimes/random', 'passed')).toMatchObject({ status: 'unexpectedPass' });
  });

  it('lets a listed property pass: other seeds draw other examples', () => {
    expect(expectedFailureOf(backend('1.9.0'), 'sigmoid/property', 'failed')).toMatchObject({ status: 'expectedFailure' });
    expect(expectedFailureOf(backend('1.9.0'), 'sigmoid/property', 'passed')).toEqual({});
  });

  it('lets a case pass that fails only sometimes: its numbers come from the seed', () => {
    const sometimes = { backend: 'mine', case: 'sigmoid/*', sometimes: true, reason: 'wrong below -18' };
    const mine = { ...backend('1.9.0'), expectedFailures: [sometimes] };
    expect(expectedFailureOf(mine, 'sigmoid/plain/random', 'failed')).toMatchObject({ status: 'expectedFailure' });
    expect(expectedFailureOf(mine, 'sigmoid/plain/random', 'passed')).toEqual({});
  });

  it('lists several cases with a * anywhere, and a dot is a dot', () => {
    const all = { backend: 'mine', case: '*.backward/special-*/*', reason: 'NaN is lost' };
    const mine = { ...backend('1.9.0'), expectedFailures: [all] };
    expect(expectedFailureOf(mine, 'relu.backward/special-nan/random', 'failed')).toMatchObject({ status: 'expectedFailure' });
    expect(expectedFailureOf(mine, 'relu/special-nan/random', 'failed')).toEqual({});
    expect(expectedFailureOf(mine, 'relu-backward/special-nan/random', 'failed')).toEqual({});
    expect(expectedFailureOf(mine, 'relu.backward/plain/random', 'failed')).toEqual({});
  });

  it('leaves other cases, other versions and holes alone', () => {
    expect(expectedFailureOf(backend('1.9.0'), 'sigmoid.backward/regimes/random', 'failed')).toEqual({});
    expect(expectedFailureOf(backend('2.0.0'), 'sigmoid/regimes/random', 'failed')).toEqual({});
    expect(expectedFailureOf(backend('1.9.0'), 'sigmoid/regimes/random', 'unsupported')).toEqual({});
  });
});

describe('the file of expected failures', () => {
  const write = (content: string) => {
    const file = join(folder, 'list.json');
    writeFileSync(file, content);
    return file;
  };

  it('is read when it is of the form', () => {
    expect(readExpectedFailures(write('[{"backend":"mine","case":"relu/plain/exact","reason":"known"}]'))).toHaveLength(1);
  });

  it('is refused with the place of what is wrong', () => {
    expect(() => readExpectedFailures(write('[{"backend":"mine","case":"relu/plain/exact","reason":""}]'))).toThrow(
      /list\.json: .*[\s\S]*reason/,
    );
    expect(() => readExpectedFailures(write('{'))).toThrow('list.json');
    expect(() => readExpectedFailures(join(folder, 'absent.json'))).toThrow('absent.json');
  });
});

it('has a reason and a link in every file that is shipped', () => {
  const files = new Set(Object.values(embeddedBackends).flatMap(({ expectedFailures }) => expectedFailures?.href ?? []));
  expect(files.size).toBeGreaterThanOrEqual(2);
  for (const file of files) {
    for (const { backend: name, case: pattern, link } of readExpectedFailures(new URL(file))) {
      expect(link, `${file}: ${name} ${pattern}`).toMatch(/^https:/);
    }
  }
});

it.each([
  ['conv2d/*/random', 'conv2d/strided/random', true],
  ['conv2d/*/random', 'conv2d/random', false],
  ['*', '', true],
  ['', '', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['*x*x*', 'axbxc', true],
  ['*x*x*', 'axbc', false],
  ['a.c', 'abc', false],
  ['ab*', 'ab', true],
  ['*ab', 'xaab', true],
])('%s is about %s: %s', (pattern, caseId, expected) => {
  expect(fits(pattern, caseId)).toBe(expected);
});

it('agrees with a regular expression, where that ends', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  fc.assert(
    fc.property(word, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (pattern, caseId) => {
      expect(fits(pattern, caseId)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(caseId));
    }),
    { numRuns: 5000 },
  );
});

it('does not take long over forty stars', () => {
  const started = performance.now();
  expect(fits(`${'a*'.repeat(40)}b`, 'a'.repeat(100_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});

it('refuses a range of versions that is none: it would never apply', () => {
  const entry = { backend: 'js', versions: 'latest and greatest', case: '*', reason: 'known' };
  expect(() => parseExpectedFailures(JSON.stringify([entry]), 'mine.json')).toThrow(
    'expected failures mine.json: 0.versions: a semver range is needed, as in ">=1.2 <2"',
  );
});
