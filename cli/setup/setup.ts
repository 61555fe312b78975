/**
 * What `etalon setup` does, step by step. A setup is a folder of parts; a part is fetched and built beside its place and moved
 * there when it is whole, so that an interrupted setup goes on with the part that was interrupted.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, installedFile, readInstalled, setupFolder } from '../../backends/installed.ts';
import { UsageError } from '../errors.ts';
import { createProgress, type ProgressOutput } from '../progress.ts';
import { type Download, fetchDownload } from './downloads.ts';
import { isThere, type RunOptions, runTool, type Tool, tools } from './tools.ts';

/** One thing that is fetched and built. */
export interface Part {
  /** File or folder inside the setup's folder. */
  readonly name: string;
  readonly downloads?: readonly Download[];
  /** What `build` fetches besides them. */
  readonly fetchedBytes?: number;
  /** Space that the finished part takes. */
  readonly diskBytes: number;
  /** Why this part is not needed on this machine; undefined when it is. */
  readonly unneeded?: () => string | undefined;
  readonly build: (context: BuildContext) => Promise<void>;
}

export interface BuildContext {
  /** The downloads' files, in their order, checksums verified. */
  readonly files: readonly string[];
  /** Where the part is to be made, in a folder that exists; it is moved to its place afterwards. */
  readonly target: string;
  /** The setup's folder, with the parts that were made before. */
  readonly folder: string;
  readonly run: (command: string, commandArguments: readonly string[], options?: RunOptions) => Promise<string>;
}

export interface Setup {
  /** One line: what is fetched and built. */
  readonly summary: string;
  /** Backends that it makes possible. */
  readonly backends: readonly string[];
  /** What is fetched, and what it is built for; another version of any of them makes the setup anew. */
  readonly versions: Readonly<Record<string, string>>;
  readonly parts: readonly Part[];
  /** Programs that it needs besides those that its downloads need. */
  readonly tools: readonly Tool[];
  /** Whether this machine's system and processor have these parts at all. */
  readonly platforms: readonly `${NodeJS.Platform}-${NodeJS.Architecture}`[];
}

/** What the command line leaves open. */
export interface SetupChoices {
  /** `fetch`: those that the machine lacks. `machine`: none, the machine that runs it has them. */
  readonly cudaLibraries: 'fetch' | 'machine';
}

export interface SetupOptions {
  readonly output: ProgressOutput;
}

/**
 * Sets up one backend; returns its folder. A second time it does nothing.
 *
 * @throws UsageError before anything is fetched when the platform, a program or the space is missing.
 */
export async function runSetup(name: string, setup: Setup, { output }: SetupOptions): Promise<string> {
  const folder = setupFolder(name);
  const say = (line: string) => output.write(`${name}: ${line}\n`);
  const missingParts = () => setup.parts.filter((part) => !existsSync(join(folder, part.name)) && !part.unneeded?.());
  if (isInstalled(name, setup) && missingParts().length === 0) {
    say(`is set up already in ${folder}`);
    return folder;
  }
  requirePlatform(name, setup);
  if (!isBegunWith(folder, setup.versions)) rmSync(folder, { recursive: true, force: true });
  const parts = missingParts();
  say(setup.summary);
  for (const line of needs(name, setup, parts)) say(line);

  mkdirSync(folder, { recursive: true });
  const release = lock(name, folder);
  try {
    // Written first as well, so that a folder that was begun for other versions is not gone on with.
    writeFileSync(join(folder, begunFile), JSON.stringify({ versions: setup.versions }));
    const progress = createProgress(output);
    for (const part of setup.parts) {
      const reason = part.unneeded?.();
      if (reason !== undefined) say(`${part.name} is not needed: ${reason}`);
    }
    for (const [index, part] of parts.entries()) {
      say(`part ${index + 1} of ${parts.length}: ${part.name}`);
      const files: string[] = [];
      for (const download of part.downloads ?? []) files.push(await fetchDownload(download, progress));
      await buildPart(part, folder, files);
      for (const file of files) rmSync(file, { force: true });
    }
    writeFileSync(join(folder, installedFile), `${JSON.stringify({ versions: setup.versions }, null, 2)}\n`);
  } finally {
    release();
  }
  say(`is set up in ${folder}`);
  return folder;
}

