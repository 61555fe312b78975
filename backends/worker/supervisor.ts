/** Keeps a backend answering: after a fault the next call goes to a fresh worker, so that the run goes on. */
import type { Attributes, NamedTensors } from '../signatures.ts';
import type { Hello } from './protocol.ts';
import {
  type BenchResult,
  type Fault,
  isFault,
  isUnreached,
  type NotAsked,
  type RunResult,
  type SupportResult,
  type Unreached,
} from './results.ts';
import { type BenchOptions, type CallOptions, startWorker, type Worker, type WorkerOptions } from './startWorker.ts';
import { createTurns } from './turns.ts';

export type SupervisorStart =
  | { readonly kind: 'started'; readonly hello: Hello }
  | { readonly kind: 'unavailable'; readonly message: string };

export interface SupervisorOptions extends WorkerOptions {
  /** Calls in a row at which the worker crashed or hung, after which the backend is given up; never where absent. */
  readonly giveUpAfter?: number;
  /** Time for the backend as a whole, from its start. */
  readonly timeLimitMs?: number;
}

export interface WorkerSupervisor {
  /** Starts the first worker, if there is none; the calls below do it too. Two attempts, then the backend is unavailable for good. */
  start(): Promise<SupervisorStart>;
  supports(operation: string, attributes: Attributes, options: CallOptions): Promise<SupportResult>;
  run(operation: string, attributes: Attributes, inputs: NamedTensors, options: CallOptions): Promise<RunResult>;
  bench(operation: string, attributes: Attributes, inputs: NamedTensors, options: BenchOptions): Promise<BenchResult>;
  /** Process id of the worker that is running, if one is. */
  pid(): number | undefined;
  /** Ends the worker at once, whatever it is at. What is on its way and what is asked from now on is not asked, for this reason. */
  stop(reason: string): void;
  /** Why the backend is not asked any more, in full; nothing while it is. */
  stopped(): string | undefined;
  /** Ends the worker. Returns the fault that showed after the last call and that no call was charged with. */
  close(): Promise<Fault | undefined>;
}

const attempts = 2;
const longestTimerMs = 2 ** 31 - 1;

/** A backend that is started when it is first asked. As many calls are on their way at a time as its worker allows, the others wait. */
export function createWorkerSupervisor({
  giveUpAfter = Infinity,
  timeLimitMs,
  signal,
  ...options
}: SupervisorOptions): WorkerSupervisor {
  const ending = new AbortController();
  let stop: { readonly brief: string; readonly reason: string } | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** Calls in a row at which the worker crashed or hung. */
  let lost = 0;
  let worker: Worker | undefined;
  let starting: Promise<Worker | undefined> | undefined;
  let unavailable: string | undefined;
  let closed = false;
  const turns = createTurns();

  async function ensure(): Promise<Worker | undefined> {
    if (worker) return worker;
    starting ??= startAnother().finally(() => {
      starting = undefined;
    });
    return starting;
  }

  async function startAnother(): Promise<Worker | undefined> {
    if (timeLimitMs !== undefined && timer === undefined) {
      const brief = `its time limit of ${timeLimitMs / 1000} s was reached`;
      timer = setTimeout(() => stopFor(brief), Math.min(timeLimitMs, longestTimerMs));
      timer.unref();
    }
    for (let attempt = 1; worker === undefined && unavailable === undefined && !stop; attempt++) {
      const started = await startWorker({ ...options, signal: ending.signal });
      if (started.kind === 'unavailable') {
        if (started.permanent || attempt === attempts) unavailable = started.message;
      } else if (closed || stop) {
        await started.worker.kill();
      } else {
        worker = started.worker;
        turns.allow(worker.hello.inFlight ?? 1);
      }
    }
    return worker;
  }

  function requireOpen(): void {
    if (closed) throw new Error(`createWorkerSupervisor: ${options.command} was asked after it was closed`);
  }

  function stopFor(brief: string, reason = brief): void {
    stop ??= { brief, reason };
    ending.abort();
  }

  /** Counts the calls that ended a worker. What a worker refuses by its list says nothing about its health. */
  function count({ kind, message }: { readonly kind: string; readonly message?: string }): void {
    if (kind === 'crashed' || kind === 'timedOut') lost++;
    else if (kind !== 'unsupported' && kind !== 'protocol') lost = 0;
    if (lost < giveUpAfter) return;
    const brief = `given up after ${lost} ${lost === 1 ? 'call' : 'calls in a row'} at which it crashed or hung`;
    stopFor(brief, `${brief}; the last: ${message}`);
  }

  const isStopped = () => stop !== undefined;
  const notAsked = (message: string): NotAsked => ({ kind: 'notAsked', message });

  /** A call that the worker did not come to, because it broke down at an earlier one, goes to the next worker. */
  async function ask<Result extends { readonly kind: string; readonly message?: string }>(
    call: (worker: Worker) => Promise<Result | Fault | Unreached>,
    alone = false,
  ): Promise<Result | Fault | NotAsked> {
    requireOpen();
    for (;;) {
      const result = await turns.take(async (): Promise<Result | Fault | Unreached | NotAsked> => {
        if (isStopped()) return notAsked(stop!.brief);
        if (closed) return notAsked('the backend was closed before it was asked');
        const answering = await ensure();
        // It may have been stopped while the worker was started.
        if (isStopped()) return notAsked(stop!.brief);
        if (!answering) return notAsked(`no worker could be started: ${unavailable}`);
        const answer = await call(answering);
        const gone = isFault(answer) || isUnreached(answer);
        if (gone && worker === answering) worker = undefined;
        if (gone && isStopped()) return notAsked(stop!.brief);
        if (!isUnreached(answer)) count(answer);
        return answer;
      }, alone);
      if (!isUnreached(result)) return result;
    }
  }

  const onAbort = () => stopFor(String(signal?.reason));
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });

  return {
    start: () =>
      turns.take(async () => {
        requireOpen();
        const started = await ensure();
        if (started) return { kind: 'started', hello: started.hello };
        return { kind: 'unavailable', message: stop?.reason ?? unavailable ?? 'it was stopped' };
      }),
    supports: (operation, attributes, callOptions) =>
      ask<SupportResult>((current) => current.supports(operation, attributes, callOptions)),
    run: (operation, attributes, inputs, callOptions) =>
      ask<RunResult>((current) => current.run(operation, attributes, inputs, callOptions)),
    bench: (operation, attributes, inputs, benchOptions) =>
      ask<BenchResult>((current) => current.bench(operation, attributes, inputs, benchOptions), true),
    pid: () => worker?.pid,
    stop: stopFor,
    stopped: () => stop?.reason ?? (unavailable === undefined ? undefined : `no worker could be started: ${unavailable}`),
    async close() {
      closed = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      const last = worker;
      worker = undefined;
      const fault = last?.fault();
      await last?.close();
      return fault;
    },
  };
}
