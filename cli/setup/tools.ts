/** Programs that a setup starts. */
import { spawn, spawnSync } from 'node:child_process';

export interface Tool {
  readonly name: string;
  readonly purpose: string;
  /** A command line that succeeds where the program is there. */
  readonly probe: readonly [command: string, ...rest: string[]];
  /** How one gets it. */
  readonly advice: string;
}

export const tools = {
  npm: { name: 'npm', purpose: 'fetches packages', probe: ['npm', '--version'], advice: 'it comes with Node' },
  pip: {
    name: 'python3 with pip',
    purpose: 'fetches and unpacks wheels',
    probe: ['python3', '-m', 'pip', '--version'],
    advice: 'on Debian and Ubuntu: apt install python3-pip',
  },
  compiler: {
    name: 'g++',
    purpose: 'compiles the addon, C++17',
    probe: ['g++', '--version'],
    advice: 'on Debian and Ubuntu: apt install g++',
  },
  tar: {
    name: 'tar',
    purpose: 'unpacks packages',
    probe: ['tar', '--version'],
    advice: 'on Debian and Ubuntu: apt install tar',
  },
} as const satisfies Readonly<Record<string, Tool>>;

export function isThere({ probe: [command, ...rest] }: Tool): boolean {
  return spawnSync(command, rest, { stdio: 'ignore' }).status === 0;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What the program reads from standard input. */
  readonly input?: Uint8Array;
}

/**
 * Runs a program to its end and returns what it wrote to standard output.
 *
 * @throws Error with the end of what it wrote to standard error.
 */
export function runTool(command: string, commandArguments: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A program that ends before it has read all says why in another way.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-4000);
    });
    child.once('error', (cause) => reject(new Error(`${command}: ${cause.message}`, { cause })));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const end = errors.trim().split('\n').slice(-12).join('\n');
      reject(new Error(`${command} ${commandArguments.slice(0, 3).join(' ')} … ended with ${signal ?? code}:\n${end}`));
    });
  });
}
