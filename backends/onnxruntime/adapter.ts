/**
 * The adapter of ONNX Runtime, for every execution provider it has. A provider is a file of its own beside this one, which
 * names it, brings its libraries and states what it lacks.
 */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { type Shape, sizeOf, type Tensor } from '../../reference/tensor.ts';
import { type Holes, inStep, requireShape, requireSupport, supportsFrom } from '../adapterHost.ts';
import type { Backend, BackendDescription, Kernel } from '../contract.ts';
import type { Attributes, NamedShapes, NamedTensors, OperationName } from '../signatures.ts';
import { createGraph, encodeModel, type Graph, type Value } from './model.ts';
import { builders } from './operations.ts';
import { createProfile, requireProvider } from './profile.ts';
import { type CreatedSession, createSessions, type Sessions } from './sessions.ts';

export type Ort = typeof import('onnxruntime-node');

// Unless it is told before it is loaded, the library writes every session it creates to a database in the user's home and sends it to its makers.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

export interface OnnxRuntimeProvider {
  /** The library, where another copy of it than the package is to be loaded. */
  readonly ort?: Ort;
  /** Everything a reader of the report should know, except what is the same for all providers. */
  readonly description: Omit<BackendDescription, 'library' | 'version' | 'dtype'>;
  /** In the library's own words and order: 'cpu', 'webgpu', { name: 'cuda', deviceId: 1 }. */
  readonly executionProviders: NonNullable<InferenceSession.SessionOptions['executionProviders']>;
  /** The library's own options: threads, profiling, `extra: { session: { disable_cpu_ep_fallback: '1' } }`. */
  readonly sessionOptions?: Omit<InferenceSession.SessionOptions, 'executionProviders'>;
  /**
   * The provider's name in the library's profile ('WebGpuExecutionProvider'). With it every kernel's first execution must show that
   * each node ran there; the session itself refuses a graph that would fall back to the processor.
   */
  readonly provenAs?: string;
  readonly holes?: Holes;
  /** Sessions of small graphs that nobody uses are kept, as many as this, for when they are asked for again; 0 where absent. */
  readonly idleSessions?: number;
  /** Operators, and outputs of operators ('MaxPool.Indices'), that it has no kernel for: others are composed in their place. */
  readonly lacks?: readonly string[];
}

/** A builder as the adapter sees it: without the operation's name in the types, which the table has checked. */
type AnyBuilder = (context: {
  graph: Graph;
  attributes: Attributes;
  shapes: NamedShapes;
  inputs: Record<string, Value>;
}) => Record<string, Value>;
const anyBuilders = builders as unknown as Readonly<Record<string, AnyBuilder>>;

/** Inputs of fewer elements than this in all are computed before a second thread has woken. */
const worthThreads = 4096;

/** A graph of so few elements pays for these and gains nothing: other threads, and memory that is planned and kept for the next run. */
const smallGraph = { intraOpNumThreads: 1, enableCpuMemArena: false, enableMemPattern: false };

const sharedNotes = [
  `Graphs whose inputs have fewer than ${worthThreads} elements get one thread and no memory arena, others one thread per core and an arena.`,
  'Gradients are composed of forward operators: ONNX Runtime’s inference build has none for them.',
  'Graphs with an empty input are optimized at level basic: above it Transpose and MatMul become FusedMatMul, which divides by the size of the batch and ends the process.',
  'Constants of an operation (slope, learning rate, …) are rounded to float32 when its graph is built.',
];

/**
 * A backend that computes with ONNX Runtime on one of its execution providers, in float32.
 *
 * @throws Error when the library cannot be loaded. A provider that cannot start is noticed by the first `prepare`.
 */
export async function createOnnxRuntimeBackend(provider: OnnxRuntimeProvider): Promise<Backend> {
  const { description, sessionOptions, holes } = provider;
  const threads = sessionOptions?.intraOpNumThreads;
  const ort = provider.ort ?? (await import('onnxruntime-node'));
  const sessions = createSessions(provider.idleSessions ?? 0);

  const supports = supportsFrom('ONNX Runtime', builders, holes);

  return {
    describe: async () => ({
      ...description,
      library: 'onnxruntime-node',
      version: ort.env.versions.node ?? ort.env.versions.common,
      dtype: 'float32',
      notes: [
        ...(description.notes ?? []),
        ...(threads === undefined ? [] : [`Threads that one operator may use: ${threads}.`]),
        ...sharedNotes,
      ],
    }),
    supports,
    async prepare(operation, attributes, shapes) {
      requireSupport(description.name, operation, supports(operation, attributes));
      return prepareKernel(ort, provider, sessions, operation as OperationName, attributes, shapes);
    },
    dispose: sessions.dispose,
  };
}

