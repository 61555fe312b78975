/** Linear models and perceptrons as decks and libraries write them: by selecting samples or by weighing all of them. */
import { scalar, type Tensor } from '../../../reference/tensor.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';
import { transposed } from '../dense/forms.ts';
import { numbers, rowsOf, upTo, vector } from '../shared/formTensors.ts';

/** wᵀx of every row. */
export const nets = (x: Tensor, weights: readonly number[], m: Arithmetic, bias?: number): number[] =>
  rowsOf(x).map((row) => m.dot(row, weights, bias));

/** Σ factorₙ·xₙ of each feature. */
const weighed = (factors: readonly number[], rows: readonly number[][], features: number, m: Arithmetic) =>
  transposed([...rows], features).map((column) => m.dot(factors, column));

const norm = (w: readonly number[], m: Arithmetic) => m.squareRoot(m.dot(w, w));

const discriminant =
  (distance: (value: number, row: readonly number[], w: readonly number[], bias: number, m: Arithmetic) => number): Form =>
  ({ inputs: { x, weights, bias } }, m) => {
    const w = numbers(weights);
    const values = nets(x, w, m, bias.data[0]);
    const rows = rowsOf(x);
    return {
      values: vector(values),
      classes: vector(values.map(Math.sign)),
      distances: vector(values.map((value, n) => distance(value, rows[n], w, bias.data[0], m))),
    };
  };

interface Mistaken {
  readonly rows: number[][];
  readonly labels: number[];
  readonly agreements: number[];
  /** 1 where the sample is mistaken. */
  readonly mask: number[];
  readonly features: number;
}
function mistakenOf({ x, labels, weights }: Readonly<Record<string, Tensor>>, m: Arithmetic): Mistaken {
  const agreements = nets(x, numbers(weights), m).map((net, n) => m.multiply(labels.data[n], net));
  return {
    rows: rowsOf(x),
    labels: numbers(labels),
    agreements,
    mask: agreements.map((a) => (a > 0 ? 0 : 1)),
    features: weights.data.length,
  };
}
const only = <Value>(values: readonly Value[], mask: readonly number[]) => values.filter((_, n) => mask[n] === 1);

/** Σ over the mistaken samples of y·x: of those alone, or of all with weights of 0 and 1. */
const mistakenSums: Readonly<Record<string, (of: Mistaken, m: Arithmetic) => number[]>> = {
  'mistaken samples alone': ({ rows, labels, mask, features }, m) => weighed(only(labels, mask), only(rows, mask), features, m),
  'all samples, weighed by 0 and 1': ({ rows, labels, mask, features }, m) =>
    weighed(
      labels.map((y, n) => m.multiply(mask[n], y)),
      rows,
      features,
      m,
    ),
};
const criteria: Readonly<Record<string, (of: Mistaken, m: Arithmetic) => number>> = {
  'mistaken samples alone': ({ agreements, mask }, m) => -m.sum(only(agreements, mask)),
  'all samples, weighed by 0 and 1': ({ agreements, mask }, m) => -m.dot(mask, agreements),
  'max(0, −a)': ({ agreements }, m) => m.sum(agreements.map((a) => Math.max(0, -a))),
};

/** w + η·s for each step s, or w − η·(−s). */
const moved = (weights: Tensor, sums: readonly number[], rate: number, m: Arithmetic) =>
  vector(numbers(weights).map((w, j) => m.multiplyAdd(rate, sums[j], w)));
const rateOf = (attributes: Readonly<Record<string, unknown>>, m: Arithmetic) => m.round(attributes.learningRate as number);

