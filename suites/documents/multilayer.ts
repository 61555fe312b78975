/** Executes the rows of multilayer networks and back-propagation. */
import { sigmoid } from '../../reference/activations.ts';
import { denseInputGradient, matmul } from '../../reference/dense.ts';
import { adamStep } from '../../reference/descent.ts';
import { squaredErrorGradient } from '../../reference/losses.ts';
import { type Layer, mlpBackward, mlpForward, mlpTrainStep } from '../../reference/mlp.ts';
import { multiplicationGate } from '../../reference/multiplicationGate.ts';
import { pathGradient } from '../../reference/pathGradients.ts';
import { pretrainSupervised, pretrainUnsupervised, train } from '../../reference/pretraining.ts';
import { combine, map, type Tensor, tensor, zeros } from '../../reference/tensor.ts';
import { type Random, randomFrom } from '../judging/random.ts';
import type { Chart, Evidence } from '../runReport.ts';
import {
  type Experiment,
  type ExperimentContext,
  equal,
  holds,
  matrixOf,
  near,
  numberOf,
  numbersOf,
  printedDigits,
} from './experiment.ts';
import { extrapolated } from './gradients.ts';
import { kimExample } from './kim.ts';

const mlpSource = 'reference/mlp.ts';

export const multilayerExperiments: Readonly<Record<string, Experiment>> = {
  M1: {
    source: mlpSource,
    run: ({ fixture, seed }) => {
      const matrix = (name: string) => matrixOf(fixture, name);
      const layers: Layer[] = [
        {
          weights: tensor([2, 2], matrix('weights1').flat()),
          bias: tensor([2], numbersOf(fixture, 'bias1')),
          activation: 'relu',
        },
        {
          weights: tensor([1, 2], matrix('weights2').flat()),
          bias: tensor([1], numbersOf(fixture, 'bias2')),
          activation: 'identity',
        },
      ];
      const { y } = mlpForward(tensor([1, 2], numbersOf(fixture, 'x')), layers);
      // Any depth and widths: against the formula written out as nested sums for each unit, nothing shared with the layers' code.
      const random = randomFrom(seed, fixture.id);
      const widths = numbersOf(fixture, 'widths');
      const deep = randomLayers(random, widths, 'tanh');
      const x = drawn(random, [1, widths[0]]);
      const unit = (layer: number, k: number): number => {
        if (layer < 0) return x.data[k];
        const { weights, bias } = deep[layer];
        const inputs = weights.shape[1];
        let net = bias.data[k];
        for (let i = 0; i < inputs; i++) net += weights.data[k * inputs + i] * unit(layer - 1, i);
        return Math.tanh(net);
      };
      const nested = Array.from({ length: widths.at(-1) ?? 0 }, (_, k) => unit(deep.length - 1, k));
      const apart = largestDifference(mlpForward(x, deep).y.data, nested);
      return {
        evidence: [
          equal('g of the example', [numberOf(fixture, 'y')], y.data),
          near(`widths ${widths.join('–')}: layers against the nested formula`, 0, apart, 1e-14),
        ],
      };
    },
  },

  M2: {
    source: mlpSource,
    run: ({ fixture }) => {
      const { x, layers } = kimExample(fixture);
      const { nets, outputs, y } = mlpForward(x, layers);
      return {
        evidence: [
          ...numbersOf(fixture, 'net').map((want, j) => near(`net ${j + 1}`, want, nets[0].data[j], 1e-15, String(want))),
          ...['0.79', '0.92', '0.16'].map((printed, j) => printedDigits(`h₁, unit ${j + 1}`, printed, outputs[0].data[j])),
          printedDigits('s₂', '0.51', nets[1].data[0]),
          near(
            'ŷ to twelve digits (printed 0.62, that is σ(0.51) cut off)',
            numberOf(fixture, 'output'),
            y.data[0],
            5e-13,
            '0.62',
          ),
        ],
      };
    },
  },

  M3: {
    source: mlpSource,
    run: ({ fixture }) => {
      const { x, target, layers } = kimExample(fixture);
      const { gradients } = mlpBackward(x, target, layers);
      const dOutput = squaredErrorGradient(mlpForward(x, layers).y, target).data[0];
      return {
        evidence: [
          near('∂E/∂ŷ', numberOf(fixture, 'dOutput'), dOutput, 1e-12, '−0.38'),
          near('∂E/∂ŷ from the ŷ printed', -0.38, squaredErrorGradient(tensor([1, 1], [0.62]), target).data[0], 1e-15, '−0.38'),
          ...numbersOf(fixture, 'dTheta2').map((want, j) =>
            near(`∂E/∂Θ₂, weight ${j + 1}`, want, gradients[1].weights.data[j], 1e-14),
          ),
          ...matrixOf(fixture, 'dTheta1')
            .flat()
            .map((want, i) => near(`∂E/∂Θ₁, weight ${i + 1}`, want, gradients[0].weights.data[i], 1e-14)),
        ],
      };
    },
  },

  M4: {
    source: mlpSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const [x, target] = [drawn(random, [1, 3]), drawn(random, [1, 2])];
      const layers = randomLayers(random, [3, 4, 2], 'sigmoid');
      const { outputs } = mlpForward(x, layers);
      const { gradients } = mlpBackward(x, target, layers);
      const [y, z] = [outputs[0].data, outputs[1].data];
      const delta = Array.from(z, (zk, k) => (zk - target.data[k]) * zk * (1 - zk));
      const outputLayer = delta.flatMap((d) => Array.from(y, (yj) => d * yj));
      const hiddenLayer = Array.from(y, (yj, j) => {
        const back = delta.reduce((sum, d, k) => sum + d * layers[1].weights.data[k * 4 + j], 0);
        return Array.from(x.data, (xi) => back * yj * (1 - yj) * xi);
      }).flat();
      const evidence: Evidence[] = [
        near('output layer, as printed', 0, largestDifference(outputLayer, gradients[1].weights.data), 1e-15),
        near('hidden layer, as printed', 0, largestDifference(hiddenLayer, gradients[0].weights.data), 1e-15),
      ];
      for (let depth = 1; depth <= numberOf(fixture, 'deepest'); depth++) {
        const deep = randomLayers(random, [3, ...new Array(depth).fill(4), 2], 'tanh');
        const found = mlpBackward(x, target, deep).gradients[0].weights.data;
        const { weights } = deep[0];
        const loss = (w: readonly number[]) =>
          mlpBackward(x, target, [{ ...deep[0], weights: tensor(weights.shape, w) }, ...deep.slice(1)]).loss;
        const differences = Array.from(weights.data, (_, i) =>
          extrapolated(
            loss,
            Array.from(weights.data),
            Array.from(weights.data, (_, k) => (k === i ? 1 : 0)),
            2 ** -10,
          ),
        );
        evidence.push(
          near(`${depth + 1} layers, first layer against central differences`, 0, largestDifference(differences, found), 1e-9),
        );
      }
      return { evidence };
    },
  },

  M5: {
    source: 'reference/pathGradients.ts',
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const width = numberOf(fixture, 'width');
      const paths: [number, number][] = [];
      const linear: [number, number][] = [];
      let largest = 0;
      let miscounted = 0;
      for (let depth = 1; depth <= numberOf(fixture, 'deepest'); depth++) {
        const layers = randomLayers(random, [2, ...new Array(depth).fill(width), 1], 'tanh');
        const [x, target] = [drawn(random, [1, 2]), drawn(random, [1, 1])];
        const byPaths = pathGradient(x, target, layers, 1);
        // ∂L/∂h of the first hidden layer: the input gradient of the network above it.
        const above = layers.slice(1);
        const h = mlpForward(x, layers.slice(0, 1)).y;
        largest = Math.max(largest, largestDifference(byPaths.gradient, inputGradient(h, target, above).data));
        if (byPaths.paths !== width ** (depth - 1)) miscounted++;
        paths.push([depth, byPaths.paths * width]);
        linear.push([depth, above.reduce((sum, { weights }) => sum + weights.data.length, 0)]);
      }
      return {
        evidence: [
          near('path sums against back-propagation, largest difference', 0, largest, 1e-14),
          equal('depths whose number of paths is not width^(depth − 1)', [0], [miscounted]),
        ],
        charts: [
          {
            title: `Paths followed against weights passed, width ${width}`,
            kind: 'line',
            xLabel: 'hidden layers',
            yLabel: 'count',
            yScale: 'log',
            series: [
              { name: 'paths', points: paths },
              { name: 'weights (back-propagation)', points: linear },
            ],
          },
        ],
      };
    },
  },

  M6: { source: mlpSource, run: halfAdder },

  M7: {
    source: mlpSource,
    run: ({ fixture }) => {
      // As a network: p = 2h, target 1, and J = (p − 1)² is twice the half square.
      const slope = (h: number) =>
        2 * inputGradient(tensor([1, 1], [h]), tensor([1, 1], [1]), [identityLayer(tensor([1, 1], [2]))]).data[0];
      return {
        evidence: [
          equal('dJ/dh at −1, 0, ½, 2', numbersOf(fixture, 'slopes'), numbersOf(fixture, 'points').map(slope), '4(2h − 1)'),
        ],
      };
    },
  },

  M8: {
    source: mlpSource,
    run: ({ fixture }) => {
      const [w1, w2, w5] = numbersOf(fixture, 'weights');
      const [x1, x2, y] = ['x1', 'x2', 'y'].map((name) => numbersOf(fixture, name));
      const x = tensor(
        [x1.length, 2],
        x1.flatMap((value, i) => [value, x2[i]]),
      );
      const target = tensor([y.length, 1], y);
      const layers: Layer[] = [
        { weights: tensor([1, 2], [w1, w2]), bias: zeros([1]), activation: 'relu' },
        identityLayer(tensor([1, 1], [w5])),
      ];
      // J is the whole square, the reference's loss half of it: every derivative is doubled.
      const { gradients } = mlpBackward(x, target, layers);
      const { outputs, y: p } = mlpForward(x, layers);
      const dP = map(squaredErrorGradient(p, target), (value) => 2 * value);
      const dH = denseInputGradient(layers[1].weights, dP);
      const dX = map(inputGradient(x, target, layers), (value) => 2 * value);
      return {
        evidence: [
          equal('h', [2, 0, 1], outputs[0].data),
          equal('∂J/∂w₅', [numberOf(fixture, 'dW5')], [2 * gradients[1].weights.data[0]]),
          equal('∂J/∂w₁', [numberOf(fixture, 'dW1')], [2 * gradients[0].weights.data[0]]),
          equal('∂J/∂w₂', [numberOf(fixture, 'dW2')], [2 * gradients[0].weights.data[1]]),
          equal('Δp', numbersOf(fixture, 'dP'), dP.data),
          equal('Δh', numbersOf(fixture, 'dH'), dH.data),
          equal(
            'Δx₁',
            numbersOf(fixture, 'dX1'),
            y.map((_, i) => dX.data[2 * i]),
          ),
        ],
      };
    },
  },

  M9: {
    source: mlpSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const evidence: Evidence[] = [];
      for (let depth = 2; depth <= numberOf(fixture, 'deepest'); depth++) {
        const widths = Array.from({ length: depth + 1 }, (_, l) => 2 + ((l * 3) % 5));
        // Integers: every product is exact, so the two sides are equal to the last bit.
        const layers = widths.slice(1).map((width, l) => identityLayer(integers(random, [width, widths[l]])));
        const x = integers(random, [3, widths[0]]);
        // A layer's weights are Wᵀ of the document, so their product from the last to the first is the one matrix.
        const collapsed = layers.map(({ weights }) => weights).reduce((product, weights) => matmul(weights, product));
        evidence.push(
          equal(
            `depth ${depth}: y through the layers and through one matrix`,
            mlpForward(x, layers).y.data,
            mlpForward(x, [identityLayer(collapsed)]).y.data,
          ),
        );
      }
      return { evidence };
    },
  },

  M10: { source: mlpSource, run: vanishingGradient },
  M11: { source: 'reference/multiplicationGate.ts', run: gate },
  M12: { source: mlpSource, thorough: 'takes 40,000 steps of Adam for each fit', run: fourFits },

  M13: {
    source: 'reference/pretraining.ts',
    run: (context) =>
      pretraining(context, (x, target, hidden, random, schedule) =>
        pretrainSupervised(
          x,
          target,
          hidden,
          (stage) => randomLayers(random, [hidden[stage].weights.shape[0], 1], 'identity')[0],
          schedule,
        ),
      ),
  },

  M14: {
    source: 'reference/pretraining.ts',
    run: (context) =>
      pretraining(context, (x, target, hidden, random, schedule) =>
        pretrainUnsupervised(
          x,
          target,
          hidden,
          (stage) => randomLayers(random, [hidden[stage].weights.shape[0], hidden[stage].weights.shape[1]], 'identity')[0],
          randomLayers(random, [hidden[hidden.length - 1].weights.shape[0], 1], 'identity')[0],
          schedule,
        ),
      ),
  },

  M15: {
    source: mlpSource,
    run: ({ fixture }) => {
      const target = (x: number) => Math.sin(3 * x) + 0.3 * x;
      const grid = numberOf(fixture, 'grid');
      const points = numbersOf(fixture, 'units').map((units): [number, number] => {
        const layers = interpolatingRectifiers(target, units);
        const x = Array.from({ length: grid + 1 }, (_, i) => -1 + (2 * i) / grid);
        const { y } = mlpForward(tensor([x.length, 1], x), layers);
        return [units, Math.max(...x.map((value, i) => Math.abs(target(value) - y.data[i])))];
      });
      const falling = points.every(([, error], i) => i === 0 || error < points[i - 1][1]);
      const order = Math.log2(points[points.length - 2][1] / points[points.length - 1][1]);
      return {
        evidence: [
          holds(
            'error with each doubling of the units',
            'falls every time',
            points.map(([, error]) => error.toExponential(2)).join(', '),
            falling,
          ),
          near('order at the last doubling: twice the units, a quarter of the error', numberOf(fixture, 'order'), order, 0.1),
        ],
        charts: [
          {
            title: 'Sup error of sin 3x + 0.3x on [−1, 1] against hidden rectifiers',
            kind: 'line',
            xLabel: 'hidden units',
            yLabel: 'sup error on the grid',
            xScale: 'log',
            yScale: 'log',
            series: [{ name: 'sup error', points }],
          },
        ],
      };
    },
  },
};

