/**
 * The folder in which a worker and Etalon exchange large tensors. The worker may do anything to it: remove it, lock it, fill it, put a link in its
 * place. It is opened once, and files in it are reached through that, so that none outside is ever read, written or removed.
 */
import { execFile } from 'node:child_process';
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Hands the path of a file of this bare name to `action`. */
export type FilesOfFolder = <Result>(name: string, action: (path: string) => Promise<Result>) => Promise<Result>;

export interface PrivateFolder {
  readonly path: string;
  /** @throws Error when the folder is gone or another one lies in its place. */
  readonly withFile: FilesOfFolder;
  /** Removes it with all that is in it, once no file is in use. Never throws. */
  remove(): Promise<void>;
  /** The same at once, for when the process ends. Never throws. */
  removeNow(): void;
}

const prefix = 'etalon-worker-';

/** Makes a folder that only this user may enter. Its name says whose it is, for `sweepFolders`. */
export function makePrivateFolder(parent: string): PrivateFolder {
  const path = mkdtempSync(join(parent, `${prefix}${process.pid}-`));
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0));
  const own = fstatSync(descriptor, { bigint: true });
  let users = 0;
  let removed = false;
  let idle = () => {};

  /** The file, by way of the open folder where the system can, otherwise once the folder is seen to be the same. */
  function place(name: string): string {
    if (removed) throw new Error(`the folder ${path} was removed`);
    if (process.platform === 'linux') return `/proc/self/fd/${descriptor}/${name}`;
    if (!isStill(path, own)) throw new Error(`the folder ${path} is not the one that was made`);
    return join(path, name);
  }
  function close(): void {
    if (!removed) closeSync(descriptor);
    removed = true;
  }

  return {
    path,
    async withFile(name, action) {
      users++;
      try {
        return await action(place(name));
      } finally {
        users--;
        idle();
      }
    },
    async remove() {
      if (removed) return;
      if (users > 0) {
        await new Promise<void>((resolve) => {
          idle = () => {
            if (users === 0) resolve();
          };
        });
      }
      close();
      await removeFolder(path, own);
    },
    removeNow() {
      close();
      try {
        rmSync(path, { recursive: true, force: true });
      } catch {
        // It is left to the guardian, and to the next run.
      }
    },
  };
}

function isStill(path: string, own: BigIntStats): boolean {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return dev === own.dev && ino === own.ino;
  } catch {
    return false;
  }
}

async function removeFolder(path: string, own: BigIntStats): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    // Locked parts, or deeper than a path is long.
    if (!isStill(path, own)) return;
    const run = promisify(execFile);
    await run('chmod', ['-R', 'u+rwx', '--', path], { timeout: 10_000 }).catch(() => {});
    await run('rm', ['-rf', '--', path], { timeout: 10_000 }).catch(() => {});
  }
}

/** Removes what runs of this user that were killed left in a folder for temporary files. Never throws. */
export function sweepFolders(parent: string): void {
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch {
    return;
  }
  for (const name of names) {
    const owner = new RegExp(`^${prefix}(\\d+)-\\w+$`).exec(name)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    try {
      const path = join(parent, name);
      const status = lstatSync(path);
      if (status.isDirectory() && status.uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another run sweeps it too.
    }
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
