/**
 * What an adapter costs: Kernel.execute against the raw call of the library on the same tensors, in turns in one process for each
 * backend: `npm run overhead -- [NAME…]`, on a machine that does nothing else. The exit code is 1 when an adapter costs more than 2 %.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Tensor } from '../reference/tensor.ts';
import type { Attributes, Backend, NamedShapes, OperationName } from './index.ts';
import { embeddedBackends } from './index.ts';
import { convolutionKernels } from './js/convolution.ts';
import { denseKernels } from './js/dense.ts';
import { buildModel } from './onnxruntime/adapter.ts';
import { images, kernels } from './tfjs/layouts.ts';

interface Question {
  readonly operation: OperationName;
  readonly title: string;
  readonly attributes: Attributes;
  readonly shapes: NamedShapes;
}

const questions: readonly Question[] = [
  { operation: 'matmul', title: 'matmul 512', attributes: {}, shapes: { a: [512, 512], b: [512, 512] } },
  {
    operation: 'conv2d',
    title: 'conv2d 3×3, 64→64, 56×56',
    attributes: { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 },
    shapes: { x: [1, 64, 56, 56], weights: [64, 64, 3, 3] },
  },
];

type RawCall = () => unknown;
type Library = (question: Question, inputs: Readonly<Record<string, Tensor>>) => Promise<RawCall>;

/** The loops themselves. */
const js: Library = async ({ operation, attributes, shapes }, inputs) => {
  const build = { ...denseKernels, ...convolutionKernels }[operation as 'matmul'];
  const { outputs, run } = build(attributes as never, shapes as never);
  const buffer = (data: Tensor['data']) => Float32Array.from(data);
  const from = Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, buffer(data)])) as never;
  const y = { y: new Float32Array(outputs.y.reduce((a, b) => a * b, 1)) };
  return () => run(from, y);
};

/** As a program that uses onnxruntime-node would write it, on the model that the adapter has built. */
function onnxruntime(provider: 'cpu' | 'webgpu'): Library {
  return async ({ operation, attributes, shapes }, inputs) => {
    const ort = await import('onnxruntime-node');
    const { bytes } = buildModel(operation, attributes, shapes);
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: [provider],
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape }]) => [
        name,
        new ort.Tensor('float32', Float32Array.from(data), shape),
      ]),
    );
    return async () => {
      for (const output of Object.values(await session.run(feeds))) output.dispose();
    };
  };
}

/** As a program that uses tfjs would write it; the backend under test has started the device. */
const tfjs: Library = async ({ operation }, inputs) => {
  const tf = await import('@tensorflow/tfjs');
  const outside = (name: string) => tf.tensor(Float32Array.from(inputs[name].data), [...inputs[name].shape], 'float32');
  if (operation === 'matmul') {
    const [a, b] = [outside('a'), outside('b')];
    return () => tf.matMul(a, b).dispose();
  }
  const x = images.toDevice(tf, outside('x')) as import('@tensorflow/tfjs').Tensor4D;
  const weights = kernels.toDevice(tf, outside('weights')) as import('@tensorflow/tfjs').Tensor4D;
  return () => tf.conv2d(x, weights, 1, 'same').dispose();
};

/** Without a graphics device there is nothing to learn about those on WebGPU: they run when they are named. */
const libraries: Readonly<Record<string, Library>> = {
  js,
  'tfjs-cpu': tfjs,
  'tfjs-wasm': tfjs,
  'tfjs-node': tfjs,
  'onnxruntime-cpu': onnxruntime('cpu'),
  'onnxruntime-webgpu': onnxruntime('webgpu'),
};
const named = Object.keys(libraries).filter((name) => name !== 'onnxruntime-webgpu');

const warmups = 10;
const wantedRounds = 400;
const fewestRounds = 12;
const budgetMs = 20_000;
const allowedRatio = 1.02;

