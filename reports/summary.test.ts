import { expect, it } from 'vitest';
import { throughputs, throughputText } from './summary.ts';
import { sampleReport } from './testing/sample.ts';

it('cases and elements per second count the answers that were judged, over the time of all cases', () => {
  const [outcome] = sampleReport.outcomes;
  const [output] = outcome.outputs;
  const outcomes = [
    { ...outcome, backend: 'js', outputs: [{ ...output, compared: 300 }] },
    {
      ...{ ...outcome, backend: 'js' },
      outputs: [
        { ...output, compared: 100 },
        { ...output, compared: 40, unconstrained: 60 },
      ],
    },
    { ...outcome, backend: 'js', status: 'unsupported' as const, outputs: [] },
    { ...outcome, backend: 'student', status: 'crashed' as const, outputs: [] },
  ];
  const report = { ...sampleReport, outcomes, caseSeconds: 0.5 };
  expect(throughputs(report)).toEqual([{ backend: 'js', cases: 2, elements: 440, casesPerSecond: 4, elementsPerSecond: 880 }]);
  expect(throughputText(report, throughputs(report)[0])).toBe('2 cases, 440 elements in 500 ms: 4 cases/s, 880 elements/s');
  expect(throughputs({ ...report, caseSeconds: undefined })).toEqual([]);
});
