/** Processor time of a process and of everything that it started, which no clock inside of it can deny. Linux. */
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second. */
const tickMs = 10;

/** Milliseconds of processor time until now; undefined where the system does not say. Processes that have ended count where they were waited for. */
export function processorMs(pid: number): number | undefined {
  const processes = new Map<number, { readonly parent: number; readonly ticks: number }>();
  try {
    for (const name of readdirSync('/proc')) {
      const read = /^\d+$/.test(name) ? ticksOf(name) : undefined;
      if (read) processes.set(Number(name), read);
    }
  } catch {
    return undefined;
  }
  if (!processes.has(pid)) return undefined;
  const isOurs = (one: number): boolean => one === pid || (one > 1 && isOurs(processes.get(one)?.parent ?? 0));
  let total = 0;
  for (const [one, { ticks }] of processes) if (isOurs(one)) total += ticks;
  return total * tickMs;
}

function ticksOf(pid: string): { readonly parent: number; readonly ticks: number } | undefined {
  try {
    // The name of the program stands in brackets and may hold anything.
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), ticks };
  } catch {
    return undefined;
  }
}
