/** Honest pooling: windows found by testing every pixel; ties resolved in each way that is right. */
import { tensor } from '../../../reference/tensor.ts';
import type { Case, HonestVariant, OutputsOf } from '../../judging/operation.ts';
import { anySum } from '../shared/variants.ts';

type PoolingName = 'maxPool2d' | 'maxPool2d.backward' | 'averagePool2d' | 'averagePool2d.backward';
type Asked = Pick<Case<PoolingName>, 'sizes' | 'attributes'>;

import { product, type Sum } from '../shared/honestSums.ts';

/** For each output position the image positions of its window, by testing every pixel instead of counting offsets. */
export function memberships({ sizes, attributes }: Asked): number[][] {
  const { window, stride, padding } = attributes;
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

const featureMaps = ({ sizes }: Asked) => [sizes.batch, sizes.channels, sizes.outputHeight, sizes.outputWidth];
const imageShape = ({ sizes }: Asked) => [sizes.batch, sizes.channels, sizes.height, sizes.width];

/** dx from the terms that each pixel is given. */
function gathered(asked: Asked, termsOf: (window: number, members: number[]) => [number, number][], sum: Sum) {
  const shape = imageShape(asked);
  const terms = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => [] as number[]);
  memberships(asked).forEach((members, window) => {
    for (const [at, term] of termsOf(window, members)) terms[at].push(term);
  });
  return tensor(shape, terms.map(sum));
}

const largest = ({ inputs: { x } }: Pick<Case<'maxPool2d'>, 'inputs'>, members: number[]) => {
  const values = members.map((at) => x.data[at]);
  return members.filter((_, i) => values[i] === Math.max(...values));
};

/** By operation and way; `sum` adds up the gradients that meet in one pixel, or a window's elements. */
export const honestPooling: {
  readonly [Name in PoolingName]: Readonly<Record<string, (asked: Case<Name>, sum: Sum) => OutputsOf<Name>>>;
} = {
  maxPool2d: {
    'max pooling': (asked) => ({
      y: tensor(
        featureMaps(asked),
        memberships(asked).map((members) => asked.inputs.x.data[largest(asked, members)[0]]),
      ),
    }),
  },
  'maxPool2d.backward': {
    'the first of tied maxima': (asked, sum) => ({
      dx: gathered(asked, (window, members) => [[largest(asked, members)[0], asked.inputs.dy.data[window]]], sum),
    }),
    'the last of tied maxima': (asked, sum) => ({
      dx: gathered(asked, (window, members) => [[largest(asked, members).at(-1)!, asked.inputs.dy.data[window]]], sum),
    }),
    'tied maxima sharing by division': (asked, sum) => ({
      dx: gathered(
        asked,
        (window, members) => {
          const ties = largest(asked, members);
          return ties.map((at) => [at, Math.fround(asked.inputs.dy.data[window] / ties.length)]);
        },
        sum,
      ),
    }),
    'tied maxima sharing by the reciprocal': (asked, sum) => ({
      dx: gathered(
        asked,
        (window, members) => {
          const ties = largest(asked, members);
          return ties.map((at) => [at, product(asked.inputs.dy.data[window], Math.fround(1 / ties.length))]);
        },
        sum,
      ),
    }),
  },
  averagePool2d: {
    'the sum, then the division': (asked, sum) => ({
      y: tensor(
        featureMaps(asked),
        memberships(asked).map((members) => Math.fround(sum(members.map((at) => asked.inputs.x.data[at])) / members.length)),
      ),
    }),
    'each element times the reciprocal': (asked, sum) => ({
      y: tensor(
        featureMaps(asked),
        memberships(asked).map((members) =>
          sum(members.map((at) => product(asked.inputs.x.data[at], Math.fround(1 / members.length)))),
        ),
      ),
    }),
  },
  'averagePool2d.backward': {
    'the gradient divided': (asked, sum) => ({
      dx: gathered(
        asked,
        (window, members) => members.map((at) => [at, Math.fround(asked.inputs.dy.data[window] / members.length)]),
        sum,
      ),
    }),
    'the gradient times the reciprocal': (asked, sum) => ({
      dx: gathered(
        asked,
        (window, members) => members.map((at) => [at, product(asked.inputs.dy.data[window], Math.fround(1 / members.length))]),
        sum,
      ),
    }),
  },
};

/** Makes the variants of one kind of pooling. */
export function poolingVariants<Name extends PoolingName>(name: Name): readonly HonestVariant<Name>[] {
  return Object.entries(honestPooling[name]).map(([way, outputs]) => ({
    name: `pooling: ${way}`,
    outputs: (asked: Case<Name>, random) => outputs(asked, anySum(random)),
  }));
}
