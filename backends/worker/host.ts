/**
 * The worker host: puts a JavaScript backend behind the protocol. Started as `node host.js ADAPTER` by `hostCommand`.
 *
 * Replies go to descriptor 3, so that whatever the code under test prints is log. The host ends when its standard input does.
 */
import './compilation.ts';
import { writeSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Backend, BackendDescription } from '../contract.ts';
import { embeddedBackends } from '../index.ts';
import { timeKernel } from './bench.ts';
import { checkedBackend } from './contractCheck.ts';
import { createKernelCache } from './kernelCache.ts';
import { lineSplitter } from './lines.ts';
import type { FilesOfFolder } from './privateFolder.ts';
import {
  type BenchReply,
  type ErrorReply,
  ProtocolError,
  parsed,
  protocolVersion,
  type Request,
  requestSchema,
} from './protocol.ts';
import { decodeTensors, encodeTensors } from './tensors.ts';

const replyDescriptor = 3;
/** As many as keep it busy while whoever asks looks at what has come. */
const inFlight = 128;

type Reply = { readonly ok: unknown } | { readonly error: ErrorReply };
type Asked<Call extends Request['call']> = Extract<Request, { call: Call }>;

interface Hosted {
  readonly backend: Backend;
  readonly description: BackendDescription;
}

/** Loads a backend by its name in the table, or from a module. */
async function loadBackend(adapter: string): Promise<Backend> {
  const embedded = Object.hasOwn(embeddedBackends, adapter) ? embeddedBackends[adapter] : undefined;
  if (embedded?.load) {
    try {
      return await (await embedded.load()).default();
    } catch (error) {
      throw withAdvice(adapter, error);
    }
  }
  const create = (await importModule(adapter)).default;
  if (typeof create !== 'function') {
    throw new TypeError(`${adapter}: the default export is ${typeof create}; a function () => Promise<Backend> is needed`);
  }
  return checkedBackend(await create());
}

/** Says which command brings a library that is not installed. */
function withAdvice(adapter: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const missing = code === 'ERR_MODULE_NOT_FOUND' && /Cannot find package '([^']+)'/.exec(String(message))?.[1];
  if (!missing) return error;
  const advice = `npm install --ignore-scripts ${[...new Set([...(embeddedBackends[adapter].packages ?? []), missing])].join(' ')}`;
  return new Error(`the package ${missing} is not installed; run: ${advice}`, { cause: error });
}

async function importModule(adapter: string): Promise<{ default?: () => Promise<Backend> }> {
  const isModule = /^\w+:\/\//.test(adapter) || isAbsolute(adapter) || /[./\\]/.test(adapter);
  if (!isModule) {
    const known = Object.keys(embeddedBackends).join(', ');
    throw new RangeError(`no backend is called '${adapter}'; ${known}, or the path of a module`);
  }
  return import(/^\w+:\/\//.test(adapter) ? adapter : pathToFileURL(resolve(adapter)).href);
}

/** Answers requests, one after the other. */
function createResponder(adapter: string): (request: Request) => Promise<Reply> {
  let loading: Promise<Hosted> | undefined;
  let files: FilesOfFolder | undefined;
  const kernels = createKernelCache(16);

  function hosted(): Promise<Hosted> {
    loading ??= loadBackend(adapter).then(async (backend) => ({ backend, description: await backend.describe() }));
    return loading;
  }

  async function hello(request: Asked<'hello'>): Promise<Reply> {
    if (!request.protocol.includes(protocolVersion)) {
      return refusal('unsupported', `this host speaks protocol ${protocolVersion}, asked was ${request.protocol.join(', ')}`);
    }
    const { directory } = request;
    files = request.files && directory ? (name, action) => action(join(directory, name)) : undefined;
    const { description } = await hosted();
    return {
      ok: {
        protocol: protocolVersion,
        ...description,
        supports: true,
        files: files !== undefined,
        inFlight,
        measures: true,
      },
    };
  }

  async function supports({ operation, attributes }: Asked<'supports'>): Promise<Reply> {
    return { ok: (await hosted()).backend.supports(operation, attributes) };
  }

  async function run({ operation, attributes, inputs }: Asked<'run'>): Promise<Reply> {
    const { backend, description } = await hosted();
    const support = backend.supports(operation, attributes);
    if (!support.supported) return refusal('unsupported', support.reason, support.link);
    const tensors = await decodeTensors(inputs, { dtype: description.dtype, where: 'inputs', files });
    const outputs = await kernels.use(backend, operation, attributes, tensors, async (kernel) => {
      await kernel.load(tensors);
      await kernel.execute();
      return kernel.read();
    });
    return { ok: { outputs: await encodeTensors(outputs, files) } };
  }

  async function bench({ operation, attributes, inputs, ...options }: Asked<'bench'>): Promise<Reply> {
    const { backend, description } = await hosted();
    const support = backend.supports(operation, attributes);
    if (!support.supported) return refusal('unsupported', support.reason, support.link);
    const tensors = await decodeTensors(inputs, { dtype: description.dtype, where: 'inputs', files });
    const { outputs, sampleOutputs, ...samples } = await timeKernel(backend, operation, attributes, tensors, options);
    const answers = {
      outputs: await encodeTensors(outputs, files),
      sampleOutputs: sampleOutputs && (await encodeTensors(sampleOutputs, files)),
    };
    return { ok: { ...samples, ...answers } satisfies BenchReply };
  }

  async function bye(): Promise<never> {
    try {
      const { backend } = await hosted();
      await kernels.dispose();
      await backend.dispose?.();
    } catch (error) {
      console.error(error);
    }
    process.exit(0);
  }

  return async (request) => {
    try {
      switch (request.call) {
        case 'hello':
          return await hello(request);
        case 'supports':
          return await supports(request);
        case 'run':
          return await run(request);
        case 'bench':
          return await bench(request);
        case 'bye':
          return await bye();
      }
    } catch (error) {
      // The stack is for the log; the message is for the report.
      console.error(error);
      return refusal(error instanceof ProtocolError ? 'invalid' : 'failed', messageOf(error));
    }
  };
}

function refusal(code: ErrorReply['code'], message: string, link?: string): Reply {
  return { error: { code, message, link } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

function reply(id: string, body: Reply): void {
  const bytes = Buffer.from(`${JSON.stringify({ id, ...body })}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(replyDescriptor, bytes, at);
}

function readRequest(line: Buffer): { request: Request } | { id: string; error: unknown } {
  let json: { id?: unknown } | undefined;
  try {
    json = JSON.parse(line.toString('utf8'));
    return { request: parsed(requestSchema, json, 'request') };
  } catch (error) {
    return { id: typeof json?.id === 'string' ? json.id : '', error };
  }
}

function serve(adapter: string): void {
  const respond = createResponder(adapter);
  let queue = Promise.resolve();
  let leaving = false;
  const receive = lineSplitter(() => Infinity, {
    line(bytes) {
      const read = readRequest(bytes);
      leaving ||= 'request' in read && read.request.call === 'bye';
      queue = queue.then(async () => {
        if ('error' in read) reply(read.id, refusal('invalid', messageOf(read.error)));
        else reply(read.request.id ?? '', await respond(read.request));
      });
    },
    tooLong() {},
  });
  process.stdin.on('data', receive);
  process.stdin.once('end', () => {
    // After bye the backend may clean up first; without it the parent is gone and nobody waits for an answer.
    if (!leaving) process.exit(0);
  });
}

const adapter = process.argv[2];
if (adapter === undefined) {
  console.error('host: needs the name of a backend or the path of a module');
  process.exitCode = 2;
} else {
  serve(adapter);
}
