/** The suite: at which sizes each operation is timed, and in which suite a size stands. */
import type {
  AttributesOf,
  ConvolutionAttributes,
  OperationName,
  Padding,
  Pair,
  PoolingAttributes,
} from '../../backends/signatures.ts';
import type { AnyCaseRecipe, AnyOperation, Sizes, Values } from '../judging/operation.ts';
import { operationNamed, operations } from '../operations/index.ts';

/** From small to large; each suite holds those before it. 'start' is what `etalon check --bench` times. */
export const suiteNames = ['start', 'quick', 'default', 'thorough'] as const;
export type SuiteName = (typeof suiteNames)[number];

/** Sizes of one operation that differ in one number, along which its time grows. */
export interface Series {
  readonly of: string;
  readonly size: number;
  /** Exponent of the number of operations. */
  readonly theory: number;
}

/** How a suite measures. */
export interface SuiteOptions {
  /** Fresh processes for each number. */
  readonly processes: number;
  /** Timed calls of a block, at most. */
  readonly iterations: number;
  /** Milliseconds for a block. */
  readonly budgetMs: number;
  /** Milliseconds of one call that the suite is made for; what takes over four times as long is left out, with the reason. */
  readonly limitMs: number;
  /** Executions with a cold cache. */
  readonly cold: number;
}

export const suiteOptions: Readonly<Record<SuiteName, SuiteOptions>> = {
  start: { processes: 3, iterations: 15, budgetMs: 15, limitMs: 50, cold: 0 },
  quick: { processes: 3, iterations: 30, budgetMs: 25, limitMs: 50, cold: 0 },
  default: { processes: 3, iterations: 50, budgetMs: 80, limitMs: 500, cold: 3 },
  thorough: { processes: 7, iterations: 200, budgetMs: 200, limitMs: 15_000, cold: 5 },
};

export interface BenchmarkSize {
  readonly operation: AnyOperation;
  /** Unique within the operation; what `--size` selects. */
  readonly name: string;
  /** The smallest suite that it stands in. */
  readonly suite: SuiteName;
  readonly recipe: AnyCaseRecipe;
  readonly series?: Series;
}

interface Line<Name extends OperationName> {
  readonly sizes: Sizes;
  readonly attributes: AttributesOf<Name>;
  readonly values?: Readonly<Record<string, Values>>;
  readonly series?: Series;
}

function size<Name extends OperationName>(operation: Name, name: string, suite: SuiteName, line: Line<Name>): BenchmarkSize {
  const { series, attributes, ...recipe } = line;
  const plain = Object.fromEntries(Object.entries(attributes));
  return {
    operation: operationNamed(operation),
    name,
    suite,
    series,
    recipe: { ...recipe, attributes: plain, name, tiers: ['random'] },
  };
}

/** n × n products, vectors and matrices of a transformer's shapes, tall and skinny ones. */
const products: readonly BenchmarkSize[] = [
  ...(
    [
      [64, 'quick'],
      [128, 'quick'],
      [256, 'start'],
      [512, 'quick'],
      [1024, 'default'],
      [2048, 'default'],
      [4096, 'thorough'],
    ] as const
  ).map(([n, suite]) =>
    size('matmul', String(n), suite, {
      sizes: { rows: n, inner: n, columns: n },
      attributes: {},
      series: { of: 'n of an n × n product', size: n, theory: 3 },
    }),
  ),
  ...(
    [
      [1, 4096, 4096, 'quick'],
      [8192, 64, 64, 'default'],
      [64, 8192, 64, 'default'],
      [4096, 4, 4096, 'thorough'],
    ] as const
  ).map(([rows, inner, columns, suite]) =>
    size('matmul', `${rows}x${inner}x${columns}`, suite, { sizes: { rows, inner, columns }, attributes: {} }),
  ),
];

const denseSizes = { batch: 64, inputs: 784, outputs: 256 };
const dense: readonly BenchmarkSize[] = [
  size('dense', '64x784x256', 'start', { sizes: denseSizes, attributes: {} }),
  size('dense.inputGradient', '64x784x256', 'default', { sizes: denseSizes, attributes: {} }),
  size('dense.weightGradient', '64x784x256', 'quick', { sizes: denseSizes, attributes: {} }),
  size('dense.biasGradient', '64x256', 'default', { sizes: { batch: 64, outputs: 256 }, attributes: {} }),
];

interface Layer {
  readonly name: string;
  readonly forward: SuiteName;
  readonly gradients: SuiteName;
  /** batch, input channels, height and width, output channels, kernel. */
  readonly geometry: readonly [batch: number, channels: number, side: number, maps: number, kernel: number];
  readonly stride?: number;
  readonly padding: number;
  readonly groups?: number;
}

