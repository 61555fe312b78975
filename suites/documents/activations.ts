/** Executes the rows of activations and their derivatives. */
import { activations } from '../../reference/activations.ts';
import { type Layer, mlpForward } from '../../reference/mlp.ts';
import { softmax, softmaxBackward, softmaxJacobian } from '../../reference/softmax.ts';
import { map, sum, type Tensor, tensor, zeros } from '../../reference/tensor.ts';
import { type Random, randomFrom } from '../judging/random.ts';
import { type Experiment, equal, holds, matrixOf, near, numberOf, numbersOf, printedDigits } from './experiment.ts';

const source = 'reference/activations.ts';
const softmaxSource = 'reference/softmax.ts';
const { sigmoid, tanh, relu, softplus, scaledTanh } = activations;

export const activationExperiments: Readonly<Record<string, Experiment>> = {
  A1: {
    source,
    run: ({ fixture }) => {
      const points = numbersOf(fixture, 'points');
      const names = ['identity', 'sign', 'step', 'relu', 'hardTanh'] as const;
      const at = numberOf.bind(null, fixture);
      return {
        evidence: [
          ...names.map((name) =>
            equal(
              `${name} at −2, 0, ½, 3`,
              numbersOf(fixture, name),
              points.map((v) => activations[name].value(v) + 0),
            ),
          ),
          ...names.map((name) =>
            equal(
              `${name}′ there`,
              numbersOf(fixture, `${name}Derivative`),
              points.map((v) => activations[name].derivative(v)),
            ),
          ),
          near('σ(ln 2)', at('sigmoidAtLn2'), sigmoid.value(Math.LN2), 2e-16),
          near('σ′(ln 2)', at('sigmoidDerivativeAtLn2'), sigmoid.derivative(Math.LN2), 1e-16),
          near('tanh(ln 2)', at('tanhAtLn2'), tanh.value(Math.LN2), 2e-16),
          near('tanh′(ln 2)', at('tanhDerivativeAtLn2'), tanh.derivative(Math.LN2), 2e-16),
        ],
      };
    },
  },

  A2: {
    source,
    run: ({ fixture }) => {
      const points = spaced(numberOf(fixture, 'largest'), numberOf(fixture, 'points'));
      const worst = (form: (v: number) => number, exact: (v: number) => number) =>
        Math.max(...points.map((v) => Math.abs(form(v) - exact(v)) / exact(v)));
      const slope = (v: number) => sigmoid.derivative(v);
      const tanhSlope = (v: number) => tanh.derivative(v);
      const s = (v: number) => sigmoid.value(v);
      const far = numbersOf(fixture, 'far').flatMap((v) => [v, -v]);
      // Far out σ′ is e^−|v| to rounding and tanh′ is 4e^−2|v|.
      const farError = Math.max(...far.map((v) => Math.abs(slope(v) - Math.exp(-Math.abs(v))) / (Math.exp(-Math.abs(v)) || 1)));
      const farTanh = Math.max(
        ...far.map((v) => Math.abs(tanhSlope(v) - 4 * Math.exp(-2 * Math.abs(v))) / (4 * Math.exp(-2 * Math.abs(v)) || 1)),
      );
      return {
        evidence: [
          near(
            'σ(1 − σ) against σ′, largest relative difference on [−6, 6]',
            0,
            worst((v) => s(v) * (1 - s(v)), slope),
            1e-12,
          ),
          near(
            'e^−v/(1 + e^−v)² against σ′',
            0,
            worst((v) => Math.exp(-v) / (1 + Math.exp(-v)) ** 2, slope),
            1e-14,
          ),
          near(
            '1 − tanh² against tanh′',
            0,
            worst((v) => 1 - Math.tanh(v) ** 2, tanhSlope),
            1e-10,
          ),
          near(
            '4e^2v/(e^2v + 1)² against tanh′',
            0,
            worst((v) => (4 * Math.exp(2 * v)) / (Math.exp(2 * v) + 1) ** 2, tanhSlope),
            1e-14,
          ),
          near('σ′ far out (±20 … ±1.8e308), relative to e^−|v|', 0, farError, 1e-8),
          near('tanh′ far out, relative to 4e^−2|v|', 0, farTanh, 1e-8),
          holds(
            'the printed form e^−v/(1 + e^−v)² at −800',
            'not a number: it is not representable',
            String(Math.exp(800) / (1 + Math.exp(800)) ** 2),
            Number.isNaN(Math.exp(800) / (1 + Math.exp(800)) ** 2),
          ),
          equal('the reference there', [Math.exp(-800)], [slope(-800)]),
        ],
      };
    },
  },

  A3: {
    source,
    run: ({ fixture }) => {
      const attributes = { a: numberOf(fixture, 'a'), b: numberOf(fixture, 'b') };
      const f = (v: number) => scaledTanh.value(v, attributes);
      const points = spaced(6, 61);
      return {
        evidence: [
          printedDigits('f(1)', String(numberOf(fixture, 'atOne')), f(1)),
          printedDigits('f(−1)', String(-numberOf(fixture, 'atOne')), f(-1)),
          near('f′(0) = ab', numberOf(fixture, 'slopeAtZero'), scaledTanh.derivative(0, attributes), 1e-15, '1.144'),
          near(
            `largest |f′(v) − (f(v + h) − f(v − h))/2h| at ${points.length} points, h = 10⁻⁵`,
            0,
            Math.max(...points.map((v) => Math.abs(scaledTanh.derivative(v, attributes) - (f(v + 1e-5) - f(v - 1e-5)) / 2e-5))),
            1e-9,
          ),
          equal(
            `points of ${points.length} at which f(v) + f(−v) is not 0`,
            [0],
            [points.filter((v) => f(v) + f(-v) !== 0).length],
          ),
        ],
        charts: [
          {
            title: 'Scaled tanh and its derivative',
            kind: 'line',
            xLabel: 'net',
            yLabel: 'value',
            series: [
              { name: 'a·tanh(b·net)', points: points.map((v) => [v, f(v)] as const) },
              { name: 'derivative', points: points.map((v) => [v, scaledTanh.derivative(v, attributes)] as const) },
            ],
          },
        ],
      };
    },
  },

  A4: {
    source,
    run: ({ fixture }) => {
      const points = spaced(numberOf(fixture, 'largest'), numberOf(fixture, 'points'));
      const gap = (v: number) => softplus.value(v) - relu.value(v);
      const outside = points.filter((v) => !(gap(v) >= 0 && gap(v) <= Math.LN2));
      const slopes = points.map((v) => softplus.derivative(v));
      return {
        evidence: [
          equal('points where softplus − ReLU leaves [0, ln 2]', [0], [outside.length]),
          near('at 0 it is ln 2', Math.LN2, gap(0), 2e-16),
          near('at 40', 0, gap(40), 1e-15),
          near('at −40: softplus is e^−40', Math.exp(-40), gap(-40), 1e-30),
          near(
            'softplus′ against σ, largest difference',
            0,
            Math.max(...points.map((v, i) => Math.abs(slopes[i] - sigmoid.value(v)))),
            2e-16,
          ),
        ],
        charts: [
          {
            title: 'Softplus and the rectifier',
            kind: 'line',
            xLabel: 'v',
            yLabel: 'value',
            series: [
              { name: 'softplus', points: spaced(5, 81).map((v) => [v, softplus.value(v)] as const) },
              { name: 'ReLU', points: spaced(5, 81).map((v) => [v, relu.value(v)] as const) },
            ],
          },
        ],
      };
    },
  },

  A5: {
    source,
    run: () => {
      const steps = [1, 2 ** -10, 2 ** -40, 2 ** -1000];
      const quotients = (sign: number) => steps.map((h) => (relu.value(sign * h) - relu.value(0)) / (sign * h) + 0);
      return {
        evidence: [
          equal('difference quotients from the left', [0, 0, 0, 0], quotients(-1)),
          equal('difference quotients from the right', [1, 1, 1, 1], quotients(1)),
          holds('the reference’s convention at 0', '0 or 1', relu.derivative(0), [0, 1].includes(relu.derivative(0))),
        ],
      };
    },
  },

  A6: {
    source,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const units = numberOf(fixture, 'units');
      const trials = numberOf(fixture, 'inputs');
      const deviations = numberOf(fixture, 'deviations');
      let off = 0;
      for (let trial = 0; trial < trials; trial++) {
        // Fresh weights for every input: the units are then independent.
        const layer: Layer = { weights: drawn(random, [units, 10]), bias: drawn(random, [units]), activation: 'relu' };
        off += mlpForward(drawn(random, [1, 10]), [layer]).y.data.filter((value) => value === 0).length;
      }
      const count = units * trials;
      const share = off / count;
      const halfWidth = (deviations * 0.5) / Math.sqrt(count);
      return {
        evidence: [near(`share of ${count} units that are off`, numberOf(fixture, 'share'), share, halfWidth, 'about 50 %')],
      };
    },
  },

  A7: {
    source: 'reference/mlp.ts',
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const widths = numbersOf(fixture, 'widths');
      const pairs = numberOf(fixture, 'pairs');
      let same = 0;
      let tried = 0;
      let largest = 0;
      let largestScaling = 0;
      let differing = 0;
      while (same < pairs && tried < 100 * pairs) {
        tried++;
        const layers = rectifierNetwork(random, widths, true);
        const x = drawn(random, [1, widths[0]]);
        const y = map(x, (value) => value + 0.2 * random.normal());
        const middle = tensor(
          x.shape,
          Array.from(x.data, (value, i) => (value + y.data[i]) / 2),
        );
        const [fx, fy, fm] = [x, y, middle].map((input) => mlpForward(input, layers));
        const gap = Math.max(...Array.from(fm.y.data, (value, k) => Math.abs(value - (fx.y.data[k] + fy.y.data[k]) / 2)));
        if (pattern(fx.nets) === pattern(fy.nets)) {
          same++;
          largest = Math.max(largest, gap);
        } else if (gap > 1e-9) differing++;
        const unbiased = rectifierNetwork(random, widths, false);
        const c = 3 * random.next() + 0.1;
        const [plain, scaled] = [x, map(x, (value) => c * value)].map((input) => mlpForward(input, unbiased).y.data);
        largestScaling = Math.max(largestScaling, ...Array.from(plain, (value, k) => Math.abs(scaled[k] - c * value)));
      }
      const line = alongLine(randomFrom(seed, fixture.id, 'line'));
      const bends = line.slice(2).map(({ value, pattern: own }, i) => {
        const [before, middle] = [line[i], line[i + 1]];
        const one = before.pattern === middle.pattern && middle.pattern === own;
        return one ? Math.abs(before.value - 2 * middle.value + value) : 0;
      });
      const bend = Math.max(...bends);
      return {
        evidence: [
          equal('pairs with one pattern', [pairs], [same]),
          near('largest |f(½(x + y)) − ½(f(x) + f(y))| within a pattern', 0, largest, 1e-13),
          holds('pairs across patterns that break it', 'at least 1', differing, differing >= 1),
          near('largest second difference along a line, three neighbours with one pattern', 0, bend, 1e-12),
          near('largest |f(cx) − c·f(x)| without biases', 0, largestScaling, 1e-12),
        ],
        charts: [
          {
            title: 'A rectifier network along a line: straight within each pattern',
            kind: 'line',
            xLabel: 'position along the line',
            yLabel: 'f',
            series: [
              { name: 'f', points: line.map(({ at, value }) => [at, value] as const) },
              {
                name: 'another unit is switched on or off',
                kind: 'scatter',
                points: line
                  .filter((point, i) => i > 0 && point.pattern !== line[i - 1].pattern)
                  .map(({ at, value }) => [at, value] as const),
              },
            ],
          },
        ],
      };
    },
  },

  A8: {
    source,
    run: ({ fixture }) => {
      const points = spaced(numberOf(fixture, 'largest'), numberOf(fixture, 'points'));
      const atBound = (slope: (v: number) => number, bound: number) => points.filter((v) => slope(v) === bound);
      const outside = (slope: (v: number) => number, bound: number) =>
        points.filter((v) => !(slope(v) > 0 && slope(v) <= bound)).length;
      const sigmoidSlope = (v: number) => sigmoid.derivative(v);
      const tanhSlope = (v: number) => tanh.derivative(v);
      return {
        evidence: [
          equal('points of [−350, 350] where σ′ leaves (0, ¼]', [0], [outside(sigmoidSlope, 0.25)]),
          equal('σ′ = ¼ exactly at', [0], atBound(sigmoidSlope, 0.25)),
          equal('points where tanh′ leaves (0, 1]', [0], [outside(tanhSlope, 1)]),
          equal('tanh′ = 1 exactly at', [0], atBound(tanhSlope, 1)),
          equal('σ′(800), below the smallest number', [0], [sigmoidSlope(800)]),
        ],
      };
    },
  },

  A9: {
    source: softmaxSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const logarithms = tensor([1, 3], numbersOf(fixture, 'exponentials').map(Math.log));
      const shares = numbersOf(fixture, 'shares');
      const huge = numberOf(fixture, 'huge');
      let outside = 0;
      let largestSum = 0;
      let largestShift = 0;
      const trials = numberOf(fixture, 'trials');
      for (let trial = 0; trial < trials; trial++) {
        const x = map(drawn(random, [1, random.integer(1, 8)]), (value) => 10 * value);
        const o = softmax(x);
        outside += o.data.filter((value) => !(value >= 0 && value <= 1)).length;
        largestSum = Math.max(largestSum, Math.abs(sum(o) - 1));
        // A shift that adds no rounding: integers added to multiples of 2⁻²⁰.
        const coarse = map(x, (value) => Math.round(value * 2 ** 20) / 2 ** 20);
        const shifted = softmax(map(coarse, (value) => value + 64));
        largestShift = Math.max(
          largestShift,
          ...Array.from(softmax(coarse).data, (value, i) => Math.abs(value - shifted.data[i])),
        );
      }
      return {
        evidence: [
          ...shares.map((want, i) => near(`share ${i + 1} of (ln 1, ln 2, ln 5)`, want, softmax(logarithms).data[i], 2e-16)),
          equal('elements outside [0, 1]', [0], [outside]),
          near('largest |sum − 1|', 0, largestSum, 1e-15),
          near('largest change when 64 is added to all', 0, largestShift, 0),
          equal('softmax(1e4, −1e4, 1e4)', [0.5, 0, 0.5], softmax(tensor([1, 3], [huge, -huge, huge])).data),
          equal(
            'softmax(−1e4, 1e4, 1e4), the largest not first',
            [0, 0.5, 0.5],
            softmax(tensor([1, 3], [-huge, huge, huge])).data,
          ),
        ],
      };
    },
  },

  A10: {
    source: softmaxSource,
    run: ({ fixture, seed }) => {
      const random = randomFrom(seed, fixture.id);
      const x = tensor([1, 3], numbersOf(fixture, 'exponentials').map(Math.log));
      const jacobian = softmaxJacobian(x);
      const trials = numberOf(fixture, 'trials');
      let rows = 0;
      let asymmetric = 0;
      let product = 0;
      for (let trial = 0; trial < trials; trial++) {
        const n = random.integer(2, 7);
        const [v, dy] = [drawn(random, [1, n]), drawn(random, [1, n])];
        const j = softmaxJacobian(v).data;
        const dx = softmaxBackward(v, dy).data;
        for (let a = 0; a < n; a++) {
          let total = 0;
          let times = 0;
          for (let b = 0; b < n; b++) {
            total += j[a * n + b];
            times += dy.data[b] * j[b * n + a];
            asymmetric = Math.max(asymmetric, Math.abs(j[a * n + b] - j[b * n + a]));
          }
          rows = Math.max(rows, Math.abs(total));
          product = Math.max(product, Math.abs(times - dx[a]));
        }
      }
      return {
        evidence: [
          ...matrixOf(fixture, 'jacobianIn64ths')
            .flat()
            .map((want, i) => near(`64·J, element ${i + 1}`, want, 64 * jacobian.data[i], 1e-14)),
          near('largest row sum', 0, rows, 1e-15),
          near('largest asymmetry', 0, asymmetric, 1e-16),
          near('vector–Jacobian product against the product with J', 0, product, 1e-15),
        ],
      };
    },
  },
};

