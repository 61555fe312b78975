/** The algorithms of the sample report: right, wrong, known to be wrong, and not possible. */
import type { AlgorithmOutcome } from '../../suites/runReport.ts';

const falling = (rate: number) => [1, 2, 3, 4, 5, 6].map((step) => [step, rate ** step] as const);

function outcome(backend: string, rest: Partial<AlgorithmOutcome> = {}): AlgorithmOutcome {
  return {
    ...{
      algorithm: 'small-net',
      title: 'A small net',
      rows: ['C5', 'G1'],
      backend,
      status: 'passed',
      seed: 1,
      thorough: false,
    },
    statement: 'A convolution and a softmax layer learn to tell $x$ from $y$ by `conv2d` and its gradients.',
    formula: 'W \\leftarrow W - \\eta\\,\\frac{\\partial E}{\\partial W}',
    ...{ steps: 1200, sampling: 'the calls of the first 4 steps and of every 8th', seconds: 1.9 },
    operations: [
      { operation: 'conv2d', calls: 1210, judged: 163, wrong: 0, errorRatio: 0.31 },
      { operation: 'conv2d.weightGradient', calls: 1200, judged: 153, wrong: 0, errorRatio: 0.12 },
    ],
    closest: {
      ...{ operation: 'conv2d', step: 96, call: 190, attributes: {}, shapes: { x: [32, 1, 8, 8], weights: [6, 1, 5, 5] } },
      outputs: [
        {
          ...{ name: 'y', shape: [32, 6, 4, 4], compared: 3072, unconstrained: 0, errorRatio: 0.31, largestUlps: 2, wrong: 0 },
        },
      ],
    },
    evidence: [{ label: 'held-out accuracy', expected: 'above 95.0 %', actual: '97.8 %', passed: true }],
    curves: [{ title: 'Loss', xLabel: 'step', yLabel: 'loss', yScale: 'log', points: falling(0.7) }],
    replay: `etalon check --backend ${backend} --algorithm small-net --seed 1`,
    ...rest,
  };
}

export const sampleAlgorithms: readonly AlgorithmOutcome[] = [
  outcome('reference', {
    sampling: 'none: the reference is what others are judged by',
    operations: [
      { operation: 'conv2d', calls: 1210, judged: 0, wrong: 0, errorRatio: 0 },
      { operation: 'conv2d.weightGradient', calls: 1200, judged: 0, wrong: 0, errorRatio: 0 },
    ],
    closest: undefined,
    replay: 'etalon check --algorithm small-net --seed 1',
  }),
  outcome('js', { curves: [{ title: 'Loss', xLabel: 'step', yLabel: 'loss', yScale: 'log', points: falling(0.72) }] }),
  outcome('tfjs-wasm', {
    ...{ status: 'unsupported', steps: 0, operations: [], closest: undefined, evidence: [], curves: [], seconds: 0.02 },
    reason: 'conv2d.weightGradient: the library has no kernel Conv2DBackpropFilter for wasm',
    link: 'https://github.com/tensorflow/tfjs/issues/3',
  }),
  outcome('student', {
    status: 'failed',
    reason:
      'conv2d.weightGradient in step 1: dWeights[0, 0, 0, 0] should be 2.5, is 1.25: error 1.25, 3.3e6 times its limit 3.8e-7',
    firstWrong: {
      ...{
        operation: 'conv2d.weightGradient',
        step: 1,
        call: 2,
        attributes: {},
        shapes: { x: [32, 1, 8, 8] },
        check: 'values',
      },
      diagnosis: 'equals the result divided by 2',
      reason: 'dWeights[0, 0, 0, 0] should be 2.5, is 1.25: error 1.25, 3.3e6 times its limit 3.8e-7',
      outputs: [
        {
          ...{ name: 'dWeights', shape: [6, 1, 5, 5], compared: 150, unconstrained: 0, errorRatio: 3.3e6, wrong: 150 },
          largestUlps: 5e6,
          worst: {
            ...{ index: [0, 0, 0, 0], expected: 2.5, actual: 1.25, absoluteError: 1.25, limit: 3.8e-7, ulps: 5e6, inputs: {} },
          },
        },
      ],
    },
    operations: [
      { operation: 'conv2d', calls: 1210, judged: 163, wrong: 0, errorRatio: 0.31 },
      { operation: 'conv2d.weightGradient', calls: 1200, judged: 153, wrong: 153, errorRatio: 3.3e6 },
    ],
    evidence: [{ label: 'held-out accuracy', expected: 'above 95.0 %', actual: '91.2 %', passed: false }],
    curves: [{ title: 'Loss', xLabel: 'step', yLabel: 'loss', yScale: 'log', points: falling(0.9) }],
  }),
];