/** Layers of LeNet, ResNet and MobileNet. */
const layers: readonly Layer[] = [
  { name: 'lenet-5x5', forward: 'start', gradients: 'quick', geometry: [8, 1, 28, 6, 5], padding: 2 },
  { name: 'resnet-7x7', forward: 'default', gradients: 'thorough', geometry: [1, 3, 224, 64, 7], stride: 2, padding: 3 },
  { name: 'resnet-3x3', forward: 'default', gradients: 'default', geometry: [1, 64, 56, 64, 3], padding: 1 },
  { name: 'resnet-3x3-deep', forward: 'default', gradients: 'thorough', geometry: [1, 512, 7, 512, 3], padding: 1 },
  { name: 'resnet-1x1', forward: 'quick', gradients: 'default', geometry: [1, 128, 28, 256, 1], padding: 0 },
  {
    name: 'mobilenet-depthwise',
    forward: 'quick',
    gradients: 'default',
    geometry: [1, 128, 56, 128, 3],
    padding: 1,
    groups: 128,
  },
];

const convolutions: readonly BenchmarkSize[] = layers.flatMap(
  ({ name, forward, gradients, geometry, stride = 1, padding, groups = 1 }) => {
    const [batch, inputChannels, side, outputChannels, kernel] = geometry;
    const sizes = {
      batch,
      inputChannels,
      height: side,
      width: side,
      outputChannels,
      kernelHeight: kernel,
      kernelWidth: kernel,
    };
    const attributes: ConvolutionAttributes = {
      stride: [stride, stride],
      padding: [padding, padding, padding, padding],
      dilation: [1, 1],
      groups,
    };
    return [
      size('conv2d', name, forward, { sizes, attributes }),
      size('conv2d.inputGradient', name, gradients, { sizes, attributes: { ...attributes, inputSize: [side, side] } }),
      size('conv2d.weightGradient', name, gradients, { sizes, attributes: { ...attributes, kernelSize: [kernel, kernel] } }),
    ];
  },
);

const biasGradients: readonly BenchmarkSize[] = [
  size('conv2d.biasGradient', 'resnet-3x3', 'default', {
    sizes: { batch: 1, outputChannels: 64, height: 56, width: 56 },
    attributes: {},
  }),
];

function poolings(name: string, suite: SuiteName, sizes: Sizes, pooling: PoolingAttributes): BenchmarkSize[] {
  const inputSize: Pair = [sizes.height, sizes.width];
  return [
    size('maxPool2d', name, suite, { sizes, attributes: pooling }),
    size('maxPool2d.backward', name, suite, { sizes, attributes: pooling }),
    size('averagePool2d', name, suite, { sizes, attributes: pooling }),
    size('averagePool2d.backward', name, suite, { sizes, attributes: { ...pooling, inputSize } }),
  ];
}

const none: Padding = [0, 0, 0, 0];
const pooling: readonly BenchmarkSize[] = [
  ...poolings(
    'lenet-2x2',
    'quick',
    { batch: 8, channels: 6, height: 28, width: 28 },
    { window: [2, 2], stride: [2, 2], padding: none },
  ),
  ...poolings(
    'vgg-2x2',
    'default',
    { batch: 1, channels: 64, height: 112, width: 112 },
    { window: [2, 2], stride: [2, 2], padding: none },
  ),
];

const softmaxes: readonly BenchmarkSize[] = (
  [
    [10, 'default'],
    [100, 'quick'],
    [1000, 'start'],
    [10_000, 'default'],
    [32_000, 'default'],
  ] as const
).flatMap(([classes, suite]) => {
  const line = {
    sizes: { batch: 32, classes },
    attributes: {},
    series: { of: 'classes of a batch of 32', size: classes, theory: 1 },
  };
  return [
    size('softmax', `32x${classes}`, suite, line),
    ...(classes >= 1000 ? [size('softmax.backward', `32x${classes}`, classes === 1000 ? 'quick' : 'default', line)] : []),
  ];
});

/** Free of the values that the cases are asked at: a benchmark's numbers are those that a network meets. */
const ordinary: Readonly<Record<string, Values>> = { x: { kind: 'uniform', low: -4, high: 4 } };

const elementwiseSizes = [
  [1_000, '1e3', 'quick'],
  [10_000, '1e4', 'default'],
  [100_000, '1e5', 'quick'],
  [1_000_000, '1e6', 'start'],
  [10_000_000, '1e7', 'default'],
] as const;

