/**
 * Weighs the first page of a report and times it in a headless browser: `npm run page [FOLDER]` (default etalon-report). The time is from
 * the beginning of the navigation until the page is loaded, its script has run and a frame is drawn; the median of seven, each in a fresh
 * context.
 */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './browser.ts';

export interface PageMeasure {
  readonly bytes: number;
  /** Elements of the document. */
  readonly nodes: number;
  readonly readyMs: number;
}

export async function measurePage(browser: Browser, file: string, repetitions = 7): Promise<PageMeasure> {
  const times: number[] = [];
  let nodes = 0;
  for (let i = 0; i < repetitions; i++) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    times.push(
      (await page.evaluate(
        'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(performance.now()))))',
      )) as number,
    );
    nodes = (await page.evaluate('document.querySelectorAll("*").length')) as number;
    await context.close();
  }
  return { bytes: statSync(file).size, nodes, readyMs: times.toSorted((a, b) => a - b)[repetitions >> 1] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(resolve(process.argv[2] ?? 'etalon-report'), 'index.html');
  const browser = await launchBrowser();
  const { bytes, nodes, readyMs } = await measurePage(browser, file);
  await browser.close();
  console.log(`${file}: ${(bytes / 1000).toFixed(0)} kB, ${nodes} nodes, ready in ${readyMs.toFixed(0)} ms`);
}
