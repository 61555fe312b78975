/** Executes the rows of gradient descent and linear regression. */
import { denseWeightGradient } from '../../reference/dense.ts';
import {
  adagradStep,
  adamStep,
  batchEpoch,
  conjugateGradient,
  gradientDescent,
  gradientStep,
  momentumStep,
  patternEpoch,
  rmspropStep,
  weightDecayStep,
} from '../../reference/descent.ts';
import { fitLine, leastSquares } from '../../reference/regression.ts';
import { type Tensor, tensor } from '../../reference/tensor.ts';
import { type Random, randomFrom } from '../judging/random.ts';
import { type Experiment, equal, holds, matrixOf, near, numberOf, numbersOf } from './experiment.ts';

const source = 'reference/descent.ts';

export const descentExperiments: Readonly<Record<string, Experiment>> = {
  G1: {
    source,
    run: ({ fixture }) => {
      const learningRate = numberOf(fixture, 'learningRate');
      const start = numberOf(fixture, 'start');
      const steps = numberOf(fixture, 'steps');
      const slope = ([x]: readonly number[]) => [2 * (x - 1)];
      const path = gradientDescent(slope, [start], learningRate, steps).map(([x]) => x);
      const closed = path.map((_, t) => 1 - 5 * 0.8 ** t);
      const largest = Math.max(...path.map((x, t) => Math.abs(x - closed[t])));
      return {
        evidence: [
          equal("J'(−4)", [numberOf(fixture, 'slopeAtStart')], slope([start]), '−10'),
          near('x₁', numberOf(fixture, 'first'), path[1], 1e-14, '−3'),
          equal("J'(−3)", [numberOf(fixture, 'slopeAfterOne')], slope([path[1]]), '−8'),
          near('x₂', numberOf(fixture, 'second'), path[2], 1e-14, '−2.2'),
          near(`largest distance from 1 − 5·0.8ᵗ over ${steps} steps`, 0, largest, 1e-13),
        ],
        charts: [
          line('Gradient descent on (x − 1)²', 'step t', 'x', [{ name: 'x', points: path.slice(0, 31).map((x, t) => [t, x]) }]),
        ],
      };
    },
  },

  G2: {
    source: 'reference/regression.ts',
    run: ({ fixture }) => {
      const [years, goals] = [numbersOf(fixture, 'years'), numbersOf(fixture, 'goals')];
      const { slope, intercept } = fitLine(years, goals);
      const next = numberOf(fixture, 'next');
      // By gradient descent: centred years make the two unknowns independent. p = wx − b, as in row J1.
      const middle = years.reduce((a, b) => a + b, 0) / years.length;
      const x = tensor(
        [years.length, 1],
        years.map((year) => year - middle),
      );
      const targets = tensor([goals.length], goals);
      let [weights, bias] = [tensor([1], [0]), 0];
      for (let step = 0; step < 500; step++) {
        const gradient = leastSquares(x, targets, weights, bias, 0);
        weights = gradientStep(weights, gradient.weights, 0.02);
        bias -= 0.02 * gradient.bias.data[0];
      }
      return {
        evidence: [
          near('slope, normal equations', numberOf(fixture, 'slope'), slope, 1e-12, '2.3'),
          near(
            `value at ${next}, normal equations`,
            numberOf(fixture, 'prediction'),
            slope * next + intercept,
            1e-9,
            '54.5000',
          ),
          near('slope, gradient descent', numberOf(fixture, 'slope'), weights.data[0], 1e-12),
          near(
            `value at ${next}, gradient descent`,
            numberOf(fixture, 'prediction'),
            weights.data[0] * (next - middle) - bias,
            1e-12,
            '54.5000',
          ),
        ],
        charts: [
          {
            title: 'Goals and the fitted line',
            kind: 'line',
            xLabel: 'year',
            yLabel: 'goals',
            series: [
              { name: 'goals', kind: 'scatter', points: years.map((year, i) => [year, goals[i]] as const) },
              { name: 'line', points: [...years, next].map((year) => [year, slope * year + intercept] as const) },
            ],
          },
        ],
      };
    },
  },

  G3: {
    source,
    run: ({ fixture, seed }) => {
      const learningRate = numberOf(fixture, 'learningRate');
      const column = numbersOf(fixture, 'x');
      const [x, y] = [tensor([column.length, 1], column), tensor([column.length], numbersOf(fixture, 'y'))];
      const start = tensor([1], [0]);
      const batch = batchEpoch(x, y, start, learningRate);
      const pattern = patternEpoch(x, y, start, learningRate);
      // The same for a layer with several inputs and outputs: the batch's weight gradient is the sum over its samples.
      const random = randomFrom(seed, fixture.id);
      const [inputs, slopes] = [drawn(random, [6, 4]), drawn(random, [6, 3])];
      const whole = denseWeightGradient(inputs, slopes);
      const sum = new Float64Array(12);
      for (let n = 0; n < 6; n++) {
        const one = denseWeightGradient(rowOf(inputs, n), rowOf(slopes, n));
        for (let i = 0; i < 12; i++) sum[i] += one.data[i];
      }
      const apart = Math.max(...sum.map((value, i) => Math.abs(value - whole.data[i])));
      return {
        evidence: [
          near('w after a batch epoch', numberOf(fixture, 'batch'), batch.data[0], 1e-15),
          near('w after a pattern epoch', numberOf(fixture, 'pattern'), pattern.data[0], 1e-15),
          near('batch gradient less the sum of the pattern gradients, largest element', 0, apart, 1e-14),
        ],
      };
    },
  },

  G4: {
    source,
    run: ({ fixture }) => {
      const options = { learningRate: numberOf(fixture, 'learningRate'), momentum: numberOf(fixture, 'momentum') };
      const expected = numbersOf(fixture, 'changes');
      let state = { weights: tensor([1], [0]), change: tensor([1], [0]) };
      const changes: number[] = [];
      const weights: number[] = [];
      for (const _ of expected) {
        state = momentumStep(state.weights, tensor([1], [1]), state.change, options);
        changes.push(state.change.data[0]);
        weights.push(state.weights.data[0]);
      }
      // A narrow valley, curvatures 1 and 40: with momentum fewer steps lead as far.
      const valley = ([x, y]: readonly number[]) => [x, 40 * y];
      const plain = gradientDescent(valley, [10, 1], 0.04, 120).map(([x, y], t): [number, number] => [t, Math.hypot(x, y)]);
      let moving = { weights: tensor([2], [10, 1]), change: tensor([2], [0, 0]) };
      const heavy: [number, number][] = [[0, Math.hypot(10, 1)]];
      for (let t = 1; t <= 120; t++) {
        moving = momentumStep(moving.weights, tensor([2], valley(Array.from(moving.weights.data))), moving.change, {
          learningRate: 0.04,
          momentum: 0.7,
        });
        heavy.push([t, Math.hypot(...moving.weights.data)]);
      }
      return {
        evidence: [
          equal('Δw on a constant slope', expected, changes),
          equal('w', numbersOf(fixture, 'weights'), weights),
          holds(
            'distance after 120 steps in a narrow valley',
            `less than without momentum (${plain[120][1].toExponential(2)})`,
            heavy[120][1].toExponential(2),
            heavy[120][1] < plain[120][1],
          ),
        ],
        charts: [
          {
            ...line('A narrow valley, with and without momentum', 'step', 'distance from the minimum', [
              { name: 'plain', points: plain },
              { name: 'momentum 0.7', points: heavy },
            ]),
            yScale: 'log',
          },
        ],
      };
    },
  },

  G5: {
    source,
    run: ({ fixture, seed }) => {
      const weights = tensor([2], numbersOf(fixture, 'weights'));
      const options = { learningRate: numberOf(fixture, 'learningRate'), penalty: numberOf(fixture, 'penalty') };
      const random = randomFrom(seed, fixture.id);
      const [x, targets, w] = [drawn(random, [5, 3]), drawn(random, [5]), drawn(random, [3])];
      const penalized = gradientStep(w, leastSquares(x, targets, w, 0.5, 0.8).weights, 0.1);
      const decayed = weightDecayStep(w, leastSquares(x, targets, w, 0.5, 0).weights, { learningRate: 0.1, penalty: 0.8 });
      const apart = Math.max(...penalized.data.map((value, j) => Math.abs(value - decayed.data[j])));
      return {
        evidence: [
          equal(
            'one step',
            numbersOf(fixture, 'next'),
            weightDecayStep(weights, tensor([2], numbersOf(fixture, 'gradient')), options).data,
          ),
          equal(
            'without a gradient w shrinks by 1 − ηλ',
            numbersOf(fixture, 'withoutGradient'),
            weightDecayStep(weights, tensor([2], [0, 0]), options).data,
          ),
          near('against the gradient of the loss with ½λ‖w‖²', 0, apart, 1e-14),
        ],
      };
    },
  },

  G6: {
    source,
    run: ({ fixture }) => {
      const curvature = numberOf(fixture, 'curvature');
      const rates = numberOf(fixture, 'rates');
      const steps = numberOf(fixture, 'steps');
      const edge = 2 / curvature;
      let agreeing = 0;
      const points: [number, number][] = [];
      // Rates on both sides of 0 and of 2/c, none of them on an edge.
      for (let k = 0; k < rates; k++) {
        const rate = -0.1 + ((k + 0.5) / rates) * (numberOf(fixture, 'largestRate') + 0.1);
        const distance = Math.abs(gradientDescent(([x]) => [curvature * x], [1], rate, steps)[steps][0]);
        if (distance < 1 === (rate > 0 && rate < edge)) agreeing++;
        points.push([
          rate,
          Math.min(1e6, Math.max(1e-6, Math.abs(gradientDescent(([x]) => [curvature * x], [1], rate, 20)[20][0]))),
        ]);
      }
      const onEdge = gradientDescent(([x]) => [curvature * x], [1], edge, 3).map(([x]) => x);
      return {
        evidence: [
          equal(`rates for which convergence and 0 < η < 2/c agree, of ${rates}`, [rates], [agreeing]),
          equal('at η = 2/c the error neither grows nor shrinks', [1, -1, 1, -1], onEdge),
        ],
        charts: [
          {
            ...line(
              `Learning rate against error, curvature ${curvature}, 2/c = ${edge}`,
              'learning rate η',
              '|error|, cut at 1e±6',
              [
                { name: 'after 20 steps', points },
                { name: 'at the start', points: [points[0], points[points.length - 1]].map(([rate]) => [rate, 1]) },
              ],
            ),
            yScale: 'log',
          },
        ],
      };
    },
  },

  G7: {
    source,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const saddle = (x: number, y: number) => x * x - y * y;
      const slope = (x: number, y: number) => [2 * x, -2 * y];
      const h = 2 ** -10;
      const secondDifferences = [
        saddle(h, 0) - 2 * saddle(0, 0) + saddle(-h, 0),
        saddle(0, h) - 2 * saddle(0, 0) + saddle(0, -h),
      ].map((d) => d / h ** 2);
      const starts = numberOf(fixture, 'starts');
      // Convex: least squares with a positive definite Hessian. Whatever the start, gradient descent ends in one point.
      const [x, targets] = [drawn(random, [12, 3]), drawn(random, [12])];
      const descend = () => {
        let w = drawn(random, [3]);
        for (let step = 0; step < 3000; step++) w = gradientStep(w, leastSquares(x, targets, w, 0, 0.5).weights, 0.01);
        return w;
      };
      const ends = Array.from({ length: starts }, descend);
      const values = ends.map((w) => leastSquares(x, targets, w, 0, 0.5).loss);
      const spread = Math.max(...values) - Math.min(...values);
      let lower = 0;
      for (let k = 0; k < 1000; k++) {
        if (leastSquares(x, targets, drawn(random, [3]), 0, 0.5).loss < Math.min(...values) - 1e-12) lower++;
      }
      return {
        evidence: [
          equal(
            'gradient of x² − y² at the origin',
            [0, 0],
            slope(0, 0).map((value) => value + 0),
          ),
          equal('second derivatives there', numbersOf(fixture, 'saddleHessian'), secondDifferences),
          holds('a point near the origin that lies lower', 'below 0', saddle(0, h), saddle(0, h) < 0),
          near(`spread of the minima found from ${starts} starts, convex problem`, 0, spread, 1e-12),
          equal('points of 1,000 random ones that lie lower than the minimum found', [0], [lower]),
        ],
      };
    },
  },

  G8: {
    source,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const one = (value: number) => tensor([1], [value]);
      const first = adagradStep(one(0), one(3), one(0), { learningRate: 1, epsilon: 0 });
      const second = adagradStep(first.weights, one(4), first.squares, { learningRate: 1, epsilon: 0 });
      const rms = rmspropStep(one(0), one(2), one(0), { learningRate: 1, decay: 0.75, epsilon: 0 });
      const zero = tensor([2], [0, 0]);
      const adam = adamStep(zero, tensor([2], [3, -7]), zero, zero, {
        learningRate: 0.5,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 0,
        step: 1,
      });
      const matrix = matrixOf(fixture, 'matrix');
      const solved = conjugateGradient(tensor([2, 2], matrix.flat()), tensor([2], numbersOf(fixture, 'right')), 2)[2].x;

      let worst = 0;
      const largest = numberOf(fixture, 'largest');
      let picture: [number, number][] = [];
      for (let s = 0; s < numberOf(fixture, 'systems'); s++) {
        const n = 2 + (s % (largest - 1));
        const { a, b } = positiveDefiniteSystem(random, n);
        const states = conjugateGradient(a, b, n);
        const size = (state: { residual: Tensor }) => Math.hypot(...state.residual.data) / Math.hypot(...b.data);
        worst = Math.max(worst, trueResidual(a, b, states[n].x));
        if (n === largest) picture = states.map((state, k) => [k, Math.max(size(state), 1e-18)]);
      }
      return {
        evidence: [
          equal('AdaGrad, two steps', numbersOf(fixture, 'adagrad'), [first.weights.data[0], second.weights.data[0]]),
          equal('RMSProp, one step', [numberOf(fixture, 'rmsprop')], rms.weights.data),
          ...numbersOf(fixture, 'adam').map((want, i) =>
            near(`Adam’s first step, element ${i + 1}`, want, adam.weights.data[i], 1e-15),
          ),
          ...numbersOf(fixture, 'solution').map((want, i) =>
            near(`conjugate gradient, x${i + 1} of a 2 × 2 system`, want, solved.data[i], 1e-15),
          ),
          holds(
            `largest ‖b − Ax‖/‖b‖ after n steps, ${numberOf(fixture, 'systems')} systems up to n = ${largest}`,
            'at most 1e-9',
            worst.toExponential(2),
            worst <= 1e-9,
          ),
        ],
        charts: [
          {
            ...line(`Conjugate gradient, n = ${largest}`, 'step', 'relative residual', [{ name: 'residual', points: picture }]),
            yScale: 'log',
          },
        ],
      };
    },
  },
};

