import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { operationNamed } from '../../operations/index.ts';
import { checked, link, type Meter, OutOfRange, readModules, TooManySteps } from './modules.ts';
import { mutantsOf } from './mutants.ts';
import { examine } from './part.ts';

const folder = mkdtempSync(join(tmpdir(), 'etalon-mutation-'));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (source: string, name = 'sum.ts') => {
  writeFileSync(join(folder, name), source);
  return readModules(pathToFileURL(`${folder}/`), /^$/);
};
const meter = (limit = 1000): Meter => ({ steps: 0, limit, entered: new Set() });

const sumSource = `
/** Adds up. */
export function sum(x: Float32Array, scale: number): number {
  if (scale === 0) throw new RangeError('scale is 0');
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] / scale;
  return total;
}
`;

describe('modules', () => {
  it('run with their types taken off, and count steps and the functions entered', async () => {
    const modules = await at(sumSource);
    const counted = meter();
    const { sum } = link(modules, {}, counted).get('./sum.ts') as { sum: (x: Float32Array, scale: number) => number };
    // Loading has its own steps.
    counted.steps = 0;
    counted.entered.clear();
    expect(sum(Float32Array.of(2, 4, 6), 2)).toBe(6);
    expect(counted.steps).toBe(3);
    expect(counted.entered.size).toBe(1);
  });
  it('are looked for where there is source', async () => {
    await expect(readModules(pathToFileURL(`${folder}/`), /./)).rejects.toThrow('no TypeScript in');
  });
  it('stop a loop without end', async () => {
    const modules = await at(sumSource);
    const endless = modules[0].text.replace('i < x.length', 'true');
    const { sum } = link(modules, {}, meter(), { name: './sum.ts', text: endless }).get('./sum.ts') as {
      sum: (x: Float32Array, scale: number) => number;
    };
    expect(() => sum(Float32Array.of(1), 1)).toThrow(TooManySteps);
  });
  it('have arrays that stop whoever leaves them', () => {
    const array = checked(Float64Array.of(1, 2));
    expect(array[1]).toBe(2);
    expect(array.subarray(1)[0]).toBe(2);
    expect(() => array[2]).toThrow(OutOfRange);
    expect(() => array.subarray(1)[1]).toThrow(OutOfRange);
    expect(() => {
      array[-1] = 1;
    }).toThrow(OutOfRange);
  });
});

describe('rules', () => {
  it('change what people slip on, once at a time, and leave checks of arguments alone', async () => {
    const [module] = await at(sumSource);
    const names = mutantsOf(module).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('sum.ts sum: loop ends one early: for (let i = 0; i < x.length; i++) [x.length] → (x.length) - 1');
    expect(names).toContain(
      'sum.ts sum: accumulated in float16: total += x[i] / scale; → total = __half(total + (x[i] / scale))',
    );
    expect(names).toContain('sum.ts sum: statement dropped: total += x[i] / scale; → ;');
    expect(names).toContain('sum.ts sum: operands exchanged: total += x[i] / scale; → ((scale) / (x[i]))');
    expect(names.filter((name) => name.includes('RangeError') || name.includes('scale === 0'))).toEqual([]);
  });
});

describe('examination', () => {
  const losses = /^(?!losses\.ts$)/;
  const implementation = new URL('../../../backends/js/', import.meta.url);
  const names = ['squaredError', 'crossEntropy', 'binaryCrossEntropy'];
  const lines = names.flatMap((name) => [operationNamed(name), operationNamed(`${name}.gradient`)]);

  it('kills what is not equivalent, says where, and tells what only leaves an array', async () => {
    const modules = await readModules(implementation, losses);
    const { mutants, killed, equivalent, survivors, all } = examine(modules, lines, 1, new Map());
    expect(mutants).toBeGreaterThan(80);
    expect(killed + equivalent + survivors.length).toBe(mutants);
    // The length of one input for that of another of the same shape.
    expect(survivors).toEqual(names.map((name) => `losses.ts ${name}: name exchanged: p → t`));
    const beyond = all.find(({ name }) => name.startsWith('losses.ts squaredErrorSlopes: loop ends one late'));
    expect(beyond?.equivalentBecause).toMatch(/^only elements beyond the end/);
    const early = all.find(({ name }) => name.startsWith('losses.ts squaredError: loop ends one early'));
    expect(early?.killedBy?.how).toBe('values');
  });
  it('sees the hole that a missing case leaves', async () => {
    const modules = await readModules(implementation, losses);
    const [line] = lines;
    const one = {
      ...line,
      cases: [{ name: 'zero', sizes: { batch: 1, outputs: 1 }, attributes: {}, given: { prediction: [3], target: [3] } }],
    };
    const { survivors } = examine(modules, [one], 1, new Map(), () => {}, 0);
    expect(survivors).toContain('losses.ts squaredError: statement dropped: sum += (t[i] - p[i]) * (t[i] - p[i]) / 2; → ;');
  });
  it('finds explanations that explain nothing any more', async () => {
    const modules = await readModules(implementation, losses);
    const explained = new Map([['losses.ts gone: rule: a → b', 'it was the same']]);
    expect(examine(modules, lines.slice(0, 1), 1, explained).staleExplanations).toEqual(['losses.ts gone: rule: a → b']);
  });
});
