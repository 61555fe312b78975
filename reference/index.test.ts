import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as reference from './index.ts';

/** Not part of the public surface: internal arithmetic, and what measures the reference. */
const notExported = ['accuracy', 'doubleDouble', 'index'];

it('exports every name of every topic', async () => {
  const topics = readdirSync(new URL('.', import.meta.url))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => name.slice(0, -3))
    .filter((name) => !notExported.includes(name));
  expect(topics.length).toBeGreaterThan(15);
  const missing: string[] = [];
  for (const topic of topics) {
    const names = Object.keys(await import(new URL(`${topic}.ts`, import.meta.url).href));
    missing.push(...names.filter((name) => !(name in reference)).map((name) => `${topic}: ${name}`));
  }
  expect(missing).toEqual([]);
});
