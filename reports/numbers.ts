/** How numbers are written in every report. */
import { type JsonNumber, jsonNumber } from '../suites/runReport.ts';

/** A JsonNumber as the number it stands for. */
export function numberOf(value: JsonNumber): number {
  if (value === 'nan') return Number.NaN;
  if (value === 'inf') return Number.POSITIVE_INFINITY;
  if (value === '-0') return -0;
  return value === '-inf' ? Number.NEGATIVE_INFINITY : value;
}

/** Every digit, so that the number can be typed in again: "0.10000000149011612", "-0", "NaN", "∞". */
export function exact(value: JsonNumber): string {
  const number = numberOf(value);
  if (Object.is(number, -0)) return '-0';
  return named(number) ?? String(number);
}

/** As few digits as read back to the same float32, where it is one: "0.1" for 0.10000000149011612. */
export function shortest(value: JsonNumber): string {
  const number = numberOf(value);
  if (Number.isFinite(number) && number !== 0 && Math.fround(number) === number) {
    for (let digits = 1; digits < 10; digits++) {
      const rounded = Number(number.toPrecision(digits));
      if (Math.fround(rounded) === number) return exact(jsonNumber(rounded));
    }
  }
  return exact(value);
}

/**
 * A number and one to be told from it, each with as many digits as that takes, six at least: "0.75" and "0.7500005". Zeros at the end are
 * left out, as everywhere.
 */
export function apart(value: JsonNumber, other: JsonNumber): readonly [string, string] {
  const numbers = [numberOf(value), numberOf(other)];
  if (Object.is(numbers[0], numbers[1])) return [exact(value), exact(other)];
  for (let digits = 6; digits < 17; digits++) {
    const [a, b] = numbers.map((number) => short(number, digits));
    if (a !== b) return [a, b];
  }
  return [exact(value), exact(other)];
}

/** Whole numbers as they are, others with so many significant digits. */
function short(number: number, digits: number): string {
  if (!Number.isFinite(number) || number === 0 || (Number.isInteger(number) && Math.abs(number) < 1e7))
    return exact(jsonNumber(number));
  return exact(Number(number.toPrecision(digits)));
}

/** At most `digits` significant digits: "0.312", "1.2e-7", "12,345". */
export function brief(value: JsonNumber, digits = 3): string {
  const number = numberOf(value);
  const size = Math.abs(number);
  if (Object.is(number, -0)) return '-0';
  if (named(number) !== undefined) return named(number)!;
  if (number === 0) return '0';
  if (size < 1e-4 || size >= 1e7) return exponential(number, digits);
  return size >= 10 ** digits ? count(Math.round(number)) : String(Number(number.toPrecision(digits)));
}

/** error / limit: at most 1 passes. Small shares are not worth digits, large ones not worth more than three. */
export function errorRatioText(value: JsonNumber): string {
  const number = numberOf(value);
  if (number === 0) return '0';
  if (number < 0.005) return '<0.01';
  // A miss must never be rounded to 1, nor a pass to more.
  if (number <= 1) return number > 0.99 && number < 1 ? '0.99' : number.toFixed(2);
  if (number < 1.01) return '1.01';
  return number >= 9999.5 && Number.isFinite(number) ? exponential(number, 2) : brief(number);
}

/** "12,345" */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** "12.3 µs", "4.56 ms", "1.2 s" */
export function duration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return brief(milliseconds);
  if (milliseconds === 0) return '0 ms';
  if (milliseconds < 0.9995) return `${brief(milliseconds * 1000)} µs`;
  return milliseconds < 999.5 ? `${brief(milliseconds)} ms` : `${brief(milliseconds / 1000)} s`;
}

/** "1 case", "12 cases" */
export function plural(amount: number, noun: string, nouns = `${noun}s`): string {
  return `${count(amount)} ${amount === 1 ? noun : nouns}`;
}

export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

function exponential(number: number, digits: number): string {
  return number.toExponential(digits - 1).replace(/\.?0*e\+?/, 'e');
}

function named(number: number): string | undefined {
  if (Number.isNaN(number)) return 'NaN';
  if (Number.isFinite(number)) return undefined;
  return number > 0 ? '∞' : '-∞';
}
