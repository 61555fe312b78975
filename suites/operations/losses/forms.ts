/** Losses and their slopes as libraries write them: 0·ln 0 is 0, and quotients may be products with a reciprocal. */
import { scalar } from '../../../reference/tensor.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';
import { elementwise } from '../shared/formTensors.ts';

type Terms = (p: number, t: number, m: Arithmetic) => number[];
type Slope = (p: number, t: number, m: Arithmetic) => number;

const weighed = (t: number, logarithm: number, m: Arithmetic) => (t === 0 ? 0 : -m.multiply(t, logarithm));

const loss =
  (terms: Terms): Form =>
  ({ inputs: { prediction, target } }, m) => ({
    loss: scalar(m.sum(Array.from(prediction.data, (p, i) => terms(p, target.data[i], m)).flat())),
  });
const slope =
  (f: Slope): Form =>
  ({ inputs: { prediction, target } }, m) => ({ dPrediction: elementwise((p, t) => f(p, t, m), prediction, target) });

export const lossForms: Forms = {
  squaredError: {
    'Σ½(t − p)²': loss((p, t, m) => [m.multiply(0.5, m.multiply(m.subtract(t, p), m.subtract(t, p)))]),
    '½Σ(p − t)²': ({ inputs: { prediction, target } }, m) => {
      const errors = Array.from(prediction.data, (p, i) => m.subtract(p, target.data[i]));
      return { loss: scalar(m.multiply(0.5, m.dot(errors, errors))) };
    },
  },
  'squaredError.gradient': { 'p − t': slope((p, t, m) => m.subtract(p, t)), '−(t − p)': slope((p, t, m) => -m.subtract(t, p)) },
  crossEntropy: { '−Σt ln p': loss((p, t, m) => [weighed(t, m.log(p), m)]) },
  'crossEntropy.gradient': {
    '−t/p': slope((p, t, m) => (t === 0 ? 0 : m.divide(-t, p))),
    '−t·(1/p)': slope((p, t, m) => (t === 0 ? 0 : p === 0 ? -Infinity : -m.multiply(t, m.divide(1, p)))),
  },
  binaryCrossEntropy: {
    'with ln(1 − p)': loss((p, t, m) => [weighed(t, m.log(p), m), weighed(m.subtract(1, t), m.log(m.subtract(1, p)), m)]),
    'with ln(1 − p), term by term': loss((p, t, m) => [
      m.add(weighed(t, m.log(p), m), weighed(m.subtract(1, t), m.log(m.subtract(1, p)), m)),
    ]),
    'with log1p(−p)': loss((p, t, m) => [weighed(t, m.log(p), m), weighed(m.subtract(1, t), m.log1p(-p), m)]),
  },
  'binaryCrossEntropy.gradient': {
    '(1 − t)/(1 − p) − t/p': slope((p, t, m) => m.subtract(m.divide(m.subtract(1, t), m.subtract(1, p)), m.divide(t, p))),
    '(p − t)/(p(1 − p))': slope((p, t, m) => m.divide(m.subtract(p, t), m.multiply(p, m.subtract(1, p)))),
  },
};
