/** The documents' rows of the sample report: every kind, an execution that failed, each kind of chart, a table, an erratum; and what was measured of the reference. */
import type { AccuracyRecord, RowRecord } from '../../suites/runReport.ts';

const descent = (rate: number) => [0, 1, 2, 3, 4, 5, 6].map((step) => [step, 5 * Math.abs(1 - 2 * rate) ** step] as const);

export const sampleRows: readonly RowRecord[] = [
  {
    ...{
      id: 'P4',
      document: 'Deng Cai, Artificial Neural Network & Deep Learning, Zhejiang University',
      kind: 'algorithm',
      title: 'Online perceptron',
      source: 'reference/perceptron.ts',
      seconds: 0.01,
    },
    statement: 'From $w_1=0$, a mistake adds $y_i x_i$ to $w$ and nothing else changes it.',
    formula: 'w_{k+1} = w_k + y_i x_i',
    ...{ related: ['N1'], passed: true, charts: [] },
    topic: { title: 'The perceptron', says: 'A threshold on a weighted sum.' },
    evidence: [
      { label: 'weights after 3 passes', expected: '2, 1, -1', actual: '2, 1, -1', passed: true },
      { label: 'mistakes per pass', expected: '3, 1, 0', actual: '3, 1, 0', passed: true },
    ],
    tables: [
      {
        title: 'Trace',
        columns: ['sample', 'label', 'w after it', 'mistake'],
        rows: [
          ['(1, 1)', '+1', '(1, 1, 1)', 'yes'],
          ['(−1, 0)', '−1', '(1, 1, 1)', 'no'],
        ],
      },
    ],
  },
  {
    ...{
      id: 'G1',
      document: 'Basics of neural network (basic operations, optimization, back-propagation)',
      kind: 'worked example',
      title: 'Descent on a parabola',
      source: 'reference/descent.ts',
    },
    statement: 'With $\\alpha=0.1$ and $x_0=-4$ the iterates are −3, −2.2, … and $x_t = 1-5\\cdot 0.8^t$.',
    formula: "x_t = x_{t-1} - \\alpha J'(x_{t-1}),\\quad J(x) = (x-1)^2",
    ...{ related: ['R3'], passed: true, seconds: 0.002 },
    topic: { title: 'Gradient descent', says: 'Following the slope downhill.' },
    thorough: { does: 'makes more steps', done: false },
    // A table of so many lines is folded with the evidence.
    tables: [
      {
        title: 'Iterates',
        columns: ['step', 'x'],
        rows: Array.from({ length: 12 }, (_, step) => [String(step), (1 - 5 * 0.8 ** step).toFixed(3)]),
      },
    ],
    evidence: [
      { label: 'x₁', printed: '−3', expected: '-3', actual: '-3', passed: true },
      { label: 'x₂', printed: '−2.2', expected: '-2.2', actual: '-2.2', passed: true },
    ],
    charts: [
      {
        ...{ title: 'Distance to the minimum', kind: 'line', xLabel: 'step', yLabel: '|x − 1|', yScale: 'log' },
        series: [
          { name: 'α = 0.1', points: descent(0.1) },
          { name: 'α = 0.3', points: descent(0.3) },
          { name: 'α = 0.95', points: descent(0.95) },
        ],
      },
    ],
  },
  {
    ...{
      id: 'C6',
      document: 'Basics of neural network; Jose M. Peña, Lecture 3d Block 1: Deep Learning',
      kind: 'claim',
      title: 'Number of weights',
      source: 'reference/locallyConnected.ts',
    },
    statement: 'A convolution needs far fewer weights than a fully connected layer.',
    ...{ related: [], passed: false, seconds: 0.4 },
    evidence: [
      { label: 'fully connected', expected: '1,000,000', actual: '1,000,000', passed: true },
      { label: 'convolutional', printed: '2,500', expected: '2,500', actual: '2,601', passed: false },
    ],
    tables: [],
    charts: [
      {
        ...{ title: 'Weights for a 100 × 100 image', kind: 'bar', xLabel: 'layer', yLabel: 'weights', yScale: 'log' },
        series: [
          {
            name: 'weights',
            points: [
              ['fully connected', 1e6],
              ['locally connected', 2.5e5],
              ['convolutional', 2601],
            ],
          },
        ],
      },
    ],
  },
  {
    ...{
      id: 'G2',
      document: 'Basics of neural network (basic operations, optimization, back-propagation)',
      kind: 'worked example',
      title: 'Goals per season',
      source: 'reference/regression.ts',
    },
    statement: 'Least squares through five seasons has slope 2.3 and gives 54.5 goals for 2018.',
    ...{ related: [], passed: true, seconds: 0.003, tables: [] },
    evidence: [{ label: 'slope', printed: '2.3', expected: '2.3', actual: '2.3', passed: true }],
    charts: [
      {
        ...{ title: 'Goals and the fitted line', kind: 'scatter', xLabel: 'year', yLabel: 'goals' },
        series: [
          { name: 'goals', points: [39, 50, 48, 51, 50].map((goals, i) => [2013 + i, goals] as const) },
          { name: 'fitted', kind: 'line', points: [43, 45.3, 47.6, 49.9, 52.2].map((goals, i) => [2013 + i, goals] as const) },
        ],
      },
    ],
  },
  {
    ...{
      id: 'A2',
      document: 'Saeed Reza Kheradpisheh, Introduction to Neural Networks; Basics of neural network',
      kind: 'identity',
      title: 'Forms of the derivatives',
      source: 'reference/activations.ts',
    },
    statement: "Every printed form of $\\sigma'$ and $\\tanh'$ agrees with the reference.",
    ...{ related: ['R1'], passed: false, evidence: [], charts: [], tables: [], seconds: 0 },
    reason: 'RangeError: tensor: shape [2, 2] holds 4 values, 3 were given',
  },
  {
    ...{
      id: 'R1',
      document: 'Basics of neural network (basic operations, optimization, back-propagation)',
      kind: 'erratum',
      title: 'Derivative of tanh',
      source: 'reference/activations.ts',
      seconds: 0.001,
    },
    statement:
      'The printed derivative doubles the square; $a_1x_1+a_2x_2+a_3x_3+a_4x_4+a_5x_5+a_6x_6+a_7x_7+a_8x_8$ and $\\{[a_1+a_2+a_3+a_4+a_5+a_6+a_7+a_8+a_9+a_{10}+a_{11}+a_{12}]\\}$ are as wide as a narrow page.',
    // Wider than a narrow page: the box must scroll, and be reachable.
    printed:
      "$\\tanh(x)' = 1-2\\tanh^2(x) = 1-2\\left(\\frac{e^x-e^{-x}}{e^x+e^{-x}}\\right)^2 = \\{[a_1+a_2+a_3+a_4+a_5+a_6+a_7]\\}$",
    right: "$\\tanh(x)' = 1-\\tanh^2(x)$; at $x=1$ the slope is 0.42, not −0.16",
    where: 'slide “Back-propagation”',
    ...{ related: ['A2'], passed: true, charts: [], tables: [] },
    evidence: [
      { label: 'slope at 1', printed: '-0.160', expected: '0.419974', actual: '0.419974', passed: true },
      { label: 'printed form differs', expected: 'yes', actual: 'yes', passed: true },
    ],
  },
];

export const sampleAccuracy: readonly AccuracyRecord[] = [
  {
    ...{ function: 'tanh', library: 'mpmath 1.3.0', digits: 45, bound: '1 ulp', passed: true },
    regimes: [
      { regime: 'tiny', values: 26, largestUlps: 0, fewestDigits: 'inf', errorRatio: 0 },
      { regime: 'near-a-kink', values: 49, largestUlps: 0.498, fewestDigits: 15.96, errorRatio: 0.498 },
    ],
    worst: {
      input: '0.5',
      certified: '0.462117157260009758502318483643672548730289280',
      actual: 0.46211715726000974,
      ulps: 0.498,
    },
  },
  {
    ...{ function: 'softplus', library: 'mpmath 1.3.0', digits: 45, bound: '1 ulp', passed: false },
    regimes: [{ regime: 'huge', values: 33, largestUlps: 4.5e15, fewestDigits: 0, errorRatio: 'inf' }],
    worst: { input: '800', certified: '800.0', actual: 'inf', ulps: 'inf' },
  },
];
