/**
 * Decides whether a process's times can be those of the work. Wrong outputs are the judge's matter; here are right outputs whose times are
 * not those of computing them.
 */
import { medianOf } from './statistics/samples.ts';

/** What one process told of one number. Milliseconds. */
export interface Evidence {
  readonly executeMs: readonly number[];
  readonly readMs: readonly number[];
  readonly chain?: {
    readonly calls: number;
    readonly executesMs: number;
    readonly allMs: number;
    readonly readMs: number;
    readonly rereadMs: number;
  };
  /** Of a worker that does not measure: one execution with inputs that it had not seen. */
  readonly freshMs?: number;
  readonly clockMs?: number;
}

/** What the operation asks of the machine that runs it. */
export interface Work {
  readonly flops?: number;
  readonly bytes: number;
  /** The description's: 'cpu', 'wasm', 'webgpu', 'cuda'. */
  readonly device: string;
  readonly cores: number;
}

export interface Suspicion {
  readonly kind: 'unfinished' | 'computed by the read' | 'beyond the machine' | 'not computed again';
  readonly text: string;
}

/** No processor core does more: two multiply-adds of 16 lanes a cycle at 6 GHz. */
const flopsPerCoreMs = (2 * 2 * 16 * 6e9) / 1e3;
/** No core's own cache is faster: three 64-byte transfers a cycle at 6 GHz. */
const bytesPerCoreMs = (3 * 64 * 6e9) / 1e3;
/** No single accelerator does more. */
const acceleratorFlopsPerMs = 1e16 / 1e3;
const acceleratorBytesPerMs = 1e14 / 1e3;

/** Returns the first reason to doubt that the times are those of the work; undefined where there is none. */
export function suspicionOf(evidence: Evidence, work: Work): Suspicion | undefined {
  const executeMs = Math.max(medianOf(evidence.executeMs), evidence.clockMs ?? 0);
  return (
    waits(unfinished(evidence, executeMs), computedByRead(evidence, work)) ??
    beyond(executeMs, work) ??
    notAgain(evidence, executeMs)
  );
}

interface Unfinished extends Suspicion {
  /** How much longer the read waits for each further call, as a share of what it waits for after a single one. */
  readonly growth: number;
}

/** A read that waits does so for every call, or only for the last one: where both reasons hold, the growth tells them apart. */
function waits(unfinished: Unfinished | undefined, computed: Suspicion | undefined): Suspicion | undefined {
  return computed && unfinished && unfinished.growth < 0.5 ? computed : (unfinished ?? computed);
}

/** After N executions the read must wait no longer than after one: otherwise the executions had not ended when they said so. */
function unfinished({ chain, readMs }: Evidence, executeMs: number): Unfinished | undefined {
  if (!chain) return undefined;
  const { calls, executesMs, allMs, rereadMs } = chain;
  const each = executesMs / calls;
  // The worker repeats a chain whose read takes longer than the shortest one after a single execution.
  const afterOne = Math.min(chain.readMs, ...readMs);
  const waitedEach = (allMs - executesMs - afterOne) / (calls - 1);
  // The noise of one read is shared by the calls of the chain: a short one has to show more.
  const share = 0.5 + 0.5 / calls;
  if (waitedEach <= share * each + 0.02 || waitedEach <= 0.5 * executeMs) return undefined;
  const text = `execute resolves before the work is done: it says ${ms(each)} a call, and after ${calls} calls the read waits ${ms(waitedEach * (calls - 1))} longer than after one`;
  return { kind: 'unfinished', text, growth: waitedEach / Math.max(0, afterOne - rereadMs) };
}

/** On the processor a read copies: it takes no longer than another read of the same result. */
function computedByRead({ chain, readMs: reads }: Evidence, { device }: Work): Suspicion | undefined {
  if (!chain || !isProcessor(device)) return undefined;
  const { rereadMs, executesMs, calls } = chain;
  // The shortest: nothing but its own work makes all of them long.
  const readMs = Math.min(chain.readMs, ...reads);
  if (readMs - rereadMs <= 4 * (executesMs / calls + rereadMs) + 0.5) return undefined;
  const text = `the read computes: it takes ${ms(readMs)}, another read of the same result ${ms(rereadMs)}, and execute ${ms(executesMs / calls)}`;
  return { kind: 'computed by the read', text };
}

function beyond(executeMs: number, { flops = 0, bytes, device, cores }: Work): Suspicion | undefined {
  const most = isProcessor(device)
    ? { flops: cores * flopsPerCoreMs, bytes: cores * bytesPerCoreMs }
    : { flops: acceleratorFlopsPerMs, bytes: acceleratorBytesPerMs };
  const rate = { flops: flops / executeMs, bytes: bytes / executeMs };
  if (rate.flops <= most.flops && rate.bytes <= most.bytes) return undefined;
  const claimed = rate.flops > most.flops ? `${giga(rate.flops)} GFLOP/s` : `${giga(rate.bytes)} GB/s`;
  const possible = rate.flops > most.flops ? `${giga(most.flops)} GFLOP/s` : `${giga(most.bytes)} GB/s`;
  const on = isProcessor(device) ? `${cores} cores of any processor` : 'any accelerator';
  return { kind: 'beyond the machine', text: `${ms(executeMs)} would be ${claimed}; ${on} reach at most ${possible}` };
}

/** A worker that makes its own calls is given the same inputs again and again: each must take as long as one with inputs it has not seen. */
function notAgain({ freshMs }: Evidence, executeMs: number): Suspicion | undefined {
  if (freshMs === undefined || freshMs <= 5 * executeMs + 1) return undefined;
  const text = `calls with the same inputs are not computed again: they take ${ms(executeMs)}, one with new inputs ${ms(freshMs)}`;
  return { kind: 'not computed again', text };
}

const isProcessor = (device: string) => device === 'cpu' || device === 'wasm';
const ms = (value: number) => `${Number(value.toPrecision(3))} ms`;
const giga = (perMs: number) => Number((perMs / 1e6).toPrecision(3));
