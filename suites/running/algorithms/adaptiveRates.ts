import { type Tensor, zeros } from '../../../reference/tensor.ts';
import { holds } from '../../documents/experiment.ts';
import type { Algorithm, AlgorithmContext } from './algorithm.ts';
import { thinned } from './curves.ts';

const samples = 40;
const features = 3;
const classes = 4;
const penalty = 0.01;
const steps = 80;
/** Features in very different units: one rate for all of them is too large for the last or too small for the first. */
const units = [0.125, 1, 4];

interface Method {
  readonly name: string;
  /** One step from the gradient; what is remembered stays inside. */
  readonly start: (context: AlgorithmContext, weights: Tensor) => (weights: Tensor, gradient: Tensor) => Promise<Tensor>;
}

const epsilon = 1e-7;
const methods: readonly Method[] = [
  {
    name: 'gradient descent',
    start:
      ({ execute }) =>
      async (weights, gradient) =>
        (await execute('gradientStep', { learningRate: 0.001 }, { weights, gradient })).weights,
  },
  {
    name: 'AdaGrad',
    start: ({ execute }, first) => {
      let squares = zeros(first.shape);
      return async (weights, gradient) => {
        const next = await execute('adagradStep', { learningRate: 0.5, epsilon }, { weights, gradient, squares });
        squares = next.squares;
        return next.weights;
      };
    },
  },
  {
    name: 'RMSProp',
    start: ({ execute }, first) => {
      let squares = zeros(first.shape);
      return async (weights, gradient) => {
        const attributes = { learningRate: 0.05, decay: 0.9, epsilon };
        const next = await execute('rmspropStep', attributes, { weights, gradient, squares });
        squares = next.squares;
        return next.weights;
      };
    },
  },
  {
    name: 'Adam',
    start: ({ execute }, first) => {
      let [means, squares, step] = [zeros(first.shape), zeros(first.shape), 0];
      return async (weights, gradient) => {
        step++;
        const attributes = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon, step };
        const next = await execute('adamStep', attributes, { weights, gradient, means, squares });
        ({ means, squares } = next);
        return next.weights;
      };
    },
  },
];

/** Rows G8 (khe) and J3 (basics). */
export const adaptiveRates: Algorithm = {
  name: 'adaptive-rates',
  title: 'Gradient descent, AdaGrad, RMSProp and Adam on one softmax regression',
  rows: ['G8', 'G1', 'J3'],
  statement: `Four ways downhill from W = 0 on the same penalized cross entropy of ${classes} classes, ${steps} steps each, whose features have units from ${units[0]} to ${units.at(-1)}: those that divide by the size of earlier gradients end lower than the one that has a single rate.`,
  formula: '\\mathbf{w} \\leftarrow \\mathbf{w} - \\eta\\,\\frac{\\hat{\\mathbf{m}}}{\\sqrt{\\hat{\\mathbf{v}}} + \\epsilon}',
  judgedSteps: { first: 5, every: 10 },
  run: async (context) => {
    const { execute, step, tensor, random } = context;
    const centres = Array.from({ length: classes }, () => Array.from({ length: features }, () => random.integer(-2, 2)));
    const classOf = (n: number) => n % classes;
    const points = Array.from({ length: samples }, (_, n) =>
      centres[classOf(n)].map((value, j) => units[j] * (value + 0.7 * random.normal())),
    );
    const x = tensor([samples, features], points.flat());
    const targets = tensor(
      [samples, classes],
      Array.from({ length: samples * classes }, (_, at) => (at % classes === classOf(Math.floor(at / classes)) ? 1 : 0)),
    );
    const bias = tensor([classes], new Float64Array(classes));
    const last: number[] = [];
    const curves: { title: string; points: [number, number][] }[] = [];
    for (const { name, start } of methods) {
      let weights = tensor([classes, features], new Float64Array(classes * features));
      const next = start(context, weights);
      const losses: [number, number][] = [];
      for (let k = 0; k < steps; k++) {
        await step(async () => {
          const { loss, dWeights } = await execute('softmaxRegression', { penalty }, { x, targets, weights, bias });
          losses.push([k, loss.data[0]]);
          weights = await next(weights, dWeights);
        });
      }
      last.push(losses[losses.length - 1][1]);
      curves.push({ title: name, points: losses });
    }
    const [plain, ...adaptive] = last;
    return {
      evidence: adaptive.map((loss, i) =>
        holds(
          `last loss of ${methods[i + 1].name}`,
          `below gradient descent's ${plain.toFixed(3)}`,
          loss.toFixed(3),
          loss < plain,
        ),
      ),
      curves: curves.map(({ title, points: drawn }) => ({
        title: `Loss, ${title}`,
        xLabel: 'step',
        yLabel: 'penalized cross entropy',
        yScale: 'log',
        points: thinned(drawn),
      })),
    };
  },
};
