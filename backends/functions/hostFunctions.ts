/** How a file of plain functions is started in a process of its own. */
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '../worker/startWorker.ts';

export interface HostedFunction {
  readonly operation: string;
  /** Name in the file. */
  readonly function: string;
  /** Names of inputs and attributes in the order of the parameters; `weights[]` stands for weights1, weights2, … as one list. */
  readonly arguments: readonly string[];
  readonly outputs: readonly string[];
}

export interface FunctionsOptions {
  readonly python?: string;
  /** Folders of Python packages. */
  readonly paths?: readonly string[];
  /** A kernel's inputs, in float32. */
  readonly arrays?: 'numpy' | 'torch';
  /** A pattern of the names of the library's own kernels that a kernel may not call. */
  readonly forbidden?: string;
  /** Lets JavaScript read its own files, write none and start nothing, where nothing else keeps it from that; Python has no such thing. */
  readonly restricted?: boolean;
}

/** Files that the process reads beside the submission: its host, which knows no answers. */
export const hostFolder = fileURLToPath(new URL('.', import.meta.url));

/** The command that hosts `file`, in JavaScript or Python, behind the protocol. */
export function functionsCommand(
  language: 'javascript' | 'python',
  file: string,
  functions: readonly HostedFunction[],
  { python = 'python3', restricted = false, ...table }: FunctionsOptions = {},
): Pick<WorkerOptions, 'command' | 'arguments' | 'replyDescriptor'> {
  const isPython = language === 'python';
  const host = fileURLToPath(new URL(isPython ? 'host.py' : 'host.mjs', import.meta.url));
  return {
    command: isPython ? python : process.execPath,
    // -I: nothing of the surroundings, no folder of the caller's, decides what Python loads; -B: it writes no compiled files.
    arguments: [
      ...(isPython ? ['-I', '-B'] : restricted ? permissions(host, file) : []),
      host,
      file,
      JSON.stringify({ functions, ...table }),
    ],
    replyDescriptor: 3,
  };
}

/** Node's permission model, under the name that this version of Node has for it. */
function permissions(...files: readonly string[]): string[] {
  const flag = ['--permission', '--experimental-permission'].find((one) => process.allowedNodeEnvironmentFlags.has(one));
  return flag === undefined ? [] : [flag, '--no-warnings', ...files.map((file) => `--allow-fs-read=${file}`)];
}
