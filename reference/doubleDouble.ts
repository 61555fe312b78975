/**
 * Double-double arithmetic: a number held as the unevaluated sum of two float64 numbers, some 106 significant bits.
 *
 * The reference needs it in one place. A composition such as 1/(1 + e^{−x}) of float64 operations that are each right to half an
 * ulp or nearly so is off by one to three ulps in the end. Carried out on pairs and rounded once, it is right to 0.51 ulp, and
 * the formula can still be read off the code. The exponential and logarithm below are right to about 60 bits.
 *
 * Knuth, The Art of Computer Programming 2, 4.2.2 (sum); Dekker 1971 (product, quotient); Tang 1989 (exponential by a table).
 */

/** The number high + low, where |low| is at most half an ulp of high. */
export interface Pair {
  readonly high: number;
  readonly low: number;
}

export function pair(value: number): Pair {
  return { high: value, low: 0 };
}

/** The float64 number nearest to the pair: the one rounding at the end of a computation. */
export function round({ high, low }: Pair): number {
  return high + low;
}

/** a + b without error. */
export function exactSum(a: number, b: number): Pair {
  const high = a + b;
  const bRounded = high - a;
  return { high, low: a - (high - bRounded) + (b - bRounded) };
}

/** a + b without error when |a| ≥ |b| or a is 0. */
function exactSumOrdered(a: number, b: number): Pair {
  const high = a + b;
  return { high, low: b - (high - a) };
}

/** a·b without error, unless |a| or |b| is above 2⁹⁹⁵ or the product is below 2⁻⁹⁶⁹. */
export function exactProduct(a: number, b: number): Pair {
  // 2²⁷ + 1 cuts 53 bits into two halves, whose products fit into a float64.
  const aShifted = 134217729 * a;
  const aHigh = aShifted - (aShifted - a);
  const aLow = a - aHigh;
  const bShifted = 134217729 * b;
  const bHigh = bShifted - (bShifted - b);
  const bLow = b - bHigh;
  const high = a * b;
  return { high, low: aHigh * bHigh - high + aHigh * bLow + aLow * bHigh + aLow * bLow };
}

export function add(a: Pair, b: Pair): Pair {
  const high = exactSum(a.high, b.high);
  const low = exactSum(a.low, b.low);
  const first = exactSumOrdered(high.high, high.low + low.high);
  return exactSumOrdered(first.high, first.low + low.low);
}

export function subtract(a: Pair, b: Pair): Pair {
  return add(a, { high: -b.high, low: -b.low });
}

export function multiply(a: Pair, b: Pair): Pair {
  const { high, low } = exactProduct(a.high, b.high);
  return exactSumOrdered(high, low + (a.high * b.low + a.low * b.high));
}

/** a/b: the float64 quotient, and what its remainder adds to it. */
export function divide(a: Pair, b: Pair): Pair {
  const quotient = a.high / b.high;
  const product = exactProduct(quotient, b.high);
  const remainder = a.high - product.high - product.low + a.low - quotient * b.low;
  return exactSumOrdered(quotient, remainder / b.high);
}

/** ln(2)/32 in three parts; the first two have 37 bits, so that their products with integers below 2¹⁶ are exact. */
export const stepParts = [0.021660849392446835, 5.1456092446457696e-14, 9.568252300058288e-26] as const;

/** 2^{j/32} for j = 0 … 31. */
const powers: readonly Pair[] = (() => {
  let root = pair(2);
  for (let i = 0; i < 5; i++) root = squareRoot(root);
  const table = [pair(1)];
  for (let j = 1; j < 32; j++) table.push(multiply(table[j - 1], root));
  return table;
})();

/** √a by one Newton step from the float64 root. */
function squareRoot(a: Pair): Pair {
  const root = Math.sqrt(a.high);
  const error = subtract(a, exactProduct(root, root));
  return exactSumOrdered(root, error.high / (2 * root));
}

/** x = n·ln(2)/32 + r with |r| ≤ 0.011, and e^r − 1 by its Taylor series. */
function reduce(x: Pair): { n: number; powerMinusOne: Pair } {
  const n = Math.round(x.high / stepParts[0]);
  const r = exactSum(x.high - n * stepParts[0], -n * stepParts[1]);
  const rLow = r.low + (x.low - n * stepParts[2]);
  const t = r.high;
  const tail = t * t * (1 / 2 + t * (1 / 6 + t * (1 / 24 + t * (1 / 120 + t * (1 / 720 + t / 5040))))) + t * rLow;
  return { n, powerMinusOne: exactSumOrdered(t, rLow + tail) };
}

/**
 * 2^shift·e^x: e^x = 2^{n/32}·e^r. The shift costs nothing and keeps what is multiplied later out of the subnormal range.
 *
 * ∞ gives (∞, 0), −∞ gives 0, NaN gives NaN.
 */
export function exponential(x: Pair, shift = 0): Pair {
  if (x.high > 800) return pair(Infinity);
  if (x.high < -800) return pair(0);
  const { n, powerMinusOne } = reduce(x);
  const power = powers[n & 31];
  const { high, low } = add(power, multiply(power, powerMinusOne));
  // The last factor alone may reach the subnormal range: one rounding.
  const exponent = (n - (n & 31)) / 32 + shift;
  const half = Math.trunc(exponent / 2);
  const [first, last] = [2 ** half, 2 ** (exponent - half)];
  return { high: high * first * last, low: low * first * last };
}

/** e^x − 1, as precise near 0 as elsewhere. */
export function exponentialMinusOne(x: Pair): Pair {
  if (Math.abs(x.high) > 800) return x.high > 0 ? pair(Infinity) : pair(-1);
  const { n, powerMinusOne } = reduce(x);
  return n === 0 ? powerMinusOne : subtract(exponential(x), pair(1));
}

/** ln(1 + x) for x ≥ 0: one Newton step y + (x − w)/(1 + w), where w = e^y − 1, from the float64 logarithm y. */
export function logarithmOnePlus(x: Pair): Pair {
  const y = Math.log1p(x.high);
  const w = exponentialMinusOne(pair(y));
  return exactSum(y, divide(subtract(x, w), add(pair(1), w)).high);
}
