/**
 * Honest float32 elementary functions: rounded once from float64, or as far off as a library may be. What is composed of the latter must
 * stay within the limits too, or a limit is no bound. Each gives the same result for the same number, as a function does.
 */
const { fround } = Math;
const u = 2 ** -24;

export interface HonestFunctions {
  readonly exp: (x: number) => number;
  readonly expm1: (x: number) => number;
  readonly log: (x: number) => number;
  readonly log1p: (x: number) => number;
}

const roundedOnce: HonestFunctions = {
  exp: (x) => fround(Math.exp(x)),
  expm1: (x) => fround(Math.expm1(x)),
  log: (x) => fround(Math.log(x)),
  log1p: (x) => fround(Math.log1p(x)),
};

/** Off by the largest error of each function, less the rounding, at every point; up or down as `sign` says. */
function off(sign: (y: number) => number): HonestFunctions {
  const moved = (y: number, limit: number) => fround(y * (1 + sign(y) * (limit - u)));
  const exponential = (x: number) => (Number.isFinite(x) ? 2 * u * (3 + 2 * Math.abs(x)) : 0);
  return {
    exp: (x) => moved(Math.exp(x), exponential(x)),
    expm1: (x) => moved(Math.expm1(x), exponential(x)),
    log: (x) => moved(Math.log(x), 4 * u),
    log1p: (x) => moved(Math.log1p(x), 4 * u),
  };
}

/** Up or down by the parity of some bits of y in the middle: as good as chance. */
function byParity(y: number): number {
  const [bits] = new Int32Array(Float32Array.of(y).buffer);
  return ((bits >> 7) ^ (bits >> 3) ^ (bits >> 12)) & 1 ? 1 : -1;
}

export const honestFunctions: Readonly<Record<string, HonestFunctions>> = {
  'rounded once': roundedOnce,
  'as large as allowed': off(() => 1),
  'as small as allowed': off(() => -1),
  'off either way': off(byParity),
};
