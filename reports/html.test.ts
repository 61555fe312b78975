import { beforeAll, describe, expect, it } from 'vitest';
import type { Chart, RunReport, Status } from '../suites/runReport.ts';
import { chartSvg } from './html/charts.ts';
import { formula, prose, safeLink, tensorMarkup } from './html/markup.ts';
import { site } from './html/site.ts';
import { statusText } from './summary.ts';
import { sampleReport } from './testing/sample.ts';
import { sampleAlgorithms } from './testing/sampleAlgorithms.ts';

let files: Record<string, string> = {};
beforeAll(async () => {
  files = await site(sampleReport);
});

const all = (text: string, pattern: RegExp) => Array.from(text.matchAll(pattern), ([, found]) => found);
const markup = (own = files) => Object.entries(own).filter(([path]) => path.endsWith('.html'));

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/** Returns the text that a reader sees, roughly: no tags, references to characters resolved. */
function visible(text: string): string {
  return text
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(lt|gt|amp|quot));/g, (_whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named[name];
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
    });
}

it('has a page for each operation and one for each part of the run', () => {
  const operations = sampleReport.operations.map(({ name }) => `operations/${name}.html`);
  const parts = ['index', 'operations', 'findings', 'algorithms', 'timings', 'documents', 'errata', 'run'];
  expect(Object.keys(files).sort()).toEqual(
    [...operations, ...parts.map((name) => `${name}.html`), 'style.css', 'script.js'].sort(),
  );
});

it('lists the case at boundary sizes with the largest error ÷ limit, and counts the others that are as expected', async () => {
  const example = sampleReport.outcomes.find(({ operation, status }) => operation === 'matmul' && status === 'passed')!;
  const at = (size: number, errorRatio: number, status: Status = 'passed') => ({
    ...example,
    caseId: `matmul/boundary-inner-${size}/random`,
    status,
    outputs: example.outputs.map((output) => ({ ...output, errorRatio })),
  });
  const more = [
    at(31, 0.2),
    at(32, 0.4),
    at(33, 0.3),
    at(34, 0, 'unsupported'),
    at(35, 0.1, 'expectedFailure'),
    at(65, 7, 'failed'),
  ];
  const page = (await site({ ...sampleReport, outcomes: [...sampleReport.outcomes, ...more] }))['operations/matmul.html'];
  // A finding names the known failure of 35, and that of 65 is no known one.
  expect(all(page, /id="case-matmul-boundary-inner-(\d+)-random"/g)).toEqual(['35', '65', '32']);
  expect(visible(page)).toContain('3 further cases at boundary sizes passed, are known to fail or are not supported');
});

it('has every identifier once, and no link into nothing', () => {
  const identifiers = new Map(markup().map(([path, text]) => [path, all(text, /\bid="([^"]*)"/g)]));
  for (const [path, own] of identifiers)
    expect(
      own.filter((id, i) => own.indexOf(id) !== i),
      path,
    ).toEqual([]);
  let links = 0;
  for (const [path, text] of markup()) {
    for (const target of all(text, / (?:href|src)="([^"]*)"/g)) {
      if (/^(https?:|data:)/.test(target)) continue;
      const [file, anchor] = target.split('#');
      const folder = path.includes('/') ? 'operations/' : '';
      const resolved = file === '' ? path : new URL(`root:/${folder}${file}`).pathname.slice(1);
      // The sources lie outside of the report.
      if (file.endsWith('.ts')) continue;
      links++;
      expect(Object.keys(files), `${target} in ${path}`).toContain(resolved);
      if (anchor) expect(identifiers.get(resolved), `${target} in ${path}`).toContain(anchor);
    }
  }
  expect(links).toBeGreaterThan(200);
});

it('leads to the sources from any depth', () => {
  expect(files['operations/matmul.html']).toContain('<a href="../../reference/dense.ts">');
  expect(files['documents.html']).toContain('<a href="../');
});

it('asks nothing of anywhere', () => {
  for (const [, text] of markup()) {
    expect(text).toContain("default-src 'none'");
    expect(text).not.toMatch(
      /<(?:img|iframe)|<(?:script|link)[^>]*(?:src|href)="(?!(?:\.\.\/)?(?:script\.js|style\.css)"|data:)/,
    );
  }
  expect(all(files['style.css'], /url\(([^)]{0,20})/g).filter((target) => !target.startsWith('data:'))).toEqual([]);
});

it('says how fast the cases went', () => {
  expect(visible(files['run.html'])).toMatch(
    /Throughput\s*21 answers of 1,319 elements judged in 1\.25 s: 17 answers\/s[\s\S]*Time\s*its calls took 12\.5 ms: 10 cases/,
  );
});

