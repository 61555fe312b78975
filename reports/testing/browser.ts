/**
 * A headless Chromium out of an npm package, for the test of the page: nothing is downloaded or installed.
 *
 * The package's own set-up is not used: it shares one folder between versions and switches the browser's web security off.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';

/** The package carries a binary for this platform alone. */
export const browserRunsHere = process.platform === 'linux' && process.arch === 'x64';

const packageFolder = resolve(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '../..');
const root = fileURLToPath(new URL('../..', import.meta.url));

export async function launchBrowser(): Promise<Browser> {
  const folder = extracted();
  const libraries = [join(folder, 'lib'), process.env.LD_LIBRARY_PATH].filter((path) => path !== undefined && path !== '');
  const environment = { ...process.env, LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_FILE: join(folder, 'fonts.conf') };
  return chromium.launch({ executablePath: join(folder, 'chromium'), args: ['--no-sandbox'], env: environment });
}

/** Opens a file of a folder, perhaps at a fragment, and listens to what it asks for and complains of. */
export async function openPage(browser: Browser, folder: string, path: string, options: BrowserContextOptions) {
  const page = await browser.newPage(options);
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  const [file] = path.split('#');
  await page.goto(pathToFileURL(join(folder, file)).href + path.slice(file.length));
  return { page, requests, complaints };
}

/** The folder with the unpacked browser; its name carries the version, so that no other version's files are taken for it. */
function extracted(): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const cache = join(root, 'node_modules/.cache');
  const folder = join(cache, `etalon-chromium-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  // Unpacked beside its place and then renamed: two tests at once do no harm, an interrupted one leaves nothing half done.
  const fresh = mkdtempSync(join(cache, 'unpacking-'));
  const unpack = (name: string) => brotliDecompressSync(readFileSync(join(packageFolder, 'bin', name)));
  for (const archive of ['al2023.tar.br', 'fonts.tar.br', 'swiftshader.tar.br']) {
    execFileSync('tar', ['-xf', '-', '-C', fresh], { input: unpack(archive) });
  }
  writeFileSync(join(fresh, 'chromium'), unpack('chromium.br'));
  chmodSync(join(fresh, 'chromium'), 0o755);
  // Without a font of its own the browser draws no text at all, and a check of contrast passes on nothing.
  writeFileSync(join(fresh, 'fonts.conf'), fontConfiguration(join(folder, 'fonts'), join(folder, 'font-cache')));
  try {
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function fontConfiguration(fonts: string, cache: string): string {
  const prefer = (family: string) => `<alias><family>${family}</family><prefer><family>Open Sans</family></prefer></alias>`;
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>${fonts}</dir>
  <cachedir>${cache}</cachedir>
  ${['sans-serif', 'serif', 'monospace', 'system-ui'].map(prefer).join('\n  ')}
</fontconfig>
`;
}
