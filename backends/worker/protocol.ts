/**
 * The protocol between Etalon and a backend's process, version 1: newline-delimited JSON, UTF-8. Requests
 * are answered one after the other, in their order.
 *
 * ```
 * → {"id":"…","call":"hello","protocol":[1],"files":true,"directory":"/tmp/etalon-x"}
 * ← {"id":"…","ok":{"protocol":1,"name":"numpy","version":"2.4","device":"cpu","dtype":"float32","operations":["matmul"]}}
 * → {"id":"…","call":"run","operation":"matmul","attributes":{},"inputs":{"a":T,"b":T}}
 * ← {"id":"…","ok":{"outputs":{"y":T}}}     or {"id":"…","error":{"code":"unsupported|invalid|failed","message":"…"}}
 * → {"id":"…","call":"bench", …as run…, "warmup":3,"iterations":20}
 * ← {"id":"…","ok":{"loadMs":[…],"executeMs":[…],"readMs":[…],"firstCallMs":12.5,"outputs":{"y":T}}}
 * → {"id":"…","call":"supports","operation":"conv2d","attributes":{…}}
 * ← {"id":"…","ok":{"supported":false,"reason":"…","link":"https://…"}}
 * → {"id":"…","call":"bye"}
 * ```
 *
 * - `bench` is optional: a worker without it answers with the error code `unsupported`. Samples are milliseconds in the order of
 *   measurement, one per iteration; `outputs` are those of the last timed execution, because only right answers get a number;
 *   `firstCallMs` is the first call of all, compilation included.
 * - `measures` of the hello: `bench` understands `measure` (see there), with which no timed call has the inputs of another.
 * - `supports` is optional: a worker that answers it says `"supports":true` in its hello and needs no `operations` there. Every
 *   other worker lists its operations, and whatever is not in the list is unsupported.
 * - A hello may also hold `library`, `driver`, `precision` (see BackendDescription), `notes`, and what is allowed only where it is declared:
 *   `"algorithms":["winograd2x2"]` and `"subnormals":"flushed"`.
 * - `"deterministic":true` of the hello: an answer with other bits when the same is asked again is a failure. `"blocks":[8,128]`: sizes beside
 *   and between the multiples of these, from 2 to 1,024, are asked too.
 * - `link` of an error or of a refusal leads to the library's own word on it; optional everywhere.
 * - All tensors have the dtype of the hello; a reply with another one is refused.
 * - `files`: when the request and the reply of `hello` both say true, a tensor above 1 MiB may travel as `"file"`: the bare name of
 *   a file of raw little-endian numbers in `directory`, which is private to this worker. Whoever reads a file removes it.
 * - Names, reasons and notes are shown on one line without controls, cut at the lengths of `textLimits`. A reply's line may hold 1 MiB and the
 *   numbers that are due; one that is longer ends the worker.
 * - `inFlight` of the hello: how many requests may be on their way before the first of them has its reply, so that the worker need not
 *   wait for the next question; 1 where it is absent. A program that reads one line, answers it and reads the next can say any number.
 * - `bye` has no reply; the worker ends, as it does when its standard input ends.
 */
import { z } from 'zod';
import { type BackendDescription, fastAlgorithms } from '../contract.ts';
import type { NamedTensors } from '../signatures.ts';
import { plainText, textLimits, webAddress } from './plainText.ts';

export const protocolVersion = 1;

/** Tensors with more bytes than this travel as files where both sides can. */
export const fileThresholdBytes = 2 ** 20;

const dtype = z.enum(['float32', 'float64', 'int32']);
const milliseconds = z.number().nonnegative();

/** Requests that may be on their way at a time, however many a worker allows. */
const mostInFlight = 256;
const mostAxes = 32;
const largestBlock = 1024;
const mostTensors = 64;

