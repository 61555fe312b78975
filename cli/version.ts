import { readFileSync } from 'node:fs';

/** Version of this package; package.json is one folder up from the sources and two from the compiled files. */
export const version: string = readVersion();

function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      // Not this one.
    }
  }
  throw new Error('package.json of etalon is not where it should be');
}
