/** Honest losses: the terms of each sum and the slopes, every operation rounded to float32. */
import { combine, scalar, type Tensor } from '../../../reference/tensor.ts';
import type { HonestVariant, NamedTensors } from '../../judging/operation.ts';
import { type HonestFunctions, honestFunctions } from '../shared/honestFunctions.ts';
import { product, type Sum } from '../shared/honestSums.ts';
import { anyOf, anySum } from '../shared/variants.ts';

const { fround } = Math;

const add = (a: number, b: number) => fround(a + b);
const over = (a: number, b: number) => fround(a / b);

export type Terms = (p: number, t: number, functions: HonestFunctions) => number[];

/** The terms of each loss, every operation rounded to float32; a term whose weight is 0 is 0. */
const weighed = (t: number, logarithm: number) => (t === 0 ? 0 : -product(t, logarithm));
type LossName = 'squaredError' | 'crossEntropy' | 'binaryCrossEntropy';
export const honestLosses: Record<LossName, Record<string, Terms>> = {
  squaredError: {
    'Σ½(t − p)²': (p, t) => [product(0.5, product(add(t, -p), add(t, -p)))],
    'Σ(t − p)²/2': (p, t) => [product(add(t, -p), over(add(t, -p), 2))],
  },
  crossEntropy: { '−Σt ln p': (p, t, { log }) => [weighed(t, log(p))] },
  binaryCrossEntropy: {
    'with ln(1 − p)': (p, t, { log }) => [weighed(t, log(p)), weighed(add(1, -t), log(add(1, -p)))],
    'with ln(1 − p), term by term': (p, t, { log }) => [add(weighed(t, log(p)), weighed(add(1, -t), log(add(1, -p))))],
    'with log1p(−p)': (p, t, { log, log1p }) => [weighed(t, log(p)), weighed(add(1, -t), log1p(-p))],
  },
};

export type Slope = (p: number, t: number) => number;
export const honestLossGradients: Record<`${LossName}.gradient`, Record<string, Slope>> = {
  'squaredError.gradient': { 'p − t': (p, t) => add(p, -t), '−(t − p)': (p, t) => -add(t, -p) },
  'crossEntropy.gradient': {
    '−t/p': (p, t) => (t === 0 ? 0 : over(-t, p)),
    '−t·(1/p)': (p, t) => (t === 0 ? 0 : p === 0 ? -Infinity : -product(t, over(1, p))),
  },
  'binaryCrossEntropy.gradient': {
    '(1 − t)/(1 − p) − t/p': (p, t) => add(over(add(1, -t), add(1, -p)), -over(t, p)),
    '−t/p + (1 − t)·(1/(1 − p))': (p, t) => add(-over(t, p), p === 1 ? Infinity : product(add(1, -t), over(1, add(1, -p)))),
    '(p − t)/(p(1 − p))': (p, t) => over(add(p, -t), product(p, add(1, -p))),
  },
};

/** A loss from its terms. */
export function lossOf(
  { prediction, target }: Pick<NamedTensors, 'prediction' | 'target'>,
  terms: Terms,
  functions: HonestFunctions,
  sum: Sum,
): Tensor {
  return scalar(sum(Array.from(prediction.data, (p, i) => terms(p, target.data[i], functions)).flat()));
}

/** Makes the variants of a loss. */
export const lossVariants = <Name extends LossName>(name: Name): readonly HonestVariant<Name>[] => [
  {
    name: 'losses: terms in float32, in any order',
    outputs: ({ inputs }, random) => ({
      loss: lossOf(inputs, anyOf(honestLosses[name], random), anyOf(honestFunctions, random), anySum(random)),
    }),
  },
];

/** Makes the variants of a loss's gradient. */
export const lossGradientVariants = <Name extends `${LossName}.gradient`>(name: Name): readonly HonestVariant<Name>[] => [
  {
    name: 'loss gradients: as quotients or with reciprocals',
    outputs: ({ inputs: { prediction, target } }, random) => ({
      dPrediction: combine(prediction, target, anyOf(honestLossGradients[name], random)),
    }),
  },
];
