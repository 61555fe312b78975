/** Penalized losses of linear models and their gradients as libraries write them. */
import { scalar, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';
import { transposed } from '../dense/forms.ts';
import { nets } from '../linear/forms.ts';
import { numbers, rowsOf, vector } from '../shared/formTensors.ts';
import { logSoftmaxRows, softmaxRows } from '../softmax/forms.ts';

/** ½λ‖w‖² beside the sum of the samples' terms: apart, or its squares among them. */
const penalties: Readonly<
  Record<string, (terms: readonly number[], w: readonly number[], lambda: number, m: Arithmetic) => number>
> = {
  'penalty apart': (terms, w, lambda, m) => m.add(m.sum(terms), m.multiply(m.multiply(0.5, lambda), m.dot(w, w))),
  'penalty among the terms': (terms, w, lambda, m) =>
    m.sum([...terms, ...w.map((value) => m.multiply(m.multiply(0.5, lambda), m.multiply(value, value)))]),
  'λ last': (terms, w, lambda, m) => m.add(m.sum(terms), m.multiply(lambda, m.multiply(0.5, m.dot(w, w)))),
};
const withPenalties = (
  make: (penalty: (typeof penalties)[string], choice: number) => Record<string, Form>,
): Record<string, Form> =>
  Object.fromEntries(
    Object.entries(penalties).flatMap(([name, penalty], choice) =>
      Object.entries(make(penalty, choice)).map(([form, made]): [string, Form] => [`${form}, ${name}`, made]),
    ),
  );

/** λw beside Σ sₙxₙ: after the sum, among its terms, or as the slope of ½λw² comes out of automatic differentiation, ½λ(2w). */
const slopesOfPenalty: readonly ((
  slopes: readonly number[],
  x: readonly number[],
  w: number,
  lambda: number,
  m: Arithmetic,
) => number)[] = [
  (slopes, x, w, lambda, m) => m.multiplyAdd(lambda, w, m.dot(slopes, x)),
  (slopes, x, w, lambda, m) => m.dot([...slopes, lambda], [...x, w]),
  (slopes, x, w, lambda, m) => m.add(m.dot(slopes, x), m.multiply(m.multiply(0.5, lambda), m.multiply(2, w))),
];

/** Σ sₙxₙ + λw of each feature. */
function gradient(x: Tensor, slopes: readonly number[], w: readonly number[], lambda: number, m: Arithmetic, choice: number) {
  const slope = slopesOfPenalty[choice % slopesOfPenalty.length];
  return transposed(rowsOf(x), x.shape[1]).map((column, j) => slope(slopes, column, w[j], lambda, m));
}
const lambdaOf = (attributes: Readonly<Record<string, unknown>>, m: Arithmetic) => m.round(attributes.penalty as number);

export const regressionForms: Forms = {
  leastSquares: withPenalties((penalty, choice) =>
    Object.fromEntries(
      ['2e·x', '2Σ(e·x)'].map((form): [string, Form] => [
        form,
        ({ inputs: { x, targets, weights, bias }, attributes }, m) => {
          const [w, lambda] = [numbers(weights), lambdaOf(attributes, m)];
          const errors = nets(x, w, m, -bias.data[0]).map((p, n) => m.subtract(p, targets.data[n]));
          const slopes = errors.map((e) => m.multiply(2, e));
          const dWeights =
            form === '2e·x'
              ? gradient(x, slopes, w, lambda, m, choice)
              : transposed(rowsOf(x), x.shape[1]).map((c, j) =>
                  m.add(m.multiply(2, m.dot(errors, c)), m.multiply(lambda, w[j])),
                );
          return {
            loss: scalar(
              penalty(
                errors.map((e) => m.multiply(e, e)),
                w,
                lambda,
                m,
              ),
            ),
            dWeights: vector(dWeights),
            dBias: scalar(form === '2e·x' ? -m.sum(slopes) : m.multiply(-2, m.sum(errors))),
          };
        },
      ]),
    ),
  ),
  softMargin: withPenalties((penalty, choice) =>
    Object.fromEntries(
      ['active samples alone', 'all samples, weighed by 0 and 1', 'u(0) = 1'].map((form): [string, Form] => [
        form,
        ({ inputs: { x, labels, weights, bias }, attributes }, m) => {
          const [w, lambda] = [numbers(weights), lambdaOf(attributes, m)];
          const slacks = nets(x, w, m, -bias.data[0]).map((p, n) => m.subtract(1, m.multiply(labels.data[n], p)));
          const active = slacks.map((s) => (form === 'u(0) = 1' ? s >= 0 : s > 0));
          const slopes = active.map((counts, n) => (counts ? -labels.data[n] : 0));
          const selects = form === 'active samples alone';
          const chosen = <Value>(values: readonly Value[]) => values.filter((_, n) => active[n]);
          const rows = rowsOf(x);
          const columns = transposed(selects ? chosen(rows) : rows, x.shape[1]);
          const factors = selects ? chosen(slopes) : slopes;
          const terms = selects ? chosen(slacks) : slacks.map((s) => Math.max(0, s));
          return {
            loss: scalar(penalty(terms, w, lambda, m)),
            dWeights: vector(columns.map((column, j) => slopesOfPenalty[choice](factors, column, w[j], lambda, m))),
            dBias: scalar(-m.sum(slopes)),
          };
        },
      ]),
    ),
  ),
  softmaxRegression: withPenalties((penalty, choice) =>
    Object.fromEntries(
      Object.entries(softmaxRows).map(([form, row]): [string, Form] => [
        form,
        ({ inputs: { x, targets, weights, bias }, attributes }, m) => {
          const lambda = lambdaOf(attributes, m);
          const logSoftmax = Object.values(logSoftmaxRows)[choice % 2];
          const scores = rowsOf(x).map((sample) => rowsOf(weights).map((w, k) => m.dot(sample, w, -bias.data[k])));
          const wanted = rowsOf(targets);
          const terms = scores.flatMap((z, n) =>
            logSoftmax(z, m).map((l, k) => (wanted[n][k] === 0 ? 0 : -m.multiply(wanted[n][k], l))),
          );
          const delta = scores.map((z, n) => {
            const total = m.sum(wanted[n]);
            return row(z, m).map((p, k) => m.multiplyAdd(total, p, -wanted[n][k]));
          });
          const byClass = transposed(delta, bias.data.length);
          const w = rowsOf(weights);
          return {
            loss: scalar(penalty(terms, numbers(weights), lambda, m)),
            dWeights: tensor(
              weights.shape,
              byClass.flatMap((slopes, k) => gradient(x, slopes, w[k], lambda, m, choice)),
            ),
            dBias: vector(byClass.map((slopes) => -m.sum(slopes))),
          };
        },
      ]),
    ),
  ),
};
