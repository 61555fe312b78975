/** Ctrl-C and its like: the first lets a run end with its report, the second ends it at once. */
import { setMaxListeners } from 'node:events';
import { exitCodes } from './errors.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruption {
  /** Aborted with the reason: "interrupted (SIGINT)". */
  readonly signal: AbortSignal;
  /** Ends the run as a signal does, for another reason. */
  readonly stop: (reason: string) => void;
  /** Leaves signals to their usual meaning again. */
  readonly end: () => void;
}

export function listenForSignals(): Interruption {
  const controller = new AbortController();
  // Every worker of a run listens.
  setMaxListeners(0, controller.signal);
  let received = 0;
  const onSignal = (name: NodeJS.Signals) => {
    received++;
    // What was measured is in the journal; the workers are ended as the process ends.
    if (received > 1) process.exit(exitCodes.interrupted);
    controller.abort(`interrupted (${name})`);
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    stop: (reason) => controller.abort(reason),
    end: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
