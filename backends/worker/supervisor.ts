/** Keeps a backend answering: after a fault the next call goes to a fresh worker, so that the run goes on. */
import type { Attributes, NamedTensors } from '../signatures.ts';
import type { Hello } from './protocol.ts';
import { type BenchResult, type Fault, isFault, type RunResult, type SupportResult } from './results.ts';
import { type BenchOptions, type CallOptions, startWorker, type Worker, type WorkerOptions } from './startWorker.ts';

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

/** A backend that is started when it is first asked. Calls made at the same time wait for each other. */
export function createWorkerSupervisor(options: WorkerOptions): WorkerSupervisor {
  let worker: Worker | undefined;
  let unavailable: string | undefined;
  let closed = false;
  let queue: Promise<unknown> = Promise.resolve();

  function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = queue.then(task);
    queue = result.catch(() => {});
    return result;
  }

  async function ensure(): Promise<Worker | undefined> {
    for (let attempt = 1; worker === undefined && unavailable === undefined; attempt++) {
      if (closed) throw new Error(`createWorkerSupervisor: ${options.command} was asked after it was closed`);
      const started = await startWorker(options);
      if (started.kind === 'unavailable') {
        if (started.permanent || attempt === attempts) unavailable = started.message;
      } else if (closed) {
        await started.worker.kill();
      } else {
        worker = started.worker;
      }
    }
    return worker;
  }

  function ask<Result extends { readonly kind: string }>(call: (worker: Worker) => Promise<Result | Fault>) {
    return inTurn(async (): Promise<Result | Fault> => {
      const answering = await ensure();
      if (!answering) return { kind: 'crashed', message: `no worker could be started: ${unavailable}` };
      const result = await call(answering);
      if (isFault(result)) worker = undefined;
      return result;
    });
  }

  return {
    start: () =>
      inTurn(async () => {
        const started = await ensure();
        return started ? { kind: 'started', hello: started.hello } : { kind: 'unavailable', message: unavailable! };
      }),
    supports: (operation, attributes, callOptions) =>
      ask<SupportResult>((current) => current.supports(operation, attributes, callOptions)),
    run: (operation, attributes, inputs, callOptions) =>
      ask<RunResult>((current) => current.run(operation, attributes, inputs, callOptions)),
    bench: (operation, attributes, inputs, benchOptions) =>
      ask<BenchResult>((current) => current.bench(operation, attributes, inputs, benchOptions)),
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
