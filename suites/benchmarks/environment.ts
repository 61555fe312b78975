/** What else the machine was doing: read before, during and after. */
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg, totalmem } from 'node:os';

export interface EnvironmentReading {
  /** Load average over one minute. */
  readonly load: number;
  /** Processor time so far, in the kernel's ticks: all of it, and what the hypervisor gave to others. */
  readonly ticks?: { readonly total: number; readonly steal: number };
  readonly governor?: string;
}

export function readEnvironment(): EnvironmentReading {
  return { load: loadavg()[0], ticks: processorTicks(text('/proc/stat')), governor: governor() };
}

/** Returns the ticks of the first line of /proc/stat; undefined where there is none. */
export function processorTicks(stat: string | undefined): EnvironmentReading['ticks'] {
  const fields = /^cpu\s+(.*)$/m
    .exec(stat ?? '')?.[1]
    .trim()
    .split(/\s+/)
    .map(Number);
  if (!fields || fields.length < 8) return undefined;
  // user, nice, system, idle, iowait, irq, softirq, steal; guests are part of user.
  return { total: fields.slice(0, 8).reduce((a, b) => a + b), steal: fields[7] };
}

/** Returns the share of processor time between two readings that went to other machines of the same host. */
export function stealShare(before: EnvironmentReading, after: EnvironmentReading): number | undefined {
  if (!before.ticks || !after.ticks) return undefined;
  const total = after.ticks.total - before.ticks.total;
  return total > 0 ? (after.ticks.steal - before.ticks.steal) / total : undefined;
}

function governor(): string | undefined {
  return text('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')?.trim();
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Returns what a person should know of the machine before measuring on it; nothing where it is idle. */
export function environmentWarnings(reading: EnvironmentReading, cores = availableParallelism()): string[] {
  const warnings: string[] = [];
  if (reading.load > cores / 4) {
    warnings.push(
      `the machine is under load: ${reading.load.toFixed(2)} processes on ${cores} cores over the last minute; times will be longer and intervals wider`,
    );
  }
  if (reading.governor !== undefined && reading.governor !== 'performance') {
    warnings.push(
      `the processor's governor is ${reading.governor}: its clock rate changes with the load; performance holds it`,
    );
  }
  return warnings;
}

/** Bytes that a process can still get. */
export function availableMemory(): number {
  const { availableMemory: available } = process as { availableMemory?: () => number };
  if (available) return available.call(process);
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(text('/proc/meminfo') ?? '')?.[1];
  return kilobytes === undefined ? totalmem() : Number(kilobytes) * 1024;
}