/** Rectifiers that interpolate f at units + 1 equally spaced points of [−1, 1]: each adds the change of slope at its knot. */
function interpolatingRectifiers(f: (x: number) => number, units: number): Layer[] {
  const width = 2 / units;
  const knots = Array.from({ length: units }, (_, i) => -1 + i * width);
  const slopes = knots.map((knot) => (f(knot + width) - f(knot)) / width);
  const changes = slopes.map((slope, i) => slope - (i > 0 ? slopes[i - 1] : 0));
  return [
    {
      weights: tensor([units, 1], new Array(units).fill(1)),
      bias: tensor(
        [units],
        knots.map((knot) => -knot),
      ),
      activation: 'relu',
    },
    { weights: tensor([1, units], changes), bias: tensor([1], [f(-1)]), activation: 'identity' },
  ];
}

function halfAdder({ fixture, seed }: ExperimentContext) {
  const random = randomFrom(seed, fixture.id);
  const learningRate = numberOf(fixture, 'learningRate');
  const inputs = matrixOf(fixture, 'inputs');
  const targets = matrixOf(fixture, 'targets');
  let layers = randomLayers(random, [2, 3, 2], 'sigmoid');

  // The printed formulas, one by one, for the pattern (0.6, −0.4) so that no input is 0; bias is index 0.
  const [x1, x2] = [0.6, -0.4];
  const t = [1, 0];
  const [hiddenLayer, outputLayer] = layers;
  const w = (j: number) => [hiddenLayer.bias.data[j], hiddenLayer.weights.data[2 * j], hiddenLayer.weights.data[2 * j + 1]];
  const v = (k: number) => [outputLayer.bias.data[k], ...Array.from(outputLayer.weights.data.slice(3 * k, 3 * k + 3))];
  const O = [0, 1, 2].map((j) => sigmoid(w(j)[0] + w(j)[1] * x1 + w(j)[2] * x2));
  const P = [0, 1].map((k) => sigmoid(v(k)[0] + v(k)[1] * O[0] + v(k)[2] * O[1] + v(k)[3] * O[2]));
  const deltaOut = [0, 1].map((k) => -(t[k] - P[k]));
  const deltaHidden = [0, 1, 2].map((j) => [0, 1].reduce((sum, k) => sum + v(k)[j + 1] * deltaOut[k] * P[k] * (1 - P[k]), 0));
  const printedOut = [0, 1].flatMap((k) =>
    [1, ...O].map((o, i) => v(k)[i] - learningRate * deltaOut[k] * o * P[k] * (1 - P[k])),
  );
  const printedHidden = [0, 1, 2].flatMap((j) =>
    [1, x1, x2].map((x, i) => w(j)[i] - learningRate * deltaHidden[j] * x * O[j] * (1 - O[j])),
  );
  const step = mlpTrainStep(tensor([1, 2], [x1, x2]), tensor([1, 2], t), layers, learningRate).layers;
  const asPrinted = (layer: Layer) => {
    const [outputs, columns] = layer.weights.shape;
    return Array.from({ length: outputs }, (_, k) => [
      layer.bias.data[k],
      ...layer.weights.data.slice(k * columns, (k + 1) * columns),
    ]).flat();
  };

  const points: [number, number][] = [];
  const epochs = numberOf(fixture, 'epochs');
  const [allInputs, allTargets] = [tensor([4, 2], inputs.flat()), tensor([4, 2], targets.flat())];
  for (let epoch = 0; epoch <= epochs; epoch++) {
    const next = mlpTrainStep(allInputs, allTargets, layers, learningRate);
    if (epoch % Math.ceil(epochs / 100) === 0) points.push([epoch, next.loss]);
    layers = next.layers;
  }
  const answers = Array.from(mlpForward(allInputs, layers).y.data, (value) => (value >= 0.5 ? 1 : 0));
  return {
    evidence: [
      near('W_I and W_II after one step, all 8 formulas', 0, largestDifference(printedOut, asPrinted(step[1])), 1e-15),
      near(
        'W₁, W₂, W₃ after one step, all 9 formulas with R18 corrected',
        0,
        largestDifference(printedHidden, asPrinted(step[0])),
        1e-15,
      ),
      equal('answers after training, pattern by pattern', targets.flat(), answers),
    ],
    charts: [lineChart('Training the half adder', 'epoch', 'loss ½Σ(t − O)²', [{ name: 'loss', points }], 'log')],
  };
}

