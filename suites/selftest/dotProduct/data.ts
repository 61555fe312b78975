/** The numbers of the dot-product experiment: what is multiplied, and what float64 says of it. */
import { randomFrom } from '../../judging/random.ts';

export const lengths = [16, 256, 2048] as const;
export const outputs = 1024;

/** Row i of a times row i of b is output i. */
export interface DotProducts {
  readonly dataSet: string;
  readonly length: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
  /** a·b, exact in float64. */
  readonly products: Float64Array;
  readonly expected: Float64Array;
  /** Σ|a||b|. */
  readonly scale: Float64Array;
  /** Σ(ab)². */
  readonly squares: Float64Array;
  /** Sum of the partial sums, first to last. */
  readonly partialSums: Float64Array;
  /** Variance of a float32 sum from first to last, each rounding uniform on its half ulps: what a judge who knew the order would use. */
  readonly sequentialVariance: Float64Array;
  /** Shift of that sum if additions were cut off toward zero: −Σ half an ulp, with the sign of each partial sum. */
  readonly truncationShift: Float64Array;
  /** The output in the middle of all by magnitude: the one that faults of a single element hit. */
  readonly median: number;
}

type Draw = (random: { next(): number; normal(): number; integer(low: number, high: number): number }) => number;

const sameForBoth = (draw: Draw) => ({ a: draw, b: draw });
const plainSets: Readonly<Record<string, { a: Draw; b: Draw }>> = {
  'standard normal': sameForBoth((random) => random.normal()),
  'uniform positive': sameForBoth((random) => random.next()),
  'mixed magnitudes': sameForBoth((random) => random.normal() * 2 ** random.integer(-8, 8)),
  // Products around 2⁻¹³⁰, below float32's smallest normal number 2⁻¹²⁶.
  tiny: sameForBoth((random) => random.normal() * 2 ** -65),
};

/** The four data sets of the experiment; `tiny` is for flushing alone. */
export const dataSets = ['standard normal', 'uniform positive', 'mixed magnitudes', 'cancelling'] as const;
export type DataSet = (typeof dataSets)[number] | 'tiny';

export function drawDotProducts(dataSet: DataSet, length: number, seed: number): DotProducts {
  const random = randomFrom(seed, 'dot product', dataSet, String(length));
  const a = new Float32Array(outputs * length);
  const b = new Float32Array(outputs * length);
  if (dataSet === 'cancelling') {
    // Half of the terms, and almost the same with the other sign, in an order of their own for each output.
    const order = Int32Array.from({ length }, (_, k) => k);
    for (let i = 0; i < outputs; i++) {
      shuffle(order, random);
      for (let k = 0; k < length / 2; k++) {
        const [x, y] = [random.normal(), random.normal()];
        const [first, second] = [i * length + order[k], i * length + order[k + length / 2]];
        a[first] = a[second] = x;
        b[first] = y;
        b[second] = -y * (1 + random.normal() / 8);
      }
    }
  } else {
    const draw = plainSets[dataSet];
    for (let at = 0; at < a.length; at++) {
      a[at] = draw.a(random);
      b[at] = draw.b(random);
    }
  }
  return { dataSet, length, a, b, ...describe(a, b, length) };
}

export function shuffle(order: Int32Array, random: { integer(low: number, high: number): number }): void {
  for (let k = order.length - 1; k > 0; k--) {
    const other = random.integer(0, k);
    [order[k], order[other]] = [order[other], order[k]];
  }
}

function describe(a: Float32Array, b: Float32Array, length: number) {
  const zeros = () => new Float64Array(outputs);
  const data = {
    products: new Float64Array(a.length),
    expected: zeros(),
    scale: zeros(),
    squares: zeros(),
    partialSums: zeros(),
    sequentialVariance: zeros(),
    truncationShift: zeros(),
  };
  for (let i = 0, at = 0; i < outputs; i++) {
    let [sum, scale, squares, partialSums, variance, shift] = [0, 0, 0, 0, 0, 0];
    for (let k = 0; k < length; k++, at++) {
      const product = a[at] * b[at];
      data.products[at] = product;
      sum += product;
      scale += Math.abs(product);
      squares += product * product;
      const half = halfUlp(product);
      variance += half * half;
      if (k === 0) continue;
      partialSums += sum;
      const halfOfSum = halfUlp(sum);
      variance += halfOfSum * halfOfSum;
      shift -= Math.sign(sum) * halfOfSum;
    }
    data.expected[i] = sum;
    data.scale[i] = scale;
    data.squares[i] = squares;
    data.partialSums[i] = partialSums;
    data.sequentialVariance[i] = variance / 3;
    data.truncationShift[i] = shift;
  }
  const byMagnitude = Array.from(data.expected.keys()).sort((i, j) => Math.abs(data.expected[i]) - Math.abs(data.expected[j]));
  return { ...data, median: byMagnitude[outputs / 2] };
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Half the distance between float32 numbers at x; a subnormal's is half the smallest of them. */
export function halfUlp(x: number): number {
  float[0] = x;
  const exponent = (bits[0] >>> 23) & 0xff;
  return 2 ** (Math.max(exponent, 1) - 151);
}
