/** The reference's own error: `reference/accuracy.ts` on every table of `fixtures/certified`, as the run report records it. */
import { readdirSync, readFileSync } from 'node:fs';
import {
  type Accuracy,
  type CertifiedFile,
  type CertifiedInput,
  certifiedFunctions,
  measureAccuracy,
  regimes,
} from '../../reference/accuracy.ts';
import { type AccuracyRecord, jsonNumber } from '../runReport.ts';

const folder = new URL('../../fixtures/certified/', import.meta.url);

/** Measures every function that has certified values. */
export function measureReference(): AccuracyRecord[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => accuracyRecord(JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as CertifiedFile));
}

/** One table of certified values, by regime. @throws RangeError when its function is none of the reference's. */
export function accuracyRecord(file: CertifiedFile): AccuracyRecord {
  const measured = measureAccuracy(file);
  const [first, ...rest] = measured;
  const worst = rest.reduce((a, b) => (errorRatioOf(b) > errorRatioOf(a) ? b : a), first);
  return {
    function: file.function,
    library: file.library,
    digits: file.digits,
    bound: certifiedFunctions[file.function].bound,
    regimes: regimes
      .map((regime) => ({ regime, values: measured.filter((value) => value.regime === regime) }))
      .filter(({ values }) => values.length > 0)
      .map(({ regime, values }) => ({
        regime,
        values: values.length,
        largestUlps: jsonNumber(largest(values.map(({ ulps }) => ulps))),
        fewestDigits: jsonNumber(-largest(values.filter(isNormal).map(({ correctDigits }) => -correctDigits))),
        errorRatio: jsonNumber(largest(values.map(errorRatioOf))),
      })),
    worst: {
      input: inputText(worst),
      certified: worst.certified,
      actual: jsonNumber(worst.actual),
      ulps: jsonNumber(worst.ulps),
    },
    passed: measured.every(({ ulps, limitUlps }) => ulps <= limitUlps),
  };
}

/** Error ÷ bound; a value that is right to the last digit needs none of it. */
function errorRatioOf({ ulps, limitUlps }: Accuracy): number {
  return ulps === 0 ? 0 : ulps / limitUlps;
}

/** Subnormal numbers have fewer digits to be right in; ulps tell of them. */
function isNormal({ certified }: Accuracy): boolean {
  return Math.abs(Number(certified)) >= 2 ** -1022;
}

/** NaN is the largest of all: an error that is not a number must be seen. */
function largest(values: readonly number[]): number {
  return values.reduce((a, b) => (Number.isNaN(a) || a > b ? a : b), -Infinity);
}

function inputText({ input, element }: { readonly input: CertifiedInput; readonly element: number }): string {
  return typeof input === 'number' ? String(input) : `${JSON.stringify(input)}, element ${element}`;
}
