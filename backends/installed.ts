/**
 * Where `etalon setup` puts the native parts of a backend, and where its adapter looks for them.
 *
 * A setup is a folder of its own in the cache folder. Its `installed.json` is written last: without it the folder is unfinished.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `ETALON_CACHE`, or `~/.cache/etalon`. */
export function cacheFolder(): string {
  return process.env.ETALON_CACHE || join(homedir(), '.cache', 'etalon');
}

export const installedFile = 'installed.json';

/** What `installed.json` holds. */
export interface Installed {
  /** Versions of what was fetched, and of the packages that it was built for. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The folder of a setup, whether or not it is there. */
export function setupFolder(setup: string): string {
  return join(cacheFolder(), setup);
}

/** What is set up, or nothing. */
export function readInstalled(setup: string): Installed | undefined {
  try {
    const { versions } = JSON.parse(readFileSync(join(setupFolder(setup), installedFile), 'utf8')) as Partial<Installed>;
    return versions && { versions };
  } catch {
    return undefined;
  }
}

/**
 * The folder of a finished setup.
 *
 * @throws Error that says what is missing and the command that mends it: not set up, or set up for another version of a package.
 */
export function requireInstalled(setup: string, builtFor: Readonly<Record<string, string>> = {}): string {
  const folder = setupFolder(setup);
  const mend = `run: etalon setup ${setup}`;
  const found = readInstalled(setup);
  if (!found) throw new Error(`not set up: there is no ${join(folder, installedFile)}; ${mend}`);
  for (const [name, version] of Object.entries(builtFor)) {
    if (found.versions[name] !== version) {
      const other = found.versions[name] ?? 'no version of it';
      throw new Error(`set up for ${name} ${other}, but ${version} is in use; ${mend}`);
    }
  }
  return folder;
}