function vanishingGradient({ fixture, seed }: ExperimentContext) {
  const random = randomFrom(seed, fixture.id);
  const weights = numbersOf(fixture, 'weights');
  const x = numberOf(fixture, 'x');
  const target = numberOf(fixture, 'target');
  const chain: Layer[] = weights.map((weight) => ({
    weights: tensor([1, 1], [weight]),
    bias: zeros([1]),
    activation: 'sigmoid',
  }));
  const { outputs } = mlpForward(tensor([1, 1], [x]), chain);
  const y = outputs.map(({ data }) => data[0]);
  const slope = y.map((value) => value * (1 - value));
  // ∂J/∂w_l = ∂J/∂z · Π_{m > l} f'(net_m)·w_m · f'(net_l) · x_l, from the output down.
  const printed = weights.map((_, l) => {
    let product = y[3] - target;
    for (let m = 3; m > l; m--) product *= slope[m] * weights[m];
    return product * slope[l] * (l > 0 ? y[l - 1] : x);
  });
  const found = mlpBackward(tensor([1, 1], [x]), tensor([1, 1], [target]), chain).gradients.map(
    (gradient) => gradient.weights.data[0],
  );

  const width = numberOf(fixture, 'width');
  const deepest = numberOf(fixture, 'deepest');
  // Geometric mean over a few networks, so that the curve shows the depth and not the draw. The output unit is linear: it cannot be dead.
  const norms = (activation: Layer['activation'], spread: number) =>
    Array.from({ length: deepest }, (_, i): [number, number] => {
      const logarithms = Array.from({ length: 5 }, () => {
        const layers = randomLayers(random, [width, ...new Array(i + 1).fill(width), 1], activation, spread);
        layers[layers.length - 1] = { ...layers[layers.length - 1], activation: 'identity' };
        const { gradients } = mlpBackward(drawn(random, [8, width]), drawn(random, [8, 1]), layers);
        return Math.log(Math.hypot(...gradients[0].weights.data));
      });
      return [i + 2, Math.exp(logarithms.reduce((a, b) => a + b, 0) / logarithms.length)];
    });
  const curves: [string, [number, number][]][] = [
    ['sigmoid', norms('sigmoid', 1)],
    ['tanh', norms('tanh', 1)],
    ['ReLU', norms('relu', Math.SQRT2)],
    ['tanh, small weights', norms('tanh', 0.5)],
    ['ReLU, large weights', norms('relu', 4)],
  ];
  const change = (name: string) => {
    const points = curves.find(([label]) => label === name)?.[1] ?? [];
    return points[points.length - 1][1] / points[0][1];
  };
  return {
    evidence: [
      ...printed.map((want, l) => near(`∂J/∂w${l + 1}: printed chain against back-propagation`, want, found[l], 1e-16)),
      holds(
        `sigmoid: first-layer gradient at depth ${deepest + 1} over depth 2`,
        'below 1e-6',
        change('sigmoid').toExponential(1),
        change('sigmoid') < 1e-6,
      ),
      holds('ReLU: the same', 'above 1e-2', change('ReLU').toExponential(1), change('ReLU') > 1e-2),
      holds(
        'large weights: the same',
        'above 1e6',
        change('ReLU, large weights').toExponential(1),
        change('ReLU, large weights') > 1e6,
      ),
    ],
    charts: [
      lineChart(
        'Norm of the first layer’s gradient against depth',
        'layers',
        '‖∂E/∂W₁‖',
        curves.map(([name, points]) => ({ name, points })),
        'log',
      ),
    ],
  };
}

