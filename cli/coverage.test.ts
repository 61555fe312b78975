/** The coverage of the documents is read off the run: rows are deleted, broken and hidden here, and it must say so. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { rowFixtures } from '../fixtures/documents/index.ts';
import { inventory } from '../fixtures/documents/inventory.ts';
import { coverage, rowCoverage } from '../reports/coverage.ts';
import { site } from '../reports/html/site.ts';
import { experiments } from '../suites/documents/experiments.ts';
import { executeRows } from '../suites/documents/index.ts';
import type { RunReport } from '../suites/runReport.ts';
import { reportHeader } from './header.ts';

/** A run of the rows that take no time, which the inventory lists alone, so that a test is quick. */
const listed = inventory.filter((id) => /^[GPRX]\d/.test(id) && id !== 'G7');

function runOf(fixtures = rowFixtures, table = experiments): RunReport {
  const rows = [...executeRows({ seed: 1, ids: listed }, fixtures, table)];
  return { ...reportHeader([], 1), rows, inventory: listed, finishedAt: new Date().toISOString() };
}

/** The pages that show the documents' rows. */
async function html(report: RunReport): Promise<string> {
  const pages = await site(report);
  return [pages['documents.html'], pages['errata.html']].join('');
}

const covered = async (report: RunReport, page?: string) => coverage(rowCoverage(report, page ?? (await html(report))));

let whole: RunReport;
let page: string;
beforeAll(async () => {
  whole = runOf();
  page = await html(whole);
});

describe('coverage', () => {
  it('has every row implemented, executed and shown', async () => {
    const n = listed.length;
    expect(n).toBeGreaterThan(35);
    expect(await covered(whole, page)).toEqual({ rows: n, implemented: n, executed: n, shown: n, missing: [], failed: [] });
  });

  it('misses a row whose fixture is deleted', async () => {
    const report = runOf(rowFixtures.filter(({ id }) => id !== 'G2'));
    const n = listed.length - 1;
    const counts = { rows: listed.length, implemented: n, executed: n, shown: n };
    expect(await covered(report)).toEqual({ ...counts, missing: ['G2'], failed: [] });
    expect(await html(report)).toContain('G2</p>');
  });

  it('misses a row whose code is deleted', async () => {
    const { X4: _, ...table } = experiments;
    expect(await covered(runOf(rowFixtures, table))).toMatchObject({ missing: ['X4'], failed: [] });
  });

  it('finds a row failed whose formula is broken', async () => {
    // The fit of a line through points loses its mean: slope Σxy/Σx² instead of Σ(x − x̄)(y − ȳ)/Σ(x − x̄)².
    vi.resetModules();
    vi.doMock('../reference/regression.ts', async (original) => ({
      ...(await original<typeof import('../reference/regression.ts')>()),
      fitLine: (x: readonly number[], y: readonly number[]) => {
        const inner = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
        return { slope: inner(x, y) / inner(x, x), intercept: 0 };
      },
    }));
    const { experiments: broken } = await import('../suites/documents/experiments.ts');
    vi.doUnmock('../reference/regression.ts');
    const n = listed.length;
    const counts = { rows: n, implemented: n, executed: n, shown: n };
    expect(await covered(runOf(rowFixtures, broken))).toEqual({ ...counts, missing: [], failed: ['G2'] });
  });

  it('finds a row failed whose code throws, and does not count it as executed', async () => {
    const P4 = {
      ...experiments.P4,
      run: () => {
        throw new Error('division by zero');
      },
    };
    const report = runOf(rowFixtures, { ...experiments, P4 });
    expect(await covered(report)).toMatchObject({ implemented: listed.length, executed: listed.length - 1, failed: ['P4'] });
  });

  it('misses a row that the page does not show whole', async () => {
    const n = listed.length;
    const hidden = page.replace('id="row-P5"', 'id="elsewhere"');
    expect(await covered(whole, hidden)).toMatchObject({ executed: n, shown: n - 1, missing: ['P5'] });
    const start = page.indexOf('id="row-X4"');
    const withoutPicture = page.slice(0, start) + page.slice(start).replace(/<figure.*?<\/figure>/s, '');
    expect(await covered(whole, withoutPicture)).toMatchObject({ executed: n, shown: n - 1, missing: ['X4'] });
    const { actual } = whole.rows.find(({ id }) => id === 'R9')!.evidence[0];
    const withoutNumber = page.replaceAll(actual, '');
    expect((await covered(whole, withoutNumber)).missing).toContain('R9');
  });
});
