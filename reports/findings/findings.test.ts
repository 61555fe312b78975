import { describe, expect, it } from 'vitest';
import type { Outcome, RunReport } from '../../suites/runReport.ts';
import { sampleReport } from '../testing/sample.ts';
import { extentText, findingLines, findingsOf, hypothesisText, inTurns } from './index.ts';

const convolution = sampleReport.operations.find(({ name }) => name === 'conv2d')!;
const [, template] = sampleReport.outcomes;
const same = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };

interface Case {
  readonly attributes?: Partial<typeof same>;
  /** batch, input channels, height, width; the kernel is 3 × 2. */
  readonly x?: readonly [number, number, number, number];
  readonly recipe?: string;
  readonly diagnosis?: string;
  readonly backend?: string;
}

function conv2d(
  fails: boolean,
  { attributes, x = [2, 4, 9, 7], recipe, diagnosis, backend = 'student' }: Case,
  at: number,
): Outcome {
  const { groups = 1 } = attributes ?? {};
  const [output] = template.outputs;
  return {
    ...{ ...template, operation: 'conv2d', backend, diagnosis, caseId: `conv2d/${recipe ?? `case-${at}`}/random` },
    ...{ attributes: { ...same, ...attributes }, status: fails ? 'failed' : 'passed', check: fails ? 'values' : undefined },
    shapes: { x, weights: [6, x[1] / groups, 3, 2], bias: [6] },
    outputs: [{ ...output, errorRatio: fails ? 100 : 0.1, wrong: fails ? 3 : 0 }],
  };
}

function reportOf(failing: readonly Case[], passing: readonly Case[]): RunReport {
  const outcomes = [
    ...failing.map((one, i) => conv2d(true, one, i)),
    ...passing.map((one, i) => conv2d(false, one, failing.length + i)),
  ];
  return { ...sampleReport, outcomes, properties: [], algorithms: [], operations: [convolution] };
}

const said = (failing: readonly Case[], passing: readonly Case[]) => findingsOf(reportOf(failing, passing))[0].hypothesis?.text;
const padding = (...sides: [number, number, number, number]): Case => ({ attributes: { padding: sides } });
const size = (n: number): Case => ({ x: [2, 4, n, 7] });

describe('the hypothesis', () => {
  it('compares the sides of a padding', () => {
    const right = [padding(0, 0, 0, 0), padding(1, 1, 0, 2), padding(2, 2, 1, 1), padding(1, 1, 0, 0), padding(0, 0, 2, 1)];
    expect(said([padding(1, 0, 1, 0), padding(0, 2, 0, 2), padding(2, 1, 0, 0)], right)).toBe('top ≠ left padding');
  });

  it('reads groups, batches and channels', () => {
    const grouped = (groups: number): Case => ({ attributes: { groups } });
    expect(said([grouped(2), grouped(4)], [grouped(1), { x: [1, 4, 9, 7] }, size(5)])).toBe('groups > 1');
    expect(said([{ x: [2, 4, 9, 7] }, { x: [3, 4, 5, 7] }], [{ x: [1, 4, 9, 7] }, { x: [1, 4, 5, 8] }])).toBe('batch > 1');
  });

  it('finds a threshold and a remainder', () => {
    expect(said([size(513), size(700), size(1024)], [size(512), size(100), size(3)])).toBe('height ≥ 513');
    expect(said([size(17), size(40), size(9)], [size(16), size(32), size(48), size(64)])).toBe('height mod 16 ≠ 0');
    expect(said([size(16), size(32), size(64)], [size(17), size(40), size(72), size(8)])).toBe('height mod 16 = 0');
  });

  it('joins two statements where no single one explains it', () => {
    const of = (groups: number, stride: number): Case => ({ attributes: { groups, stride: [stride, 1] } });
    expect(said([of(2, 2), of(4, 2), of(2, 3)], [of(1, 2), of(1, 1), of(2, 1), of(4, 1), of(1, 3)])).toBe(
      'vertical stride > 1 and groups > 1',
    );
  });

  it('knows the special values that a case asks for', () => {
    const special = (recipe: string): Case => ({ recipe });
    expect(said([special('special-nan'), special('special-nan-in-bias')], [special('special-zero'), size(9), size(10)])).toBe(
      'NaN among the inputs',
    );
  });

  it('is silent where nothing tells the failing cases from the passing ones', () => {
    // The same case fails and passes, so that no statement can be true of the one alone.
    expect(said([size(9), size(16)], [size(9), size(16), size(4)])).toBeUndefined();
    expect(said([size(9)], [])).toBeUndefined();
    // One of many sizes is no rule.
    expect(said([size(9)], [size(8), size(10), size(11), size(12)])).toBeUndefined();
  });

  it('must explain the counterexamples of properties too', () => {
    const right = [padding(0, 0, 0, 0), padding(0, 0, 0, 1), padding(0, 0, 2, 0)];
    const report = reportOf([padding(1, 0, 0, 0), padding(2, 0, 0, 0)], right);
    expect(findingsOf(report)[0].hypothesis?.text).toBe('top padding > 0');
    const property = {
      ...sampleReport.properties[2],
      counterexample: {
        ...sampleReport.properties[2].counterexample!,
        attributes: { ...same, padding: [0, 0, 0, 0], dilation: [2, 1] },
      },
    };
    const [finding] = findingsOf({ ...report, properties: [property] });
    expect(finding.failing).toBe(3);
    expect(finding.hypothesis).toBeUndefined();
  });

  it('names the two cases that differ least', () => {
    const grouped = (groups: number, width: number): Case => ({ attributes: { groups }, x: [2, 4, 9, width] });
    const [finding] = findingsOf(reportOf([grouped(2, 7), grouped(4, 31)], [grouped(1, 7), grouped(1, 50)]));
    expect(finding.hypothesis?.separating).toEqual({ failing: 'conv2d/case-0/random', passing: 'conv2d/case-2/random' });
    expect(hypothesisText(finding)).toBe('every failing case has groups > 1, no passing one does');
  });
});