function gate({ fixture }: ExperimentContext) {
  const second = numberOf(fixture, 'softplusSecondDerivative');
  const [u, v] = [numberOf(fixture, 'u'), numberOf(fixture, 'v')];
  const error = (lambda: number) => {
    const m = multiplicationGate(u, v, 'softplus', { lambda, mu: 1 / (4 * second * lambda ** 2) });
    return Math.abs(m - u * v);
  };
  const lambdas = Array.from({ length: 9 }, (_, i) => 2 ** (-i / 2));
  const points = lambdas.map((lambda): [number, number] => [lambda, error(lambda)]);
  const order = Math.log2(error(1 / 4) / error(1 / 8));
  const grid = Array.from({ length: numberOf(fixture, 'grid') }, (_, i) => -1 + (2 * i) / (numberOf(fixture, 'grid') - 1));
  const largest = (
    activation: 'softplus' | 'sigmoid',
    options: { lambda: number; mu: number; shift?: number },
    want: (a: number, b: number) => number,
  ) => Math.max(...grid.flatMap((a) => grid.map((b) => Math.abs(multiplicationGate(a, b, activation, options) - want(a, b)))));
  const shift = numberOf(fixture, 'shift');
  const s = sigmoid(shift);
  const shiftedSecond = s * (1 - s) * (1 - 2 * s);
  const lambda = 1 / 32;
  return {
    evidence: [
      near('softplus: order of the error in λ', 2, order, 0.02),
      near(
        'softplus, λ = 1/32: largest |m − uv| on the grid',
        0,
        largest('softplus', { lambda, mu: 1 / (4 * second * lambda ** 2) }, (a, b) => a * b),
        1e-3,
      ),
      near(
        'logistic sigmoid at 0: largest |m| for μ = 1, λ = 1',
        0,
        largest('sigmoid', { lambda: 1, mu: 1 }, () => 0),
        1e-15,
      ),
      near(
        `logistic sigmoid at ${shift}, λ = 1/32: largest |m − uv|`,
        0,
        largest('sigmoid', { lambda, mu: 1 / (4 * shiftedSecond * lambda ** 2), shift }, (a, b) => a * b),
        5e-3,
      ),
    ],
    charts: [
      lineChart(
        `Error of the multiplication gate at u = ${u}, v = ${v} (softplus)`,
        'λ',
        '|m − uv|',
        [
          { name: 'error', points },
          {
            name: 'λ², through the last point',
            points: points.map(([l]) => [l, (l / points[points.length - 1][0]) ** 2 * points[points.length - 1][1]]),
          },
        ],
        'log',
        'log',
      ),
    ],
  };
}

