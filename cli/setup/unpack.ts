/** Takes files out of packages. */
import { mkdirSync } from 'node:fs';
import { runTool } from './tools.ts';

/** Unpacks a package's tarball into `target`, without the folder `package` that all of them have. */
export async function unpackTarball(file: string, target: string, members: readonly string[] = []): Promise<void> {
  mkdirSync(target, { recursive: true });
  await runTool('tar', ['-xzf', file, '-C', target, '--strip-components=1', ...members.map((member) => `package/${member}`)]);
}

const unzip = `
import os, shutil, sys, zipfile
wheel, target, flat, *prefixes = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    members = [name for name in archive.namelist() if name.startswith(tuple(prefixes))]
    for prefix in prefixes:
        if not any(name.startswith(prefix) for name in members):
            sys.exit(f"{wheel}: holds nothing that begins with {prefix}")
    for name in members:
        if flat == "flat":
            with archive.open(name) as source, open(os.path.join(target, os.path.basename(name)), "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
        else:
            archive.extract(name, target)
`;

/**
 * Unpacks the members of a wheel that begin with one of the prefixes: under the paths that they have in it, or all of them straight
 * into `target`.
 */
export async function unpackWheel(
  file: string,
  target: string,
  prefixes: readonly string[],
  layout: 'flat' | 'paths' = 'paths',
): Promise<void> {
  mkdirSync(target, { recursive: true });
  await runTool('python3', ['-c', unzip, file, target, layout, ...prefixes]);
}
