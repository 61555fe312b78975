/** Reads each format with another program's parser, with texts in it that a stranger's program may send. */
import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { Parser } from 'tap-parser';
import { describe, expect, it } from 'vitest';
import type { RunReport } from '../suites/runReport.ts';
import { bencher } from './bencher.ts';
import { benchmarkAction } from './benchmarkAction.ts';
import { csv } from './csv.ts';
import { github } from './github.ts';
import { reporters } from './index.ts';
import { tap } from './tap.ts';
import { sampleReport } from './testing/sample.ts';

const { outcomes, properties, timings, rows, algorithms = [], accuracy = [] } = sampleReport;

/** Returns the parser's result at the end of the stream. */
function completed(text: string): unknown {
  return Parser.parse(text).find(([event]) => event === 'complete')?.[1];
}

describe('tap', () => {
  const results = completed(tap(sampleReport)) as unknown as {
    readonly count: number;
    readonly ok: boolean;
    readonly plan: { readonly end: number };
    readonly failures: readonly {
      readonly name: string;
      readonly todo?: unknown;
      readonly diag?: { readonly replay: string };
    }[];
    readonly todo: number;
    readonly skip: number;
  };

  it('has a point for each result, failures with their command, known ones as TODO', () => {
    // One row is missing.
    expect(results.count).toBe([outcomes, properties, timings, rows, algorithms, accuracy].flat().length + 1);
    expect(results.plan.end).toBe(results.count);
    expect(results.ok).toBe(false);
    expect([results.todo, results.skip]).toEqual([
      1,
      outcomes.concat().filter(({ status }) => ['unsupported', 'notAsked'].includes(status)).length + 2,
    ]);
    const failure = results.failures.find(({ name }) => name === 'student tanh.derivative/regimes/random');
    expect(failure?.diag).toMatchObject({
      replay: 'etalon check --backend student --case tanh.derivative/regimes/random --seed 1',
      diagnosis: expect.stringContaining('1 − 2·tanh²(x)'),
    });
  });

  it('is green when the run is, and bails out of one that did not finish', () => {
    const green = {
      ...{ properties: [], rows: [], timings: [], algorithms: [], accuracy: [], inventory: undefined },
      outcomes: outcomes.filter(({ status }) => ['passed', 'expectedFailure', 'unsupported'].includes(status)),
    };
    expect(completed(tap({ ...sampleReport, ...green }))).toMatchObject({ ok: true });
    expect(tap({ ...sampleReport, stopped: 'interrupted' })).toMatch(/^Bail out! The run was stopped: interrupted/m);
  });
});

describe('csv', () => {
  it('has a line for each result, numbers as data frames read them', () => {
    const lines: Record<string, string>[] = parseCsv(csv(sampleReport), { columns: true });
    expect(lines).toHaveLength([outcomes, properties, algorithms, timings].flat().length);
    const softmax = lines.find(({ name, backend }) => name === 'softmax/huge/random' && backend === 'tfjs-wasm');
    expect(softmax).toMatchObject({ status: 'expectedFailure', error_ratio: 'inf', check: 'special values', compared: '15' });
    expect(lines.find(({ kind, backend }) => kind === 'timing' && backend === 'js')).toMatchObject({ median_ms: '24.5' });
  });
});

describe('benchmarks for others', () => {
  it('github-action-benchmark gets times and rates in files of their own', () => {
    const { 'benchmark-smaller.json': smaller, 'benchmark-bigger.json': bigger } = benchmarkAction(sampleReport);
    expect(JSON.parse(smaller)[0]).toEqual({
      ...{ name: 'matmul/large/random on js', unit: 'ms', value: 24.5, range: '± 0.5', extra: 'a [256, 256], b [256, 256]' },
    });
    expect(JSON.parse(smaller)).toHaveLength(timings.filter(({ status }) => status === 'valid').length);
    // 2·256³ operations in 1.2 ms.
    expect(JSON.parse(bigger)[1].unit).toBe('GFLOP/s');
    expect(JSON.parse(bigger)[1].value).toBeCloseTo(27.96, 2);
  });

  it('Bencher gets nanoseconds with their spread', () => {
    expect(JSON.parse(bencher(sampleReport))['matmul/large/random on tfjs-wasm']).toEqual({
      latency: { value: 1_200_000, lower_value: expect.closeTo(1_000_000), upper_value: expect.closeTo(1_400_000) },
    });
  });
});

