import { beforeAll, describe, expect, it } from 'vitest';
import type { Chart, RunReport } from '../suites/runReport.ts';
import { chartSvg } from './html/charts.ts';
import { formula, prose, safeLink, tensorMarkup } from './html/markup.ts';
import { errataHtml, html } from './html.ts';
import { statusText } from './summary.ts';
import { sampleReport } from './testing/sample.ts';
import { sampleAlgorithms } from './testing/sampleAlgorithms.ts';

let page = '';
beforeAll(async () => {
  page = await html(sampleReport);
});

const all = (text: string, pattern: RegExp) => Array.from(text.matchAll(pattern), ([, found]) => found);

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/** What a reader sees, roughly: no tags, references to characters resolved. */
function visible(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(lt|gt|amp|quot));/g, (_whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named[name];
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
    });
}

it('says how fast the cases went', () => {
  expect(visible(page)).toMatch(
    /Throughput\s*21 answers of 1,319 elements judged in 1\.25 s: 17 answers\/s[\s\S]*Time\s*its calls took 12\.5 ms: 10 cases/,
  );
});

it('says of a sampled output what it can miss', () => {
  expect(visible(page)).toContain(
    '1,024of 420,000, drawn by the seed: a fault in 1 % of them is seen with probability 0.99997',
  );
});

it('shows special values with the case that asks them, and why others are undefined; and counts both', async () => {
  const operations = sampleReport.operations.map((operation) =>
    operation.name === 'tanh.derivative'
      ? {
          ...operation,
          specialCases: { infinity: 'regimes', 'infinity-in-dy': 'regimes' },
          undefinedValues: { nan: 'a choice', 'nan-in-dy': 'a choice' },
        }
      : operation,
  );
  const text = visible(await html({ ...sampleReport, operations }));
  expect(text).toContain('or in the case that is named: 2 asked, 2 undefined');
  expect(text).toMatch(/infinity regimespassed\s+in each of 2 inputs/);
  expect(text).toContain('nan in the first, dyundefined: a choice');
  expect(text).toMatch(/Special values\s*2 asked, 2 undefined, each with its reason/);
});

it('asks nothing of anywhere', () => {
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/<(?:script|img|iframe)[^>]*\bsrc=|@import|@font-face|<link[^>]*stylesheet/);
  expect(all(page, /url\(([^)]*)\)/g).filter((target) => !target.startsWith('#'))).toEqual([]);
});

it('has every identifier once, and no link into nothing', () => {
  const identifiers = all(page, /\bid="([^"]*)"/g);
  expect(identifiers.length).toBeGreaterThan(40);
  expect(identifiers.filter((id, i) => identifiers.indexOf(id) !== i)).toEqual([]);
  const missing = all(page, /(?:href="|url\()#([^")]*)/g).filter((target) => !identifiers.includes(target));
  expect([...new Set(missing)]).toEqual([]);
});

it('shows every case, status, replay command, operation and row', () => {
  const text = visible(page);
  for (const { caseId, replay, status, reason } of sampleReport.outcomes) {
    expect(text).toContain(caseId);
    expect(text).toContain(replay);
    expect(text).toContain(statusText(status));
    if (reason) expect(text).toContain(reason);
  }
  for (const { title, source } of sampleReport.operations) for (const part of [title, source]) expect(text).toContain(part);
  for (const { id, evidence } of sampleReport.rows) {
    expect(page).toContain(`id="row-${id}"`);
    for (const { label, actual } of evidence) for (const part of [label, actual]) expect(text).toContain(part);
  }
  for (const { reason } of sampleReport.timings) if (reason) expect(text).toContain(reason);
  for (const { holes } of sampleReport.backends) for (const { reason } of holes) expect(text).toContain(reason);
});

it('shows the statistic closest to its threshold, and the false-alarm probability of the run', () => {
  const text = visible(page);
  expect(text).toContain('statistics: mean square 0.44');
  expect(text).toMatch(
    /1 verdict on 1000 errors or more; the probability that any of them is a false alarm is at most 1e-10, below 10⁻⁶ by design/,
  );
});

