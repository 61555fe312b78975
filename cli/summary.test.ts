import { describe, expect, it } from 'vitest';
import { sampleReport } from '../reports/testing/sample.ts';
import type { RunReport } from '../suites/runReport.ts';
import { closingSummary } from './summary.ts';
import { formatWideTable, wrapped } from './table.ts';

const esc = '\u001b';
const text = closingSummary(sampleReport, { reportPath: 'etalon-report/index.html' });
const lines = text.trimEnd().split('\n');

describe('the end of a run', () => {
  it('fits into 80 columns, commands to copy aside', () => {
    expect(lines.filter((line) => line.length > 80 && !line.includes('etalon check --'))).toEqual([]);
  });

  it('marks backends and ends with one verdict', () => {
    expect(lines[0]).toBe('✓ js                10 of 10 passed, largest error ÷ limit 0.21 (matmul)');
    expect(text).toMatch(/^✗ student {12}1 of 10 passed, 1 crashed/m);
    expect(text).toMatch(/^– onnxruntime-cuda {2}did not run: Failed to load/m);
    expect(lines.at(-1)).toBe('✗ 15 results are not as expected · 42.5 s');
    expect(lines.at(-2)).toBe('report: etalon-report/index.html');
  });

  it('has colour when it is asked for, and none otherwise', () => {
    expect(text).not.toContain(esc);
    expect(closingSummary(sampleReport, { color: true })).toContain(`${esc}[31m✗${esc}[39m`);
  });

  it('counts what is unsupported in one line', () => {
    const unsupported = lines.filter((line) => line.includes('unsupported, never'));
    expect(unsupported).toEqual(['unsupported, never counted as passed: tfjs-wasm 1 operation, student 1 operation']);
  });

  it('prints the times of a run of benchmarks alone, why others have none, and who is the fastest', () => {
    const bench: RunReport = {
      ...sampleReport,
      ...{ outcomes: [], properties: [], rows: [], accuracy: [], algorithms: [], inventory: undefined },
      timings: sampleReport.timings.filter(({ status }) => status !== 'invalid'),
      backends: sampleReport.backends.filter(({ status }) => status === 'ran'),
    };
    const said = closingSummary(bench);
    expect(said).toMatch(/^matmul +24\.5 ms +1\.2 ms \*$/m);
    expect(said).toMatch(/^js +2 +4\.52 × +0$/m);
    expect(said).toContain('not timed: 1 operation of tfjs-wasm: the library has no kernel');
    expect(said).not.toContain('0 of 0');
    expect(said.trimEnd().split('\n').at(-1)).toBe('✓ tfjs-wasm is the fastest (20 × js) · 42.5 s');
  });

  it('shows findings of every backend, and counts those that are left out', () => {
    const of = (backend: string, amount: number) =>
      Array.from({ length: amount }, (_, i) => ({ ...sampleReport.outcomes[2], backend, operation: `op${i}` }));
    const said = closingSummary({
      ...sampleReport,
      outcomes: [...of('first', 30), ...of('second', 30)],
      properties: [],
      algorithms: [],
    });
    expect(said.match(/^✗ first op/gm)).toHaveLength(5);
    expect(said.match(/^✗ second op/gm)).toHaveLength(5);
    expect(said).toContain('and more, all in the report: 25 of first, 25 of second');
  });

  it('does nothing that a stranger’s program says', () => {
    const evil = `${esc}[2J${esc}]0;owned\u0007\r\n${'A'.repeat(1_000_000)}`;
    const outcomes = sampleReport.outcomes.map((outcome) => ({
      ...outcome,
      backend: evil,
      reason: evil,
      diagnosis: evil,
      outputs: [],
    }));
    const backends = [{ ...sampleReport.backends[0], name: evil }];
    const said = closingSummary({ ...sampleReport, outcomes, backends, properties: [], algorithms: [] });
    expect(said.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(said.length).toBeLessThan(100_000);
  });
});

it('breaks wide tables by columns and text at spaces', () => {
  expect(formatWideTable(['a', 'bbbb', 'cccc'], [['x', '1', '2']], 9)).toBe(
    'a  bbbb\n-  ----\nx     1\n\na  cccc\n-  ----\nx     2\n',
  );
  expect(wrapped('one two three', 7, ' ')).toBe('one two\n three');
  expect(wrapped('unbreakable', 3)).toBe('unbreakable');
});
