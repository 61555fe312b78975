/** Every gradient of the reference beside the function that it is the gradient of. Row J5. */
import { type Activation, activations, usualScale } from '../../reference/activations.ts';
import { conv2d, conv2dBiasGradient, conv2dInputGradient, conv2dWeightGradient } from '../../reference/convolution.ts';
import { convolutionalBackward } from '../../reference/convolutionalNetwork.ts';
import { dense, denseBiasGradient, denseInputGradient, denseWeightGradient } from '../../reference/dense.ts';
import { batchEpoch } from '../../reference/descent.ts';
import { dropconnect, dropout } from '../../reference/generalization.ts';
import { perceptronCriterion } from '../../reference/linear.ts';
import {
  locallyConnected2d,
  locallyConnected2dBiasGradient,
  locallyConnected2dInputGradient,
  locallyConnected2dWeightGradient,
} from '../../reference/locallyConnected.ts';
import {
  binaryCrossEntropy,
  binaryCrossEntropyGradient,
  crossEntropy,
  crossEntropyGradient,
  squaredError,
  squaredErrorGradient,
} from '../../reference/losses.ts';
import { type Layer, mlpBackward, mlpForward } from '../../reference/mlp.ts';
import { pathGradient } from '../../reference/pathGradients.ts';
import { averagePool2d, averagePool2dBackward, maxPool2d, maxPool2dBackward } from '../../reference/pooling.ts';
import { leastSquares, softMargin, softmaxRegression } from '../../reference/regression.ts';
import {
  softmax,
  softmaxBackward,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  softmaxJacobian,
} from '../../reference/softmax.ts';
import { combine, map, sizeOf, sum, type Tensor, tensor, zeros } from '../../reference/tensor.ts';
import type { Random } from '../judging/random.ts';
import { operationNamed } from '../operations/index.ts';
import * as complex from './complex.ts';
import { type Complex, real } from './complex.ts';

