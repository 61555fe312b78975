/**
 * Looks at every package of the lock file: it has a digest that npm compares with what it fetches, and a licence that may be used here.
 * npm run supply-chain -- [--write]
 *
 * npm leaves out what it does not install on the machine at hand (programs for other systems); `--write` asks the registry for it.
 * The exit code is 1 when a package lacks a digest or has a licence that is not allowed.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import satisfies from 'spdx-satisfies';

/** Licences of what comes with the package. */
const used = ['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'Unlicense', 'Zlib'];
/** Licences of what builds and tests it, which nobody receives. */
const usedHere = [...used, 'MPL-2.0', 'OFL-1.1', 'Python-2.0', 'CC0-1.0', 'CC-BY-3.0'];

interface LockedPackage {
  readonly version?: string;
  integrity?: string;
  license?: string;
  /** Nobody who installs Etalon receives it. */
  readonly dev?: boolean;
  readonly link?: boolean;
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** Returns what is wrong with the packages of a lock file, a line each. */
export function problemsOf({ packages }: Lock): string[] {
  return Object.entries(packages).flatMap(([path, { integrity, license, dev, link }]) => {
    if (path === '' || link) return [];
    const name = nameOf(path);
    const allowed = dev ? usedHere : used;
    return [
      ...(/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '') ? [] : [`${name} has no sha512 digest`]),
      ...(isAllowed(license, allowed)
        ? []
        : [`${name} has the licence ${license ?? '(none)'}; allowed are ${allowed.join(', ')}`]),
    ];
  });
}

function isAllowed(license: string | undefined, allowed: readonly string[]): boolean {
  try {
    return license !== undefined && satisfies(license, [...allowed]);
  } catch {
    // No expression of the SPDX list.
    return false;
  }
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

function complete(lock: Lock): void {
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.link || (entry.integrity && entry.license)) continue;
    const wanted = `${nameOf(path)}@${entry.version}`;
    const known = JSON.parse(
      execFileSync('npm', ['view', wanted, 'dist.integrity', 'license', '--json'], { encoding: 'utf8' }),
    );
    entry.integrity ??= known['dist.integrity'];
    entry.license ??= known.license;
  }
}

if (process.argv[1] === import.meta.filename) {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  if (process.argv.includes('--write')) {
    complete(lock);
    writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
  }
  const problems = problemsOf(lock);
  for (const problem of problems) console.error(`supply chain: ${problem}`);
  if (problems.length === 0)
    console.log(`supply chain: ${Object.keys(lock.packages).length - 1} packages have a digest and an allowed licence`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