export const linearForms: Forms = {
  linearDiscriminant: {
    'f/‖w‖': discriminant((value, _row, w, _bias, m) => m.divide(value, norm(w, m))),
    'f·(1/‖w‖)': discriminant((value, _row, w, _bias, m) => m.multiply(value, m.divide(1, norm(w, m)))),
    'normalized weights': discriminant((_value, row, w, bias, m) => {
      const length = norm(w, m);
      return m.dot(
        row,
        w.map((value) => m.divide(value, length)),
        m.divide(bias, length),
      );
    }),
    'a norm scaled by the largest weight': discriminant((value, _row, w, _bias, m) => {
      const largest = Math.max(...w.map(Math.abs));
      const parts = w.map((part) => m.divide(part, largest));
      return m.divide(value, largest === 0 ? 0 : m.multiply(largest, m.squareRoot(m.dot(parts, parts))));
    }),
  },
  perceptronCriterion: Object.fromEntries(
    Object.entries(criteria).flatMap(([lossName, loss]) =>
      Object.entries(mistakenSums).map(([name, sums]): [string, Form] => [
        `loss of ${lossName}, gradient of ${name}`,
        ({ inputs }, m) => {
          const of = mistakenOf(inputs, m);
          return { loss: scalar(loss(of, m)), gradient: vector(sums(of, m).map((sum) => -sum)) };
        },
      ]),
    ),
  ),
  batchPerceptronStep: Object.fromEntries(
    Object.entries(mistakenSums).flatMap(([name, sums]): [string, Form][] => [
      [
        `w + η·Σ, ${name}`,
        ({ inputs, attributes }, m) => ({
          weights: moved(inputs.weights, sums(mistakenOf(inputs, m), m), rateOf(attributes, m), m),
        }),
      ],
    ]),
  ),
  surrogatePerceptronStep: Object.fromEntries(
    ['all samples', 'samples with an error alone', 'η before the sum'].map((name): [string, Form] => [
      name,
      ({ inputs: { x, labels, weights }, attributes }, m) => {
        const errors = nets(x, numbers(weights), m).map((net, n) => m.subtract(labels.data[n], Math.sign(net)));
        const rows = rowsOf(x);
        const rate = rateOf(attributes, m);
        const taken = name === 'samples with an error alone' ? errors.map((e) => (e === 0 ? 0 : 1)) : errors.map(() => 1);
        const factors = name === 'η before the sum' ? errors.map((e) => m.multiply(rate, e)) : errors;
        const sums = weighed(only(factors, taken), only(rows, taken), weights.data.length, m);
        const stepped =
          name === 'η before the sum'
            ? vector(numbers(weights).map((w, j) => m.add(w, sums[j])))
            : moved(weights, sums, rate, m);
        return { loss: scalar(m.multiply(0.5, m.dot(errors, errors))), weights: stepped };
      },
    ]),
  ),
  stochasticPerceptronEpoch: {
    'w + η(e·x)': ({ inputs: { x, labels, weights }, attributes }, m) => {
      const rows = rowsOf(x);
      let w = numbers(weights);
      for (const n of attributes.order as number[]) {
        const error = m.subtract(labels.data[n], Math.sign(m.dot(rows[n], w)));
        w = w.map((value, j) => m.multiplyAdd(m.multiply(rateOf(attributes, m), error), rows[n][j], value));
      }
      return { weights: vector(w) };
    },
  },
  thresholdNetwork: {
    'wᵀx + b ≥ 0': ({ inputs: { x, hiddenWeights, hiddenBias, outputWeights, outputBias } }, m) => {
      const fires = (net: number) => (net >= 0 ? 1 : 0);
      const hidden = rowsOf(x).map((row) => rowsOf(hiddenWeights).map((w, k) => fires(m.dot(row, w, hiddenBias.data[k]))));
      const y = hidden.map((row) => fires(m.dot(row, numbers(outputWeights), outputBias.data[0])));
      return {
        hidden: { dtype: 'float64', shape: [hidden.length, hiddenBias.data.length], data: Float64Array.from(hidden.flat()) },
        y: vector(y),
      };
    },
  },
  'perceptron.train': {
    'w + y·x': ({ inputs: { x, labels }, attributes }, m) => {
      const rows = rowsOf(x);
      const passes = attributes.passes as number;
      let w = upTo(x.shape[1]).map(() => 0);
      const mistakes: number[] = [];
      for (let pass = 0; pass < passes; pass++)
        rows.forEach((row, n) => {
          const erred = !(m.multiply(labels.data[n], m.dot(row, w)) > 0);
          mistakes.push(erred ? 1 : 0);
          if (erred) w = w.map((value, j) => m.multiplyAdd(labels.data[n], row[j], value));
        });
      return {
        weights: vector(w),
        mistakes: { dtype: 'float64', shape: [passes, rows.length], data: Float64Array.from(mistakes) },
      };
    },
  },
  'novikoff.bound': Object.fromEntries(
    Object.entries({
      '‖u‖²R²/γ²': (squaredNorm: number, squaredRadius: number, margin: number, m: Arithmetic) =>
        m.divide(m.multiply(squaredNorm, squaredRadius), m.multiply(margin, margin)),
      '‖u‖²(√R²)²/γ²': (squaredNorm: number, squaredRadius: number, margin: number, m: Arithmetic) => {
        const radius = m.squareRoot(squaredRadius);
        return m.divide(m.multiply(squaredNorm, m.multiply(radius, radius)), m.multiply(margin, margin));
      },
      '(‖u‖R/γ)²': (squaredNorm: number, squaredRadius: number, margin: number, m: Arithmetic) => {
        const ratio = m.divide(m.multiply(m.squareRoot(squaredNorm), m.squareRoot(squaredRadius)), margin);
        return m.multiply(ratio, ratio);
      },
      '(R/γ)²‖u‖²': (squaredNorm: number, squaredRadius: number, margin: number, m: Arithmetic) => {
        const ratio = m.divide(m.squareRoot(squaredRadius), margin);
        return m.multiply(m.multiply(ratio, ratio), squaredNorm);
      },
    }).map(([name, bound]): [string, Form] => [
      name,
      ({ inputs: { x, labels, separator } }, m) => {
        const [rows, u] = [rowsOf(x), numbers(separator)];
        const squaredRadius = Math.max(...rows.map((row) => m.dot(row, row)));
        const margin = Math.min(...nets(x, u, m).map((net, n) => m.multiply(labels.data[n], net)));
        return {
          radius: scalar(m.squareRoot(squaredRadius)),
          margin: scalar(margin),
          bound: scalar(bound(m.dot(u, u), squaredRadius, margin, m)),
        };
      },
    ]),
  ),
};
