/** Where the project and the packages that it runs on lie. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface PackageJson {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const readPackage = (folder: string): PackageJson => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The folder of this package, from the sources or from the compiled files. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) || readPackage(folder).name !== 'etalon') folder = dirname(folder);
  return folder;
}

/**
 * The folder of a package as Node finds it from a file or folder; a package may hide its package.json from require.
 *
 * @returns undefined when it is not installed, as an optional one may be.
 */
export function packageFolder(name: string, from: string): string | undefined {
  const places = createRequire(from).resolve.paths(name) ?? [];
  return places.map((place) => join(place, name)).find((folder) => existsSync(join(folder, 'package.json')));
}

/** The folders of all installed packages that the one in `root` runs on, `more` of its own among them. */
export function packageClosure(root: string, more: readonly string[] = []): string[] {
  const found = new Set<string>();
  const queue: { folder: string; extra: readonly string[] }[] = [{ folder: root, extra: more }];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { dependencies, optionalDependencies, peerDependencies } = readPackage(next.folder);
    const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    for (const name of [...names, ...next.extra]) {
      // Only `etalon/vitest` needs it, in a test run of whoever imports that.
      if (name === 'vitest') continue;
      const place = packageFolder(name, join(next.folder, 'package.json'));
      if (place === undefined) continue;
      const folder = realpathSync(place);
      if (found.has(folder)) continue;
      found.add(folder);
      queue.push({ folder, extra: [] });
    }
  }
  return [...found];
}