const fitTargets: readonly { name: string; f: (x: number) => number }[] = [
  { name: 'x²', f: (x) => x * x },
  { name: 'sin x', f: Math.sin },
  { name: '|x|', f: Math.abs },
  { name: 'H(x)', f: (x) => (x < 0 ? 0 : 1) },
];

function fourFits({ fixture, seed, thorough }: ExperimentContext) {
  const count = numberOf(fixture, 'points');
  const hidden = numberOf(fixture, 'hidden');
  const steps = numberOf(fixture, thorough ? 'thoroughSteps' : 'steps');
  const x = Array.from({ length: count }, (_, i) => -1 + (2 * i) / (count - 1));
  const limits = numbersOf(fixture, 'rmsAtMost');
  const evidence: Evidence[] = [];
  const charts: Chart[] = [];
  for (const [index, { name, f }] of fitTargets.entries()) {
    const random = randomFrom(seed, fixture.id, name);
    const y = x.map(f);
    const [first, second] = randomLayers(random, [1, hidden, 1], 'tanh', 2);
    const layers = trainWithAdam(
      tensor([count, 1], x),
      tensor([count, 1], y),
      [first, { ...second, activation: 'identity' }],
      steps,
    );
    const fit = mlpForward(tensor([count, 1], x), layers).y.data;
    const rms = Math.hypot(...y.map((value, i) => value - fit[i])) / Math.sqrt(count);
    evidence.push(
      holds(
        `${name}: root mean square error after ${steps} steps`,
        `at most ${limits[index]}`,
        rms.toExponential(2),
        rms <= limits[index],
      ),
    );
    charts.push(
      lineChart(`${name} by three tanh units`, 'x', 'y', [
        { name: 'data', kind: 'scatter', points: x.map((value, i): [number, number] => [value, y[i]]) },
        { name: 'network', points: x.map((value, i): [number, number] => [value, fit[i]]) },
      ]),
    );
  }
  return { evidence, charts };
}

