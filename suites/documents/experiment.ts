/** How a row of the inventory is executed, and the few ways in which evidence is stated. */
import type { RowFixture } from '../../fixtures/documents/row.ts';
import type { Chart, Evidence, RowRecord } from '../runReport.ts';

export interface ExperimentContext {
  readonly fixture: RowFixture;
  readonly seed: number;
  /** Takes the time that a good picture needs; otherwise a row takes a second at most. */
  readonly thorough: boolean;
}

export interface ExperimentResult {
  /** Never empty: a row without evidence counts as failed. */
  readonly evidence: readonly Evidence[];
  readonly charts?: readonly Chart[];
  readonly tables?: RowRecord['tables'];
}

export interface Experiment {
  /** File of the code that is executed, for the report's link. */
  readonly source: string;
  /** Says for the report what a thorough run adds: "trains on all 1,437 digits". Absent where both runs do the same. */
  readonly thorough?: string;
  readonly run: (context: ExperimentContext) => ExperimentResult;
}

/** A number of the row's fixture. @throws Error when the fixture lacks it. */
export function numberOf(fixture: RowFixture, name: string): number {
  const value = fixture.numbers?.[name];
  if (typeof value !== 'number') throw new Error(`${fixture.id}: the fixture has no number ${name}`);
  return value;
}

/** A list of numbers of the row's fixture. @throws Error when the fixture lacks it. */
export function numbersOf(fixture: RowFixture, name: string): readonly number[] {
  const value = fixture.numbers?.[name];
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'number')) {
    throw new Error(`${fixture.id}: the fixture has no list of numbers ${name}`);
  }
  return value as readonly number[];
}

/** A matrix, as a list of rows, of the row's fixture. @throws Error when the fixture lacks it. */
export function matrixOf(fixture: RowFixture, name: string): readonly (readonly number[])[] {
  const value = fixture.numbers?.[name];
  if (!Array.isArray(value) || value.some((item) => !Array.isArray(item))) {
    throw new Error(`${fixture.id}: the fixture has no matrix ${name}`);
  }
  return value as readonly (readonly number[])[];
}

/** |actual − expected| ≤ tolerance. NaN fails. */
export function near(label: string, expected: number, actual: number, tolerance: number, printed?: string): Evidence {
  const passed = Math.abs(actual - expected) <= tolerance;
  return { label, printed, expected: `${show(expected)} ± ${show(tolerance)}`, actual: show(actual), passed };
}

/** The computed number, rounded to as many decimals as the document prints, is what it prints. */
export function printedDigits(label: string, printed: string, actual: number): Evidence {
  const decimals = printed.split('.')[1]?.length ?? 0;
  // A printed digit is right when the number is within half a unit of it; toFixed would round the tie its own way.
  const passed = Math.abs(actual - Number(printed)) <= 0.5 * 10 ** -decimals * (1 + 1e-12);
  return { label, printed, expected: printed, actual: show(actual), passed };
}

/** Equal to the last bit, element by element. */
export function equal(label: string, expected: ArrayLike<number>, actual: ArrayLike<number>, printed?: string): Evidence {
  const [want, got] = [Array.from(expected), Array.from(actual)];
  return {
    label,
    printed,
    expected: list(want),
    actual: list(got),
    passed: want.length === got.length && want.every((v, i) => v === got[i]),
  };
}

/** A statement that holds or does not; `actual` says what was found. */
export function holds(label: string, expected: string, actual: string | number, passed: boolean): Evidence {
  return { label, expected, actual: typeof actual === 'number' ? show(actual) : actual, passed };
}

export function show(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(12)));
}

function list(values: readonly number[]): string {
  return values.length === 1 ? show(values[0]) : `(${values.map(show).join(', ')})`;
}
