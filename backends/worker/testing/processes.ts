/** What tests ask about processes. */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Whether a process of this id runs. One that has ended, and that nobody has asked for its exit code yet, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until the process is gone, or until patience ends; says whether it is gone. */
export async function isGone(pid: number): Promise<boolean> {
  for (let i = 0; i < 40 && isAlive(pid); i++) await setTimeout(25);
  return !isAlive(pid);
}
