import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AnyOperation } from '../suites/judging/operation.ts';
import { operationNamed } from '../suites/operations/index.ts';
import { type SelfTestPart, selfTestParts } from '../suites/selftest/index.ts';
import { knownMistakesOf } from '../suites/selftest/knownMistakes.ts';
import { selfTestCommand } from './commands/selftest.ts';
import { createSelfTestPool } from './selftestPool.ts';

let printed = '';
beforeEach(() => {
  printed = '';
  process.exitCode = 0;
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});
afterEach(() => {
  process.exitCode = 0;
  vi.restoreAllMocks();
});

const selftest = (parts: readonly SelfTestPart[], ...argv: string[]) =>
  selfTestCommand(parts).exitOverride().parseAsync(argv, { from: 'user' });

const tanh = operationNamed('tanh');
const withMistake = (outputs: AnyOperation['reference']): AnyOperation => ({
  ...tanh,
  knownMistakes: [...tanh.knownMistakes, { name: 'planted', says: 'cannot be seen', outputs }],
});

it('goes red over a mistake that equals the right answer, and names it', async () => {
  await selftest([knownMistakesOf([withMistake((inputs, attributes) => tanh.reference(inputs, attributes))])]);
  expect(printed).toContain('known-mistakes: tanh/planted survives: it equals the right answer on the inputs of every case');
  expect(process.exitCode).toBe(1);
});

it('goes red over a mistake that stays within the limits', async () => {
  const nearly: AnyOperation['reference'] = (inputs, attributes) => {
    const { y } = tanh.reference(inputs, attributes);
    return { y: { ...y, data: y.data.map((value) => value * (1 + 2 ** -24)) } };
  };
  await selftest([knownMistakesOf([withMistake(nearly)])], '--json');
  const { knownMistakes, problems } = JSON.parse(printed);
  expect(knownMistakes).toEqual({ total: tanh.knownMistakes.length + 1, killed: tanh.knownMistakes.length });
  expect(problems).toEqual(['known-mistakes: tanh/planted survives: its result stays within the limits of every case']);
  expect(process.exitCode).toBe(1);
});

it('prints totals, what each operation has, and what the totals are made of', async () => {
  await selftest([knownMistakesOf([tanh])], '--json');
  const total = tanh.knownMistakes.length;
  expect(JSON.parse(printed)).toMatchObject({
    knownMistakes: { total, killed: total },
    operations: [{ name: 'tanh', knownMistakes: { total, killed: total } }],
    problems: [],
    seed: 1,
    draws: 1000,
    details: {
      knownMistakes: tanh.knownMistakes.map(({ name }) => ({ mistake: name, killedBy: { elements: expect.any(Number) } })),
    },
  });
  expect(process.exitCode).toBe(0);
});

it('selects parts', async () => {
  const part = (name: string): SelfTestPart => ({
    ...selfTestParts[0],
    name,
    run: () => ({ record: { [name]: 1 }, summary: '', problems: [], tables: [] }),
  });
  await selftest([part('one'), part('other')], '--only', 'other', '--json');
  expect(JSON.parse(printed)).toMatchObject({ other: 1 });
  expect(JSON.parse(printed).one).toBeUndefined();
});

it('runs parts in processes, and hands on what they say and why one fails', async () => {
  const pool = createSelfTestPool(1);
  try {
    const heard: string[] = [];
    const options = { seed: 1, draws: 1, progress: (label: string) => heard.push(label) };
    const precision = selfTestParts.find(({ name }) => name === 'precision')!;
    const [right, wrong] = await Promise.allSettled([
      pool.run(precision, options),
      pool.run({ ...precision, name: 'unheard-of', seconds: 0 }, options),
    ]);
    expect(right).toMatchObject({ status: 'fulfilled', value: { problems: [], record: { effectivePrecision: { draws: 1 } } } });
    expect(heard).toContain('injected precisions');
    expect(String((wrong as PromiseRejectedResult).reason)).toContain('no part of selftest is called unheard-of');
  } finally {
    pool.end();
  }
});
