/**
 * The parent's side of a worker: starts a program that speaks the protocol, asks it, and ends it when it misbehaves.
 *
 * A fault costs the call that was in flight. One that shows between two calls (a second reply that comes late, a crash after the
 * reply) costs the next call, with a message that says so: none goes unseen.
 */
import type { Attributes, NamedTensors } from '../signatures.ts';
import { type Channel, type ChannelOptions, openChannel } from './channel.ts';
import {
  benchReplySchema,
  type Hello,
  helloSchema,
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
  /** Time for the hello: starting the program, loading its library. */
  readonly timeoutMs: number;
}

export interface CallOptions {
  readonly timeoutMs: number;
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
  const request = { call: 'hello', protocol: [protocolVersion], files: true, directory: channel.directory };
  const greeting = await channel.call('hello', request, options.timeoutMs, async (ok) => ({
    kind: 'hello' as const,
    hello: parsed(helloSchema, ok, 'hello'),
  }));
  if (greeting.kind !== 'hello') {
    const refused = !isFault(greeting);
    if (refused) await channel.close();
    return { kind: 'unavailable', message: greeting.message, permanent: refused || channel.isMissing() };
  }

  const { hello } = greeting;
  const { dtype, name } = hello;
  const directory = hello.files ? channel.directory : undefined;
  const listed = hello.supports ? undefined : new Set(hello.operations);

  function unlisted(operation: string): Refusal | undefined {
    if (!listed || listed.has(operation)) return undefined;
    return { kind: 'unsupported', message: `${operation} is not among the operations that ${name} lists` };
  }
  async function toWire(inputs: NamedTensors): Promise<WireTensors> {
    const converted = Object.entries(inputs).map(([input, tensor]) => [input, asDtype(tensor, dtype)] as const);
    try {
      return await encodeTensors(Object.fromEntries(converted), directory);
    } catch (error) {
      // The folder is gone with the worker; the call will say why.
      if (channel.fault()) return {};
      throw error;
    }
  }

  const worker: Worker = {
    hello,
    pid: channel.pid!,
    async supports(operation, attributes, { timeoutMs }) {
      if (listed) return unlisted(operation) ?? { kind: 'supported' };
      const body = { call: 'supports', operation, attributes };
      return channel.call<SupportResult>(`supports ${operation}`, body, timeoutMs, async (ok) => {
        const support = parsed(supportsReplySchema, ok, 'supports');
        if (support.supported) return { kind: 'supported' };
        return { kind: 'unsupported', message: support.reason, link: support.link };
      });
    },
    async run(operation, attributes, inputs, { timeoutMs }) {
      const refusal = unlisted(operation);
      if (refusal) return refusal;
      const body = { call: 'run', operation, attributes, inputs: await toWire(inputs) };
      return channel.call<RunResult>(operation, body, timeoutMs, async (ok, milliseconds) => {
        const reply = parsed(runReplySchema, ok, 'run');
        const outputs = await decodeTensors(reply.outputs, dtype, 'outputs', directory);
        return { kind: 'outputs', outputs, milliseconds };
      });
    },
    async bench(operation, attributes, inputs, { timeoutMs, warmup, iterations, measure }) {
      const refusal = unlisted(operation);
      if (refusal) return refusal;
      const body = { call: 'bench', operation, attributes, inputs: await toWire(inputs), warmup, iterations, measure };
      return channel.call<BenchResult>(`bench ${operation}`, body, timeoutMs, async (ok) => {
        const { outputs, sampleOutputs, ...timings } = parsed(benchReplySchema, ok, 'bench');
        const made = timings.executeMs.length;
        const expected = measure && made >= 1 && made <= iterations ? made : iterations;
        for (const phase of ['loadMs', 'executeMs', 'readMs'] as const) {
          const { length } = timings[phase];
          if (length !== expected) {
            throw new ProtocolError(`bench: ${phase} has ${length} samples, ${iterations} iterations were asked for`);
          }
        }
        return {
          kind: 'timed',
          outputs: await decodeTensors(outputs, dtype, 'outputs', directory),
          sampleOutputs: sampleOutputs && (await decodeTensors(sampleOutputs, dtype, 'sampleOutputs', directory)),
          ...timings,
        };
      });
    },
    fault: channel.fault,
    logTail: channel.logTail,
    close: channel.close,
    kill: channel.kill,
  };
  return { kind: 'started', worker };
}
