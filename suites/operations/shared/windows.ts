/** Geometry of windows that move over images: convolutions, locally connected layers, pooling, and networks of them. */
import type { Padding, Pair } from '../../../backends/signatures.ts';
import { convolutionOutputSize } from '../../../reference/convolution.ts';

/** The places of the windows; without dilation the elements of a window are neighbours. */
export interface WindowPlacement {
  readonly stride: Pair;
  readonly padding: Padding;
  readonly dilation?: Pair;
}

/** Returns the rows (or columns) that a window covers: dilation · (size − 1) + 1. */
export const covered = (size: number, dilation: number) => dilation * (size - 1) + 1;

/** Returns the rows and columns of the output: the positions that a window has. */
export function windowPositions(image: Pair, window: Pair, { stride, padding, dilation = [1, 1] }: WindowPlacement): Pair {
  const along = (axis: 0 | 1) =>
    convolutionOutputSize(image[axis], window[axis], stride[axis], padding[axis], padding[axis + 2], dilation[axis]);
  return [along(0), along(1)];
}

/** Cuts drawn padding to less than what the window covers, so that no window holds padding alone. */
export function paddingWithin([top, left, bottom, right]: Padding, [rows, columns]: Pair): Padding {
  return [Math.min(top, rows - 1), Math.min(left, columns - 1), Math.min(bottom, rows - 1), Math.min(right, columns - 1)];
}

/** Returns the smallest image on which the window has a position, and `beyond` more rows and columns. */
export function imageFor([rows, columns]: Pair, padding: Padding, beyond: Pair): Pair {
  const along = (axis: 0 | 1, size: number) => Math.max(1, size - padding[axis] - padding[axis + 2]) + beyond[axis];
  return [along(0, rows), along(1, columns)];
}
