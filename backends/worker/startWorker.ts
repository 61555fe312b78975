/**
 * The parent's side of a worker: starts a program that speaks the protocol, asks it, and ends it when it misbehaves.
 *
 * A fault costs the call that was in flight. One that shows between two calls (a second reply that comes late, a crash after the
 * reply) costs the next call, with a message that says so: none goes unseen.
 */

import { sizeOf } from '../../reference/tensor.ts';
import type { Attributes, NamedTensors } from '../signatures.ts';
import { type Channel, type ChannelOptions, openChannel } from './channel.ts';
import { whyImpossible } from './possible.ts';
import {
  benchReplySchema,
  type Hello,
  helloSchema,
  longestReply,
  type Measure,
  ProtocolError,
  parsed,
  protocolVersion,
  runReplySchema,
  supportsReplySchema,
  type WireTensors,
} from './protocol.ts';
import {
  type BenchResult,
  type Fault,
  isFault,
  type Refusal,
  type RunResult,
  type SupportResult,
  type Unreached,
} from './results.ts';
import { asDtype, decodeTensors, encodeTensors } from './tensors.ts';

export interface WorkerOptions extends ChannelOptions {
  /** Whether tensors may travel as files; true by default. */
  readonly files?: boolean;
  /** Time for the hello: starting the program, loading its library. */
  readonly timeoutMs: number;
}

export interface CallOptions {
  readonly timeoutMs: number;
  /** Numbers that all outputs hold together, where that is known: a reply with many more is refused before memory is taken for it. */
  readonly outputElements?: number;
}

/** Numbers that a reply may hold beyond those that are due: a wrong shape is the judge's to name. */
const spareElements = 2 ** 16;
/** Where it is not known how many are due. */
const usualElements = 2 ** 21;

