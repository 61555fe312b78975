/** Softmax, its backward pass and its Jacobian as libraries compute them. */
import { tensor } from '../../../reference/tensor.ts';
import type { Arithmetic, Forms } from '../../judging/forms.ts';
import { matrix, rowsOf } from '../shared/formTensors.ts';

type Row = (z: readonly number[], m: Arithmetic) => number[];

const shifted: Row = (z, m) => {
  const largest = Math.max(...z);
  return z.map((value) => m.subtract(value, largest));
};

/** A row of softmax. */
export const softmaxRows: Readonly<Record<string, Row>> = {
  'e^z/Σe^z': (z, m) => {
    const powers = shifted(z, m).map(m.exp);
    const total = m.sum(powers);
    return powers.map((power) => m.divide(power, total));
  },
  'e^z·(1/Σe^z)': (z, m) => {
    const powers = shifted(z, m).map(m.exp);
    const reciprocal = m.divide(1, m.sum(powers));
    return powers.map((power) => m.multiply(power, reciprocal));
  },
  'e^(z − ln Σe^z)': (z, m) => logSoftmaxRows['(z − m) − ln Σ'](z, m).map(m.exp),
};

/** Its logarithm. */
export const logSoftmaxRows: Readonly<Record<string, Row>> = {
  '(z − m) − ln Σ': (z, m) => {
    const differences = shifted(z, m);
    const logarithm = m.log(m.sum(differences.map(m.exp)));
    return differences.map((value) => m.subtract(value, logarithm));
  },
  'z − (m + ln Σ)': (z, m) => {
    const logarithm = m.add(Math.max(...z), m.log(m.sum(shifted(z, m).map(m.exp))));
    return z.map((value) => m.subtract(value, logarithm));
  },
};

const backwards: Readonly<Record<string, (y: readonly number[], dy: readonly number[], m: Arithmetic) => number[]>> = {
  'y(dy − Σy·dy)': (y, dy, m) => {
    const mean = m.dot(y, dy);
    return y.map((value, i) => m.multiply(value, m.subtract(dy[i], mean)));
  },
  'y·dy − yΣy·dy': (y, dy, m) => {
    const products = y.map((value, i) => m.multiply(value, dy[i]));
    const mean = m.sum(products);
    return products.map((product, i) => m.multiplyAdd(-y[i], mean, product));
  },
};
const entries: Readonly<Record<string, (yi: number, yj: number, delta: number, m: Arithmetic) => number>> = {
  'yᵢ(δ − yⱼ)': (yi, yj, delta, m) => m.multiply(yi, m.subtract(delta, yj)),
  'δyᵢ − yᵢyⱼ': (yi, yj, delta, m) => m.multiplyAdd(-yi, yj, delta * yi),
};

const named = <Value, Made>(of: Readonly<Record<string, Value>>, make: (value: Value) => Made) =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, make(value)]));

export const softmaxForms: Forms = {
  softmax: named(softmaxRows, (row) => ({ inputs: { x } }, m) => ({
    y: matrix(
      rowsOf(x).map((z) => row(z, m)),
      x.shape[1],
    ),
  })),
  'softmax.backward': named(backwards, (backward) => ({ inputs: { x, dy } }, m) => {
    const upstream = rowsOf(dy);
    const rows = rowsOf(x).map((z, n) => backward(softmaxRows['e^z/Σe^z'](z, m), upstream[n], m));
    return { dx: matrix(rows, x.shape[1]) };
  }),
  'softmax.jacobian': named(entries, (entry) => ({ inputs: { x } }, m) => {
    const values = rowsOf(x).flatMap((z) => {
      const y = softmaxRows['e^z/Σe^z'](z, m);
      return y.flatMap((yi, i) => y.map((yj, j) => entry(yi, yj, i === j ? 1 : 0, m)));
    });
    return { jacobian: tensor([x.shape[0], x.shape[1], x.shape[1]], values) };
  }),
};
