/** Honest training of a perceptron and ways to Novikoff's bound, in float32. */
import { scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { HonestVariant, InputsOf, OutputsOf } from '../../judging/operation.ts';
import { product, type Sum } from '../shared/honestSums.ts';
import { anySum } from '../shared/variants.ts';

export const upTo = (length: number) => Array.from({ length }, (_, i) => i);
export const row = (x: Tensor, n: number) => Array.from(x.data.subarray(n * x.shape[1], (n + 1) * x.shape[1]));
const products = (a: readonly number[], b: readonly number[]) => a.map((value, j) => product(value, b[j]));

/** The rule in float32 from beginning to end. */
export function honestTraining(
  { x, labels }: InputsOf<'perceptron.train'>,
  passes: number,
  sum: Sum,
): OutputsOf<'perceptron.train'> {
  const [samples, features] = x.shape;
  let weights = upTo(features).map(() => 0);
  const mistakes: number[] = [];
  for (let pass = 0; pass < passes; pass++)
    for (let n = 0; n < samples; n++) {
      const signed = row(x, n).map((value) => product(value, labels.data[n]));
      const erred = sum(products(weights, signed)) <= 0;
      mistakes.push(erred ? 1 : 0);
      if (erred) weights = weights.map((value, j) => Math.fround(value + signed[j]));
    }
  return { weights: tensor([features], weights), mistakes: tensor([passes, samples], mistakes) };
}

const squareRoot = (value: number) => Math.fround(Math.sqrt(value));
const quotient = (a: number, b: number) => Math.fround(a / b);
/** Ways to the bound; all of them in float32. */
export const boundFormulas: Record<string, (squaredNorm: number, squaredRadius: number, margin: number) => number> = {
  '‖u‖²R²/γ²': (squaredNorm, squaredRadius, margin) => quotient(product(squaredNorm, squaredRadius), product(margin, margin)),
  '‖u‖²(√R²)²/γ²': (squaredNorm, squaredRadius, margin) =>
    quotient(product(squaredNorm, product(squareRoot(squaredRadius), squareRoot(squaredRadius))), product(margin, margin)),
  '(‖u‖R/γ)²': (squaredNorm, squaredRadius, margin) => {
    const ratio = quotient(product(squareRoot(squaredNorm), squareRoot(squaredRadius)), margin);
    return product(ratio, ratio);
  },
  '(R/γ)²‖u‖²': (squaredNorm, squaredRadius, margin) => {
    const ratio = quotient(squareRoot(squaredRadius), margin);
    return product(product(ratio, ratio), squaredNorm);
  },
};

/** Radius, margin and bound, the bound by one of the formulas. */
export function honestBound(
  { x, labels, separator }: InputsOf<'novikoff.bound'>,
  formula: string,
  sum: Sum,
): OutputsOf<'novikoff.bound'> {
  const u = Array.from(separator.data);
  const samples = upTo(x.shape[0]).map((n) => row(x, n));
  const squaredRadius = Math.max(...samples.map((sample) => sum(products(sample, sample))));
  const margin = Math.min(...samples.map((sample, n) => product(labels.data[n], sum(products(u, sample)))));
  return {
    radius: scalar(squareRoot(squaredRadius)),
    margin: scalar(margin),
    bound: scalar(boundFormulas[formula](sum(products(u, u)), squaredRadius, margin)),
  };
}

export const trainingVariants: readonly HonestVariant<'perceptron.train'>[] = [
  {
    name: 'perceptron: float32 from beginning to end',
    outputs: ({ inputs, attributes: { passes } }, random) => honestTraining(inputs, passes, anySum(random)),
  },
];

export const boundVariants: readonly HonestVariant<'novikoff.bound'>[] = Object.keys(boundFormulas).map((formula) => ({
  name: `Novikoff's bound: ${formula}`,
  outputs: ({ inputs }, random) => honestBound(inputs, formula, anySum(random)),
}));
