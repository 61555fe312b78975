/** The corpus as a table, and its quick attacks; `etalon selftest --only hostile` tries all of them. */
import { afterAll, expect, it } from 'vitest';
import type { Attack } from './attack.ts';
import { misended } from './attack.ts';
import { arena, attacks } from './attacks.ts';

const place = arena();
afterAll(() => place.close());

it('holds at least 250 attacks, each with a name of its own', () => {
  expect(attacks.length).toBeGreaterThanOrEqual(250);
  const names = attacks.map(({ kind, name }) => `${kind}: ${name}`);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

const quick = [
  'the line Epoch 1/10',
  'two replies at once',
  'an output with a name that acts',
  'a shape of 2³¹ numbers',
  'a folder as a file',
  'its folder replaced by a link',
  'ends itself by SIGSEGV',
  'the error text \\u001b]0;x\\u0007',
  'hello with a name that acts',
  'timing of 0 ms',
];

it.each(quick)('holds against %s', async (name) => {
  const attack = attacks.find((one) => one.name === name);
  expect(attack).toBeDefined();
  expect(await place.try(attack!)).toBeUndefined();
});

it('sees what falls short', async () => {
  const broken: Attack = { kind: 'worker', name: 'broken', run: async () => Promise.reject(new Error('uncaught')) };
  expect(await place.try(broken)).toBe('ended the run: uncaught');
  const greedy: Attack = {
    kind: 'worker',
    name: 'greedy',
    async run() {
      const all = Array.from({ length: 96 }, () => Buffer.alloc(2 ** 24, 1));
      await new Promise((resolve) => setTimeout(resolve, 100));
      return all.length > 96 ? 'more' : undefined;
    },
  };
  expect(await place.try(greedy)).toMatch(/^took \d+ MiB of memory$/);
});

it.each([
  [{ code: 1 }, 'ended with code 1, 0 is due: '],
  [{ stderr: 'Error: x\n    at main (file.ts:1:2)\n' }, 'printed a stack'],
  [{ stdout: 'a\n::error::x\n' }, 'printed a command to a build system'],
  [{ stderr: 'a\u0007' }, 'printed a control character raw'],
  [{ seconds: 1e6 }, 'took 1000000.0 s'],
  [{}, undefined],
])('judges the end of a command: %j', (result, wrong) => {
  expect(misended({ code: 0, signal: null, stdout: '', stderr: '', seconds: 1, ...result }, 0, undefined)).toBe(wrong);
});
