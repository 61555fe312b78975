/** Tests what holds on every machine; the levels' promises are tried in isolation.system.test.ts. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import {
  isolate,
  isolationLevels,
  levelDescriptions,
  nodeAddressSpaceBytes,
  strongestIsolation,
  tryIsolation,
} from './isolation.ts';

const linux = process.platform === 'linux';

it.runIf(linux)('reaches a level and says why each stronger one was not reached', () => {
  const attempts = tryIsolation();
  expect(attempts.at(-1)).toEqual({ level: strongestIsolation(), works: true, reason: undefined });
  for (const { works, reason } of attempts.slice(0, -1)) {
    expect(works).toBe(false);
    expect(reason).toMatch(/\w/);
  }
  expect(isolationLevels.slice(0, attempts.length)).toEqual(attempts.map(({ level }) => level));
});

it.runIf(linux)('passes nothing of our environment on, and limits what is written', () => {
  process.env.ETALON_SECRET_OF_A_TEST = 'secret';
  const code = `
    const { writeFileSync, rmSync } = require('node:fs');
    process.on('SIGXFSZ', () => {});
    const file = '/tmp/etalon-isolation-' + process.pid;
    let written = 'written';
    try { writeFileSync(file, Buffer.alloc(2 ** 17)); } catch (error) { written = error.code; }
    rmSync(file, { force: true });
    console.log(JSON.stringify({ names: Object.keys(process.env).sort(), written, mine: process.env.MINE }));`;
  const made = isolate([process.execPath, '-e', code], {
    readable: [process.execPath],
    environment: { MINE: 'yes' },
    fileBytes: 2 ** 16,
  });
  const { stdout, stderr } = spawnSync(made.command, made.arguments, { env: made.environment, encoding: 'utf8' });
  delete process.env.ETALON_SECRET_OF_A_TEST;
  const { names, written, mine } = JSON.parse(stdout || stderr);
  // The shell that some levels start the program with adds the last two.
  expect(names.filter((name: string) => name !== 'PWD' && name !== 'OLDPWD')).toEqual([
    'HOME',
    'LANG',
    'MINE',
    'PATH',
    'TMPDIR',
  ]);
  expect({ written, mine }).toEqual({ written: 'EFBIG', mine: 'yes' });
});

it('describes every level, and gives Node the address space that it needs', () => {
  for (const level of isolationLevels) {
    expect(levelDescriptions[level].holds.length).toBeGreaterThan(0);
    expect(levelDescriptions[level].doesNotHold.length).toBeGreaterThan(0);
  }
  expect([nodeAddressSpaceBytes('v20.20.2'), nodeAddressSpaceBytes('v22.1.0')]).toEqual([768 * 2 ** 20, 768 * 2 ** 20]);
  expect([nodeAddressSpaceBytes('v24.0.0'), nodeAddressSpaceBytes('v26.0.0')]).toEqual([2 ** 31, 2 ** 31]);
});

it('refuses an empty command', () => {
  expect(() => isolate([], { readable: [] }, 'limits')).toThrow('a command is needed');
});