/** `count` equally spaced points of [−largest, largest]. */
function spaced(largest: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => -largest + (2 * largest * i) / (count - 1));
}

function drawn(random: Random, shape: readonly number[]): Tensor {
  return map(zeros(shape), () => random.normal());
}

function rectifierNetwork(random: Random, widths: readonly number[], biased: boolean): Layer[] {
  return widths.slice(1).map((width, l) => ({
    weights: drawn(random, [width, widths[l]]),
    bias: biased ? drawn(random, [width]) : zeros([width]),
    activation: l === widths.length - 2 ? 'identity' : 'relu',
  }));
}

/** Lists the units of the hidden layers that are active. */
function pattern(nets: readonly Tensor[]): string {
  return nets
    .slice(0, -1)
    .map((net) => Array.from(net.data, (value) => (value > 0 ? 1 : 0)).join(''))
    .join(' ');
}

/** A network of two hidden layers at points of a line through the origin, with the pattern of active units at each. */
function alongLine(random: Random): { at: number; value: number; pattern: string }[] {
  const layers = rectifierNetwork(random, [2, 7, 5, 1], true);
  const direction = drawn(random, [2]);
  return spaced(3, 601).map((at) => {
    const { y, nets } = mlpForward(tensor([1, 2], [at * direction.data[0], at * direction.data[1]]), layers);
    return { at, value: y.data[0], pattern: pattern(nets) };
  });
}
