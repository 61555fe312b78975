/** Starts a submission's process in the strongest isolation that the machine has: it sees its host, its own file and the language, and no answer. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type FunctionsOptions,
  functionsCommand,
  type HostedFunction,
  hostFolder,
} from '../../backends/functions/hostFunctions.ts';
import { setupFolder } from '../../backends/installed.ts';
import {
  endUser,
  isolate,
  isolationLevels,
  levelDescriptions,
  strongestIsolation,
  tryIsolation,
} from '../../backends/isolation/isolation.ts';
import { guard, release } from '../../backends/worker/guardian.ts';
import type { WorkerOptions } from '../../backends/worker/worker.ts';
import type { IsolationRecord } from '../runReport.ts';
import type { Limits } from './assignment.ts';
import { type Submission, stageSubmission } from './submission.ts';

/** The level is not reached; nothing may be graded. */
export class IsolationError extends Error {
  override readonly name = 'IsolationError';
}

/** Levels that may be asked for. `none` is for one's own code on one's own machine, where nothing else works. */
export const gradingLevels = [...isolationLevels, 'none'] as const;
export type GradingLevel = (typeof gradingLevels)[number];

/**
 * The strongest level that works here.
 *
 * @throws IsolationError where it is weaker than the least that is accepted, saying what each stronger one lacks.
 */
export function requireIsolation(least: GradingLevel = 'limits'): GradingLevel {
  const level = strongestIsolation();
  if (level === undefined && least === 'none') return 'none';
  if (level !== undefined && gradingLevels.indexOf(level) <= gradingLevels.indexOf(least)) return level;
  const reasons = tryIsolation().map(({ level: tried, reason }) => `${tried}: ${reason ?? 'works, and is weaker'}`);
  throw new IsolationError(
    `nothing is graded: the isolation ${least} is asked for, and is not reached here (${reasons.join('; ')})`,
  );
}

export interface Launch {
  readonly worker: Omit<WorkerOptions, 'timeoutMs'>;
  readonly isolation: IsolationRecord;
  /** Removes the copy of the submission. */
  remove(): void;
}

const fileBytes = 2 ** 24;
const openFiles = 64;
/** Node starts a dozen threads of its own, and the compiler's memory counts: below this neither it nor numpy begins. */
const leastMemoryMiB = 256;

export function launchSubmission(
  submission: Submission,
  functions: readonly HostedFunction[],
  limits: Limits,
  level: GradingLevel,
  kernel: Pick<FunctionsOptions, 'arrays' | 'forbidden'> & { readonly packages?: readonly string[] } = {},
): Launch {
  // Nobody else can list the folder, so that nobody finds what lies in it; whoever is told the name can read it.
  const folder = mkdtempSync(join(tmpdir(), 'etalon-grade-'));
  guard(`folder ${folder}`);
  chmodSync(folder, 0o711);
  const own = join(folder, randomUUID());
  mkdirSync(own);
  const file = stageSubmission(submission, own);
  chmodSync(own, 0o755);
  const isPython = submission.language === 'python';
  const python = isPython ? findPython(level) : undefined;
  const { packages = python?.packages ?? [], ...table } = kernel;
  const hosted = functionsCommand(submission.language, file, functions, {
    python: python?.program,
    paths: packages,
    restricted: level === 'limits',
    ...table,
  });
  const host = join(hostFolder, isPython ? 'host.py' : 'host.mjs');
  const common = { replyDescriptor: hosted.replyDescriptor, files: false, directory: folder };
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
    release(`folder ${folder}`);
  };
  if (level === 'none') return { worker: { ...hosted, ...common }, isolation: { level, ...withoutIsolation }, remove };
  const memoryBytes = Math.max(limits.memoryMiB, leastMemoryMiB) * 2 ** 20;
  const made = isolate(
    [isPython ? hosted.command : realpathSync(hosted.command), ...hosted.arguments],
    {
      readable: [host, own, ...(python ? [...python.readable, ...packages] : [realpathSync(process.execPath)])],
      hidden: [etalonFolder],
      memoryBytes,
      // Shared memory, which Python can map, is no private memory. A library for kernels maps gigabytes, and Node does for WebAssembly.
      addressSpaceBytes: isPython && kernel.arrays === undefined ? memoryBytes + 2 ** 30 : undefined,
      cpuSeconds: limits.seconds + 10,
      processes: limits.processes,
      fileBytes,
      openFiles: kernel.arrays === undefined ? openFiles : 256,
      directory: own,
      // One buffer for each of many cores would be more than the address space.
      environment: isPython ? { OPENBLAS_NUM_THREADS: '2' } : {},
    },
    level,
  );
  const { user } = made;
  return {
    worker: {
      ...common,
      command: made.command,
      arguments: made.arguments,
      wholeEnvironment: made.environment,
      leftovers: level === 'otherUser' && user !== undefined ? () => endUser(user) : undefined,
    },
    isolation: { level, ...levelDescriptions[level] },
    remove,
  };
}

const withoutIsolation = {
  title: 'none: for your own code on your own machine',
  holds: ['a process of its own, which is ended when it takes too long'],
  doesNotHold: ['it may do whatever you may'],
};

/** The clone, or the package: its host is readable nevertheless, because it is named. */
const etalonFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

interface Python {
  readonly program: string;
  /** Folders of the interpreter itself. */
  readonly readable: readonly string[];
  /** Folders of packages, numpy among them where it was set up. */
  readonly packages: readonly string[];
}

const pythons = new Map<string, Python>();

/** The interpreter behind the name: a launcher such as pyenv's needs more than Python itself. Where files are not hidden the system's own is everybody's. */
function findPython(level: GradingLevel): Python {
  const candidates = level === 'otherUser' ? ['/usr/bin/python3', 'python3'] : ['python3', '/usr/bin/python3'];
  for (const name of candidates) {
    const known = pythons.get(name);
    if (known) return known;
    try {
      const says = 'import sys; print(sys.executable); print(sys.prefix); print(sys.base_prefix)';
      const [program, ...prefixes] = execFileSync(name, ['-I', '-c', says], { encoding: 'utf8', timeout: 20_000 })
        .trim()
        .split('\n');
      const folders = ['packages', 'numpy'].map((part) => join(setupFolder('python'), part)).filter((path) => existsSync(path));
      const python = {
        program: realpathSync(program),
        readable: [...new Set(prefixes)].filter((prefix) => !prefix.startsWith('/usr') || prefix.startsWith('/usr/local')),
        packages: level === 'otherUser' ? [] : folders,
      };
      pythons.set(name, python);
      return python;
    } catch {
      // Not this one.
    }
  }
  throw new IsolationError('a submission in Python needs python3 on the PATH');
}
