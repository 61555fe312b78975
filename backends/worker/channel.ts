/** One process and the requests that it is sent: timeouts, its end, and every way to break the protocol's framing. */
import type { StdioOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as setTimer } from 'node:timers/promises';
import { lineSplitter } from './lines.ts';
import { createLogTail } from './logTail.ts';
import { spawnOwned } from './processes.ts';
import { type ErrorReply, ProtocolError, parsed, replySchema } from './protocol.ts';
import type { Fault, Refusal } from './results.ts';

export interface ChannelOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Variables added to ours. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The descriptor that the worker replies on: 1 for a program of any language, 3 for our host, whose stdout is log. */
  readonly replyDescriptor?: 1 | 3;
  readonly maximumLineBytes?: number;
  /** Folder that the worker's private folder is made in; the system's temporary folder by default. */
  readonly directory?: string;
}

export interface Channel {
  readonly pid: number | undefined;
  /** The worker's private folder, for tensors that travel as files; removed with the worker. */
  readonly directory: string;
  /**
   * Sends one request and hands what comes as `ok` to `understand`. A ProtocolError thrown there is the worker's fault, and its end.
   * `what` names the request in messages.
   *
   * @throws Error when another request is in flight.
   */
  call<Result>(
    what: string,
    body: Readonly<Record<string, unknown>>,
    timeoutMs: number,
    understand: (ok: unknown, milliseconds: number) => Promise<Result>,
  ): Promise<Result | Refusal | Fault>;
  /** What ended the worker, once something did. */
  fault(): Fault | undefined;
  /** Whether there was no program to start. */
  isMissing(): boolean;
  /** The end of what it and the code under test printed. */
  logTail(): string;
  /** Says bye, waits a little, then kills. */
  close(): Promise<void>;
  /** Ends it and everything it started, at once. */
  kill(): Promise<void>;
}

const defaultMaximumLineBytes = 256 * 2 ** 20;
/** How long the pipes may stay open after the process has ended. */
const pipesGraceMs = 250;
/** How long the process may live on after it closed its reply channel. */
const channelGraceMs = 1000;
/** How long a worker may take to end after `bye`, and after it was killed. */
const closeMs = 2000;
const killMs = 5000;
const longestTimerMs = 2 ** 31 - 1;

type Reply = { readonly id: string; readonly ok?: unknown; readonly error?: ErrorReply };

interface Asked {
  readonly id: string;
  readonly what: string;
}
interface Pending extends Asked {
  reply?: Reply;
  readonly answered: () => void;
  readonly broken: () => void;
}

/**
 * Starts the program. That there is none shows as the fault of the first call.
 *
 * @throws Error where the system refuses to start it for a rarer reason.
 */
