import { describe, expect, it } from 'vitest';
import type { Outcome, RunReport, Samples, Timing } from '../runReport.ts';
import { diffRuns } from './diff.ts';

const cases = Array.from({ length: 24 }, (_, i) => i);
/** Scatter without a trend: half of it up, half of it down. */
const scatter = (i: number, by: number) => 1 + by * (i % 2 === 0 ? 1 : -1) * (1 + i / 100);

const outcome = (i: number, change: Partial<Outcome> = {}, errorRatio = 0.1 + i / 100, bits = 23.5): Outcome => ({
  ...{ caseId: `matmul/c${i}/random`, operation: 'matmul', backend: 'mine', status: 'passed', tier: 'random', seed: 1 },
  ...{ attributes: {}, shapes: {}, milliseconds: 1, replay: '' },
  outputs: [
    {
      ...{ name: 'y', shape: [1], compared: 1, unconstrained: 0, errorRatio, largestUlps: 1, wrong: 0 },
      precision: { bits, consistentWith: [] },
    },
  ],
  ...change,
});

const samples = (medians: readonly number[]): Samples => ({
  ...{ samplesMs: medians.flatMap((ms) => [ms, ms, ms]), perProcess: medians.map(() => 3) },
  ...{ medianMs: medians[0], madMs: 0 },
});
const timing = (medians: readonly number[]): Timing => ({
  ...{ operation: 'matmul', backend: 'mine', caseId: 'matmul/512', status: 'valid', shapes: {} },
  execute: samples(medians),
});

function run(outcomes: readonly Outcome[], more: Partial<RunReport> = {}): { name: string; report: RunReport } {
  const report: RunReport = {
    ...{ schemaVersion: 2, etalonVersion: '1', startedAt: '', finishedAt: '', seed: 1, command: 'etalon check' },
    environment: { node: '', platform: '', cpu: 'x', cores: 2, memoryGiB: 1 },
    backends: [{ name: 'mine', status: 'ran', holes: [] }],
    ...{ operations: [], outcomes, properties: [], timings: [], rows: [] },
    ...more,
  };
  return { name: 'run', report };
}

const base = run(cases.map((i) => outcome(i)));
const found = (head: ReturnType<typeof run>, from = base) =>
  diffRuns(from, head).changes.map(({ kind, what, where, regression }) => ({ kind, what, where, regression }));

describe('two runs compared', () => {
  it('that are alike differ in nothing', () => {
    expect(diffRuns(base, base)).toEqual({ base: 'run', head: 'run', changes: [], remarks: [], compared: 24 });
  });

  it('name what fails now, what passes now, and what fails as is expected', () => {
    const head = run(
      cases.map((i) => outcome(i, i === 3 ? { status: 'failed', reason: 'wrong', diagnosis: 'transposed' } : {})),
    );
    expect(diffRuns(base, head).changes).toEqual([
      {
        ...{ kind: 'accuracy', regression: true, what: 'newly failing', backend: 'mine', where: 'matmul/c3/random' },
        ...{ base: 'passed', head: 'failed', reason: 'transposed' },
      },
    ]);
    expect(found(base, head)).toEqual([
      { kind: 'accuracy', what: 'newly passing', where: 'matmul/c3/random', regression: false },
    ]);
    const listed = run(cases.map((i) => outcome(i, i === 3 ? { status: 'expectedFailure' } : {})));
    expect(found(listed)).toMatchObject([{ what: 'newly failing', regression: false }]);
  });

  it.each(['errored', 'crashed', 'timedOut'] as const)('call %s a failure', (status) => {
    expect(found(run(cases.map((i) => outcome(i, i === 0 ? { status } : {}))))).toMatchObject([{ regression: true }]);
  });

  it('find errors that grew together, and not those that scatter', () => {
    const grown = run(cases.map((i) => outcome(i, {}, (0.1 + i / 100) * 1.3)));
    expect(found(grown)).toEqual([{ kind: 'accuracy', what: 'larger errors', where: 'matmul', regression: true }]);
    expect(found(base, grown)).toEqual([{ kind: 'accuracy', what: 'smaller errors', where: 'matmul', regression: false }]);
    expect(found(run(cases.map((i) => outcome(i, {}, (0.1 + i / 100) * scatter(i, 0.3)))))).toEqual([]);
    expect(found(run(cases.map((i) => outcome(i, {}, (0.1 + i / 100) * 1.005))))).toEqual([]);
  });

  it('find precision that fell', () => {
    const tf32 = run(cases.map((i) => outcome(i, {}, 0.1 + i / 100, 10.9)));
    expect(found(tf32)).toEqual([{ kind: 'accuracy', what: 'less precise', where: 'matmul', regression: true }]);
  });

  it('find an operation that is refused, in all of its cases or in some, and a backend that is gone', () => {
    for (const refused of [24, 2]) {
      const head = run(cases.map((i) => outcome(i, i < refused ? { status: 'unsupported', outputs: [] } : {})));
      expect(diffRuns(base, head).changes).toMatchObject([
        { kind: 'support', what: 'lost', base: '24 of 24 cases answered', head: `${24 - refused} of 24 cases answered` },
      ]);
      expect(found(base, head)).toMatchObject([{ kind: 'support', what: 'new', regression: false }]);
    }
    const gone = run([], { backends: [{ name: 'mine', status: 'unavailable', reason: 'no driver', holes: [] }] });
    expect(diffRuns(base, gone).changes).toMatchObject([{ kind: 'support', regression: true, reason: 'no driver' }]);
  });

  it('say what only one of them asked, and other seeds', () => {
    const { remarks } = diffRuns(
      base,
      run(
        [...cases.slice(1), 99].map((i) => outcome(i)),
        { seed: 7 },
      ),
    );
    expect(remarks).toEqual([
      'other seeds (1; 7): the cases have other numbers',
      '1 that BASE judged were not asked in HEAD',
      '1 that HEAD judged were not asked in BASE; 0 of them fail',
    ]);
  });
});

describe('times compared', () => {
  const timed = (medians: readonly number[], more: Partial<RunReport> = {}) => run([], { timings: [timing(medians)], ...more });
  const tenth = cases.slice(0, 10);
  const before = timed(tenth.map((i) => 10 + i / 50));

  it('find what became slower and faster', () => {
    const after = timed(tenth.map((i) => 11 + i / 50));
    expect(found(after, before)).toEqual([{ kind: 'speed', what: 'slower', where: 'matmul/512', regression: true }]);
    expect(found(before, after)).toEqual([{ kind: 'speed', what: 'faster', where: 'matmul/512', regression: false }]);
  });

  it('find nothing in scatter, and in a change below 1 %', () => {
    expect(found(timed(tenth.map((i) => 10 * scatter(i, 0.1))), before)).toEqual([]);
    expect(found(timed(tenth.map((i) => 10.05 + i / 50)), before)).toEqual([]);
  });

  it('say that too few processes show nothing', () => {
    const { changes, remarks } = diffRuns(timed([10, 10, 10]), timed([20, 20, 20]));
    expect(changes).toEqual([]);
    expect(remarks).toEqual(['speed: 1 numbers together need 7 processes each to show a change; some have 3']);
  });

  it('compare no other machine', () => {
    const other = { environment: { ...before.report.environment, cpu: 'y' } };
    const { changes, remarks } = diffRuns(
      before,
      timed(
        tenth.map(() => 20),
        other,
      ),
    );
    expect(changes).toEqual([]);
    expect(remarks).toEqual(['speed is not compared: other machines (x, 2 cores; y, 2 cores)']);
  });
});
