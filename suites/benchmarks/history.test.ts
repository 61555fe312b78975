/** Steps in series with known answers. */
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../judging/random.ts';
import { findSteps, type HistoryEntry, trendsOf } from './history.ts';

describe('findSteps', () => {
  it('finds none in noise', () => {
    const random = randomFrom(1, 'noise');
    let alarms = 0;
    for (let run = 0; run < 1000; run++) {
      if (findSteps(Array.from({ length: 30 }, () => 0.03 * random.normal())).length > 0) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(10);
  });

  it('finds one of ten per cent at its place, in noise of two', () => {
    const random = randomFrom(1, 'step');
    let found = 0;
    for (let run = 0; run < 100; run++) {
      const steps = findSteps(Array.from({ length: 24 }, (_, i) => (i < 12 ? 0 : Math.log(1.1)) + 0.02 * random.normal()));
      if (steps.length === 1 && Math.abs(steps[0].at - 12) <= 1) found++;
    }
    expect(found).toBeGreaterThanOrEqual(95);
  });

  it('finds several, with their sizes', () => {
    const levels = [...Array(6).fill(0), ...Array(6).fill(0.3), ...Array(6).fill(0.1)];
    const steps = findSteps(levels);
    expect(steps.map(({ at }) => at)).toEqual([6, 12]);
    expect(steps[1].change).toBeCloseTo(-0.2, 10);
  });

  it('leaves a single outlier and a slow start alone', () => {
    expect(findSteps([0, 0, 0, 0, 2, 0, 0, 0, 0])).toEqual([]);
    expect(findSteps([0, 0, 1, 1, 1])).toEqual([]);
  });
});

describe('a trend', () => {
  const entry = (day: number, ms: number, kernelMs: number, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
    historyVersion: 1,
    at: `2026-01-${String(day).padStart(2, '0')}T00:00:00.000Z`,
    etalonVersion: '0.1.0',
    machine: { cpu: 'one', cores: 2, platform: 'linux-x64', node: 'v20' },
    referenceKernelMs: kernelMs,
    versions: { js: '1' },
    numbers: [{ backend: 'js', caseId: 'matmul/benchmark-64/random', medianMs: ms }],
    ...more,
  });
  const days = Array.from({ length: 12 }, (_, i) => i + 1);

  it('names a change of the code by what changed', () => {
    const [{ steps }] = trendsOf(
      days.map((day) => entry(day, day < 7 ? 10 : 12, 2, { versions: { js: day < 7 ? '1' : '2' } })),
    );
    expect(steps).toEqual([
      { at: '2026-01-07T00:00:00.000Z', ratio: expect.closeTo(1.2, 10), cause: 'code', changes: ['js 1 → 2'] },
    ]);
  });

  it('names a change of the machine where the pinned kernel changes alike', () => {
    const [{ steps }] = trendsOf(days.map((day) => entry(day, day < 7 ? 10 : 5, day < 7 ? 2 : 1)));
    expect(steps).toEqual([{ at: '2026-01-07T00:00:00.000Z', ratio: expect.closeTo(0.5, 10), cause: 'machine', changes: [] }]);
  });

  it('blames the machine where it is another, though the kernel changes otherwise', () => {
    const other = { cpu: 'two', cores: 2, platform: 'linux-x64', node: 'v20' };
    const [{ steps }] = trendsOf(
      days.map((day) => entry(day, day < 7 ? 10 : 6, day < 7 ? 2 : 1, day < 7 ? {} : { machine: other })),
    );
    expect(steps).toMatchObject([{ cause: 'machine', changes: ['processor one → two'] }]);
  });

  it('is in the order of time, whatever the files’ order', () => {
    const [{ points }] = trendsOf([entry(3, 3, 1), entry(1, 1, 1), entry(2, 2, 1)]);
    expect(points.map(({ medianMs }) => medianMs)).toEqual([1, 2, 3]);
  });
});