it('shows with each operation the precision that was observed', () => {
  const section = page.split('id="op-matmul"')[1].split('</article>')[0];
  expect(visible(section)).toContain('declared float64, observed 52.8 bits: consistent with float64');
  expect(section).toContain('<strong>declared float32, observed 10.9 bits: consistent with TF32 inputs</strong>');
});

it('shows of every algorithm what came of it on each backend, a curve, and how to run it again', async () => {
  const text = visible(page);
  for (const { title, backend, reason, replay, evidence } of sampleAlgorithms) {
    for (const part of [title, replay, reason ?? title, ...evidence.map(({ actual }) => actual)]) expect(text).toContain(part);
    const row = `data-backend="${backend}" data-status="${sampleAlgorithms.find((one) => one.backend === backend)?.status}"`;
    expect(page.split('id="algorithm-small-net"')[1]).toContain(row);
  }
  const [, section] = page.split('id="algorithm-small-net"');
  expect(section.split('</article>')[0]).toMatch(/<figure><svg class="chart"[^>]*reference, js, student/);
  // Two curves that differ have a line each; two that do not share one.
  const [reference, js] = sampleAlgorithms;
  const same = await html({ ...sampleReport, algorithms: [reference, { ...js, curves: reference.curves }] });
  expect(same).toContain('reference, js are one line');
  expect(page).not.toContain('are one line');
  // The wrong one is a finding, with its worst element.
  expect(visible(page.split('id="findings"')[1].split('</section>')[0])).toMatch(
    /A small net on student[\s\S]*dWeights\[0, 0, 0, 0\]/,
  );
});

it('leads from the diagnosis of a follower to the erratum', () => {
  expect(page).toContain('known mistake double-square, erratum <a href="#row-R1">R1</a>)');
});

it('says at the top what did not come to an end', async () => {
  const top = async (report: RunReport) => (await html(report)).split('<main')[0];
  expect(page.split('<main')[0]).not.toContain('Unfinished');
  expect(await top({ ...sampleReport, finishedAt: undefined })).toContain('did not finish');
  expect(await top({ ...sampleReport, stopped: 'interrupted (SIGINT)' })).toContain('interrupted (SIGINT)');
});

it('shows what a stranger’s program says as text, and follows only links to the web', async () => {
  const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>" onclick="alert(1)';
  const outcomes = sampleReport.outcomes.map((outcome) => ({
    ...outcome,
    backend: evil,
    reason: evil,
    diagnosis: evil,
    link: 'javascript:alert(1)',
  }));
  const backends = [{ ...sampleReport.backends[0], name: evil, notes: [evil], library: evil }];
  const attacked = await html({ ...sampleReport, backends, outcomes, command: evil });
  expect(all(attacked, /(<script)/g)).toHaveLength(1);
  expect(attacked).not.toMatch(/<img|"\s+onclick=|href="javascript/);
  expect(safeLink('https://example.org/issue/1')).toBe('https://example.org/issue/1');
});

it('stays light with 400 cases on three backends', async () => {
  const outcomes = Array.from({ length: 400 }, (_, i) =>
    ['js', 'tfjs-wasm', 'student'].map((backend) => ({
      ...{ ...sampleReport.outcomes[1], backend, operation: sampleReport.operations[i % 7].name },
      caseId: `${sampleReport.operations[i % 7].name}/recipe-number-${i}/random`,
    })),
  ).flat();
  expect((await html({ ...sampleReport, outcomes })).length).toBeLessThan(3e6);
});

