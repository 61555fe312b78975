/** Where installed packages lie. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The folder of a package as Node finds it from a file or folder; a package may hide its package.json from require.
 *
 * @returns undefined when it is not installed, as an optional one may be.
 */
export function packageFolder(name: string, from: string): string | undefined {
  const places = createRequire(from).resolve.paths(name) ?? [];
  return places.map((place) => join(place, name)).find((folder) => existsSync(join(folder, 'package.json')));
}
