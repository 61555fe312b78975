/**
 * Runs a program in the strongest isolation that the machine has. Used where a program is not trusted: by `etalon check --isolate` and for the
 * grading of submissions.
 *
 * Each level is tried with a real process before it is used; the level that was reached belongs into the result. Linux only.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { accessSync, chownSync, constants, readlinkSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Mount, mountsOf, type VisibleFiles } from './fileSystem.ts';
import { namespaceScript } from './namespaceScript.ts';

/** Strongest first. */
export const isolationLevels = ['bubblewrap', 'namespaces', 'userNamespaces', 'otherUser', 'limits'] as const;
export type IsolationLevel = (typeof isolationLevels)[number];

export interface LevelDescription {
  readonly title: string;
  readonly holds: readonly string[];
  readonly doesNotHold: readonly string[];
}

const namespacesHold = [
  'only named files and folders are visible, read-only',
  'no network, abstract Unix sockets included',
  'no other process is visible, can be signalled or read',
  'everything it started ends with it',
  'no privilege can be gained',
  'limits on processor time, memory, files and processes',
];
const perProcess = 'memory is limited for each process, not for all of them together';

/** Says what each level promises and what it does not. */
export const levelDescriptions: Readonly<Record<IsolationLevel, LevelDescription>> = {
  bubblewrap: { title: 'bubblewrap', holds: namespacesHold, doesNotHold: [perProcess] },
  namespaces: { title: 'namespaces made by root, another user', holds: namespacesHold, doesNotHold: [perProcess] },
  userNamespaces: {
    title: 'user namespaces, the same user',
    holds: namespacesHold,
    doesNotHold: [perProcess, 'its files belong to the user who runs Etalon'],
  },
  otherUser: {
    title: 'another user, with limits',
    holds: [
      'no process of another user can be signalled or read',
      'no file of another user can be written, nor one read that only its owner may read',
      'no privilege can be gained',
      'limits on processor time, memory, files and processes',
    ],
    doesNotHold: [
      perProcess,
      'files that everybody may read are readable, the reference among them',
      'what it writes where everybody may write stays there',
      'the network is there',
    ],
  },
  limits: {
    title: 'limits only: for trusted code',
    holds: ['limits on processor time, memory and files'],
    doesNotHold: [
      'it may read and write whatever the user may, the reference and the results among them',
      'it may signal and read every process of the user',
      'the network is there',
      'processes that it starts are not counted, and those that leave their group go on',
    ],
  },
};

/** Levels at which only named files are visible. */
export function hidesFiles(level: IsolationLevel): boolean {
  return level === 'bubblewrap' || level === 'namespaces' || level === 'userNamespaces';
}

export interface IsolationLimits {
  /** Processor time of each process, in seconds; no limit where absent. */
  readonly cpuSeconds?: number;
  /** Address space of each process. Node needs `nodeAddressSpaceBytes`; no limit where absent, since graphics drivers reserve hundreds of gigabytes. */
  readonly addressSpaceBytes?: number;
  /** Private memory of each process that can be written to: what a memory bomb takes. */
  readonly memoryBytes?: number;
  /** Largest file that can be written, and the size of /tmp. */
  readonly fileBytes?: number;
  /** Processes and threads, at levels that run as a user of their own. */
  readonly processes?: number;
  readonly openFiles?: number;
}

export interface IsolationOptions extends VisibleFiles, IsolationLimits {
  /** Folder to start in; must be visible. The writable folder by default; without one /tmp, or where we are at levels that hide no files. */
  readonly directory?: string;
  /** All of its environment. Nothing of ours is passed on; PATH, HOME, TMPDIR and LANG have values of their own where they are not given. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Leaves the network on, where the level could take it away. */
  readonly network?: boolean;
}

/** A command line to spawn as it is, with exactly this environment. */
export interface IsolatedCommand {
  readonly level: IsolationLevel;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The user that the program runs as, where that is one of its own: whoever ends the program ends all that is left of this user. */
  readonly user?: number;
}

/** The least address space in which a Node of this version starts and works. */
export function nodeAddressSpaceBytes(version = process.version): number {
  return Number.parseInt(version.slice(1), 10) >= 24 ? 2 * 2 ** 30 : 768 * 2 ** 20;
}

const defaults = {
  memoryBytes: 4 * 2 ** 30,
  fileBytes: 2 ** 28,
  processes: 256,
  openFiles: 256,
};

/** Users that a launch draws its own from: systemd's for dynamic users, which no account has. */
const users = [61184, 65520] as const;

interface Tools {
  readonly bwrap?: string;
  readonly unshare?: string;
  readonly setpriv?: string;
  readonly prlimit?: string;
  readonly env?: string;
}

