/**
 * One process and the requests that it is sent: timeouts, its end, and every way to break the protocol's framing.
 *
 * Several requests may be on their way where the worker's hello allows it; it answers them in their order. A fault costs the first one
 * without a reply; those behind it were never looked at and may be asked again.
 */
import type { StdioOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants, tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as setTimer } from 'node:timers/promises';
import { countBytes, lineSplitter } from './lines.ts';
import { createLogTail } from './logTail.ts';
import { plainText } from './plainText.ts';
import { makePrivateFolder, type PrivateFolder } from './privateFolder.ts';
import { spawnOwned } from './processes.ts';
import { type ErrorReply, numbersIn, parsed, replyBytes, replySchema } from './protocol.ts';
import type { Fault, Refusal, Unreached } from './results.ts';

export interface ChannelOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Variables added to ours. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The descriptor that the worker replies on: 1 for a program of any language, 3 for our host, whose stdout is log. */
  readonly replyDescriptor?: 1 | 3;
  /** All of its environment, in place of ours with `environment` added. */
  readonly wholeEnvironment?: Readonly<Record<string, string>>;
  /** Ends what the worker left that cannot be found by its process group or its mark. */
  readonly leftovers?: () => void;
  /** Ends the worker at once when it is aborted, whatever it is at. */
  readonly signal?: AbortSignal;
  /** Folder that the worker's private folder is made in; the system's temporary folder by default. */
  readonly directory?: string;
}

export interface ChannelRequest<Result> {
  /** Names the request in messages. */
  readonly what: string;
  readonly body: () => Promise<Readonly<Record<string, unknown>>>;
  readonly timeoutMs: number;
  /** Longest line that the reply may be. */
  readonly mostReplyBytes?: number;
  /** `milliseconds`: since the worker could begin with it, by our clock. */
  readonly understand: (ok: unknown, milliseconds: number) => Promise<Result>;
}

