/** Convolves an image that is moved, turned, scaled or warped (Rows C9 and R7). */
import { conv2d } from '../../reference/convolution.ts';
import { map, type Tensor, tensor, zeros } from '../../reference/tensor.ts';
import type { Random } from '../judging/random.ts';

/** From a pixel of the new image to the one of the old that it shows. */
type Move = (row: number, column: number) => readonly [row: number, column: number];

const moves = (size: number): Readonly<Record<'translation' | 'rotation' | 'scaling' | 'warping', Move>> => ({
  translation: (r, c) => [r - 2, c + 1],
  rotation: (r, c) => [c, size - 1 - r],
  scaling: (r, c) => [Math.floor(r / 2) + size / 4, Math.floor(c / 2) + size / 4],
  warping: (r, c) => [r + Math.round(2 * Math.sin(c / 2)), c],
});
export type Movement = keyof ReturnType<typeof moves>;

/** Both relative to the feature map, compared away from the border. */
export interface Violation {
  /** ‖conv(Tx) − T conv(x)‖ / ‖T conv(x)‖: 0 where the convolution is equivariant. */
  readonly equivariance: number;
  /** ‖conv(Tx) − conv(x)‖ / ‖conv(x)‖: 0 where it is invariant. */
  readonly invariance: number;
}

/** One random image and one random kernel of 3 × 3, for each movement. */
export function violations(random: Random, size: number): Readonly<Record<Movement, Violation>> {
  const image = smoothImage(random, size);
  const weights = map(zeros([1, 1, 3, 3]), () => random.normal());
  const options = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 } as const;
  const features = (x: Tensor) => conv2d(x, weights, undefined, options);
  const inside = Array.from(image.data, (_, i) => i).filter((i) =>
    [Math.floor(i / size), i % size].every((at) => at >= 4 && at < size - 4),
  );
  const norm = (values: readonly number[]) => Math.hypot(...values);
  const gap = (a: Tensor, b: Tensor) => norm(inside.map((i) => a.data[i] - b.data[i])) / norm(inside.map((i) => b.data[i]));
  const still = features(image);
  return Object.fromEntries(
    Object.entries(moves(size)).map(([name, move]) => {
      const moved = features(movedImage(image, move));
      return [name, { equivariance: gap(moved, movedImage(still, move)), invariance: gap(moved, still) }];
    }),
  ) as Record<Movement, Violation>;
}

/** The image whose pixel (r, c) is the given image's pixel at f(r, c), 0 outside. Every channel is moved alike. */
export function movedImage(image: Tensor, f: Move): Tensor {
  const [, channels, height, width] = image.shape;
  const result = zeros(image.shape);
  for (let k = 0; k < channels; k++) {
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        const [row, column] = f(r, c);
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        result.data[(k * height + r) * width + c] = image.data[(k * height + row) * width + column];
      }
    }
  }
  return result;
}

/** A sum of a few random waves: smooth enough that a change of scale is not mere noise. */
function smoothImage(random: Random, size: number): Tensor {
  const waves = Array.from({ length: 6 }, () => [
    0.8 * random.normal(),
    0.8 * random.normal(),
    6 * random.next(),
    random.normal(),
  ]);
  return map(
    tensor(
      [1, 1, size, size],
      Array.from({ length: size * size }, (_, i) => i),
    ),
    (i) =>
      waves.reduce(
        (total, [a, b, phase, height]) => total + height * Math.sin(a * Math.floor(i / size) + b * (i % size) + phase),
        0,
      ),
  );
}
