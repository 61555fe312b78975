/** The folder that a report is written into: looked at before work begins, and locked while it goes on. */
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from './errors.ts';

export const journalName = 'run.jsonl';
const lockName = '.etalon-lock';

export interface OutputFolder {
  readonly path: string;
  /** Where the journal of a killed run was moved to, if there was one. */
  readonly moved?: string;
  /** Lets others write here. Never throws. */
  release(): void;
}

/**
 * Makes the folder where there is none, and takes it for this run. The journal of a run that was killed here gets a name of its own.
 *
 * @throws UsageError when it cannot be made or written to, when another run writes there, or when something other than a file lies where
 * `files` or ours would.
 */
export function openOutputFolder(directory: string, files: readonly string[] = []): OutputFolder {
  makeFolder(directory);
  for (const name of [journalName, lockName, ...files]) requirePlainFile(join(directory, name));
  const release = lock(directory);
  try {
    return { path: directory, moved: moveJournalAside(directory), release };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Makes a folder and those above it, one after the other: Node's own way of it does not end below /proc.
 *
 * @throws UsageError when it cannot be made or written to.
 */
export function makeFolder(directory: string): void {
  if (directory === '') throw new UsageError('--output "": the name of a folder is needed');
  try {
    const missing: string[] = [];
    for (let path = resolve(directory); !existsSync(path); path = dirname(path)) {
      // A link that leads nowhere exists, and nothing can be made in its place.
      if (lstatSync(path, { throwIfNoEntry: false })) throw new Error(`${path} is a link that leads nowhere`);
      missing.unshift(path);
    }
    for (const path of missing) mkdirSync(path);
    if (!statSync(directory).isDirectory()) throw new Error('it is not a folder');
    const probe = join(directory, `.etalon-write-test-${process.pid}`);
    closeSync(openSync(probe, 'wx'));
    unlinkSync(probe);
  } catch (error) {
    throw new UsageError(`cannot write to ${directory}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @throws UsageError when there is something at this path that is not a plain file. */
export function requirePlainFile(path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined || status.isFile()) return;
  const kind = status.isSymbolicLink() ? 'a link' : status.isDirectory() ? 'a folder' : 'no plain file';
  throw new UsageError(`cannot write to ${path}: ${kind} lies there; remove it, or name another folder with --output`);
}

/**
 * Writes a file whole or not at all, in place of whatever had its name; a link there is replaced and not followed.
 *
 * @throws Error when the disk is full or the folder is gone.
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.part`;
  const descriptor = openSync(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0),
    0o666,
  );
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    closeSync(descriptor);
    renameSync(temporary, path);
  } catch (error) {
    try {
      closeSync(descriptor);
    } catch {
      // It is closed.
    }
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Two attempts: the lock of a run that was killed is taken over. */
function lock(directory: string): () => void {
  const path = join(directory, lockName);
  for (let attempt = 1; ; attempt++) {
    try {
      const descriptor = openSync(path, 'wx');
      writeSync(descriptor, `${process.pid}\n`);
      closeSync(descriptor);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new UsageError(`cannot write to ${directory}: ${reasonOf(error)}`);
      const owner = ownerOf(path);
      if (attempt === 2 || (owner !== undefined && isRunning(owner))) {
        throw new UsageError(
          `${directory} is in use by another run (process ${owner ?? 'unknown'}); wait for its end, or name another folder with --output`,
        );
      }
      rmSync(path, { force: true });
    }
  }
  const release = () => {
    process.off('exit', release);
    try {
      if (ownerOf(path) === process.pid) unlinkSync(path);
    } catch {
      // The folder is gone.
    }
  };
  process.on('exit', release);
  return release;
}

function ownerOf(path: string): number | undefined {
  try {
    const owner = Number(readFileSync(path, 'utf8').slice(0, 20));
    return Number.isSafeInteger(owner) && owner > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Only a run that was killed leaves a journal. */
function moveJournalAside(directory: string): string | undefined {
  const path = join(directory, journalName);
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  if (status.size === 0) {
    rmSync(path);
    return undefined;
  }
  const time = status.mtime
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  for (let count = 1; ; count++) {
    const moved = join(directory, `run-killed-${time}${count === 1 ? '' : `-${count}`}.jsonl`);
    if (existsSync(moved)) continue;
    renameSync(path, moved);
    return moved;
  }
}
