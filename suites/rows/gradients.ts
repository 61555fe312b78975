/**
 * Row J5: every gradient of the reference against central differences and, where the function is analytic, against the complex
 * step, at random points away from kinks; and the ladder itself: the differences must converge with order two.
 */
import { activations } from '../../reference/activations.ts';
import { conv2d, conv2dBiasGradient, conv2dInputGradient, conv2dWeightGradient } from '../../reference/convolution.ts';
import { dense, denseBiasGradient, denseInputGradient, denseWeightGradient } from '../../reference/dense.ts';
import {
  binaryCrossEntropy,
  binaryCrossEntropyGradient,
  crossEntropy,
  crossEntropyGradient,
  squaredError,
  squaredErrorGradient,
} from '../../reference/losses.ts';
import { mlpBackward } from '../../reference/mlp.ts';
import { averagePool2d, averagePool2dBackward, maxPool2d, maxPool2dBackward } from '../../reference/pooling.ts';
import { leastSquares, softMargin, softmaxRegression } from '../../reference/regression.ts';
import { softmax, softmaxBackward } from '../../reference/softmax.ts';
import { combine, map, sizeOf, sum, type Tensor, tensor } from '../../reference/tensor.ts';
import { type Random, randomFrom } from '../random.ts';
import { type Experiment, equal, holds, near, numberOf } from './experiment.ts';

/** A scalar function of a vector, its gradient, and where to ask. */
interface Differentiable {
  readonly name: string;
  readonly dimension: number;
  readonly draw: (random: Random) => number;
  /** Smooth to third order at the drawn points: the order of convergence can be seen. Piecewise polynomials of degree two have no error to converge. */
  readonly value: (point: readonly number[]) => number;
  readonly gradient: (point: readonly number[]) => ArrayLike<number>;
}

const smooth = (random: Random) => 4 * random.next() - 2;
/** At least 0.05 from 0 and from ±1, where the piecewise linear activations have their kinks. */
const awayFromKinks = (random: Random) => {
  for (;;) {
    const x = 4 * random.next() - 2;
    if (Math.abs(x) > 0.05 && Math.abs(Math.abs(x) - 1) > 0.05) return x;
  }
};
const probability = (random: Random) => 0.2 + 0.6 * random.next();

/** Fixed numbers without structure, so that no gradient is right by symmetry. */
const weightsOf = (count: number, from = 1) => Array.from({ length: count }, (_, i) => Math.sin(2.3 * (i + from)) + 0.1);
const fixed = (shape: readonly number[], from = 1) => tensor(shape, weightsOf(sizeOf(shape), from));
/** A tensor-valued function becomes a scalar one by an inner product with fixed numbers; those are then dy. */
const against = (y: Tensor, dy: Tensor) => sum(combine(y, dy, (a, b) => a * b));

function tensorFunction(
  name: string,
  shape: readonly number[],
  forward: (x: Tensor) => Tensor,
  backward: (x: Tensor, dy: Tensor) => Tensor,
  draw: (random: Random) => number = smooth,
): Differentiable {
  const at = (point: readonly number[]) => tensor(shape, point);
  const dyFor = (y: Tensor) => fixed(y.shape, 7);
  return {
    name,
    dimension: sizeOf(shape),
    draw,
    value: (point) => {
      const y = forward(at(point));
      return against(y, dyFor(y));
    },
    gradient: (point) => backward(at(point), dyFor(forward(at(point)))).data,
  };
}

const convolution = { stride: [2, 1], padding: [1, 0, 0, 1], dilation: [1, 2], groups: 2 } as const;
const pooling = { window: [2, 2], stride: [1, 2], padding: [0, 1, 0, 0] } as const;
const [imageShape, kernelShape] = [
  [2, 4, 5, 6],
  [4, 2, 2, 3],
] as const;
const layers = (first: Tensor) => [
  { weights: first, bias: fixed([3], 3), activation: 'tanh' as const },
  { weights: fixed([2, 3], 5), bias: fixed([2], 9), activation: 'sigmoid' as const },
];
const [samples, labels] = [fixed([3, 2], 4), tensor([3], [1, -1, 1])];

