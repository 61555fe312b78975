/** The reference against certified values: every function, every regime, in ulps. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type CertifiedFile,
  certifiedFunctions,
  correctDigits,
  errorInUlps,
  measureAccuracy,
  regimes,
  ulp,
} from './accuracy.ts';

const folder = new URL('../fixtures/certified/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as CertifiedFile;

describe('errorInUlps', () => {
  it.each<[number, string, number]>([
    [1, '1.0', 0],
    [1, '1.00000000000000011102230246251565404236316680908203125', 0.5],
    [1 + 2 ** -52, '1.0', 1],
    // Below a power of two the numbers lie half as far apart.
    [1, '0.99999999999999988897769753748434595763683319091796875', 1],
    [-2, '2.0', 2 ** 53],
    [0, '2.470328229206232720882843964341106861825299013071623822e-324', 0.5],
    [5e-324, '0.0', 1],
    // The float64 number 1e300 is 1e300 + 5.2504760255e283; its neighbours are 2⁹⁴⁴ = 1.4870169085e284 away.
    [1e300, '1e300', 0.35309],
    [3, '5e-400', 3 / 5e-324],
    [Number.NaN, '1.0', Infinity],
    [Infinity, '1.0', Infinity],
    [Infinity, '1e400', 0],
    [-Infinity, '1e400', Infinity],
  ])('%d against %s is %d', (actual, certified, ulps) => {
    expect(errorInUlps(actual, certified)).toBeCloseTo(ulps, 4);
  });
  it('refuses what is not a decimal number', () => {
    expect(() => errorInUlps(1, 'inf')).toThrow(SyntaxError);
    expect(() => errorInUlps(1, '')).toThrow(SyntaxError);
  });
});

it('correctDigits is −log₁₀ of the relative error', () => {
  expect(correctDigits(1.001, '1.0')).toBeCloseTo(3, 10);
  expect(correctDigits(-5e-10, '5.0000005e-10')).toBeCloseTo(-Math.log10(2), 6);
  expect(correctDigits(0.5, '0.5')).toBe(Infinity);
  expect(correctDigits(Number.NaN, '0.5')).toBe(-Infinity);
  expect(correctDigits(1e-30, '0.0')).toBe(-Infinity);
});

it('ulp is the distance to the next number', () => {
  expect([0, 1, 1.999, 2, -1e-320].map(ulp)).toEqual([2 ** -1074, 2 ** -52, 2 ** -52, 2 ** -51, 2 ** -1074]);
  expect(ulp(Number.MAX_VALUE)).toBe(2 ** 971);
  expect(ulp(Infinity)).toBe(2 ** 971);
});

describe('certified values', () => {
  it('are there for every function, and every file has its function', () => {
    expect(files.map((name) => name.replace('.json', '')).sort()).toEqual(Object.keys(certifiedFunctions).sort());
    for (const name of files) expect(read(name).function).toBe(name.replace('.json', ''));
  });

  it('are 2,500 or more, of 40 or more digits, in every regime', () => {
    let count = 0;
    for (const name of files) {
      const { values, library } = read(name);
      expect(library).toMatch(/^mpmath \d+\.\d+\.\d+$/);
      // Probabilities are never huge.
      const asked = regimes.filter((regime) => regime !== 'huge' || !/^(binaryC|c)rossEntropy/.test(name));
      expect([...new Set(values.map(({ regime }) => regime))].sort(), name).toEqual([...asked].sort());
      for (const { value } of values) {
        for (const text of [value].flat()) {
          count++;
          const digits = text.replace(/e.*$/, '').replace(/[-.]/g, '').replace(/^0+/, '');
          // Zero alone has no significant digits.
          if (!/^-?0\.0$/.test(text) && text !== '0') expect(digits.length, `${name}: ${text}`).toBeGreaterThanOrEqual(40);
        }
      }
    }
    expect(count).toBeGreaterThanOrEqual(2500);
  });

  it.each(files)('%s: the reference is within its stated bound', (name) => {
    const measured = measureAccuracy(read(name));
    expect(measured.length).toBeGreaterThan(20);
    const beyond = measured.filter(({ ulps, limitUlps }) => !(ulps <= limitUlps));
    expect(beyond).toEqual([]);
  });

  const elementwise = Object.keys(certifiedFunctions).filter((name) =>
    /^(sigmoid|tanh|scaledTanh|elu|softplus|silu$|gelu$|geluTanh$)/.test(name),
  );
  it.each([...elementwise, 'softmax'])('%s: within 1 ulp, in the docblock 0.53', (name) => {
    const errors = measureAccuracy(read(`${name}.json`)).map(({ ulps }) => ulps);
    expect(Math.max(...errors)).toBeLessThanOrEqual(0.53);
  });

  it('a deviation of two ulps in one value is seen', () => {
    const file = read('sigmoid.json');
    const at = file.values.findIndex(({ regime }) => regime === 'ordinary');
    const value = String(Number(file.values[at].value) * (1 + 2 ** -51));
    const spoilt = { ...file, values: file.values.map((row, i) => (i === at ? { ...row, value } : row)) };
    expect(measureAccuracy(spoilt).filter(({ ulps, limitUlps }) => !(ulps <= limitUlps))).toHaveLength(1);
  });
});
