/**
 * A run report written by hand that holds every kind of outcome; every reporter is tested on it. The numbers look like a run's,
 * but nothing was computed.
 */
import type {
  BackendRecord,
  OperationRecord,
  Outcome,
  OutputJudgement,
  PropertyOutcome,
  RunReport,
  Timing,
} from '../../suites/runReport.ts';
import { sampleAlgorithms } from './sampleAlgorithms.ts';
import { sampleAccuracy, sampleRows } from './sampleRows.ts';

const backends: readonly BackendRecord[] = [
  {
    ...{ name: 'js', status: 'ran', library: 'etalon reference', version: '0.1.0', device: 'cpu', dtype: 'float64' },
    ...{ precision: 'float64', holes: [], notes: ['The reference itself: it shows what the harness costs.'] },
  },
  {
    ...{ name: 'tfjs-wasm', status: 'ran', library: '@tensorflow/tfjs', version: '4.22.0', device: 'wasm', dtype: 'float32' },
    ...{ precision: 'float32', driver: 'XNNPACK, SIMD, 1 thread', notes: ['One thread.'], subnormals: 'flushed' },
    holes: [
      {
        operation: 'conv2d.weightGradient',
        reason: 'the library has no kernel Conv2DBackpropFilter for wasm',
        link: 'https://github.com/tensorflow/tfjs/issues/1',
      },
    ],
  },
  {
    ...{
      name: 'student',
      status: 'ran',
      library: 'homework.py',
      version: '3',
      device: 'cpu',
      dtype: 'float32',
      precision: 'float32',
    },
    holes: [{ operation: 'conv2d.weightGradient', reason: 'not listed in hello' }],
  },
  {
    ...{ name: 'onnxruntime-cuda', status: 'unavailable', holes: [] },
    reason: 'Failed to load shared library: libcudart.so.13 is not on the library path',
  },
];

