/** Executes the errata: what is printed is run beside what is right, and the numbers tell them apart. */
import { activations } from '../../reference/activations.ts';
import { bitsOf, fires, type ThresholdUnit } from '../../reference/booleanCircuits.ts';
import { conv2d, conv2dWeightGradient } from '../../reference/convolution.ts';
import { gradientDescent, momentumStep, weightDecayStep } from '../../reference/descent.ts';
import { kFolds, trainingSamples } from '../../reference/generalization.ts';
import { squaredSignLoss, stochasticPerceptronEpoch } from '../../reference/linear.ts';
import { squaredError } from '../../reference/losses.ts';
import { type Layer, mlpBackward, mlpForward, mlpTrainStep } from '../../reference/mlp.ts';
import { multiplicationGate } from '../../reference/multiplicationGate.ts';
import { thresholdUnit } from '../../reference/perceptron.ts';
import { combine, map, sum, type Tensor, tensor, zeros } from '../../reference/tensor.ts';
import { type Random, randomFrom } from '../judging/random.ts';
import { type Experiment, equal, holds, matrixOf, near, numberOf, numbersOf, printedDigits } from './experiment.ts';
import { centralDifference } from './gradients.ts';
import { kimExample } from './kim.ts';
import { type Movement, type Violation, violations } from './movedImages.ts';

const activationSource = 'reference/activations.ts';
const mlpSource = 'reference/mlp.ts';