describe('the blocks', () => {
  it('are one for each diagnosis, the smallest counterexample first', () => {
    const found = findingsOf(
      reportOf(
        [
          { ...size(30), diagnosis: 'equals a' },
          { ...size(5), diagnosis: 'equals a' },
          { ...size(9), diagnosis: 'equals b' },
          size(8),
        ],
        [size(7)],
      ),
    );
    expect(found.map(({ diagnosis, failing, judged, examples }) => [diagnosis, failing, judged, examples[0].what])).toEqual([
      ['equals a', 2, 5, 'conv2d/case-1/random'],
      ['equals b', 1, 5, 'conv2d/case-2/random'],
      [undefined, 1, 5, 'conv2d/case-3/random'],
    ]);
    expect(extentText(found[0])).toBe('2 of 5 cases');
  });

  it('join what could not be told apart to what could', () => {
    const found = findingsOf(
      reportOf(
        [
          { ...size(5), diagnosis: 'equals a, or b: these inputs do not tell them apart' },
          { ...size(9), diagnosis: 'equals b' },
        ],
        [],
      ),
    );
    expect(found.map(({ diagnosis, failing }) => [diagnosis, failing])).toEqual([['equals b', 2]]);
  });

  it('tell expected and actual apart whatever they share', () => {
    const report = reportOf([{}], []);
    const worst = { ...template.outputs[0].worst!, expected: -9.53674316e-7, actual: -9.53674302e-7 };
    const outcomes = report.outcomes.map((one) => ({ ...one, outputs: [{ ...one.outputs[0], wrong: 3, worst }] }));
    const lines = findingLines(findingsOf({ ...report, outcomes })[0]).join('\n');
    expect(lines).toContain('should be -9.5367432e-7, is -9.536743e-7');
  });

  it('leave no backend out for the sake of another', () => {
    const backends = ['a', 'a', 'a', 'a', 'b', 'c', 'c'];
    const operations = backends.map((_, i) => `op${i}`);
    const outcomes = backends.map((backend, i) => ({ ...conv2d(true, { backend }, i), operation: operations[i] }));
    const found = findingsOf({ ...sampleReport, outcomes, properties: [], algorithms: [] });
    const { shown, left } = inTurns(found, 4);
    expect(shown.map(({ backend }) => backend)).toEqual(['a', 'a', 'b', 'c']);
    expect(left).toEqual([
      { backend: 'a', amount: 2 },
      { backend: 'c', amount: 1 },
    ]);
    expect(inTurns(found, 100)).toEqual({ shown: found, left: [] });
  });
});