describe('github', () => {
  const command = /^::error title=([^:,\n]*)::([^\n]*)$/;

  it('writes at most ten annotations, and in the tenth how many more there are', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ ...outcomes[2], operation: `op${i}`, backend: i % 2 ? 'a' : 'b' }));
    const lines = github({ ...sampleReport, outcomes: many, properties: [], algorithms: [] })
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(10);
    for (const line of lines) expect(line).toMatch(command);
    expect(lines[9]).toContain('More findings: 15 of b, 16 of a.');
    expect(lines[0]).toMatch(
      /^::error title=b op0%3A 1 of 1 case::diagnosis: the output equals 1 − 2·tanh²\(x\).*%0A.*etalon check/,
    );
  });

  it('is silent when everything is as expected', () => {
    const none = { properties: [], rows: [], timings: [], algorithms: [], accuracy: [], inventory: undefined };
    expect(github({ ...sampleReport, ...none, outcomes: outcomes.filter(({ status }) => status === 'passed') })).toBe('');
  });
});

describe('hostile names', () => {
  const fixed = [
    '<script>alert(1)</script>',
    '=cmd()',
    '@SUM(1)',
    '\u0000\u001b[2J\u202e',
    '%0A::error::x',
    '\n::error::x',
    ']]>',
    '# SKIP',
    '"',
    '|',
    '`',
  ];
  const text = fc.oneof(
    fc.constantFrom(...fixed),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constant('A'.repeat(1_000_000)),
  );
  const reportWith = (name: string, reason: string): RunReport => ({
    ...sampleReport,
    ...{ rows: [], algorithms: [], accuracy: [], inventory: undefined },
    backends: sampleReport.backends.slice(0, 3).map((backend, i) => (i === 2 ? { ...backend, name } : backend)),
    outcomes: outcomes.slice(0, 4).map((outcome) => ({
      ...{ ...outcome, backend: name, operation: name, caseId: `${name}/a`, reason, diagnosis: reason, replay: reason },
    })),
    properties: properties.slice(1, 2).map((property) => ({ ...property, backend: name, property: reason, reason })),
    timings: timings.map((timing) => ({ ...timing, backend: name, caseId: name, reason })),
    operations: sampleReport.operations.slice(0, 1),
  });

  it('are inert in every format', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (name, reason) => {
        const report = reportWith(name, reason);
        const files: Record<string, string> = {};
        for (const { files: make } of Object.values(reporters)) Object.assign(files, await make(report));
        for (const [path, content] of Object.entries(files)) {
          expect(path).toMatch(/^(operations\/)?[\w-][\w.-]{0,120}$/);
          if (path.endsWith('.html')) {
            expect(content.match(/<script/g)).toHaveLength(1);
            expect(content.split('alert(1)</script>')).toHaveLength(1);
          }
          if (path.endsWith('.json')) expect(() => JSON.parse(content), path).not.toThrow();
        }
        expect(XMLValidator.validate(files['junit.xml'])).toBe(true);
        expect(files['junit.xml']).not.toMatch(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u);
        const lines: string[][] = parseCsv(files['results.csv']);
        expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
        for (const cell of lines.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r](?!\d|inf)/);
        for (const line of files['annotations.txt'].trimEnd().split('\n')) expect(line).toMatch(/^::error title=[^:,]*::/);
        expect(files['annotations.txt'].trimEnd().split('\n').length).toBeLessThanOrEqual(10);
        const points = files['results.tap'].split('\n').filter((line) => /^(not )?ok /.test(line));
        expect(points).toHaveLength(4 + 1 + timings.length);
        expect(completed(files['results.tap'])).toMatchObject({ count: points.length, bailout: false });
        // Text in code is shown as it is.
        expect(files['summary.md'].replace(/(`+)[^\n]*?\1(?!`)/g, '')).not.toMatch(/<script|\p{Cc}(?<!\n)/u);
        expect(Buffer.byteLength(files['summary.md'])).toBeLessThanOrEqual(1024 * 1024);
      }),
      { numRuns: 10, seed: 1 },
    );
  });
});
