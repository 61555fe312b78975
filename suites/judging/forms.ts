/**
 * Arithmetics that honest backends compute in: a format, whether products are fused into sums, the order of summation, and elementary
 * functions as accurate as some library's. A form of an operation is written once over `Arithmetic` and is then a backend in each of them.
 *
 * Nothing here is the reference's own: the exact sums and products of float64 numbers are made anew.
 */
import type { NamedTensors } from '../../backends/signatures.ts';

export interface Arithmetic {
  readonly name: string;
  /** To the nearest number of the format: attributes, constants. */
  readonly round: (x: number) => number;
  readonly add: (a: number, b: number) => number;
  readonly subtract: (a: number, b: number) => number;
  readonly multiply: (a: number, b: number) => number;
  readonly divide: (a: number, b: number) => number;
  readonly squareRoot: (x: number) => number;
  /** a·b + c, rounded once where the arithmetic is fused. */
  readonly multiplyAdd: (a: number, b: number, c: number) => number;
  /** The sum of numbers of the format, in this arithmetic's order; 0 of none. */
  readonly sum: (terms: readonly number[]) => number;
  /** Σab (+ c), in the same order. */
  readonly dot: (a: readonly number[], b: readonly number[], c?: number) => number;
  readonly exp: (x: number) => number;
  readonly expm1: (x: number) => number;
  readonly log: (x: number) => number;
  readonly log1p: (x: number) => number;
  readonly tanh: (x: number) => number;
  readonly cosh: (x: number) => number;
  readonly erf: (x: number) => number;
  readonly erfc: (x: number) => number;
}

/** One way to compute an operation. */
export type Form = (
  asked: { readonly inputs: NamedTensors; readonly attributes: Readonly<Record<string, unknown>> },
  arithmetic: Arithmetic,
) => NamedTensors;

/** The ways to compute each operation of a family: names of operations, then of forms. */
export type Forms = Readonly<Record<string, Readonly<Record<string, Form>>>>;

type Pair = readonly [high: number, low: number];

/** a + b as its nearest number and what that misses (Knuth). */
function twoSum(a: number, b: number): Pair {
  const high = a + b;
  const ofB = high - a;
  return [high, a - (high - ofB) + (b - ofB)];
}

/** a·b as its nearest number and what that misses (Veltkamp, Dekker). */
function twoProduct(a: number, b: number): Pair {
  const high = a * b;
  const [aHigh, aLow] = halves(a);
  const [bHigh, bLow] = halves(b);
  return [high, aLow * bLow - (high - aHigh * bHigh - aLow * bHigh - aHigh * bLow)];
}

function halves(x: number): Pair {
  const shifted = (2 ** 27 + 1) * x;
  const high = shifted - (shifted - x);
  return [high, x - high];
}

/** a·b + c of float64 numbers, rounded once but for the rare tie; plain where halves overflow or a remainder underflows. */
function fusedDouble(a: number, b: number, c: number): number {
  const plain = a * b + c;
  const size = Math.abs(a * b);
  if (!(Math.max(Math.abs(a), Math.abs(b)) < 2 ** 990 && size > 2 ** -960 && Number.isFinite(plain))) return plain;
  const [product, lost] = twoProduct(a, b);
  const [sum, rest] = twoSum(product, c);
  return sum + (rest + lost);
}

/** The sum of float64 numbers, rounded once (Shewchuk's growing expansions, as Python's fsum). */
function exactSum(terms: readonly number[]): number {
  let parts: number[] = [];
  for (const term of terms) {
    if (!Number.isFinite(term)) return terms.reduce((a, b) => a + b, 0);
    let carried = term;
    const next: number[] = [];
    for (const part of parts) {
      const [high, low] = twoSum(carried, part);
      if (low !== 0) next.push(low);
      carried = high;
    }
    parts = [...next, carried];
  }
  const sum = parts.reduceRight((a, b) => a + b, 0);
  return Number.isFinite(sum) ? sum : terms.reduce((a, b) => a + b, 0);
}

