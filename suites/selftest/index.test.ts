import { expect, it } from 'vitest';
import { type SelfTestPart, selfTest, selfTestParts } from './index.ts';

const options = { seed: 1, draws: 1, progress: () => {} };
const part = (name: string, record: Record<string, unknown>, problems: string[] = []): SelfTestPart => ({
  name,
  title: name,
  seconds: 0,
  run: () => ({ record, summary: 'done', problems, tables: [{ title: name, columns: [], rows: [] }] }),
});

it('merges records and tables, and says of each problem whose it is', async () => {
  const result = await selfTest([part('one', { a: 1 }), part('two', { b: 2 }, ['broken'])], options);
  expect(result.record).toEqual({ a: 1, b: 2 });
  expect(result.problems).toEqual(['two: broken']);
  expect(result.tables.map(({ title }) => title)).toEqual(['one', 'two']);
});

it('refuses two parts that write the same', async () => {
  await expect(selfTest([part('one', { a: 1 }), part('two', { a: 2 })], options)).rejects.toThrow(/two writes a/);
});

it('names are unique and kebab-case', () => {
  const names = selfTestParts.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
});
