/** Every row of the inventory holds, under more than one seed; and rows whose numbers are falsified fail. */
import { describe, expect, it } from 'vitest';
import { rowFixtures } from '../../fixtures/documents/index.ts';
import { inventory } from '../../fixtures/documents/inventory.ts';
import type { RowFixture } from '../../fixtures/documents/row.ts';
import { experiments } from './experiments.ts';
import { executeRows, implementedRows } from './index.ts';

/** Errata found beyond the inventory: R23 and on. */
const further = rowFixtures.map(({ id }) => id).filter((id) => !inventory.includes(id));

it('has a fixture and an experiment for each of the 93 rows, once, and beyond them errata alone', () => {
  expect(inventory).toHaveLength(93);
  expect(new Set(inventory).size).toBe(93);
  expect(implementedRows().sort()).toEqual([...inventory, ...further].sort());
  expect(rowFixtures).toHaveLength(93 + further.length);
  expect(further).toEqual(further.map((_, i) => `R${23 + i}`));
});

it('says of every erratum what is printed, where, what is right and which row it corrects', () => {
  for (const { id, kind, printed, where, right, related = [] } of rowFixtures.filter(({ id }) => id.startsWith('R'))) {
    expect(kind, id).toBe('erratum');
    for (const part of [printed, where, right]) expect(part, id).toMatch(/\S/);
    expect(related.length, id).toBeGreaterThan(0);
    expect(
      related.filter((other) => !inventory.includes(other)),
      id,
    ).toEqual([]);
  }
});

it('misses a row whose fixture is deleted', () => {
  expect(implementedRows(rowFixtures.filter(({ id }) => id !== 'G2'))).not.toContain('G2');
});

// Seed 1, and C8, are what the test of `etalon coverage` executes.
describe.each([...inventory, ...further].filter((id) => id !== 'C8'))('%s', (id) => {
  it('holds with another seed', () => {
    const [row] = executeRows({ seed: 5, ids: [id] });
    expect(row.reason).toBeUndefined();
    expect(row.evidence.filter(({ passed }) => !passed)).toEqual([]);
    expect(row.passed).toBe(true);
    expect(row.evidence.length).toBeGreaterThan(0);
  });
});

/** Rows whose fixtures hold numbers that the evidence is held against, and are quick. */
const held = rowFixtures.filter(
  ({ id, numbers, kind }) =>
    numbers && kind !== 'claim' && kind !== 'identity' && !['C8', 'M6', 'M12', 'M13', 'M14', 'V1', 'V4'].includes(id),
);
/** Algorithms that are held against mathematics alone: their fixtures only say how much is tried. */
const parametersOnly = ['A4', 'R2', 'R4', 'C3', 'M4', 'R7', 'R13', 'R16', 'R17', 'R18', 'R21', 'R27', 'V5'];

describe.each(held.filter(({ id }) => !parametersOnly.includes(id)).map((fixture) => [fixture.id, fixture] as const))(
  '%s',
  (_, fixture) => {
    it('fails when one of its numbers is wrong', () => {
      const failing = Object.keys(fixture.numbers ?? {}).filter((name) => {
        const [row] = executeRows({ seed: 1 }, [falsified(fixture, name)], experiments);
        return !row.passed;
      });
      expect(failing).not.toEqual([]);
    });
  },
);

/** The fixture with one of its numbers (the first of a list) moved by 1.5. */
function falsified(fixture: RowFixture, name: string): RowFixture {
  const move = (value: unknown): unknown =>
    Array.isArray(value) ? [move(value[0]), ...value.slice(1)] : (value as number) + 1.5;
  return { ...fixture, numbers: { ...fixture.numbers, [name]: move(fixture.numbers?.[name]) as number } };
}

it('reports an experiment that throws as a failed row with its reason', () => {
  const throwing = {
    G1: {
      source: 'x',
      run: () => {
        throw new Error('broken formula');
      },
    },
  };
  const [row] = executeRows({ seed: 1, ids: ['G1'] }, rowFixtures, throwing);
  expect(row).toMatchObject({ id: 'G1', passed: false, reason: 'broken formula', evidence: [] });
});