/** e^{−x²}, of a square that is not rounded. */
function ofSquare(x: number): number {
  const [high, low] = twoProduct(x, x);
  return Math.exp(-high) * (1 - low);
}

/** erf x = 2/√π·e^{−x²}(x + 2x³/3 + 4x⁵/15 + …), of which no term cancels another; used up to 2. */
function errorFunction(x: number): number {
  let [term, sum] = [x, x];
  for (let odd = 3; Math.abs(term) > 1e-18 * Math.abs(sum); odd += 2) {
    term *= (2 * x * x) / odd;
    sum += term;
  }
  return ((2 * ofSquare(x)) / Math.sqrt(Math.PI)) * sum;
}

/** erfc x = e^{−x²}/√π/(x + ½/(x + 1/(x + 3/2/(x + …)))), from 2 on. */
function complementaryFraction(x: number): number {
  let fraction = x;
  for (let k = 200; k > 0; k--) fraction = x + k / 2 / fraction;
  return ofSquare(x) / Math.sqrt(Math.PI) / fraction;
}

function erf(x: number): number {
  if (!(Math.abs(x) <= 30)) return Number.isNaN(x) ? x : Math.sign(x);
  return Math.abs(x) < 2 ? errorFunction(x) : Math.sign(x) * (1 - complementaryFraction(Math.abs(x)));
}
function erfc(x: number): number {
  if (!(Math.abs(x) <= 30)) return x > 0 ? 0 : x < 0 ? 2 : x;
  if (x > 2) return complementaryFraction(x);
  // Between ½ and 2 the difference loses three bits of sixty at most.
  return x < -2 ? 2 - complementaryFraction(-x) : 1 - errorFunction(x);
}

type Order = 'sequential' | 'reversed' | 'pairwise' | 'lanes' | 'rounded once';
type Fused = Arithmetic['multiplyAdd'];

function ordered(order: Order, format: 'float32' | 'float64', multiplyAdd: Fused): Pick<Arithmetic, 'sum' | 'dot'> {
  const round = format === 'float32' ? Math.fround : (x: number) => x;
  /** Adds a·b to a sum that has begun; of a plain sum the b are 1. */
  const run = (a: readonly number[], b: readonly number[] | undefined, from: number, to: number, by = 1): number => {
    let sum = 0;
    for (let i = from; i < to; i += by) sum = b ? multiplyAdd(a[i], b[i], sum) : round(sum + a[i]);
    return sum;
  };
  const halved = (a: readonly number[], b: readonly number[] | undefined, from: number, to: number): number => {
    if (to - from <= 4) return run(a, b, from, to);
    const middle = (from + to) >> 1;
    return round(halved(a, b, from, middle) + halved(a, b, middle, to));
  };
  const orders: Record<Order, (a: readonly number[], b?: readonly number[]) => number> = {
    sequential: (a, b) => run(a, b, 0, a.length),
    reversed: (a, b) => run(a.toReversed(), b?.toReversed(), 0, a.length),
    pairwise: (a, b) => halved(a, b, 0, a.length),
    lanes: (a, b) => [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, lane) => round(sum + run(a, b, lane, a.length, 8)), 0),
    'rounded once': (a, b) => {
      if (format === 'float32') return round(a.reduce((sum, value, i) => sum + (b ? value * b[i] : value), 0));
      if (!b) return exactSum(a);
      const products = a.map((value, i) => value * b[i]);
      const inRange = products.every((p) => p === 0 || (Math.abs(p) > 2 ** -900 && Math.abs(p) < 2 ** 900));
      return exactSum(inRange ? [...products, ...a.map((value, i) => twoProduct(value, b[i])[1])] : products);
    },
  };
  return {
    sum: (terms) => orders[order](terms),
    dot: (a, b, c) => {
      const products = orders[order](a, b);
      return c === undefined ? products : round(products + c);
    },
  };
}

/** The direction in which a library's functions miss the nearest number, in the last place: up, down, or either way by some bits of the result. */
type Accuracy = 'nearest' | 'above' | 'below' | 'either way';