/** Text for people, cut and cleaned where it enters. */
const text = (limit: number) => z.string().transform((value) => plainText(value, limit));
const name = text(textLimits.name).pipe(z.string().min(1));
const detail = text(textLimits.detail);
const message = text(textLimits.message);
const link = z.string().optional().transform(webAddress);

const support = z.union([
  z.object({ supported: z.literal(true) }),
  z.object({ supported: z.literal(false), reason: message, link }),
]);

/** A tensor on the wire; exactly one of `data`, `values` and `file` is there (tensors.ts checks it, and their lengths). */
const wireTensor = z.object({
  dtype,
  shape: z.array(z.int().nonnegative()).max(mostAxes),
  /** Base64 of the little-endian numbers, row-major. */
  data: z.string().optional(),
  /** Numbers and "nan", "inf", "-inf", "-0". Elements are checked while they are read. */
  values: z.array(z.unknown()).optional(),
  /** Bare name of a file in the worker's directory. */
  file: z.string().optional(),
});
const wireTensors = z
  .record(z.string(), wireTensor)
  .refine((tensors) => Object.keys(tensors).length <= mostTensors, `at most ${mostTensors} tensors are allowed`);
export type WireTensor = z.infer<typeof wireTensor>;
export type WireTensors = Readonly<Record<string, WireTensor>>;

/** Why a worker did not compute: it has no such operation, the request makes no sense to it, or computing failed. */
const errorReply = z.object({
  code: z.enum(['unsupported', 'invalid', 'failed']),
  message,
  link,
});
export type ErrorReply = z.infer<typeof errorReply>;

/** Every reply; what `ok` holds depends on the call. */
export const replySchema = z.union([
  z.object({ id: z.string(), ok: z.unknown(), error: z.undefined().optional() }),
  z.object({ id: z.string(), ok: z.undefined().optional(), error: errorReply }),
]);

export const helloSchema = z
  .object({
    protocol: z.literal(protocolVersion),
    name,
    version: detail,
    device: detail,
    dtype,
    operations: z.array(z.string()).optional(),
    files: z.boolean().optional(),
    supports: z.boolean().optional(),
    inFlight: z
      .int()
      .positive()
      .transform((count) => Math.min(count, mostInFlight))
      .optional(),
    measures: z.boolean().optional(),
    library: detail.optional(),
    driver: detail.optional(),
    precision: z.enum(['float64', 'float32', 'tf32', 'float16', 'bf16', 'wgsl']).optional(),
    algorithms: z.array(z.enum(fastAlgorithms)).optional(),
    subnormals: z.enum(['flushed']).optional(),
    deterministic: z.boolean().optional(),
    blocks: z.array(z.int().min(2).max(largestBlock)).max(8).optional(),
    notes: z.array(detail).max(20).optional(),
  })
  .refine(({ operations, supports }) => operations !== undefined || supports === true, {
    path: ['operations'],
    message: 'a list of names is needed where "supports" is not true',
  });
export type Hello = z.infer<typeof helloSchema>;

/**
 * How a block is measured so that no answer can be had without computing it. The inputs named in `shift` are turned before every
 * call: in turn k element j is element j + k·shift of what was sent, round the end. Turn 1 is that of one timed call, number
 * `sample`·iterations, whose outputs are returned; turn 0 (the inputs as sent) that of a chain of executions at the end; the other calls have the turns from 2 on.
 */
const measure = z.object({
  shift: z.record(z.string(), z.int().nonnegative()),
  /** In [0, 1). */
  sample: z.number().min(0).max(1),
  /** Time for the block; fewer iterations are made where they would take longer, three at least, one where a call takes four budgets. */
  budgetMs: z.number().positive(),
  /** Most executions of the chain. */
  chain: z.int().min(2),
  /** Executions with data that lies in no cache. */
  cold: z.int().nonnegative(),
});
export type Measure = z.infer<typeof measure>;

