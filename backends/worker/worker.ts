/** The parent's side of the protocol: one worker, or a supervisor that replaces a worker that broke. */
export type { BenchResult, Fault, Outputs, Refusal, RunResult, Supported, SupportResult, Timed } from './results.ts';
export { isFault } from './results.ts';
export {
  type BenchOptions,
  type CallOptions,
  type StartResult,
  startWorker,
  type Worker,
  type WorkerOptions,
} from './startWorker.ts';
export { createWorkerSupervisor, type SupervisorStart, type WorkerSupervisor } from './supervisor.ts';