const bits = new DataView(new ArrayBuffer(8));
function parity(y: number): number {
  bits.setFloat64(0, y);
  const word = bits.getUint32(0) ^ bits.getUint32(4);
  return ((word >> 9) ^ (word >> 3) ^ (word >> 14)) & 1 ? 1 : -1;
}

function functionsOf(format: 'float32' | 'float64', accuracy: Accuracy) {
  const u = format === 'float32' ? 2 ** -24 : 2 ** -53;
  const round = format === 'float32' ? Math.fround : (x: number) => x;
  const signs = { nearest: () => 0, above: () => 1, below: () => -1, 'either way': parity };
  const sign = signs[accuracy];
  // A library's error in float64 comes on top of that of Math, which is up to one unit of the last place: 2u.
  const own = format === 'float32' ? u : 2 * u;
  const moved = (y: number, limit: number) =>
    Number.isFinite(y) && Math.abs(y) > 2 ** -120 ? round(y * (1 + sign(y) * Math.max(0, limit - own))) : round(y);
  const exponential = (x: number) => 2 * u * (3 + 2 * Math.min(Math.abs(x), 800));
  return {
    exp: (x: number) => moved(Math.exp(x), exponential(x)),
    // Below 0 an error of the exponential weighs e^x/(1 − e^x).
    expm1: (x: number) =>
      moved(Math.expm1(x), x < 0 ? 2 * u * (3 + Math.min(1, 1 / Math.expm1(-x)) * 2 * Math.min(-x, 800)) : exponential(x)),
    log: (x: number) => moved(Math.log(x), 4 * u),
    log1p: (x: number) => moved(Math.log1p(x), 4 * u),
    tanh: (x: number) => {
      const y = moved(Math.tanh(x), 4 * u);
      return Math.abs(y) > 1 ? Math.sign(y) : y;
    },
    cosh: (x: number) => round((Math.exp(x) + Math.exp(-x)) / 2),
    erf: (x: number) => {
      // Where it rounds to ±1 every library has that.
      if (Math.abs(round(erf(x))) === 1) return round(erf(x));
      const y = moved(erf(x), 8 * u - own);
      return Math.abs(y) > 1 ? Math.sign(y) : y;
    },
    erfc: (x: number) => moved(erfc(x), x > 0 ? Math.min(exponential(x * x), 1) : 4 * u),
  };
}

function arithmetic(format: 'float32' | 'float64', order: Order, fused: boolean, accuracy: Accuracy): Arithmetic {
  const round = format === 'float32' ? Math.fround : (x: number) => x;
  const exactlyFused: Fused = format === 'float32' ? (a, b, c) => round(a * b + c) : fusedDouble;
  const multiplyAdd: Fused = fused ? exactlyFused : (a, b, c) => round(round(a * b) + c);
  return {
    name: `${format}, ${order}${fused ? ', fused' : ''}${accuracy === 'nearest' ? '' : `, functions off ${accuracy}`}`,
    round,
    add: (a, b) => round(a + b),
    subtract: (a, b) => round(a - b),
    multiply: (a, b) => round(a * b),
    divide: (a, b) => round(a / b),
    squareRoot: (x) => round(Math.sqrt(x)),
    multiplyAdd,
    ...ordered(order, format, multiplyAdd),
    ...functionsOf(format, accuracy),
  };
}

/** Arithmetics of backends that are met: of each format some that differ in everything. */
export function arithmeticsOf(format: 'float32' | 'float64'): Arithmetic[] {
  return [
    arithmetic(format, 'sequential', false, 'nearest'),
    arithmetic(format, 'sequential', true, 'above'),
    arithmetic(format, 'reversed', false, 'below'),
    arithmetic(format, 'pairwise', true, 'either way'),
    arithmetic(format, 'lanes', true, 'nearest'),
    arithmetic(format, 'lanes', false, 'either way'),
    arithmetic(format, 'rounded once', true, 'nearest'),
  ];
}
