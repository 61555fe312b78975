/** Tests the run report's account of the reference's own error: enough values, every bound kept, and a value over its bound seen. */
import { expect, it } from 'vitest';
import type { CertifiedFile } from '../../reference/accuracy.ts';
import { accuracyRecord, measureReference } from './referenceAccuracy.ts';

const records = measureReference();

it('measures 2,000 values or more and keeps every bound', () => {
  const values = records.flatMap(({ regimes }) => regimes).reduce((sum, regime) => sum + regime.values, 0);
  expect(values).toBeGreaterThanOrEqual(2000);
  expect(records.filter(({ passed }) => !passed)).toEqual([]);
});

it('keeps elementary functions and their derivatives within 1 ulp', () => {
  const elementary = records.filter(({ function: name }) => /^(sigmoid|tanh|scaledTanh|softplus)/.test(name));
  expect(elementary).toHaveLength(8);
  for (const { function: name, bound, regimes } of elementary) {
    expect(bound, name).toBe('1 ulp');
    for (const { largestUlps } of regimes) expect(largestUlps, name).toBeLessThanOrEqual(1);
  }
});

// σ(0) = ½; the values are certified by hand, the second one 3 ulps (3·2⁻⁵³) away from it.
const file = (value: string): CertifiedFile => ({
  ...{ function: 'sigmoid', library: 'by hand', digits: 40 },
  values: [{ regime: 'ordinary', input: 0, value }],
});

it('is exact where nothing is off', () => {
  const { regimes, worst, passed } = accuracyRecord(file('0.5'));
  expect(regimes).toEqual([{ regime: 'ordinary', values: 1, largestUlps: 0, fewestDigits: 'inf', errorRatio: 0 }]);
  expect(worst).toEqual({ input: '0', certified: '0.5', actual: 0.5, ulps: 0 });
  expect(passed).toBe(true);
});

it('sees a value over its bound', () => {
  const off = accuracyRecord(file('0.5000000000000003330669073875469621270895004272460937500'));
  expect(off.passed).toBe(false);
  expect(off.regimes[0]).toMatchObject({ largestUlps: 3, errorRatio: 3 });
  expect(off.regimes[0].fewestDigits).toBeCloseTo(15.176, 2);
});