/** Adam on every weight and bias of a network; the squared error divided by the number of samples, so that the rate means the same for all sizes. */
function trainWithAdam(x: Tensor, target: Tensor, start: readonly Layer[], steps: number): readonly Layer[] {
  let layers = start;
  const samples = x.shape[0];
  const zeroLike = (t: Tensor) => zeros(t.shape);
  let memory = start.map(({ weights, bias }) => ({
    weights: { means: zeroLike(weights), squares: zeroLike(weights) },
    bias: { means: zeroLike(bias), squares: zeroLike(bias) },
  }));
  for (let step = 1; step <= steps; step++) {
    const { gradients } = mlpBackward(x, target, layers);
    const options = { learningRate: 0.1 * (1 - step / (steps + 1)), beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step };
    const moved = layers.map((layer, l) => {
      const mean = (gradient: Tensor) => map(gradient, (value) => value / samples);
      const weights = adamStep(
        layer.weights,
        mean(gradients[l].weights),
        memory[l].weights.means,
        memory[l].weights.squares,
        options,
      );
      const bias = adamStep(layer.bias, mean(gradients[l].bias), memory[l].bias.means, memory[l].bias.squares, options);
      return { layer: { ...layer, weights: weights.weights, bias: bias.weights }, memory: { weights, bias } };
    });
    layers = moved.map(({ layer }) => layer);
    memory = moved.map((entry) => entry.memory);
  }
  return layers;
}

