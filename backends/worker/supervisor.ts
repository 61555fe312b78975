/** Keeps a backend answering: after a fault the next call goes to a fresh worker, so that the run goes on. */
import type { Attributes, NamedTensors } from '../signatures.ts';
import type { Hello } from './protocol.ts';
import {
  type BenchResult,
  type Fault,
  isFault,
  isUnreached,
  type RunResult,
  type SupportResult,
  type Unreached,
} from './results.ts';
import { type BenchOptions, type CallOptions, startWorker, type Worker, type WorkerOptions } from './startWorker.ts';
import { createTurns } from './turns.ts';

export type SupervisorStart =
  | { readonly kind: 'started'; readonly hello: Hello }
  | { readonly kind: 'unavailable'; readonly message: string };

export interface WorkerSupervisor {
  /** Starts the first worker, if there is none; the calls below do it too. Two attempts, then the backend is unavailable for good. */
  start(): Promise<SupervisorStart>;
  supports(operation: string, attributes: Attributes, options: CallOptions): Promise<SupportResult>;
  run(operation: string, attributes: Attributes, inputs: NamedTensors, options: CallOptions): Promise<RunResult>;
  bench(operation: string, attributes: Attributes, inputs: NamedTensors, options: BenchOptions): Promise<BenchResult>;
  /** Process id of the worker that is running, if one is. */
  pid(): number | undefined;
  /** Ends the worker. Returns the fault that showed after the last call and that no call was charged with. */
  close(): Promise<Fault | undefined>;
}

const attempts = 2;

/** A backend that is started when it is first asked. As many calls are on their way at a time as its worker allows, the others wait. */
export function createWorkerSupervisor(options: WorkerOptions): WorkerSupervisor {
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
    for (let attempt = 1; worker === undefined && unavailable === undefined; attempt++) {
      const started = await startWorker(options);
      if (started.kind === 'unavailable') {
        if (started.permanent || attempt === attempts) unavailable = started.message;
      } else if (closed) {
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

  /** A call that the worker did not come to, because it broke down at an earlier one, goes to the next worker. */
  async function ask<Result extends { readonly kind: string }>(
    call: (worker: Worker) => Promise<Result | Fault | Unreached>,
    alone = false,
  ): Promise<Result | Fault> {
    requireOpen();
    for (;;) {
      const result = await turns.take(async (): Promise<Result | Fault | Unreached> => {
        if (closed) return { kind: 'crashed', message: 'the backend was closed before it was asked' };
        const answering = await ensure();
        if (!answering) return { kind: 'crashed', message: `no worker could be started: ${unavailable}` };
        const answer = await call(answering);
        if ((isFault(answer) || isUnreached(answer)) && worker === answering) worker = undefined;
        return answer;
      }, alone);
      if (!isUnreached(result)) return result;
    }
  }

  return {
    start: () =>
      turns.take(async () => {
        requireOpen();
        const started = await ensure();
        return started ? { kind: 'started', hello: started.hello } : { kind: 'unavailable', message: unavailable! };
      }),
    supports: (operation, attributes, callOptions) =>
      ask<SupportResult>((current) => current.supports(operation, attributes, callOptions)),
    run: (operation, attributes, inputs, callOptions) =>
      ask<RunResult>((current) => current.run(operation, attributes, inputs, callOptions)),
    bench: (operation, attributes, inputs, benchOptions) =>
      ask<BenchResult>((current) => current.bench(operation, attributes, inputs, benchOptions), true),
    pid: () => worker?.pid,
    async close() {
      closed = true;
      const last = worker;
      worker = undefined;
      const fault = last?.fault();
      await last?.close();
      return fault;
    },
  };
}
