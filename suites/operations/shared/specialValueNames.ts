/** The special values that every input of free real numbers is asked with, by name. */
import { precisions } from '../../judging/precision.ts';

const { largest, smallestNormal } = precisions.float32;

export const specialValues: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  infinity: Infinity,
  'minus-infinity': -Infinity,
  largest,
  'smallest-normal': smallestNormal,
  subnormal: 1.5 * smallestNormal * 2 ** -10,
  zero: 0,
  'minus-zero': -0,
};
