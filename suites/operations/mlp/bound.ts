/**
 * Bounds how far a multilayer perceptron in floating point may be from the reference: running error analysis, stage by stage.
 *
 * An enclosed tensor is the reference's value of a stage with a bound e on |computed − reference| for each element. A stage adds
 * to what reaches it (a product of enclosed factors is off by at most eₐ(|b| + e_b) + |a|e_b, a function by at most e·sup|f'|
 * over the interval) what its own rounding adds. Where every value is on a grid of powers of two and small enough (integers
 * through identity and ReLU), both are 0.
 */
import type { LayerActivation } from '../../../backends/signatures.ts';
import { sigmoid, sigmoidDerivative, softplus, tanh, tanhDerivative } from '../../../reference/activations.ts';
import { dense, denseBiasGradient, denseInputGradient, denseWeightGradient } from '../../../reference/dense.ts';
import type { Layer } from '../../../reference/mlp.ts';
import { combine, map, scalar, type Tensor, withData, zeros } from '../../../reference/tensor.ts';
import {
  compoundRoundings,
  type ElementaryLimits,
  sigmoidLimits,
  softplusLimits,
  tanhLimits,
  underflow,
} from '../../judging/bounds/elementary.ts';
import { absolute, gamma, gridOf, gridOfProducts, sumOfProductsBound } from '../../judging/bounds/sumOfProducts.ts';
import { float64Array } from '../../judging/memory.ts';
import type { NamedTensors, OutputBound } from '../../judging/operation.ts';
import { type Precision, precisions, roundsInputs } from '../../judging/precision.ts';

interface Enclosed {
  readonly value: Tensor;
  /** |computed − value|, element by element, at most. */
  readonly error: Tensor;
}

/** An input: exact, or rounded once on its way in where the format is narrower than float32. */
function input(value: Tensor, precision: Precision): Enclosed {
  const { unitRoundoff } = precision;
  return { value, error: roundsInputs(precision) ? map(value, (v) => unitRoundoff * Math.abs(v)) : zeros(value.shape) };
}

const isExact = ({ error }: Enclosed) => error.data.every((e) => e === 0);
const sum = (a: Tensor, b: Tensor) => combine(a, b, (x, y) => x + y);
/** |value| + error: no computed value is larger. */
const reach = ({ value, error }: Enclosed) => sum(absolute(value), error);

/** Σab (+ c), with or without the third. */
type Bilinear = (a: Tensor, b: Tensor, c?: Tensor) => Tensor;

/** A sum of n products of enclosed factors, c among the terms where it is given. */
function products(
  apply: Bilinear,
  [a, b, c]: readonly [Enclosed, Enclosed, Enclosed?],
  sums: { readonly terms: number; readonly roundings?: number },
  precision: Precision,
): Enclosed {
  const value = apply(a.value, b.value, c?.value);
  const exact = isExact(a) && isExact(b) && (c === undefined || isExact(c));
  const { limit } = sumOfProductsBound({
    expected: value,
    scale: () => apply(reach(a), reach(b), c && reach(c)),
    ...sums,
    exactness: exact ? gridOfProducts([a.value, b.value], c?.value) : { grid: 0 },
    precision,
  });
  if (exact) return { value, error: withData(value, limit) };
  const carried = sum(apply(a.error, reach(b), c?.error), apply(absolute(a.value), b.error));
  for (let i = 0; i < limit.length; i++) limit[i] += carried.data[i];
  return { value, error: withData(value, limit) };
}

/** a − b: one rounding. */
function subtract(a: Enclosed, b: Enclosed, precision: Precision): Enclosed {
  const value = combine(a.value, b.value, (p, q) => p - q);
  const grid = isExact(a) && isExact(b) ? gridOf(a.value, b.value) : 0;
  const error = sum(a.error, b.error);
  error.data.forEach((carried, i) => {
    const onGrid = Math.abs(a.value.data[i]) + Math.abs(b.value.data[i]) < grid * (2 / precision.epsilon);
    if (onGrid) return;
    const rounded = carried + local(precision, 1) * (Math.abs(value.data[i]) + carried);
    error.data[i] = rounded + underflow(value.data[i], rounded, precision);
  });
  return { value, error };
}

/** k roundings in the format and one in the reference's float64. */
function local({ unitRoundoff }: Precision, k: number): number {
  return compoundRoundings(k, unitRoundoff) + precisions.float64.unitRoundoff;
}

/** An activation at a net that is off by e: its output and slope, each with what e and the evaluation itself add. */
interface Activated {
  readonly output: number;
  readonly outputError: number;
  readonly slope: number;
  readonly slopeError: number;
}

type Activate = (net: number, e: number, precision: Precision) => Activated;

