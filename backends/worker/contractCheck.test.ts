/** A backend written in JavaScript that forgets something hears what. */
import { expect, it } from 'vitest';
import { checkedBackend } from './contractCheck.ts';

const kernel = { load: async () => {}, execute: async () => {}, read: async () => ({}), dispose: async () => {} };
const whole = { describe: async () => ({}), supports: () => ({ supported: true }), prepare: async () => kernel };

it('passes on what keeps the contract', async () => {
  const backend = checkedBackend(whole);
  expect(backend.supports('relu', {})).toEqual({ supported: true });
  expect(await backend.prepare('relu', {}, {})).toBe(kernel);
});

it.each([
  [undefined, 'the backend is undefined; an object with describe, supports, prepare is needed'],
  [{ ...whole, describe: undefined, prepare: 3 }, 'the backend has no function describe, prepare; it needs describe'],
])('refuses %j', (backend, message) => {
  expect(() => checkedBackend(backend)).toThrow(message);
});

it.each([true, undefined, 'yes', {}, { supported: false }, { supported: 1 }])('refuses %j of supports', (support) => {
  const backend = checkedBackend({ ...whole, supports: () => support });
  expect(() => backend.supports('relu', {})).toThrow('{ supported: true } or { supported: false, reason');
});

it('refuses a kernel that lacks a function and a description that is none', async () => {
  const backend = checkedBackend({ ...whole, describe: async () => 'mine', prepare: async () => ({ ...kernel, read: null }) });
  await expect(backend.prepare('relu', {}, {})).rejects.toThrow(
    "the kernel that prepare('relu', …) returns has no function read",
  );
  await expect(backend.describe()).rejects.toThrow(
    'describe() returned "mine"; an object { name, library, version, … } is due',
  );
});
