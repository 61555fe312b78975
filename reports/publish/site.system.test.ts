/** A published site in a browser, and a site of a thousand runs. */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../suites/runReport.ts';
import { browserRunsHere, launchBrowser, openPage } from '../testing/browser.ts';
import { measurePage } from '../testing/measurePage.ts';
import { sampleReport } from '../testing/sample.ts';
import { emptyCatalogue, withRun } from './catalogue.ts';
import { runDataPath } from './places.ts';
import { publishedRun } from './run.ts';
import { publishedSite } from './site.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const evil = '<img src=x onerror=alert(1)>';

/** Four nights: softmax is wrong on js in the second, and the version changes before the fourth. */
const nights: readonly RunReport[] = [0, 1, 2, 3].map((night) => ({
  ...sampleReport,
  startedAt: `2026-03-${12 + night}T09:30:00.000Z`,
  backends: sampleReport.backends.map((backend) =>
    backend.name === 'js' && night === 3 ? { ...backend, version: '0.2.0' } : backend,
  ),
  outcomes: sampleReport.outcomes.map((outcome) =>
    night === 1 && outcome.backend === 'js' && outcome.operation === 'softmax'
      ? { ...outcome, status: 'failed', reason: `y should be 1, is ${evil}` }
      : outcome,
  ),
}));

describe.skipIf(!browserRunsHere)('the site in a browser', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'etalon-site-')), 'a site');
  const runs = nights.map((report) => publishedRun(report));
  const pages = [
    'index.html',
    'backends/js.html',
    'operations/softmax.html',
    'documents.html',
    'errata.html',
    'runs.html',
    'search.html',
  ];
  const comparison = `compare.html#base=${runs[0].id}&head=${runs[1].id}`;
  let browser: Browser;

  beforeAll(async () => {
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    for await (const [path, text] of publishedSite(runs, nights.reduce(withRun, emptyCatalogue))) write(path, text);
    for (const run of runs) write(runDataPath(run.id), `etalonRun(${JSON.stringify(run)});\n`);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(dirname(folder), { recursive: true, force: true });
  });

  async function open(path: string, options: BrowserContextOptions = {}) {
    const opened = await openPage(browser, folder, path, { viewport: { width: 1440, height: 900 }, ...options });
    if (path.startsWith('compare.html')) await opened.page.locator('#compare-state', { hasText: /differ|common/ }).waitFor();
    return opened;
  }

  it.each([...pages, comparison])('%s is accessible, has no sideways scrolling and asks nothing of anywhere', async (path) => {
    for (const [colorScheme, width] of [
      ['light', 1440],
      ['dark', 390],
    ] as const) {
      const { page, requests, complaints } = await open(path, { colorScheme, viewport: { width, height: 900 } });
      await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
      await page.evaluate(axe);
      // Without preload: axe would ask for the style sheet by a request that the page's policy refuses, and the page would complain of it.
      const violations =
        "axe.run({ preload: false }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))";
      expect(await page.evaluate(violations), `${colorScheme} at ${width} px`).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const root = pathToFileURL(folder).href;
      expect(requests.filter((url) => !url.startsWith('data:') && !url.startsWith(`${root}/`))).toEqual([]);
      expect(complaints).toEqual([]);
      await page.close();
    }
  });

  it('compares any two runs, and the address keeps them', async () => {
    const { page } = await open(comparison);
    const rows = () => page.locator('#compare-result tbody tr').allTextContents();
    expect(await rows()).toHaveLength(1);
    expect((await rows())[0]).toMatch(/^newly failingsoftmaxjspassed, .*failed, /);
    // A stranger's program said it: it is text.
    expect(await page.locator('#compare-result').textContent()).toContain(evil);
    expect(await page.locator('#compare-result img').count()).toBe(0);
    await page.locator('[name=head]').selectOption(runs[2].id);
    await page.locator('#compare-state', { hasText: 'Nothing differs' }).waitFor();
    expect(await page.evaluate('location.hash')).toBe(`#base=${runs[0].id}&head=${runs[2].id}`);
    await page.locator('[name=base]').selectOption(runs[1].id);
    await page.locator('td', { hasText: 'softmax' }).waitFor();
    expect((await rows())[0]).toMatch(/^newly passing/);
    await page.close();
  });

  it('compares two backends of one run', async () => {
    const { page } = await open(`compare.html#base=${runs[0].id}&head=${runs[0].id}&of=js&with=student`);
    const text = await page.locator('#compare-result').textContent();
    expect(text).toMatch(/newly failingmatmuljs 0\.1\.0 to student 3/);
    await page.close();
  });

  it('is searched from any page, with the keyboard alone', async () => {
    const { page } = await open('operations/softmax.html');
    await page.keyboard.press('/');
    await page.keyboard.type('convolution');
    await page.keyboard.press('Enter');
    await page.locator('#search-state', { hasText: 'of' }).waitFor();
    expect(page.url()).toMatch(/search\.html#\?q=convolution$/);
    const found = page.locator('.found li:visible a');
    expect(await found.allTextContents()).toContain('conv2d');
    expect(await found.allTextContents()).not.toContain('softmax');
    await found.filter({ hasText: /^conv2d$/ }).click();
    expect(page.url()).toMatch(/operations\/conv2d\.html$/);
    await page.close();
  });

  it('can be read without its script', async () => {
    const { page } = await open('search.html', { javaScriptEnabled: false });
    expect(await page.locator('.found a').count()).toBeGreaterThan(10);
    await page.goto(pathToFileURL(join(folder, 'runs.html')).href);
    expect(await page.locator('tbody tr').count()).toBe(4);
    await page.close();
  });
});