/** Every gradient of the reference. */
export const differentiables: readonly Differentiable[] = [
  ...Object.entries(activations)
    .filter(([name]) => name !== 'sign' && name !== 'step')
    .map(([name, { value, derivative }]): Differentiable => {
      const attributes = { a: 1.716, b: 2 / 3 };
      return {
        name: `${name}.derivative`,
        dimension: 1,
        draw: awayFromKinks,
        value: ([x]) => value(x, attributes),
        gradient: ([x]) => [derivative(x, attributes)],
      };
    }),
  tensorFunction('softmax.backward', [2, 3], softmax, softmaxBackward),
  tensorFunction(
    'dense.inputGradient',
    [2, 3],
    (x) => dense(x, fixed([4, 3]), fixed([4])),
    (_, dy) => denseInputGradient(fixed([4, 3]), dy),
  ),
  tensorFunction(
    'dense.weightGradient',
    [4, 3],
    (w) => dense(fixed([2, 3]), w, fixed([4])),
    (_, dy) => denseWeightGradient(fixed([2, 3]), dy),
  ),
  tensorFunction(
    'dense.biasGradient',
    [4],
    (b) => dense(fixed([2, 3]), fixed([4, 3]), b),
    (_, dy) => denseBiasGradient(dy),
  ),
  tensorFunction(
    'conv2d.inputGradient',
    imageShape,
    (x) => conv2d(x, fixed(kernelShape), undefined, convolution),
    (_, dy) => conv2dInputGradient(fixed(kernelShape), dy, { ...convolution, inputSize: [5, 6] }),
  ),
  tensorFunction(
    'conv2d.weightGradient',
    kernelShape,
    (w) => conv2d(fixed(imageShape), w, undefined, convolution),
    (_, dy) => conv2dWeightGradient(fixed(imageShape), dy, { ...convolution, kernelSize: [2, 3] }),
  ),
  tensorFunction(
    'conv2d.biasGradient',
    [4],
    (b) => conv2d(fixed(imageShape), fixed(kernelShape), b, convolution),
    (_, dy) => conv2dBiasGradient(dy),
  ),
  tensorFunction(
    'maxPool2d.backward',
    [1, 2, 4, 5],
    (x) => maxPool2d(x, pooling),
    (x, dy) => maxPool2dBackward(x, dy, pooling),
  ),
  tensorFunction(
    'averagePool2d.backward',
    [1, 2, 4, 5],
    (x) => averagePool2d(x, pooling),
    (_, dy) => averagePool2dBackward(dy, { ...pooling, inputSize: [4, 5] }),
  ),
  ...(
    [
      ['squaredError.gradient', squaredError, squaredErrorGradient],
      ['crossEntropy.gradient', crossEntropy, crossEntropyGradient],
      ['binaryCrossEntropy.gradient', binaryCrossEntropy, binaryCrossEntropyGradient],
    ] as const
  ).map(([name, loss, gradient]): Differentiable => {
    const target = map(fixed([2, 3], 2), (value) => 0.5 + value / 4);
    return {
      name,
      dimension: 6,
      draw: probability,
      value: (point) => loss(tensor([2, 3], point), target),
      gradient: (point) => gradient(tensor([2, 3], point), target).data,
    };
  }),
  ...(
    [
      ['leastSquares', leastSquares],
      ['softMargin', softMargin],
    ] as const
  ).map(([name, loss]): Differentiable => {
    const at = (point: readonly number[]) => loss(samples, labels, tensor([2], point.slice(0, 2)), point[2], 0.5);
    return {
      name: `${name}.gradient`,
      dimension: 3,
      draw: smooth,
      value: (point) => at(point).loss,
      gradient: (point) => [...at(point).weights.data, ...at(point).bias.data],
    };
  }),
  {
    name: 'softmaxRegression.gradient',
    dimension: 9,
    draw: smooth,
    value: (point) => regressionAt(point).loss,
    gradient: (point) => [...regressionAt(point).weights.data, ...regressionAt(point).bias.data],
  },
  {
    name: 'mlp.backward',
    dimension: 6,
    draw: smooth,
    value: (point) => mlpBackward(samples, fixed([3, 2], 6), layers(tensor([3, 2], point))).loss,
    gradient: (point) => mlpBackward(samples, fixed([3, 2], 6), layers(tensor([3, 2], point))).gradients[0].weights.data,
  },
];

function regressionAt(point: readonly number[]) {
  const targets = tensor([3, 3], [1, 0, 0, 0, 0, 1, 0, 1, 0]);
  return softmaxRegression(samples, targets, tensor([3, 2], point.slice(0, 6)), tensor([3], point.slice(6)), 0.5);
}

/** Slope along a direction by central differences with step h: error O(h²) of the function plus O(u/h) of the arithmetic. */
export function centralDifference(
  f: (point: readonly number[]) => number,
  point: readonly number[],
  direction: readonly number[],
  h: number,
): number {
  const moved = (sign: number) => f(point.map((value, i) => value + sign * h * direction[i]));
  return (moved(1) - moved(-1)) / (2 * h);
}

const [coarse, fine] = [2 ** -8, 2 ** -9];

