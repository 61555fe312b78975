import { describe, expect, it } from 'vitest';
import { brief, duration, errorRatioText, exact, numberOf, plural } from './numbers.ts';

describe('errorRatioText', () => {
  it('never rounds a miss to a pass or a pass to a miss', () => {
    expect(errorRatioText(1)).toBe('1.00');
    expect(errorRatioText(0.9999999)).toBe('0.99');
    expect(errorRatioText(1.0000001)).toBe('1.01');
    expect(errorRatioText(1.004)).toBe('1.01');
  });

  it.each([
    [0, '0'],
    [0.0001, '<0.01'],
    [0.312, '0.31'],
    [12.44, '12.4'],
    [2_900_000, '2.9e6'],
    ['inf', '∞'],
  ] as const)('%s → %s', (value, text) => expect(errorRatioText(value)).toBe(text));
});

describe('exact', () => {
  it.each([
    [0.10000000149011612, '0.10000000149011612'],
    [-0, '-0'],
    ['nan', 'NaN'],
    ['-inf', '-∞'],
  ] as const)('%s → %s', (value, text) => expect(exact(value)).toBe(text));

  it('can be typed in again', () => {
    for (const value of [Math.PI, 5e-324, -1.7976931348623157e308]) expect(Number(exact(value))).toBe(value);
  });
});

it.each([
  [0.1234, '0.123'],
  [12345.6, '12,346'],
  [1.2e-7, '1.2e-7'],
  [1e7, '1e7'],
  [-3e-9, '-3e-9'],
  [0, '0'],
])('brief(%s) → %s', (value, text) => expect(brief(value)).toBe(text));

it.each([
  [0, '0 ms'],
  [0.0123, '12.3 µs'],
  [0.9999, '1 ms'],
  [4.56, '4.56 ms'],
  [999.9, '1 s'],
  [42_500, '42.5 s'],
])('duration(%s ms) → %s', (milliseconds, text) => expect(duration(milliseconds)).toBe(text));

it('reads a JsonNumber', () => {
  expect(['nan', 'inf', '-inf', 2].map((value) => numberOf(value as 'nan' | 2))).toEqual([Number.NaN, Infinity, -Infinity, 2]);
  expect([plural(1, 'case'), plural(1200, 'case')]).toEqual(['1 case', '1,200 cases']);
});
