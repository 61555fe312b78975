/**
 * Grades submissions that try to get points they did not earn, or to bring the machine down, and looks at what became of it: the points, the
 * machine, and what is left.
 */
import { execFile, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  hidesFiles,
  type IsolationLevel,
  isolate,
  isolationLevels,
  tryIsolation,
  whyNot,
} from '../../../backends/isolation/isolation.ts';
import { type Assignment, readAssignment } from '../assignment.ts';
import { gradeFile } from '../gradeFile.ts';
import type { GradeReport } from '../gradeReport.ts';
import { assignmentFolder } from '../shipped.ts';

const schema = z.array(
  z.strictObject({
    name: z.string(),
    /** Row of the table of threats. */
    row: z.string(),
    javascript: z.string().optional(),
    python: z.string().optional(),
    /** Computes the right result beside the attack: its points are its own, the attack must fail. */
    honest: z.boolean().default(false),
    /** Levels that do not hold it, each with the sentence of its description that says so. */
    notHeldAt: z.partialRecord(z.enum(isolationLevels), z.string()).default({}),
  }),
);

export type HostileSubmission = z.infer<typeof schema>[number];

export interface HostileRecord {
  readonly name: string;
  readonly row: string;
  readonly level: IsolationLevel;
  readonly held: boolean;
  /** Whether the level is documented not to hold it. */
  readonly documented: boolean;
  /** What came of it: the verdict, or what was not held. */
  readonly says: string;
  readonly seconds: number;
}

export const hostileSubmissions: readonly HostileSubmission[] = schema.parse(
  parse(readFileSync(new URL('submissions.yaml', import.meta.url), 'utf8')),
);

/** The strongest level that works here, the weakest that is meant for code that is not trusted, and the weakest of all. */
export function hostileLevels(): IsolationLevel[] {
  const strongest = tryIsolation().find(({ works }) => works)?.level;
  if (strongest === undefined || strongest === 'limits') return [];
  const weakest = (['otherUser', 'userNamespaces', 'namespaces', 'bubblewrap'] as const).find(
    (level) => whyNot(level) === undefined,
  );
  const contained: readonly IsolationLevel[] = hidesFiles(strongest) ? ['limits'] : [];
  return [...new Set([strongest, weakest ?? strongest, ...contained])];
}

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

const right = `conv2dBiasGradient(dy) {
  return dy[0].map((_, o) => dy.reduce((sum, image) => image[o].flat().reduce((a, b) => a + b, sum), 0));
}`;

/** One function with its cases, and limits under which an endless loop is soon over. */
export function hostileAssignment(): Assignment {
  const whole = readAssignment(assignmentFolder('convolution-gradients')!);
  const [task] = whole.tasks;
  const points = task.checks.reduce((sum, check) => sum + check.points, 0);
  const limits = { ...whole.limits, secondsPerCall: 3, seconds: 12, memoryMiB: 512 };
  return { ...whole, tasks: [task], points, limits };
}

/**
 * Grades one hostile submission at one level. Never throws for what it does. At `limits` a submission may signal every process of its user: there
 * the whole grading runs in an isolation of its own.
 */
export function tryHostile(submission: HostileSubmission, level: IsolationLevel): Promise<HostileRecord> {
  return level === 'limits' ? tryContained(submission, level) : tryHere(submission, level);
}

/** The packages that Etalon itself uses, wherever they are installed. */
const packages = fileURLToPath(import.meta.resolve('zod')).replace(/\/node_modules\/zod\/.*$/, '/node_modules');
const containedSeconds = 45;

