/** Files from the package registries, fetched by their ordinary clients (which know the machine's mirrors and proxies) and verified. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../backends/installed.ts';
import type { Progress } from '../progress.ts';
import { runTool } from './tools.ts';

export interface Download {
  /** `npm`: the package's tarball. `wheel`: the Python package's wheel for Linux on x86-64. */
  readonly kind: 'npm' | 'wheel';
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Fetches one file into the cache folder, unless it is there, and verifies its checksum.
 *
 * @throws Error of the client, or that the checksum is another: then the file is removed.
 */
export async function fetchDownload(download: Download, progress: Progress): Promise<string> {
  const { kind, name, version, sha256, bytes } = download;
  const folder = join(cacheFolder(), 'downloads');
  const file = join(folder, `${kind}-${name.replaceAll('/', '-')}-${version}-${sha256.slice(0, 12)}`);
  mkdirSync(folder, { recursive: true });
  if (existsSync(file)) {
    if ((await sha256Of(file)) === sha256) return file;
    rmSync(file);
  }
  const partial = mkdtempSync(join(folder, 'partial-'));
  const label = `${name} ${version}, MB`;
  const total = Math.ceil(bytes / 1e6);
  progress.update(label, 0, total);
  const timer = setInterval(async () => {
    progress.update(label, Math.min(total - 1, Math.floor((await sizeOf(partial)) / 1e6)), total);
  }, 500);
  try {
    await clients[kind](download, partial);
    const fetched = readdirSync(partial).filter((entry) => /\.(tgz|whl)$/.test(entry));
    if (fetched.length !== 1) throw new Error(`${name} ${version}: one file was expected, there are ${fetched.length}`);
    const found = await sha256Of(join(partial, fetched[0]));
    if (found !== sha256) throw new Error(`${name} ${version}: its SHA-256 is ${found}, expected is ${sha256}; it was removed`);
    renameSync(join(partial, fetched[0]), file);
    progress.update(label, total, total);
  } finally {
    clearInterval(timer);
    progress.clear();
    rmSync(partial, { recursive: true, force: true });
  }
  return file;
}

const clients: Readonly<Record<Download['kind'], (download: Download, folder: string) => Promise<unknown>>> = {
  npm: ({ name, version }, folder) =>
    runTool('npm', ['pack', `${name}@${version}`, '--ignore-scripts', '--silent', '--pack-destination', folder], {
      cwd: folder,
    }),
  // The tags are those of the pinned checksums, whatever Python asks.
  wheel: ({ name, version }, folder) =>
    runTool('python3', ['-m', 'pip', 'download', `${name}==${version}`, ...wheelTags, '--dest', folder, '--quiet'], {
      cwd: folder,
      environment: { TMPDIR: folder },
    }),
};

const manylinux = ['2014', '2010', '_2_12', '_2_17', '_2_27', '_2_28'];
const wheelTags = [
  ...['--no-deps', '--only-binary', ':all:', '--implementation', 'cp', '--python-version', '3.11', '--no-cache-dir'],
  ...manylinux.flatMap((tag) => ['--platform', `manylinux${tag}_x86_64`]),
];

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Bytes of the files in a folder; files that go while it looks do not count. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries.map((entry) =>
    entry.isFile()
      ? stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        )
      : 0,
  );
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}
