import { describe, expect, it } from 'vitest';
import {
  add,
  divide,
  exactProduct,
  exactSum,
  exponential,
  exponentialMinusOne,
  logarithmOnePlus,
  multiply,
  type Pair,
  pair,
  stepParts,
} from './doubleDouble.ts';

/** A float64 number or pair as an integer multiple of 2^−1200, and back: exact arithmetic to compare with. */
const unit = 1200n;
function integerOf(value: number): bigint {
  let exponent = 0;
  let mantissa = value;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent++;
  }
  return BigInt(mantissa) << (unit - BigInt(exponent));
}
const exact = ({ high, low }: Pair) => integerOf(high) + integerOf(low);
/** A decimal with `digits` decimals in the same unit, rounded down. */
function decimal(text: string): bigint {
  const [whole, decimals] = text.split('.');
  return (BigInt(whole + decimals) << unit) / 10n ** BigInt(decimals.length);
}
/** |actual − right|/|right| as a power of two. */
function relativeBits(actual: bigint, right: bigint): number {
  const error = actual > right ? actual - right : right - actual;
  return error === 0n ? -Infinity : error.toString(2).length - right.toString(2).length;
}

// Digits of the constants from tables.
const ln2 = '0.693147180559945309417232121458176568075500134360255254120680009';
const e = '2.718281828459045235360287471352662497757247093699959574966967628';
const ln3 = '1.098612288668109691395245236922525704647490557822749451734694334';
const tenth = 0.1;

describe('exact sums and products', () => {
  const numbers = [0.1, 1 / 3, 3e15 + 0.5, -1e-17, Math.PI, -12345.678, 2 ** 80, -(2 ** -60) / 3];
  it('lose nothing', () => {
    for (const a of numbers) {
      for (const b of numbers) {
        expect(exact(exactSum(a, b))).toBe(integerOf(a) + integerOf(b));
        expect(exact(exactProduct(a, b)) << unit).toBe(integerOf(a) * integerOf(b));
      }
    }
  });
  it('hold the rounding error in the low part', () => {
    expect(exactSum(1, 1e-20)).toEqual({ high: 1, low: 1e-20 });
    expect(exactProduct(1 + 2 ** -30, 1 + 2 ** -30)).toEqual({ high: 1 + 2 ** -29, low: 2 ** -60 });
  });
});

describe('pairs', () => {
  const third = divide(pair(1), pair(3));
  it('divide to 100 bits', () => {
    expect(relativeBits(3n * exact(third), 1n << unit)).toBeLessThan(-100);
  });
  it('multiply and add to 100 bits', () => {
    expect(relativeBits(exact(multiply(third, pair(3))), 1n << unit)).toBeLessThan(-100);
    expect(relativeBits(exact(add(add(third, third), third)), 1n << unit)).toBeLessThan(-100);
  });
});

describe('exponential', () => {
  it('has a step of ln(2)/32 to 130 bits', () => {
    const sum = stepParts.reduce((total, part) => total + integerOf(part), 0n);
    expect(relativeBits(32n * sum, decimal(ln2))).toBeLessThan(-130);
  });
  it('is right to 60 bits', () => {
    expect(relativeBits(exact(exponential(pair(1))), decimal(e))).toBeLessThan(-60);
    expect(relativeBits(exact(exponential({ high: -1, low: 0 })) * decimal(e), 1n << (2n * unit))).toBeLessThan(-60);
  });
  it('multiplies where its arguments add', () => {
    for (const x of [1e-5, 0.01, tenth, 0.7, 5.5, 39.9, 300]) {
      const product = multiply(exponential(pair(x)), exponential(pair(-x)));
      expect(relativeBits(exact(product), 1n << unit)).toBeLessThan(-58);
    }
  });
  it('takes the low part of its argument into account', () => {
    const moved = exponential({ high: 3, low: 1e-17 });
    const ratio = divide(moved, exponential(pair(3)));
    expect(add(ratio, pair(-1)).high).toBeCloseTo(1e-17, 19);
  });
  it('shifts by powers of two', () => {
    const { high, low } = exponential(pair(-740), 100);
    expect(high * 2 ** -50).toBe(exponential(pair(-740), 50).high);
    expect(Math.abs(low)).toBeLessThan(high * 2 ** -53);
  });
  it('has its limits', () => {
    expect(exponential(pair(Infinity)).high).toBe(Infinity);
    expect(exponential(pair(-Infinity))).toEqual({ high: 0, low: 0 });
    expect(exponential(pair(Number.NaN)).high).toBeNaN();
    expect(exponential(pair(-746)).high).toBe(0);
    expect(exponentialMinusOne(pair(-Infinity)).high).toBe(-1);
    expect(exponentialMinusOne(pair(1e-300)).high).toBe(1e-300);
  });
  it('scales by exact powers of two', () => {
    let power = 1;
    for (let k = 0; k >= -1074; k--) {
      expect(2 ** k).toBe(power);
      power /= 2;
    }
  });
});

describe('logarithmOnePlus', () => {
  it('is right to 60 bits', () => {
    expect(relativeBits(exact(logarithmOnePlus(pair(1))), decimal(ln2))).toBeLessThan(-60);
    expect(relativeBits(exact(logarithmOnePlus(pair(2))), decimal(ln3))).toBeLessThan(-60);
  });
  it('undoes the exponential', () => {
    for (const x of [1e-12, 1e-3, 0.3, 2, 30]) {
      const back = logarithmOnePlus(exponentialMinusOne(pair(x)));
      expect(relativeBits(exact(back), integerOf(x))).toBeLessThan(-57);
    }
  });
});