const elementwise: readonly BenchmarkSize[] = (['relu', 'sigmoid', 'identity'] as const).flatMap((operation) =>
  elementwiseSizes.map(([elements, name, suite]) =>
    size(operation, name, operation === 'identity' && suite === 'start' ? 'quick' : suite, {
      sizes: { batch: 1, features: elements },
      attributes: {},
      values: ordinary,
      series: { of: 'elements', size: elements, theory: 1 },
    }),
  ),
);

const activations: readonly BenchmarkSize[] = (
  ['tanh', 'softplus', 'hardTanh', 'relu.backward', 'sigmoid.backward', 'tanh.backward', 'softplus.backward'] as const
).map((operation) =>
  size(operation, '1e6', operation === 'tanh' || operation === 'relu.backward' ? 'quick' : 'default', {
    sizes: { batch: 1, features: 1_000_000 },
    attributes: {},
    values: ordinary,
  }),
);

const losses: readonly BenchmarkSize[] = (
  [
    'squaredError',
    'squaredError.gradient',
    'crossEntropy',
    'crossEntropy.gradient',
    'binaryCrossEntropy',
    'binaryCrossEntropy.gradient',
  ] as const
).map((operation) =>
  size(operation, '64x1000', operation.startsWith('crossEntropy') ? 'quick' : 'default', {
    sizes: { batch: 64, outputs: 1000 },
    attributes: {},
  }),
);

const networks: readonly BenchmarkSize[] = [
  size('mlp.trainStep', '32x196x64x10', 'quick', {
    sizes: { batch: 32, width0: 196, width1: 64, width2: 10 },
    attributes: { activations: ['relu', 'sigmoid'], learningRate: 0.1 },
  }),
  size('mlp.trainStep', '64x784x256x10', 'default', {
    sizes: { batch: 64, width0: 784, width1: 256, width2: 10 },
    attributes: { activations: ['relu', 'sigmoid'], learningRate: 0.1 },
  }),
  size('convolutionalNetwork.trainStep', '16x1x28x28', 'default', {
    sizes: { batch: 16, inputChannels: 1, height: 28, width: 28, maps: 8, kernelHeight: 5, kernelWidth: 5, classes: 10 },
    attributes: {
      convolution: { stride: [1, 1], padding: [2, 2, 2, 2], dilation: [1, 1], groups: 1 },
      pooling: { window: [2, 2], stride: [2, 2], padding: none },
      learningRate: 0.01,
    },
  }),
  size('perceptron.train', '500x64', 'default', { sizes: { samples: 500, features: 64 }, attributes: { passes: 4 } }),
  size('adamStep', '1e6', 'default', {
    sizes: { rows: 1000, columns: 1000 },
    attributes: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 10 },
  }),
  size('dropout', '1e6', 'default', { sizes: { batch: 1000, features: 1000 }, attributes: { keep: 0.8 } }),
];

const chosen: readonly BenchmarkSize[] = [
  ...[products, dense, convolutions, biasGradients, pooling, softmaxes, elementwise, activations, losses, networks].flat(),
];

/** Operations without sizes of their own are timed at that of their line in the table. */
const remaining: readonly BenchmarkSize[] = operations
  .filter(({ name, benchmark }) => benchmark !== undefined && !chosen.some(({ operation }) => operation.name === name))
  .map((operation) => ({
    operation,
    name: 'small',
    suite: 'default',
    recipe: { ...operation.benchmark!, name: 'benchmark-small', tiers: ['random'] },
  }));

/** Every size, in the order of the operations' table. */
export const benchmarkSizes: readonly BenchmarkSize[] = operations.flatMap(({ name }) =>
  [...chosen, ...remaining].filter(({ operation }) => operation.name === name),
);

/** Returns the sizes of a suite: its own and those of the smaller suites. */
export function sizesOf(suite: SuiteName): BenchmarkSize[] {
  const last = suiteNames.indexOf(suite);
  return benchmarkSizes.filter((line) => suiteNames.indexOf(line.suite) <= last);
}

/** Returns the sizes of these operations in the suite, or in the smallest larger one that has any of the operation. */
export function sizesFor(names: readonly string[], suite: SuiteName): BenchmarkSize[] {
  return names.flatMap((name) => {
    const own = benchmarkSizes.filter(({ operation }) => operation.name === name);
    const rank = (line: BenchmarkSize) => Math.max(suiteNames.indexOf(suite), suiteNames.indexOf(line.suite));
    const smallest = Math.min(...own.map(rank));
    return own.filter((line) => rank(line) === smallest);
  });
}