type Pretrainer = (
  x: Tensor,
  target: Tensor,
  hidden: readonly Layer[],
  random: Random,
  schedule: { learningRate: number; steps: number },
) => { layers: readonly Layer[]; stages: readonly (readonly number[])[] };

function pretraining({ fixture, seed }: ExperimentContext, pretrain: Pretrainer) {
  const random = randomFrom(seed, fixture.id);
  const samples = numberOf(fixture, 'samples');
  const widths = numbersOf(fixture, 'hidden');
  const x = drawn(random, [samples, 3]);
  const target = tensor(
    [samples, 1],
    Array.from({ length: samples }, (_, n) => Math.tanh(x.data[3 * n] - x.data[3 * n + 1] * x.data[3 * n + 2])),
  );
  const hidden = randomLayers(random, [3, ...widths], 'tanh');
  const learningRate = numberOf(fixture, 'learningRate');
  const schedule = { learningRate, steps: numberOf(fixture, 'stageSteps') };
  const { layers, stages } = pretrain(x, target, hidden, random, schedule);
  const fine = train(x, target, layers, { learningRate, steps: numberOf(fixture, 'fineSteps') });
  const start = fine.losses[0];
  const end = fine.losses[fine.losses.length - 1];
  const lastStage = stages[stages.length - 1].at(-1) ?? Number.NaN;
  // Each stage starts from the weights that the layers below ended with: the network below is that of the stages before.
  const kept = layers.slice(0, -1).every((layer, l) => layer.weights.shape.join() === hidden[l].weights.shape.join());
  return {
    evidence: [
      ...stages.map((losses, stage) =>
        holds(
          `stage ${stage + 1}: loss after against before`,
          `below ${losses[0].toFixed(4)}`,
          losses[losses.length - 1].toFixed(4),
          losses[losses.length - 1] < losses[0],
        ),
      ),
      holds('the layers keep their widths', 'true', String(kept), kept),
      holds(
        'fine-tuning starts where the last stage ended',
        `at most ${lastStage.toFixed(4)}`,
        start.toFixed(4),
        start <= lastStage,
      ),
      holds('fine-tuning: loss after against before', `below ${start.toFixed(4)}`, end.toFixed(4), end < start),
    ],
    charts: [
      lineChart(
        'Loss of each stage and of fine-tuning',
        'step',
        'loss',
        [
          ...stages.map((losses, stage) => ({
            name: `stage ${stage + 1}`,
            points: losses.map((loss, k): [number, number] => [k, loss]),
          })),
          { name: 'fine-tuning', points: fine.losses.map((loss, k): [number, number] => [k, loss]) },
        ],
        'log',
      ),
    ],
  };
}