/** A scalar function of a vector, its gradient, and where to ask. */
export interface Differentiable {
  /** Name of the operation, or of the reference's function, that computes the gradient. */
  readonly name: string;
  readonly dimension: number;
  readonly draw: (random: Random) => number;
  readonly value: (point: readonly number[]) => number;
  readonly gradient: (point: readonly number[]) => ArrayLike<number>;
  /** The same function of complex numbers, where it is analytic. */
  readonly analytic?: (point: readonly Complex[]) => Complex;
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
const numbersFrom = (count: number, from = 1) => Array.from({ length: count }, (_, i) => Math.sin(2.3 * (i + from)) + 0.1);
const fixed = (shape: readonly number[], from = 1) => tensor(shape, numbersFrom(sizeOf(shape), from));
/** A tensor-valued function becomes a scalar one by an inner product with fixed numbers; those are then dy. */
const against = (y: Tensor, dy: Tensor) => sum(combine(y, dy, (a, b) => a * b));
const dyFor = (y: Tensor) => fixed(y.shape, 7);
const zerosAndOnes = (shape: readonly number[]) => map(fixed(shape, 11), (v) => (v > -0.2 ? 1 : 0));

function tensorFunction(
  name: string,
  shape: readonly number[],
  forward: (x: Tensor) => Tensor,
  backward: (x: Tensor, dy: Tensor) => Tensor,
  analytic?: Differentiable['analytic'],
): Differentiable {
  const at = (point: readonly number[]) => tensor(shape, point);
  return {
    ...{ name, dimension: sizeOf(shape), draw: smooth, analytic },
    value: (point) => {
      const y = forward(at(point));
      return against(y, dyFor(y));
    },
    gradient: (point) => backward(at(point), dyFor(forward(at(point)))).data,
  };
}

/** A function that is linear up to a constant: of complex numbers it is that of the real and of the imaginary parts. */
function affine(
  name: string,
  shape: readonly number[],
  forward: (x: Tensor) => Tensor,
  backward: (x: Tensor, dy: Tensor) => Tensor,
): Differentiable {
  const plain = tensorFunction(name, shape, forward, backward);
  const atZero = plain.value(new Array(plain.dimension).fill(0));
  return {
    ...plain,
    analytic: (point) => {
      // Imaginary parts far smaller than the constant would be lost beside it.
      const size = Math.max(...point.map(([, im]) => Math.abs(im))) || 1;
      const im = plain.value(point.map((z) => z[1] / size)) - atZero;
      return [plain.value(point.map(([re]) => re)), im * size];
    },
  };
}

const convolution = { stride: [2, 1], padding: [1, 0, 0, 1], dilation: [1, 2], groups: 2 } as const;
const local = { stride: [2, 1], padding: [1, 0, 0, 1] } as const;
const pooling = { window: [2, 2], stride: [1, 2], padding: [0, 1, 0, 0] } as const;
const imageShape = [2, 4, 4, 5];
const kernelShape = [4, 2, 2, 3];
const [localImage, localWeights] = [
  [2, 2, 4, 5],
  [2, 4, 3, 2, 2, 3],
];

const analyticActivations: Readonly<Record<string, (z: Complex) => Complex>> = {
  identity: (z) => z,
  sigmoid: complex.sigmoid,
  tanh: complex.tanh,
  scaledTanh: (z) => complex.scale(usualScale.a, complex.tanh(complex.scale(usualScale.b, z))),
  softplus: complex.softplus,
};

const activationGradients: readonly Differentiable[] = Object.entries<Activation>(activations).map(
  ([name, { value, derivative }]) => ({
    ...{ name: `${name}.derivative`, dimension: 1, draw: awayFromKinks },
    value: ([x]) => value(x),
    gradient: ([x]) => [derivative(x)],
    analytic: name in analyticActivations ? ([z]: readonly Complex[]) => analyticActivations[name](z) : undefined,
  }),
);

const weighted = (values: readonly Complex[], weights: ArrayLike<number>) =>
  complex.total(values.map((value, i) => complex.scale(weights[i], value)));
/** softmax of two rows of three against dy. */
const complexSoftmax = (point: readonly Complex[]) =>
  weighted(complex.rowsOf(point, 3).flatMap(complex.softmax), dyFor(zeros([2, 3])).data);
const labelShape = [2, 3];
const [softLabels, weightsOfClasses] = [map(fixed(labelShape, 2), (v) => 0.5 + v / 4), fixed(labelShape, 5)];

const softmaxGradients: readonly Differentiable[] = [
  tensorFunction('softmax.backward', labelShape, softmax, softmaxBackward, complexSoftmax),
  tensorFunction(
    'softmax.jacobian',
    labelShape,
    softmax,
    // Jᵀdy, row by row.
    (x, dy) => {
      const jacobian = softmaxJacobian(x).data;
      const part = (n: number, j: number) =>
        [0, 1, 2].reduce((total, i) => total + jacobian[9 * n + 3 * i + j] * dy.data[3 * n + i], 0);
      return tensor(
        labelShape,
        [0, 1].flatMap((n) => [0, 1, 2].map((j) => part(n, j))),
      );
    },
    complexSoftmax,
  ),
  {
    ...{ name: 'softmaxCrossEntropyGradient', dimension: 6, draw: smooth },
    value: (point) => softmaxCrossEntropy(tensor(labelShape, point), weightsOfClasses),
    gradient: (point) => softmaxCrossEntropyGradient(tensor(labelShape, point), weightsOfClasses).data,
    analytic: (point) =>
      complex.total(
        complex.rowsOf(point, 3).map((row, n) => {
          const own = Array.from(weightsOfClasses.data.subarray(3 * n, 3 * n + 3));
          const mass = own.reduce((a, b) => a + b, 0);
          return complex.subtract(complex.scale(mass, complex.logSumExp(row)), weighted(row, own));
        }),
      ),
  },
];

const layerGradients: readonly Differentiable[] = [
  affine(
    'dense.inputGradient',
    [2, 3],
    (x) => dense(x, fixed([4, 3]), fixed([4])),
    (_, dy) => denseInputGradient(fixed([4, 3]), dy),
  ),
  affine(
    'dense.weightGradient',
    [4, 3],
    (w) => dense(fixed([2, 3]), w, fixed([4])),
    (_, dy) => denseWeightGradient(fixed([2, 3]), dy),
  ),
  affine(
    'dense.biasGradient',
    [4],
    (b) => dense(fixed([2, 3]), fixed([4, 3]), b),
    (_, dy) => denseBiasGradient(dy),
  ),
  affine(
    'conv2d.inputGradient',
    imageShape,
    (x) => conv2d(x, fixed(kernelShape), undefined, convolution),
    (_, dy) => conv2dInputGradient(fixed(kernelShape), dy, { ...convolution, inputSize: [4, 5] }),
  ),
  affine(
    'conv2d.weightGradient',
    kernelShape,
    (w) => conv2d(fixed(imageShape), w, undefined, convolution),
    (_, dy) => conv2dWeightGradient(fixed(imageShape), dy, { ...convolution, kernelSize: [2, 3] }),
  ),
  affine(
    'conv2d.biasGradient',
    [4],
    (b) => conv2d(fixed(imageShape), fixed(kernelShape), b, convolution),
    (_, dy) => conv2dBiasGradient(dy),
  ),
  affine(
    'locallyConnected2d.inputGradient',
    localImage,
    (x) => locallyConnected2d(x, fixed(localWeights), undefined, local),
    (_, dy) => locallyConnected2dInputGradient(localImage, fixed(localWeights), dy, local),
  ),
  affine(
    'locallyConnected2d.weightGradient',
    localWeights,
    (w) => locallyConnected2d(fixed(localImage), w, undefined, local),
    (_, dy) => locallyConnected2dWeightGradient(fixed(localImage), localWeights, dy, local),
  ),
  affine(
    'locallyConnected2d.biasGradient',
    [3, 2, 4],
    (b) => locallyConnected2d(fixed(localImage), fixed(localWeights), b, local),
    (_, dy) => locallyConnected2dBiasGradient(dy),
  ),
  tensorFunction(
    'maxPool2d.backward',
    [1, 2, 4, 5],
    (x) => maxPool2d(x, pooling),
    (x, dy) => maxPool2dBackward(x, dy, pooling),
  ),
  affine(
    'averagePool2d.backward',
    [1, 2, 4, 5],
    (x) => averagePool2d(x, pooling),
    (_, dy) => averagePool2dBackward(dy, { ...pooling, inputSize: [4, 5] }),
  ),
  affine(
    'dropout.backward',
    [2, 3],
    (x) => dropout(x, zerosAndOnes([2, 3]), 0.75),
    (_, dy) => dropout(dy, zerosAndOnes([2, 3]), 0.75),
  ),
  ...(['dx', 'dWeights', 'dBias'] as const).map((of): Differentiable => {
    const given: Record<typeof of, Tensor> = { dx: fixed([2, 3]), dWeights: fixed([4, 3], 2), dBias: fixed([4], 3) };
    const mask = zerosAndOnes([4, 3]);
    const { reference } = operationNamed('dropconnect.backward');
    return affine(
      `dropconnect.backward, ${of}`,
      given[of].shape,
      (part) => {
        const parts: typeof given = { ...given, [of]: part };
        return dense(parts.dx, dropconnect(parts.dWeights, mask, 0.75), parts.dBias);
      },
      (part, dy) => {
        const parts: typeof given = { ...given, [of]: part };
        return reference({ x: parts.dx, weights: parts.dWeights, mask, dy }, { keep: 0.75 })[of];
      },
    );
  }),
];

const [logOf, one] = [complex.logarithm, real(1)];
const lossGradients: readonly Differentiable[] = (
  [
    [
      'squaredError.gradient',
      squaredError,
      squaredErrorGradient,
      (p, t) => complex.scale(0.5, complex.square(complex.subtract(p, real(t)))),
    ],
    ['crossEntropy.gradient', crossEntropy, crossEntropyGradient, (p, t) => complex.scale(-t, logOf(p))],
    [
      'binaryCrossEntropy.gradient',
      binaryCrossEntropy,
      binaryCrossEntropyGradient,
      (p, t) => complex.add(complex.scale(-t, logOf(p)), complex.scale(t - 1, logOf(complex.subtract(one, p)))),
    ],
  ] as const satisfies readonly (readonly [
    string,
    (p: Tensor, t: Tensor) => number,
    (p: Tensor, t: Tensor) => Tensor,
    (p: Complex, t: number) => Complex,
  ])[]
).map(([name, loss, gradient, term]) => ({
  ...{ name, dimension: 6, draw: probability },
  value: (point) => loss(tensor(labelShape, point), softLabels),
  gradient: (point) => gradient(tensor(labelShape, point), softLabels).data,
  analytic: (point) => complex.total(point.map((p, i) => term(p, softLabels.data[i]))),
}));

const samples = fixed([3, 2], 4);
const sampleRows = complex.rowsOf(Array.from(samples.data, real), 2);
const labels = [1, -1, 1];
const penalty = 0.5;
const penaltyOf = (weights: readonly Complex[]) => complex.scale(penalty / 2, complex.total(weights.map(complex.square)));

function linearLoss(name: string, loss: typeof leastSquares, analytic?: Differentiable['analytic']): Differentiable {
  const at = (point: readonly number[]) =>
    loss(samples, tensor([3], labels), tensor([2], point.slice(0, 2)), point[2], penalty);
  return {
    ...{ name, dimension: 3, draw: smooth, analytic },
    value: (point) => at(point).loss,
    gradient: (point) => [...at(point).weights.data, ...at(point).bias.data],
  };
}

const classes = [1, 0, 0, 0, 0, 1, 0, 1, 0];
const regressionAt = (point: readonly number[]) =>
  softmaxRegression(samples, tensor([3, 3], classes), tensor([3, 2], point.slice(0, 6)), tensor([3], point.slice(6)), penalty);

const linearGradients: readonly Differentiable[] = [
  linearLoss('leastSquares', leastSquares, (point) => {
    const [weights, bias] = [point.slice(0, 2), point[2]];
    const error = (x: readonly Complex[], y: number) =>
      complex.subtract(complex.subtract(complex.total(x.map((v, j) => complex.multiply(v, weights[j]))), bias), real(y));
    return complex.add(complex.total(sampleRows.map((x, n) => complex.square(error(x, labels[n])))), penaltyOf(weights));
  }),
  linearLoss('softMargin', softMargin),
  {
    ...{ name: 'softmaxRegression', dimension: 9, draw: smooth },
    value: (point) => regressionAt(point).loss,
    gradient: (point) => [...regressionAt(point).weights.data, ...regressionAt(point).bias.data],
    analytic: (point) => {
      const [weights, bias] = [point.slice(0, 6), point.slice(6).map((b) => complex.scale(-1, b))];
      const losses = sampleRows.map((x, n) => {
        const nets = complex.layer(complex.rowsOf(weights, 2), bias, x);
        return complex.subtract(complex.logSumExp(nets), nets[classes.slice(3 * n, 3 * n + 3).indexOf(1)]);
      });
      return complex.add(complex.total(losses), penaltyOf(weights));
    },
  },
  {
    ...{ name: 'perceptronCriterion', dimension: 2, draw: smooth },
    value: (point) => perceptronCriterion(samples, tensor([3], labels), tensor([2], point)).loss,
    gradient: (point) => perceptronCriterion(samples, tensor([3], labels), tensor([2], point)).gradient.data,
  },
  {
    // A step with the learning rate 1 is the negative gradient.
    ...{ name: 'batchEpoch', dimension: 2, draw: smooth },
    value: (point) => squaredError(dense(samples, tensor([1, 2], point), tensor([1], [0])), tensor([3, 1], labels)),
    gradient: (point) => {
      const moved = batchEpoch(samples, tensor([3], labels), tensor([2], point), 1).data;
      return point.map((w, j) => w - moved[j]);
    },
    analytic: (point) =>
      complex.scale(
        0.5,
        complex.total(
          sampleRows.map((x, n) =>
            complex.square(complex.subtract(complex.total(x.map((v, j) => complex.multiply(v, point[j]))), real(labels[n]))),
          ),
        ),
      ),
  },
];

/** 2–3–2 with tanh and sigmoid: every weight and bias from one list, first layer first. */
const networkTarget = fixed([3, 2], 6);
function layersFrom(point: readonly number[]): Layer[] {
  return [
    { weights: tensor([3, 2], point.slice(0, 6)), bias: tensor([3], point.slice(6, 9)), activation: 'tanh' },
    { weights: tensor([2, 3], point.slice(9, 15)), bias: tensor([2], point.slice(15, 17)), activation: 'sigmoid' },
  ];
}

const halfSquares = (y: readonly Complex[], target: ArrayLike<number>) =>
  complex.scale(0.5, complex.total(y.map((value, k) => complex.square(complex.subtract(value, real(target[k]))))));

const small = {
  convolution: { ...convolution, stride: [1, 1], dilation: [1, 1], groups: 1 },
  pooling: { window: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] },
} as const;
const shapes = { kernels: [2, 1, 2, 3], kernelBias: [2], weights: [3, 8], bias: [3] } as const;
function convolutionalAt(point: readonly number[]) {
  let start = 0;
  const take = (shape: readonly number[]) => {
    const from = start;
    start += sizeOf(shape);
    return tensor(shape, point.slice(from, start));
  };
  const network = {
    kernels: take(shapes.kernels),
    kernelBias: take(shapes.kernelBias),
    weights: take(shapes.weights),
    bias: take(shapes.bias),
  };
  return convolutionalBackward(fixed([2, 1, 4, 5], 3), tensor([2, 3], [0, 1, 0, 1, 0, 0]), network, small);
}

