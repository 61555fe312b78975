import { describe, expect, it } from 'vitest';
import type { RunReport, Timing } from '../suites/runReport.ts';
import { fastest, speeds, timesFaster } from './speed.ts';
import { callTimes, callTimeText, headline, mostAccurate, summarize, throughputText } from './summary.ts';
import { sampleReport } from './testing/sample.ts';

const [outcome] = sampleReport.outcomes;
const [output] = outcome.outputs;

it('says of each backend what its own calls took, and of the run what the whole took', () => {
  const outcomes = [
    { ...outcome, backend: 'js', milliseconds: 30, outputs: [{ ...output, compared: 300 }] },
    {
      ...{ ...outcome, backend: 'js', milliseconds: 20 },
      outputs: [
        { ...output, compared: 100 },
        { ...output, compared: 40, unconstrained: 60 },
      ],
    },
    { ...outcome, backend: 'js', status: 'unsupported' as const, outputs: [], milliseconds: 7 },
    { ...outcome, backend: 'tfjs-wasm', milliseconds: 200, outputs: [{ ...output, compared: 60 }] },
    { ...outcome, backend: 'student', status: 'crashed' as const, outputs: [], milliseconds: 9 },
  ];
  const report = { ...sampleReport, outcomes, caseSeconds: 0.5 };
  expect(callTimes(report)).toEqual([
    { backend: 'js', cases: 2, elements: 440, seconds: 0.05 },
    { backend: 'tfjs-wasm', cases: 1, elements: 60, seconds: 0.2 },
  ]);
  expect(callTimes(report).map(callTimeText)).toEqual([
    'its calls took 50 ms: 2 cases, 440 elements',
    'its calls took 200 ms: 1 case, 60 elements',
  ]);
  expect(throughputText(report)).toBe('3 answers of 500 elements judged in 500 ms: 6 answers/s, 1,000 elements/s');
  expect(throughputText({ ...report, caseSeconds: undefined })).toBeUndefined();
});

it('shows of a backend its largest error, wrong answers included', () => {
  const [, wasm] = summarize(sampleReport);
  expect(wasm.worst).toEqual({ errorRatio: '∞', operation: 'softmax', over: true });
});

describe('the verdict', () => {
  const timing = (operation: string, backend: string, medianMs: number): Timing => ({
    ...sampleReport.timings[0],
    ...{ operation, backend, execute: { samplesMs: [medianMs], medianMs, madMs: 0 }, status: 'valid' },
  });
  const green: RunReport = {
    ...sampleReport,
    ...{ outcomes: [], properties: [], timings: [], rows: [], accuracy: [], algorithms: [], inventory: undefined },
  };
  const timings = [
    timing('matmul', 'js', 8),
    timing('matmul', 'tfjs-wasm', 2),
    timing('relu', 'js', 1),
    timing('relu', 'tfjs-wasm', 1),
  ];
  const right = (backend: string, bits: number, status: 'passed' | 'expectedFailure' = 'passed') => ({
    ...{ ...outcome, backend, status },
    outputs: [{ ...output, precision: { bits, consistentWith: ['float32'] } }],
  });

  it('compares times within one operation, by the geometric mean', () => {
    const report = { ...green, timings };
    expect(speeds(report)).toEqual([
      { backend: 'js', timed: 2, timesFastest: 2, wins: 1 },
      { backend: 'tfjs-wasm', timed: 2, timesFastest: 1, wins: 2 },
    ]);
    expect(timesFaster(report, 'tfjs-wasm', 'js')).toBeCloseTo(2);
    expect(fastest(report)).toEqual({ backend: 'tfjs-wasm', comparison: '2 × js' });
    expect(headline(report)).toBe('tfjs-wasm is the fastest (2 × js)');
  });

  it('names the most accurate by its wrong answers first, then by the bits observed', () => {
    const all = (...outcomes: RunReport['outcomes']) => mostAccurate({ ...green, outcomes });
    expect(all(right('js', 24), right('tfjs-wasm', 26))).toBe('tfjs-wasm');
    expect(all(right('js', 24), right('tfjs-wasm', 26), right('tfjs-wasm', 26, 'expectedFailure'))).toBe('js');
    expect(all(right('js', 24.02), right('tfjs-wasm', 24))).toBeUndefined();
    expect(all(right('js', 24))).toBeUndefined();
  });

  it('is one sentence; what is unexpected comes first', () => {
    const report = { ...green, timings, outcomes: [right('js', 26), right('tfjs-wasm', 24)] };
    expect(headline(report)).toBe('tfjs-wasm is the fastest (2 × js), js the most accurate. Nothing unexpected');
    expect(headline({ ...report, outcomes: [{ ...right('js', 26), status: 'failed' }] })).toBe('1 result is not as expected');
    expect(headline(green)).toBe('Nothing was checked');
  });
});
