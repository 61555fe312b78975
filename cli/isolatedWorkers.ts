/** What a worker needs to see of the machine when it runs in isolation, and nothing else. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { homedir, tmpdir, totalmem } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../backends/installed.ts';
import { endUser, type IsolatedCommand, isolate, levelDescriptions } from '../backends/isolation/isolation.ts';
import type { WorkerOptions } from '../backends/worker/worker.ts';
import type { IsolationRecord } from '../suites/runReport.ts';
import { UsageError } from './errors.ts';

type Command = Pick<WorkerOptions, 'command' | 'arguments' | 'replyDescriptor' | 'environment'>;

/** Whose code the worker runs: an adapter of ours, somebody's module that our host loads, or a program. */
export type WorkerKind = { readonly embedded: string } | { readonly adapter: string } | { readonly program: true };

/** The folder with our modules (the clone, or dist), and the folder of the package around it. */
const modules = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const packageFolder = existsSync(join(modules, 'package.json')) ? modules : dirname(modules);

/** Variables of ours that a worker keeps: where its libraries lie and what it may use. */
const keptVariables = ['LD_LIBRARY_PATH', 'PYTHONPATH', 'CUDA_VISIBLE_DEVICES', 'OMP_NUM_THREADS', 'VK_ICD_FILENAMES'];

const limits = { processes: 1024, openFiles: 1024, fileBytes: 2 ** 28 };

export interface IsolatedWorker {
  readonly command: Pick<
    WorkerOptions,
    'command' | 'arguments' | 'replyDescriptor' | 'wholeEnvironment' | 'leftovers' | 'files'
  >;
  readonly isolation: IsolationRecord;
}

/**
 * The worker's command in the strongest isolation that the machine has. Tensors travel in the messages alone: there is no folder that both see.
 *
 * @throws UsageError when no isolation works here, or when the program's user could not read what it needs.
 */
export function isolatedWorker(command: Command, kind: WorkerKind): IsolatedWorker {
  const kept = keptVariables.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  const environment = { ...Object.fromEntries(kept), ETALON_CACHE: cacheFolder(), ...command.environment };
  const program = programOf(command);
  const readable = [
    ...program.readable,
    ...('program' in kind ? [] : ownModules(kind)),
    ...('adapter' in kind ? surroundings(kind.adapter) : []),
    ...program.words.filter((word) => isAbsolute(word)).flatMap(surroundings),
    ...Object.values(environment).flatMap((value) => value.split(delimiter).filter((part) => isAbsolute(part))),
  ].filter((path) => existsSync(path));
  let made: IsolatedCommand;
  try {
    made = isolate([program.path, ...program.words], {
      readable: [...new Set(readable)],
      hidden: [packageFolder],
      environment,
      devices: true,
      memoryBytes: Math.max(2 ** 31, Math.floor(totalmem() / 2)),
      ...limits,
    });
  } catch (error) {
    throw new UsageError(`--isolate: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { level, user } = made;
  return {
    command: {
      command: made.command,
      arguments: made.arguments,
      replyDescriptor: command.replyDescriptor,
      wholeEnvironment: made.environment,
      files: false,
      leftovers: level === 'otherUser' && user !== undefined ? () => endUser(user) : undefined,
    },
    isolation: { level, ...levelDescriptions[level] },
  };
}

interface Program {
  readonly path: string;
  /** Arguments; files of the folder that we are in by their whole path, because the program is started elsewhere. */
  readonly words: readonly string[];
  readonly readable: readonly string[];
}

function programOf({ command, arguments: words }: Command): Program {
  const path = findProgram(command) ?? command;
  const whole = words.map((word) => (!isAbsolute(word) && existsSync(word) ? resolve(word) : word));
  // A launcher such as pyenv's needs more than Python itself.
  if (/^python[\d.]*$/.test(basename(path))) {
    const { stdout } = spawnSync(path, ['-c', 'import sys; print(sys.executable); print(sys.prefix); print(sys.base_prefix)'], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    const [executable, ...prefixes] = stdout?.trim().split('\n') ?? [];
    if (executable) return { path: executable, words: whole, readable: prefixes.filter((prefix) => prefix !== '/usr') };
  }
  const real = existsSync(path) ? realpathSync(path) : path;
  return { path: real, words: whole, readable: existsSync(real) ? [real] : [] };
}

/** The program's path, as a shell finds it. */
export function findProgram(command: string): string | undefined {
  const paths = command.includes('/')
    ? [resolve(command)]
    : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder || '.', command));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}

/** What the host reads: itself, the shapes of tensors, the packages; of the adapters the one that it hosts. */
function ownModules(kind: WorkerKind): string[] {
  const backends = join(modules, 'backends');
  const adapters = ['js', 'tfjs', 'onnxruntime', 'process', 'starters'];
  const hosted =
    'embedded' in kind ? adapters.find((name) => kind.embedded === name || kind.embedded.startsWith(`${name}-`)) : undefined;
  const parts = readdirSync(backends).filter((name) => !adapters.includes(name) || name === hosted);
  return [
    ...parts.map((name) => join(backends, name)),
    ...['ts', 'js'].map((extension) => join(modules, `reference/tensor.${extension}`)),
    join(packageFolder, 'package.json'),
    ...packagesAround(packageFolder),
  ];
}

/** A file with the folder that it lies in and the packages that it may import; alone where the folder is everybody's or holds the answers. */
function surroundings(file: string): string[] {
  if (!existsSync(file)) return [];
  const folder = statSync(file).isDirectory() ? file : dirname(resolve(file));
  const everybodys = [homedir(), tmpdir(), '/', process.cwd()].includes(folder) && !existsSync(join(folder, 'package.json'));
  const answers = [packageFolder, modules, ...['reference', 'suites', 'fixtures'].map((room) => join(modules, room))];
  const holdsAnswers = answers.some(
    (room) => folder === room || (room !== modules && room !== packageFolder && folder.startsWith(`${room}/`)),
  );
  return [everybodys || holdsAnswers ? resolve(file) : folder, ...packagesAround(dirname(resolve(file)))];
}

/** Folders of packages that Node looks through for a module in this folder. */
function packagesAround(folder: string): string[] {
  const found: string[] = [];
  for (let path = folder; ; path = dirname(path)) {
    if (existsSync(join(path, 'node_modules'))) found.push(join(path, 'node_modules'));
    if (path === dirname(path)) return found;
  }
}