/** What computes in this thread alone is timed by the process's own processor time, in which other processes take no part. */
const singleThreaded = ['js', 'tfjs-cpu'];
const clocks = {
  wall: () => performance.now(),
  processor: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

interface Round {
  readonly rawMs: number;
  readonly adapterMs: number;
}

/** Rounds of four calls, raw, adapter, adapter, raw or the other way round: what comes first, and what slows down, counts for both. */
async function interleave(raw: RawCall, adapter: RawCall, clock: () => number): Promise<Round[]> {
  const time = async (call: RawCall) => {
    const start = clock();
    await call();
    return clock() - start;
  };
  for (let i = 0; i < warmups; i++) {
    await time(raw);
    await time(adapter);
  }
  const rounds: Round[] = [];
  const end = performance.now() + budgetMs;
  while (rounds.length < wantedRounds && (performance.now() < end || rounds.length < fewestRounds)) {
    const [outer, inner] = rounds.length % 2 === 0 ? [raw, adapter] : [adapter, raw];
    const first = await time(outer);
    const between = ((await time(inner)) + (await time(inner))) / 2;
    const around = (first + (await time(outer))) / 2;
    rounds.push(outer === raw ? { rawMs: around, adapterMs: between } : { rawMs: between, adapterMs: around });
  }
  return rounds;
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median, and the interval that holds the true one with 95 %, whatever the distribution: order statistics n/2 ± 0.98√n. */
function medianInterval(values: readonly number[]): readonly [low: number, middle: number, high: number] {
  const sorted = [...values].sort((a, b) => a - b);
  const low = Math.max(0, Math.floor(sorted.length / 2 - 0.98 * Math.sqrt(sorted.length)));
  return [sorted[low], median(sorted), sorted[sorted.length - 1 - low]];
}

async function measure(name: string): Promise<void> {
  const backend: Backend = await (await embeddedBackends[name].load!()).default();
  for (const question of questions) {
    const inputs = Object.fromEntries(
      Object.entries(question.shapes).map(([input, shape]): [string, Tensor] => {
        const size = shape.reduce((a, b) => a * b, 1);
        return [input, { dtype: 'float32', shape, data: Float32Array.from({ length: size }, () => Math.random() - 0.5) }];
      }),
    );
    const kernel = await backend.prepare(question.operation, question.attributes, question.shapes);
    await kernel.load(inputs);
    const raw = await libraries[name](question, inputs);
    const rounds = await interleave(
      raw,
      () => kernel.execute(),
      singleThreaded.includes(name) ? clocks.processor : clocks.wall,
    );
    await kernel.dispose();
    const ratios = rounds.map(({ rawMs, adapterMs }) => adapterMs / rawMs);
    const [low, middle, high] = medianInterval(ratios);
    const [, rawMs] = medianInterval(rounds.map((round) => round.rawMs));
    const [, adapterMs] = medianInterval(rounds.map((round) => round.adapterMs));
    console.log(
      `${name.padEnd(18)} ${question.title.padEnd(26)} raw ${rawMs.toFixed(2)} ms, through the adapter ${adapterMs.toFixed(2)} ms, ` +
        `ratio ${middle.toFixed(3)} (95 %: ${low.toFixed(3)} … ${high.toFixed(3)}, ${rounds.length} rounds of four)`,
    );
    if (low > allowedRatio) process.exitCode = 1;
  }
  await backend.dispose?.();
}

const { values, positionals } = parseArgs({ options: { measure: { type: 'string' } }, allowPositionals: true });
if (values.measure !== undefined) {
  await measure(values.measure);
  process.exit(process.exitCode);
}
const unknown = positionals.find((name) => !Object.hasOwn(libraries, name));
if (unknown !== undefined) throw new Error(`overhead: ${unknown} is not one of ${Object.keys(libraries).join(', ')}`);
for (const name of positionals.length > 0 ? positionals : named) {
  const { status } = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), '--measure', name], {
    stdio: 'inherit',
    env: { ...process.env, ...embeddedBackends[name].environment?.() },
  });
  if (status !== 0) process.exitCode = 1;
}
