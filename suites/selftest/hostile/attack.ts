/** One attack on Etalon, and what is asked of every attack: it costs what it may cost, and nothing else. */
import { availableParallelism, loadavg } from 'node:os';
import type { IsolationLevel } from '../../../backends/isolation/isolation.ts';
import type { SelfTestResult } from '../part.ts';

export const attackKinds = ['worker', 'hello', 'timing', 'isolation', 'file', 'folder', 'argument', 'signal'] as const;
export type AttackKind = (typeof attackKinds)[number];

/** What came of a command line. */
export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface CommandOptions {
  /** Called once the process runs. */
  readonly meanwhile?: (pid: number) => Promise<void> | void;
  /** A shell's redirections and pipes behind the command. */
  readonly shell?: string;
  /** A shell's commands before the command, such as limits. */
  readonly before?: string;
  readonly timeoutMs?: number;
}

export interface AttackContext {
  /** An empty folder of this attack alone. */
  readonly folder: string;
  /** The strongest level that works here. */
  readonly level: IsolationLevel | undefined;
  /** A program that speaks the protocol and misbehaves as its first argument says. */
  readonly attacker: string;
  /** Runs the `etalon` command. */
  readonly etalon: (words: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
}

export interface Attack {
  readonly kind: AttackKind;
  readonly name: string;
  /** Tries it. Resolves with what fell short, or with nothing where Etalon held. What it throws fell short too. */
  readonly run: (context: AttackContext) => Promise<string | undefined>;
}

/** What one kind of attacks came to. */
export interface HostileResult extends SelfTestResult {
  readonly tried: number;
}

/** Whether an attack is among those that are asked for: `text` stands in its kind or name. */
export function isAsked(text: string, ...words: readonly string[]): boolean {
  return words.join(': ').includes(text);
}

/** Says how many times longer things take because others want the processors too: 1 where nothing else runs. */
export const crowding = () => Math.max(1, loadavg()[0] / availableParallelism());

/** Text that reaches a person: one line without controls, of limited length. */
export function isPlain(text: string): boolean {
  return text.length <= 2200 && !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text) && !/(^|\s)::[a-z]/i.test(text);
}

/** What is wrong with the end of a command: another code than is due, a stack, a raw control, too long. */
export function misended(
  { code, signal, stdout, stderr, seconds }: CommandResult,
  due: number,
  says: RegExp | undefined,
  mostSeconds = 30 * crowding(),
): string | undefined {
  const text = stdout + stderr;
  if (code !== due) return `ended with ${signal ?? `code ${code}`}, ${due} is due: ${stderr.trim().split('\n').at(-1)}`;
  if (/\n\s+at .+:\d+/.test(text)) return 'printed a stack';
  if (stderr.includes('\u0007') || text.includes('\u001b]')) return 'printed a control character raw';
  if (/^(::|##\[)/m.test(text)) return 'printed a command to a build system';
  if (says && !says.test(text)) return `did not say ${says}: ${stderr.trim().slice(-200)}`;
  return seconds > mostSeconds ? `took ${seconds.toFixed(1)} s` : undefined;
}