const chain = z.object({
  calls: z.int().min(2),
  /** One execution and the read. */
  oneMs: milliseconds,
  /** All executions and the read. */
  allMs: milliseconds,
  /** All executions, without the read. */
  executesMs: milliseconds,
  /** The read after one execution. */
  readMs: milliseconds,
  /** Another read, without an execution in between. */
  rereadMs: milliseconds,
});

/** What a reply to a request with `measure` holds beside the samples. */
const measured = {
  /** The timed call whose outputs `sampleOutputs` are, from 0. */
  sampled: z.int().optional(),
  chain: chain.optional(),
  coldMs: z.array(milliseconds).optional(),
  /** Of the harness itself: two readings of the clock around an asynchronous call of nothing. */
  bracketMs: milliseconds.optional(),
  /** Smallest step of the clock. */
  clockMs: milliseconds.optional(),
};

export const runReplySchema = z.object({ outputs: wireTensors });
export const benchReplySchema = z.object({
  loadMs: z.array(milliseconds),
  executeMs: z.array(milliseconds),
  readMs: z.array(milliseconds),
  firstCallMs: milliseconds.optional(),
  outputs: wireTensors,
  sampleOutputs: wireTensors.optional(),
  ...measured,
});
/** The same with tensors in place of what travels. */
export type Measured = { readonly sampleOutputs?: NamedTensors } & Readonly<z.infer<z.ZodObject<typeof measured>>>;
export type BenchReply = z.infer<typeof benchReplySchema>;
export const supportsReplySchema = support;

const asked = { id: z.string(), operation: z.string(), attributes: z.record(z.string(), z.unknown()) };
/** What a worker is sent; the worker host checks it, as anyone may drive it. */
export const requestSchema = z.discriminatedUnion('call', [
  z.object({
    id: z.string(),
    call: z.literal('hello'),
    protocol: z.array(z.number()),
    files: z.boolean().optional(),
    directory: z.string().optional(),
  }),
  z.object({ ...asked, call: z.literal('supports') }),
  z.object({ ...asked, call: z.literal('run'), inputs: wireTensors }),
  z.object({
    ...asked,
    call: z.literal('bench'),
    inputs: wireTensors,
    warmup: z.int().nonnegative(),
    iterations: z.int().positive(),
    measure: measure.optional(),
  }),
  z.object({ id: z.string().optional(), call: z.literal('bye') }),
]);
export type Request = z.infer<typeof requestSchema>;

/** Bytes of a reply's line beside its tensors. */
export const replyBytes = 2 ** 20;
/** Longest number as text, with what stands around it: -1.7976931348623157e+308. */
const numberBytes = 32;

/** Longest line of a reply with so many numbers, in the widest of the ways in which they may travel. */
export function longestReply(numbers: number): number {
  return replyBytes + numbers * numberBytes;
}

/** The numbers for which a reply may be so long. */
export function numbersIn(mostBytes: number): number {
  return Math.max(0, Math.ceil((mostBytes - replyBytes) / numberBytes));
}

/** What the other side sent breaks the protocol; the message says what, where, and what is allowed. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/**
 * The value, when it fits the schema.
 *
 * @throws ProtocolError naming the first part that does not fit: `hello: dtype: Invalid option: expected one of …`.
 */
export function parsed<Value>(schema: z.ZodType<Value, unknown>, value: unknown, where: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ProtocolError([where, issue.path.join('.'), issue.message].filter(Boolean).join(': '));
}

/** What a hello says about the backend, in the contract's words; a worker that names no library is one itself. */
export function descriptionOf(hello: Hello): BackendDescription {
  const { name, version, device, dtype: element, library = name, driver, precision, ...declared } = hello;
  const { algorithms, subnormals, deterministic, blocks, notes } = declared;
  return {
    name,
    library,
    version,
    device,
    driver,
    dtype: element,
    precision,
    algorithms,
    subnormals,
    deterministic,
    blocks,
    notes,
  };
}