export function isInstalled(name: string, setup: Setup): boolean {
  const installed = readInstalled(name);
  return installed !== undefined && sameVersions(installed.versions, setup.versions);
}

const begunFile = 'begun.json';

function isBegunWith(folder: string, versions: Setup['versions']): boolean {
  try {
    const begun = JSON.parse(readFileSync(join(folder, begunFile), 'utf8')) as { versions: Setup['versions'] };
    return sameVersions(begun.versions, versions);
  } catch {
    return false;
  }
}

function sameVersions(a: Setup['versions'], b: Setup['versions']): boolean {
  const sorted = (versions: Setup['versions']) => JSON.stringify(Object.entries(versions).sort());
  return sorted(a) === sorted(b);
}

function requirePlatform(name: string, { platforms }: Setup): void {
  const here = `${process.platform}-${process.arch}` as const;
  if (!platforms.includes(here)) throw new UsageError(`setup ${name}: exists for ${platforms.join(', ')}, this is ${here}`);
}

/**
 * What the setup needs, said before it starts.
 *
 * @throws UsageError naming everything that is missing and how to get it.
 */
function needs(name: string, setup: Setup, parts: readonly Part[]): string[] {
  const downloads = parts.flatMap((part) => part.downloads ?? []);
  const clients = [...new Set(downloads.map(({ kind }) => (kind === 'npm' ? tools.npm : tools.pip)))];
  const needed = [...new Set([...clients, ...setup.tools])];
  const missing = needed.filter((tool) => !isThere(tool)).map((tool) => `${tool.name} (${tool.purpose}): ${tool.advice}`);
  const downloadBytes = sum(parts.map(fetchedBytes));
  // Downloads go when their part is built, so only the largest part's stand beside what is built.
  const diskBytes =
    sum(parts.map((part) => part.diskBytes)) +
    Math.max(0, ...parts.map((part) => sum((part.downloads ?? []).map(({ bytes }) => bytes))));
  const freeBytes = freeSpace(cacheFolder());
  if (freeBytes < diskBytes) {
    missing.push(
      `${megabytes(diskBytes)} of disk space in ${cacheFolder()}: ${megabytes(freeBytes)} are free; free some, or name another --directory`,
    );
  }
  if (missing.length > 0) throw new UsageError(`setup ${name} needs what is not here:\n  ${missing.join('\n  ')}`);
  return [
    `needs ${needed.map((tool) => `${tool.name} (${tool.purpose})`).join(', ') || 'no program'}: found`,
    `downloads ${megabytes(downloadBytes)}, takes ${megabytes(diskBytes)} of the ${megabytes(freeBytes)} free in ${cacheFolder()}`,
  ];
}

function freeSpace(folder: string): number {
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = statfsSync(there);
  return bavail * bsize;
}

async function buildPart(part: Part, folder: string, files: readonly string[]): Promise<void> {
  const partial = join(folder, '.partial');
  rmSync(partial, { recursive: true, force: true });
  const target = join(partial, part.name);
  const place = join(folder, part.name);
  mkdirSync(dirname(target), { recursive: true });
  mkdirSync(dirname(place), { recursive: true });
  await part.build({ files, target, folder, run: runTool });
  renameSync(target, place);
  rmSync(partial, { recursive: true, force: true });
}

/** Keeps a second setup of the same name out; the lock of a process that is gone does not count. */
function lock(name: string, folder: string): () => void {
  const file = join(folder, '.lock');
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const pid = Number(readFileSync(file, 'utf8'));
      if (isAlive(pid)) throw new UsageError(`setup ${name}: another one is running (process ${pid})`);
      rmSync(file, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What a part fetches, if it is needed. */
export function fetchedBytes(part: Part): number {
  return sum((part.downloads ?? []).map(({ bytes }) => bytes)) + (part.fetchedBytes ?? 0);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Decimal, as disks and registries count. */
export function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e6)} MB`;
}
