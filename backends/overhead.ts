/**
 * What an adapter costs: Kernel.execute against the raw call of the library on the same tensors, in pairs in one process. Run it
 * with `npm run overhead`, on a machine that does nothing else.
 */
import type { Tensor } from '../reference/tensor.ts';
import type { Attributes, Backend, NamedShapes, OperationName } from './index.ts';
import { embeddedBackends } from './index.ts';
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

/** As a program that uses onnxruntime-node would write it, on the model that the adapter has built. */
const onnxruntime: Library = async ({ operation, attributes, shapes }, inputs) => {
  const ort = await import('onnxruntime-node');
  const { bytes } = buildModel(operation, attributes, shapes);
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [name, new ort.Tensor('float32', Float32Array.from(data), shape)]),
  );
  return () => session.run(feeds);
};

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
  return () => tf.conv2d(x, weights, 1, 1).dispose();
};

const libraries: Readonly<Record<string, Library>> = {
  'onnxruntime-cpu': onnxruntime,
  'tfjs-cpu': tfjs,
  'tfjs-wasm': tfjs,
};

const warmups = 5;
const wantedPairs = 200;
const budgetMs = 20_000;

/** Pairs in turns: the order within a pair alternates, so that neither call always comes first. */
async function pairs(first: RawCall, second: RawCall): Promise<[first: number, second: number][]> {
  const time = async (call: RawCall) => {
    const start = performance.now();
    await call();
    return performance.now() - start;
  };
  for (let i = 0; i < warmups; i++) {
    await time(first);
    await time(second);
  }
  const measured: [number, number][] = [];
  const end = performance.now() + budgetMs;
  while (measured.length < wantedPairs && (performance.now() < end || measured.length < 10)) {
    if (measured.length % 2 === 0) {
      const a = await time(first);
      measured.push([a, await time(second)]);
    } else {
      const b = await time(second);
      measured.push([await time(first), b]);
    }
  }
  return measured;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

for (const [name, library] of Object.entries(libraries)) {
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
    const raw = await library(question, inputs);
    const measured = await pairs(raw, () => kernel.execute());
    await kernel.dispose();
    const ratio = median(measured.map(([rawMs, adapterMs]) => adapterMs / rawMs));
    console.log(
      `${name.padEnd(16)} ${question.title.padEnd(26)} raw ${median(measured.map(([ms]) => ms)).toFixed(2)} ms, ` +
        `through the adapter ${median(measured.map(([, ms]) => ms)).toFixed(2)} ms, ratio ${ratio.toFixed(3)} (median of ${measured.length} pairs)`,
    );
  }
  await backend.dispose?.();
}
process.exit();
