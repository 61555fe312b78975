/** The page in a browser: no request, no error, accessible, no sideways scrolling, its script at work. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html } from './html.ts';
import { junit } from './junit.ts';
import { browserRunsHere, launchBrowser } from './testing/browser.ts';
import { sampleReport } from './testing/sample.ts';
import { sampleAlgorithms } from './testing/sampleAlgorithms.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Elsewhere than on linux-x64 the package has no browser: these tests are then reported as skipped.
describe.skipIf(!browserRunsHere)('the page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'etalon-page-'));
  const file = join(folder, 'index.html');
  const address = pathToFileURL(file).href;
  let browser: Browser;

  beforeAll(async () => {
    writeFileSync(file, await html(sampleReport));
    browser = await launchBrowser();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(
    options: BrowserContextOptions = {},
    fragment = '',
  ): Promise<{ page: Page; requests: string[]; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address + fragment);
    return { page, requests, complaints };
  }

  const openAllDetails = (page: Page) =>
    page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');

  it('asks nothing of anywhere and complains of nothing', async () => {
    const { page, requests, complaints } = await open();
    await openAllDetails(page);
    await page.mouse.wheel(0, 20_000);
    await page.waitForTimeout(200);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
    ['dark', 360],
  ] as const)('is accessible in %s at %i px, with everything open', async (colorScheme, width) => {
    const { page } = await open({ colorScheme, viewport: { width, height: 900 } });
    await page.evaluate(axe);
    await openAllDetails(page);
    const violations = "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))";
    expect(await page.evaluate(violations)).toEqual([]);
    await page.close();
  });

  it.each([360, 768, 1600])('does not scroll sideways at %i px, even with everything open', async (width) => {
    const { page } = await open({ viewport: { width, height: 900 } });
    await openAllDetails(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await page.close();
  });

  it('leads from a cell of the scoreboard to the operation', async () => {
    const { page } = await open();
    await page.locator('.scores td[data-backend="student"][data-operation="conv2d"] a').click();
    expect(await page.evaluate('location.hash')).toBe('#op-conv2d');
    const top = (await page.locator('[id="op-conv2d"]').boundingBox())!.y;
    expect(top).toBeGreaterThan(0);
    expect(top).toBeLessThan(300);
    await page.close();
  });

  it('opens the evidence of the row that a link leads to', async () => {
    const { page } = await open({}, '#row-P4');
    expect(await page.locator('#row-P4 .proof').getAttribute('open')).not.toBeNull();
    expect(await page.locator('#row-G2 .proof').getAttribute('open')).toBeNull();
    await page.locator('#row-P4 .links a', { hasText: 'perceptron.train' }).click();
    expect(await page.evaluate('location.hash')).toBe('#op-perceptron.train');
    await page.close();
  });

  it('can be filtered with the keyboard alone', async () => {
    const { page } = await open();
    let presses = 0;
    while ((await page.evaluate('document.activeElement.id')) !== 'filter-operation') {
      await page.keyboard.press('Tab');
      expect(++presses).toBeLessThan(25);
    }
    const rows = page.locator('.scores tr[data-operation]:visible');
    expect(await rows.count()).toBe(sampleReport.operations.length);
    await page.keyboard.type('conv2d');
    expect(await rows.count()).toBe(2);
    expect(await page.locator('article.operation:visible').count()).toBe(2);
    expect(await page.locator('#filter-state').textContent()).toBe(`2 of ${sampleReport.operations.length} operations`);
    await page.locator('#filter-status').selectOption('failed');
    expect(await rows.count()).toBe(1);
    await page.locator('#filter-backend').selectOption('js');
    expect(await rows.count()).toBe(0);
    expect(await page.locator('article.finding:visible').count()).toBe(0);
    expect(await page.locator('.scores th[data-column="student"]:visible').count()).toBe(0);
    await page.locator('#clear').click();
    expect(await rows.count()).toBe(sampleReport.operations.length);
    expect(await page.evaluate('document.activeElement.id')).toBe('filter-operation');
    await page.close();
  });

  it('can be read without its script', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    expect(await page.locator('#filter').isVisible()).toBe(false);
    expect(await page.locator('.scores a').count()).toBeGreaterThan(20);
    await page.locator('#row-P4 summary').click();
    expect(await page.locator('#row-P4 table').first().isVisible()).toBe(true);
    await page.close();
  });

  it('draws its text with a font', async () => {
    // Without one every letter is as wide as every other, and the checks of contrast above see nothing.
    const { page } = await open();
    const widthOf = (text: string) =>
      page.evaluate(
        `(() => { const s = document.createElement("span"); s.textContent = "${text}"; document.body.append(s); return s.offsetWidth; })()`,
      );
    expect(await widthOf('WWWWWWWWWW')).toBeGreaterThan(2 * Number(await widthOf('iiiiiiiiii')));
    await page.close();
  });

  it('reads junit.xml as well-formed XML', async () => {
    const { page } = await open();
    const parse = (xml: string) =>
      page.evaluate(`(() => {
        const parsed = new DOMParser().parseFromString(${JSON.stringify(xml)}, 'application/xml');
        return parsed.querySelector('parsererror') ? 'malformed' : parsed.querySelectorAll('testcase').length;
      })()`);
    // One test case for everything that was asked, one for the backend that is not there and one for the missing row.
    const { outcomes, properties, rows, timings, accuracy = [] } = sampleReport;
    const asked = [outcomes, properties, rows, timings, sampleAlgorithms, accuracy].flat();
    expect(await parse(junit(sampleReport))).toBe(asked.length + 2);
    expect(await parse('<a>\u0007</a>')).toBe('malformed');
    await page.close();
  });
});