export function openChannel(options: ChannelOptions): Channel {
  const { command, replyDescriptor = 1, maximumLineBytes = defaultMaximumLineBytes } = options;
  const directory = mkdtempSync(join(options.directory ?? tmpdir(), 'etalon-'));
  const stdio: StdioOptions = replyDescriptor === 3 ? ['pipe', 'pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe'];
  const env = { ...process.env, ...options.environment };
  const owned = spawnOwned(command, options.arguments, { stdio, env }, directory);
  const { child } = owned;
  const log = createLogTail();
  let pending: Pending | undefined;
  let last: Asked | undefined;
  let fault: Fault | undefined;
  let missing = false;
  let closing = false;

  function fail(kind: Fault['kind'], message: string): void {
    if (fault) return;
    fault = { kind, message };
    owned.destroy();
    pending?.broken();
  }

  const ended = new Promise<void>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      missing = true;
      fail('crashed', error.code === 'ENOENT' ? `no such command: ${command}` : `${command}: ${error.message}`);
      resolve();
    });
    // Not 'close' alone: what the worker started may hold its pipes open after it has ended.
    child.once('exit', () => {
      owned.destroy();
      const grace = setTimeout(resolve, pipesGraceMs);
      child.once('close', () => {
        clearTimeout(grace);
        resolve();
      });
    });
  }).then(() => {
    for (const stream of child.stdio) stream?.destroy();
    const how = child.signalCode ? `was ended by ${child.signalCode}` : `exited with code ${child.exitCode}`;
    const unanswered = pending ? ` without a reply to ${pending.what}` : '';
    fail('crashed', `the worker ${how}${unanswered}${log.inBrief()}`);
  });

  function receive(line: Buffer): void {
    if (fault || closing) return;
    const excerpt = () => JSON.stringify(line.subarray(0, 80).toString('utf8'));
    let reply: Reply;
    try {
      reply = parsed(replySchema, JSON.parse(line.toString('utf8')), 'reply');
    } catch (error) {
      const what = error instanceof ProtocolError ? `${error.message}; the line is` : 'a line that is not JSON:';
      fail('protocol', `${what} ${excerpt()}`);
      return;
    }
    const wrong = misplaced(reply);
    if (wrong !== undefined || !pending) {
      fail('protocol', wrong ?? 'a reply when nothing was asked');
      return;
    }
    pending.reply = reply;
    pending.answered();
  }

  /** Why this is not the reply to the request in flight. */
  function misplaced({ id }: Reply): string | undefined {
    if (pending?.reply && id === pending.id) return `a second reply to ${pending.what}`;
    if (last && id === last.id) return `a second reply to ${last.what}`;
    if (!pending || id === pending.id) return undefined;
    return `the reply to ${pending.what} has the id ${JSON.stringify(id.slice(0, 40))}, not that of the request`;
  }

  const replies = child.stdio[replyDescriptor] as Readable | undefined;
  const splitter = lineSplitter(maximumLineBytes, {
    line: receive,
    tooLong: () => fail('protocol', `a line of more than ${maximumLineBytes} bytes`),
  });
  replies?.on('data', splitter);
  replies?.once('end', () => {
    setTimeout(() => fail('protocol', `the worker closed its reply channel${log.inBrief()}`), channelGraceMs).unref();
  });
  // A pipe that breaks says nothing that the end of the process does not say better.
  for (const stream of child.stdio) stream?.on('error', () => {});
  for (const stream of replyDescriptor === 3 ? [child.stdout, child.stderr] : [child.stderr]) {
    stream?.on('data', log.append);
  }

  /** Sends the request; resolves with its reply, or with nothing when there is a fault instead. */
  function exchange(asked: Asked, body: object, timeoutMs: number): Promise<{ reply: Reply; ms: number } | undefined> {
    return new Promise((resolve) => {
      const started = performance.now();
      const timer = setTimeout(
        () => fail('timedOut', `no reply to ${asked.what} within ${timeoutMs / 1000} s${log.inBrief()}`),
        Math.min(timeoutMs, longestTimerMs),
      );
      const own: Pending = {
        ...asked,
        answered() {
          clearTimeout(timer);
          const ms = performance.now() - started;
          const deliver = () => resolve(fault ? undefined : { reply: own.reply!, ms });
          // Two turns of the event loop, one look at the pipe in between: a second reply that is there already is of this call.
          setImmediate(() => setImmediate(deliver));
        },
        broken() {
          clearTimeout(timer);
          resolve(undefined);
        },
      };
      pending = own;
      child.stdin?.write(`${JSON.stringify({ id: asked.id, ...body })}\n`);
    });
  }

  /** The fault, once the process is really gone (the kernel may take its time with a process that hangs in a driver). */
  async function gone(): Promise<Fault> {
    const waiting = new AbortController();
    await Promise.race([ended, setTimer(killMs, undefined, { signal: waiting.signal }).catch(() => {})]);
    waiting.abort();
    return fault!;
  }

  async function kill(): Promise<void> {
    closing = true;
    fail('crashed', 'the worker was ended by Etalon');
    await gone();
  }

  return {
    pid: child.pid,
    directory,
    async call(what, body, timeoutMs, understand) {
      if (pending) throw new Error(`startWorker: ${what} was asked while ${pending.what} is in flight; one call at a time`);
      if (fault)
        return {
          ...fault,
          message: last ? `after the reply to ${last.what}, before this call: ${fault.message}` : fault.message,
        };
      const asked = { id: randomUUID(), what };
      try {
        const answer = await exchange(asked, body, timeoutMs);
        if (answer === undefined) return await gone();
        const { ok, error } = answer.reply;
        if (error) return { kind: error.code, message: error.message, link: error.link };
        return await understand(ok, answer.ms);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        fail('protocol', error.message);
        return await gone();
      } finally {
        last = asked;
        pending = undefined;
      }
    },
    fault: () => fault,
    isMissing: () => missing,
    logTail: log.text,
    async close() {
      if (fault || pending) return kill();
      closing = true;
      child.stdin?.end(`${JSON.stringify({ id: randomUUID(), call: 'bye' })}\n`);
      const timer = setTimeout(kill, closeMs);
      await ended;
      clearTimeout(timer);
    },
    kill,
  };
}