const operations: readonly OperationRecord[] = [
  {
    ...{ name: 'tanh.derivative', title: 'Hyperbolic tangent, derivative', topic: 'Activations', rows: ['A1', 'A2'] },
    ...{
      source: 'reference/activations.ts',
      attributes: {},
      inputs: { x: ['batch', 'features'] },
      outputs: { y: ['batch', 'features'] },
    },
    formula: "\\tanh'(x) = 1-\\tanh^2(x) = \\frac{4e^{2x}}{\\left(e^{2x}+1\\right)^2}",
    constraints: [],
    errorClass: 'elementary',
    bound: '8u\\left|y\\right| + \\tfrac12 s_{\\min}',
    derivation: 'Two calls of $\\exp$ at $2u$ each and four rounded operations; $s_{\\min}$ is the smallest subnormal.',
    errata: [{ id: 'R1', says: '1 − 2·tanh²(x)' }],
  },
  {
    ...{
      name: 'relu.derivative',
      title: 'Rectifier, derivative',
      topic: 'Activations',
      rows: ['A5'],
      source: 'reference/activations.ts',
    },
    ...{ attributes: {}, inputs: { x: ['batch', 'features'] }, outputs: { y: ['batch', 'features'] } },
    formula: "\\operatorname{ReLU}'(x) = \\begin{cases}0 & x<0\\\\ 1 & x>0\\end{cases}",
    constraints: [],
    errorClass: 'set-valued',
    bound: '0',
    derivation: 'At $x=0$ either one-sided derivative is right; the report names the one taken.',
  },
  {
    ...{
      name: 'softmax',
      title: 'Softmax over the last axis',
      topic: 'Activations',
      rows: ['A9'],
      source: 'reference/softmax.ts',
    },
    ...{ onnx: 'Softmax', attributes: {}, inputs: { x: ['batch', 'classes'] }, outputs: { y: ['batch', 'classes'] } },
    formula: 'y_i = \\frac{e^{x_i-m}}{\\sum_j e^{x_j-m}},\\quad m=\\max_j x_j',
    constraints: [{ id: 'C1', text: 'There is at least one class.' }],
    errorClass: 'composed',
    bound: '\\left|y_i\\right|\\left(\\gamma_{n+2} + 2u\\left(3+2\\left|x_i-m\\right|\\right)\\right)',
    derivation: 'The bounds of exp, of a sum of n positive terms and of one division, carried through.',
  },
  {
    ...{
      name: 'matmul',
      title: 'Matrix product',
      topic: 'Dense layers',
      rows: ['M1'],
      source: 'reference/dense.ts',
      onnx: 'MatMul',
    },
    ...{ attributes: {}, inputs: { a: ['rows', 'inner'], b: ['inner', 'columns'] }, outputs: { y: ['rows', 'columns'] } },
    formula: 'y_{ij} = \\sum_{k} a_{ik}\\,b_{kj}',
    constraints: [{ id: 'C1', text: 'The second axis of a is as long as the first axis of b.' }],
    errorClass: 'sum of products',
    bound: '\\gamma_n \\sum_k \\left|a_{ik}\\right|\\left|b_{kj}\\right|, \\quad \\gamma_n = \\frac{nu}{1-nu}',
    derivation: 'Each of n products and n − 1 sums is rounded once, in any order (Higham, theorem 3.1).',
  },
  {
    ...{
      name: 'conv2d',
      title: '2-D convolution',
      topic: 'Convolution and pooling',
      rows: ['C1', 'C5'],
      source: 'reference/conv2d.ts',
    },
    onnx: 'Conv',
    attributes: {
      stride: 'Step between windows, vertical and horizontal.',
      padding: 'Zeros around the image: top, left, bottom, right.',
      dilation: 'Step between the taps of a window.',
      groups: 'Number of independent groups of channels.',
    },
    inputs: {
      x: ['batch', 'inputChannels', 'height', 'width'],
      weights: ['outputChannels', 'inputChannelsPerGroup', 'kernelHeight', 'kernelWidth'],
      bias: ['outputChannels'],
    },
    outputs: { y: ['batch', 'outputChannels', 'outputHeight', 'outputWidth'] },
    formula: 'y_{n,o,i,j} = b_o + \\sum_{c,k,l} w_{o,c,k,l}\\; x_{n,\\,c,\\,s_h i + d_h k - p_t,\\,s_w j + d_w l - p_l}',
    constraints: [
      { id: 'C1', text: 'groups divides the numbers of input and of output channels.' },
      { id: 'C2', text: 'The dilated kernel fits into the padded image.' },
    ],
    errorClass: 'sum of products',
    bound: '\\gamma_{n+1}\\left(\\left|b_o\\right|+\\sum\\left|w\\right|\\left|x\\right|\\right)',
    derivation: 'n is the number of taps of a window; the bias is one more term.',
  },
  {
    ...{ name: 'conv2d.weightGradient', title: '2-D convolution, gradient of the weights', topic: 'Convolution and pooling' },
    ...{ rows: ['C2', 'R6'], source: 'reference/conv2d.ts', attributes: { kernelSize: 'Height and width of the kernel.' } },
    inputs: {
      x: ['batch', 'inputChannels', 'height', 'width'],
      dy: ['batch', 'outputChannels', 'outputHeight', 'outputWidth'],
    },
    outputs: { dWeights: ['outputChannels', 'inputChannelsPerGroup', 'kernelHeight', 'kernelWidth'] },
    formula: '\\frac{\\partial E}{\\partial w_{o,c,k,l}} = \\sum_{n,i,j} \\delta_{n,o,i,j}\\; x_{n,c,i+k,j+l}',
    constraints: [{ id: 'C1', text: 'dy has the shape of the convolution’s output.' }],
    errorClass: 'sum of products',
    bound: '\\gamma_n\\sum\\left|\\delta\\right|\\left|x\\right|',
    derivation: 'A sum over every output position of every sample.',
  },
  {
    ...{
      name: 'perceptron.train',
      title: 'Online perceptron',
      topic: 'Perceptron',
      rows: ['P4'],
      source: 'reference/perceptron.ts',
    },
    attributes: { passes: 'How often the samples are gone through, in order.' },
    inputs: { x: ['samples', 'features'], labels: ['samples'] },
    outputs: { weights: ['features'], mistakes: ['passes', 'samples'] },
    formula: 'w \\leftarrow w + y_i x_i \\quad\\text{if } y_i w^\\top x_i \\le 0',
    constraints: [{ id: 'C1', text: 'Labels are −1 or +1.' }],
    errorClass: 'trajectory',
    bound: '0',
    derivation: 'Integer-valued samples: every decision and every weight is exact.',
  },
];

