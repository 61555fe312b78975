/** How people get softmax, its backward pass and its Jacobian wrong. */
import { softmax, softmaxBackward, softmaxJacobian } from '../../../reference/softmax.ts';
import { combine, map, type Tensor, tensor } from '../../../reference/tensor.ts';
import type { KnownMistake } from '../../judging/operation.ts';
import { precisions } from '../../judging/precision.ts';
import { rounded } from '../../judging/tensorChanges.ts';

const { fround } = Math;

/** Each row given to f as a list of numbers. */
function byRow(x: Tensor, f: (row: number[], index: number) => number[]): Tensor {
  const [batch, classes] = x.shape;
  const rows = Array.from({ length: batch }, (_, n) => f(Array.from(x.data.subarray(n * classes, (n + 1) * classes)), n));
  return tensor(x.shape, rows.flat());
}

function transposed(x: Tensor): Tensor {
  const [rows, columns] = x.shape;
  return tensor(
    [columns, rows],
    Array.from({ length: rows * columns }, (_, i) => x.data[(i % rows) * columns + Math.floor(i / rows)]),
  );
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** e^(x − shift)/Σ in float32, for any choice of the shift and of what is summed. */
function exponentials(x: Tensor, shift: (row: number[]) => number, summed = total): Tensor {
  return byRow(x, (row) => {
    const powers = row.map((v) => fround(Math.exp(fround(v - shift(row)))));
    return powers.map((power) => fround(power / fround(summed(powers))));
  });
}

export const softmaxMistakes: readonly KnownMistake<'softmax'>[] = [
  {
    name: 'wrong-axis',
    says: 'softmax over the first axis',
    outputs: ({ x }) => ({ y: transposed(softmax(transposed(x))) }),
  },
  {
    name: 'maximum-not-subtracted',
    says: 'exponentials without the maximum subtracted, in float32',
    outputs: ({ x }) => ({ y: exponentials(x, () => 0) }),
  },
  {
    name: 'maximum-of-the-batch',
    says: 'exponentials with the maximum of the whole batch subtracted, in float32',
    outputs: ({ x }) => ({ y: exponentials(x, () => Math.max(...x.data)) }),
  },
  {
    name: 'maximum-starts-at-zero',
    says: 'exponentials with the maximum of the row and 0 subtracted, in float32: 0/0 far below',
    link: 'https://github.com/csarofeen/pytorch/pull/1141',
    outputs: ({ x }) => ({ y: exponentials(x, (row) => Math.max(0, ...row)) }),
  },
  {
    name: 'not-normalized',
    says: 'e^(x − max): not divided by the sum',
    outputs: ({ x }) => ({
      y: exponentials(
        x,
        (row) => Math.max(...row),
        () => 1,
      ),
    }),
  },
  {
    name: 'last-class-not-summed',
    says: 'e^x divided by a sum that misses the last class',
    outputs: ({ x }) => ({
      y: exponentials(
        x,
        (row) => Math.max(...row),
        (powers) => total(powers.slice(0, -1)),
      ),
    }),
  },
  {
    name: 'base-two',
    says: 'powers of 2 for those of e',
    outputs: ({ x }) => ({ y: softmax(map(x, (v) => v * Math.LN2)) }),
  },
  {
    name: 'sigmoid',
    says: 'the sigmoid of each element',
    outputs: ({ x }) => ({ y: map(x, (v) => 1 / (1 + Math.exp(-v))) }),
  },
  {
    name: 'logarithm',
    says: 'ln softmax(x)',
    outputs: ({ x }) => ({ y: map(softmax(x), Math.log) }),
  },
  {
    name: 'half-precision',
    says: 'the result rounded to 11 significant bits',
    outputs: ({ x }) => ({ y: rounded(softmax(x), precisions.tf32) }),
  },
];

/** y(dy − mean) with another mean of a row of dy, or another product. */
const withMean =
  (mean: (dy: number[], y: number[]) => number) =>
  ({ x, dy }: { x: Tensor; dy: Tensor }) => {
    const classes = x.shape[1];
    const y = softmax(x);
    return {
      dx: byRow(dy, (row, n) => {
        const outputs = Array.from(y.data.subarray(n * classes, (n + 1) * classes));
        const m = mean(row, outputs);
        return row.map((d, i) => outputs[i] * (d - m));
      }),
    };
  };

export const softmaxBackwardMistakes: readonly KnownMistake<'softmax.backward'>[] = [
  {
    name: 'diagonal-only',
    says: 'dy·y(1 − y): only the diagonal of the Jacobian',
    outputs: ({ x, dy }) => ({ dx: combine(softmax(x), dy, (y, d) => d * y * (1 - y)) }),
  },
  {
    name: 'mean-not-subtracted',
    says: 'dy·y: the mean is not subtracted',
    outputs: withMean(() => 0),
  },
  {
    name: 'unweighted-mean',
    says: 'y(dy − mean of dy): the mean is not weighted with y',
    outputs: withMean((dy) => total(dy) / dy.length),
  },
  {
    name: 'last-class-not-summed',
    says: 'y(dy − mean) with a mean that misses the last class',
    outputs: withMean((dy, y) => total(dy.slice(0, -1).map((d, i) => d * y[i]))),
  },
  {
    name: 'negative-gradient',
    says: 'the negative gradient',
    outputs: ({ x, dy }) => ({ dx: map(softmaxBackward(x, dy), (v) => -v) }),
  },
  {
    name: 'wrong-axis',
    says: 'the gradient of softmax over the first axis',
    outputs: ({ x, dy }) => ({ dx: transposed(softmaxBackward(transposed(x), transposed(dy))) }),
  },
  {
    name: 'upstream-ignored',
    says: 'y(1 − y): dy is ignored',
    outputs: ({ x }) => ({ dx: map(softmax(x), (y) => y * (1 - y)) }),
  },
  {
    name: 'half-precision',
    says: 'the result from a softmax rounded to 11 significant bits',
    outputs: ({ x, dy }) => ({ dx: rounded(softmaxBackward(x, dy), precisions.tf32) }),
  },
];

/** The right Jacobian with f of each element and of its place on the diagonal or off it. */
const edited =
  (f: (value: number, y: number, onDiagonal: boolean) => number) =>
  ({ x }: { x: Tensor }) => {
    const classes = x.shape[1];
    const y = softmax(x);
    const jacobian = softmaxJacobian(x);
    return {
      jacobian: tensor(
        jacobian.shape,
        Array.from(jacobian.data, (value, k) => {
          const row = Math.floor(k / classes);
          return f(value, y.data[row], k % classes === row % classes);
        }),
      ),
    };
  };

export const jacobianMistakes: readonly KnownMistake<'softmax.jacobian'>[] = [
  {
    name: 'diagonal-only',
    says: 'zeros off the diagonal',
    outputs: edited((value, _, onDiagonal) => (onDiagonal ? value : 0)),
  },
  {
    name: 'sign-off-diagonal',
    says: '+yᵢyⱼ off the diagonal',
    outputs: edited((value, _, onDiagonal) => (onDiagonal ? value : -value)),
  },
  {
    name: 'square-missing',
    says: 'yᵢ on the diagonal: −yᵢ² is missing',
    outputs: edited((value, y, onDiagonal) => (onDiagonal ? y : value)),
  },
  {
    name: 'diagonal-missing',
    says: '−yᵢyⱼ on the diagonal too: δ is missing',
    outputs: edited((value, y, onDiagonal) => (onDiagonal ? -y * y : value)),
  },
  { name: 'negative', says: 'the negative Jacobian', outputs: edited((value) => -value) },
  {
    name: 'half-precision',
    says: 'the result rounded to 11 significant bits',
    outputs: ({ x }) => ({ jacobian: rounded(softmaxJacobian(x), precisions.tf32) }),
  },
];
