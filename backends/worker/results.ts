/** What comes of asking a worker. A backend's fault is a value, never an exception. */
import type { NamedTensors } from '../signatures.ts';
import type { Measured } from './protocol.ts';

/** The worker's own word: it cannot or could not compute this. It goes on. */
export interface Refusal {
  readonly kind: 'unsupported' | 'invalid' | 'failed';
  readonly message: string;
  readonly link?: string;
}

/** The worker broke down or broke the protocol. It is gone; the supervisor starts a fresh one for the next call. */
export interface Fault {
  readonly kind: 'crashed' | 'timedOut' | 'protocol';
  readonly message: string;
}

/** The worker broke down before it came to this request: the next one may be asked. */
export interface Unreached {
  readonly kind: 'unreached';
  readonly message: string;
}

/** The backend was given up, or stopped, before it answered. */
export interface NotAsked {
  readonly kind: 'notAsked';
  readonly message: string;
}

export interface Outputs {
  readonly kind: 'outputs';
  readonly outputs: NamedTensors;
  /** From the request, or from the reply to the one before it where that came later, to the reply, as seen from here. */
  readonly milliseconds: number;
}

/** Samples are milliseconds in the order of measurement, one per iteration. */
export interface Timed extends Measured {
  readonly kind: 'timed';
  /** Outputs of the last timed execution, for the judge; of the chain, where there is one. */
  readonly outputs: NamedTensors;
  readonly firstCallMs?: number;
  readonly loadMs: readonly number[];
  readonly executeMs: readonly number[];
  readonly readMs: readonly number[];
  /** The whole call, as Outputs.milliseconds: the samples fit into it. */
  readonly milliseconds: number;
}

export interface Supported {
  readonly kind: 'supported';
}

export type RunResult = Outputs | Refusal | Fault | NotAsked;
export type BenchResult = Timed | Refusal | Fault | NotAsked;
export type SupportResult = Supported | Refusal | Fault | NotAsked;

export function isFault(result: { readonly kind: string }): result is Fault {
  return result.kind === 'crashed' || result.kind === 'timedOut' || result.kind === 'protocol';
}

export function isUnreached(result: { readonly kind: string }): result is Unreached {
  return result.kind === 'unreached';
}