async function tryContained(submission: HostileSubmission, level: IsolationLevel): Promise<HostileRecord> {
  const started = performance.now();
  const module = new URL(`contained.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
  const loader = module.pathname.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  const made = isolate([realpathSync(process.execPath), ...loader, fileURLToPath(module), submission.name, level], {
    readable: [root, packages, realpathSync(process.execPath)],
    processes: 512,
    memoryBytes: 2 ** 32,
    // Where there is none, a connection to it cannot be tried.
    network: true,
  });
  const text = await new Promise<string>((resolve) => {
    const limits = {
      env: made.environment,
      timeout: containedSeconds * 1000,
      killSignal: 'SIGKILL',
      maxBuffer: 2 ** 24,
    } as const;
    execFile(made.command, made.arguments, limits, (_, stdout) => resolve(stdout));
  });
  const { name, row, notHeldAt } = submission;
  const seconds = (performance.now() - started) / 1000;
  try {
    return JSON.parse(text.slice(text.lastIndexOf('\n{') + 1)) as HostileRecord;
  } catch {
    return { name, row, level, held: false, documented: level in notHeldAt, says: 'it ended the harness', seconds };
  }
}

/** Grades it in this process. */
export async function tryHere(submission: HostileSubmission, level: IsolationLevel): Promise<HostileRecord> {
  const mark = `hostile${process.pid}x${Math.random().toString(36).slice(2)}`;
  const folder = mkdtempSync(join(tmpdir(), 'etalon-hostile-'));
  const closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const answers = join(closed, 'answers.mjs');
  writeFileSync(answers, `export function ${right}\n`, { mode: 0o600 });
  const canary = join(folder, 'results.json');
  writeFileSync(canary, '{"points":0}\n', { mode: 0o644 });
  const left = join(tmpdir(), `${mark}-left`);
  const segment = randomInt(2 ** 20, 2 ** 30);
  const priority = getPriority();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as { port: number };
  const text = (submission.javascript ?? submission.python ?? '')
    .replaceAll('RIGHT_AS_right', `function ${right.replace('conv2dBiasGradient', 'right')}`)
    .replaceAll('RIGHT', `export function ${right}`)
    .replaceAll('ANSWERS', answers)
    .replaceAll('ROOT', root)
    .replaceAll('CANARY', canary)
    .replaceAll('PORT', String(port))
    .replaceAll('PARENT', String(process.pid))
    .replaceAll('SEGMENT', String(segment))
    .replaceAll('MARK', mark)
    .replaceAll('LEFT', left);
  const file = join(folder, submission.javascript === undefined ? 'hostile.py' : 'hostile.mjs');
  writeFileSync(file, text);
  const started = performance.now();
  const problems: string[] = [];
  let report: GradeReport | undefined;
  const assignment = hostileAssignment();
  try {
    const options = { student: submission.name, attempt: 1, secret: 'hostile', etalonVersion: 'selftest', level };
    report = await gradeFile(file, assignment, options);
    if (report.points > 0 && !submission.honest) problems.push(`it got ${report.points} points`);
    if (report.points > report.maximum) problems.push('more points than there are');
  } catch (error) {
    problems.push(`the harness failed: ${(error as Error).message}`);
  }
  const seconds = (performance.now() - started) / 1000;
  if (seconds > assignment.limits.seconds + 15) problems.push(`it took ${seconds.toFixed(0)} s`);
  if (readFileSync(canary, 'utf8') !== '{"points":0}\n') problems.push('a file outside was written');
  if (connections > 0) problems.push('it reached the network');
  const alive = await processesWith(mark);
  if (alive.length > 0) problems.push(`${alive.length} processes are left`);
  for (const pid of alive) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  const files = filesWith(mark);
  if (files.length > 0) problems.push(`${files.length} files are left`);
  for (const file of files) rmSync(file, { recursive: true, force: true });
  const segments = segmentsFrom(segment);
  if (segments.length > 0) problems.push(`${segments.length} segments of shared memory are left`);
  for (const id of segments) spawnSync('ipcrm', ['-m', id]);
  if (getPriority() !== priority) problems.push('the harness was slowed down');
  server.close();
  rmSync(folder, { recursive: true, force: true });
  return {
    name: submission.name,
    row: submission.row,
    level,
    held: problems.length === 0,
    documented: level in submission.notHeldAt,
    says: problems.length > 0 ? problems.join(', ') : verdictOf(report),
    seconds,
  };
}

/** Folders that everybody may write to. */
const commonFolders = ['/dev/shm', '/var/tmp', '/run/lock', '/dev/mqueue'];

function filesWith(mark: string): string[] {
  return [...new Set([tmpdir(), ...commonFolders])]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.includes(mark))
        .map((name) => join(folder, name)),
    );
}

/** Identifiers of System V's segments with the keys of an attack. */
function segmentsFrom(first: number): string[] {
  const lines = existsSync('/proc/sysvipc/shm') ? readFileSync('/proc/sysvipc/shm', 'utf8').split('\n').slice(1) : [];
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([key]) => Number(key) >= first && Number(key) < first + 8)
    .map(([, id]) => id);
}

function verdictOf(report: GradeReport | undefined): string {
  if (!report) return '';
  if (report.problem) return report.problem;
  const kinds = report.tasks.flatMap(({ findings }) => findings.map(({ kind }) => kind));
  return `${report.points} of ${report.maximum} points${kinds.length > 0 ? `: ${kinds.join(', ')}` : ''}`;
}

/** Processes with the word in their command line, once those that are ending have ended. */
async function processesWith(mark: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  for (let attempt = 0; ; attempt++) {
    const found = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(mark));
    if (found.length === 0 || attempt === 10) return found.map(Number);
    await wait(50);
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
