import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { mountsOf } from './fileSystem.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'etalon-mounts-')));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ['package', 'package/backends', 'package/reference', 'elsewhere']) mkdirSync(join(folder, name));
writeFileSync(join(folder, 'package/reference/tensor.ts'), '');
symlinkSync(join(folder, 'elsewhere'), join(folder, 'link'));

const own = (options: Parameters<typeof mountsOf>[0]) =>
  mountsOf(options)
    .filter(({ path }) => path.startsWith(folder))
    .map(({ kind, path }) => `${kind} ${path.slice(folder.length)}`);

it.runIf(process.platform === 'linux').each([
  ['shows nothing that is not named', { readable: [] }, []],
  ['shows what is named', { readable: [join(folder, 'elsewhere')] }, ['readable /elsewhere']],
  [
    'covers a hidden folder, and shows what is named below it',
    {
      readable: [join(folder, 'package/reference/tensor.ts'), folder, join(folder, 'package/backends')],
      hidden: [join(folder, 'package')],
    },
    ['readable ', 'hidden /package', 'readable /package/backends', 'readable /package/reference/tensor.ts'],
  ],
  ['does not name what nothing shows', { readable: [], hidden: [join(folder, 'package')] }, []],
  ['shows a link and where it leads', { readable: [join(folder, 'link')] }, ['readable /elsewhere', 'readable /link']],
  [
    'covers where a link leads',
    { readable: [folder], hidden: [join(folder, 'link')] },
    ['readable ', 'hidden /elsewhere', 'hidden /link'],
  ],
  [
    'lets the one folder be written to',
    { readable: [folder], writable: join(folder, 'elsewhere') },
    ['readable ', 'writable /elsewhere'],
  ],
])('%s', (_, options, mounts) => {
  expect(own(options).sort()).toEqual([...mounts].sort());
  // Parents before children: a mount covers what was mounted below it before.
  const depths = own(options).map((line) => line.split('/').length);
  expect(depths).toEqual(depths.toSorted((a, b) => a - b));
});

it('refuses a path that does not exist, and the whole file system', () => {
  expect(() => mountsOf({ readable: [join(folder, 'absent')] })).toThrow('absent does not exist');
  expect(() => mountsOf({ readable: ['/'] })).toThrow('the whole file system cannot be made readable');
});

it('shows neither accounts nor homes nor sockets of the system', () => {
  const paths = mountsOf({ readable: [] }).map(({ path }) => path);
  for (const path of ['/', '/etc', '/etc/passwd', '/home', '/root', '/run', '/var', '/tmp']) expect(paths).not.toContain(path);
});