interface SmoothFunction {
  readonly value: (net: number) => number;
  readonly derivative: (net: number) => number;
  /** |f″| at the net, from f and f′ there. */
  readonly curvature: (value: number, derivative: number) => number;
  /** sup |f‴|, and sup f′ over an interval of nets. */
  readonly thirdDerivative: number;
  readonly steepest: (net: number, e: number) => number;
  readonly limits: (net: number, value: number, derivative: number, precision: Precision) => ElementaryLimits;
}

/**
 * |f(n̂) − f(n)| ≤ e·sup f′ and |f′(n̂) − f′(n)| ≤ e(|f″(n)| + e·sup|f‴|), and the limits of the activation's own line at n̂, for which
 * the larger of those at the interval's ends is taken. An e^−x beyond the largest number makes a result of 1/largest zero; flushed
 * results, where they are declared, are smaller than the smallest normal number.
 */
function smooth({ value, derivative, curvature, thirdDerivative, steepest, limits }: SmoothFunction): Activate {
  return (net, e, precision) => {
    const [output, slope] = [value(net), derivative(net)];
    const below = limits(net - e, value(net - e), derivative(net - e), precision);
    const above = e > 0 ? limits(net + e, value(net + e), derivative(net + e), precision) : below;
    const own = precisions.float64.unitRoundoff;
    const lost = precision.subnormals === undefined ? 1 / precision.largest : precision.smallestNormal;
    return {
      output,
      outputError: e * steepest(net, e) + Math.max(below.value, above.value) + 2 * own * Math.abs(output) + lost,
      slope,
      slopeError:
        e * (curvature(output, slope) + e * thirdDerivative) +
        Math.max(below.derivative, above.derivative) +
        2 * own * slope +
        lost,
    };
  };
}

/** σ′ and tanh′ fall with |x|: the largest of an interval is where it comes nearest to 0. */
const nearest = (net: number, e: number) => Math.max(0, Math.abs(net) - e);

const activate: Readonly<Record<LayerActivation, Activate>> = {
  identity: (net, e) => ({ output: net, outputError: e, slope: 1, slopeError: 0 }),

  relu: (net, e) => ({
    output: Math.max(net, 0),
    outputError: net + e <= 0 ? 0 : e,
    slope: net > 0 ? 1 : 0,
    // Where rounding may carry the net across the kink, either slope is right. At a net of exactly 0 the table has alternatives.
    slopeError: e > 0 && Math.abs(net) <= e ? 1 : 0,
  }),

  sigmoid: smooth({
    value: sigmoid,
    derivative: sigmoidDerivative,
    curvature: (y, slope) => slope * Math.abs(1 - 2 * y),
    thirdDerivative: 1 / 8,
    steepest: (net, e) => sigmoidDerivative(nearest(net, e)),
    limits: sigmoidLimits,
  }),

  tanh: smooth({
    value: tanh,
    derivative: tanhDerivative,
    curvature: (y, slope) => 2 * slope * Math.abs(y),
    thirdDerivative: 2,
    steepest: (net, e) => tanhDerivative(nearest(net, e)),
    limits: tanhLimits,
  }),

  softplus: smooth({
    value: softplus,
    derivative: sigmoid,
    curvature: (_, slope) => slope * (1 - slope),
    thirdDerivative: 1 / (6 * Math.sqrt(3)),
    steepest: (net, e) => sigmoid(net + e),
    limits: softplusLimits,
  }),
};

interface Stage {
  readonly input: Enclosed;
  readonly weights: Enclosed;
  readonly output: Enclosed;
  readonly slope: Enclosed;
}

/** `slopeAt0` is ReLU's derivative at a net of exactly 0, where both 0 and 1 are right. */
function forward(x: Enclosed, layers: readonly Layer[], slopeAt0: number, precision: Precision): Stage[] {
  const stages: Stage[] = [];
  for (const { weights, bias, activation } of layers) {
    const from = stages.at(-1)?.output ?? x;
    const own = input(weights, precision);
    const [units, inputs] = weights.shape;
    const layer: Bilinear = (a, w, b = zeros([units])) => dense(a, w, b);
    const net = products(layer, [from, own, input(bias, precision)], { terms: inputs + 1 }, precision);
    const activated = Array.from(net.value.data, (value, i) =>
      activate[activation as LayerActivation](value, net.error.data[i], precision),
    );
    const read = (part: (at: Activated, i: number) => number) => {
      const values = float64Array(activated.length);
      for (let i = 0; i < values.length; i++) values[i] = part(activated[i], i);
      return withData(net.value, values);
    };
    const atKink = (i: number) => activation === 'relu' && net.value.data[i] === 0;
    stages.push({
      input: from,
      weights: own,
      output: { value: read(({ output }) => output), error: read(({ outputError }) => outputError) },
      slope: {
        value: read(({ slope }, i) => (atKink(i) ? slopeAt0 : slope)),
        error: read(({ slopeError }) => slopeError),
      },
    });
  }
  return stages;
}