describe('a site of many runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'etalon-thousand-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const amount = { runs: 1000, backends: 10, operations: 94, cases: 2 };

  /** Reports as a run writes them, with the operations of a whole run; each night's seed decides what fails. */
  async function writeRuns(): Promise<void> {
    const operations = Array.from({ length: amount.operations }, (_, i) => ({
      ...sampleReport.operations[i % sampleReport.operations.length],
      ...{ name: `operation${i}`, rows: [] },
    }));
    const names = Array.from({ length: amount.backends }, (_, i) => `backend-${i}`);
    const [template] = sampleReport.outcomes;
    for (let night = 0; night < amount.runs; night++) {
      const outcomes = names.flatMap((backend, b) =>
        operations.flatMap(({ name }, o) =>
          Array.from({ length: amount.cases }, (_, c) => ({
            ...template,
            ...{
              backend,
              operation: name,
              caseId: `${name}/case-${c}/random`,
              replay: `etalon check --backend ${backend} --case ${name}/case-${c}/random`,
            },
            status: (o * 7 + b * 3 + (night >> 5)) % 41 === 0 ? 'failed' : 'passed',
          })),
        ),
      );
      const report = {
        ...sampleReport,
        startedAt: new Date(Date.UTC(2024, 0, 1 + night, 3)).toISOString(),
        backends: names.map((name) => ({ ...sampleReport.backends[0], name, version: `1.${night >> 5}.0`, holes: [] })),
        ...{ operations, outcomes, properties: [], algorithms: [], timings: [], rows: night === 7 ? sampleReport.rows : [] },
      };
      const stream = createWriteStream(join(folder, `night-${String(night).padStart(4, '0')}.json`));
      await new Promise<void>((done) => stream.end(JSON.stringify(report), () => done()));
    }
  }

  it('is made within a minute and within 1 GiB, and its first page is light', async () => {
    await writeRuns();
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    const site = join(folder, 'site');
    const begun = performance.now();
    const child = spawn(process.execPath, ['dist/cli/main.js', 'publish', site, '--runs', folder], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let peakKiB = 0;
    const watch = setInterval(() => {
      try {
        const [, peak] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
        peakKiB = Math.max(peakKiB, Number(peak ?? 0));
      } catch {
        // It has ended.
      }
    }, 100);
    const status = await new Promise((ended) => child.on('close', ended));
    clearInterval(watch);
    const seconds = (performance.now() - begun) / 1000;
    const first = statSync(join(site, 'index.html')).size;
    console.log(
      `${amount.runs} runs × ${amount.backends} backends, ${(bytes / 1e6).toFixed(0)} MB: ${seconds.toFixed(1)} s, ${(peakKiB / 1024).toFixed(0)} MiB; first page ${(first / 1000).toFixed(0)} kB`,
    );
    expect(status).toBe(0);
    expect(readdirSync(join(site, 'runs'))).toHaveLength(amount.runs);
    expect(first).toBeLessThanOrEqual(300_000);
    expect(peakKiB).toBeGreaterThan(10_000);
    expect(peakKiB).toBeLessThanOrEqual(1024 * 1024);
    // No test is a measurement on a machine with other work: the figure is printed, and this ends what is of another order.
    expect(seconds).toBeLessThan(240);
    if (browserRunsHere) {
      const browser = await launchBrowser();
      const { nodes } = await measurePage(browser, join(site, 'index.html'), 1);
      await browser.close();
      expect(nodes).toBeLessThanOrEqual(5000);
    }
  });
});
