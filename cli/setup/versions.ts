/** Fetches a library in the version that a user names: `--backend onnxruntime-cpu@1.24.3`. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { embeddedBackends } from '../../backends/index.ts';
import { hasVersion, isPublishedVersion, type VersionedName, versionFolder } from '../../backends/versions.ts';
import { UsageError } from '../errors.ts';
import { runTool } from './tools.ts';

/**
 * Puts the packages of a backend into the cache with npm, unless they are there.
 *
 * @throws UsageError when the backend has no package to choose, or npm does not find the version.
 */
export async function fetchVersion({ name, version }: VersionedName, say: (line: string) => void): Promise<void> {
  if (version === undefined) return;
  const { packages } = embeddedBackends[name];
  if (packages === undefined) {
    const versioned = Object.keys(embeddedBackends).filter((other) => embeddedBackends[other].packages);
    throw new UsageError(
      `${name}@${version}: ${name} has no npm package whose version could be chosen; ${versioned.join(', ')} have`,
    );
  }
  if (!isPublishedVersion(version)) throw new UsageError(`${name}@${version}: a version looks like 1.24.3`);
  if (hasVersion(packages, version)) return;
  const folder = versionFolder(packages, version);
  say(`fetching ${packages.map((one) => `${one}@${version}`).join(', ')} into ${folder}`);
  // Made beside its place and moved there when it is whole: an interrupted fetch leaves nothing half.
  const unfinished = `${folder}.unfinished-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  writeFileSync(join(unfinished, 'package.json'), '{ "private": true }\n');
  try {
    const wanted = packages.map((one) => `${one}@${version}`);
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefix', unfinished];
    await runTool('npm', ['install', ...options, ...wanted], { cwd: unfinished });
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    for (const one of packages) {
      const published = await runTool('npm', ['view', `${one}@${version}`, 'version']).catch(() => '');
      if (published.trim() === '')
        throw new UsageError(
          `${name}@${version}: npm finds no version ${version} of ${one}; npm view ${one} versions lists them`,
        );
    }
    throw new UsageError(`${name}@${version}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
