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
    command: commandOf(process.argv.slice(2)),
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
    sources: sourcesFrom(directory),
  };
}

/** Where a reader of the report finds the sources: at GitHub when it is made there, in the clone when it lies in or beside one. */
export function sourcesFrom(directory: string | undefined): string | undefined {
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

/** Options that say where and how the report is written, and which part of the run it is, with the number of words that follow. */
const circumstances: Readonly<Record<string, 0 | 1>> = {
  '--output': 1,
  '--report': 1,
  '--write-expected-failures': 1,
  '--shard': 1,
  '--single-file': 0,
  '--json': 0,
  '--resume': 0,
};

/** The command line as the report shows it: parts of a run, and a run that was resumed, show the same one. */
export function commandOf(words: readonly string[]): string {
  const kept: string[] = ['etalon'];
  for (let i = 0; i < words.length; i++) {
    const [option] = words[i].split('=', 1);
    if (!Object.hasOwn(circumstances, option)) kept.push(words[i]);
    else if (option === words[i]) i += circumstances[option];
  }
  return kept.map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
