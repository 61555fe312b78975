/**
 * Processes that must not outlive us. A worker leads a process group of its own and carries a mark in its environment, so that
 * what it starts can be found again, even in another group (on Linux).
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { guard, release } from './guardian.ts';
import type { PrivateFolder } from './privateFolder.ts';

/** Environment variable that marks the processes of one worker. */
const markName = 'ETALON_WORKER';

export interface OwnedProcess {
  readonly child: ChildProcess;
  /** Ends the worker and all that it started, at once and without asking. Resolves when its folder is gone too. May be called again. */
  destroy(): Promise<void>;
  /** The same for when we end: nothing is waited for. */
  destroyNow(): void;
}

const owned = new Set<OwnedProcess>();

/** Starts a process that ends with us, however we end; the folder is removed with it. `leftovers` ends what cannot be found otherwise. */
export function spawnOwned(
  command: string,
  commandArguments: readonly string[],
  options: SpawnOptions,
  folder: PrivateFolder,
  leftovers: () => void = () => {},
): OwnedProcess {
  installHooks();
  const id = randomUUID();
  const mark = `${markName}=${id}`;
  const env = { ...options.env, [markName]: id };
  guard(`folder ${folder.path}`);
  let child: ChildProcess;
  try {
    child = spawn(command, commandArguments, { ...options, env, detached: true, windowsHide: true });
  } catch (error) {
    folder.removeNow();
    release(`folder ${folder.path}`);
    throw error;
  }
  const { pid } = child;
  if (pid !== undefined) {
    guard(`group ${pid}`);
    guard(`mark ${mark}`);
  }
  let removing: Promise<void> | undefined;
  function end(): boolean {
    if (!owned.delete(entry)) return false;
    if (pid !== undefined) {
      killGroup(pid);
      killMarked(mark);
      leftovers();
      release(`group ${pid}`);
      release(`mark ${mark}`);
    }
    return true;
  }
  const entry: OwnedProcess = {
    child,
    async destroy() {
      if (end()) removing = folder.remove().then(() => release(`folder ${folder.path}`));
      await removing;
    },
    destroyNow() {
      if (end()) folder.removeNow();
    },
  };
  owned.add(entry);
  return entry;
}

function killGroup(pid: number): void {
  try {
    // A group lives on as long as any of its members does, its leader or not.
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

/** Kills what left the group. A process may start another while we look, so we look until there is none. */
function killMarked(mark: string): void {
  if (process.platform !== 'linux') return;
  for (let attempt = 0; attempt < 10; attempt++) {
    const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isMarked(name, mark));
    for (const pid of found) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    if (found.length === 0) return;
  }
}

function isMarked(pid: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark);
  } catch {
    return false;
  }
}

let hooked = false;

function installHooks(): void {
  if (hooked) return;
  hooked = true;
  const destroyAll = () => {
    for (const entry of owned) entry.destroyNow();
  };
  process.on('exit', destroyAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const onSignal = () => {
      // Another listener decides what the signal means; when it ends the process, the hook above follows.
      if (process.listenerCount(signal) > 1) return;
      destroyAll();
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    // In front, to see the others before a `once` among them is gone.
    process.prependListener(signal, onSignal);
  }
}