export const errataExperiments: Readonly<Record<string, Experiment>> = {
  R1: {
    source: activationSource,
    run: ({ fixture }) => {
      const x = numberOf(fixture, 'at');
      const difference = centralDifference(([v]) => Math.tanh(v), [x], [1], 1e-5);
      return {
        evidence: [
          printedDigits(
            'what is printed, 1 − 2·tanh²(1)',
            String(numberOf(fixture, 'printedValue')),
            1 - 2 * Math.tanh(x) ** 2,
          ),
          printedDigits('slope of tanh at 1, by central difference', String(numberOf(fixture, 'slope')), difference),
          near('the reference', difference, activations.tanh.derivative(x), 1e-9),
        ],
      };
    },
  },

  R2: {
    source: activationSource,
    run: ({ fixture }) => {
      const [a, b] = [numberOf(fixture, 'a'), numberOf(fixture, 'b')];
      const points = numbersOf(fixture, 'points');
      const second = (v: number) => (a * (1 - Math.exp(b * v))) / (1 + Math.exp(b * v));
      const third = (v: number) => (2 * a) / (1 + Math.exp(-b * v)) - a;
      const largest = (f: (v: number) => number, g: (v: number) => number) =>
        Math.max(...points.map((v) => Math.abs(f(v) - g(v))));
      const f = (v: number) => activations.scaledTanh.value(v, { a, b });
      return {
        evidence: [
          near(
            'second form against −a·tanh(b·net/2)',
            0,
            largest(second, (v) => -a * Math.tanh((b * v) / 2)),
            1e-15,
          ),
          near(
            'third form against a·tanh(b·net/2)',
            0,
            largest(third, (v) => a * Math.tanh((b * v) / 2)),
            1e-15,
          ),
          holds(
            'second form against a·tanh(b·net), largest difference',
            'above 0.1',
            largest(second, f),
            largest(second, f) > 0.1,
          ),
          holds(
            'third form against a·tanh(b·net), largest difference',
            'above 0.1',
            largest(third, f),
            largest(third, f) > 0.1,
          ),
          near(
            'corrected third form',
            0,
            largest((v) => (2 * a) / (1 + Math.exp(-2 * b * v)) - a, f),
            1e-15,
          ),
        ],
      };
    },
  },

  R3: {
    source: 'reference/descent.ts',
    run: ({ fixture }) => {
      const [start, rate, first] = ['start', 'learningRate', 'first'].map((name) => numberOf(fixture, name));
      const right = gradientDescent(([x]) => [2 * (x - 1)], [start], rate, 1)[1][0];
      const explicit = start - rate * (start - 1) ** 2;
      // x = start − α(x − 1)², read as the implicit equation that is printed: αx² + (1 − 2α)x + α − start = 0.
      const discriminant = (1 - 2 * rate) ** 2 - 4 * rate * (rate - start);
      return {
        evidence: [
          near('right: −4 − 0.1·J′(−4)', first, right, 1e-15, '−3'),
          holds('printed, with J at the old point', 'not −3', explicit, Math.abs(explicit - first) > 1),
          holds('printed, solved for x_t: discriminant of the quadratic', 'no real solution', discriminant, discriminant < 0),
        ],
      };
    },
  },

  R4: {
    source: mlpSource,
    run: ({ fixture }) => {
      const [w, x] = [numbersOf(fixture, 'weights'), numbersOf(fixture, 'x')];
      const h = ([w1]: readonly number[]) => Math.max(w1 * x[0] + w[1] * x[1], 0);
      const difference = centralDifference(h, [w[0]], [1], 2 ** -10);
      const input = tensor([1, 2], x);
      const layers: Layer[] = [{ weights: tensor([1, 2], w), bias: zeros([1]), activation: 'relu' }];
      const { gradients } = mlpBackward(input, tensor([1, 1], [h(w) - 1]), layers);
      return {
        evidence: [
          near('central difference', x[0], difference, 1e-12),
          equal('back-propagation, an error of 1 at the unit', x, gradients[0].weights.data),
          holds('what is printed, w₁x₁', 'not the slope', w[0] * x[0], Math.abs(w[0] * x[0] - difference) > 1),
        ],
      };
    },
  },

  R5: {
    source: activationSource,
    run: () => ({
      evidence: [
        equal('tanh′(0), excluded by [0, 1)', [1], [activations.tanh.derivative(0)]),
        equal('σ′(0), its largest value', [0.25], [activations.sigmoid.derivative(0)]),
      ],
    }),
  },

  R6: {
    source: 'reference/convolution.ts',
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const options = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;
      const [x, weights] = [drawn(random, [1, 1, 5, 6]), drawn(random, [1, 1, 2, 3])];
      const y = conv2d(x, weights, undefined, options);
      const delta = drawn(random, y.shape);
      const right = conv2dWeightGradient(x, delta, { ...options, kernelSize: [2, 3] });
      // Literally: z_i is one number for each weight, here the input under it at the first position.
      const literal = [0, 1, 2, 6, 7, 8].map((at) => sum(delta) * x.data[at]);
      const loss = (w: readonly number[]) =>
        sum(combine(conv2d(x, tensor(weights.shape, w), undefined, options), delta, (v, d) => v * d));
      const differences = Array.from(weights.data, (_, i) =>
        centralDifference(
          loss,
          Array.from(weights.data),
          Array.from(weights.data, (__, k) => (k === i ? 1 : 0)),
          2 ** -10,
        ),
      );
      const apart = (gradient: ArrayLike<number>) => Math.max(...differences.map((value, i) => Math.abs(value - gradient[i])));
      return {
        evidence: [
          near('moving z against central differences', 0, apart(right.data), 1e-10),
          holds('literal reading against central differences', 'above 0.1', apart(literal), apart(literal) > 0.1),
        ],
      };
    },
  },

  R7: {
    source: 'reference/convolution.ts',
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const [trials, size] = [numberOf(fixture, 'trials'), numberOf(fixture, 'size')];
      const found = Array.from({ length: trials }, () => violations(random, size));
      const mean = (name: Movement, kind: keyof Violation) =>
        found.reduce((total, violation) => total + violation[name][kind] / trials, 0);
      const above = (label: string, gap: number) => holds(label, 'above 0.1', gap, gap > 0.1);
      const names: readonly Movement[] = ['translation', 'rotation', 'scaling', 'warping'];
      return {
        evidence: [
          ...names.map((name) =>
            above(`${name}, map of the moved image against the map: not invariant`, mean(name, 'invariance')),
          ),
          equal('translation, against the moved map: equivariant', [0], [mean('translation', 'equivariance')]),
          ...names.slice(1).map((name) => above(`${name}, against the moved map: not equivariant`, mean(name, 'equivariance'))),
        ],
      };
    },
  },

  R8: {
    source: mlpSource,
    run: ({ fixture }) => {
      const { x, layers } = kimExample(fixture);
      const third = (row: readonly number[]) =>
        mlpForward(x, [{ ...layers[0], weights: tensor([1, 2], row), bias: zeros([1]) }]).y.data[0];
      return {
        evidence: [
          printedDigits('third hidden unit with −1.5', String(numberOf(fixture, 'thirdPrinted')), third([-1.5, 0.3])),
          printedDigits('with +1.5 as in the matrix', String(numberOf(fixture, 'thirdWithPlus')), third([1.5, 0.3])),
        ],
      };
    },
  },

  R9: {
    source: mlpSource,
    run: ({ fixture }) => {
      const { x, target, layers } = kimExample(fixture);
      const { gradients } = mlpBackward(x, target, layers);
      const delta = gradients[1].bias.data[0];
      return {
        evidence: [
          ...numbersOf(fixture, 'rightGradient').map((want, j) =>
            near(`δ·h₁, weight ${j + 1}`, want, gradients[1].weights.data[j], 5e-4),
          ),
          near('δ, by 30-digit arithmetic', -0.08788518, delta, 5e-9),
          // The slide's numbers come from δ rounded to −0.09.
          ...numbersOf(fixture, 'printedGradient').map((want, j) =>
            printedDigits(
              `what is printed is δ·Θ₂ with δ = −0.09, weight ${j + 1}`,
              String(want),
              -0.09 * layers[1].weights.data[j],
            ),
          ),
          ...numbersOf(fixture, 'printedGradient').map((want, j) =>
            holds(
              `and not the gradient, weight ${j + 1}`,
              `not ${want}`,
              gradients[1].weights.data[j],
              Math.abs(gradients[1].weights.data[j] - want) > 0.02,
            ),
          ),
        ],
      };
    },
  },

  R10: {
    source: mlpSource,
    run: ({ fixture }) => {
      const { x, target, layers } = kimExample(fixture);
      const next = mlpTrainStep(x, target, [layers[0], layers[1]], 1).layers[1].weights.data;
      const lossWith = (theta2: ArrayLike<number>) =>
        squaredError(mlpForward(x, [layers[0], { ...layers[1], weights: tensor([1, 3], theta2) }]).y, target);
      const [before, right, printed] = [
        lossWith(layers[1].weights.data),
        lossWith(next),
        lossWith(numbersOf(fixture, 'printedNext')),
      ];
      return {
        evidence: [
          ...numbersOf(fixture, 'rightNext').map((want, j) => near(`Θ₂ after the step, weight ${j + 1}`, want, next[j], 5e-4)),
          near('loss before', numberOf(fixture, 'lossBefore'), before, 1e-14),
          near('loss after the right step', numberOf(fixture, 'lossAfterRight'), right, 1e-14),
          near('loss after the printed step', numberOf(fixture, 'lossAfterPrinted'), printed, 1e-14),
          holds('the right step goes further down', 'true', String(right < printed), right < printed),
        ],
      };
    },
  },

  R11: {
    source: mlpSource,
    run: ({ fixture }) => {
      const { x, target, layers } = kimExample(fixture);
      const rounded = tensor([1, 1], [numberOf(fixture, 'roundedOutput')]);
      return {
        evidence: [
          printedDigits('loss', String(numberOf(fixture, 'rightLoss')), squaredError(mlpForward(x, layers).y, target)),
          printedDigits('loss from ŷ = 0.62', String(numberOf(fixture, 'printedLoss')), squaredError(rounded, target)),
        ],
      };
    },
  },

  R12: {
    source: 'reference/booleanCircuits.ts',
    run: ({ fixture }) => {
      const weights = numbersOf(fixture, 'weights');
      const table = (bias: number) => [0, 1, 2, 3].map((r) => fires({ weights, bias }, bitsOf(r, 2)));
      return {
        evidence: [
          equal('with b = 0.7 as printed', numbersOf(fixture, 'asPrinted'), table(numberOf(fixture, 'bias'))),
          equal('with b = −0.7', numbersOf(fixture, 'and'), table(-numberOf(fixture, 'bias'))),
        ],
      };
    },
  },

  R13: {
    source: 'reference/booleanCircuits.ts',
    run: ({ fixture }) => {
      const xor = numbersOf(fixture, 'xor');
      const rows = [0, 1, 2, 3].map((r) => bitsOf(r, 2));
      const or: ThresholdUnit = { weights: [1, 1], bias: -1 };
      const nand: ThresholdUnit = { weights: [-1, -1], bias: 1 };
      const and: ThresholdUnit = { weights: [1, 1], bias: -2 };
      const two = rows.map((x) => [fires(or, x), fires(nand, x)]);
      // One unit on the inputs: b < 0, w₂ + b ≥ 0, w₁ + b ≥ 0 add up to w₁ + w₂ + b ≥ −b > 0, so (1, 1) fires as well. The grid agrees.
      let solving = 0;
      const grid = Array.from({ length: 21 }, (_, i) => (i - 10) / 4);
      for (const w1 of grid)
        for (const w2 of grid)
          for (const b of grid) if (rows.every((x, r) => fires({ weights: [w1, w2], bias: b }, x) === xor[r])) solving++;
      return {
        evidence: [
          equal('single units of a grid of 9,261 that compute XOR', [0], [solving]),
          holds(
            'OR and NAND alone',
            'neither is XOR',
            two.map((pair) => pair.join('')).join(' '),
            [0, 1].every((k) => two.some((pair, r) => pair[k] !== xor[r])),
          ),
          equal(
            'AND of both',
            xor,
            two.map((pair) => fires(and, pair)),
          ),
        ],
      };
    },
  },

  R14: {
    source: 'reference/multiplicationGate.ts',
    run: ({ fixture }) => {
      const [u, v, second] = ['u', 'v', 'second'].map((name) => numberOf(fixture, name));
      const bracket = (u + v) ** 2 + (-u - v) ** 2 - (u - v) ** 2 - (-u + v) ** 2;
      const lambda = 1 / 64;
      const measured =
        multiplicationGate(u, v, activations.softplus.value as (z: number) => number, { lambda, mu: 1 }) / lambda ** 2;
      return {
        evidence: [
          near('the bracket is 8uv', 8 * u * v, bracket, 1e-15),
          near('gate/λ² at λ = 1/64 against ½σ₂·bracket', (second / 2) * bracket, measured, 1e-3),
          holds('against σ₂·bracket, as printed', 'not', second * bracket, Math.abs(second * bracket - measured) > 0.1),
        ],
      };
    },
  },

  R15: {
    source: 'reference/losses.ts',
    run: ({ fixture }) => {
      const [prediction, target] = ['prediction', 'target'].map((name) => tensor([4], numbersOf(fixture, name)));
      const half = squaredError(prediction, target);
      return {
        evidence: [
          equal('½Σ', [numberOf(fixture, 'half')], [half]),
          equal('the mean of the squares, another number', [numberOf(fixture, 'mean')], [(2 * half) / 4]),
        ],
      };
    },
  },

  R16: {
    source: 'reference/linear.ts',
    run: ({ fixture }) => {
      const samples = matrixOf(fixture, 'samples');
      const x = tensor([samples.length, 2], samples.flat());
      const labels = tensor([samples.length], numbersOf(fixture, 'labels'));
      const maximum = numberOf(fixture, 'maximum');
      const train = (goOn: (loss: number, epoch: number) => boolean) => {
        let w = tensor([2], [0, 0]);
        let epoch = 0;
        do {
          w = stochasticPerceptronEpoch(x, labels, w, 0.5, [0, 1, 2, 3]);
          epoch++;
        } while (goOn(squaredSignLoss(x, labels, w), epoch) && epoch <= maximum);
        return { epoch, loss: squaredSignLoss(x, labels, w) };
      };
      const right = train((loss, epoch) => !(loss <= 0 || epoch >= maximum));
      const literal = train((loss, epoch) => loss <= 0 || epoch >= maximum);
      return {
        evidence: [
          equal('right: loss at the end', [0], [right.loss]),
          holds('right: epochs', 'more than 1', right.epoch, right.epoch > 1),
          equal('literally: stops after the first epoch', [1], [literal.epoch]),
          holds('literally: loss left', 'above 0', literal.loss, literal.loss > 0),
        ],
      };
    },
  },

  R17: {
    source: 'reference/descent.ts',
    run: ({ fixture }) => {
      const [steps, rate, momentum] = ['steps', 'learningRate', 'momentum'].map((name) => numberOf(fixture, name));
      const run = (sign: number) => {
        let state = { weights: tensor([1], [1]), change: zeros([1]) };
        for (let k = 0; k < steps; k++) {
          // Loss ½w²: the gradient is w itself.
          state = momentumStep(state.weights, state.weights, state.change, { learningRate: -sign * rate, momentum });
        }
        return state.weights.data[0] ** 2 / 2;
      };
      return {
        evidence: [
          holds(`loss ½w² after ${steps} steps with +η, from 0.5`, 'higher', run(1), run(1) > 0.5),
          holds('with −η', 'lower', run(-1), run(-1) < 0.5),
        ],
      };
    },
  },

  R18: {
    source: mlpSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const rate = numberOf(fixture, 'learningRate');
      const layers: Layer[] = [
        { weights: drawn(random, [3, 2]), bias: drawn(random, [3]), activation: 'sigmoid' },
        { weights: drawn(random, [2, 3]), bias: drawn(random, [2]), activation: 'sigmoid' },
      ];
      const [x, target] = [tensor([1, 2], [0.6, -0.4]), tensor([1, 2], [1, 0])];
      const { outputs } = mlpForward(x, layers);
      const [o, p] = [outputs[0].data, outputs[1].data];
      const delta3 = [0, 1].reduce(
        (total, k) => total + layers[1].weights.data[3 * k + 2] * (p[k] - target.data[k]) * p[k] * (1 - p[k]),
        0,
      );
      const w31 = layers[0].weights.data[4];
      const updated = mlpTrainStep(x, target, layers, rate).layers[0].weights.data[4];
      const right = w31 - rate * delta3 * x.data[0] * o[2] * (1 - o[2]);
      const printed = w31 - rate * delta3 * x.data[0] * o[2] * (1 - o[0]);
      return {
        evidence: [
          near('W₃₁ with (1 − O₃) against back-propagation', updated, right, 1e-15),
          holds('W₃₁ with (1 − O₁), as printed', `not ${updated.toPrecision(6)}`, printed, Math.abs(printed - updated) > 1e-6),
        ],
      };
    },
  },

  R19: {
    source: 'reference/descent.ts',
    run: ({ fixture }) => {
      const [w, penalty] = [numbersOf(fixture, 'weights'), numberOf(fixture, 'penalty')];
      const slopes = (f: (point: readonly number[]) => number) =>
        w.map((_, i) =>
          centralDifference(
            f,
            w,
            w.map((__, k) => (k === i ? 1 : 0)),
            2 ** -12,
          ),
        );
      const halfSquare = slopes((point) => (penalty / 2) * point.reduce((total, value) => total + value * value, 0));
      const norm = slopes((point) => penalty * Math.hypot(...point));
      const learningRate = 0.5;
      const decay = weightDecayStep(tensor([2], w), zeros([2]), { learningRate, penalty });
      return {
        evidence: [
          ...numbersOf(fixture, 'halfSquare').map((want, i) =>
            near(`slope of ½λ‖W‖², element ${i + 1}`, want, halfSquare[i], 1e-9),
          ),
          ...numbersOf(fixture, 'norm').map((want, i) => near(`slope of λ‖W‖, element ${i + 1}`, want, norm[i], 1e-7)),
          equal(
            'weight decay takes away the former, times η',
            numbersOf(fixture, 'halfSquare'),
            w.map((value, i) => (value - decay.data[i]) / learningRate),
          ),
        ],
      };
    },
  },

  R20: {
    source: activationSource,
    run: () => {
      const points = Array.from({ length: 2001 }, (_, i) => (i - 1000) / 100);
      const slopes = points.map((v) => activations.sigmoid.derivative(v));
      const largest = Math.max(...slopes);
      return {
        evidence: [
          equal('largest slope on [−10, 10]', [0.25], [largest]),
          equal('where', [0], [points[slopes.indexOf(largest)]]),
          holds('"less than 0.25" there', 'false', String(largest < 0.25), !(largest < 0.25)),
        ],
      };
    },
  },

  R21: {
    source: 'reference/generalization.ts',
    run: ({ fixture }) => {
      const order = Array.from({ length: numberOf(fixture, 'samples') }, (_, n) => n);
      return {
        evidence: numbersOf(fixture, 'folds').map((k) => {
          const folds = kFolds(order, k);
          const trained = new Set(trainingSamples(folds, 0));
          const used = folds.filter((fold) => fold.every((n) => trained.has(n))).length;
          return equal(`K = ${k}: folds that train`, [k - 1], [used], '9');
        }),
      };
    },
  },

  R22: {
    source: activationSource,
    run: () => {
      const { relu } = activations;
      return {
        evidence: [
          equal('ReLU(1e300): no saturation', [1e300], [relu.value(1e300)]),
          equal('its slope beside 0, left and right: not smooth', [0, 1], [relu.derivative(-1e-300), relu.derivative(1e-300)]),
        ],
      };
    },
  },

  R23: {
    source: 'reference/descent.ts',
    run: ({ fixture }) => {
      const [rate, from] = [numberOf(fixture, 'learningRate'), numberOf(fixture, 'from')];
      const slope = 2 * (from - 1);
      const difference = centralDifference(([x]) => (x - 1) ** 2, [from], [1], 2 ** -10);
      const next = gradientDescent(([x]) => [2 * (x - 1)], [from], rate, 1)[1][0];
      return {
        evidence: [
          near('slope of (x − 1)² at −3, by central difference', numberOf(fixture, 'slope'), difference, 1e-9),
          near('−3 − 0.1·(−8)', numberOf(fixture, 'to'), next, 1e-15, '−2.2'),
          equal('the slope that the step took', [numberOf(fixture, 'slope')], [slope], '−10'),
          near(
            '−3 − 0.1·(−10), as printed',
            numberOf(fixture, 'withPrinted'),
            from - rate * numberOf(fixture, 'printedSlope'),
            1e-15,
            '−2.2',
          ),
        ],
      };
    },
  },

  R24: {
    source: 'reference/perceptron.ts',
    run: ({ fixture }) => {
      const weights = tensor([2], numbersOf(fixture, 'weights'));
      const threshold = numberOf(fixture, 'threshold');
      const inputs = [0, 1, 2, 3].map((r) => bitsOf(r, 2));
      const value = (x: readonly number[]) => x.reduce((total, v, j) => total + v * weights.data[j], 0) - threshold;
      return {
        evidence: [
          equal(
            'formula: OR',
            numbersOf(fixture, 'or'),
            inputs.map((x) => thresholdUnit(tensor([2], x), weights, threshold)),
          ),
          equal(
            'code: AND',
            numbersOf(fixture, 'and'),
            inputs.map((x) => (value(x) <= 0 ? 0 : 1)),
          ),
          equal(
            'code with < for <=: OR',
            numbersOf(fixture, 'or'),
            inputs.map((x) => (value(x) < 0 ? 0 : 1)),
          ),
        ],
      };
    },
  },

  R25: {
    source: 'reference/multiplicationGate.ts',
    run: ({ fixture }) => {
      const [u, v, lambda] = ['u', 'v', 'lambda'].map((name) => numberOf(fixture, name));
      const gate = (name: 'sigmoid' | 'step' | 'relu' | 'tanh' | 'softplus', scale: number) =>
        multiplicationGate(u, v, (z) => activations[name].value(z), { lambda: scale, mu: 1 });
      // A product shrinks fourfold when λ is halved.
      const shrinks = (name: 'relu' | 'softplus') => gate(name, lambda) / gate(name, lambda / 2);
      return {
        evidence: [
          ...(['sigmoid', 'tanh', 'step'] as const).map((name) =>
            near(`the gate of ${name}: 0, whatever u and v`, 0, gate(name, lambda), 1e-15),
          ),
          near('the gate of ReLU shrinks twofold when λ is halved', 2, shrinks('relu'), 1e-12),
          near('that of softplus fourfold, as a product does', 4, shrinks('softplus'), 0.01),
          near('softplus: gate/λ², with 4σ₂ = 1', u * v, gate('softplus', lambda) / lambda ** 2, 1e-3),
        ],
      };
    },
  },

  R26: {
    source: mlpSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const layers: Layer[] = [2, 3, 3, 1].slice(1).map((units, l) => ({
        // Small weights: no unit saturates, where every gradient is next to nothing.
        weights: map(drawn(random, [units, [2, 3, 3][l]]), (w) => w / 2),
        bias: drawn(random, [units]),
        activation: 'tanh',
      }));
      const [x, target] = [drawn(random, [1, 2]), tensor([1, 1], [2])];
      const { gradients } = mlpBackward(x, target, layers);
      const hidden = mlpForward(x, layers).outputs[0].data;
      // ∂L/∂b of a unit is its Δ·Φ′; the second hidden layer has as many units as the first, so that the printed index exists.
      const delta = gradients[1].bias.data;
      const lossWith = (weights: readonly number[]) =>
        squaredError(
          mlpForward(
            x,
            layers.map((layer, l) => (l === 1 ? { ...layer, weights: tensor([3, 3], weights) } : layer)),
          ).y,
          target,
        );
      const start = Array.from(layers[1].weights.data);
      const differences = start.map((_, k) =>
        centralDifference(
          lossWith,
          start,
          start.map((__, m) => (m === k ? 1 : 0)),
          2 ** -12,
        ),
      );
      const largest = Math.max(...differences.map(Math.abs));
      const apart = (gradient: (i: number, j: number) => number) =>
        Math.max(...differences.map((value, k) => Math.abs(value - gradient(k % 3, Math.floor(k / 3))))) / largest;
      const printed = apart((i) => delta[i] * hidden[i]);
      return {
        evidence: [
          near(
            'with j: largest distance from central differences, of the largest',
            0,
            apart((i, j) => delta[j] * hidden[i]),
            1e-6,
          ),
          holds('with i, as printed', 'above 0.1', printed, printed > 0.1),
        ],
      };
    },
  },

  R27: {
    source: mlpSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const rate = numberOf(fixture, 'learningRate');
      const layers: Layer[] = [
        { weights: drawn(random, [3, 2]), bias: drawn(random, [3]), activation: 'sigmoid' },
        { weights: drawn(random, [2, 3]), bias: zeros([2]), activation: 'sigmoid' },
      ];
      const [x, target] = [drawn(random, [1, 2]), tensor([1, 2], [1, 0])];
      const step = mlpTrainStep(x, target, layers, rate).layers;
      // As printed: the output layer's new weights carry Δ back.
      const literal = mlpBackwardThrough(x, target, layers, step[1].weights);
      const lossWith = (weights: readonly number[]) =>
        squaredError(mlpForward(x, [{ ...layers[0], weights: tensor([3, 2], weights) }, layers[1]]).y, target);
      const start = Array.from(layers[0].weights.data);
      const differences = start.map((_, k) =>
        centralDifference(
          lossWith,
          start,
          start.map((__, m) => (m === k ? 1 : 0)),
          2 ** -12,
        ),
      );
      const largest = Math.max(...differences.map(Math.abs));
      const apart = (change: (k: number) => number) =>
        Math.max(...differences.map((value, k) => Math.abs(value - change(k) / rate))) / largest;
      const printed = apart((k) => rate * literal.data[k]);
      return {
        evidence: [
          near(
            'old weights: change/η of the hidden weights against central differences, of the largest',
            0,
            apart((k) => start[k] - step[0].weights.data[k]),
            1e-6,
          ),
          holds('new weights, as printed', 'above 1e-3', printed, printed > 1e-3),
        ],
      };
    },
  },

  R28: {
    source: mlpSource,
    run: ({ fixture }) => {
      const depth = numberOf(fixture, 'layers');
      /** ∂L/∂net of the first of a chain of units, for an error of 1 at the end. */
      const firstSlope = (activation: Layer['activation'], weight: number, bias: number, x: number) => {
        const layers: Layer[] = Array.from({ length: depth }, () => ({
          weights: tensor([1, 1], [weight]),
          bias: tensor([1], [bias]),
          activation,
        }));
        const input = tensor([1, 1], [x]);
        const target = map(mlpForward(input, layers).y, (y) => y - 1);
        return mlpBackward(input, target, layers).gradients[0].bias.data[0];
      };
      const weightOf = (name: string) => numberOf(fixture, `${name}Weight`);
      // σ(0) = ½: a bias of half the weight keeps every net at 0, where the slope is largest.
      const sigmoid = weightOf('sigmoid');
      return {
        evidence: [
          near(
            `σ, weights 8, ${depth} layers: the first slope explodes`,
            numberOf(fixture, 'sigmoidSlope'),
            firstSlope('sigmoid', sigmoid, -sigmoid / 2, 0.5),
            1e-9,
            'only vanishing',
          ),
          near(
            'tanh, weights 3: explodes',
            numberOf(fixture, 'tanhSlope'),
            firstSlope('tanh', weightOf('tanh'), 0, 0),
            1e-9,
            'only vanishing',
          ),
          near(
            'ReLU, weights ½, every unit active: vanishes',
            numberOf(fixture, 'reluSlope'),
            firstSlope('relu', weightOf('relu'), 0, 1),
            1e-15,
            'free of vanishing',
          ),
        ],
      };
    },
  },

  R29: {
    source: 'reference/descent.ts',
    run: ({ fixture }) => {
      const f = (x: number) => -Math.expm1(-x * x);
      const [a, b] = numbersOf(fixture, 'from');
      const far = numberOf(fixture, 'farthestStart');
      const starts = Array.from({ length: 41 }, (_, i) => far * (i / 20 - 1));
      const ends = starts.map((x) => gradientDescent(([z]) => [2 * z * Math.exp(-z * z)], [x], 0.3, 300).at(-1)![0]);
      const farthest = Math.max(...ends.map(Math.abs));
      const [middle, chord] = [f((a + b) / 2), (f(a) + f(b)) / 2];
      return {
        evidence: [
          near('descent from 41 places ends at 0, farthest', 0, farthest, 1e-9),
          equal('smallest value, at 0', [0], [f(0)]),
          holds(
            'f at the middle of 1 and 3 against the chord',
            `above ${chord.toPrecision(6)}: not convex`,
            middle,
            middle > chord + 0.1,
          ),
        ],
      };
    },
  },
};

/** ∂L/∂W₁ of a two-layer sigmoid network with Δ sent back through other weights than the layer's own. */
function mlpBackwardThrough(x: Tensor, target: Tensor, [first, second]: readonly Layer[], back: Tensor): Tensor {
  const { outputs } = mlpForward(x, [first, second]);
  const slope = (o: number) => o * (1 - o);
  const [hidden, output] = [outputs[0].data, outputs[1].data];
  const delta = Array.from(output, (o, k) => (o - target.data[k]) * slope(o));
  const sent = Array.from(
    hidden,
    (h, j) => slope(h) * delta.reduce((total, d, k) => total + d * back.data[k * hidden.length + j], 0),
  );
  return tensor(
    first.weights.shape,
    sent.flatMap((d) => Array.from(x.data, (v) => d * v)),
  );
}

function drawn(random: Random, shape: readonly number[]): Tensor {
  return map(zeros(shape), () => random.normal());
}
