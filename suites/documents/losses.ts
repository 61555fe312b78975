/** Executes the rows of losses. J5, every gradient against finite differences, is in gradients.ts. */
import type { RowFixture } from '../../fixtures/documents/row.ts';
import {
  binaryCrossEntropy,
  binaryCrossEntropyGradient,
  crossEntropy,
  crossEntropyGradient,
  squaredError,
  squaredErrorGradient,
} from '../../reference/losses.ts';
import { type LinearGradient, leastSquares, softMargin, softmaxRegression } from '../../reference/regression.ts';
import { type Tensor, tensor, zeros } from '../../reference/tensor.ts';
import type { Evidence } from '../runReport.ts';
import { type Experiment, equal, holds, matrixOf, near, numberOf, numbersOf } from './experiment.ts';
import { gradientExperiment } from './gradients.ts';

const source = 'reference/regression.ts';

export const lossExperiments: Readonly<Record<string, Experiment>> = {
  J1: { source, run: ({ fixture }) => ({ evidence: linearLoss(fixture, leastSquares) }) },
  J2: { source, run: ({ fixture }) => ({ evidence: linearLoss(fixture, softMargin) }) },

  J3: {
    source,
    run: ({ fixture }) => {
      const x = matrix(matrixOf(fixture, 'samples'));
      const targets = matrix(matrixOf(fixture, 'targets'));
      const classes = targets.shape[1];
      const { loss, weights, bias } = softmaxRegression(x, targets, zeros([classes, x.shape[1]]), zeros([classes]), 2);
      // One weight of 1e4 on an input of ±1: the nets are ±1e4; the wrong class costs the whole difference, the right one nothing.
      const huge = numberOf(fixture, 'huge');
      const steep = tensor([2, 1], [huge, -huge]);
      const cost = (target: readonly number[], sample = 1) =>
        softmaxRegression(tensor([1, 1], [sample]), tensor([1, 2], target), steep, zeros([2]), 0);
      const gradients = matrixOf(fixture, 'gradient').flat();
      return {
        evidence: [
          near('J with W = 0: 2 ln 3', 2 * Math.log(3), loss, 1e-15),
          ...gradients.map((want, i) => near(`∂J/∂W, element ${i + 1}`, want, weights.data[i], 1e-15)),
          ...numbersOf(fixture, 'biasGradient').map((want, i) => near(`∂J/∂b, element ${i + 1}`, want, bias.data[i], 1e-15)),
          equal('loss at nets ±1e4, right class', [0], [cost([1, 0]).loss]),
          equal('loss at nets ±1e4, wrong class', [2 * huge], [cost([0, 1]).loss]),
          equal('gradient there', [1, -1], cost([0, 1]).weights.data),
          equal('loss at nets ∓1e4, the largest not first', [0, 2 * huge], [cost([0, 1], -1).loss, cost([1, 0], -1).loss]),
        ],
      };
    },
  },

  J4: {
    source: 'reference/losses.ts',
    run: ({ fixture }) => {
      const list = (name: string) => tensor([1, numbersOf(fixture, name).length], numbersOf(fixture, name));
      const [squaredPrediction, squaredTarget] = [list('squaredPrediction'), list('squaredTarget')];
      const [crossPrediction, crossTarget] = [list('crossPrediction'), list('crossTarget')];
      const [binaryPrediction, binaryTarget] = [list('binaryPrediction'), list('binaryTarget')];
      return {
        evidence: [
          equal('½Σ(y − h)²', [numberOf(fixture, 'squared')], [squaredError(squaredPrediction, squaredTarget)]),
          equal(
            'its derivative',
            numbersOf(fixture, 'squaredGradient'),
            squaredErrorGradient(squaredPrediction, squaredTarget).data,
          ),
          near('−Σ y ln h', numberOf(fixture, 'crossInLn2') * Math.LN2, crossEntropy(crossPrediction, crossTarget), 1e-15),
          equal('its derivative', numbersOf(fixture, 'crossGradient'), crossEntropyGradient(crossPrediction, crossTarget).data),
          near(
            'binary',
            numberOf(fixture, 'binaryInLn2') * Math.LN2,
            binaryCrossEntropy(binaryPrediction, binaryTarget),
            1e-15,
          ),
          equal(
            'its derivative',
            numbersOf(fixture, 'binaryGradient'),
            binaryCrossEntropyGradient(binaryPrediction, binaryTarget).data,
          ),
        ],
      };
    },
  },

  J5: gradientExperiment,
};

type LinearLoss = (x: Tensor, targets: Tensor, weights: Tensor, bias: number, penalty: number) => LinearGradient;

function linearLoss(fixture: RowFixture, loss: LinearLoss): Evidence[] {
  const x = matrix(matrixOf(fixture, 'samples'));
  const targets = tensor([x.shape[0]], numbersOf(fixture, 'targets'));
  const weights = numbersOf(fixture, 'weights');
  const bias = numberOf(fixture, 'bias');
  const penalty = numberOf(fixture, 'penalty');
  const at = (w: readonly number[], b: number) => loss(x, targets, tensor([w.length], w), b, penalty);
  const found = at(weights, bias);
  // Along a direction that meets no kink, the difference of a piecewise quadratic function is its slope to rounding.
  const h = 2 ** -10;
  const moved = (sign: number) =>
    at(
      weights.map((w, j) => w + sign * h * (j + 1)),
      bias - sign * h,
    ).loss;
  const slope = weights.reduce((sum, _, j) => sum + (j + 1) * found.weights.data[j], -found.bias.data[0]);
  const difference = (moved(1) - moved(-1)) / (2 * h);
  const atKink = fixture.id === 'J2';
  return [
    equal('J', [numberOf(fixture, 'loss')], [found.loss]),
    equal('∂J/∂w', numbersOf(fixture, 'gradient'), found.weights.data),
    equal('∂J/∂b', [numberOf(fixture, 'biasGradient')], found.bias.data),
    atKink
      ? holds(
          'at the hinge the difference lies beside the stated slope',
          'another value',
          difference,
          Math.abs(difference - slope) > h,
        )
      : near('slope along (1, 2, −1)', slope, difference, 1e-9),
  ];
}

function matrix(rows: readonly (readonly number[])[]): Tensor {
  return tensor([rows.length, rows[0].length], rows.flat());
}