interface Details extends Partial<Outcome> {
  readonly output?: Partial<OutputJudgement>;
}

const shapes: Readonly<Record<string, Outcome['shapes']>> = {
  'tanh.derivative': { x: [3, 5] },
  'relu.derivative': { x: [3, 5] },
  softmax: { x: [4, 7] },
  matmul: { a: [3, 5], b: [5, 4] },
  conv2d: { x: [2, 4, 9, 7], weights: [6, 2, 3, 2], bias: [6] },
  'conv2d.weightGradient': { x: [2, 4, 9, 7], dy: [2, 6, 4, 3] },
  'perceptron.train': { x: [6, 3], labels: [6] },
};

/** A passed outcome, changed by `details`. */
function outcome(operation: string, recipe: string, backend: string, details: Details = {}): Outcome {
  const { output, ...rest } = details;
  const caseId = `${operation}/${recipe}`;
  const judged: OutputJudgement = {
    ...{ name: 'y', shape: [3, 5], compared: 15, unconstrained: 0, errorRatio: 0.21, largestUlps: 1, wrong: 0 },
    worst: {
      index: [1, 2],
      expected: 0.5,
      actual: 0.5000001,
      absoluteError: 1e-7,
      limit: 4.8e-7,
      ulps: 1,
      inputs: { x: 0.25 },
    },
    ...output,
  };
  return {
    ...{ caseId, operation, backend, status: 'passed', tier: recipe.endsWith('exact') ? 'exact' : 'random', seed: 1 },
    ...{ attributes: {}, shapes: shapes[operation], outputs: [judged], milliseconds: 1.25 },
    replay: `etalon check --backend ${backend} --case ${caseId} --seed 1`,
    ...rest,
  };
}

const exactOutput = { errorRatio: 0, largestUlps: 0, worst: undefined };
const strided = { stride: [2, 2], padding: [1, 0, 0, 1], dilation: [1, 1], groups: 2 };