export interface Channel {
  readonly pid: number | undefined;
  /** The worker's private folder, for tensors that travel as files; removed with the worker. */
  readonly folder: PrivateFolder;
  /** Sends one request and hands what comes as `ok` to `understand`. Whatever is thrown on the way is the worker's fault, and its end. */
  call<Result>(request: ChannelRequest<Result>): Promise<Result | Refusal | Fault | Unreached>;
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

/** Lines up to here are parsed as they come; in longer ones objects, lists and their parts are counted first, since each costs many times its bytes. */
const countedFromBytes = 2 ** 16;
const mostBrackets = 2 ** 14;
const mostCommas = 2 ** 16;
const [openBracket, openBrace, comma] = Buffer.from('[{,');
/** How long the pipes may stay open after the process has ended. */
const pipesGraceMs = 250;
/** How long the process may live on after it closed its reply channel. */
const channelGraceMs = 1000;
/** How long a worker may take to end after `bye`, and after it was killed. */
const closeMs = 2000;
const killMs = 5000;
/** Requests that are sent together, at most, and how long a line may be to wait for others. */
const together = 4;
const smallLine = 2 ** 14;
const longestTimerMs = 2 ** 31 - 1;

type Reply = { readonly id: string; readonly ok?: unknown; readonly error?: ErrorReply };

interface Answer {
  readonly reply: Reply;
  readonly ms: number;
}
interface Asked {
  readonly id: string;
  readonly what: string;
  readonly mostReplyBytes: number;
}
interface Pending extends Asked {
  /** From here on the worker may be at it: everything that was asked before has its reply. */
  begin(): void;
  answer(reply: Reply): void;
  /** The worker is gone. A reply that is there already stays, except to the request that is charged. */
  broken(charged: boolean): void;
}

/**
 * Starts the program. That there is none shows as the fault of the first call.
 *
 * @throws Error where the system refuses to start it for a rarer reason.
 */
export function openChannel(options: ChannelOptions): Channel {
  const { command, replyDescriptor = 1 } = options;
  const folder = makePrivateFolder(options.directory ?? tmpdir());
  const stdio: StdioOptions = replyDescriptor === 3 ? ['pipe', 'pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe'];
  const env = options.wholeEnvironment ?? { ...process.env, ...options.environment };
  const owned = spawnOwned(command, options.arguments, { stdio, env }, folder, options.leftovers);
  const { child } = owned;
  const log = createLogTail();
  /** Requests without a reply, in the order in which they were sent. */
  const waiting: Pending[] = [];
  /** Requests whose reply is not yet handed on. */
  const replied: Pending[] = [];
  const unsent: string[] = [];
  let last: Asked | undefined;
  let fault: Fault | undefined;
  /** Whether somebody has been told of the fault. */
  let isCharged = false;
  let missing = false;
  let closing = false;

  /** Ends the worker. What is said of nobody here is said to the next who asks. */
  function fail(kind: Fault['kind'], message: string, by: Asked | undefined = waiting[0] ?? replied.at(-1)): void {
    if (fault) return;
    fault = { kind, message: plainText(message) };
    isCharged = by !== undefined;
    void owned.destroy();
    for (const request of [...waiting.splice(0), ...replied.splice(0)]) request.broken(request === by);
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
      void owned.destroy();
      const grace = setTimeout(resolve, pipesGraceMs);
      child.once('close', () => {
        clearTimeout(grace);
        resolve();
      });
    });
  }).then(async () => {
    for (const stream of child.stdio) stream?.destroy();
    const how = child.signalCode ? `was ended by ${child.signalCode}` : `exited with code ${inWords(child.exitCode)}`;
    const unanswered = waiting.length > 0 ? ` without a reply to ${waiting[0].what}` : '';
    fail('crashed', `the worker ${how}${unanswered}${log.inBrief()}`);
    await owned.destroy();
  });

  function receive(line: Buffer): void {
    if (fault || closing) return;
    const excerpt = () => JSON.stringify(line.subarray(0, 80).toString('utf8'));
    const tooMany = tooManyParts(line);
    if (tooMany !== undefined) {
      fail('protocol', `${tooMany}; the line is ${excerpt()}`);
      return;
    }
    let reply: Reply;
    try {
      reply = parsed(replySchema, JSON.parse(line.toString('utf8')), 'reply');
    } catch (error) {
      const what = error instanceof SyntaxError ? 'a line that is not JSON:' : `${messageOf(error)}; the line is`;
      fail('protocol', `${what} ${excerpt()}`);
      return;
    }
    const [first] = waiting;
    if (first?.id !== reply.id) {
      const repeated = replied.find(({ id }) => id === reply.id);
      fail('protocol', misplaced(reply), repeated);
      return;
    }
    waiting.shift();
    last = first;
    first.answer(reply);
    waiting[0]?.begin();
  }

  /** Why a long line is not even parsed. */
  function tooManyParts(line: Buffer): string | undefined {
    if (line.length <= countedFromBytes) return undefined;
    if (countBytes(line, [openBracket, openBrace], mostBrackets + 1) > mostBrackets) {
      return `a reply with more than ${mostBrackets} lists and objects`;
    }
    const commas = mostCommas + numbersIn(waiting[0]?.mostReplyBytes ?? replyBytes);
    return countBytes(line, [comma], commas + 1) > commas ? `a reply with more than ${commas} parts` : undefined;
  }

  /** Why this is not the reply that is due. */
  function misplaced({ id }: Reply): string {
    const before = [...replied, last].find((asked) => asked?.id === id);
    if (before) return `a second reply to ${before.what}`;
    if (waiting.length === 0) return 'a reply when nothing was asked';
    return `the reply to ${waiting[0].what} has the id ${JSON.stringify(id.slice(0, 40))}, not that of the request`;
  }

  const replies = child.stdio[replyDescriptor] as Readable | undefined;
  const splitter = lineSplitter(() => waiting[0]?.mostReplyBytes ?? replyBytes, {
    line: receive,
    tooLong: (limitBytes) => fail('protocol', `a line of more than ${limitBytes.toLocaleString('en-US')} bytes`),
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

  /** Sends the request; resolves with its reply, with 'charged' when it has to answer for the worker's fault, or with 'unreached'. */
  function exchange(asked: Asked, body: object, timeoutMs: number): Promise<Answer | 'charged' | 'unreached'> {
    return new Promise((resolve) => {
      let started = 0;
      let timer: NodeJS.Timeout | undefined;
      const own: Pending = {
        ...asked,
        begin() {
          started = performance.now();
          timer = setTimeout(
            () => fail('timedOut', `no reply to ${asked.what} within ${timeoutMs / 1000} s${log.inBrief()}`),
            Math.min(timeoutMs, longestTimerMs),
          );
        },
        answer(reply) {
          clearTimeout(timer);
          const answer = { reply, ms: performance.now() - started };
          replied.push(own);
          const deliver = () => {
            const at = replied.indexOf(own);
            if (at < 0) return;
            replied.splice(at, 1);
            resolve(answer);
          };
          own.broken = (charged) => resolve(charged ? 'charged' : answer);
          // Two turns of the event loop, one look at the pipe in between: a second reply that is there already is of this call.
          setImmediate(() => setImmediate(deliver));
        },
        broken(charged) {
          clearTimeout(timer);
          resolve(charged ? 'charged' : 'unreached');
        },
      };
      const line = `${JSON.stringify({ id: asked.id, ...body })}\n`;
      waiting.push(own);
      if (waiting.length === 1) own.begin();
      send(line);
    });
  }

  /** Waking the worker costs more than a small request: a few that come in one turn of the event loop go together. */
  function send(line: string): void {
    if (unsent.length === 0) setImmediate(flush);
    unsent.push(line);
    if (unsent.length === together || line.length > smallLine) flush();
  }
  function flush(): void {
    const lines = unsent.splice(0).join('');
    if (lines !== '') child.stdin?.write(lines);
  }

  /** The fault, once the process is really gone (the kernel may take its time with a process that hangs in a driver). */
  async function gone(): Promise<Fault> {
    const waiting = new AbortController();
    await Promise.race([ended, setTimer(killMs, undefined, { signal: waiting.signal }).catch(() => {})]);
    waiting.abort();
    return fault!;
  }

  async function unreached(): Promise<Unreached> {
    const { message } = await gone();
    return { kind: 'unreached', message: `not answered, because of an earlier request: ${message}` };
  }

  /** Takes something that was thrown for the worker's fault. */
  async function blame(cause: unknown, asked: Asked): Promise<Fault | Unreached> {
    // Its files went with the worker, which broke down at a later request.
    if (fault) return unreached();
    fail('protocol', messageOf(cause), asked);
    return gone();
  }

  async function kill(): Promise<void> {
    closing = true;
    fail('crashed', 'the worker was ended by Etalon');
    await gone();
  }

  const onAbort = () => void kill();
  if (options.signal?.aborted) onAbort();
  else options.signal?.addEventListener('abort', onAbort, { once: true });
  void ended.then(() => options.signal?.removeEventListener('abort', onAbort));

  return {
    pid: child.pid,
    folder,
    async call({ what, body, timeoutMs, mostReplyBytes = replyBytes, understand }) {
      const asked = { id: randomUUID(), what, mostReplyBytes };
      let content: Readonly<Record<string, unknown>> = {};
      if (!fault) {
        try {
          content = await body();
        } catch (cause) {
          if (!fault) return blame(cause, asked);
        }
      }
      if (fault && !isCharged) {
        isCharged = true;
        const { kind, message } = fault;
        return { kind, message: last ? `after the reply to ${last.what}, before this call: ${message}` : message };
      }
      const answer = fault ? 'unreached' : await exchange(asked, content, timeoutMs);
      if (answer === 'charged') return await gone();
      if (answer === 'unreached') return unreached();
      const { ok, error } = answer.reply;
      if (error) return { kind: error.code, message: error.message, link: error.link };
      try {
        return await understand(ok, answer.ms);
      } catch (cause) {
        return blame(cause, asked);
      }
    },
    fault: () => fault,
    isMissing: () => missing,
    logTail: log.text,
    async close() {
      if (fault || waiting.length > 0) return kill();
      closing = true;
      flush();
      child.stdin?.end(`${JSON.stringify({ id: randomUUID(), call: 'bye' })}\n`);
      const timer = setTimeout(kill, closeMs);
      await ended;
      clearTimeout(timer);
    },
    kill,
  };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** A shell or a launcher between us and the program says a signal as 128 and its number. */
function inWords(code: number | null): string {
  const name = Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0];
  return name === undefined ? String(code) : `${code} (${name})`;
}
