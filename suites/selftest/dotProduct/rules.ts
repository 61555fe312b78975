/** What other suites accept, as rules over the same outputs: the constants are those of their sources. */
import { gamma } from '../../judging/bounds/sumOfProducts.ts';
import { precisions, ulp } from '../../judging/precision.ts';
import { type DotProducts, outputs } from './data.ts';

export interface Rule {
  readonly name: string;
  /** The rule's constants, in words. */
  readonly says: string;
  readonly accepts: (data: DotProducts, actual: ArrayLike<number>) => boolean;
}

const { float32 } = precisions;
const u = float32.unitRoundoff;

/** Every element within its own tolerance. */
function elementwise(tolerance: (data: DotProducts, i: number) => number): Rule['accepts'] {
  return (data, actual) => {
    for (let i = 0; i < outputs; i++) {
      if (!(Math.abs(actual[i] - data.expected[i]) <= tolerance(data, i))) return false;
    }
    return true;
  };
}

const float = new Float32Array(1);
const integer = new Int32Array(float.buffer);

/** Position of a float32 number on the line of all of them: neighbours differ by 1, both zeros are 0. */
function ordinal(x: number): number {
  float[0] = x;
  return integer[0] < 0 ? -(integer[0] & 0x7fffffff) : integer[0];
}

export const anchorRules: readonly Rule[] = [
  {
    name: 'JAX',
    says: '|e| ≤ 10⁻⁶·size·(1 + |y|)',
    accepts: elementwise(({ expected, length }, i) => 1e-6 * length * (1 + Math.abs(expected[i]))),
  },
  {
    name: 'ONNX backend tests',
    says: '|e| ≤ 10⁻⁷ + 10⁻³·|y|',
    accepts: elementwise(({ expected }, i) => 1e-7 + 1e-3 * Math.abs(expected[i])),
  },
  { name: 'tfjs', says: '|e| ≤ 10⁻³', accepts: elementwise(() => 1e-3) },
  {
    name: 'PyTorch float32',
    says: '|e| ≤ 10⁻⁵ + 1.3·10⁻⁶·|y|',
    accepts: elementwise(({ expected }, i) => 1e-5 + 1.3e-6 * Math.abs(expected[i])),
  },
  {
    name: 'Higham γ_K alone',
    says: '|e| ≤ γ_K·Σ|a||b|',
    accepts: elementwise(({ scale, length }, i) => gamma(length, float32) * scale[i]),
  },
  {
    name: 'WebNN',
    says: 'at most 2K float32 numbers apart',
    accepts: ({ expected, length }, actual) => {
      for (let i = 0; i < outputs; i++) {
        if (!(Number.isFinite(actual[i]) && Math.abs(ordinal(actual[i]) - ordinal(expected[i])) <= 2 * length)) return false;
      }
      return true;
    },
  },
  {
    name: 'TOSA',
    says: 'e in units of u·Σ|a||b|: |e| ≤ 2K, Σe² ≤ 4·0.4·K·T, |Σe| ≤ √(10·4·0.4·K·T)',
    accepts: ({ expected, scale, length }, actual) => {
      let [sum, squares] = [0, 0];
      for (let i = 0; i < outputs; i++) {
        const e = (actual[i] - expected[i]) / (scale[i] * u);
        if (!(Math.abs(e) <= 2 * length)) return false;
        sum += e;
        squares += e * e;
      }
      const variance = 4 * 0.4 * length * outputs;
      return squares <= variance && Math.abs(sum) <= Math.sqrt(10 * variance);
    },
  },
  {
    name: 'reference BLAS',
    says: '|e| ≤ 16·2⁻²³·Σ|a||b|',
    accepts: elementwise(({ scale }, i) => 16 * 2 * u * scale[i]),
  },
];

/** Largest error that any order of float32 additions can make, and half an ulp: the element bound of Etalon. */
export function hardLimit({ expected, scale, length }: DotProducts): Float64Array {
  return Float64Array.from(
    expected,
    (y, i) => gamma(length, float32) * scale[i] + ulp(y, float32) / 2 + length * float32.smallestSubnormal,
  );
}
