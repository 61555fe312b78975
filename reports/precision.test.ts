import { expect, it } from 'vitest';
import type { ObservedPrecision, Outcome, RunReport, Status } from '../suites/runReport.ts';
import { flushedText, judgedAs, precisionSentences, strictSummary } from './precision.ts';
import { sampleReport } from './testing/sample.ts';

function reportOf(declared: 'float32' | 'tf32', ...observed: (ObservedPrecision & { status?: Status })[]): RunReport {
  const [outcome] = sampleReport.outcomes;
  const outcomes = observed.map(
    ({ status = 'passed', ...precision }): Outcome => ({
      ...outcome,
      status,
      operation: 'matmul',
      outputs: [{ ...outcome.outputs[0], precision }],
    }),
  );
  const backend = { ...sampleReport.backends[0], name: outcome.backend, dtype: 'float32' as const, precision: declared };
  return { ...sampleReport, backends: [backend], outcomes };
}

const float32 = { bits: 24.2, consistentWith: ['float32'] };
const either = { bits: 10.8, consistentWith: ['TF32 inputs', 'float16 inputs'] };
const tf32 = { bits: 10.9, consistentWith: ['TF32 inputs'] };
const saidOf = (...parameters: Parameters<typeof reportOf>) => precisionSentences(reportOf(...parameters), 'matmul')[0];

it('says what was declared and what was observed', () => {
  expect(saidOf('float32', float32, float32)).toMatchObject({
    text: 'declared float32, observed 24.2 bits: consistent with float32',
    observed: 'as declared',
  });
  expect(saidOf('float32', tf32).text).toBe('declared float32, observed 10.9 bits: consistent with TF32 inputs');
});

it('keeps what all cases have in common, and counts the cases that show less', () => {
  expect(saidOf('float32', either, tf32, float32)).toMatchObject({
    text: 'declared float32, observed 10.9 bits: consistent with TF32 inputs (2 of 3 outputs)',
    observed: 'less than declared',
  });
  expect(saidOf('float32', tf32, { bits: 8, consistentWith: ['bf16 inputs'] }).text).toContain('TF32 inputs or bf16 inputs');
});

it('notes a backend that delivers more than it declares', () => {
  expect(saidOf('tf32', float32, float32)).toMatchObject({ observed: 'more than declared' });
  expect(saidOf('tf32', float32, tf32)).toMatchObject({ observed: 'as declared' });
});

it('reads no precision from a wrong answer that no format explains', () => {
  expect(saidOf('float32', { bits: 1.4, consistentWith: [], status: 'failed' })).toBeUndefined();
  expect(saidOf('float32', { bits: 15, consistentWith: [] }).text).toContain('no known format');
  expect(precisionSentences(reportOf('float32', float32), 'conv2d')).toEqual([]);
});

it('says how many right answers of a backend that declares less pass strict float32', () => {
  const report = reportOf('tf32', tf32, float32, { ...tf32, status: 'failed' });
  const { backend } = report.outcomes[0];
  const judged = (...passed: boolean[]): RunReport => ({
    ...report,
    outcomes: report.outcomes.map((outcome, i) => ({ ...outcome, strict: { passed: passed[i], errorRatio: 1 } })),
  });
  expect(strictSummary(judged(false, true, false), backend)).toEqual({
    text: '1 of 2 right answers pass strict float32 too',
    delivers: false,
  });
  expect(strictSummary(judged(true, true, false), backend)).toEqual({
    text: '2 of 2 right answers pass strict float32 too: it declares less than it delivers',
    delivers: true,
  });
  expect(strictSummary(report, backend)).toBeUndefined();
});

it('says what a backend is judged as, and what it is allowed because it declares it', () => {
  const [backend] = sampleReport.backends;
  const declaring = { ...backend, precision: 'float32' as const, subnormals: undefined, algorithms: undefined };
  expect(judgedAs(declaring)).toBe('float32');
  expect(judgedAs({ ...declaring, algorithms: ['winograd2x2', 'winograd4x4'], subnormals: 'flushed' })).toBe(
    'float32, allowed as declared: Winograd’s F(2×2, 3×3) where it applies, Winograd’s F(4×4, 3×3) where it applies, subnormal numbers flushed to zero',
  );
  expect(judgedAs({ ...declaring, precision: 'wgsl' })).toContain('subnormal numbers may be flushed');
});

it('counts what was flushed of a backend that declares it, and says so where nothing was', () => {
  const report = reportOf('float32', float32, float32);
  const [backend] = report.backends;
  const declaring = { ...backend, subnormals: 'flushed' as const };
  expect(flushedText(report, backend)).toBeUndefined();
  expect(flushedText(report, declaring)).toBe('none was flushed to zero, though it is declared');
  const [first, second] = report.outcomes;
  const outcomes = [
    { ...first, outputs: first.outputs.map((output) => ({ ...output, flushed: 3 })) },
    { ...second, alternative: 'subnormal numbers taken for zero' },
  ];
  expect(flushedText({ ...report, outcomes }, declaring)).toBe('4 results flushed to zero, as declared');
});