interface Gradients {
  readonly loss: Enclosed;
  readonly layers: readonly { readonly weights: Enclosed; readonly bias: Enclosed }[];
}

function backward(x: Enclosed, target: Enclosed, layers: readonly Layer[], slopeAt0: number, precision: Precision): Gradients {
  const stages = forward(x, layers, slopeAt0, precision);
  const [batch] = x.value.shape;
  const residual = subtract(stages[stages.length - 1].output, target, precision);
  const multiply: Bilinear = (a, b) => combine(a, b, (p, q) => p * q);
  const halfSquares: Bilinear = (a, b) =>
    scalar(0.5 * Array.from(a.data).reduce((total, value, i) => total + value * b.data[i], 0));
  const gradients: { weights: Enclosed; bias: Enclosed }[] = [];
  let back = residual;
  for (let l = stages.length - 1; l >= 0; l--) {
    const { input: from, weights, slope } = stages[l];
    const delta = products(multiply, [back, slope], { terms: 1 }, precision);
    const ones: Enclosed = { value: map(delta.value, () => 1), error: zeros(delta.value.shape) };
    gradients.unshift({
      weights: products(denseWeightGradient, [from, delta], { terms: batch }, precision),
      bias: products(
        (d, one) => denseBiasGradient(multiply(d, one)),
        [delta, ones],
        { terms: batch, roundings: batch - 1 },
        precision,
      ),
    });
    back = products(denseInputGradient, [weights, delta], { terms: weights.value.shape[0] }, precision);
  }
  const loss = products(halfSquares, [residual, residual], { terms: residual.value.data.length }, precision);
  return { loss, layers: gradients };
}

/** weights − learningRate·gradient. The rate is rounded to the format and so is the product, unless it is a power of two; either may underflow. */
function step(from: Tensor, gradient: Enclosed, learningRate: number, precision: Precision): Enclosed {
  const roundings = Number.isInteger(Math.log2(learningRate)) ? 0 : local(precision, 2);
  const value = map(gradient.value, (g) => learningRate * g);
  const passed = combine(gradient.error, reach(gradient), (e, largest) => learningRate * (e + roundings * largest));
  const error = combine(value, passed, (v, e) => {
    const isExactProduct = e === 0 && (v === 0 || Math.abs(v) >= precision.smallestNormal);
    return isExactProduct ? 0 : e + underflow(v, e, precision);
  });
  const scaled: Enclosed = { value, error };
  return subtract(input(from, precision), scaled, precision);
}

/** Limits of y. */
export function mlpForwardLimits(x: Tensor, layers: readonly Layer[], precision: Precision): { y: OutputBound } {
  return { y: limitOf(forward(input(x, precision), layers, 0, precision)[layers.length - 1].output) };
}

/** Limits of loss, dWeights1, dBias1, … around `expected`. */
export function mlpBackwardLimits(
  x: Tensor,
  target: Tensor,
  layers: readonly Layer[],
  expected: NamedTensors,
  precision: Precision,
): { loss: OutputBound } & Record<string, OutputBound> {
  const enclosed = (slopeAt0: number) => {
    const [given, wanted] = [input(x, precision), input(target, precision)];
    const { loss, layers: gradients } = backward(given, wanted, layers, slopeAt0, precision);
    return named(loss, ['dWeights', 'dBias'], gradients);
  };
  return closest(enclosed, layers, expected);
}

/** Limits of loss, weights1, bias1, … around `expected`. */
export function mlpTrainStepLimits(
  x: Tensor,
  target: Tensor,
  layers: readonly Layer[],
  learningRate: number,
  expected: NamedTensors,
  precision: Precision,
): { loss: OutputBound } & Record<string, OutputBound> {
  return stepLimits(input(x, precision), input(target, precision), layers, 0, learningRate, expected, precision);
}

/**
 * Limits of one step of pre-training, loss, weightsₗ, biasₗ, … of the last two layers: what the layers below carry upwards is the
 * stage's input with its error, and without a target it is the target too.
 */
export function pretrainingStepLimits(
  x: Tensor,
  target: Tensor | undefined,
  layers: readonly Layer[],
  learningRate: number,
  expected: NamedTensors,
  precision: Precision,
): { loss: OutputBound } & Record<string, OutputBound> {
  const below = layers.length - 2;
  const from = forward(input(x, precision), layers.slice(0, below), 0, precision).at(-1)?.output ?? input(x, precision);
  const wanted = target ? input(target, precision) : from;
  return stepLimits(from, wanted, layers.slice(below), below, learningRate, expected, precision);
}

