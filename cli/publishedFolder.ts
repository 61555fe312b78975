/** The folder of a published site: the runs that it already holds, and those that are found for it. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { z } from 'zod';
import { type Catalogue, emptyCatalogue, withRun } from '../reports/publish/catalogue.ts';
import { runDataPath } from '../reports/publish/places.ts';
import { type PublishedRun, publishedRun, publishedVersion } from '../reports/publish/run.ts';
import { UsageError } from './errors.ts';
import { makeFolder, writeWhole } from './outputFolder.ts';
import { problemOf } from './problemOf.ts';
import { parseReport, readReport } from './readReport.ts';
import { catalogueSchema, publishedRunSchema } from './reportSchema.ts';

const catalogueName = 'catalogue.json';
/** A run's file is a script, because a page that was opened from a disk may load scripts and no data. */
const [before, after] = ['etalonRun(', ');\n'];

export interface PublishedFolder {
  readonly runs: ReadonlyMap<string, PublishedRun>;
  readonly catalogue: Catalogue;
  /** Reads a report and keeps its summary; false where the site has this run already. */
  add(file: string, found: boolean): boolean | undefined;
  /** Writes what later runs of the command need. */
  keep(): void;
}

/**
 * Opens the folder of a site, new or not. `warn` hears of files that are read with a remark.
 *
 * @throws UsageError when the folder cannot be written to, or holds a site of another version.
 */
export function openPublishedFolder(folder: string, warn: (remark: string) => void): PublishedFolder {
  makeFolder(folder);
  const runs = keptRuns(folder);
  let catalogue = keptCatalogue(folder);
  makeFolder(join(folder, 'runs'));
  return {
    runs,
    get catalogue() {
      return catalogue;
    },
    add(file, found) {
      const report = found ? foundReport(file, warn) : readReport(file, warn);
      if (report === undefined) return undefined;
      const run = publishedRun(report, ownReport(folder, file));
      const isNew = !runs.has(run.id);
      runs.set(run.id, run);
      catalogue = withRun(catalogue, report);
      writeWhole(join(folder, runDataPath(run.id)), `${before}${JSON.stringify(run)}${after}`);
      return isNew;
    },
    keep() {
      writeWhole(join(folder, catalogueName), `${JSON.stringify(catalogue)}\n`);
    },
  };
}

/** Other JSON files that lie among the reports are no mistake, unless they call themselves run.json. */
function foundReport(file: string, warn: (remark: string) => void) {
  if (file.endsWith(`${sep}run.json`)) return readReport(file, warn);
  const text = readFileSync(file, 'utf8');
  return text.includes('"etalonVersion"') ? parseReport(text, file, warn) : undefined;
}

/** The page that lies beside a run.json, where both lie within the site. */
function ownReport(folder: string, file: string): string | undefined {
  const way = relative(folder, join(dirname(file), 'index.html'));
  const within = way !== 'index.html' && !way.startsWith('..') && existsSync(join(folder, way));
  return within ? way.split(sep).map(encodeURIComponent).join('/') : undefined;
}

function keptRuns(folder: string): Map<string, PublishedRun> {
  const own = join(folder, 'runs');
  const names = existsSync(own) && statSync(own).isDirectory() ? readdirSync(own).filter((name) => name.endsWith('.js')) : [];
  return new Map(
    names.map((name) => {
      const file = join(own, name);
      const run = keptData(file, readFileSync(file, 'utf8'), publishedRunSchema);
      return [run.id, run];
    }),
  );
}

function keptCatalogue(folder: string): Catalogue {
  const file = join(folder, catalogueName);
  return existsSync(file)
    ? keptData(file, `${before}${readFileSync(file, 'utf8').trim()}${after}`, catalogueSchema)
    : emptyCatalogue;
}

function keptData<Value>(file: string, text: string, schema: z.ZodType<Value>): Value {
  let value: unknown;
  try {
    if (!text.startsWith(before) || !text.endsWith(after)) throw new Error('it is no data of a site');
    value = JSON.parse(text.slice(before.length, -after.length));
  } catch (error) {
    throw new UsageError(
      `${file} cannot be read as etalon publish wrote it: ${error instanceof Error ? error.message : error}`,
    );
  }
  const problem = problemOf(schema, value);
  if (problem !== undefined) {
    throw new UsageError(`${file} cannot be read as version ${publishedVersion} of a published site: ${problem}`);
  }
  return value as Value;
}

/**
 * Returns the files that may be run reports: the path itself, or every .json in a folder at any depth, in the order of their names. Hidden
 * folders and node_modules are left out.
 *
 * @throws UsageError when there is nothing at the path.
 */
export function runFiles(path: string): { readonly file: string; readonly found: boolean }[] {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new UsageError(`--runs ${path}: there is no such file or folder`);
  if (!status.isDirectory()) return [{ file: path, found: false }];
  return readdirSync(path, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) return /^\.|^node_modules$/.test(entry.name) ? [] : runFiles(inner);
      return entry.name.endsWith('.json') ? [{ file: inner, found: true }] : [];
    });
}
