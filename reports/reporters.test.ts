/** Every reporter on the sample report; the page has tests of its own. */
import { describe, expect, it } from 'vitest';
import type { Outcome, RunReport, Status } from '../suites/runReport.ts';
import { badge } from './badge.ts';
import { reporters } from './index.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { statuses } from './summary.ts';
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
  async (_name, { render }) => {
    expect(await render(sampleReport)).toBe(await render(sampleReport));
    const empty = { ...sampleReport, backends: [], operations: [], outcomes: [], properties: [], timings: [], rows: [] };
    expect((await render(empty)).length).toBeGreaterThan(50);
  },
);

it.each(['json', 'junit', 'markdown', 'badge'] as const)('%s is what it was', async (name) => {
  const { file, render } = reporters[name];
  await expect(await render(sampleReport)).toMatchFileSnapshot(`__snapshots__/${file}.txt`);
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
  const count = (pattern: RegExp) => [...junit(sampleReport).matchAll(pattern)].length;
  const withStatus = (...wanted: Status[]) =>
    [...sampleReport.outcomes, ...sampleReport.properties, ...sampleAlgorithms].filter(({ status }) => wanted.includes(status))
      .length;

  it('has a failure, an error or a skip for each status that calls for one', () => {
    // One row does not hold, one benchmark answered wrongly, one function of the reference is over its bound; one row could not be
    // executed and one is missing; one benchmark and one backend are missing.
    expect(count(/<failure /g)).toBe(withStatus('failed', 'unexpectedPass') + 3);
    expect(count(/<error /g)).toBe(withStatus('errored', 'crashed', 'timedOut') + 2);
    expect(count(/<skipped\/>/g)).toBe(withStatus('unsupported', 'expectedFailure') + 2);
  });

  it('is red when the run did not finish', () => {
    expect(junit({ ...sampleReport, finishedAt: undefined })).toContain('The run did not finish');
  });

  it('carries no character that XML forbids, and ends no CDATA section early', () => {
    const reason = 'bell \u0007, null \u0000, ]]> and ]]> again, half a pair \uD800, whole 😀';
    const text = junit({
      ...sampleReport,
      outcomes: sampleReport.outcomes.map((outcome) => ({ ...outcome, reason, diagnosis: reason })),
    });
    for (const forbidden of ['\u0007', '\u0000']) expect(text).not.toContain(forbidden);
    // Half a surrogate pair does not survive UTF-8.
    expect(Buffer.from(text).toString()).toBe(text);
    expect(text).toContain('whole 😀');
    expect(text.split('<![CDATA[').length).toBe(text.split(']]>').length);
  });
});

describe('markdown', () => {
  const failing = (reason: string, replay = 'etalon check'): Outcome => ({
    ...sampleReport.outcomes[2],
    diagnosis: undefined,
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
    const outcomes = Array.from({ length: 5000 }, (_, i) => failing(`${'wrong – '.repeat(60)}${i}`));
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
