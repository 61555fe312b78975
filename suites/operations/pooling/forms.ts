/** Pooling as libraries write it: windows found by testing every pixel, shares by division or by a reciprocal. */
import type { PoolingAttributes } from '../../../backends/signatures.ts';
import { type Tensor, tensor } from '../../../reference/tensor.ts';
import type { Arithmetic, Form, Forms } from '../../judging/forms.ts';
import { upTo } from '../shared/formTensors.ts';

/** The positions in x of each window's elements, in the order of the outputs. */
export function windowsOf([batch, channels, height, width]: readonly number[], options: PoolingAttributes): number[][] {
  const { window, stride, padding } = options;
  const counts = [
    Math.floor((height + padding[0] + padding[2] - window[0]) / stride[0]) + 1,
    Math.floor((width + padding[1] + padding[3] - window[1]) / stride[1]) + 1,
  ];
  return upTo(batch * channels).flatMap((plane) =>
    upTo(counts[0]).flatMap((r) =>
      upTo(counts[1]).map((s) => {
        const [top, left] = [r * stride[0] - padding[0], s * stride[1] - padding[1]];
        return upTo(height * width)
          .filter((at) => {
            const [row, column] = [Math.floor(at / width), at % width];
            return row >= top && row < top + window[0] && column >= left && column < left + window[1];
          })
          .map((at) => plane * height * width + at);
      }),
    ),
  );
}
export function pooledShape([batch, channels, height, width]: readonly number[], options: PoolingAttributes): number[] {
  const { window, stride, padding } = options;
  return [
    batch,
    channels,
    Math.floor((height + padding[0] + padding[2] - window[0]) / stride[0]) + 1,
    Math.floor((width + padding[1] + padding[3] - window[1]) / stride[1]) + 1,
  ];
}

/** Sums what each window gives to each element of x. */
export function scattered(
  shape: readonly number[],
  shares: readonly (readonly [at: number, share: number])[],
  m: Arithmetic,
): Tensor {
  const terms = upTo(shape.reduce((a, b) => a * b, 1)).map((): number[] => []);
  for (const [at, share] of shares) terms[at].push(share);
  return tensor(shape, terms.map(m.sum));
}

const poolingOf = (attributes: Readonly<Record<string, unknown>>) => attributes as unknown as PoolingAttributes;

type Share = (dy: number, count: number, m: Arithmetic) => number;
const divided: Share = (dy, count, m) => m.divide(dy, count);
const byReciprocal: Share = (dy, count, m) => m.multiply(dy, m.divide(1, count));

/** `chosen` gives the positions among tied maxima that share the gradient. */
const maxBackward =
  (chosen: (ties: readonly number[], window: number) => readonly number[], share: Share): Form =>
  ({ inputs: { x, dy }, attributes }, m) => {
    const shares = windowsOf(x.shape, poolingOf(attributes)).flatMap((members, window) => {
      const largest = Math.max(...members.map((at) => x.data[at]));
      const winners = chosen(
        members.filter((at) => x.data[at] === largest || Number.isNaN(x.data[at])),
        window,
      );
      return winners.map((at): [number, number] => [
        at,
        winners.length === 1 ? dy.data[window] : share(dy.data[window], winners.length, m),
      ]);
    });
    return { dx: scattered(x.shape, shares, m) };
  };
const averageBackward =
  (share: Share): Form =>
  ({ inputs: { dy }, attributes }, m) => {
    const shape = [dy.shape[0], dy.shape[1], ...(attributes.inputSize as number[])];
    const shares = windowsOf(shape, poolingOf(attributes)).flatMap((members, window) =>
      members.map((at): [number, number] => [at, share(dy.data[window], members.length, m)]),
    );
    return { dx: scattered(shape, shares, m) };
  };
const pooled =
  (f: (values: readonly number[], m: Arithmetic) => number): Form =>
  ({ inputs: { x }, attributes }, m) => ({
    y: tensor(
      pooledShape(x.shape, poolingOf(attributes)),
      windowsOf(x.shape, poolingOf(attributes)).map((members) =>
        f(
          members.map((at) => x.data[at]),
          m,
        ),
      ),
    ),
  });

export const poolingForms: Forms = {
  maxPool2d: { 'the largest': pooled((values) => Math.max(...values)) },
  'maxPool2d.backward': {
    'the first of ties': maxBackward((ties) => ties.slice(0, 1), divided),
    'the last of ties': maxBackward((ties) => ties.slice(-1), divided),
    'another of the ties in each window': maxBackward((ties, window) => [ties[(window * 7 + 1) % ties.length]], divided),
    'all ties evenly': maxBackward((ties) => ties, divided),
    'all ties evenly, by the reciprocal': maxBackward((ties) => ties, byReciprocal),
  },
  averagePool2d: {
    'Σx/n': pooled((values, m) => m.divide(m.sum(values), values.length)),
    'Σx·(1/n)': pooled((values, m) => m.multiply(m.sum(values), m.divide(1, values.length))),
    'Σ(x/n)': pooled((values, m) => m.sum(values.map((value) => m.divide(value, values.length)))),
  },
  'averagePool2d.backward': { 'dy/n': averageBackward(divided), 'dy·(1/n)': averageBackward(byReciprocal) },
};
