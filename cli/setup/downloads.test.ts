/** The registries' own clients, against a registry in this process and a folder of wheels: no network. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from '../progress.ts';
import { type Download, fetchDownload } from './downloads.ts';
import { unpackTarball, unpackWheel } from './unpack.ts';

const withPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;
const progress = createProgress({ write: () => {} });
const sha = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'etalon-downloads-'));
  vi.stubEnv('ETALON_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function makeTarball(): Buffer {
  mkdirSync(join(folder, 'package/lib'), { recursive: true });
  writeFileSync(join(folder, 'package/package.json'), JSON.stringify({ name: 'tiny', version: '1.2.3' }));
  writeFileSync(join(folder, 'package/lib/data'), 'data of tiny');
  execFileSync('tar', ['-czf', join(folder, 'tiny.tgz'), '-C', folder, 'package']);
  return readFileSync(join(folder, 'tiny.tgz'));
}

/** A registry of one package; counts how often its tarball was asked for. */
async function registry(tarball: Buffer) {
  let fetched = 0;
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    if (request.url?.endsWith('.tgz')) {
      fetched++;
      response.end(tarball);
      return;
    }
    const integrity = `sha512-${sha('sha512', tarball).digest('base64')}`;
    const dist = { tarball: `http://127.0.0.1:${port}/tiny.tgz`, integrity };
    const versions = { '1.2.3': { name: 'tiny', version: '1.2.3', dist } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '1.2.3' }, versions }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('npm_config_registry', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  vi.stubEnv('npm_config_cache', join(folder, 'npm-cache'));
  vi.stubEnv('npm_config_update_notifier', 'false');
  return { fetched: () => fetched, close: () => new Promise((resolve) => server.close(resolve)) };
}

describe('an npm package', { timeout: 60_000 }, () => {
  it('is fetched once, verified, fetched again where the file was damaged, and unpacked', async () => {
    const tarball = makeTarball();
    const server = await registry(tarball);
    try {
      const sha256 = sha('sha256', tarball).digest('hex');
      const download: Download = { kind: 'npm', name: 'tiny', version: '1.2.3', sha256, bytes: tarball.length };
      const file = await fetchDownload(download, progress);
      expect(readFileSync(file).equals(tarball)).toBe(true);
      expect(await fetchDownload(download, progress)).toBe(file);
      expect(server.fetched()).toBe(1);
      writeFileSync(file, 'damaged');
      rmSync(join(folder, 'npm-cache'), { recursive: true });
      await fetchDownload(download, progress);
      expect(readFileSync(file).equals(tarball)).toBe(true);
      expect(server.fetched()).toBe(2);

      await unpackTarball(join(folder, 'tiny.tgz'), join(folder, 'unpacked'), ['lib']);
      expect(readFileSync(join(folder, 'unpacked/lib/data'), 'utf8')).toBe('data of tiny');
      expect(readdirSync(join(folder, 'unpacked'))).toEqual(['lib']);
    } finally {
      await server.close();
    }
  });

  it('with another checksum is refused and removed', async () => {
    const server = await registry(makeTarball());
    try {
      const download: Download = { kind: 'npm', name: 'tiny', version: '1.2.3', sha256: '0'.repeat(64), bytes: 1 };
      await expect(fetchDownload(download, progress)).rejects.toThrow(
        /tiny 1\.2\.3: its SHA-256 is [0-9a-f]{64}, expected is 0{64}/,
      );
      expect(readdirSync(join(folder, 'cache/downloads'))).toEqual([]);
    } finally {
      await server.close();
    }
  });
});

describe.skipIf(!withPip)('a wheel', { timeout: 60_000 }, () => {
  it('is fetched for the stated system whatever Python asks, and unpacked by its members', async () => {
    const name = 'tiny-1.0-cp311-cp311-manylinux_2_17_x86_64.whl';
    const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("tiny/lib/libtiny.so.1", "library")
    wheel.writestr("tiny/lib/libother.so", "other")
    wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
    wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: cp311-cp311-manylinux_2_17_x86_64\\n")
    wheel.writestr("tiny-1.0.dist-info/RECORD", "")
`;
    execFileSync('python3', ['-c', script, join(folder, name)]);
    const bytes = readFileSync(join(folder, name));
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', folder);
    const sha256 = sha('sha256', bytes).digest('hex');
    const file = await fetchDownload({ kind: 'wheel', name: 'tiny', version: '1.0', sha256, bytes: 1 }, progress);

    await unpackWheel(file, join(folder, 'paths'), ['tiny/lib/']);
    expect(readdirSync(join(folder, 'paths/tiny/lib')).sort()).toEqual(['libother.so', 'libtiny.so.1']);
    await unpackWheel(file, join(folder, 'flat'), ['tiny/lib/libtiny'], 'flat');
    expect(readdirSync(join(folder, 'flat'))).toEqual(['libtiny.so.1']);
    await expect(unpackWheel(file, join(folder, 'none'), ['elsewhere/'])).rejects.toThrow(
      'nothing that begins with elsewhere/',
    );
  });
});
