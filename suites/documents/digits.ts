/** The handwritten digits of `fixtures/digits`, as tensors. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Tensor, tensor } from '../../reference/tensor.ts';
import { randomFrom } from '../judging/random.ts';

export interface Digits {
  /** [samples, 1, 8, 8], pixels scaled to [0, 1]. */
  readonly images: Tensor;
  /** One-hot [samples, 10]. */
  readonly targets: Tensor;
  readonly labels: readonly number[];
}

/** All 1,797 digits in an order shuffled with the seed, the first 80 % to train on and the rest held out. */
export function loadDigits(seed: number): { training: Digits; heldOut: Digits } {
  const text = gunzipSync(readFileSync(new URL('../../fixtures/digits/digits.csv.gz', import.meta.url))).toString('utf8');
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  const random = randomFrom(seed, 'digits');
  for (let i = rows.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  const cut = Math.round(0.8 * rows.length);
  return { training: digitsOf(rows.slice(0, cut)), heldOut: digitsOf(rows.slice(cut)) };
}

function digitsOf(rows: readonly (readonly number[])[]): Digits {
  const labels = rows.map((row) => row[64]);
  return {
    images: tensor(
      [rows.length, 1, 8, 8],
      rows.flatMap((row) => row.slice(0, 64).map((pixel) => pixel / 16)),
    ),
    targets: tensor(
      [rows.length, 10],
      labels.flatMap((label) => Array.from({ length: 10 }, (_, digit) => (digit === label ? 1 : 0))),
    ),
    labels,
  };
}

/** Some samples of a set, in the order asked for. */
export function pick({ images, targets, labels }: Digits, samples: readonly number[]): Digits {
  const part = (t: Tensor) => {
    const size = t.data.length / t.shape[0];
    return tensor(
      [samples.length, ...t.shape.slice(1)],
      samples.flatMap((n) => Array.from(t.data.subarray(n * size, (n + 1) * size))),
    );
  };
  return { images: part(images), targets: part(targets), labels: samples.map((n) => labels[n]) };
}

/** Share of rows whose largest score is at the label. */
export function accuracy(scores: Tensor, labels: readonly number[]): number {
  const classes = scores.shape[1];
  const right = labels.filter((label, n) => {
    const row = Array.from(scores.data.subarray(n * classes, (n + 1) * classes));
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / labels.length;
}
