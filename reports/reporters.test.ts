/** Every reporter on the sample report; the page has tests of its own. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import type { Outcome, RunReport, Status } from '../suites/runReport.ts';
import { badge } from './badge.ts';
import { reporters } from './index.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { findingCount, statuses } from './summary.ts';
import { sampleReport } from './testing/sample.ts';
import { sampleAlgorithms } from './testing/sampleAlgorithms.ts';

it('the sample holds every kind of outcome, timing, row and chart', () => {
  const found = new Set<Status>([...sampleReport.outcomes, ...sampleReport.properties].map(({ status }) => status));
  expect([...found].sort()).toEqual([...statuses].sort());
  expect(new Set(sampleReport.timings.map(({ status }) => status)).size).toBe(3);
  expect(new Set(sampleReport.rows.map(({ kind }) => kind)).size).toBe(5);
  expect(new Set(sampleReport.rows.flatMap(({ charts }) => charts.map(({ kind }) => kind))).size).toBe(3);
});

it.each(Object.entries(reporters))(
  '%s says the same of the same report, and something of an empty one',
  async (name, { files }) => {
    expect(await files(sampleReport)).toEqual(await files(sampleReport));
    const empty = { ...sampleReport, backends: [], operations: [], outcomes: [], properties: [], timings: [], rows: [] };
    // Without timings there is nothing to say of them.
    for (const [file, text] of Object.entries(await files(empty)))
      expect(text.length, file).toBeGreaterThan(name === 'bencher' || name === 'benchmark-action' ? 1 : 50);
  },
);

it.each(['json', 'junit', 'markdown', 'badge'] as const)('%s is what it was', async (name) => {
  const [[file, text]] = Object.entries(await reporters[name].files(sampleReport));
  await expect(text).toMatchFileSnapshot(`__snapshots__/${file}.txt`);
});

describe('json', () => {
  it('loses nothing', () => {
    expect(JSON.parse(json(sampleReport))).toEqual(JSON.parse(JSON.stringify(sampleReport)));
  });

  it('writes what JSON cannot carry as words, never as null', () => {
    const timing = { ...sampleReport.timings[0], firstCallMs: Number.NaN, flops: Number.POSITIVE_INFINITY };
    const { timings } = JSON.parse(json({ ...sampleReport, timings: [timing] })) as { timings: unknown[] };
    expect(timings[0]).toMatchObject({ firstCallMs: 'nan', flops: 'inf' });
  });
});

describe('junit', () => {
  interface TestCase {
    readonly name: string;
    readonly time: string;
    readonly failure?: { readonly message: string; readonly '#text': string };
    readonly error?: { readonly message: string };
    readonly skipped?: { readonly message: string };
  }
  interface TestSuite {
    readonly name: string;
    readonly time: string;
    readonly tests: string;
    readonly testcase: readonly TestCase[];
  }

  /** Read by a parser that did not write it. */
  function suitesOf(report: RunReport): readonly TestSuite[] {
    const text = junit(report);
    expect(XMLValidator.validate(text)).toBe(true);
    const parser = new XMLParser({
      ...{ ignoreAttributes: false, attributeNamePrefix: '', parseAttributeValue: false, trimValues: false },
      isArray: (name) => name === 'testcase' || name === 'testsuite',
    });
    return parser.parse(text).testsuites.testsuite;
  }
  const count = (report: RunReport, element: 'failure' | 'error' | 'skipped') =>
    suitesOf(report).flatMap(({ testcase }) => testcase.filter((test) => test[element])).length;
  const withStatus = (...wanted: Status[]) =>
    [...sampleReport.outcomes, ...sampleReport.properties, ...sampleAlgorithms].filter(({ status }) => wanted.includes(status))
      .length;

  it('has a failure, an error or a skip for each status that calls for one', () => {
    // One row does not hold, one benchmark answered wrongly, one function of the reference is over its bound; one row could not be
    // executed and one is missing; one benchmark and one backend are missing.
    expect(count(sampleReport, 'failure')).toBe(withStatus('failed', 'unexpectedPass') + 3);
    expect(count(sampleReport, 'error')).toBe(withStatus('errored', 'crashed', 'timedOut') + 2);
    expect(count(sampleReport, 'skipped')).toBe(withStatus('unsupported', 'expectedFailure', 'notAsked') + 2);
  });

  it('has no failure in a run that is as expected: a known wrong answer has no time and is no failure', () => {
    const green = new Set<Status>(['passed', 'expectedFailure', 'unsupported']);
    const report: RunReport = {
      ...sampleReport,
      ...{ properties: [], rows: [], accuracy: [], algorithms: [], inventory: undefined },
      outcomes: sampleReport.outcomes.filter(({ status }) => green.has(status)),
      timings: sampleReport.timings.map((timing) => ({ ...timing, expected: timing.status === 'invalid' ? true : undefined })),
    };
    expect(findingCount(report)).toBe(0);
    expect([count(report, 'failure'), count(report, 'error')]).toEqual([0, 0]);
    const unexpected = { ...report, timings: sampleReport.timings };
    expect([findingCount(unexpected), count(unexpected, 'failure')]).toEqual([1, 1]);
  });

  it('says why a test was skipped, and what a suite took', () => {
    for (const { name, time, testcase } of suitesOf(sampleReport)) {
      for (const { skipped } of testcase)
        if (skipped) expect(skipped.message).toMatch(/^(unsupported|expected failure|not asked|unavailable): ./);
      const total = testcase.reduce((sum, test) => sum + Number(test.time), 0);
      expect(Number(time), name).toBeCloseTo(total, 5);
    }
    const student = suitesOf(sampleReport).find(({ name }) => name === 'student');
    expect(Number(student?.time)).toBeGreaterThan(10);
  });

  it('says below a failure its diagnosis, its counterexample and the command that repeats it', () => {
    const tests = suitesOf(sampleReport).flatMap(({ testcase }) => testcase);
    const text = tests.find(({ failure, name }) => failure && name === 'tanh.derivative/regimes/random')?.failure?.['#text'];
    expect(text).toContain('diagnosis: the output equals 1 − 2·tanh²(x)');
    expect(text).toContain('y[0, 1] should be 0.419974, is -0.160051');
    expect(text).toContain('etalon check --backend student --case tanh.derivative/regimes/random --seed 1');
  });

  it('is red when the run did not finish', () => {
    expect(junit({ ...sampleReport, finishedAt: undefined })).toContain('The run did not finish');
  });

  it('carries no character that XML forbids', () => {
    const reason = 'bell \u0007, null \u0000, ]]> and ]]> again, half a pair \uD800, whole 😀';
    const report: RunReport = {
      ...sampleReport,
      outcomes: sampleReport.outcomes.map((outcome) => ({ ...outcome, outputs: [], reason, diagnosis: reason })),
    };
    const text = junit(report);
    for (const forbidden of ['\u0007', '\u0000']) expect(text).not.toContain(forbidden);
    // Half a surrogate pair does not survive UTF-8.
    expect(Buffer.from(text).toString()).toBe(text);
    const failure = suitesOf(report).flatMap(({ testcase }) => testcase.flatMap((test) => test.failure ?? []))[0];
    expect(failure.message).toBe('unexpected pass: bell \uFFFD, null \uFFFD, ]]> and ]]> again, half a pair \uFFFD, whole 😀');
  });
});