const outcomes: readonly Outcome[] = [
  outcome('tanh.derivative', 'regimes/random', 'js', { output: exactOutput }),
  outcome('tanh.derivative', 'regimes/random', 'tfjs-wasm', {
    output: { errorRatio: 0.74, largestUlps: 3, unconstrained: 2, compared: 13 },
  }),
  outcome('tanh.derivative', 'regimes/random', 'student', {
    status: 'failed',
    check: 'values',
    reason:
      'y[0, 1] should be 0.4199743416140261, is -0.1600513: error 0.58, 2.9e6 times its limit 2e-7; 11 of 15 elements wrong',
    diagnosis: 'the output equals 1 − 2·tanh²(x) (known mistake double-square, erratum R1)',
    output: {
      ...{ errorRatio: 2.9e6, largestUlps: 19_462_000, wrong: 11 },
      worst: {
        ...{ index: [0, 1], expected: 0.4199743416140261, actual: -0.16005131602287292, absoluteError: 0.580025657636899 },
        ...{ limit: 2e-7, ulps: 19_462_000, inputs: { x: 1 } },
      },
    },
  }),
  outcome('relu.derivative', 'regimes/random', 'js', { alternative: 'ReLU′(0) = 0', output: exactOutput }),
  outcome('relu.derivative', 'regimes/random', 'tfjs-wasm', { alternative: 'ReLU′(0) = 1', output: exactOutput }),
  outcome('relu.derivative', 'regimes/random', 'student', { alternative: 'ReLU′(0) = 0', output: exactOutput }),
  outcome('softmax', 'plain/random', 'js', { output: { errorRatio: 0.02 } }),
  outcome('softmax', 'plain/random', 'tfjs-wasm', { output: { errorRatio: 0.33, largestUlps: 2 } }),
  outcome('softmax', 'plain/random', 'student', {
    status: 'errored',
    outputs: [],
    reason: "failed: KeyError: 'x' <b>&amp;</b> ]]> \u0007",
  }),
  outcome('softmax', 'huge/random', 'js', { output: { errorRatio: 0 } }),
  outcome('softmax', 'huge/random', 'tfjs-wasm', {
    status: 'expectedFailure',
    check: 'special values',
    reason: 'the maximum is not subtracted: e^10000 overflows',
    link: 'https://github.com/tensorflow/tfjs/issues/2',
    output: {
      ...{ errorRatio: 'inf', largestUlps: 'inf', wrong: 4 },
      worst: {
        ...{ index: [2, 0], expected: 1, actual: 'nan', absoluteError: 'nan', limit: 5e-7, ulps: 'inf' },
        inputs: { x: [10_000, '-inf', 'nan', '-0', 0.1] },
      },
    },
  }),
  outcome('matmul', 'oblong/exact', 'js', { output: exactOutput }),
  outcome('matmul', 'oblong/exact', 'tfjs-wasm', {
    status: 'unexpectedPass',
    reason: 'listed in expected-failures.json, but it passes: remove the line',
    output: exactOutput,
  }),
  outcome('matmul', 'oblong/exact', 'student', {
    status: 'crashed',
    outputs: [],
    reason: 'the worker ended with signal SIGSEGV',
  }),
  outcome('matmul', 'plain/random', 'student', {
    status: 'notAsked',
    outputs: [],
    reason: 'given up after 3 calls in a row at which it crashed or hung',
  }),
  outcome('matmul', 'large/random', 'js', {
    output: { shape: [600, 700], compared: 1024, sample: { of: 420_000, share: 0.01, detectionProbability: 0.99997 } },
  }),
  outcome('matmul', 'oblong/random', 'js', {
    output: {
      errorRatio: 0.08,
      precision: { bits: 52.84, consistentWith: ['float64'] },
      statistics: {
        passed: true,
        falseAlarmProbability: 1e-10,
        tests: {
          meanSquare: { statistic: 0.77, threshold: 1.75, falseAlarmProbability: 5e-11 },
          bias: { statistic: 0.3, threshold: 7.1, falseAlarmProbability: 5e-11 },
        },
      },
    },
  }),
  outcome('matmul', 'oblong/random', 'tfjs-wasm', {
    output: { errorRatio: 0.996, largestUlps: 6, precision: { bits: 10.87, consistentWith: ['TF32 inputs'] } },
  }),
  outcome('matmul', 'oblong/random', 'student', {
    status: 'failed',
    check: 'values',
    reason: 'y[2, 3] should be 0.75, is 0.75000048: error 4.8e-7, 1.004 times its limit 4.78e-7; 1 of 12 elements wrong',
    output: {
      ...{ errorRatio: 1.004, largestUlps: 8, wrong: 1, shape: [3, 4], compared: 12 },
      worst: {
        ...{ index: [2, 3], expected: 0.75, actual: 0.75000048, absoluteError: 4.8e-7, limit: 4.78e-7, ulps: 8 },
        inputs: {},
      },
    },
  }),
  ...['js', 'tfjs-wasm'].map((backend) =>
    outcome('conv2d', 'strided/random', backend, { attributes: strided, output: { errorRatio: 0.12 } }),
  ),
  outcome('conv2d', 'strided/random', 'student', {
    ...{ status: 'failed', check: 'shape', attributes: strided, outputs: [] },
    reason: 'output y should have shape [2, 6, 4, 3], has [2, 6, 5, 4]',
  }),
  outcome('conv2d.weightGradient', 'plain/exact', 'js', { output: { ...exactOutput, name: 'dWeights' } }),
  ...['tfjs-wasm', 'student'].map((backend) =>
    outcome('conv2d.weightGradient', 'plain/exact', backend, {
      ...{ status: 'unsupported', outputs: [], milliseconds: 0 },
      reason: backends.find(({ name }) => name === backend)!.holes[0].reason,
      link: backends.find(({ name }) => name === backend)!.holes[0].link,
    }),
  ),
  outcome('perceptron.train', 'separable/exact', 'js', {
    output: { ...exactOutput, name: 'weights' },
    attributes: { passes: 3 },
  }),
  outcome('perceptron.train', 'separable/exact', 'tfjs-wasm', {
    output: { ...exactOutput, name: 'weights' },
    attributes: { passes: 3 },
  }),
  outcome('perceptron.train', 'separable/exact', 'student', {
    ...{ status: 'timedOut', outputs: [], attributes: { passes: 3 }, milliseconds: 10_000 },
    reason: 'no answer within 10 s; the worker was killed',
  }),
];

