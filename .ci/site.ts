/**
 * Makes a published site from real runs: two libraries in six published versions each, which npm fetches into the cache, beside js:
 * npm run site -- [--output FOLDER] [--boundaries SHARE]
 *
 * The oldest versions are the first that the adapters run on: onnxruntime-node before 1.17 and TensorFlow.js before 3 lack what these call. The
 * cases are a selection, so that a machine of two cores ends within a quarter of an hour; a run that is there already is not repeated. Wrong
 * answers of old versions are what the site shows: they do not turn the exit code red.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { browserRunsHere, launchBrowser } from '../reports/testing/browser.ts';

const libraries: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-cpu': ['1.17.3', '1.19.2', '1.21.1', '1.23.2', '1.26.0', '1.30.0'],
  'tfjs-cpu': ['3.0.0', '3.12.0', '4.0.0', '4.10.0', '4.16.0', '4.22.0'],
};

const { values } = parseArgs({
  options: {
    output: { type: 'string', default: 'etalon-site' },
    boundaries: { type: 'string', default: '0.1' },
    picture: { type: 'string', default: '.github/site.png' },
  },
});
const runs = join(values.output, 'reports');

function etalon(...words: readonly string[]): number {
  console.log(`\n$ etalon ${words.join(' ')}`);
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...words], { stdio: 'inherit' });
  return status ?? 3;
}

mkdirSync(runs, { recursive: true });
for (const [library, versions] of Object.entries(libraries)) {
  const output = join(runs, library);
  if (existsSync(join(output, 'run.json'))) continue;
  const backends = ['js', ...versions.map((version) => `${library}@${version}`)].join(',');
  const selection = ['--boundaries', values.boundaries, '--properties', '0', '--timeout', '120'];
  // The documents ask the reference and no backend: once is enough.
  const documents = library === Object.keys(libraries)[0] ? [] : ['--no-documents'];
  const status = etalon('check', '--bench', '--backend', backends, ...selection, ...documents, '--output', output);
  if (status > 1) process.exit(status);
}
const status = etalon('publish', values.output);
if (status !== 0) process.exit(status);

if (browserRunsHere) {
  const browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  await page.goto(pathToFileURL(join(values.output, 'index.html')).href);
  await page.screenshot({ path: values.picture });
  await browser.close();
  console.log(values.picture);
}
