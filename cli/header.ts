import { existsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyOperation } from '../suites/judging/operation.ts';
import { describeOperation } from '../suites/running/describeOperation.ts';
import { type RunReport, schemaVersion } from '../suites/runReport.ts';
import { version } from './version.ts';

/** The report of a run in which nothing has happened yet; `directory` is where its page will lie. */
export function reportHeader(operations: readonly AnyOperation[], seed: number, directory?: string): RunReport {
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
    sources: sources(directory),
  };
}

/** Where a reader of the report finds the sources: at GitHub when it is made there, in the clone when it lies in or beside one. */
function sources(directory: string | undefined): string | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_SHA } = process.env;
  if (GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_SHA) {
    return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/blob/${GITHUB_SHA}/`;
  }
  const root = fileURLToPath(new URL('..', import.meta.url));
  const way = directory === undefined ? '' : relative(resolve(directory), root);
  // Compiled files are no sources, and a way through half a disk is no link.
  return /^(\.\.\/?){1,3}$/.test(way) && existsSync(join(root, 'reference/tensor.ts'))
    ? `${way.replace(/\/$/, '')}/`
    : undefined;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
