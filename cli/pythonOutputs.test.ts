/** The Python client knows the names of single outputs by a table of its own: it must be that of the operations. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operations } from '../suites/index.ts';

it('every operation with one output has that name in the Python client', () => {
  const text = readFileSync(new URL('../backends/process/etalon.py', import.meta.url), 'utf8');
  const [, body] = text.match(/_ONLY_OUTPUTS = \{([^}]*)\}/)!;
  const table = Object.fromEntries(Array.from(body.matchAll(/"([^"]+)": "([^"]+)"/g), ([, key, value]) => [key, value]));
  const single = operations.flatMap(({ name, outputs, cases: [{ attributes }] }) => {
    const names = Object.keys(outputs(attributes));
    return names.length === 1 ? [[name, names[0]] as const] : [];
  });
  expect(single.length).toBeGreaterThan(60);
  const inClient = (name: string) => table[name] ?? table[name.slice(name.lastIndexOf('.') + 1)] ?? 'y';
  expect(single.filter(([name, output]) => inClient(name) !== output)).toEqual([]);
});
