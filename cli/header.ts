import { cpus, totalmem } from 'node:os';
import { describeOperation } from '../suites/describe.ts';
import type { AnyOperation } from '../suites/operation.ts';
import { type RunReport, schemaVersion } from '../suites/runReport.ts';
import { version } from './version.ts';

/** The report of a run in which nothing has happened yet. */
export function reportHeader(operations: readonly AnyOperation[], seed: number): RunReport {
  return {
    schemaVersion,
    etalonVersion: version,
    startedAt: new Date().toISOString(),
    seed,
    command: ['etalon', ...process.argv.slice(2)].map(quoted).join(' '),
    environment: {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    },
    backends: [],
    operations: operations.map(describeOperation),
    outcomes: [],
    properties: [],
    timings: [],
    rows: [],
  };
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