function mostElementsOf({ outputElements }: CallOptions, inputs: NamedTensors): number {
  if (outputElements !== undefined) return outputElements + spareElements;
  const given = Object.values(inputs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return usualElements + 4 * given;
}

export interface BenchOptions extends CallOptions {
  readonly warmup: number;
  readonly iterations: number;
  /** Only for a worker whose hello says that it measures. */
  readonly measure?: Measure;
}

/** One process. Whoever calls keeps to the number of requests that its hello allows at a time. */
export interface Worker {
  readonly hello: Hello;
  readonly pid: number;
  supports(operation: string, attributes: Attributes, options: CallOptions): Promise<SupportResult | Unreached>;
  /** Inputs are sent in the worker's dtype; their values must be representable in it. */
  run(operation: string, attributes: Attributes, inputs: NamedTensors, options: CallOptions): Promise<RunResult | Unreached>;
  bench(
    operation: string,
    attributes: Attributes,
    inputs: NamedTensors,
    options: BenchOptions,
  ): Promise<BenchResult | Unreached>;
  /** What ended it, once something did. */
  fault(): Fault | undefined;
  /** The end of what it and the code under test printed. */
  logTail(): string;
  /** Says bye, waits a little, then kills. */
  close(): Promise<void>;
  /** Ends it and everything it started, at once. */
  kill(): Promise<void>;
}

export type StartResult =
  | { readonly kind: 'started'; readonly worker: Worker }
  /** `permanent` when another attempt would end alike: no such command, or the worker's own refusal. */
  | { readonly kind: 'unavailable'; readonly message: string; readonly permanent: boolean };

/**
 * Starts a worker and says hello to it.
 *
 * @returns the worker, or why there is none: the command is missing, it ended, or its hello is wrong.
 */
export async function startWorker(options: WorkerOptions): Promise<StartResult> {
  let channel: Channel;
  try {
    channel = openChannel(options);
  } catch (error) {
    return { kind: 'unavailable', message: `${options.command}: ${(error as Error).message}`, permanent: true };
  }
  const withFiles = options.files ?? true;
  const greeting = await channel.call({
    what: 'hello',
    body: async () => ({
      call: 'hello',
      protocol: [protocolVersion],
      ...(withFiles ? { files: true, directory: channel.folder.path } : { files: false }),
    }),
    timeoutMs: options.timeoutMs,
    understand: async (ok) => ({ kind: 'hello' as const, hello: parsed(helloSchema, ok, 'hello') }),
  });
  if (greeting.kind !== 'hello') {
    const refused = !isFault(greeting);
    if (refused) await channel.close();
    return { kind: 'unavailable', message: greeting.message, permanent: refused || channel.isMissing() };
  }

  const { hello } = greeting;
  const { dtype, name } = hello;
  const files = withFiles && hello.files ? channel.folder.withFile : undefined;
  const listed = hello.supports ? undefined : new Set(hello.operations);

  function unlisted(operation: string): Refusal | undefined {
    if (!listed || listed.has(operation)) return undefined;
    return { kind: 'unsupported', message: `${operation} is not among the operations that ${name} lists` };
  }
  async function toWire(inputs: NamedTensors): Promise<WireTensors> {
    const converted = Object.entries(inputs).map(([input, tensor]) => [input, asDtype(tensor, dtype)] as const);
    return encodeTensors(Object.fromEntries(converted), files);
  }

  const worker: Worker = {
    hello,
    pid: channel.pid!,
    async supports(operation, attributes, { timeoutMs }) {
      if (listed) return unlisted(operation) ?? { kind: 'supported' };
      return channel.call<SupportResult>({
        what: `supports ${operation}`,
        body: async () => ({ call: 'supports', operation, attributes }),
        timeoutMs,
        async understand(ok) {
          const support = parsed(supportsReplySchema, ok, 'supports');
          if (support.supported) return { kind: 'supported' };
          return { kind: 'unsupported', message: support.reason, link: support.link };
        },
      });
    },
    async run(operation, attributes, inputs, callOptions) {
      const refusal = unlisted(operation);
      if (refusal) return refusal;
      const mostElements = mostElementsOf(callOptions, inputs);
      return channel.call<RunResult>({
        what: operation,
        body: async () => ({ call: 'run', operation, attributes, inputs: await toWire(inputs) }),
        timeoutMs: callOptions.timeoutMs,
        mostReplyBytes: longestReply(mostElements),
        async understand(ok, milliseconds) {
          const reply = parsed(runReplySchema, ok, 'run');
          const outputs = await decodeTensors(reply.outputs, { dtype, where: 'outputs', files, mostElements });
          return { kind: 'outputs', outputs, milliseconds };
        },
      });
    },
    async bench(operation, attributes, inputs, benchOptions) {
      const refusal = unlisted(operation);
      if (refusal) return refusal;
      const { timeoutMs, warmup, iterations, measure } = benchOptions;
      const mostElements = mostElementsOf(benchOptions, inputs);
      return channel.call<BenchResult>({
        what: `bench ${operation}`,
        body: async () => ({ call: 'bench', operation, attributes, inputs: await toWire(inputs), warmup, iterations, measure }),
        timeoutMs,
        mostReplyBytes: longestReply(2 * mostElements + 3 * iterations),
        async understand(ok, milliseconds) {
          const { outputs, sampleOutputs, ...timings } = parsed(benchReplySchema, ok, 'bench');
          const made = timings.executeMs.length;
          const expected = measure && made >= 1 && made <= iterations ? made : iterations;
          for (const phase of ['loadMs', 'executeMs', 'readMs'] as const) {
            const { length } = timings[phase];
            if (length !== expected) {
              throw new ProtocolError(`bench: ${phase} has ${length} samples, ${iterations} iterations were asked for`);
            }
          }
          const impossible = whyImpossible(timings, milliseconds);
          if (impossible !== undefined) return { kind: 'invalid', message: impossible };
          const decode = (tensors: WireTensors, where: string) => decodeTensors(tensors, { dtype, where, files, mostElements });
          return {
            kind: 'timed',
            outputs: await decode(outputs, 'outputs'),
            sampleOutputs: sampleOutputs && (await decode(sampleOutputs, 'sampleOutputs')),
            ...timings,
            milliseconds,
          };
        },
      });
    },
    fault: channel.fault,
    logTail: channel.logTail,
    close: channel.close,
    kill: channel.kill,
  };
  return { kind: 'started', worker };
}
