import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

/** Tasks that end when they are told to, and a record of what began. */
function tasks(turns: ReturnType<typeof createTurns>) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    begun,
    take(name: string, alone = false) {
      void turns.take(() => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      }, alone);
      return settle();
    },
    end(name: string) {
      ends.get(name)!();
      return settle();
    },
  };
}

it('one at a time until more are allowed, in the order in which they came', async () => {
  const turns = createTurns();
  const { begun, take, end } = tasks(turns);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await take(name);
  expect(begun).toEqual(['a']);
  await end('a');
  expect(begun).toEqual(['a', 'b']);
  turns.allow(3);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('alone: when all others have ended, and nothing beside it', async () => {
  const turns = createTurns();
  turns.allow(2);
  const { begun, take, end } = tasks(turns);
  for (const name of ['a', 'b']) await take(name);
  await take('alone', true);
  await take('c');
  await end('a');
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'alone']);
  await end('alone');
  expect(begun).toEqual(['a', 'b', 'alone', 'c']);
});

it('goes on after a task that throws', async () => {
  const turns = createTurns();
  await expect(turns.take(async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await turns.take(async () => 'next')).toBe('next');
});