/** The first layer does nothing, so that its outputs are the point. */
const pathLayers: readonly Layer[] = [
  { weights: tensor([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]), bias: zeros([3]), activation: 'identity' },
  { weights: fixed([4, 3], 2), bias: fixed([4], 5), activation: 'tanh' },
  { weights: fixed([2, 4], 3), bias: fixed([2], 6), activation: 'sigmoid' },
];
const pathTarget = fixed([1, 2], 8);

const networkGradients: readonly Differentiable[] = [
  {
    ...{ name: 'mlp.backward', dimension: 17, draw: smooth },
    value: (point) => mlpBackward(samples, networkTarget, layersFrom(point)).loss,
    gradient: (point) =>
      mlpBackward(samples, networkTarget, layersFrom(point)).gradients.flatMap(({ weights, bias }) => [
        ...weights.data,
        ...bias.data,
      ]),
    analytic: (point) =>
      complex.total(
        sampleRows.map((x, n) => {
          const hidden = complex.layer(complex.rowsOf(point.slice(0, 6), 2), point.slice(6, 9), x).map(complex.tanh);
          const y = complex.layer(complex.rowsOf(point.slice(9, 15), 3), point.slice(15, 17), hidden).map(complex.sigmoid);
          return halfSquares(y, networkTarget.data.subarray(2 * n, 2 * n + 2));
        }),
      ),
  },
  {
    ...{ name: 'mlp.pathGradient', dimension: 3, draw: smooth },
    value: (point) => squaredError(mlpForward(tensor([1, 3], point), pathLayers).y, pathTarget),
    gradient: (point) => pathGradient(tensor([1, 3], point), pathTarget, pathLayers, 1).gradient,
    analytic: (point) => {
      const [first, second] = pathLayers.slice(1).map(({ weights, bias }) => ({
        weights: complex.rowsOf(Array.from(weights.data, real), weights.shape[1]),
        bias: Array.from(bias.data, real),
      }));
      const hidden = complex.layer(first.weights, first.bias, point).map(complex.tanh);
      return halfSquares(complex.layer(second.weights, second.bias, hidden).map(complex.sigmoid), pathTarget.data);
    },
  },
  {
    ...{
      name: 'convolutionalNetwork.backward',
      dimension: Object.values(shapes).reduce((total, shape) => total + sizeOf(shape), 0),
      draw: smooth,
    },
    value: (point) => convolutionalAt(point).loss,
    gradient: (point) => {
      const { gradients } = convolutionalAt(point);
      return (['kernels', 'kernelBias', 'weights', 'bias'] as const).flatMap((part) => [...gradients[part].data]);
    },
  },
];

export const differentiables: readonly Differentiable[] = [
  ...activationGradients,
  ...softmaxGradients,
  ...layerGradients,
  ...lossGradients,
  ...linearGradients,
  ...networkGradients,
];