describe('markdown', () => {
  const failing = (reason: string, replay = 'etalon check'): Outcome => ({
    ...sampleReport.outcomes[2],
    ...{ diagnosis: undefined, outputs: [] },
    reason,
    replay,
  });

  it('shows what a worker says as it said it, not as markup', () => {
    const text = markdown({ ...sampleReport, outcomes: [failing('<img src=x> **bold** [a](http://b) @someone | x\n# title')] });
    expect(text).not.toMatch(/<img|(?<!\\)\*\*bold|(?<!\\)\]\(http|@someone|\n# title/);
    expect(text).toContain('\\*\\*bold\\*\\*');
  });

  it('closes inline code whatever the command holds', () => {
    expect(markdown({ ...sampleReport, outcomes: [failing('x', 'sh -c "`a` ``b``"')] })).toContain('```sh -c "`a` ``b``"```');
  });

  it('stays below 1 MiB and says what it left out', () => {
    const outcomes = Array.from({ length: 5000 }, (_, i) => ({
      ...failing(`${'wrong – '.repeat(60)}${i}`),
      operation: `op${i}`,
    }));
    const text = markdown({ ...sampleReport, outcomes });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 * 1024);
    expect(Buffer.byteLength(text)).toBeGreaterThan(900_000);
    expect(text).toMatch(/… and [\d,]+ more findings/);
    expect(text).toContain('## Median time');
  });
});

describe('badge', () => {
  const of = (...wanted: Status[]): RunReport => ({
    ...{ ...sampleReport, rows: [], inventory: [], accuracy: [], timings: [], properties: [], algorithms: [] },
    outcomes: sampleReport.outcomes.filter(({ status }) => wanted.includes(status)),
  });
  const shown = (report: RunReport) => JSON.parse(badge(report)) as { message: string; color: string };

  it('is red for a finding, whatever passed', () => {
    expect(shown(of('passed', 'failed')).color).toBe('red');
    expect(shown({ ...of('passed'), rows: sampleReport.rows }).color).toBe('red');
    expect(shown({ ...of('passed'), timings: sampleReport.timings }).color).toBe('red');
    expect(shown({ ...of('passed'), inventory: ['L1'] }).color).toBe('red');
    expect(shown({ ...of('passed'), accuracy: sampleReport.accuracy }).color).toBe('red');
    expect(shown({ ...of('passed'), algorithms: sampleAlgorithms }).color).toBe('red');
  });

  it('keeps opt-outs in the denominator', () => {
    const passed = of('passed').outcomes.length;
    expect(shown(of('passed'))).toMatchObject({ message: `${passed}/${passed}`, color: 'brightgreen' });
    expect(shown(of('passed', 'unsupported'))).toMatchObject({ message: `${passed}/${passed + 2}`, color: 'green' });
  });

  it('does not praise a run that did not finish', () => {
    expect(shown({ ...of('passed'), stopped: 'interrupted (SIGINT)' })).toMatchObject({ color: 'lightgrey' });
    expect(shown(of()).color).toBe('lightgrey');
  });
});
