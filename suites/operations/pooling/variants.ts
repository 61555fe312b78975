/** Honest pooling: windows found by testing every pixel; ties resolved in each way that is right. */
import type { PoolingAttributes } from '../../../backends/signatures.ts';
import { tensor } from '../../../reference/tensor.ts';
import type { Case, NamedTensors } from '../../judging/operation.ts';
import { product, type Sum } from '../shared/honestSums.ts';

/** For each output position the image positions of its window, by testing every pixel instead of counting offsets. */
export function memberships({ sizes, attributes }: Case): number[][] {
  const { window, stride, padding } = attributes as unknown as PoolingAttributes;
  const lists: number[][] = [];
  for (let plane = 0; plane < sizes.batch * sizes.channels; plane++)
    for (let r = 0; r < sizes.outputHeight; r++)
      for (let s = 0; s < sizes.outputWidth; s++) {
        const [top, left] = [r * stride[0] - padding[0], s * stride[1] - padding[1]];
        const members: number[] = [];
        for (let row = 0; row < sizes.height; row++)
          for (let column = 0; column < sizes.width; column++)
            if (row >= top && row < top + window[0] && column >= left && column < left + window[1])
              members.push((plane * sizes.height + row) * sizes.width + column);
        lists.push(members);
      }
  return lists;
}

const featureMaps = ({ sizes }: Case) => [sizes.batch, sizes.channels, sizes.outputHeight, sizes.outputWidth];
const imageShape = ({ sizes }: Case) => [sizes.batch, sizes.channels, sizes.height, sizes.width];

/** dx from the terms that each pixel is given. */
function gathered(asked: Case, termsOf: (window: number, members: number[]) => [number, number][], sum: Sum) {
  const shape = imageShape(asked);
  const terms = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => [] as number[]);
  memberships(asked).forEach((members, window) => {
    for (const [at, term] of termsOf(window, members)) terms[at].push(term);
  });
  return tensor(shape, terms.map(sum));
}

const largest = (asked: Case, members: number[]) => {
  const values = members.map((at) => asked.inputs.x.data[at]);
  return members.filter((_, i) => values[i] === Math.max(...values));
};

export type Honest = (asked: Case, sum: Sum) => NamedTensors;
export const honestPooling: Record<string, [operation: string, Honest]> = {
  'max pooling': [
    'maxPool2d',
    (asked) => ({
      y: tensor(
        featureMaps(asked),
        memberships(asked).map((members) => asked.inputs.x.data[largest(asked, members)[0]]),
      ),
    }),
  ],
  'the first of tied maxima': [
    'maxPool2d.backward',
    (asked, sum) => ({
      dx: gathered(asked, (window, members) => [[largest(asked, members)[0], asked.inputs.dy.data[window]]], sum),
    }),
  ],
  'the last of tied maxima': [
    'maxPool2d.backward',
    (asked, sum) => ({
      dx: gathered(asked, (window, members) => [[largest(asked, members).at(-1)!, asked.inputs.dy.data[window]]], sum),
    }),
  ],
  'tied maxima sharing by division': [
    'maxPool2d.backward',
    (asked, sum) => ({
      dx: gathered(
        asked,
        (window, members) => {
          const ties = largest(asked, members);
          return ties.map((at) => [at, Math.fround(asked.inputs.dy.data[window] / ties.length)]);
        },
        sum,
      ),
    }),
  ],
  'tied maxima sharing by the reciprocal': [
    'maxPool2d.backward',
    (asked, sum) => ({
      dx: gathered(
        asked,
        (window, members) => {
          const ties = largest(asked, members);
          return ties.map((at) => [at, product(asked.inputs.dy.data[window], Math.fround(1 / ties.length))]);
        },
        sum,
      ),
    }),
  ],
  'the sum, then the division': [
    'averagePool2d',
    (asked, sum) => ({
      y: tensor(
        featureMaps(asked),
        memberships(asked).map((members) => Math.fround(sum(members.map((at) => asked.inputs.x.data[at])) / members.length)),
      ),
    }),
  ],
  'each element times the reciprocal': [
    'averagePool2d',
    (asked, sum) => ({
      y: tensor(
        featureMaps(asked),
        memberships(asked).map((members) =>
          sum(members.map((at) => product(asked.inputs.x.data[at], Math.fround(1 / members.length)))),
        ),
      ),
    }),
  ],
  'the gradient divided': [
    'averagePool2d.backward',
    (asked, sum) => ({
      dx: gathered(
        asked,
        (window, members) => members.map((at) => [at, Math.fround(asked.inputs.dy.data[window] / members.length)]),
        sum,
      ),
    }),
  ],
  'the gradient times the reciprocal': [
    'averagePool2d.backward',
    (asked, sum) => ({
      dx: gathered(
        asked,
        (window, members) => members.map((at) => [at, product(asked.inputs.dy.data[window], Math.fround(1 / members.length))]),
        sum,
      ),
    }),
  ],
};