export const gradientExperiment: Experiment = {
  source: 'reference/index.ts',
  run: ({ fixture, seed }) => {
    const points = numberOf(fixture, 'points');
    const random = randomFrom(seed, fixture.id);
    const table: (readonly string[])[] = [];
    const orders: number[] = [];
    let wrong = 0;
    let asked = 0;
    for (const { name, dimension, draw, value, gradient } of differentiables) {
      let largest = 0;
      const ratios: number[] = [];
      for (let k = 0; k < points; k++) {
        const point = Array.from({ length: dimension }, () => draw(random));
        const direction = Array.from({ length: dimension }, () => random.normal() / Math.sqrt(dimension));
        const slopes = gradient(point);
        const slope = direction.reduce((sum, d, i) => sum + d * slopes[i], 0);
        const errorAt = (h: number) => Math.abs(centralDifference(value, point, direction, h) - slope);
        const [rough, finer] = [errorAt(coarse), errorAt(fine)];
        if (hasKink(value, point, direction)) continue;
        // Richardson: with order two, (4·fine − coarse)/3 is right to fourth order.
        const extrapolated =
          (4 * centralDifference(value, point, direction, fine) - centralDifference(value, point, direction, coarse)) / 3;
        const error = Math.abs(extrapolated - slope) / Math.max(1, Math.abs(slope));
        asked++;
        if (!(error <= 1e-7)) wrong++;
        largest = Math.max(largest, error);
        if (rough > 1e-7) ratios.push(rough / finer);
      }
      const order = ratios.length >= points / 2 ? Math.log2(median(ratios)) : undefined;
      if (order !== undefined) orders.push(order);
      table.push([name, String(dimension), largest.toExponential(1), order?.toFixed(3) ?? 'no error to converge']);
    }
    const expectedOrder = numberOf(fixture, 'order');
    const furthest = orders.reduce((a, b) => (Math.abs(b - expectedOrder) > Math.abs(a - expectedOrder) ? b : a));
    return {
      evidence: [
        holds(
          'points asked',
          `at least ${0.9 * points * differentiables.length}`,
          asked,
          asked >= 0.9 * points * differentiables.length,
        ),
        equal('gradients further than 1e-7 from the extrapolated difference', [0], [wrong]),
        near(
          `order of convergence furthest from ${expectedOrder}, of ${orders.length} functions`,
          expectedOrder,
          furthest,
          0.1,
        ),
        ...complexSteps(random, points),
      ],
      tables: [
        { title: 'Gradient ladder', columns: ['gradient', 'dimension', 'largest error', 'order of convergence'], rows: table },
      ],
    };
  },
};

/**
 * Whether a kink lies within the coarse step: there a difference is wrong whatever the gradient. The gap between the slopes to
 * the right and to the left is proportional to the step where the function is smooth, and it is not where it is kinked.
 */
function hasKink(f: (point: readonly number[]) => number, point: readonly number[], direction: readonly number[]): boolean {
  const gap = (h: number) => Math.abs(centralDifference(f, point, direction, h) * 2 - 2 * oneSided(f, point, direction, h));
  const gaps = [coarse, fine, fine / 2].map(gap);
  const halves = (wide: number, narrow: number) => wide > 1.8 * narrow && wide < 2.2 * narrow;
  return gaps[0] > 1e-6 && !(halves(gaps[0], gaps[1]) && halves(gaps[1], gaps[2]));
}

function oneSided(
  f: (point: readonly number[]) => number,
  point: readonly number[],
  direction: readonly number[],
  h: number,
): number {
  return (f(point.map((value, i) => value + h * direction[i])) - f(point)) / h;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Complex numbers as pairs, as much of them as the analytic activations need. */
type Complex = readonly [re: number, im: number];
const exponential = ([re, im]: Complex): Complex => [Math.exp(re) * Math.cos(im), Math.exp(re) * Math.sin(im)];
const divide = ([a, b]: Complex, [c, d]: Complex): Complex => [
  (a * c + b * d) / (c * c + d * d),
  (b * c - a * d) / (c * c + d * d),
];
const add = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]];
const scale = (factor: number, [re, im]: Complex): Complex => [factor * re, factor * im];
const logarithm = ([re, im]: Complex): Complex => [Math.log(Math.hypot(re, im)), Math.atan2(im, re)];
const complexSigmoid = (z: Complex) => divide([1, 0], add([1, 0], exponential(scale(-1, z))));
const complexTanh = (z: Complex) =>
  divide(add(exponential(z), scale(-1, exponential(scale(-1, z)))), add(exponential(z), exponential(scale(-1, z))));

const analytic: Readonly<Record<string, (z: Complex) => Complex>> = {
  sigmoid: complexSigmoid,
  tanh: complexTanh,
  scaledTanh: (z) => scale(1.716, complexTanh(scale(2 / 3, z))),
  softplus: (z) => logarithm(add([1, 0], exponential(z))),
};

/** f'(x) = Im f(x + ih)/h: no difference is taken, so h can be tiny and nothing cancels. */
function complexSteps(random: Random, points: number) {
  const h = 1e-100;
  return Object.entries(analytic).map(([name, f]) => {
    const { derivative } = activations[name as keyof typeof activations];
    let largest = 0;
    for (let k = 0; k < points; k++) {
      const x = smooth(random);
      const slope = derivative(x, { a: 1.716, b: 2 / 3 });
      largest = Math.max(largest, Math.abs(f([x, h])[1] / h - slope) / Math.abs(slope));
    }
    return near(`${name}: largest relative error against the complex step`, 0, largest, 1e-14);
  });
}