/** The operation's model, and the name that each of its outputs has inside it. */
export function buildModel(
  operation: OperationName,
  attributes: Attributes,
  shapes: NamedShapes,
  { lacks }: Pick<OnnxRuntimeProvider, 'lacks'> = {},
) {
  const graph = createGraph(operation, new Set(lacks));
  const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, graph.input(name, shape)]));
  const outputs = anyBuilders[operation]({ graph, attributes, shapes, inputs });
  graph.returns(Object.values(outputs));
  return { bytes: encodeModel(graph), outputs };
}

/** Tells whether one thread is enough. Starting and ending a pool of threads takes longer than the rest of such a session's life. */
function isTiny(shapes: NamedShapes): boolean {
  return Object.values(shapes).reduce((total, shape) => total + sizeOf(shape), 0) < worthThreads;
}

function isEmpty(shapes: NamedShapes): boolean {
  return Object.values(shapes).some((shape) => sizeOf(shape) === 0);
}

async function prepareKernel(
  ort: Ort,
  provider: OnnxRuntimeProvider,
  sessions: Sessions,
  operation: OperationName,
  attributes: Attributes,
  shapes: NamedShapes,
): Promise<Kernel> {
  /** Foreign errors say which kernel they came from. */
  async function explained<Result>(step: string, run: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (cause) {
      throw inStep(provider.description.name, operation, step, cause);
    }
  }

  const { provenAs } = provider;

  async function createSession(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<CreatedSession> {
    const profile = provenAs === undefined ? undefined : createProfile();
    try {
      const session = await ort.InferenceSession.create(model, {
        ...options,
        // Errors only. They go to stderr, with more detail than the exception has where a provider's library is missing.
        logSeverityLevel: 3,
        ...(profile && { ...profile.options, extra: { session: { disable_cpu_ep_fallback: '1' } } }),
        ...provider.sessionOptions,
        executionProviders: provider.executionProviders,
      });
      return { session, profile };
    } catch (error) {
      profile?.discard();
      throw error;
    }
  }

  const { shared, outputs } = await explained('prepare', async () => {
    const model = buildModel(operation, attributes, shapes, provider);
    const isSmall = isTiny(shapes);
    const options: InferenceSession.SessionOptions = {
      graphOptimizationLevel: isEmpty(shapes) ? 'basic' : 'all',
      ...(isSmall && smallGraph),
    };
    const key = JSON.stringify(options) + Buffer.from(model.bytes).toString('latin1');
    return { shared: await sessions.use(key, isSmall, () => createSession(model.bytes, options)), outputs: model.outputs };
  });
  const { session } = shared;
  let feeds: Record<string, OrtTensor> | undefined;
  let results: InferenceSession.ReturnType | undefined;

  function disposeTensors(tensors: Readonly<Record<string, OrtTensor>> | undefined): void {
    for (const value of Object.values(tensors ?? {})) value.dispose();
  }
  function toLibrary(name: string, value: Tensor | undefined, shape: Shape): OrtTensor {
    const { data } = requireShape(name, value, shape);
    // A copy, because the library computes with the array it is given.
    return new ort.Tensor('float32', new Float32Array(data), [...shape]);
  }

  return {
    async load(given: NamedTensors) {
      const loaded = await explained('load', () =>
        Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, toLibrary(name, given[name], shape)])),
      );
      disposeTensors(feeds);
      feeds = loaded;
    },
    async execute() {
      const computed = await explained('execute', () => {
        if (!feeds) throw new Error('nothing was loaded');
        return session.run(feeds);
      });
      if (shared.profile && provenAs !== undefined) {
        const ran = shared.profile.end(session);
        shared.profile = undefined;
        await explained('execute', () => requireProvider(ran, provenAs));
      }
      disposeTensors(results);
      results = computed;
    },
    async read() {
      return explained('read', async () => {
        if (!results) throw new Error('nothing was executed');
        const read: Record<string, Tensor> = {};
        for (const [name, value] of Object.entries(outputs)) {
          const { dims } = results[value];
          // A copy, so that the reader holds nothing of the library's.
          read[name] = {
            dtype: 'float32',
            shape: [...dims],
            data: new Float32Array((await results[value].getData()) as Float32Array),
          };
        }
        return read;
      });
    },
    async dispose() {
      disposeTensors(feeds);
      disposeTensors(results);
      feeds = undefined;
      results = undefined;
      await sessions.leave(shared);
    },
  };
}
