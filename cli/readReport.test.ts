import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sampleReport } from '../reports/testing/sample.ts';
import { schemaVersion } from '../suites/runReport.ts';
import { readReport } from './readReport.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-read-report-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'run.json');

it('reads a report of version 1, which said headroom for the error ratio', () => {
  const text = JSON.stringify({ ...sampleReport, schemaVersion: 1 }).replaceAll('"errorRatio"', '"headroom"');
  expect(text).toContain('"headroom"');
  writeFileSync(file, text);
  expect(readReport(file)).toEqual(JSON.parse(JSON.stringify({ ...sampleReport, schemaVersion })));
});

it('refuses a newer report and says which versions it reads', () => {
  writeFileSync(file, JSON.stringify({ ...sampleReport, schemaVersion: schemaVersion + 1 }));
  expect(() => readReport(file)).toThrow(
    `has report schema ${schemaVersion + 1}; this version of etalon reads 1 to ${schemaVersion}`,
  );
});