const properties: readonly PropertyOutcome[] = [
  {
    ...{
      operation: 'matmul',
      backend: 'tfjs-wasm',
      property: 'agrees with the reference on shapes drawn at random',
      status: 'passed',
    },
    ...{ runs: 100, seed: 1, replay: 'etalon check --backend tfjs-wasm --operation matmul --seed 1' },
  },
  {
    ...{
      operation: 'matmul',
      backend: 'student',
      property: 'agrees with the reference on shapes drawn at random',
      status: 'failed',
    },
    ...{ runs: 7, seed: 1, replay: 'etalon check --backend student --operation matmul --seed 1' },
    reason: 'y[0, 0] should be 1, is 0: error 1, where only the exact value is right; 1 of 2 elements wrong',
    counterexample: {
      attributes: {},
      inputs: { a: { shape: [2, 3], values: [1, 0, 0, 'nan', -0.5, '-inf'] }, b: { shape: [3, 1], values: [1, 0, 2] } },
      path: '6:0:1',
    },
  },
  {
    ...{ operation: 'conv2d', backend: 'student', property: 'translation', status: 'failed', runs: 3, seed: 1 },
    ...{
      reason: 'the shifted image has another feature map',
      replay: 'etalon check --backend student --operation conv2d --seed 1',
    },
    counterexample: {
      attributes: { ...strided, groups: 1 },
      inputs: {
        x: { shape: [1, 2, 2, 3], values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
        weights: { shape: [], values: [0.5] },
      },
      path: '2:1',
    },
  },
];

function samples(...samplesMs: number[]) {
  const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  const medianMs = median(samplesMs);
  return { samplesMs, medianMs, madMs: median(samplesMs.map((value) => Math.abs(value - medianMs))) };
}

function timing(operation: string, backend: string, rest: Partial<Timing> = {}): Timing {
  return {
    operation,
    backend,
    caseId: `${operation}/large/random`,
    status: 'valid',
    shapes: { a: [256, 256], b: [256, 256] },
    ...rest,
  };
}

const timings: readonly Timing[] = [
  timing('matmul', 'js', {
    ...{ firstCallMs: 31, load: samples(0.02, 0.021, 0.019), execute: samples(24, 25, 24.5), read: samples(0.05, 0.06, 0.05) },
    ...{ flops: 2 * 256 ** 3, ratioToJs: 1, ratioToFastest: 20.4 },
  }),
  timing('matmul', 'tfjs-wasm', {
    ...{ firstCallMs: 5.5, load: samples(0.11, 0.12, 0.1), execute: samples(1.2, 1.6, 1.0), read: samples(0.2, 0.21, 0.2) },
    ...{ flops: 2 * 256 ** 3, ratioToJs: 0.049, ratioToFastest: 1 },
  }),
  timing('matmul', 'student', { status: 'invalid', reason: 'wrong answer: y[2, 3] should be 0.75, is 0.75000048' }),
  timing('conv2d.weightGradient', 'js', {
    ...{ firstCallMs: 90, load: samples(0.3), execute: samples(80.5), read: samples(0.1), ratioToJs: 1, ratioToFastest: 1 },
  }),
  timing('conv2d.weightGradient', 'tfjs-wasm', {
    status: 'unsupported',
    reason: 'the library has no kernel Conv2DBackpropFilter for wasm',
  }),
];

export const sampleReport: RunReport = {
  ...{
    schemaVersion: 2,
    etalonVersion: '0.1.0',
    startedAt: '2026-03-12T09:30:00.000Z',
    finishedAt: '2026-03-12T09:30:42.500Z',
    caseSeconds: 1.25,
  },
  ...{ seed: 1, command: 'etalon check --bench --worker "python3 homework.py"' },
  environment: { node: 'v20.20.2', platform: 'linux-x64', cpu: 'Example CPU @ 2.40GHz', cores: 2, memoryGiB: 7.8 },
  ...{ backends, operations, outcomes, properties, timings, rows: sampleRows, algorithms: sampleAlgorithms },
  // The inventory lists one row more than was executed.
  ...{ accuracy: sampleAccuracy, inventory: [...sampleRows.map(({ id }) => id), 'V9'], sources: '../' },
};