/** `below` counts the layers that the outputs' numbers begin after. */
function stepLimits(
  x: Enclosed,
  target: Enclosed,
  layers: readonly Layer[],
  below: number,
  learningRate: number,
  expected: NamedTensors,
  precision: Precision,
): { loss: OutputBound } & Record<string, OutputBound> {
  const enclosed = (slopeAt0: number) => {
    const { loss, layers: gradients } = backward(x, target, layers, slopeAt0, precision);
    const stepped = gradients.map(({ weights, bias }, l) => ({
      weights: step(layers[l].weights, weights, learningRate, precision),
      bias: step(layers[l].bias, bias, learningRate, precision),
    }));
    return named(loss, ['weights', 'bias'], stepped, below);
  };
  return closest(enclosed, layers, expected);
}

/**
 * Limits of ∂L/∂h of layer `from` (1 is the first), by back-propagation or summed over all paths at once. Of P paths through L layers
 * each product rounds 2L + 1 times and passes through P − 1 additions: γ of that, times the sum of the paths' absolute values, is added
 * to what back-propagation may be off by.
 */
export function mlpPathGradientLimits(
  x: Tensor,
  target: Tensor,
  layers: readonly Layer[],
  from: number,
  expected: NamedTensors,
  precision: Precision,
): { gradient: OutputBound } {
  const enclosed = (slopeAt0: number) => {
    const stages = forward(input(x, precision), layers, slopeAt0, precision);
    let back = subtract(stages[stages.length - 1].output, input(target, precision), precision);
    let paths = 1;
    for (let l = stages.length - 1; l >= from; l--) {
      const { weights, slope } = stages[l];
      const multiply: Bilinear = (a, b) => combine(a, b, (p, q) => p * q);
      const delta = products(multiply, [back, slope], { terms: 1 }, precision);
      back = products(denseInputGradient, [weights, delta], { terms: weights.value.shape[0] }, precision);
      paths *= weights.value.shape[0];
    }
    return { back, paths, scale: absolutePaths(stages, target, from) };
  };
  const [zero, one] = slopesAt0(layers).map(enclosed);
  const distance = ({ back }: typeof zero) =>
    Array.from(back.value.data).reduce((total, v, i) => total + Math.abs(v - expected.gradient.data[i]), 0);
  const { back, paths, scale } = one && distance(one) < distance(zero) ? one : zero;
  const roundings = 2 * (layers.length - from) + paths;
  const atOnce = gamma(roundings, precision) + gamma(roundings, precisions.float64);
  return {
    gradient: { limit: Float64Array.from(back.error.data, (e, i) => (isExact(back) ? 0 : e + atOnce * scale.data[i])) },
  };
}

/** Σ over the paths of |∂L/∂o|·Π|w·f′(net)|. */
function absolutePaths(stages: readonly Stage[], target: Tensor, from: number): Tensor {
  let back = combine(stages[stages.length - 1].output.value, target, (y, t) => Math.abs(y - t));
  for (let l = stages.length - 1; l >= from; l--) {
    const delta = combine(back, stages[l].slope.value, (d, s) => d * Math.abs(s));
    back = denseInputGradient(absolute(stages[l].weights.value), delta);
  }
  return back;
}

function named(
  loss: Enclosed,
  [weights, bias]: readonly [string, string],
  layers: Gradients['layers'],
  below = 0,
): { loss: Enclosed } & Record<string, Enclosed> {
  return Object.assign(
    { loss },
    ...layers.map((layer, l) => ({ [`${weights}${below + l + 1}`]: layer.weights, [`${bias}${below + l + 1}`]: layer.bias })),
  );
}

/** What ReLU′(0) may be taken for; without a ReLU it makes no difference. */
function slopesAt0(layers: readonly Layer[]): readonly number[] {
  return layers.some(({ activation }) => activation === 'relu') ? [0, 1] : [0];
}

/** The limits of the answer that is expected: with ReLU′(0) = 0 or, where that is nearer, with ReLU′(0) = 1. */
function closest(
  enclosed: (slopeAt0: number) => { loss: Enclosed } & Record<string, Enclosed>,
  layers: readonly Layer[],
  expected: NamedTensors,
): { loss: OutputBound } & Record<string, OutputBound> {
  const distance = (candidate: Record<string, Enclosed>) =>
    Object.entries(candidate).reduce(
      (total, [name, { value }]) =>
        total + Array.from(value.data).reduce((part, v, i) => part + Math.abs(v - expected[name].data[i]), 0),
      0,
    );
  const [zero, one] = slopesAt0(layers).map(enclosed);
  const nearer = one && distance(one) < distance(zero) ? one : zero;
  return Object.fromEntries(Object.entries(nearer).map(([name, part]) => [name, limitOf(part)])) as {
    loss: OutputBound;
  } & Record<string, OutputBound>;
}

function limitOf({ error }: Enclosed): OutputBound {
  return { limit: Float64Array.from(error.data) };
}