function drawn(random: Random, shape: readonly number[]): Tensor {
  return tensor(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
  );
}

function rowOf(x: Tensor, n: number): Tensor {
  const columns = x.shape[1];
  return tensor([1, columns], x.data.slice(n * columns, (n + 1) * columns));
}

/** A = I + MᵀM/n, well conditioned, and a random right-hand side. */
function positiveDefiniteSystem(random: Random, n: number): { a: Tensor; b: Tensor } {
  const m = drawn(random, [n, n]);
  const a = Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    let sum = i === j ? 1 : 0;
    for (let r = 0; r < n; r++) sum += (m.data[r * n + i] * m.data[r * n + j]) / n;
    return sum;
  });
  return { a: tensor([n, n], a), b: drawn(random, [n]) };
}

function trueResidual(a: Tensor, b: Tensor, x: Tensor): number {
  const n = b.data.length;
  const residual = Array.from(b.data, (value, i) => {
    let sum = value;
    for (let j = 0; j < n; j++) sum -= a.data[i * n + j] * x.data[j];
    return sum;
  });
  return Math.hypot(...residual) / Math.hypot(...b.data);
}

function line(
  title: string,
  xLabel: string,
  yLabel: string,
  series: { name: string; points: readonly (readonly [number, number])[] }[],
) {
  return { title, kind: 'line' as const, xLabel, yLabel, series };
}