it('shows accuracy and speed of each backend on the first page, and every operation with both', () => {
  const text = visible(files['index.html']).replace(/\s+/g, ' ');
  expect(text).toContain('15 results are not as expected.');
  expect(text).toMatch(
    /tfjs-wasm @tensorflow\/tfjs 4\.22\.0 wasm 7 of 10 .*1 unexpected pass.* 1 ∞ in softmax 10\.9 bits 1 × 1 of 1/,
  );
  const squares = all(files['index.html'], /<a class="square[^>]*title="([^"]*)"/g);
  expect(squares).toHaveLength(3 * sampleReport.operations.length);
  expect(squares).toContain('matmul on js: passed, error 0.21 of its limit, 20 × the time of the fastest');
  expect(squares).toContain('matmul on student: crashed, error 1.01 of its limit');
  expect(files['index.html']).toMatch(/<a class="square expectedFailure" href="operations\/softmax\.html"/);
});

it('shows no accuracy where none was asked, and no time where none was taken', async () => {
  const none = { outcomes: [], properties: [], algorithms: [], rows: [], accuracy: [], inventory: undefined };
  const bench = (await site({ ...sampleReport, ...none }))['index.html'];
  expect(bench).not.toMatch(/scope="col"[^>]*>passed|0 of 0/);
  expect(bench).toMatch(/<a class="square notRun"[^>]*style="--speed:100%"/);
  const check = (await site({ ...sampleReport, timings: [] }))['index.html'];
  expect(check).not.toContain('fastest in');
});

it('says of a sampled output what it can miss', () => {
  expect(visible(files['operations/matmul.html'])).toContain(
    '1,024 compared of 420,000, drawn by the seed: a fault in 1 % of them is seen with probability 0.99997',
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
  const own = await site({ ...sampleReport, operations });
  const text = visible(own['operations/tanh.derivative.html']);
  expect(text).toContain('2 asked, 2 undefined');
  expect(text).toMatch(/infinity regimespassed\s+in each of 2 inputs/);
  expect(text).toContain('nan in the first, dyundefined: a choice');
  expect(visible(own['run.html'])).toMatch(/Special values\s*2 asked, 2 undefined, each with its reason/);
});

it('shows every case, status, replay command, operation and row', () => {
  for (const { operation, caseId, replay, status, reason } of sampleReport.outcomes) {
    const page = files[`operations/${operation}.html`];
    const text = visible(page);
    expect(page).toContain(`id="case-${caseId.replaceAll('/', '-')}"`);
    for (const part of [replay, statusText(status), reason ?? '']) expect(text).toContain(part);
  }
  for (const { name, title, source } of sampleReport.operations)
    for (const part of [title, source]) expect(visible(files[`operations/${name}.html`])).toContain(part);
  for (const { id, kind, evidence } of sampleReport.rows) {
    const page = files[kind === 'erratum' ? 'errata.html' : 'documents.html'];
    expect(page).toContain(`id="row-${id}"`);
    for (const { label, actual } of evidence) for (const part of [label, actual]) expect(visible(page)).toContain(part);
  }
  for (const { reason } of sampleReport.timings) if (reason) expect(visible(files['timings.html'])).toContain(reason);
  for (const { holes } of sampleReport.backends)
    for (const { reason } of holes) expect(visible(files['operations.html'])).toContain(reason);
});

it('shows the statistic closest to its threshold, and the false-alarm probability of the run', () => {
  expect(visible(files['operations/matmul.html'])).toContain('statistics: mean square 0.44');
  expect(visible(files['run.html'])).toMatch(
    /1 verdict on 1000 errors or more; the probability that any of them is a false alarm is at most 1e-10, below 10⁻⁶ by design/,
  );
});

it('shows with each operation the precision that was observed', () => {
  const page = files['operations/matmul.html'];
  expect(visible(page)).toContain('declared float64, observed 52.8 bits: consistent with float64');
  expect(page).toContain('<strong>declared float32, observed 10.9 bits: consistent with TF32 inputs</strong>');
});

it('shows of every algorithm what came of it on each backend, a curve, and how to run it again', async () => {
  const page = files['algorithms.html'];
  for (const { title, backend, reason, replay, evidence, status } of sampleAlgorithms) {
    for (const part of [title, replay, reason ?? title, ...evidence.map(({ actual }) => actual)])
      expect(visible(page)).toContain(part);
    expect(page).toContain(`data-backend="${backend}" data-status="${status}"`);
  }
  expect(page).toMatch(/<figure><svg class="chart"[^>]*reference, js, student/);
  // Two curves that differ have a line each; two that do not share one.
  const [reference, js] = sampleAlgorithms;
  const same = await site({ ...sampleReport, algorithms: [reference, { ...js, curves: reference.curves }] });
  expect(same['algorithms.html']).toContain('reference, js are one line');
  expect(page).not.toContain('are one line');
  // The wrong one is a finding, with its worst element.
  expect(visible(files['findings.html'])).toMatch(/algorithm small-net on student[\s\S]*dWeights\[0, 0, 0, 0\]/);
});

it('leads from the diagnosis of a follower to the erratum', () => {
  expect(files['findings.html']).toContain('known mistake double-square, erratum <a href="errata.html#row-R1">R1</a>)');
});

it('says which backend could not be checked as it should', async () => {
  const backends = sampleReport.backends.map((backend) => ({ ...backend, required: true }));
  const text = visible((await site({ ...sampleReport, backends }))['index.html']);
  expect(text).toMatch(/onnxruntime-cuda\s+did not start: Failed to load shared library/);
  expect(visible(files['index.html'])).not.toContain('did not start');
});

it('says at the top what did not come to an end', async () => {
  const top = async (report: RunReport) => (await site(report))['index.html'].split('backends-title')[0];
  expect(files['index.html'].split('backends-title')[0]).not.toContain('Unfinished');
  expect(await top({ ...sampleReport, finishedAt: undefined })).toContain('did not finish');
  expect(await top({ ...sampleReport, stopped: 'interrupted (SIGINT)' })).toContain('interrupted (SIGINT)');
});

it('shows what a stranger’s program says as text, and follows only links to the web', async () => {
  const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>" onclick="alert(1)';
  const outcomes = sampleReport.outcomes.map((outcome) => ({
    ...outcome,
    ...{ backend: evil, operation: evil, caseId: `${evil}/a/b`, reason: evil, diagnosis: evil, link: 'javascript:alert(1)' },
  }));
  const backends = [{ ...sampleReport.backends[0], name: evil, notes: [evil], library: evil }];
  const operations = [
    { ...sampleReport.operations[0], name: evil, title: evil },
    { ...sampleReport.operations[1], name: '../../x' },
  ];
  const attacked = await site({ ...sampleReport, backends, outcomes, operations, command: evil });
  for (const [path, text] of markup(attacked)) {
    expect(path).toMatch(/^(operations\/)?[\w-][\w.-]*\.html$/);
    expect(all(text, /(<script)/g)).toHaveLength(1);
    expect(text).not.toMatch(/<img|"\s+onclick=|href="javascript/);
  }
  expect(safeLink('https://example.org/issue/1')).toBe('https://example.org/issue/1');
});

it('stays light on its first page with ten backends that fail everywhere', async () => {
  const backends = Array.from({ length: 10 }, (_, i) => ({
    ...sampleReport.backends[1],
    name: `backend-number-${i}`,
    holes: [],
  }));
  const operations = Array.from({ length: 100 }, (_, i) => ({ ...sampleReport.operations[i % 7], name: `operation${i}` }));
  const outcomes = backends.flatMap(({ name }) =>
    operations.map((operation) => ({ ...sampleReport.outcomes[2], backend: name, operation: operation.name })),
  );
  const page = (await site({ ...sampleReport, backends, operations, outcomes, rows: [], algorithms: [] }))['index.html'];
  expect(all(page, /<([a-z]+)/g).length).toBeLessThanOrEqual(3000);
  expect(Buffer.byteLength(page)).toBeLessThanOrEqual(300_000);
  expect(visible(page)).toContain('backend-number-9');
});

describe('in one file', () => {
  it('holds every page as a closed part, and all links lead into it', async () => {
    const one = await site(sampleReport, { singleFile: true });
    expect(Object.keys(one)).toEqual(['index.html']);
    const page = one['index.html'];
    const parts = all(page, /<template data-path="([^"]*)"/g);
    expect(parts.sort()).toEqual(
      markup()
        .map(([path]) => path)
        .sort(),
    );
    for (const target of all(page, /<a [^>]*href="([^"]*)"/g)) {
      if (/^(https?:|\.\.\/)/.test(target) || target === '#main') continue;
      const [, path, anchor] = target.split('#');
      expect(parts, target).toContain(path);
      if (anchor) expect(page, target).toContain(`id="${anchor}"`);
    }
    expect(page).not.toMatch(/<link rel="stylesheet"|<script src/);
  });
});

describe('formulas', () => {
  it('reads every formula of the sample', () => {
    const text = markup()
      .map(([, own]) => own)
      .join('');
    expect(text).not.toContain('class="tex"');
    expect(all(text, /(<math)/g).length).toBeGreaterThan(20);
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
