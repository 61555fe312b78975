/** The pages in a browser: no request elsewhere, no error, accessible, no sideways scrolling, their script at work. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { site } from './html/site.ts';
import { browserRunsHere, launchBrowser, openPage } from './testing/browser.ts';
import { measurePage } from './testing/measurePage.ts';
import { sampleReport } from './testing/sample.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const looked = [
  'index.html',
  'operations.html',
  'operations/conv2d.html',
  'operations/matmul.html',
  'findings.html',
  'algorithms.html',
];
const others = ['timings.html', 'documents.html', 'errata.html', 'run.html'];

// Elsewhere than on linux-x64 the package has no browser: these tests are then reported as skipped.
describe.skipIf(!browserRunsHere)('the page', () => {
  // A path with a space, which relative links must survive.
  const folder = join(mkdtempSync(join(tmpdir(), 'etalon-page-')), 'a report');
  const single = join(folder, 'single.html');
  let browser: Browser;

  beforeAll(async () => {
    for (const [path, text] of Object.entries(await site(sampleReport))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    writeFileSync(single, (await site(sampleReport, { singleFile: true }))['index.html']);
    browser = await launchBrowser();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(dirname(folder), { recursive: true, force: true });
  });

  const open = (path: string, options: BrowserContextOptions = {}) =>
    openPage(browser, folder, path, { viewport: { width: 1280, height: 900 }, ...options });

  const openAllDetails = (page: Page) =>
    page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');

  it.each([...looked, ...others])('%s asks nothing of anywhere and complains of nothing', async (path) => {
    const { page, requests, complaints } = await open(path);
    await openAllDetails(page);
    await page.mouse.wheel(0, 20_000);
    const root = pathToFileURL(folder).href;
    expect(requests.filter((url) => !url.startsWith('data:') && !url.startsWith(`${root}/`))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([...looked, ...others])('%s is accessible, with everything open', async (path) => {
    for (const [colorScheme, width] of [
      ['light', 1440],
      ['dark', 390],
    ] as const) {
      const { page } = await open(path, { colorScheme, viewport: { width, height: 900 } });
      await page.evaluate(axe);
      await openAllDetails(page);
      const violations = "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))";
      expect(await page.evaluate(violations), `${colorScheme} at ${width} px`).toEqual([]);
      await page.close();
    }
  });

  it.each([...looked, ...others])('%s does not scroll sideways, even with everything open', async (path) => {
    for (const width of [390, 768, 1440]) {
      const { page } = await open(path, { viewport: { width, height: 900 } });
      await openAllDetails(page);
      expect(await page.evaluate('document.documentElement.scrollWidth'), `${width} px`).toBe(width);
      await page.close();
    }
  });

  it('leads from a square of the map to the operation', async () => {
    const { page } = await open('index.html');
    await page.locator('a.square[title^="conv2d on student"]').click();
    expect(await page.locator('h1').textContent()).toContain('conv2d');
    expect(page.url()).toMatch(/operations\/conv2d\.html$/);
    await page.close();
  });

  it('opens the numbers of the case, and the evidence of the row, that a link leads to', async () => {
    const { page } = await open('operations/matmul.html#case-matmul-oblong-exact');
    expect(await page.locator('#case-matmul-oblong-exact + .further').isVisible()).toBe(true);
    expect(await page.locator('#case-matmul-oblong-random + .further').isVisible()).toBe(false);
    await page.close();
    const { page: rows } = await open('documents.html#row-P4');
    expect(await rows.locator('#row-P4 .proof').getAttribute('open')).not.toBeNull();
    expect(await rows.locator('#row-G2 .proof').getAttribute('open')).toBeNull();
    await rows.locator('#row-P4 .links a', { hasText: 'perceptron.train' }).click();
    expect(rows.url()).toMatch(/operations\/perceptron\.train\.html$/);
    await rows.close();
  });

  it('can be filtered with the keyboard alone, and the address keeps the filter', async () => {
    const { page } = await open('operations.html');
    let presses = 0;
    while ((await page.evaluate('document.activeElement.name')) !== 'operation') {
      await page.keyboard.press('Tab');
      expect(++presses).toBeLessThan(25);
    }
    const rows = page.locator('.scores tr[data-operation]:visible');
    await page.keyboard.type('conv2d');
    expect(await rows.count()).toBe(2);
    expect(await page.locator('#filter-state').textContent()).toBe(`2 of ${sampleReport.operations.length} operations`);
    await page.locator('[name=status]').selectOption('failed');
    expect(await rows.count()).toBe(1);
    const hash = String(await page.evaluate('location.hash'));
    expect(hash).toBe('#?operation=conv2d&status=failed');
    await page.locator('[name=backend]').selectOption('js');
    expect(await rows.count()).toBe(0);
    expect(await page.locator('#none').isVisible()).toBe(true);
    expect(await page.locator('.scores th[data-column="student"]:visible').count()).toBe(0);
    await page.locator('#clear').click();
    expect(await page.evaluate('location.hash')).toBe('');
    expect(await page.evaluate('document.activeElement.name')).toBe('operation');
    await page.close();
    const { page: again } = await open(`operations.html${hash}`);
    expect(await again.locator('.scores tr[data-operation]:visible').count()).toBe(1);
    expect(await again.locator('[name=status]').inputValue()).toBe('failed');
    await again.close();
  });

  it('sorts a table by any column, and puts it back', async () => {
    const { page } = await open('index.html');
    const names = () => page.locator('.summary tbody .name').allTextContents();
    const before = await names();
    const sort = page.getByRole('button', { name: 'Sort by passed' });
    await sort.click();
    expect((await names()).slice(0, 3)).toEqual(['js', 'tfjs-wasm', 'student']);
    await sort.click();
    expect((await names()).indexOf('student')).toBeLessThan((await names()).indexOf('js'));
    expect(await page.locator('.summary th[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
    await sort.click();
    expect(await names()).toEqual(before);
    await page.close();
    // Numbers as numbers: ∞ above 2.9e6 above 0.74.
    const { page: operations } = await open('operations.html');
    await operations.getByRole('button', { name: 'Sort by tfjs-wasm' }).click();
    const first = await operations.locator('[data-family] th[scope=row] a').first().textContent();
    expect(first).toBe('softmax');
    await operations.close();
  });

  it('keeps the head of a long table in sight', async () => {
    const { page } = await open('operations.html', { viewport: { width: 1280, height: 300 } });
    await page.evaluate('scrollTo(0, document.querySelector(".scores tbody:last-of-type").getBoundingClientRect().top - 120)');
    const head = (await page.locator('.scores thead th').first().boundingBox())!;
    expect(head.y).toBeGreaterThanOrEqual(0);
    expect(head.y).toBeLessThan(80);
    await page.close();
  });

  it('works as one file: parts open by links, anchors and filters, and go back', async () => {
    const { page, requests, complaints } = await open('single.html');
    expect(await page.locator('h1').textContent()).toContain('15 results');
    const closed = Number(await page.evaluate('document.querySelectorAll("*").length'));
    expect(closed).toBeLessThan(1000);
    await page.locator('.finding a', { hasText: 'matmul/oblong/random' }).first().click();
    await page.locator('h1', { hasText: 'matmul' }).waitFor();
    expect(await page.locator('#case-matmul-oblong-random + .further').isVisible()).toBe(true);
    await page.locator('.bar a', { hasText: 'Operations' }).click();
    await page.locator('h1', { hasText: 'Operations' }).waitFor();
    await page.locator('[name=operation]').fill('conv2d');
    expect(await page.evaluate('location.hash')).toBe('#operations.html#?operation=conv2d');
    expect(await page.locator('.bar [aria-current]').textContent()).toBe('Operations');
    await page.locator('.bar .brand').click();
    await page.locator('h1', { hasText: '15 results' }).waitFor();
    expect(requests.filter((url) => !url.startsWith('data:'))).toHaveLength(1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('can be read without its script', async () => {
    const { page } = await open('operations.html', { javaScriptEnabled: false });
    expect(await page.locator('#filter').isVisible()).toBe(false);
    expect(await page.locator('.scores a').count()).toBeGreaterThan(5);
    await page.goto(pathToFileURL(join(folder, 'documents.html')).href);
    await page.locator('#row-P4 summary').click();
    expect(await page.locator('#row-P4 table').first().isVisible()).toBe(true);
    await page.close();
  });

  it('draws its text with a font, and what formulas use where the reader has no mathematical one', async () => {
    const { page } = await open('documents.html');
    const widthOf = (text: string) =>
      page.evaluate(
        `(() => { const s = document.createElement("span"); s.textContent = "${text}"; document.body.append(s); return s.offsetWidth; })()`,
      );
    // Without a font every letter is as wide as every other, and the checks of contrast above see nothing.
    expect(await widthOf('WWWWWWWWWW')).toBeGreaterThan(2 * Number(await widthOf('iiiiiiiiii')));
    // Drawn by the page's own font alone, a character that it lacks looks like one that no font has.
    const hidden = `(async () => {
      await document.fonts.load('40px "Etalon Math"', '‖');
      const context = Object.assign(document.createElement('canvas'), { width: 60, height: 60 }).getContext('2d', { willReadFrequently: true });
      const picture = (character) => {
        context.clearRect(0, 0, 60, 60);
        context.font = '40px "Etalon Math", "Open Sans"';
        context.fillText(character, 5, 45);
        return context.getImageData(0, 0, 60, 60).data.join();
      };
      const missing = picture('\\u{10FFFD}');
      const text = [...document.querySelectorAll('math')].map((one) => one.textContent).join('') + '‖⊤·∇⊙∘≤∑';
      const used = [...new Set(text)].filter((one) => /\\S/.test(one) && !/\\p{Cf}|\\p{M}/u.test(one));
      return { used: used.length, missing: used.filter((one) => picture(one) === missing), control: picture('a') === missing };
    })()`;
    const { used, missing, control } = (await page.evaluate(hidden)) as { used: number; missing: string[]; control: boolean };
    expect(used).toBeGreaterThan(20);
    expect(control).toBe(false);
    expect(missing).toEqual([]);
    await page.close();
  });

  it('has a light first page', async () => {
    const { bytes, nodes } = await measurePage(browser, join(folder, 'index.html'), 1);
    expect(bytes).toBeLessThanOrEqual(300_000);
    expect(nodes).toBeLessThanOrEqual(3000);
    expect(nodes).toBeGreaterThan(200);
  });

  it('prints the first page on one sheet or two', async () => {
    const { page } = await open('index.html');
    const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
    const sheets = [...pdf.matchAll(/\/Type\s*\/Page\b/g)].length;
    expect(sheets).toBeGreaterThan(0);
    expect(sheets).toBeLessThanOrEqual(5);
    await page.close();
  });
});