let found: Tools | undefined;
/** The folders of the system's own tools; a PATH that somebody set does not matter. */
function tools(): Tools {
  const find = (name: string) =>
    ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'].map((folder) => `${folder}/${name}`).find(isProgram);
  found ??= {
    bwrap: find('bwrap'),
    unshare: find('unshare'),
    setpriv: find('setpriv'),
    prlimit: find('prlimit'),
    env: find('env'),
  };
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const isRoot = () => process.getuid?.() === 0;

export type IsolationAttempt = { readonly level: IsolationLevel; readonly works: boolean; readonly reason?: string };

let attempts: readonly IsolationAttempt[] | undefined;

/** Tries the levels, strongest first, until one works; once for a process. */
export function tryIsolation(): readonly IsolationAttempt[] {
  if (attempts) return attempts;
  const made: IsolationAttempt[] = [];
  for (const level of isolationLevels) {
    const reason = whyNot(level);
    made.push({ level, works: reason === undefined, reason });
    if (reason === undefined) break;
  }
  attempts = made;
  return made;
}

/** The strongest level that works here, or nothing where not even limits do. */
export function strongestIsolation(): IsolationLevel | undefined {
  return tryIsolation().find(({ works }) => works)?.level;
}

/** Tries one level with a process that says what it sees. Returns why the level cannot be used, or nothing when it can. */
export function whyNot(level: IsolationLevel): string | undefined {
  if (process.platform !== 'linux') return `${process.platform} has no such isolation`;
  const own = fileURLToPath(import.meta.url);
  const see = 'test -e "$0"; seen=$?; id -u; readlink /proc/self/ns/pid; wc -l < /proc/net/dev; echo $seen';
  let made: IsolatedCommand;
  try {
    made = isolate(['/bin/sh', '-c', see, own], { readable: [process.execPath] }, level);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { status, stdout, stderr, error } = spawnSync(made.command, made.arguments, {
    env: made.environment,
    encoding: 'utf8',
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  if (error || status !== 0) return (stderr?.trim().split('\n').at(-1) || error?.message) ?? `it ended with code ${status}`;
  const [user, processes, networkLines, unseen] = stdout.trim().split('\n');
  if (made.user !== undefined && Number(user) !== made.user) return `the process is user ${user}, ${made.user} was meant`;
  if (!hidesFiles(level)) return undefined;
  if (processes === readlinkSync('/proc/self/ns/pid')) return 'the other processes are visible';
  // Two lines of headings, and the loopback device.
  if (Number(networkLines) > 3) return 'the network is visible';
  return unseen === '1' ? undefined : 'files that were not named are visible';
}

/**
 * The command that runs `[program, ...arguments]` isolated, at the strongest level that works or at the level that is named. A writable folder
 * is given to the user that the program will run as.
 *
 * @throws RangeError when a tool is missing, a path does not exist, or no level works here.
 */
export function isolate(
  [program, ...rest]: readonly string[],
  options: IsolationOptions,
  level: IsolationLevel | undefined = strongestIsolation(),
): IsolatedCommand {
  if (level === undefined) throw new RangeError(`isolation: no level works here: ${whyNone()}`);
  if (program === undefined) throw new RangeError('isolation: a command is needed');
  const user = level !== 'userNamespaces' && level !== 'limits' && isRoot() ? randomInt(...users) : undefined;
  if (level === 'namespaces' && user === undefined)
    throw new RangeError('isolation: namespaces without a user namespace need root');
  if (level === 'otherUser' && user === undefined) throw new RangeError('isolation: another user needs root');
  if (user !== undefined) options.readable.forEach(requireReadable);
  if (user !== undefined && options.writable !== undefined) chownSync(options.writable, user, user);
  const directory = options.directory ?? options.writable ?? (hidesFiles(level) ? '/tmp' : process.cwd());
  // The program's user enters the folder, which may be closed to everybody else.
  const start = [tool('env'), `--chdir=${directory}`, program];
  const command = [...privileges(level, user), ...limited(level, options), ...start, ...rest];
  const whole = hidesFiles(level) ? [...namespaced(level, options, user), ...command] : command;
  return {
    level,
    command: whole[0],
    arguments: whole.slice(1),
    environment: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/tmp',
      TMPDIR: '/tmp',
      LANG: 'C.UTF-8',
      ...options.environment,
    },
    user,
  };
}

/** Ends everything that still runs as the user of a launch: nobody else has it, and where processes are visible to each other they may have left their group. */
export function endUser(user: number): void {
  const identity = [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];
  spawnSync(tool('setpriv'), [...identity, '/bin/sh', '-c', 'kill -KILL -1'], { stdio: 'ignore', timeout: 10_000 });
}

/** @throws RangeError for what only its owner may read: the program runs as another user. */
function requireReadable(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new RangeError(`isolation: ${path} does not exist`);
  const needed = status.isDirectory() ? 0o005 : 0o004;
  if ((status.mode & needed) !== needed) {
    const mend = `chmod o+r${status.isDirectory() ? 'x' : ''} ${path}`;
    throw new RangeError(`isolation: ${path} may not be read by the user that the program runs as; ${mend}`);
  }
}

function whyNone(): string {
  return tryIsolation()
    .map(({ level, reason }) => `${level}: ${reason}`)
    .join('; ');
}

function tool(name: keyof Tools): string {
  const path = tools()[name];
  if (path === undefined) throw new RangeError(`isolation: ${name} is not installed`);
  return path;
}

/** Takes every privilege away, and dies with whoever started it: `--reuid` clears the signal that was set before. */
function privileges(level: IsolationLevel, user: number | undefined): string[] {
  // Without root bubblewrap has done it: there is nothing left to take.
  if (level === 'bubblewrap' && user === undefined) return [];
  const identity = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  const none = level === 'limits' ? [] : ['--inh-caps=-all', '--bounding-set=-all'];
  return [tool('setpriv'), ...identity, ...none, '--no-new-privs', '--pdeathsig=KILL', '--'];
}

function limited(level: IsolationLevel, options: IsolationOptions): string[] {
  const { cpuSeconds, addressSpaceBytes } = options;
  const { memoryBytes, fileBytes, processes, openFiles } = { ...defaults, ...defined(options) };
  return [
    tool('prlimit'),
    '--core=0',
    `--data=${memoryBytes}`,
    `--fsize=${fileBytes}`,
    `--nofile=${openFiles}`,
    ...(level === 'limits' ? [] : [`--nproc=${processes}`]),
    ...(cpuSeconds === undefined ? [] : [`--cpu=${Math.ceil(cpuSeconds)}:${Math.ceil(cpuSeconds) + 1}`]),
    ...(addressSpaceBytes === undefined ? [] : [`--as=${addressSpaceBytes}`]),
    '--',
  ];
}

function defined<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Options>;
}

function namespaced(level: IsolationLevel, options: IsolationOptions, user: number | undefined): string[] {
  const mounts = mountsOf(options);
  const temporaryBytes = options.fileBytes ?? defaults.fileBytes;
  if (level === 'bubblewrap') return bubblewrap(mounts, { temporaryBytes, user, network: options.network ?? false });
  return [
    ...[tool('setpriv'), '--pdeathsig=KILL', '--', tool('unshare')],
    ...(level === 'userNamespaces' ? ['--user', '--map-root-user'] : []),
    ...(options.network ? [] : ['--net']),
    ...['--ipc', '--uts', '--pid', '--mount', '--cgroup', '--fork', '--kill-child=SIGKILL', '--'],
    ...['/bin/sh', '-c', namespaceScript, 'isolate', String(temporaryBytes)],
    ...mounts.flatMap((mount) => [mount.kind, mount.path, sourceOf(mount)]),
    '--',
  ];
}

/** The folders above a path, the highest first; the root is there. */
function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`);
}

function sourceOf(mount: Mount): string {
  if (mount.kind === 'link') return mount.target;
  return mount.kind === 'hidden' ? '-' : mount.source;
}

const bubblewrapMounts: Readonly<Record<Exclude<Mount['kind'], 'hidden'>, string>> = {
  readable: '--ro-bind',
  writable: '--bind',
  device: '--dev-bind',
  link: '--symlink',
};

interface Start {
  readonly temporaryBytes: number;
  readonly user: number | undefined;
  readonly network: boolean;
}

function bubblewrap(mounts: readonly Mount[], { temporaryBytes, user, network }: Start): string[] {
  // As root another user is real, and needs these to be taken on; without root the user namespace is what makes the rest possible.
  const own =
    user === undefined
      ? ['--unshare-user']
      : ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => ['--cap-add', name]);
  const temporary = (path: string) => ['--perms', '1777', '--size', String(temporaryBytes), '--tmpfs', path];
  return [
    tool('bwrap'),
    ...['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try', ...(network ? [] : ['--unshare-net'])],
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', ...own],
    ...['--proc', '/proc', '--dev', '/dev', ...temporary('/dev/shm'), ...temporary('/tmp')],
    ...mounts.flatMap((mount) => [
      // bubblewrap would make them for their owner alone.
      ...parentsOf(mount.path).flatMap((folder) => ['--perms', '0755', '--dir', folder]),
      ...(mount.kind === 'hidden' ? ['--tmpfs', mount.path] : [bubblewrapMounts[mount.kind], sourceOf(mount), mount.path]),
    ]),
    ...mounts.flatMap(({ kind, path }) => (kind === 'hidden' ? ['--remount-ro', path] : [])),
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/', '--'],
  ];
}
