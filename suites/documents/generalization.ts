/** Executes the rows of generalization. */
import { gradientStep } from '../../reference/descent.ts';
import {
  biasVariance,
  dropconnect,
  dropout,
  ensemble,
  kFolds,
  trainingSamples,
  trainWithEarlyStopping,
} from '../../reference/generalization.ts';
import { leastNormSolution, leastSquaresSolution } from '../../reference/linearSystem.ts';
import { leastSquares } from '../../reference/regression.ts';
import { combine, map, sum, type Tensor, tensor, zeros } from '../../reference/tensor.ts';
import { type Random, randomFrom } from '../judging/random.ts';
import { type Experiment, equal, holds, matrixOf, near, numberOf, numbersOf } from './experiment.ts';

const source = 'reference/generalization.ts';

export const generalizationExperiments: Readonly<Record<string, Experiment>> = {
  V1: {
    source,
    thorough: 'draws 6,000 training sets',
    run: ({ fixture, seed, thorough }) => {
      const random = randomFrom(seed, fixture.id);
      const [sets, samples, points, noise, deviations] = [
        thorough ? 'thoroughSets' : 'sets',
        'samples',
        'points',
        'noise',
        'deviations',
      ].map((name) => numberOf(fixture, name));
      const degrees = numbersOf(fixture, 'degrees');
      const truthAt = (x: number) => Math.sin(3 * x);
      const grid = Array.from({ length: points }, (_, i) => -0.95 + (1.9 * i) / (points - 1));
      const truth = grid.map(truthAt);
      const curves = {
        squaredBias: [] as [number, number][],
        variance: [] as [number, number][],
        error: [] as [number, number][],
      };
      let disagreeing = 0;
      for (const degree of degrees) {
        const predictions: number[][] = [];
        const errors: number[] = [];
        for (let d = 0; d < sets; d++) {
          const x = Array.from({ length: samples }, () => 2 * random.next() - 1);
          const y = x.map((value) => truthAt(value) + noise * random.normal());
          const w = leastSquaresSolution(features(x, degree), tensor([samples], y)).data;
          const f = grid.map((value) =>
            Array.from(features([value], degree).data).reduce((total, phi, j) => total + phi * w[j], 0),
          );
          predictions.push(f);
          // The left-hand side by itself: fresh noisy targets at the grid points.
          errors.push(f.reduce((total, value, n) => total + (truth[n] + noise * random.normal() - value) ** 2, 0) / points);
        }
        const { squaredBias, variance } = biasVariance(predictions, truth);
        const error = mean(errors);
        const interval = (deviations * Math.sqrt(mean(errors.map((value) => (value - error) ** 2)))) / Math.sqrt(sets);
        if (!(Math.abs(error - (squaredBias + variance + noise ** 2)) <= interval)) disagreeing++;
        curves.squaredBias.push([degree, squaredBias]);
        curves.variance.push([degree, variance]);
        curves.error.push([degree, error]);
      }
      const [firstBias, lastBias] = [curves.squaredBias[0][1], curves.squaredBias[curves.squaredBias.length - 1][1]];
      const [firstVariance, lastVariance] = [curves.variance[0][1], curves.variance[curves.variance.length - 1][1]];
      return {
        evidence: [
          equal(
            `degrees at which error and bias² + variance + noise differ by more than ${deviations} standard errors`,
            [0],
            [disagreeing],
          ),
          holds(
            'bias² from the simplest to the richest model',
            'falls',
            `${firstBias.toFixed(4)} → ${lastBias.toExponential(1)}`,
            lastBias < firstBias,
          ),
          holds('variance', 'grows', `${firstVariance.toFixed(4)} → ${lastVariance.toFixed(4)}`, lastVariance > firstVariance),
        ],
        charts: [
          {
            title: 'Bias, variance and error against complexity',
            kind: 'line',
            xLabel: 'degree of the polynomial',
            yLabel: 'squared error',
            yScale: 'log',
            series: [
              { name: 'bias²', points: curves.squaredBias },
              { name: 'variance', points: curves.variance },
              { name: 'expected error', points: curves.error },
              { name: 'noise', points: degrees.map((degree) => [degree, noise ** 2]) },
            ],
          },
        ],
      };
    },
  },

  V2: {
    source: 'reference/linearSystem.ts',
    run: ({ fixture }) => {
      const rows = matrixOf(fixture, 'x');
      const y = numbersOf(fixture, 'y');
      const predict = (w: ArrayLike<number>, samples: readonly (readonly number[])[]) =>
        samples.map((row) => row.reduce((total, value, j) => total + value * w[j], 0));
      const correct = numbersOf(fixture, 'correct');
      const overfitted = numbersOf(fixture, 'overfitted');
      const shortest = leastNormSolution(tensor([rows.length, 5], rows.flat()), tensor([y.length], y)).data;
      const newSample = [numbersOf(fixture, 'newSample')];
      const target = numberOf(fixture, 'newTarget');
      const length = (w: ArrayLike<number>) => Math.hypot(...Array.from(w));
      return {
        evidence: [
          equal('[2, 0, 0, 0, 0] on the samples', y, predict(correct, rows)),
          equal('[0, 2, 4, 6, 8] on the samples', y, predict(overfitted, rows)),
          ...numbersOf(fixture, 'leastNorm').map((want, j) => near(`shortest solution, w${j + 1}`, want, shortest[j], 1e-14)),
          holds(
            'its length against both others',
            `below ${length(correct)} and ${length(overfitted).toFixed(3)}`,
            length(shortest),
            length(shortest) < length(correct) && length(shortest) < length(overfitted),
          ),
          equal(`new sample, ${target} is right: correct weights`, [target], predict(correct, newSample)),
          equal('overfitted weights', [0], predict(overfitted, newSample)),
          near('shortest solution', 300 / 31, predict(shortest, newSample)[0], 1e-13),
        ],
      };
    },
  },

  V3: {
    source,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const keep = numberOf(fixture, 'keep');
      const [x, mask] = ['x', 'mask'].map((name) => tensor([4], numbersOf(fixture, name)));
      const weights = tensor([4], [1, -3, 2, 5]);
      const masks = numberOf(fixture, 'masks');
      const full = sum(combine(x, weights, (a, b) => a * b));
      const units: number[] = [];
      const connections: number[] = [];
      for (let k = 0; k < masks; k++) {
        const draw = () => map(zeros([4]), () => (random.next() < keep ? 1 : 0));
        units.push(sum(combine(dropout(x, draw(), keep), weights, (a, b) => a * b)));
        connections.push(sum(combine(x, dropconnect(weights, draw(), keep), (a, b) => a * b)));
      }
      const interval = (values: readonly number[]) => {
        const centre = mean(values);
        return (
          (numberOf(fixture, 'deviations') * Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))) / Math.sqrt(masks)
        );
      };
      // The map is linear in x with a diagonal matrix, so its gradient is itself.
      const dy = tensor([4], [1, 2, 3, 4]);
      const apart =
        sum(combine(dropout(x, mask, keep), dy, (a, b) => a * b)) - sum(combine(x, dropout(dy, mask, keep), (a, b) => a * b));
      return {
        evidence: [
          equal('y for the given mask', numbersOf(fixture, 'y'), dropout(x, mask, keep).data),
          equal('⟨dropout(x), dy⟩ − ⟨x, dropout(dy)⟩: the gradient', [0], [apart]),
          near(`dropout: mean of a linear unit over ${masks} masks`, full, mean(units), interval(units)),
          near(`dropconnect: mean over ${masks} masks`, full, mean(connections), interval(connections)),
        ],
      };
    },
  },

  V4: {
    source,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const [samples, degree, noise, steps, patience, learningRate] = [
        'samples',
        'degree',
        'noise',
        'steps',
        'patience',
        'learningRate',
      ].map((name) => numberOf(fixture, name));
      const x = Array.from({ length: samples }, () => 2 * random.next() - 1);
      const y = x.map((value) => Math.sin(3 * value) + noise * random.normal());
      const cut = Math.round(0.8 * samples);
      const part = (from: number, to: number) => ({
        x: features(x.slice(from, to), degree),
        y: tensor([to - from], y.slice(from, to)),
      });
      const [training, validation] = [part(0, cut), part(cut, samples)];
      const loss =
        ({ x: inputs, y: targets }: typeof training) =>
        (w: Tensor) =>
          leastSquares(inputs, targets, w, 0, 0).loss / targets.data.length;
      const step = (w: Tensor) => gradientStep(w, leastSquares(training.x, training.y, w, 0, 0).weights, learningRate);
      const losses = { training: loss(training), validation: loss(validation) };
      const { best, bestStep, trainingLosses, validationLosses } = trainWithEarlyStopping(zeros([degree + 1]), step, losses, {
        steps,
        patience,
      });
      const smallest = Math.min(...validationLosses);
      // The axis is logarithmic: every step at first, then fewer and fewer.
      const sampled = (values: readonly number[]) =>
        values.map((value, k): [number, number] => [k, value]).filter(([k]) => k > 0 && k % Math.ceil(k / 40) === 0);
      // A curve with a known smallest place: the state is the step's number.
      const known = trainWithEarlyStopping(
        0,
        (k) => k + 1,
        { training: (k) => -k, validation: (k) => Math.abs(k - 7) },
        { steps: 100, patience: 5 },
      );
      const withTies = trainWithEarlyStopping(
        0,
        (k) => k + 1,
        { training: (k) => -k, validation: (k) => [3, 2, 2, 2, 2, 1][k] },
        { steps: 5, patience: 2 },
      );
      return {
        evidence: [
          equal('samples to train on and to validate on', [24, 6], [cut, samples - cut]),
          equal('validation loss of the weights returned', [smallest], [losses.validation(best)]),
          equal('its step is the first with that loss', [validationLosses.indexOf(smallest)], [bestStep]),
          equal('a curve with its smallest value at step 7: step returned', [7], [known.best]),
          equal('and steps made with a patience of 5', [13], [known.validationLosses.length]),
          equal('of losses 3, 2, 2, 2, … the first 2 is returned', [1], [withTies.best]),
          equal(
            'and an equal loss is no improvement: losses looked at with a patience of 2',
            [4],
            [withTies.validationLosses.length],
          ),
        ],
        charts: [
          {
            title: `Early stopping: the smallest validation loss is that of step ${bestStep}`,
            kind: 'line',
            xLabel: 'step',
            yLabel: 'mean squared error',
            xScale: 'log',
            yScale: 'log',
            series: [
              { name: 'training', points: sampled(trainingLosses) },
              { name: 'validation', points: sampled(validationLosses) },
            ],
          },
        ],
      };
    },
  },

  V5: {
    source,
    run: ({ fixture, seed }) => {
      const shuffled = (count: number, shuffleSeed: number) => {
        const random = randomFrom(shuffleSeed, fixture.id);
        const order = Array.from({ length: count }, (_, i) => i);
        for (let i = count - 1; i > 0; i--) {
          const j = random.integer(0, i);
          [order[i], order[j]] = [order[j], order[i]];
        }
        return order;
      };
      let [broken, tried, overlapping] = [0, 0, 0];
      for (const count of numbersOf(fixture, 'samples')) {
        for (const k of numbersOf(fixture, 'folds')) {
          const folds = kFolds(shuffled(count, seed), k);
          tried++;
          const all = folds.flat();
          const sizes = folds.map((fold) => fold.length);
          const covers = new Set(all).size === count && all.length === count;
          if (!covers || Math.max(...sizes) - Math.min(...sizes) > 1 || folds.length !== k) broken++;
          if (folds.some((fold, turn) => trainingSamples(folds, turn).some((n) => fold.includes(n)))) overlapping++;
        }
      }
      const again = (shuffleSeed: number) => JSON.stringify(kFolds(shuffled(17, shuffleSeed), 5));
      const [first, repeated, other] = [again(seed), again(seed), again(seed + 1)];
      return {
        evidence: [
          equal(`splits that are not disjoint, whole and even, of ${tried}`, [0], [broken]),
          equal('splits in which a fold trains and validates at once', [0], [overlapping]),
          holds(
            'the same seed gives the same folds, another seed others',
            'true, true',
            `${first === repeated}, ${first !== other}`,
            first === repeated && first !== other,
          ),
        ],
      };
    },
  },

  V6: {
    source,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const [trials, members, samples] = ['trials', 'members', 'samples'].map((name) => numberOf(fixture, name));
      let worse = 0;
      let gap = 0;
      for (let trial = 0; trial < trials; trial++) {
        const y = normals(random, samples);
        const models = Array.from({ length: members }, () => y.map((value) => value + random.normal() * 0.5 + 0.2));
        const together = ensemble(models);
        const own = mean(models.map((model) => mean(model.map((value, n) => (value - y[n]) ** 2))));
        const joint = mean(together.map((value, n) => (value - y[n]) ** 2));
        const spread = mean(models.map((model) => mean(model.map((value, n) => (value - together[n]) ** 2))));
        if (!(joint <= own)) worse++;
        gap = Math.max(gap, Math.abs(own - joint - spread));
      }
      return {
        evidence: [
          equal(`ensembles worse than their members’ mean, of ${trials}`, [0], [worse]),
          near('mean error of the members − error of the ensemble − variance, largest', 0, gap, 1e-14),
        ],
      };
    },
  },
};

/** Legendre polynomials up to a degree at each x, [samples, degree + 1]: a basis in which least squares is well conditioned. */
function features(x: readonly number[], degree: number): Tensor {
  const rows = x.map((value) => {
    const p = [1, value];
    for (let k = 1; k < degree; k++) p.push(((2 * k + 1) * value * p[k] - k * p[k - 1]) / (k + 1));
    return p.slice(0, degree + 1);
  });
  return tensor([x.length, degree + 1], rows.flat());
}

function normals(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.normal());
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
