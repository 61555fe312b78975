/** Honest softmax, its backward pass and its Jacobian, as libraries compute them in float32. */
import { type Tensor, tensor } from '../../../reference/tensor.ts';
import type { HonestVariant } from '../../judging/operation.ts';
import type { Random } from '../../judging/random.ts';
import { type HonestFunctions, honestFunctions } from '../shared/honestFunctions.ts';
import { product, type Sum } from '../shared/honestSums.ts';
import { anyOf, anySum } from '../shared/variants.ts';

const { fround } = Math;

export interface Arithmetic {
  readonly functions: HonestFunctions;
  readonly sum: Sum;
}

/** Softmax of one row as libraries compute it, every operation rounded to float32. */
export const softmaxRows: Record<string, (x: readonly number[], arithmetic: Arithmetic) => number[]> = {
  'e^z/Σe^z': (x, { functions: { exp }, sum }) => {
    const largest = Math.max(...x);
    const powers = x.map((v) => exp(fround(v - largest)));
    const total = sum(powers);
    return powers.map((power) => fround(power / total));
  },
  'e^z·(1/Σe^z)': (x, { functions: { exp }, sum }) => {
    const largest = Math.max(...x);
    const powers = x.map((v) => exp(fround(v - largest)));
    const reciprocal = fround(1 / sum(powers));
    return powers.map((power) => product(power, reciprocal));
  },
  'by log-sum-exp': (x, { functions: { exp, log }, sum }) => {
    const largest = Math.max(...x);
    const logarithm = log(sum(x.map((v) => exp(fround(v - largest)))));
    return x.map((v) => exp(fround(fround(v - largest) - logarithm)));
  },
  // What has been summed is scaled again wherever a larger element comes; each time the exponential's own rounding is added.
  'with a running maximum': (x) => {
    const exp = (v: number) => fround(Math.exp(v));
    let largest = -Infinity;
    let total = 0;
    for (const v of x) {
      if (!(v <= largest)) {
        total = largest === -Infinity ? 0 : fround(total * exp(fround(largest - v)));
        largest = v;
      }
      total = fround(total + exp(fround(v - largest)));
    }
    return x.map((v) => fround(exp(fround(v - largest)) / total));
  },
  'in float64, rounded once': (x) => {
    const largest = Math.max(...x);
    const powers = x.map((v) => Math.exp(v - largest));
    const total = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => fround(power / total));
  },
};

type Backward = (y: readonly number[], dy: readonly number[], sum: Sum) => number[];
export const softmaxBackwards: Record<string, Backward> = {
  'y(dy − m)': (y, dy, sum) => {
    const mean = sum(y.map((v, i) => product(v, dy[i])));
    return y.map((v, i) => product(v, fround(dy[i] - mean)));
  },
  'dy·y − y·m': (y, dy, sum) => {
    const products = y.map((v, i) => product(v, dy[i]));
    const mean = sum(products);
    return products.map((p, i) => fround(p - product(y[i], mean)));
  },
};

export const jacobianEntries: Record<string, (yi: number, yj: number, delta: number) => number> = {
  'yᵢ(δ − yⱼ)': (yi, yj, delta) => product(yi, fround(delta - yj)),
  'δyᵢ − yᵢyⱼ': (yi, yj, delta) => fround(delta * yi - product(yi, yj)),
};

/** The rows of a matrix as lists. */
export const split = ({ shape: [batch, classes], data }: Tensor) =>
  Array.from({ length: batch }, (_, n) => Array.from(data.subarray(n * classes, (n + 1) * classes)));

/** Each sample's softmax by one way, in an arithmetic that is drawn. */
function rowsBy(way: (typeof softmaxRows)[string], x: Tensor, random: Random) {
  const arithmetic = { functions: anyOf(honestFunctions, random), sum: anySum(random) };
  return { rows: split(x).map((values) => way(values, arithmetic)), sum: arithmetic.sum };
}

const ways = Object.entries(softmaxRows).map(([name, way]) => ({ name: `softmax: ${name}`, way }));

export const softmaxVariants: readonly HonestVariant<'softmax'>[] = ways.map(({ name, way }) => ({
  name,
  outputs: ({ inputs: { x } }, random) => ({ y: tensor(x.shape, rowsBy(way, x, random).rows.flat()) }),
}));

export const softmaxBackwardVariants: readonly HonestVariant<'softmax.backward'>[] = ways.map(({ name, way }) => ({
  name,
  outputs: ({ inputs: { x, dy } }, random) => {
    const { rows, sum } = rowsBy(way, x, random);
    const backward = anyOf(softmaxBackwards, random);
    const upstream = split(dy);
    return {
      dx: tensor(
        x.shape,
        rows.flatMap((y, n) => backward(y, upstream[n], sum)),
      ),
    };
  },
}));

export const softmaxJacobianVariants: readonly HonestVariant<'softmax.jacobian'>[] = ways.map(({ name, way }) => ({
  name,
  outputs: ({ inputs: { x } }, random) => {
    const entry = anyOf(jacobianEntries, random);
    const entries = rowsBy(way, x, random).rows.map((y) => y.map((yi, i) => y.map((yj, j) => entry(yi, yj, i === j ? 1 : 0))));
    return { jacobian: tensor([x.shape[0], x.shape[1], x.shape[1]], entries.flat(2)) };
  },
}));