/** ∂E/∂x of the squared error through a network, by the layers' own gradients. */
function inputGradient(x: Tensor, target: Tensor, layers: readonly Layer[]): Tensor {
  const { y, nets } = mlpForward(x, layers);
  let gradient = squaredErrorGradient(y, target);
  for (let l = layers.length - 1; l >= 0; l--) {
    const slope = map(nets[l], activationSlope(layers[l].activation));
    gradient = denseInputGradient(
      layers[l].weights,
      combine(gradient, slope, (d, s) => d * s),
    );
  }
  return gradient;
}

function activationSlope(activation: Layer['activation']): (net: number) => number {
  if (activation === 'identity') return () => 1;
  if (activation === 'relu') return (net) => (net > 0 ? 1 : 0);
  if (activation === 'tanh') return (net) => 1 - Math.tanh(net) ** 2;
  throw new RangeError(`inputGradient: no slope written down for ${activation}`);
}

function identityLayer(weights: Tensor): Layer {
  return { weights, bias: zeros([weights.shape[0]]), activation: 'identity' };
}

/** Weights normal with standard deviation spread/√inputs, small biases. */
function randomLayers(random: Random, widths: readonly number[], activation: Layer['activation'], spread = 1): Layer[] {
  return widths.slice(1).map((width, l) => ({
    weights: map(drawn(random, [width, widths[l]]), (value) => (spread * value) / Math.sqrt(widths[l])),
    bias: map(drawn(random, [width]), (value) => 0.1 * value),
    activation,
  }));
}

function drawn(random: Random, shape: readonly number[]): Tensor {
  return map(zeros(shape), () => random.normal());
}

function integers(random: Random, shape: readonly number[]): Tensor {
  return map(zeros(shape), () => random.integer(-3, 3));
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));
}

function lineChart(
  title: string,
  xLabel: string,
  yLabel: string,
  series: Chart['series'],
  yScale: 'linear' | 'log' = 'linear',
  xScale: 'linear' | 'log' = 'linear',
): Chart {
  return { title, kind: 'line', xLabel, yLabel, xScale, yScale, series };
}