describe('formulas', () => {
  it('reads every formula of the sample', () => {
    expect(page).not.toContain('class="tex"');
    expect(all(page, /(<math)/g).length).toBeGreaterThan(20);
  });

  it('shows what is no LaTeX as it stands', () => {
    expect(formula('\\frac{1}{<b>')).toBe('<code class="tex">\\frac{1}{&#60;b&#62;</code>');
  });

  it('draws letters in whatever font there is', () => {
    expect(formula('x', false)).toContain('<mi class="slanted">x</mi>');
    expect(formula('\\mathbf{w}', false)).toContain('<mi class="bold">w</mi>');
    expect(formula('\\mathbb{R}', false)).toContain('<mi>ℝ</mi>');
  });

  it('finds mathematics and code in prose', () => {
    expect(prose('a < b, $x$ and `c`')).toMatch(/^a &#60; b, <math.*<\/math> and <code>c<\/code>$/);
  });
});

it('prints small tensors as matrices, outer axes one by one', () => {
  expect(tensorMarkup([2, 2], [1, 'nan', -0, '-inf'])).toContain('aria-label="[[1, NaN], [-0, -∞]]"');
  expect(visible(tensorMarkup([], [0.5]))).toBe('0.5');
  expect(tensorMarkup([2, 0], [])).toContain('empty [2, 0]');
  const blocks = tensorMarkup([2, 1, 2], [1, 2, 3, 4]);
  expect(blocks).toMatch(/\[0, ·, ·\].*aria-label="\[1, 2\]".*\[1, ·, ·\].*aria-label="\[3, 4\]"/);
  expect(tensorMarkup([100], Array(100).fill(1))).toContain('(100 values)');
});

describe('charts', () => {
  const chart = (points: Chart['series'][number]['points'], rest: Partial<Chart> = {}): Chart => ({
    ...{ title: 't', kind: 'line', xLabel: 'x', yLabel: 'y', series: [{ name: 'a', points }] },
    ...rest,
  });

  it('draws the same bytes in any order of drawing, without identifiers', async () => {
    const points = [
      [1, 2],
      [2, 3],
    ] as const;
    const first = await chartSvg(chart(points));
    await chartSvg(chart([[1, 5]]));
    expect(await chartSvg(chart(points))).toBe(first);
    expect(first).not.toMatch(/\bid=/);
  });

  it('leaves out what cannot be drawn, and says when nothing is left', async () => {
    const hollow = [
      [1, 0],
      [2, Number.NaN],
      [3, Number.POSITIVE_INFINITY],
    ] as const;
    const some = await chartSvg(chart([...hollow, [4, 10], [5, 1000]], { yScale: 'log' }));
    expect(some).toContain('<path');
    expect(some).not.toMatch(/NaN|Infinity/);
    expect(await chartSvg(chart(hollow, { yScale: 'log' }))).toContain('no finite point');
  });

  it('has no colour but the page’s', async () => {
    const several = {
      series: ['a', 'b'].map((name) => ({
        name,
        points: [
          [1, 2],
          [2, 4],
        ] as const,
      })),
    };
    for (const kind of ['line', 'scatter', 'bar'] as const) {
      const svg = await chartSvg(chart([], { ...several, kind }));
      expect(svg).toContain('var(--series-2)');
      expect(svg).not.toMatch(/(?:fill|stroke)="(?:#|black|rgb)/);
    }
  });
});

it('has the ledger of the errata as a page of its own, whose links lead somewhere', async () => {
  const [page, ledger] = await Promise.all([html(sampleReport), errataHtml(sampleReport)]);
  expect(page).toContain('<a href="errata.html">a page of its own</a>');
  expect(ledger).not.toContain('errata.html');
  const errata = sampleReport.rows.filter(({ kind }) => kind === 'erratum');
  expect(ledger.match(/class="row erratum"/g)).toHaveLength(errata.length);
  const links = Array.from(ledger.matchAll(/ href="(index\.html)?#([^"]+)"/g), ([, file, id]) => ({ file, id }));
  expect(links.some(({ file }) => file)).toBe(true);
  expect(links.filter(({ file, id }) => !(file ? page : ledger).includes(` id="${id}"`))).toEqual([]);
});
