/** The floating-point formats that a backend can be judged by. */
export interface Precision {
  readonly name: 'float64' | 'float32' | 'tf32' | 'float16' | 'bf16';
  /** u: half the distance from 1 to the next number. A correctly rounded result is within u·|result|. */
  readonly unitRoundoff: number;
  /** Smallest positive number, subnormal. */
  readonly smallestSubnormal: number;
  readonly smallestNormal: number;
  readonly largest: number;
}

export const precisions: Readonly<Record<Precision['name'], Precision>> = {
  float64: format('float64', 53, 11),
  float32: format('float32', 24, 8),
  tf32: format('tf32', 11, 8),
  float16: format('float16', 11, 5),
  bf16: format('bf16', 8, 8),
};

/** `digits` counts the significant bits with the implied one; `exponentBits` as IEEE 754 has them. */
function format(name: Precision['name'], digits: number, exponentBits: number): Precision {
  const largestExponent = 2 ** (exponentBits - 1) - 1;
  const smallestNormal = 2 ** (1 - largestExponent);
  return {
    name,
    unitRoundoff: 2 ** -digits,
    smallestNormal,
    smallestSubnormal: smallestNormal * 2 ** (1 - digits),
    largest: (2 - 2 ** (1 - digits)) * 2 ** largestExponent,
  };
}
